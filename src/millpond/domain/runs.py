"""Runs: one execution of training code, and the rules about changing it."""

import random
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

from millpond.domain import names
from millpond.domain.datasets import DatasetInput
from millpond.domain.experiments import Stage, Tag
from millpond.domain.metrics import Point, check_point
from millpond.errors import InvalidParameter

RUN_NAME_TAG = "mlflow.runName"
USER_TAG = "mlflow.user"
LOGGED_MODELS_TAG = "mlflow.log-model.history"

MAX_METRICS_PER_BATCH = 1_000
MAX_PARAMS_PER_BATCH = 100
MAX_TAGS_PER_BATCH = 100
MAX_ENTITIES_PER_BATCH = 1_000
MAX_SEARCH_PAGE = 50_000

_ADJECTIVES = (
    "amber bold brisk calm clear clever crisp deft dewy eager early fair fleet fresh gentle glad "
    "golden grand hardy hazel keen kind lively lucid lunar mellow merry mild misty noble opal "
    "patient placid proud quick quiet rapid ready rosy rustic serene sharp silver sleek smart "
    "solar spry steady still sunny swift tidy vivid warm wise witty young zesty"
).split()
_NOUNS = (
    "alder beaver birch brook carp cattail crane creek cygnet dace dam delta dragonfly duck eel "
    "egret elm fern finch ford frog gull heron iris kestrel kingfisher lake lark lily loon "
    "marsh meadow minnow moss newt oak otter perch pike pond poplar rail reed ripple river "
    "rush salmon sedge shrew spring stork swallow swan teal tern trout vole wader weir willow wren"
).split()


class RunStatus(Enum):
    """Where a run stands; numbers and names are the protocol's."""

    RUNNING = 1
    SCHEDULED = 2
    FINISHED = 3
    FAILED = 4
    KILLED = 5


class Param(Struct, frozen=True, forbid_unknown_fields=True):
    key: Annotated[str, Meta(min_length=1)]
    value: str = ""


class RunInfo(Struct, frozen=True):
    """What a run is, without what it logged. Times are epoch milliseconds UTC."""

    run_id: str
    experiment_id: int
    name: str
    status: RunStatus
    stage: Stage
    start_ms: int
    end_ms: int | None
    user_id: str
    artifact_uri: str
    deleted_ms: int | None = None


class RunCount(Struct, frozen=True):
    """How many runs an experiment has, and when the latest of them, deleted or not, began."""

    experiment_id: int
    active: int
    deleted: int
    last_start_ms: int


class ModelOutput(Struct, frozen=True, forbid_unknown_fields=True):
    """A logged model that a run made, and the step it was made at."""

    model_id: Annotated[str, Meta(min_length=1)]
    step: Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)] = 0


class Run(Struct, frozen=True):
    """A run with all it logged: the latest point of each metric, params and tags by key."""

    info: RunInfo
    metrics: tuple[Point, ...] = ()
    params: tuple[Param, ...] = ()
    tags: tuple[Tag, ...] = ()
    dataset_inputs: tuple[DatasetInput, ...] = ()
    model_inputs: tuple[str, ...] = ()
    model_outputs: tuple[ModelOutput, ...] = ()


class Batch(Struct, frozen=True):
    """Points, params and tags that one request logs to one run: all of them or none."""

    metrics: Sequence[Point] = ()
    params: Sequence[Param] = ()
    tags: Sequence[Tag] = ()


def random_name(rng: random.Random) -> str:
    """A name such as ``calm-otter-417`` for a run or a model that was given none."""
    return f"{rng.choice(_ADJECTIVES)}-{rng.choice(_NOUNS)}-{rng.randrange(1000)}"


def choose_name(asked: str, tags: Iterable[Tag]) -> str:
    """The name a new run was given by argument or by tag, or ''. Raises if they disagree."""
    tagged = next((tag.value for tag in tags if tag.key == RUN_NAME_TAG), "")
    if asked and tagged and asked != tagged:
        raise InvalidParameter(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with "
            f"different values (run_name='{asked}', mlflow.runName='{tagged}')."
        )
    return asked or tagged


def require_active(info: RunInfo) -> None:
    if info.stage is not Stage.ACTIVE:
        raise InvalidParameter(
            f"The run {info.run_id} must be in the 'active' state. "
            f"Current state is {info.stage.value}."
        )


def checked_param(param: Param, path: str = "") -> Param:
    """The param as it will be kept: too long a value is cut, as MLflow's server does."""
    names.check_key(param.key, f"{path}key", "Param key")
    if len(param.value) > names.MAX_PARAM_VALUE_LENGTH:
        return Param(param.key, param.value[: names.MAX_PARAM_VALUE_LENGTH])
    return param


def checked_tag(tag: Tag, path: str = "") -> Tag:
    """The tag as it will be kept: too long a value is cut, as MLflow's server does."""
    names.check_key(tag.key, f"{path}key")
    return cut_tag(tag)


def cut_tag(tag: Tag) -> Tag:
    """The tag with as much of its value as is kept."""
    if len(tag.value) > names.MAX_TAG_VALUE_LENGTH:
        return Tag(tag.key, tag.value[: names.MAX_TAG_VALUE_LENGTH])
    return tag


def checked_batch(batch: Batch) -> Batch:
    """The batch as it will be kept. Raises InvalidParameter for the first thing that is wrong."""
    for index, point in enumerate(batch.metrics):
        check_point(point, f"metrics[{index}].")
    params = [checked_param(param, f"params[{i}].") for i, param in enumerate(batch.params)]
    tags = [checked_tag(tag, f"tags[{i}].") for i, tag in enumerate(batch.tags)]
    _check_size("metrics", MAX_METRICS_PER_BATCH, len(batch.metrics))
    _check_size("params", MAX_PARAMS_PER_BATCH, len(params))
    _check_size("tags", MAX_TAGS_PER_BATCH, len(tags))
    together = len(batch.metrics) + len(params) + len(tags)
    _check_size("metrics, params, and tags", MAX_ENTITIES_PER_BATCH, together)
    _check_distinct(params)
    return Batch(batch.metrics, params, tags)


def new_params(run_id: str, logged: Mapping[str, str], params: Sequence[Param]) -> list[Param]:
    """Those of the params that are not logged yet. Raises if one has another value already."""
    changed = [
        {"key": param.key, "old_value": logged[param.key], "new_value": param.value}
        for param in params
        if logged.get(param.key, param.value) != param.value
    ]
    if changed:
        raise InvalidParameter(
            "Changing param values is not allowed. Params were already "
            f"logged='{changed}' for run ID='{run_id}'."
        )
    return [param for param in params if param.key not in logged]


def changed_param(run_id: str, param: Param, old_value: str) -> InvalidParameter:
    return InvalidParameter(
        f"Changing param values is not allowed. Param with key='{param.key}' was already logged "
        f"with value='{old_value}' for run ID='{run_id}'. "
        f"Attempted logging new value '{param.value}'."
    )


def _check_size(what: str, limit: int, count: int) -> None:
    if count > limit:
        raise InvalidParameter(
            f"A batch logging request can contain at most {limit} {what}. Got {count} {what}. "
            f"Please split up {what} across multiple requests and try again."
        )


def _check_distinct(params: Sequence[Param]) -> None:
    seen: set[str] = set()
    repeated = [p.key for p in params if p.key in seen or seen.add(p.key)]  # type: ignore[func-returns-value]
    if repeated:
        raise InvalidParameter(
            f"Duplicate parameter keys have been submitted: {repeated}. Please ensure "
            "the request contains only one param value per param key."
        )
