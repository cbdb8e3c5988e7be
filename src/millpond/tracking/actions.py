"""Every write to experiments and runs.

Each function checks what can be checked without the store, and returns the action that the store
then runs, whole or not at all. Times (``now_ms``) and new ids are passed in.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from millpond.domain import experiments, models, runs
from millpond.domain.datasets import DatasetInput, check_inputs, first_of_each
from millpond.domain.experiments import Experiment, Stage, Tag
from millpond.domain.metrics import Point, check_point
from millpond.domain.names import check_run_id
from millpond.domain.runs import Batch, ModelOutput, Param, Run, RunInfo, RunStatus
from millpond.errors import BadRequest, DoesNotExist, InvalidParameter
from millpond.store.contract import Reader, Transaction
from millpond.workspaces import datastores

# What MLflow keeps of a model in the run's tag, beside its flavors.
_MODEL_TAG_FIELDS = ("run_id", "artifact_path", "utc_time_created", "model_uuid")


def require_experiment(reader: Reader, experiment_id: int) -> Experiment:
    """The experiment, active or deleted. Raises DoesNotExist."""
    experiment = reader.experiment(experiment_id)
    if experiment is None:
        raise DoesNotExist(f"No Experiment with id={experiment_id} exists")
    return experiment


def require_run_info(reader: Reader, run_id: str) -> RunInfo:
    """The run, active or deleted. Raises DoesNotExist."""
    info = reader.run_info(run_id)
    if info is None:
        raise DoesNotExist(f"Run with id={run_id} not found")
    return info


def require_run(reader: Reader, run_id: str) -> Run:
    """The run with all it logged, active or deleted. Raises DoesNotExist."""
    run = reader.run(run_id)
    if run is None:
        raise DoesNotExist(f"Run with id={run_id} not found")
    return run


def create_experiment(
    name: str,
    artifact_location: str,
    tags: Sequence[Tag],
    artifact_root: str,
    now_ms: int,
) -> Callable[[Transaction], int]:
    """Make an experiment. Without a location its artifacts go to the workspace's default datastore,
    or below ``artifact_root``."""
    experiments.check_name(name)
    if artifact_location:
        experiments.check_artifact_location(artifact_location)
    for tag in tags:
        experiments.check_tag(tag.key, tag.value)
    by_key = {tag.key: tag for tag in tags}

    def act(tx: Transaction) -> int:
        experiment_id = tx.new_experiment_id()
        tx.add_experiment(
            Experiment(
                experiment_id=experiment_id,
                name=name,
                artifact_location=datastores.artifact_location(
                    tx, artifact_location, artifact_root, experiment_id
                ),
                stage=Stage.ACTIVE,
                creation_ms=now_ms,
                last_update_ms=now_ms,
                tags=tuple(by_key[key] for key in sorted(by_key)),
            )
        )
        return experiment_id

    return act


def ensure_experiment(
    experiment_id: int, name: str, artifact_location: str, now_ms: int
) -> Callable[[Transaction], None]:
    """Make the experiment of this id unless it is there."""

    def act(tx: Transaction) -> None:
        if tx.experiment(experiment_id) is None:
            tx.add_experiment(
                Experiment(
                    experiment_id=experiment_id,
                    name=name,
                    artifact_location=artifact_location,
                    stage=Stage.ACTIVE,
                    creation_ms=now_ms,
                    last_update_ms=now_ms,
                )
            )

    return act


def rename_experiment(
    experiment_id: int, new_name: str, now_ms: int
) -> Callable[[Transaction], None]:
    experiments.check_name(new_name)

    def act(tx: Transaction) -> None:
        experiment = require_experiment(tx, experiment_id)
        if experiment.stage is not Stage.ACTIVE:
            raise BadRequest("Cannot rename a non-active experiment.")
        tx.change_experiment(experiment_id, last_update_ms=now_ms, name=new_name)

    return act


def delete_experiment(experiment_id: int, now_ms: int) -> Callable[[Transaction], None]:
    """Move an experiment and all its runs to the bin."""

    def act(tx: Transaction) -> None:
        _require_stage(tx, experiment_id, Stage.ACTIVE)
        tx.change_experiment(experiment_id, last_update_ms=now_ms, stage=Stage.DELETED)
        tx.change_runs_stage(experiment_id, Stage.DELETED, now_ms)

    return act


def restore_experiment(experiment_id: int, now_ms: int) -> Callable[[Transaction], None]:
    """Bring an experiment and all its runs back from the bin."""

    def act(tx: Transaction) -> None:
        _require_stage(tx, experiment_id, Stage.DELETED)
        tx.change_experiment(experiment_id, last_update_ms=now_ms, stage=Stage.ACTIVE)
        tx.change_runs_stage(experiment_id, Stage.ACTIVE, None)

    return act


def set_experiment_tag(experiment_id: int, tag: Tag) -> Callable[[Transaction], None]:
    experiments.check_tag(tag.key, tag.value)

    def act(tx: Transaction) -> None:
        experiments.require_active(require_experiment(tx, experiment_id))
        tx.set_experiment_tag(experiment_id, tag)

    return act


def delete_experiment_tag(experiment_id: int, key: str) -> Callable[[Transaction], None]:
    def act(tx: Transaction) -> None:
        experiments.require_active(require_experiment(tx, experiment_id))
        if not tx.delete_experiment_tag(experiment_id, key):
            raise DoesNotExist(f"No tag with name: {key} in experiment with id {experiment_id}")

    return act


def create_run(
    run_id: str,
    experiment_id: int,
    name: str,
    fallback_name: str,
    user_id: str,
    start_ms: int,
    tags: Sequence[Tag],
) -> Callable[[Transaction], Run]:
    """Start a run. Its name is always one of its tags as well."""
    # MLflow's server takes any key here, and its clients send what the user wrote.
    by_key = {tag.key: runs.cut_tag(tag) for tag in tags}
    chosen = runs.choose_name(name, by_key.values()) or fallback_name
    by_key[runs.RUN_NAME_TAG] = Tag(runs.RUN_NAME_TAG, chosen)
    all_tags = tuple(by_key[key] for key in sorted(by_key))

    def act(tx: Transaction) -> Run:
        experiment = require_experiment(tx, experiment_id)
        experiments.require_active(experiment)
        info = RunInfo(
            run_id=run_id,
            experiment_id=experiment_id,
            name=chosen,
            status=RunStatus.RUNNING,
            stage=Stage.ACTIVE,
            start_ms=start_ms,
            end_ms=None,
            user_id=user_id,
            artifact_uri=experiments.place_below(
                experiment.artifact_location, f"{run_id}/artifacts"
            ),
        )
        tx.add_run(info, all_tags)
        return Run(info, tags=all_tags)

    return act


def update_run(
    run_id: str, status: RunStatus | None, end_ms: int | None, name: str | None
) -> Callable[[Transaction], RunInfo]:
    """Change what is given; a new name goes into the run's name tag too."""

    def act(tx: Transaction) -> RunInfo:
        _require_active_run(tx, run_id)
        tx.change_run(run_id, name=name or None, status=status, end_ms=end_ms)
        if name:
            tx.set_tags(run_id, [Tag(runs.RUN_NAME_TAG, name)])
        return require_run_info(tx, run_id)

    return act


