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

    def order_attribute(self, written: str, valid: Sequence[str]) -> str:
        return self.attribute(written, valid)

    def clause(self, pieces: Sequence[str], text: str) -> str:
        listed = ", ".join(f"'{piece}'" for piece in pieces)
        return f"Invalid clause(s) in filter string: {listed}"

    def comparator(self, field: Field, written: str, valid: Sequence[str]) -> str:
        return f"Invalid comparator '{quoted(written)}' not one of '{_braced(valid)}'"

    def order_entity(self, entity: Entity) -> str:
        return f"Invalid identifier type '{entity.value}'"

    def expected_string(self, entity: Entity) -> str:
        """What should have stood where a number or NULL is."""
        what = _EXPECTED_STRING.get(entity, f"{entity.value} (e.g. 'my-value')")
        return f"Expected a quoted string value for {what}."


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


class ColumnsWording(Wording):
    """As a condition over the columns of a table says it."""

    def entity(self, written: str) -> str:
        return (
            f"'{quoted(written)}' is no column; write a name with a dot or a blank in it "
            "in backticks"
        )

    def attribute(self, written: str, valid: Sequence[str]) -> str:
        return f"There is no column '{quoted(written)}'. There are: {quoted(', '.join(valid))}"


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


class RegistryWording(ExperimentsWording):
    """As the searches for registered models and their versions say it."""

    def __init__(self, known: Sequence[str], orders: Sequence[str], more: Sequence[str]) -> None:
        """known, orders: what MLflow's filters and orderings know; more: what ours do too."""
        self._known = known
        self._orders = orders
        self._more = ", ".join(more)

    def attribute(self, written: str, valid: Sequence[str]) -> str:
        return (
            f"Invalid attribute key '{quoted(written)}' specified. Valid keys are "
            f"'{_braced(self._known)}'. This server also knows {self._more}"
        )

    def comparator(self, field: Field, written: str, valid: Sequence[str]) -> str:
        if field.entity is Entity.TAG:
            return f"Invalid comparator for tag: {quoted(written)}"
        if field.key in ("name", "run_id", "source_path"):
            return f"Invalid comparator for attribute: {quoted(written)}"
        return f"Invalid comparator for attribute {field.key}: {quoted(written)}"

    def expected_string(self, entity: Entity) -> str:
        if entity is Entity.ATTRIBUTE:
            return (
                "Expected a quoted string value or a list of quoted string values for attributes."
            )
        return super().expected_string(entity)


class RegisteredModelsWording(RegistryWording):
    """As the search for registered models says it, which has a word of its own for orderings."""

    def order_attribute(self, written: str, valid: Sequence[str]) -> str:
        return (
            f"Invalid order by key '{quoted(written)}' specified. Valid keys are "
            f"'{_braced(self._orders)}'. This server also knows {self._more}"
        )


class ModelVersionsWording(RegistryWording):
    """As the search for model versions says it."""

    def order_attribute(self, written: str, valid: Sequence[str]) -> str:
        return (
            f"Invalid attribute key '{quoted(written)}' specified. Valid keys are "
            f"'{_braced(self._orders)}'. This server also knows {self._more}"
        )


_EXPECTED_STRING = {Entity.ATTRIBUTE: "attributes", Entity.DATASET: "dataset attributes"}
_IN_MESSAGES = (Entity.METRIC, Entity.PARAM, Entity.TAG, Entity.ATTRIBUTE, Entity.DATASET)
_PLURALS = {
    Entity.ATTRIBUTE: "attributes",
    Entity.METRIC: "metrics",
    Entity.PARAM: "params",
    Entity.TAG: "tags",
}


def _braced(names: Sequence[str]) -> str:
    return "{" + ", ".join(f"'{name}'" for name in names) + "}"
