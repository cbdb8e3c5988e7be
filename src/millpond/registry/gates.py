"""Promotion gates: set, taken away, and held against a version."""

from collections.abc import Callable, Sequence
from typing import Any

from millpond.domain import gates, registry
from millpond.domain.filters import Entity, Field, Node
from millpond.domain.gates import Gate, Verdict
from millpond.domain.metrics import Point
from millpond.domain.models import LoggedModel
from millpond.domain.registry import NOBODY, ModelVersion
from millpond.domain.reviews import ActivityKind
from millpond.domain.runs import Run
from millpond.registry.activities import note
from millpond.store.contract import Reader, Transaction
from millpond.store.questions import model_metric_recency
from millpond.store.registry_questions import version_attribute


def set_gate(
    name: str, alias: str, rule: str, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], Gate]:
    """Have every move of an alias held to a rule from now on."""
    registry.check_model_name(name)
    registry.check_new_alias(alias)
    gates.parse_rule(rule)
    gate = Gate(name, alias, rule, who, now_ms)

    def act(tx: Transaction) -> Gate:
        _require_model(tx, name)
        tx.set_gate(gate)
        note(tx, ActivityKind.SET_GATE, name, None, who, now_ms, alias=alias, rule=rule)
        return gate

    return act


def delete_gate(
    name: str, alias: str, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], None]:
    """Let an alias be moved freely again. Raises DoesNotExist."""
    registry.check_model_name(name)

    def act(tx: Transaction) -> None:
        _require_model(tx, name)
        if not tx.delete_gate(name, alias):
            raise gates.gate_not_found(name, alias)
        note(tx, ActivityKind.DELETED_GATE, name, None, who, now_ms, alias=alias)

    return act


def require_passing(reader: Reader, version: ModelVersion, alias: str) -> None:
    """Raises GateNotPassed if the alias has a gate that the version does not pass."""
    gate = next((gate for gate in reader.gates(version.name) if gate.alias == alias), None)
    if gate is not None:
        verdict = judge_rule(reader, version, gates.parse_rule(gate.rule))
        if not verdict.passes:
            raise gates.refuse(gate, version.version, verdict)


def check_gate(reader: Reader, name: str, alias: str, number: int, rule: str | None) -> Verdict:
    """What a gate would say of a version; with a rule, what a gate of that rule would.

    Raises DoesNotExist.
    """
    model = _require_model(reader, name)
    version = reader.model_version(name, number)
    if version is None:
        raise registry.version_not_found(name, number)
    if rule is None:
        gate = next((gate for gate in reader.gates(name) if gate.alias == alias), None)
        if gate is None:
            raise gates.gate_not_found(model.name, alias)
        rule = gate.rule
    return judge_rule(reader, version, gates.parse_rule(rule))


def judge_rule(reader: Reader, version: ModelVersion, node: Node) -> Verdict:
    model = reader.registered_model(version.name)
    pointed = {alias.alias: alias.version for alias in model.aliases} if model else {}
    others: dict[str, VersionValues | None] = {}
    for alias in gates.aliases_in(node):
        other = pointed.get(alias)
        found = None if other is None else reader.model_version(version.name, other)
        others[alias] = None if found is None else values_of(reader, found)
    return gates.judge(node, values_of(reader, version), others)


class VersionValues:
    """What is known of a version: its own attributes and tags, and what was logged for it.

    Metrics and params are those of its logged model and, where that has none of the name, those of
    its run.
    """

    def __init__(self, version: ModelVersion, run: Run | None, model: LoggedModel | None) -> None:
        self._version = version
        self.metrics = {point.key: point.value for point in run.metrics} if run else {}
        self.params = {param.key: param.value for param in run.params} if run else {}
        if model is not None:
            measured = sorted(model.metrics, key=model_metric_recency)
            self.metrics |= _latest([item.point for item in measured])
            self.params |= {param.key: param.value for param in model.params}

    def __call__(self, asked: Field) -> Sequence[Any]:
        match asked.entity:
            case Entity.METRIC:
                found: Any = self.metrics.get(asked.key)
            case Entity.PARAM:
                found = self.params.get(asked.key)
            case Entity.TAG:
                tags = {tag.key: tag.value for tag in self._version.tags}
                found = tags.get(asked.key)
            case _:
                found = version_attribute(self._version, asked.key)
        return [] if found is None else [found]


def values_of(reader: Reader, version: ModelVersion) -> VersionValues:
    run = reader.run(version.run_id) if version.run_id else None
    model = reader.model(version.model_id) if version.model_id else None
    return VersionValues(version, run, model)


def _latest(points: Sequence[Point]) -> dict[str, float]:
    return {point.key: point.value for point in points}


def _require_model(reader: Reader, name: str) -> registry.RegisteredModel:
    model = reader.registered_model(name)
    if model is None:
        raise registry.model_not_found(name)
    return model