def delete_run(run_id: str, now_ms: int) -> Callable[[Transaction], None]:
    def act(tx: Transaction) -> None:
        require_run_info(tx, run_id)
        tx.change_run_stage(run_id, Stage.DELETED, now_ms)

    return act


def restore_run(run_id: str) -> Callable[[Transaction], None]:
    def act(tx: Transaction) -> None:
        require_run_info(tx, run_id)
        tx.change_run_stage(run_id, Stage.ACTIVE, None)

    return act


def log_metric(run_id: str, point: Point) -> Callable[[Transaction], None]:
    check_point(point)

    def act(tx: Transaction) -> None:
        _require_active_run(tx, run_id)
        _require_models(tx, (point,))
        tx.append_points(run_id, (point,))

    return act


def log_param(run_id: str, param: Param) -> Callable[[Transaction], None]:
    """Log a param; the same value again changes nothing, another is refused."""
    kept = runs.checked_param(param)

    def act(tx: Transaction) -> None:
        _require_active_run(tx, run_id)
        old_value = tx.params(run_id, [kept.key]).get(kept.key)
        if old_value is None:
            tx.add_params(run_id, [kept])
        elif old_value != kept.value:
            raise runs.changed_param(run_id, kept, old_value)

    return act


def log_batch(run_id: str, batch: Batch) -> Callable[[Transaction], None]:
    """Log points, params and tags of one run: all of them, or none."""
    check_run_id(run_id)
    kept = runs.checked_batch(batch)

    def act(tx: Transaction) -> None:
        _require_active_run(tx, run_id)
        if kept.params:
            logged = tx.params(run_id, [param.key for param in kept.params])
            tx.add_params(run_id, runs.new_params(run_id, logged, kept.params))
        if kept.metrics:
            _require_models(tx, kept.metrics)
            tx.append_points(run_id, kept.metrics)
        _set_tags(tx, run_id, kept.tags)

    return act


