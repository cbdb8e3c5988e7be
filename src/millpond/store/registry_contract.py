"""What every store promises about the model registry; see ``contract``."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from millpond.domain.experiments import Tag
from millpond.domain.filters import Node, OrderKey
from millpond.domain.paging import Page
from millpond.domain.registry import ModelStage, ModelVersion, RegisteredModel


class RegisteredModelSearch(Struct, frozen=True):
    """Which registered models, in which order. ``limit`` rows at most, after ``page_token``.

    no_prompts: leave out those that are prompts.
    """

    limit: int
    filter: Node | None = None
    order_by: tuple[OrderKey, ...] = ()
    page_token: str | None = None
    no_prompts: bool = True


class VersionSearch(Struct, frozen=True):
    """Which versions, in which order. ``limit`` rows at most, after ``page_token``.

    no_prompts: leave out those of a name that has a version which is a prompt.
    """

    limit: int
    filter: Node | None = None
    order_by: tuple[OrderKey, ...] = ()
    page_token: str | None = None
    no_prompts: bool = True


class RegistryReader(Protocol):
    """One moment of the registry of one workspace."""

    def registered_model(self, name: str) -> RegisteredModel | None: ...

    def search_registered_models(self, search: RegisteredModelSearch) -> Page[RegisteredModel]:
        """Ties are broken by name."""

    def model_version(self, name: str, version: int) -> ModelVersion | None: ...

    def search_model_versions(self, search: VersionSearch) -> Page[ModelVersion]:
        """Without an order the last updated come first; ties by name, then greatest number."""

    def versions_in_stage(self, name: str, stage: ModelStage) -> list[int]:
        """The numbers of a model's versions in this stage, sorted."""


class RegistryTransaction(RegistryReader, Protocol):
    """The changes to the registry. Models and versions that are changed must be there."""

    def add_registered_model(self, model: RegisteredModel) -> None:
        """Keep a new model with its tags. Raises AlreadyExists if the name is taken."""

    def change_registered_model(
        self,
        name: str,
        *,
        last_update_ms: int,
        new_name: str | None = None,
        description: str | None = None,
    ) -> None:
        """Change what is given. Raises AlreadyExists if the new name is another model's."""

    def delete_registered_model(self, name: str) -> None:
        """Remove a model with its versions, tags and aliases."""

    def set_registered_model_tags(self, name: str, tags: Sequence[Tag]) -> None: ...

    def delete_registered_model_tag(self, name: str, key: str) -> bool:
        """Whether there was such a tag."""

    def set_alias(self, name: str, alias: str, version: int) -> None:
        """Point an alias at a version, wherever it pointed before."""

    def delete_alias(self, name: str, alias: str) -> bool:
        """Whether there was such an alias."""

    def new_version_number(self, name: str) -> int:
        """A number that no version of this model has or ever had: the one after the last."""

    def add_model_version(self, version: ModelVersion) -> None:
        """Keep a new version with its tags; its number was made by ``new_version_number``."""

    def describe_version(
        self, name: str, version: int, description: str | None, last_update_ms: int
    ) -> None: ...

    def move_version(self, name: str, version: int, stage: ModelStage, last_update_ms: int) -> None:
        """Put a version into a stage."""

    def touch_versions(self, name: str, last_update_ms: int) -> None:
        """Say of all versions of a model that they changed."""

    def delete_model_version(self, name: str, version: int) -> None:
        """Remove a version with its tags and the aliases that point at it."""

    def set_version_tags(self, name: str, version: int, tags: Sequence[Tag]) -> None: ...

    def delete_version_tag(self, name: str, version: int, key: str) -> bool:
        """Whether there was such a tag."""
