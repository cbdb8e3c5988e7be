"""Searches as SQL: filters, orders and keyset pages, built of the tables for any engine."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.sql.expression import FromClause
from sqlalchemy.types import Text as TextType

from millpond.domain.experiments import Stage, ViewType
from millpond.domain.filters import (
    And,
    Comparison,
    Entity,
    Node,
    Not,
    Number,
    Op,
    Or,
    OrderKey,
    Text,
)
from millpond.domain.models import DatasetFilter, ModelOrder
from millpond.domain.ordering import MISSING, NOT_A_NUMBER, PRESENT, SortColumn
from millpond.store import questions
from millpond.store.contract import ExperimentSearch, ModelSearch, RunSearch
from millpond.store.sql import tables as t
from millpond.store.sql.values import NOT_A_NUMBER as NAN_KIND

_Expression = ColumnElement[Any]
_MAX_INT64 = (1 << 63) - 1


class Query(Struct, frozen=True):
    """A search, compiled but for its page: each row is its id and what it is sorted by."""

    id_column: Any
    source: Any
    conditions: list[Any]
    sorting: list[Any]
    columns: list[SortColumn]
    question: str

    def page(self, limit: int, after: Sequence[Any] | None) -> Select[Any]:
        """The first rows after a position (from the beginning if None)."""
        conditions = list(self.conditions)
        if after is not None:
            conditions.append(_after(self.sorting, self.columns, after))
        directions = [
            expression.asc() if column.ascending else expression.desc()
            for expression, column in zip(self.sorting, self.columns, strict=True)
        ]
        return (
            select(self.id_column, *self.sorting)
            .select_from(self.source)
            .where(*conditions)
            .order_by(*directions)
            .limit(limit)
        )


def experiment_query(search: ExperimentSearch, workspace_id: int) -> Query:
    compiler = _ExperimentFilter()
    order_by = search.order_by or questions.NEWEST_EXPERIMENTS
    sorting = [
        part
        for order in order_by
        for part in ranked_attribute(_EXPERIMENT_COLUMNS[order.field.key])
    ]
    conditions = [
        t.experiments.c.workspace_id == workspace_id,
        *_stage_condition(t.experiments.c.stage, search.view),
    ]
    if search.filter is not None:
        conditions.append(compiler.compile(search.filter))
    return Query(
        t.experiments.c.experiment_id,
        t.experiments,
        conditions,
        [*sorting, t.experiments.c.experiment_id],
        questions.experiment_columns(search),
        questions.token_question(search),
    )


def run_keys(search: RunSearch) -> list[str]:
    """The keys that a search speaks of."""
    return [*_keys_of(search.filter), *(order.field.key for order in search.order_by)]


def matching_runs(comparison: Comparison, workspace_id: int) -> Select[Any]:
    """The row ids of the runs for which one comparison of an attribute is true."""
    condition = on_attribute(comparison, _RUN_COLUMNS[comparison.field.key])
    return select(t.runs.c.run_id).where(t.runs.c.workspace_id == workspace_id, condition)


def run_query(
    search: RunSearch, workspace_id: int, ids: dict[str, int], only_unsettled: bool = False
) -> Query:
    """ids: of the keys that were ever logged; only_unsettled: leave out runs that are settled."""
    source: FromClause = t.runs
    sorting: list[_Expression] = []
    for order in search.order_by:
        source, parts = _run_sorting(source, order, ids)
        sorting += parts
    conditions = [
        t.runs.c.workspace_id == workspace_id,
        _one_of(t.runs.c.experiment_id, search.experiment_ids),
        *_stage_condition(t.runs.c.stage, search.view),
    ]
    if only_unsettled:
        # The unsettled are few: their ids lead to the rows, and no index of all runs (which the
        # sum keeps out of it).
        conditions[1] = _one_of(t.runs.c.experiment_id + 0, search.experiment_ids)
        conditions.append(t.runs.c.run_id.in_(select(t.unsettled_runs.c.run_id)))
    if search.filter is not None:
        conditions.append(_RunFilter(ids).compile(search.filter))
    return Query(
        t.runs.c.run_id,
        source,
        conditions,
        [*sorting, t.runs.c.start_ms, t.runs.c.uuid],
        questions.run_columns(search),
        questions.token_question(search),
    )


def model_query(search: ModelSearch, workspace_id: int) -> Query:
    sorting: list[_Expression] = []
    for order in search.order_by:
        sorting += _model_sorting(order)
    conditions = [
        t.models.c.workspace_id == workspace_id,
        _one_of(t.models.c.experiment_id, search.experiment_ids),
        t.models.c.stage == Stage.ACTIVE.value,
    ]
    if search.filter is not None:
        conditions.append(_ModelFilter(search.datasets).compile(search.filter))
    if questions.needs_any_metric(search):
        conditions.append(_some_model_metric(search.datasets))
    return Query(
        t.models.c.model_id,
        t.models,
        conditions,
        [*sorting, t.models.c.creation_ms, t.models.c.uuid],
        questions.model_columns(search),
        questions.token_question(search),
    )


# filters


class Filter:
    """Turns a filter into one condition that is true or false for every row, never unknown."""

    def compile(self, node: Node) -> _Expression:
        match node:
            case And(terms=terms):
                return and_(*(self.compile(term) for term in terms))
            case Or(terms=terms):
                return or_(*(self.compile(term) for term in terms))
            case Not(term=term):
                return not_(self.compile(term))
            case Comparison():
                return self.compare(node)

    def compare(self, comparison: Comparison) -> _Expression:
        raise NotImplementedError


class _ExperimentFilter(Filter):
    def compare(self, comparison: Comparison) -> _Expression:
        asked = comparison.field
        if asked.entity is Entity.TAG:
            tags = t.experiment_tags
            owner = tags.c.experiment_id == t.experiments.c.experiment_id
            return on_text(comparison, tags, and_(owner, tags.c.key == asked.key))
        return on_attribute(comparison, _EXPERIMENT_COLUMNS[asked.key])


class _RunFilter(Filter):
    def __init__(self, key_ids: dict[str, int]) -> None:
        self._key_ids = key_ids

    def compare(self, comparison: Comparison) -> _Expression:
        asked = comparison.field
        match asked.entity:
            case Entity.ATTRIBUTE:
                return on_attribute(comparison, _RUN_COLUMNS[asked.key])
            case Entity.DATASET:
                return self._on_dataset(comparison)
        key_id = self._key_ids.get(asked.key)
        if key_id is None:
            return true() if comparison.op is Op.IS_NULL else false()
        table = {Entity.METRIC: t.latest, Entity.PARAM: t.params, Entity.TAG: t.tags}[asked.entity]
        where = and_(table.c.run_id == t.runs.c.run_id, table.c.key_id == key_id)
        if asked.entity is Entity.METRIC:
            return _on_metric(comparison, table, where)
        return on_text(comparison, table, where)

    def _on_dataset(self, comparison: Comparison) -> _Expression:
        source = t.dataset_inputs.join(
            t.datasets, t.datasets.c.dataset_id == t.dataset_inputs.c.dataset_id
        )
        column = {
            "name": t.datasets.c.name,
            "digest": t.datasets.c.digest,
            "context": t.dataset_inputs.c.context,
        }[comparison.field.key]
        where = and_(t.dataset_inputs.c.run_id == t.runs.c.run_id, column.is_not(null()))
        return _presence(comparison, source, where, _text_condition(comparison, column))


class _ModelFilter(Filter):
    def __init__(self, datasets: Sequence[DatasetFilter]) -> None:
        self._datasets = datasets

    def compare(self, comparison: Comparison) -> _Expression:
        asked = comparison.field
        match asked.entity:
            case Entity.METRIC:
                where = and_(
                    t.model_metrics.c.model_uuid == t.models.c.uuid,
                    t.model_metrics.c.key == asked.key,
                    _on_datasets(self._datasets),
                )
                return _on_metric(comparison, t.model_metrics, where)
            case Entity.PARAM | Entity.TAG:
                table = t.model_params if asked.entity is Entity.PARAM else t.model_tags
                owner = table.c.model_id == t.models.c.model_id
                return on_text(comparison, table, and_(owner, table.c.key == asked.key))
            case _:
                return on_attribute(comparison, _MODEL_COLUMNS[asked.key])


def on_attribute(comparison: Comparison, column: _Expression) -> _Expression:
    if comparison.op is Op.IS_NULL:
        return column.is_(null())
    if comparison.op is Op.IS_NOT_NULL:
        return column.is_not(null())
    if isinstance(column.type, TextType):
        condition = _text_condition(comparison, column)
    else:
        condition = _number_condition(comparison, column)
    return and_(column.is_not(null()), condition)


def on_text(comparison: Comparison, table: Any, where: _Expression) -> _Expression:
    """A comparison with a param's or tag's text; a range compares it as a number."""
    if comparison.op in _RANGES:
        condition = and_(
            table.c.number.is_not(null()), _number_condition(comparison, table.c.number)
        )
    else:
        condition = _text_condition(comparison, table.c.value)
    return _presence(comparison, table, where, condition)


def _on_metric(comparison: Comparison, table: Any, where: _Expression) -> _Expression:
    is_number = table.c.kind != NAN_KIND
    condition = _number_condition(comparison, table.c.value)
    # NaN is unequal to every number, and nothing else.
    if comparison.op in (Op.NE, Op.NOT_IN):
        condition = or_(not_(is_number), condition)
    else:
        condition = and_(is_number, condition)
    return _presence(comparison, table, where, condition)


def _presence(
    comparison: Comparison, source: Any, where: _Expression, condition: _Expression
) -> _Expression:
    """Whether some row of the source meets the condition, or is there at all for IS [NOT] NULL."""
    present = select(literal(1)).select_from(source).where(where)
    if comparison.op is Op.IS_NULL:
        return not_(exists(present))
    if comparison.op is Op.IS_NOT_NULL:
        return exists(present)
    return exists(present.where(condition))


_RANGES = {Op.LT, Op.LE, Op.GT, Op.GE}


def _number_condition(comparison: Comparison, column: _Expression) -> _Expression:
    op, value = comparison.op, comparison.value
    if value is None:
        return true()
    if isinstance(value, tuple):
        numbers = [_number(v) for v in value]
        return column.in_(numbers) if op is Op.IN else column.not_in(numbers)
    number = _number(value)
    match op:
        case Op.EQ:
            return column == number
        case Op.NE:
            return column != number
        case Op.LT:
            return column < number
        case Op.LE:
            return column <= number
        case Op.GT:
            return column > number
        case _:
            return column >= number


def _text_condition(comparison: Comparison, column: _Expression) -> _Expression:
    op, value = comparison.op, comparison.value
    if value is None:
        return true()
    if isinstance(value, tuple):
        texts = [_text(v) for v in value]
        return column.in_(texts) if op is Op.IN else column.not_in(texts)
    text = _text(value)
    match op:
        case Op.EQ:
            return column == text
        case Op.NE:
            return column != text
        case Op.LIKE:
            return _like(column, text)
        case Op.NOT_LIKE:
            return not_(_like(column, text))
        case Op.ILIKE:
            return _like(func.lower(column), text.lower())
        case _:
            return not_(_like(func.lower(column), text.lower()))


def _like(column: _Expression, pattern: str) -> _Expression:
    return column.like(pattern)


def _number(value: Text | Number) -> int | float:
    # A text stands for a number only where it is an id's digits.
    return value.value if isinstance(value, Number) else min(int(value.value), _MAX_INT64)


def _text(value: Text | Number) -> str:
    return value.text if isinstance(value, Number) else value.value


def _keys_of(node: Node | None) -> list[str]:
    match node:
        case And(terms=terms) | Or(terms=terms):
            return [key for term in terms for key in _keys_of(term)]
        case Not(term=term):
            return _keys_of(term)
        case Comparison(field=asked):
            return [asked.key]
    return []


def _one_of(column: _Expression, ids: Sequence[int]) -> _Expression:
    # Written out: engines limit how many parameters a statement has, and ids can be many.
    return column.in_([literal_column(str(int(i))) for i in ids])


def _stage_condition(column: _Expression, view: ViewType) -> list[_Expression]:
    if view is ViewType.ALL:
        return []
    return [column == (Stage.ACTIVE if view is ViewType.ACTIVE_ONLY else Stage.DELETED).value]


def _on_datasets(datasets: Sequence[DatasetFilter]) -> _Expression:
    if not datasets:
        return true()
    c = t.model_metrics.c
    return or_(
        *(
            and_(
                c.dataset_name == d.dataset_name,
                true() if d.dataset_digest is None else c.dataset_digest == d.dataset_digest,
            )
            for d in datasets
        )
    )


def _some_model_metric(datasets: Sequence[DatasetFilter]) -> _Expression:
    owner = t.model_metrics.c.model_uuid == t.models.c.uuid
    return exists(select(literal(1)).where(owner, _on_datasets(datasets)))


# orders and pages


def ranked_attribute(column: _Expression) -> list[_Expression]:
    return [case((column.is_(null()), MISSING), else_=PRESENT), column]


def _ranked_metric(value: _Expression, kind: _Expression) -> list[_Expression]:
    rank = case((kind.is_(null()), MISSING), (kind == NAN_KIND, NOT_A_NUMBER), else_=PRESENT)
    return [rank, case((kind == NAN_KIND, null()), else_=value)]


def _run_sorting(
    source: FromClause, order: OrderKey, key_ids: dict[str, int]
) -> tuple[FromClause, list[_Expression]]:
    """What one ordering sorts by, and the source with the row it needs joined on."""
    asked = order.field
    if asked.entity is Entity.ATTRIBUTE:
        return source, ranked_attribute(_RUN_COLUMNS[asked.key])
    key_id = key_ids.get(asked.key, -1)
    if asked.entity is Entity.METRIC:
        latest = t.latest.alias()
        on = and_(latest.c.run_id == t.runs.c.run_id, latest.c.key_id == key_id)
        return source.outerjoin(latest, on), _ranked_metric(latest.c.value, latest.c.kind)
    texts = (t.params if asked.entity is Entity.PARAM else t.tags).alias()
    on = and_(texts.c.run_id == t.runs.c.run_id, texts.c.key_id == key_id)
    return source.outerjoin(texts, on), ranked_attribute(texts.c.value)


def _model_sorting(order: ModelOrder) -> list[_Expression]:
    asked = order.key.field
    if asked.entity is not Entity.METRIC:
        return ranked_attribute(_MODEL_COLUMNS[asked.key])
    m = t.model_metrics.alias()
    conditions = [m.c.model_uuid == t.models.c.uuid, m.c.key == asked.key]
    if order.dataset_name is not None:
        conditions.append(m.c.dataset_name == order.dataset_name)
    if order.dataset_digest is not None:
        conditions.append(m.c.dataset_digest == order.dataset_digest)
    latest_first = [m.c.timestamp, m.c.step, m.c.value, m.c.kind == NAN_KIND, m.c.run_uuid]

    def of_latest(column: _Expression) -> _Expression:
        return (
            select(column)
            .where(*conditions)
            .order_by(*(part.desc() for part in latest_first))
            .limit(1)
            .correlate(t.models)
            .scalar_subquery()
        )

    return _ranked_metric(of_latest(m.c.value), of_latest(m.c.kind))


def _after(
    sorting: Sequence[_Expression], columns: Sequence[SortColumn], position: Sequence[Any]
) -> _Expression:
    """True for the rows that come after a position: later in some column, equal in all before."""
    alternatives = []
    equal: list[_Expression] = []
    for expression, column, value in zip(sorting, columns, position, strict=True):
        # A missing value stands behind an equal rank, so there is nothing to compare.
        if value is None:
            continue
        later = expression > value if column.ascending else expression < value
        alternatives.append(and_(*equal, later))
        equal.append(expression == value)
    return or_(*alternatives)


_EXPERIMENT_COLUMNS: dict[str, Any] = {
    "experiment_id": t.experiments.c.experiment_id,
    "name": t.experiments.c.name,
    "creation_time": t.experiments.c.creation_ms,
    "last_update_time": t.experiments.c.last_update_ms,
}
_RUN_COLUMNS: dict[str, Any] = {
    "run_id": t.runs.c.uuid,
    "run_name": t.runs.c.name,
    "status": t.runs.c.status,
    "artifact_uri": t.runs.c.artifact_uri,
    "user_id": t.runs.c.user_id,
    "start_time": t.runs.c.start_ms,
    "end_time": t.runs.c.end_ms,
}
_MODEL_COLUMNS: dict[str, Any] = {
    "model_id": t.models.c.uuid,
    "name": t.models.c.name,
    "model_type": t.models.c.model_type,
    "status": t.models.c.status,
    "status_message": cast(null(), TextType),
    "source_run_id": t.models.c.source_run_id,
    "experiment_id": t.models.c.experiment_id,
    "artifact_location": t.models.c.artifact_uri,
    "creation_timestamp_ms": t.models.c.creation_ms,
    "last_updated_timestamp_ms": t.models.c.last_update_ms,
}
