"""Random searches over what random histories leave behind."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from millpond.domain.experiments import ViewType
from millpond.domain.filters import (
    EXPERIMENTS,
    LOGGED_MODELS,
    MODEL_VERSIONS,
    REGISTERED_MODELS,
    RUNS,
    Schema,
    parse_filter,
    parse_order_by,
    parse_order_fields,
)
from millpond.domain.models import DatasetFilter, ModelOrder
from millpond.store.contract import ExperimentSearch, ModelSearch, RunSearch
from millpond.store.registry_contract import RegisteredModelSearch, VersionSearch
from tests.store.histories import (
    DATASETS,
    DIGESTS,
    METRICS,
    NAMES,
    PARAMS,
    REGISTERED,
    REGISTRY_TAGS,
    SOURCES,
    TAGS,
    TEXTS,
    TIMES,
)

PATTERNS = ["%", "_", "a%", "%a%", "_%_", "i%", "%\n", "1e_", ""]


def _key(entity: str, keys: Sequence[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*keys, "never"]).map(lambda key: f"{entity}.`{key}`")


def _quoted(texts: Sequence[str]) -> st.SearchStrategy[str]:
    # A backslash before a quote would protect it, so it is left to the parser's own tests.
    safe = [text for text in texts if "\\" not in text]
    return st.sampled_from(safe).map(lambda text: "'" + text.replace("'", "''") + "'")


_numbers = st.sampled_from(["0", "-0.0", "0.5", "1", "10", "1e1", "1e308", "1e400", "-1e400"])
_whole = st.sampled_from([*map(str, TIMES), "-1", "1000", "1001", "1002", "1003"])
_texts = _quoted([*TEXTS, *NAMES, *DATASETS, "1", "FINISHED", "otter", "c0", "net"])
_likes = _quoted(PATTERNS)
_equal = st.sampled_from(["=", "!="])
_order = st.sampled_from(["<", "<=", ">", ">="])
_like = st.sampled_from(["LIKE", "ILIKE", "NOT LIKE", "NOT ILIKE"])
_in = st.sampled_from(["IN", "NOT IN"])
_null = st.sampled_from(["IS NULL", "IS NOT NULL"])


def _words(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(" ".join)


def _listed(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=3).map(lambda found: f"({', '.join(found)})")


def _between(numbers: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return _words(st.sampled_from(["BETWEEN", "NOT BETWEEN"]), numbers, st.just("AND"), numbers)


def _comparisons(
    numbers: st.SearchStrategy[str],
    times: st.SearchStrategy[str],
    logged: st.SearchStrategy[str],
    strings: st.SearchStrategy[str],
) -> st.SearchStrategy[str]:
    """Comparisons of metrics, whole-number attributes, params and tags, and other texts."""
    anything = st.one_of(numbers, times, logged, strings)
    return st.one_of(
        _words(numbers, _equal | _order, _numbers),
        _words(numbers, _in, _listed(_numbers)),
        _words(numbers, _between(_numbers)),
        _words(times, _equal | _order, _whole),
        _words(times, _between(_whole)),
        _words(logged, _equal, _texts | _numbers),
        _words(logged, _order, _numbers),
        _words(logged, _in, _listed(_texts)),
        _words(logged | strings, _like, _likes),
        _words(strings, _equal, _texts),
        _words(strings, _in, _listed(_texts)),
        _words(anything, _null),
    )


def _filters(comparisons: st.SearchStrategy[str], schema: Schema) -> st.SearchStrategy[Any]:
    def junctions(terms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        inner = terms.map(lambda term: f"({term})")
        return st.one_of(
            _words(inner, st.sampled_from(["AND", "OR"]), inner), _words(st.just("NOT"), inner)
        )

    trees = st.recursive(comparisons, junctions, max_leaves=5)
    return st.one_of(st.just(""), trees).map(lambda text: parse_filter(text, schema))


def _orders(fields: st.SearchStrategy[str], schema: Schema) -> st.SearchStrategy[Any]:
    clauses = st.lists(
        st.tuples(fields, st.sampled_from(["", " ASC", " DESC"])),
        max_size=3,
        unique_by=lambda clause: clause[0],
    )
    return clauses.map(
        lambda found: parse_order_by([field + direction for field, direction in found], schema)
    )


_views = st.sampled_from(ViewType)
_limits = st.integers(1, 4)
_scopes = st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True).map(tuple)

_run_strings = st.sampled_from(
    [
        *["run_id", "run_name", "status", "user_id", "artifact_uri"],
        *["dataset.name", "dataset.digest", "dataset.context"],
    ]
)
_run_times = st.sampled_from(["start_time", "end_time"])
_run_metrics = _key("metrics", METRICS)
_run_logged = _key("params", PARAMS) | _key("tags", TAGS)
run_searches = st.builds(
    RunSearch,
    experiment_ids=_scopes,
    limit=_limits,
    filter=_filters(_comparisons(_run_metrics, _run_times, _run_logged, _run_strings), RUNS),
    order_by=_orders(
        st.one_of(
            _run_metrics,
            _run_logged,
            _run_times,
            st.sampled_from(["run_id", "run_name", "status"]),
        ),
        RUNS,
    ),
    view=_views,
)

_experiment_times = st.sampled_from(["creation_time", "last_update_time"])
_experiment_tags = _key("tags", TAGS)
_experiment_comparisons = st.one_of(
    _words(_experiment_times, _equal | _order, _whole),
    _words(_experiment_times, _between(_whole)),
    _words(_experiment_tags, _equal, _texts | _numbers),
    _words(_experiment_tags, _order, _numbers),
    _words(_experiment_tags | st.just("name"), _like, _likes),
    _words(_experiment_tags | st.just("name"), _in, _listed(_texts)),
    _words(st.just("name"), _equal, _texts),
    _words(st.just("experiment_id"), _equal, st.sampled_from(["'1'", "'2'", "'02'", "'9'"])),
    _words(_experiment_tags | st.sampled_from(["name", "experiment_id"]), _null),
)
experiment_searches = st.builds(
    ExperimentSearch,
    limit=_limits,
    filter=_filters(_experiment_comparisons, EXPERIMENTS),
    order_by=_orders(
        st.sampled_from(["name", "experiment_id", "creation_time", "last_update_time"]),
        EXPERIMENTS,
    ),
    view=_views,
)

_model_strings = st.sampled_from(
    ["model_id", "name", "model_type", "status", "status_message", "source_run_id"]
)
_model_times = st.sampled_from(["creation_timestamp", "last_updated_timestamp_ms"])
_model_orders = st.builds(
    lambda field, ascending, name, digest: ModelOrder(
        parse_order_fields([(field, ascending)], LOGGED_MODELS)[0], name, digest
    ),
    st.sampled_from([f"metrics.{key}" for key in METRICS])
    | _model_times
    | st.sampled_from(["model_id", "name", "experiment_id", "status_message"]),
    st.booleans(),
    st.none() | st.sampled_from(DATASETS),
    st.none() | st.sampled_from(DIGESTS),
)
model_searches = st.builds(
    ModelSearch,
    experiment_ids=_scopes,
    limit=_limits,
    filter=_filters(
        _comparisons(
            _key("metrics", METRICS),
            _model_times,
            _key("params", PARAMS) | _key("tags", TAGS),
            _model_strings,
        ),
        LOGGED_MODELS,
    ),
    datasets=st.lists(
        st.builds(DatasetFilter, st.sampled_from(DATASETS), st.none() | st.sampled_from(DIGESTS)),
        max_size=2,
    ).map(tuple),
    order_by=st.lists(_model_orders, max_size=2).map(tuple),
)

_registry_times = st.sampled_from(["creation_timestamp", "last_updated_timestamp"])
_registry_tags = _key("tags", REGISTRY_TAGS)
_registry_texts = _quoted([*REGISTERED, *SOURCES, *TEXTS, "true", "Staging", "c0"])


def _registry_comparisons(
    times: st.SearchStrategy[str], strings: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    return st.one_of(
        _words(times, _equal | _order, _whole),
        _words(times, _between(_whole)),
        _words(_registry_tags, _equal, _texts | _numbers),
        _words(_registry_tags, _order, _numbers),
        _words(_registry_tags | strings, _like, _likes),
        _words(_registry_tags | strings, _in, _listed(_registry_texts)),
        _words(strings, _equal, _registry_texts),
        _words(_registry_tags | strings | times, _null),
    )


_registered_strings = st.sampled_from(["name", "description"])
registry_searches = st.builds(
    RegisteredModelSearch,
    limit=_limits,
    filter=_filters(_registry_comparisons(_registry_times, _registered_strings), REGISTERED_MODELS),
    order_by=_orders(_registry_times | _registered_strings, REGISTERED_MODELS),
    no_prompts=st.booleans(),
)
_version_strings = st.sampled_from(
    ["name", "run_id", "model_id", "source_path", "current_stage", "description"]
)
_version_numbers = _registry_times | st.just("version_number")
version_searches = st.builds(
    VersionSearch,
    limit=_limits,
    filter=_filters(_registry_comparisons(_version_numbers, _version_strings), MODEL_VERSIONS),
    order_by=_orders(_version_numbers | _version_strings, MODEL_VERSIONS),
    no_prompts=st.booleans(),
)
