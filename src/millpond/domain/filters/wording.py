"""The sentences of MLflow's refusals, one class per search: each search words its own."""

from collections.abc import Sequence

from millpond.domain.filters.ast import Entity, Field
from millpond.domain.filters.pointer import quoted


class Wording:
    """As the search for runs says it."""

    def entity(self, written: str) -> str:
        valid = [entity.value for entity in _IN_MESSAGES]
        return f"Invalid entity type '{quoted(written)}'. Valid values are {valid}"

    def attribute(self, written: str, valid: Sequence[str]) -> str:
        return (
            f"Invalid attribute key '{quoted(written)}' specified. "
            f"Valid keys are '{_braced(sorted(valid))}'"
        )

    def clause(self, pieces: Sequence[str], text: str) -> str:
        listed = ", ".join(f"'{piece}'" for piece in pieces)
        return f"Invalid clause(s) in filter string: {listed}"

    def comparator(self, field: Field, written: str, valid: Sequence[str]) -> str:
        return f"Invalid comparator '{quoted(written)}' not one of '{_braced(valid)}'"

    def order_entity(self, entity: Entity) -> str:
        return f"Invalid identifier type '{entity.value}'"


class ExperimentsWording(Wording):
    """As the search for experiments says it."""

    def entity(self, written: str) -> str:
        valid = ("attribute", "tag", "tags")
        return f"Invalid entity type '{quoted(written)}'. Valid entity types are {valid}"

    def clause(self, pieces: Sequence[str], text: str) -> str:
        return f"Invalid clause(s) in filter string: {', '.join(pieces)}"

    def comparator(self, field: Field, written: str, valid: Sequence[str]) -> str:
        if field.entity is Entity.TAG:
            return f"Invalid comparator for tag: {quoted(written)}"
        if field.key == "experiment_id":
            return f"Invalid comparator for experiment_id: {quoted(written)}"
        return super().comparator(field, written, valid)

    def order_entity(self, entity: Entity) -> str:
        return f"Invalid order_by entity: {entity.value}"


class LoggedModelsWording(Wording):
    """As the search for logged models says it."""

    def entity(self, written: str) -> str:
        valid = list(_PLURALS.values())
        return f"Invalid entity type: '{quoted(written)}'. Expected one of {valid}."

    def clause(self, pieces: Sequence[str], text: str) -> str:
        return (
            f"Invalid filter string: {quoted(text)!r}. Expected a list of comparisons separated "
            "by 'AND' (e.g. 'metrics.loss > 0.1 AND params.lr = 0.01')"
        )

    def comparator(self, field: Field, written: str, valid: Sequence[str]) -> str:
        return (
            f"Invalid comparison operator for {_PLURALS[field.entity]}.{quoted(field.key)}: "
            f"'{quoted(written)}'. Expected one of {tuple(valid)}."
        )


_IN_MESSAGES = (Entity.METRIC, Entity.PARAM, Entity.TAG, Entity.ATTRIBUTE, Entity.DATASET)
_PLURALS = {
    Entity.ATTRIBUTE: "attributes",
    Entity.METRIC: "metrics",
    Entity.PARAM: "params",
    Entity.TAG: "tags",
}


def _braced(names: Sequence[str]) -> str:
    return "{" + ", ".join(f"'{name}'" for name in names) + "}"