def set_tag(run_id: str, tag: Tag) -> Callable[[Transaction], None]:
    kept = runs.checked_tag(tag)

    def act(tx: Transaction) -> None:
        _require_active_run(tx, run_id)
        _set_tags(tx, run_id, [kept])

    return act


def delete_tag(run_id: str, key: str) -> Callable[[Transaction], None]:
    def act(tx: Transaction) -> None:
        _require_active_run(tx, run_id)
        if not tx.delete_tag(run_id, key):
            raise DoesNotExist(f"No tag with name: {key} in run with id {run_id}")

    return act


def log_inputs(
    run_id: str, datasets: Sequence[DatasetInput], model_ids: Sequence[str]
) -> Callable[[Transaction], None]:
    check_run_id(run_id)
    check_inputs(datasets)
    distinct = first_of_each(datasets)

    def act(tx: Transaction) -> None:
        _require_active_run(tx, run_id)
        tx.add_inputs(run_id, distinct, list(dict.fromkeys(model_ids)))

    return act


def log_outputs(run_id: str, outputs: Sequence[ModelOutput]) -> Callable[[Transaction], None]:
    def act(tx: Transaction) -> None:
        _require_active_run(tx, run_id)
        tx.add_outputs(run_id, outputs)

    return act


def record_logged_model(run_id: str, model_json: str) -> Callable[[Transaction], None]:
    """Append a model to the run's ``mlflow.log-model.history`` tag, as 2.x clients ask."""
    entry = _model_entry(model_json)

    def act(tx: Transaction) -> None:
        _require_active_run(tx, run_id)
        earlier = _model_history(tx.tag(run_id, runs.LOGGED_MODELS_TAG))
        value = json.dumps([*earlier, entry])
        tx.set_tags(run_id, [Tag(runs.LOGGED_MODELS_TAG, value)])

    return act


def _model_entry(model_json: str) -> dict[str, Any]:
    try:
        model = json.loads(model_json)
    except (ValueError, RecursionError):
        raise InvalidParameter(
            f"Malformed model info. \n {model_json} \n is not a valid JSON."
        ) from None
    if not isinstance(model, dict):
        raise InvalidParameter(f"Malformed model info. \n {model_json} \n is not a JSON object.")
    missing = {"artifact_path", "flavors", "utc_time_created", "run_id"} - set(model)
    if missing:
        raise InvalidParameter(f"Model json is missing mandatory fields: {missing}")
    entry = {field: model[field] for field in _MODEL_TAG_FIELDS if field in model}
    flavors = model["flavors"]
    if not isinstance(flavors, dict):
        raise InvalidParameter(f"Model json's flavors must be an object, got {flavors!r}")
    # A flavor's config can be large, and the tag is only a summary.
    entry["flavors"] = {
        name: {key: value for key, value in flavor.items() if key != "config"}
        if isinstance(flavor, dict)
        else flavor
        for name, flavor in flavors.items()
    }
    return entry


def _model_history(tag: str | None) -> list[Any]:
    try:
        history = json.loads(tag or "[]")
    except ValueError:
        history = None
    if not isinstance(history, list):
        # Anyone may set the tag.
        raise BadRequest(
            f"The run's tag '{runs.LOGGED_MODELS_TAG}' holds no JSON list, so no model can be "
            "added to it. Delete the tag first."
        )
    return history


def _require_active_run(tx: Transaction, run_id: str) -> None:
    runs.require_active(require_run_info(tx, run_id))


def _require_models(tx: Transaction, points: Sequence[Point]) -> None:
    for model_id in {point.model_id for point in points}:
        if model_id is not None and not tx.has_model(model_id):
            raise models.not_found(model_id)


def _require_stage(tx: Transaction, experiment_id: int, stage: Stage) -> None:
    # MLflow looks only among the experiments of the right stage, so a wrong stage is a 404.
    if require_experiment(tx, experiment_id).stage is not stage:
        raise DoesNotExist(f"No Experiment with id={experiment_id} exists")


def _set_tags(tx: Transaction, run_id: str, tags: Sequence[Tag]) -> None:
    if not tags:
        return
    name = next((tag.value for tag in reversed(tags) if tag.key == runs.RUN_NAME_TAG), None)
    if name == "":
        # A run always has a name; MLflow keeps the old one too.
        tags = [tag for tag in tags if tag.key != runs.RUN_NAME_TAG]
    elif name is not None:
        tx.change_run(run_id, name=name)
    tx.set_tags(run_id, tags)
