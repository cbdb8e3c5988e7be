"""Reads of the registry that are more than one query: lineage, and versions side by side."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import yaml
from msgspec import Struct

from millpond.domain.datasets import DatasetInput
from millpond.domain.experiments import Experiment
from millpond.domain.filters import Comparison, Entity, Field, Op, Text
from millpond.domain.models import LoggedModel
from millpond.domain.registry import ModelVersion
from millpond.domain.runs import Run
from millpond.errors import InvalidParameter
from millpond.registry.model_versions import require_version, version_by_alias
from millpond.registry.sources import find_version
from millpond.store.contract import Reader
from millpond.store.registry_contract import VersionSearch
from millpond.wire.model_answers import NumberRow, SignatureRow, TextRow

V = TypeVar("V")

MODEL_FILE = "MLmodel"
REQUIREMENTS_FILE = "requirements.txt"
LARGEST_FILE_BYTES = 4 << 20
_MOST_SIBLINGS = 100


class Lineage(Struct, frozen=True):
    """What a version was made of, None where there is nothing, or nothing any more."""

    run: Run | None
    experiment: Experiment | None
    model: LoggedModel | None
    datasets: Sequence[DatasetInput]
    siblings: Sequence[ModelVersion]


class ModelFiles(Struct, frozen=True):
    """What the files of a model say of it.

    signature: the type of each of its parts by (part, name); requirements: by package, with the
    whole line.
    """

    signature: dict[tuple[str, str], str]
    requirements: dict[str, str]


def find(reader: Reader, name: str, reference: str) -> ModelVersion:
    """A version by its number, by ``@alias``, by its stage, or ``latest``.

    Raises DoesNotExist, InvalidParameter.
    """
    if reference.isdigit():
        return require_version(reader, name, int(reference[:18]))
    if reference.startswith("@"):
        return version_by_alias(reader, name, reference[1:])
    if "/" in reference or not reference.strip():
        raise InvalidParameter(
            f"Invalid version '{reference}': give a number, @alias, a stage, or latest."
        )
    return find_version(reader, f"models:/{name}/{reference}")


def lineage(reader: Reader, version: ModelVersion) -> Lineage:
    run = reader.run(version.run_id) if version.run_id else None
    experiment = reader.experiment(run.info.experiment_id) if run else None
    model = reader.model(version.model_id) if version.model_id else None
    siblings: list[ModelVersion] = []
    for key, value in (("model_id", version.model_id), ("run_id", version.run_id)):
        if value and not siblings:
            same = Comparison(Field(Entity.ATTRIBUTE, key), Op.EQ, Text(value))
            found = reader.search_model_versions(VersionSearch(_MOST_SIBLINGS, same)).items
            here = (version.name, version.version)
            siblings = [other for other in found if (other.name, other.version) != here]
    return Lineage(run, experiment, model, run.dataset_inputs if run else (), siblings)


def number_rows(left: Mapping[str, float], right: Mapping[str, float]) -> list[NumberRow]:
    return [
        NumberRow(key, a, b, None if a is None or b is None else b - a)
        for key, a, b in _side_by_side(left, right)
    ]


def text_rows(left: Mapping[str, str], right: Mapping[str, str]) -> list[TextRow]:
    return [TextRow(key, a, b) for key, a, b in _side_by_side(left, right)]


def signature_rows(left: ModelFiles, right: ModelFiles) -> list[SignatureRow]:
    rows = _side_by_side(left.signature, right.signature)
    return [SignatureRow(part, name, a, b) for (part, name), a, b in rows]


def read_model_files(model_file: bytes, requirements: bytes | None) -> ModelFiles:
    """Raises InvalidParameter for an MLmodel file that is none."""
    try:
        content = yaml.safe_load(model_file)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidParameter(f"The model's {MODEL_FILE} file cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise InvalidParameter(f"The model's {MODEL_FILE} file holds no model.")
    return ModelFiles(_signature(content.get("signature")), _requirements(requirements or b""))


def _signature(content: Any) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    if not isinstance(content, dict):
        return found
    for part in ("input", "output", "param"):
        try:
            columns = json.loads(content.get(f"{part}s") or "[]")
        except (TypeError, ValueError):
            continue
        for place, column in enumerate(columns if isinstance(columns, list) else []):
            if isinstance(column, dict):
                found[part, str(column.get("name") or f"#{place}")] = _type_of(column)
    return found


def _type_of(column: Mapping[str, Any]) -> str:
    told = str(column.get("type", "unknown"))
    spec = column.get("tensor-spec")
    if isinstance(spec, dict):
        told = f"tensor of {spec.get('dtype')} {spec.get('shape')}"
    elif "items" in column or "properties" in column:
        inner = {k: column[k] for k in ("items", "properties") if k in column}
        told = f"{told} {json.dumps(inner, sort_keys=True)}"
    if "default" in column:
        return f"{told} = {column['default']}"
    return told if column.get("required", True) else f"{told}, optional"


def _requirements(data: bytes) -> dict[str, str]:
    found = {}
    for line in data.decode("utf-8", "replace").splitlines():
        text = line.partition("#")[0].strip()
        if text and not text.startswith("-"):
            name = text
            for mark in "<>=!~;[ @":
                name = name.partition(mark)[0]
            found[name.strip().lower().replace("_", "-")] = text
    return found


def _side_by_side(
    left: Mapping[Any, V], right: Mapping[Any, V]
) -> list[tuple[Any, V | None, V | None]]:
    return [(key, left.get(key), right.get(key)) for key in sorted({*left, *right})]
