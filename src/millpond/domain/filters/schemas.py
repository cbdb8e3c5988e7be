"""What each kind of search knows: prefixes, attributes and their kinds, comparators, order keys."""

import enum
from collections.abc import Iterable, Mapping

import msgspec

from millpond.domain.filters.ast import Entity, Field, Op
from millpond.domain.filters.wording import (
    ExperimentsWording,
    LoggedModelsWording,
    ModelVersionsWording,
    RegisteredModelsWording,
    Wording,
)


class Kind(enum.Enum):
    """How the values of a field compare."""

    NUMBER = "number"  # metrics: doubles
    INTEGER = "integer"  # times: 64-bit integers
    STRING = "string"
    ID = "id"  # a string of digits, compared as the string
    MOMENT = "moment"  # a date or time of a table, compared with one that is written as text
    LOGGED = "logged"  # params and tags: text, in a range the number that the text is


_NULLS = (Op.IS_NULL, Op.IS_NOT_NULL)
_SAME = (Op.EQ, Op.NE, Op.IN, Op.NOT_IN)
_LIKES = (Op.LIKE, Op.ILIKE, Op.NOT_LIKE, Op.NOT_ILIKE)
RANGES = frozenset({Op.LT, Op.LE, Op.GT, Op.GE})

COMPARATORS: Mapping[Kind, tuple[Op, ...]] = {
    Kind.NUMBER: (*_SAME, Op.LT, Op.LE, Op.GT, Op.GE, *_NULLS),
    Kind.INTEGER: (*_SAME, Op.LT, Op.LE, Op.GT, Op.GE, *_NULLS),
    Kind.STRING: (*_SAME, *_LIKES, *_NULLS),
    Kind.ID: (*_SAME, *_NULLS),
    Kind.MOMENT: (*_SAME, Op.LT, Op.LE, Op.GT, Op.GE, *_NULLS),
    Kind.LOGGED: (*_SAME, *_LIKES, Op.LT, Op.LE, Op.GT, Op.GE, *_NULLS),
}


class Attribute(msgspec.Struct, frozen=True):
    """One attribute of a record: its canonical key, its kind, and its other names."""

    key: str
    kind: Kind = Kind.STRING
    aliases: tuple[str, ...] = ()


class Schema(msgspec.Struct, frozen=True):
    """What one kind of search allows.

    prefixes: what may stand before the dot of a field.
    attributes: by every name they are written with (`attributes_by_name`).
    dataset_keys: what may stand behind `dataset.`.
    ordered_entities: what an order_by may name.
    whole_numbers: integer attributes take no number with a fraction or an exponent.
    quoted_numbers: an integer attribute takes a number in quotes too.
    references: a value may be another record's field, as in `champion.metrics.auc`.
    bare_text: a string may go without quotes when it is one word or a number.
    unique_order: naming one field twice in an order_by is an error, else the first counts.
    """

    prefixes: Mapping[str, Entity]
    attributes: Mapping[str, Attribute]
    wording: Wording
    ordered_entities: frozenset[Entity]
    dataset_keys: tuple[str, ...] = ()
    whole_numbers: bool = False
    quoted_numbers: bool = False
    references: bool = False
    bare_text: bool = False
    unique_order: bool = False

    def kind(self, field: Field) -> Kind:
        """How this field's values compare."""
        if field.entity is Entity.ATTRIBUTE:
            return self.attributes[field.key].kind
        return _ENTITY_KINDS[field.entity]


_ENTITY_KINDS = {
    Entity.METRIC: Kind.NUMBER,
    Entity.PARAM: Kind.LOGGED,
    Entity.TAG: Kind.LOGGED,
    Entity.DATASET: Kind.STRING,
}


def attributes_by_name(attributes: Iterable[Attribute]) -> dict[str, Attribute]:
    """Attributes by their keys and all of their aliases."""
    return {
        name: attribute for attribute in attributes for name in (attribute.key, *attribute.aliases)
    }


RUNS = Schema(
    prefixes={
        "attribute": Entity.ATTRIBUTE,
        "attributes": Entity.ATTRIBUTE,
        "attr": Entity.ATTRIBUTE,
        "run": Entity.ATTRIBUTE,
        "metric": Entity.METRIC,
        "metrics": Entity.METRIC,
        "parameter": Entity.PARAM,
        "parameters": Entity.PARAM,
        "param": Entity.PARAM,
        "params": Entity.PARAM,
        "tag": Entity.TAG,
        "tags": Entity.TAG,
        "dataset": Entity.DATASET,
        "datasets": Entity.DATASET,
    },
    attributes=attributes_by_name(
        [
            Attribute("run_id"),
            Attribute("run_name", aliases=("run name", "Run name", "Run Name")),
            Attribute("user_id"),
            Attribute("status"),
            Attribute("start_time", Kind.INTEGER, ("created", "Created")),
            Attribute("end_time", Kind.INTEGER),
            Attribute("artifact_uri"),
        ]
    ),
    wording=Wording(),
    dataset_keys=("name", "digest", "context"),
    ordered_entities=frozenset({Entity.ATTRIBUTE, Entity.METRIC, Entity.PARAM, Entity.TAG}),
    unique_order=True,
)

