"""The model registry: named models, their numbered versions, their aliases and stages."""

import re
from collections.abc import Iterator, Sequence
from enum import Enum

from msgspec import Struct

from millpond.domain import names
from millpond.domain.experiments import Tag
from millpond.domain.filters import And, Comparison, Entity, Node, Not, Op, Or, Text
from millpond.errors import AlreadyExists, DoesNotExist, InvalidParameter

MAX_TAG_VALUE_LENGTH = 100_000
MAX_ALIAS_LENGTH = 255
MAX_MODELS_PAGE = 1_000
MAX_VERSIONS_PAGE = 200_000
LATEST = "latest"
# Who does what, while there is no sign-in.
NOBODY = ""
PROMPT_TAG = "mlflow.prompt.is_prompt"
PROMPT_TEXT_TAG = "mlflow.prompt.text"
# What clients name as the source of a prompt: a version must have one, and prompts have no files.
PROMPT_SOURCES = ("dummy-source", "prompt-template")
# The tag of a logged model that says which versions were made of it.
VERSIONS_TAG = "mlflow.modelVersions"

_ALIAS = re.compile(r"[\w\-]*")
_VERSION_ALIAS = re.compile(r"[vV]\d+")
_VERSION = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")


class ModelStage(Enum):
    """Where a version stands on its way; the values are the protocol's words."""

    NONE = "None"
    STAGING = "Staging"
    PRODUCTION = "Production"
    ARCHIVED = "Archived"

    @property
    def is_active(self) -> bool:
        """Whether versions in it are in use, and an older one can be archived for a newer."""
        return self in (ModelStage.STAGING, ModelStage.PRODUCTION)


class Alias(Struct, frozen=True):
    """A name that points at one version of a model."""

    alias: str
    version: int


