"""The model registry on the wire."""

from typing import Any

from millpond.domain.experiments import Tag
from millpond.domain.metrics import Int64
from millpond.domain.registry import ModelVersion, RegisteredModel
from millpond.wire.messages import Message


class CreateRegisteredModel(Message):
    required = ("name",)

    name: str | None = None
    tags: list[Tag] = []
    description: str = ""
    # Databricks' alone; MLflow's server takes it and forgets it.
    deployment_job_id: str = ""


class NamedModel(Message):
    required = ("name",)

    name: str | None = None


class RenameRegisteredModel(Message):
    required = ("name", "new_name")

    name: str | None = None
    new_name: str | None = None


class UpdateRegisteredModel(Message):
    required = ("name",)

    name: str | None = None
    description: str = ""
    deployment_job_id: str = ""


class SearchRegistry(Message):
    """A search for registered models, or for versions."""

    filter: str = ""
    max_results: Int64 | None = None
    order_by: list[str] = []
    page_token: str = ""


class GetLatestVersions(Message):
    required = ("name",)

    name: str | None = None
    stages: list[str] = []


class SetRegisteredModelTag(Message):
    required = ("name", "key")

    name: str | None = None
    key: str | None = None
    value: str = ""


class DeleteRegisteredModelTag(Message):
    required = ("name", "key")

    name: str | None = None
    key: str | None = None


class SetAlias(Message):
    required = ("name", "alias", "version")

    name: str | None = None
    alias: str | None = None
    version: str | None = None


class NamedAlias(Message):
    required = ("name", "alias")

    name: str | None = None
    alias: str | None = None


class CreateModelVersion(Message):
    required = ("name", "source")

    name: str | None = None
    source: str | None = None
    run_id: str | None = None
    tags: list[Tag] = []
    run_link: str = ""
    description: str = ""
    model_id: str | None = None


class NamedVersion(Message):
    required = ("name", "version")

    name: str | None = None
    version: str | None = None


class GetDownloadUri(Message):
    """MLflow's server asks for neither field."""

    name: str = ""
    version: str = ""


class UpdateModelVersion(Message):
    required = ("name", "version")

    name: str | None = None
    version: str | None = None
    description: str | None = None


class TransitionStage(Message):
    required = ("name", "version", "stage")

    name: str | None = None
    version: str | None = None
    stage: str | None = None
    archive_existing_versions: bool = False


class SetVersionTag(Message):
    required = ("name", "version", "key")

    name: str | None = None
    version: str | None = None
    key: str | None = None
    value: str = ""


class DeleteVersionTag(Message):
    required = ("name", "version", "key")

    name: str | None = None
    version: str | None = None
    key: str | None = None


def registered_model_answer(model: RegisteredModel) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "name": model.name,
        "creation_timestamp": model.creation_ms,
        "last_updated_timestamp": model.last_update_ms,
    }
    if model.description:
        answer["description"] = model.description
    if model.latest:
        # MLflow's server leaves their aliases out here, and so in a search for versions.
        answer["latest_versions"] = [version_answer(version, ()) for version in model.latest]
    if model.tags:
        answer["tags"] = _tags(model.tags)
    if model.aliases:
        answer["aliases"] = [
            {"alias": alias.alias, "version": str(alias.version)} for alias in model.aliases
        ]
    return answer


def version_answer(version: ModelVersion, aliases: tuple[str, ...] | None = None) -> dict[str, Any]:
    """aliases: those to tell, if not the version's own."""
    answer: dict[str, Any] = {
        "name": version.name,
        "version": str(version.version),
        "creation_timestamp": version.creation_ms,
        "last_updated_timestamp": version.last_update_ms,
        "current_stage": version.stage.value,
    }
    if version.description is not None:
        answer["description"] = version.description
    answer["source"] = version.source
    answer["run_id"] = version.run_id
    answer["status"] = "READY"
    if version.tags:
        answer["tags"] = _tags(version.tags)
    answer["run_link"] = version.run_link
    told = version.aliases if aliases is None else aliases
    if told:
        answer["aliases"] = list(told)
    if version.model_id:
        answer["model_id"] = version.model_id
    return answer


def _tags(tags: tuple[Tag, ...]) -> list[dict[str, str]]:
    return [{"key": tag.key, "value": tag.value} for tag in tags]
