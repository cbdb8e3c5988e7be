"""Every write to logged models. Each function returns the action that the store runs."""

from collections.abc import Callable, Sequence

from millpond.domain import experiments, models
from millpond.domain.experiments import Stage, Tag
from millpond.domain.models import LoggedModel, ModelStatus
from millpond.domain.runs import Param
from millpond.errors import DoesNotExist, InvalidParameter
from millpond.store.contract import Reader, Transaction
from millpond.tracking.actions import require_experiment


def require_model(reader: Reader, model_id: str, allow_deleted: bool = False) -> LoggedModel:
    """The logged model. Raises DoesNotExist."""
    model = reader.model(model_id)
    if model is None or (model.stage is Stage.DELETED and not allow_deleted):
        raise models.not_found(model_id)
    return model


def create_model(
    model_id: str,
    experiment_id: int,
    name: str,
    model_type: str,
    source_run_id: str,
    params: Sequence[Param],
    tags: Sequence[Tag],
    now_ms: int,
) -> Callable[[Transaction], LoggedModel]:
    """Make a logged model, pending until it is finalized."""
    models.check_name(name)
    new_params = {param.key: param for param in params}
    new_tags = {tag.key: tag for tag in tags}

    def act(tx: Transaction) -> LoggedModel:
        experiment = require_experiment(tx, experiment_id)
        experiments.require_active(experiment)
        model = LoggedModel(
            model_id=model_id,
            experiment_id=experiment_id,
            name=name,
            artifact_uri=experiments.place_below(
                experiment.artifact_location, f"models/{model_id}/artifacts"
            ),
            creation_ms=now_ms,
            last_update_ms=now_ms,
            status=ModelStatus.LOGGED_MODEL_PENDING,
            stage=Stage.ACTIVE,
            model_type=model_type,
            source_run_id=source_run_id,
            tags=tuple(new_tags[key] for key in sorted(new_tags)),
            params=tuple(new_params[key] for key in sorted(new_params)),
        )
        tx.add_model(model)
        return model

    return act


def finalize_model(
    model_id: str, status: ModelStatus, now_ms: int
) -> Callable[[Transaction], LoggedModel]:
    """Say how the upload of a model's files ended."""
    if status not in (ModelStatus.LOGGED_MODEL_READY, ModelStatus.LOGGED_MODEL_UPLOAD_FAILED):
        raise InvalidParameter(
            f"Invalid model status: {status.name}. Expected statuses: "
            "['LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED']"
        )

    def act(tx: Transaction) -> LoggedModel:
        require_model(tx, model_id)
        tx.change_model(model_id, last_update_ms=now_ms, status=status)
        return require_model(tx, model_id)

    return act


def delete_model(model_id: str, now_ms: int) -> Callable[[Transaction], None]:
    """Move a model to the bin; one that is there already stays there."""

    def act(tx: Transaction) -> None:
        if require_model(tx, model_id, allow_deleted=True).stage is Stage.ACTIVE:
            tx.change_model(model_id, last_update_ms=now_ms, stage=Stage.DELETED)

    return act


def log_model_params(model_id: str, params: Sequence[Param]) -> Callable[[Transaction], None]:
    """Add params to a model; the same value again changes nothing, another is refused."""

    def act(tx: Transaction) -> None:
        logged = {param.key: param.value for param in require_model(tx, model_id).params}
        new: dict[str, Param] = {}
        for param in params:
            if param.key not in logged:
                logged[param.key] = param.value
                new[param.key] = param
            elif logged[param.key] != param.value:
                raise InvalidParameter(
                    f"Changing param values is not allowed. Param with key='{param.key}' was "
                    f"already logged with value='{logged[param.key]}' for model ID='{model_id}'. "
                    f"Attempted logging new value '{param.value}'."
                )
        tx.add_model_params(model_id, list(new.values()))

    return act


def set_model_tags(model_id: str, tags: Sequence[Tag]) -> Callable[[Transaction], None]:
    def act(tx: Transaction) -> None:
        require_model(tx, model_id)
        tx.set_model_tags(model_id, tags)

    return act


def delete_model_tag(model_id: str, key: str) -> Callable[[Transaction], None]:
    def act(tx: Transaction) -> None:
        require_model(tx, model_id)
        if not tx.delete_model_tag(model_id, key):
            raise DoesNotExist(f"No tag with key {key!r} found for model with ID {model_id!r}.")

    return act