class ModelVersion(Struct, frozen=True):
    """One version of a registered model. Times are epoch milliseconds UTC; tags sorted by key.

    source: what it was made of, as the client said it; storage_location: where its files are.
    run_id, run_link, model_id: empty if there is none. aliases: sorted.
    """

    name: str
    version: int
    creation_ms: int
    last_update_ms: int
    source: str
    storage_location: str
    stage: ModelStage = ModelStage.NONE
    description: str | None = None
    run_id: str = ""
    run_link: str = ""
    model_id: str = ""
    tags: tuple[Tag, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def is_prompt(self) -> bool:
        return is_prompt(self.tags)


class RegisteredModel(Struct, frozen=True):
    """One registered model. Tags are sorted by key, aliases by alias.

    last_version: the greatest number that a version of it ever had; no number is given twice.
    latest: the newest version of each stage, in the order of the stages' oldest versions.
    """

    name: str
    creation_ms: int
    last_update_ms: int
    description: str = ""
    last_version: int = 0
    tags: tuple[Tag, ...] = ()
    aliases: tuple[Alias, ...] = ()
    latest: tuple[ModelVersion, ...] = ()

    @property
    def is_prompt(self) -> bool:
        return is_prompt(self.tags)


def is_prompt(tags: Sequence[Tag]) -> bool:
    """Whether tags mark a prompt, which the registry keeps beside models; the last one counts."""
    marks = [tag.value for tag in tags if tag.key == PROMPT_TAG]
    return bool(marks) and marks[-1].lower() == "true"


def check_model_name(name: str, field: str = "name") -> None:
    if not name.strip():
        raise names.missing_value(field)
    if "/" in name or ":" in name:
        raise InvalidParameter(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.")
    names.check_is_its_own_path(name, "name")


def check_tag(key: str, value: str) -> None:
    """Refuse a tag of a model or version that MLflow's registry would refuse."""
    names.check_key(key, "key")
    if key == PROMPT_TEXT_TAG and len(value) > MAX_TAG_VALUE_LENGTH:
        raise InvalidParameter(
            f"Prompt text exceeds max length of {MAX_TAG_VALUE_LENGTH} characters."
        )
    names.check_length(value, MAX_TAG_VALUE_LENGTH, "value")


def check_alias(alias: str) -> None:
    if not alias:
        raise InvalidParameter("Registered model alias name cannot be empty.")
    if not _ALIAS.fullmatch(alias):
        raise InvalidParameter(
            f"Invalid alias name: '{alias}'. Names may only contain alphanumerics, "
            "underscores (_), and dashes (-)."
        )
    names.check_length(alias, MAX_ALIAS_LENGTH, "Registered model alias name")


def check_new_alias(alias: str) -> None:
    """Refuse what would be taken for a version or for the latest one, too."""
    check_alias(alias)
    if alias.lower() == LATEST:
        raise InvalidParameter("'latest' alias name (case insensitive) is reserved.")
    if _VERSION_ALIAS.fullmatch(alias):
        raise InvalidParameter(f"Version alias name '{alias}' is reserved.")


def parse_version(text: str) -> int:
    """The number in a version from the wire. Raises InvalidParameter."""
    if _VERSION.fullmatch(text):
        return int(text)
    raise InvalidParameter(f"Parameter 'version' must be an integer, got '{text}'.")


def parse_stage(text: str) -> ModelStage:
    """The stage of this name, in any case. Raises InvalidParameter."""
    for stage in ModelStage:
        if stage.value.lower() == text.lower():
            return stage
    listed = ", ".join(stage.value for stage in ModelStage)
    raise InvalidParameter(f"Invalid Model Version stage: {text}. Value must be one of {listed}.")


def model_not_found(name: str) -> DoesNotExist:
    return DoesNotExist(f"Registered Model with name={name} not found")


def version_not_found(name: str, version: int) -> DoesNotExist:
    return DoesNotExist(f"Model Version (name={name}, version={version}) not found")


def name_taken(name: str, by_prompt: bool = False, for_prompt: bool = False) -> AlreadyExists:
    """The error for a new model, or prompt, whose name one of either kind has."""
    wanted = "Prompt" if for_prompt else "Registered Model"
    if by_prompt != for_prompt:
        holder = "prompt" if by_prompt else "registered model"
        return AlreadyExists(
            f"Tried to create a {wanted.lower()} with name {name!r}, but the name is already taken "
            f"by a {holder}. MLflow does not allow creating a model and a prompt with the same "
            "name."
        )
    return AlreadyExists(f"{wanted} (name={name}) already exists.")


def without_prompts(node: Node | None) -> tuple[Node | None, bool]:
    """A search's filter, and whether what it looks for are models and not prompts.

    A search shows prompts only if it asks for them; models have no tag that says they are none, so
    ``tags.`mlflow.prompt.is_prompt` = 'false'`` is taken out of the filter, and means just that.
    """
    first = next(_prompt_comparisons(node), None)
    if first is not None and _asks_for_prompts(first):
        return node, False
    if isinstance(node, And):
        terms = [term for term in node.terms if not _is_about_prompts(term)]
        if not terms:
            return None, True
        return (And(tuple(terms)) if len(terms) > 1 else terms[0]), True
    return (None if node is not None and _is_about_prompts(node) else node), True


def _is_about_prompts(node: Node) -> bool:
    return (
        isinstance(node, Comparison)
        and node.field.entity is Entity.TAG
        and node.field.key == PROMPT_TAG
    )


def _prompt_comparisons(node: Node | None) -> Iterator[Comparison]:
    match node:
        case And(terms=terms) | Or(terms=terms):
            for term in terms:
                yield from _prompt_comparisons(term)
        case Not(term=term):
            yield from _prompt_comparisons(term)
        case Comparison() if _is_about_prompts(node):
            yield node


def _asks_for_prompts(comparison: Comparison) -> bool:
    value = comparison.value
    if not isinstance(value, Text):
        return False
    wanted = {Op.EQ: "true", Op.NE: "false"}.get(comparison.op)
    return value.value.lower() == wanted
