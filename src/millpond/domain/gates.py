"""Promotion gates: a rule that a version must pass before an alias is moved to it.

A rule is a filter over what is known of the version: ``metrics.auc >= 0.9 AND tags.reviewed =
'yes'``. Its values may be those of another version of the model, named by an alias:
``metrics.auc > champion.metrics.auc``. While no version has that alias there is nothing to be
compared with, and having the metric is enough. Without the metric, on either side, it is not.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from millpond.domain import names
from millpond.domain.filters import (
    GATES,
    And,
    Comparison,
    Field,
    Lookup,
    Node,
    Not,
    Number,
    Op,
    Or,
    Reference,
    Text,
    matches,
    numeric_text,
    parse_filter,
    satisfies,
    unparse,
)
from millpond.domain.filters.evaluate import Recorded
from millpond.domain.filters.schemas import RANGES
from millpond.errors import DoesNotExist, GateNotPassed, InvalidParameter

MAX_RULE_LENGTH = 10_000


class Gate(Struct, frozen=True):
    """The rule for moving one alias of a model."""

    name: str
    alias: str
    rule: str
    user: str
    creation_ms: int


class Check(Struct, frozen=True):
    """One part of a rule: whether it holds, and what was found.

    found: each field that it names, by its written form, with the value the version has (None
    where it has none).
    """

    rule: str
    holds: bool
    found: dict[str, str | None]


class Verdict(Struct, frozen=True):
    """Whether a version passes a gate, and why."""

    passes: bool
    checks: list[Check]


def parse_rule(rule: str) -> Node:
    """The tree of a rule. Raises InvalidParameter, pointing at the character."""
    names.check_length(rule, MAX_RULE_LENGTH, "rule")
    node = parse_filter(rule, GATES)
    if node is None:
        raise InvalidParameter(
            "A gate needs a rule, such as: metrics.auc >= 0.9 AND metrics.auc > "
            "champion.metrics.auc"
        )
    return node


def aliases_in(node: Node) -> set[str]:
    """The aliases whose versions a rule looks at."""
    match node:
        case And(terms=terms) | Or(terms=terms):
            return {alias for term in terms for alias in aliases_in(term)}
        case Not(term=term):
            return aliases_in(term)
        case Comparison(value=Reference(alias=alias)):
            return {alias}
    return set()


def judge(node: Node, version: Lookup, others: Mapping[str, Lookup | None]) -> Verdict:
    """Hold a version against a rule.

    others: for each alias in the rule what is known of the version that has it, None if none has.
    """
    terms = node.terms if isinstance(node, And) else (node,)
    checks = [
        Check(unparse(term), _holds(term, version, others), _found(term, version, others))
        for term in terms
    ]
    return Verdict(all(check.holds for check in checks), checks)


def refuse(gate: Gate, number: int, verdict: Verdict) -> GateNotPassed:
    """The error for a version that does not pass."""
    reasons = "; ".join(
        f"{check.rule} does not hold ({_told(check.found)})"
        for check in verdict.checks
        if not check.holds
    )
    return GateNotPassed(
        f"Version {number} of model '{gate.name}' does not pass the gate of alias "
        f"'{gate.alias}': {reasons}."
    )


def gate_not_found(name: str, alias: str) -> DoesNotExist:
    return DoesNotExist(f"Alias '{alias}' of model '{name}' has no gate.")


def _holds(node: Node, version: Lookup, others: Mapping[str, Lookup | None]) -> bool:
    match node:
        case And(terms=terms):
            return all(_holds(term, version, others) for term in terms)
        case Or(terms=terms):
            return any(_holds(term, version, others) for term in terms)
        case Not(term=term):
            return not _holds(term, version, others)
        case Comparison(value=Reference() as reference):
            other = others.get(reference.alias)
            if other is None:
                return bool(version(node.field))
            return any(
                _compares(recorded, node.op, _literal(value))
                for recorded in version(node.field)
                for value in other(reference.field)
            )
    return matches(node, version)


def _compares(recorded: Recorded, op: Op, value: Text | Number) -> bool:
    # A range compares numbers; no text that is none is in it.
    return not (op in RANGES and isinstance(value, Text)) and satisfies(recorded, op, value)


def _literal(value: Recorded) -> Text | Number:
    """A recorded value as a filter would write it; texts that are numbers compare as numbers."""
    if isinstance(value, str):
        number = numeric_text(value)
        return Text(value) if number is None else Number(value, number)
    return Number(repr(value), value)


def _found(
    node: Node, version: Lookup, others: Mapping[str, Lookup | None]
) -> dict[str, str | None]:
    match node:
        case And(terms=terms) | Or(terms=terms):
            found: dict[str, str | None] = {}
            for term in terms:
                found |= _found(term, version, others)
            return found
        case Not(term=term):
            return _found(term, version, others)
    found = {_written(node.field): _shown(version(node.field))}
    if isinstance(node.value, Reference):
        other = others.get(node.value.alias)
        found[node.value.value] = None if other is None else _shown(other(node.value.field))
    return found


def _written(field: Field) -> str:
    # Without the operator and the value, of which IS NULL has none.
    return unparse(Comparison(field, Op.IS_NULL, None)).removesuffix(" IS NULL")


def _shown(values: Sequence[Recorded]) -> str | None:
    return ", ".join(str(value) for value in values) if values else None


def _told(found: Mapping[str, str | None]) -> str:
    return ", ".join(
        f"{field} is {'not there' if value is None else value}" for field, value in found.items()
    )
