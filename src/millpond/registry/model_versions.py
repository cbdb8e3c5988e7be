"""Every write to model versions. Each function returns the action that the store runs."""

import json
from collections.abc import Callable, Sequence

from millpond.domain import registry, reviews
from millpond.domain.experiments import Tag
from millpond.domain.registry import NOBODY, ModelStage, ModelVersion, is_prompt
from millpond.domain.reviews import ActivityKind
from millpond.errors import DoesNotExist, InvalidParameter
from millpond.registry.activities import note
from millpond.registry.registered_models import require_registered_model
from millpond.registry.sources import SourceRules, check_rules, look_up, look_up_prompt
from millpond.store.contract import Reader, Transaction


def require_version(reader: Reader, name: str, number: int) -> ModelVersion:
    """The version. Raises DoesNotExist."""
    version = reader.model_version(name, number)
    if version is None:
        raise registry.version_not_found(name, number)
    return version


def version_by_alias(reader: Reader, name: str, alias: str) -> ModelVersion:
    """The version an alias points at; ``latest`` is the one with the greatest number.

    Raises DoesNotExist, InvalidParameter if there is no such alias.
    """
    model = require_registered_model(reader, name)
    if alias.lower() == registry.LATEST:
        if not model.latest:
            raise DoesNotExist(f"Latest version not found for model {name}.")
        return max(model.latest, key=lambda version: version.version)
    for known in model.aliases:
        if known.alias == alias:
            return require_version(reader, name, known.version)
    raise InvalidParameter(f"Registered model alias {alias} not found.")


def create_version(
    name: str,
    source: str,
    run_id: str | None,
    model_id: str | None,
    run_link: str,
    description: str,
    tags: Sequence[Tag],
    rules: SourceRules,
    now_ms: int,
    who: str = NOBODY,
) -> Callable[[Transaction], ModelVersion]:
    """Make the next version of a model.

    run_id, model_id: what its source belongs to; None if the request does not say.
    """
    check_rules(source, rules)
    registry.check_model_name(name)
    for tag in tags:
        registry.check_tag(tag.key, tag.value)
    by_key = {tag.key: tag for tag in tags}

    def act(tx: Transaction) -> ModelVersion:
        if is_prompt(tags):
            origin = look_up_prompt(source)
        else:
            origin = look_up(tx, source, run_id, model_id)
        require_registered_model(tx, name)
        version = ModelVersion(
            name=name,
            version=tx.new_version_number(name),
            creation_ms=now_ms,
            last_update_ms=now_ms,
            source=origin.source,
            storage_location=origin.storage_location,
            description=description,
            run_id=origin.run_id,
            run_link=run_link,
            model_id=origin.model_id,
            tags=tuple(by_key[key] for key in sorted(by_key)),
        )
        tx.add_model_version(version)
        tx.change_registered_model(name, last_update_ms=now_ms)
        if origin.model_id:
            _note_at_model(tx, origin.model_id, version)
        kind = ActivityKind.CREATED_VERSION
        note(tx, kind, name, version.version, who, now_ms, version, source=origin.source)
        return require_version(tx, name, version.version)

    return act


def describe_version(
    name: str, number: int, description: str | None, now_ms: int
) -> Callable[[Transaction], ModelVersion]:
    registry.check_model_name(name)

    def act(tx: Transaction) -> ModelVersion:
        require_version(tx, name, number)
        tx.describe_version(name, number, description, now_ms)
        return require_version(tx, name, number)

    return act


def move_version(
    name: str,
    number: int,
    stage: ModelStage,
    archive_others: bool,
    now_ms: int,
    who: str = NOBODY,
    comment: str = "",
    kind: ActivityKind = ActivityKind.APPLIED_TRANSITION,
) -> Callable[[Transaction], ModelVersion]:
    """Put a version into a stage, and those that are in it already into the archive if asked.

    Whoever had asked for it has what they wanted, so their requests are done with.
    """
    registry.check_model_name(name)
    if archive_others and not stage.is_active:
        raise InvalidParameter(
            "Model version transition cannot archive existing model versions because "
            f"'{stage.value}' is not an Active stage. Valid stages are ['Staging', 'Production']"
        )

    def act(tx: Transaction) -> ModelVersion:
        before = require_version(tx, name, number).stage
        if archive_others:
            for other in tx.versions_in_stage(name, stage):
                if other != number:
                    _archive(tx, name, other, stage, who, now_ms)
        tx.move_version(name, number, stage, now_ms)
        tx.delete_transition_requests(name, number, stage)
        details = {"from_stage": before.value, "to_stage": stage.value, "comment": comment}
        note(tx, kind, name, number, who, now_ms, None, **details)
        tx.change_registered_model(name, last_update_ms=now_ms)
        return require_version(tx, name, number)

    return act


def delete_version(
    name: str, number: int, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], None]:
    """Remove a version, which may not be in use."""
    registry.check_model_name(name)

    def act(tx: Transaction) -> None:
        require_version(tx, name, number)
        locks = tx.version_locks(name, number)
        if locks:
            raise reviews.in_use(locks)
        note(tx, ActivityKind.DELETED_VERSION, name, number, who, now_ms)
        tx.delete_model_version(name, number)
        tx.change_registered_model(name, last_update_ms=now_ms)

    return act


def set_version_tag(
    name: str, number: int, tag: Tag, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], None]:
    registry.check_model_name(name)
    registry.check_tag(tag.key, tag.value)

    def act(tx: Transaction) -> None:
        require_version(tx, name, number)
        tx.set_version_tags(name, number, [tag])
        note(tx, ActivityKind.SET_TAG, name, number, who, now_ms, key=tag.key, value=tag.value)

    return act


def delete_version_tag(
    name: str, number: int, key: str, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], None]:
    """Remove a tag; one that is not there is no error, as in MLflow."""
    registry.check_model_name(name)
    registry.check_tag(key, "")

    def act(tx: Transaction) -> None:
        require_version(tx, name, number)
        if tx.delete_version_tag(name, number, key):
            note(tx, ActivityKind.DELETED_TAG, name, number, who, now_ms, key=key)

    return act


def _archive(
    tx: Transaction, name: str, number: int, stage: ModelStage, who: str, now_ms: int
) -> None:
    tx.move_version(name, number, ModelStage.ARCHIVED, now_ms)
    details = {"from_stage": stage.value, "to_stage": ModelStage.ARCHIVED.value}
    note(tx, ActivityKind.SYSTEM_TRANSITION, name, number, who, now_ms, None, **details)


def _note_at_model(tx: Transaction, model_id: str, version: ModelVersion) -> None:
    """Have the logged model say which versions were made of it."""
    model = tx.model(model_id)
    if model is None:
        return
    entry = {"name": version.name, "version": version.version}
    known = next((tag.value for tag in model.tags if tag.key == registry.VERSIONS_TAG), "[]")
    try:
        entries = json.loads(known)
    except ValueError:
        entries = None
    if not isinstance(entries, list):
        # Anyone may set the tag; what is not a list of versions says nothing.
        entries = []
    if entry not in entries:
        entries.append(entry)
    tx.set_model_tags(model_id, [Tag(registry.VERSIONS_TAG, json.dumps(entries))])
