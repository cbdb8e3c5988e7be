"""Every write to registered models. Each function returns the action that the store runs."""

from collections.abc import Callable, Sequence

from millpond.domain import registry, reviews
from millpond.domain.experiments import Tag
from millpond.domain.registry import NOBODY, ModelVersion, RegisteredModel, is_prompt
from millpond.domain.reviews import ActivityKind
from millpond.registry.activities import note
from millpond.registry.gates import require_passing
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
    name: str, description: str, tags: Sequence[Tag], now_ms: int, who: str = NOBODY
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
        note(tx, ActivityKind.CREATED_MODEL, name, None, who, now_ms, model)
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
    name: str, new_name: str, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], RegisteredModel]:
    """Give a model another name. Its versions change with it, and keep their numbers."""
    registry.check_model_name(new_name, "new_name")
    registry.check_model_name(name)

    def act(tx: Transaction) -> RegisteredModel:
        require_registered_model(tx, name)
        tx.change_registered_model(name, last_update_ms=now_ms, new_name=new_name)
        tx.touch_versions(new_name, now_ms)
        if new_name != name:
            kind = ActivityKind.RENAMED_MODEL
            note(tx, kind, new_name, None, who, now_ms, old_name=name, new_name=new_name)
        return require_registered_model(tx, new_name)

    return act


def delete_registered_model(name: str) -> Callable[[Transaction], None]:
    """Remove a model with all its versions, none of which may be in use."""
    registry.check_model_name(name)

    def act(tx: Transaction) -> None:
        require_registered_model(tx, name)
        locks = tx.version_locks(name)
        if locks:
            raise reviews.in_use(locks)
        tx.delete_registered_model(name)

    return act


def set_registered_model_tag(
    name: str, tag: Tag, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], None]:
    registry.check_model_name(name)
    registry.check_tag(tag.key, tag.value)

    def act(tx: Transaction) -> None:
        require_registered_model(tx, name)
        tx.set_registered_model_tags(name, [tag])
        note(tx, ActivityKind.SET_TAG, name, None, who, now_ms, key=tag.key, value=tag.value)

    return act


def delete_registered_model_tag(
    name: str, key: str, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], None]:
    """Remove a tag; one that is not there is no error, as in MLflow."""
    registry.check_model_name(name)
    registry.check_tag(key, "")

    def act(tx: Transaction) -> None:
        require_registered_model(tx, name)
        if tx.delete_registered_model_tag(name, key):
            note(tx, ActivityKind.DELETED_TAG, name, None, who, now_ms, key=key)

    return act


def set_alias(
    name: str, alias: str, number: int, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], None]:
    """Point an alias at a version, which must pass the alias's gate if there is one."""
    registry.check_model_name(name)
    registry.check_new_alias(alias)

    def act(tx: Transaction) -> None:
        version = tx.model_version(name, number)
        if version is None:
            raise registry.version_not_found(name, number)
        if alias in version.aliases:
            return
        aliases = require_registered_model(tx, name).aliases
        before = next((str(known.version) for known in aliases if known.alias == alias), "")
        require_passing(tx, version, alias)
        tx.set_alias(name, alias, number)
        kind = ActivityKind.SET_ALIAS
        note(tx, kind, name, number, who, now_ms, alias=alias, from_version=before)

    return act


def delete_alias(
    name: str, alias: str, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], None]:
    """Remove an alias; one that is not there is no error, as in MLflow."""
    registry.check_model_name(name)
    registry.check_alias(alias)

    def act(tx: Transaction) -> None:
        aliases = require_registered_model(tx, name).aliases
        version = next((known.version for known in aliases if known.alias == alias), None)
        if tx.delete_alias(name, alias):
            note(tx, ActivityKind.DELETED_ALIAS, name, version, who, now_ms, alias=alias)

    return act
