"""The hook that puts the built studio into the wheel and the source archive."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = "src/millpond/studio/pages"


class StudioHook(BuildHookInterface[Any]):
    """A source archive has the pages already; a clone builds them. An editable install serves what
    ``make studio`` writes, and waits for nothing."""

    def dependencies(self) -> list[str]:
        builder = self._builder()
        return [builder.NODE_REQUIREMENT] if builder and builder.node_folder() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        if builder := self._builder():
            builder.build()
        if not (Path(self.root) / PAGES / "index.html").is_file():
            raise SystemExit(f"{PAGES} is missing: build from a clone or a source archive.")
        build_data["artifacts"].append(f"/{PAGES}/")

    def _builder(self) -> ModuleType | None:
        path = Path(self.root) / "web" / "build.py"
        if not path.is_file():
            return None
        spec = importlib.util.spec_from_file_location("studio_build", path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