EXPERIMENTS = Schema(
    prefixes={"attribute": Entity.ATTRIBUTE, "tag": Entity.TAG, "tags": Entity.TAG},
    attributes=attributes_by_name(
        [
            Attribute("name"),
            Attribute("experiment_id", Kind.ID),
            Attribute("creation_time", Kind.INTEGER),
            Attribute("last_update_time", Kind.INTEGER),
        ]
    ),
    wording=ExperimentsWording(),
    ordered_entities=frozenset({Entity.ATTRIBUTE}),
    whole_numbers=True,
)

LOGGED_MODELS = Schema(
    prefixes={
        "attributes": Entity.ATTRIBUTE,
        "metrics": Entity.METRIC,
        "params": Entity.PARAM,
        "tags": Entity.TAG,
    },
    attributes=attributes_by_name(
        [
            Attribute("model_id"),
            Attribute("name"),
            Attribute("model_type"),
            Attribute("status"),
            Attribute("status_message"),
            Attribute("source_run_id"),
            Attribute("experiment_id", Kind.ID),
            Attribute("artifact_location"),
            Attribute(
                "creation_timestamp_ms", Kind.INTEGER, ("creation_timestamp", "creation_time")
            ),
            Attribute(
                "last_updated_timestamp_ms",
                Kind.INTEGER,
                ("last_updated_timestamp", "last_updated_time"),
            ),
        ]
    ),
    wording=LoggedModelsWording(),
    ordered_entities=frozenset({Entity.ATTRIBUTE, Entity.METRIC}),
    bare_text=True,
)

_REGISTRY_PREFIXES = {
    "attribute": Entity.ATTRIBUTE,
    "attributes": Entity.ATTRIBUTE,
    "tag": Entity.TAG,
    "tags": Entity.TAG,
}

REGISTERED_MODELS = Schema(
    prefixes=_REGISTRY_PREFIXES,
    attributes=attributes_by_name(
        [
            Attribute("name"),
            Attribute("description"),
            Attribute("creation_timestamp", Kind.INTEGER),
            Attribute("last_updated_timestamp", Kind.INTEGER, ("timestamp",)),
        ]
    ),
    wording=RegisteredModelsWording(
        known=("name",),
        orders=("name", "timestamp"),
        more=("description", "creation_timestamp", "last_updated_timestamp"),
    ),
    ordered_entities=frozenset({Entity.ATTRIBUTE}),
    whole_numbers=True,
    quoted_numbers=True,
    unique_order=True,
)

MODEL_VERSIONS = Schema(
    prefixes=_REGISTRY_PREFIXES,
    attributes=attributes_by_name(
        [
            Attribute("name"),
            Attribute("version_number", Kind.INTEGER, ("version",)),
            Attribute("run_id"),
            Attribute("model_id"),
            Attribute("source_path", aliases=("source",)),
            Attribute("current_stage", aliases=("stage",)),
            Attribute("description"),
            Attribute("creation_timestamp", Kind.INTEGER),
            Attribute("last_updated_timestamp", Kind.INTEGER),
        ]
    ),
    wording=ModelVersionsWording(
        known=("name", "run_id", "source_path", "version_number"),
        orders=("creation_timestamp", "last_updated_timestamp", "name", "version_number"),
        more=(
            "model_id",
            "current_stage",
            "description",
            "creation_timestamp",
            "last_updated_timestamp",
        ),
    ),
    ordered_entities=frozenset({Entity.ATTRIBUTE}),
    whole_numbers=True,
    quoted_numbers=True,
    unique_order=True,
)

# What the rules of gates ask of a version.
GATES = Schema(
    prefixes={
        **_REGISTRY_PREFIXES,
        "metric": Entity.METRIC,
        "metrics": Entity.METRIC,
        "param": Entity.PARAM,
        "params": Entity.PARAM,
    },
    attributes=MODEL_VERSIONS.attributes,
    wording=Wording(),
    ordered_entities=frozenset(),
    whole_numbers=True,
    references=True,
)
