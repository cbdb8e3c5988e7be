"""Every write to registered models. Each function returns the action that the store runs."""

from collections.abc import Callable, Sequence

from millpond.domain import registry
from millpond.domain.experiments import Tag
from millpond.domain.registry import ModelVersion, RegisteredModel, is_prompt
from millpond.store.contract import Reader, Transaction


def require_registered_model(reader: Reader, name: str) -> RegisteredModel:
    """The model. Raises DoesNotExist."""
    model = reader.registered_model(name)
    if model is None:
        raise registry.model_not_found(name)
    return model


def latest_versions(reader: Reader, name: str, stages: Sequence[str]) -> list[ModelVersion]:
    """The newest version of each of these stages, of every stage if none is named.

    Raises DoesNotExist, InvalidParameter for what is no stage.
    """
    model = require_registered_model(reader, name)
    wanted = {registry.parse_stage(stage) for stage in stages}
    return [version for version in model.latest if not wanted or version.stage in wanted]


def create_registered_model(
    name: str, description: str, tags: Sequence[Tag], now_ms: int
) -> Callable[[Transaction], RegisteredModel]:
    """Make a model, or a prompt, without versions."""
    registry.check_model_name(name)
    for tag in tags:
        registry.check_tag(tag.key, tag.value)
    by_key = {tag.key: tag for tag in tags}

    def act(tx: Transaction) -> RegisteredModel:
        holder = tx.registered_model(name)
        if holder is not None:
            raise registry.name_taken(name, holder.is_prompt, is_prompt(tags))
        model = RegisteredModel(
            name=name,
            creation_ms=now_ms,
            last_update_ms=now_ms,
            description=description,
            tags=tuple(by_key[key] for key in sorted(by_key)),
        )
        tx.add_registered_model(model)
        return model

    return act


def describe_registered_model(
    name: str, description: str, now_ms: int
) -> Callable[[Transaction], RegisteredModel]:
    registry.check_model_name(name)

    def act(tx: Transaction) -> RegisteredModel:
        require_registered_model(tx, name)
        tx.change_registered_model(name, last_update_ms=now_ms, description=description)
        return require_registered_model(tx, name)

    return act


def rename_registered_model(
    name: str, new_name: str, now_ms: int
) -> Callable[[Transaction], RegisteredModel]:
    """Give a model another name. Its versions change with it, and keep their numbers."""
    registry.check_model_name(new_name, "new_name")
    registry.check_model_name(name)

    def act(tx: Transaction) -> RegisteredModel:
        require_registered_model(tx, name)
        tx.change_registered_model(name, last_update_ms=now_ms, new_name=new_name)
        tx.touch_versions(new_name, now_ms)
        return require_registered_model(tx, new_name)

    return act


def delete_registered_model(name: str) -> Callable[[Transaction], None]:
    """Remove a model with all its versions."""
    registry.check_model_name(name)

    def act(tx: Transaction) -> None:
        require_registered_model(tx, name)
        tx.delete_registered_model(name)

    return act


def set_registered_model_tag(name: str, tag: Tag) -> Callable[[Transaction], None]:
    registry.check_model_name(name)
    registry.check_tag(tag.key, tag.value)

    def act(tx: Transaction) -> None:
        require_registered_model(tx, name)
        tx.set_registered_model_tags(name, [tag])

    return act


def delete_registered_model_tag(name: str, key: str) -> Callable[[Transaction], None]:
    """Remove a tag; one that is not there is no error, as in MLflow."""
    registry.check_model_name(name)
    registry.check_tag(key, "")

    def act(tx: Transaction) -> None:
        require_registered_model(tx, name)
        tx.delete_registered_model_tag(name, key)

    return act


def set_alias(name: str, alias: str, number: int) -> Callable[[Transaction], None]:
    """Point an alias at a version."""
    registry.check_model_name(name)
    registry.check_new_alias(alias)

    def act(tx: Transaction) -> None:
        if tx.model_version(name, number) is None:
            raise registry.version_not_found(name, number)
        tx.set_alias(name, alias, number)

    return act


def delete_alias(name: str, alias: str) -> Callable[[Transaction], None]:
    """Remove an alias; one that is not there is no error, as in MLflow."""
    registry.check_model_name(name)
    registry.check_alias(alias)

    def act(tx: Transaction) -> None:
        require_registered_model(tx, name)
        tx.delete_alias(name, alias)

    return act
