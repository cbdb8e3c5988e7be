"""A module imports only from parts of a lower rank, and shows its imports at its top."""

import ast
from collections.abc import Iterator

import pytest

# ARCHITECTURE.md explains these; the order inside rank 3 is that of the data.
RANKS = {
    "errors": 0.0,
    "settings": 0.1,
    "domain": 1.0,
    "wire": 2.0,
    "store": 2.0,
    "artifacts": 2.0,
    "workspaces": 3.1,
    "tracking": 3.2,
    "registry": 3.3,
    "mirror": 3.4,
    "compute": 3.5,
    "serving": 3.6,
    "monitoring": 3.7,
    "api": 4.0,
    "studio": 4.0,
    "app": 5.0,
    "cli": 6.0,
    "__main__": 7.0,
}

# Parts that stand beside the order: what each may import. Only the commands import them.
BESIDE: dict[str, set[str]] = {
    "bench": set(),
    "sdk": {part for part, rank in RANKS.items() if rank <= 1} | {"wire"},
    "testing": {part for part, rank in RANKS.items() if rank < 4},
}

# Libraries that a function may import when it is called, and why not at the top of the file.
HEAVY_OPTIONAL: dict[str, str] = {
    "alembic": "only a database that is not of the newest version needs it, and it is slow to load",
}


def part_of(module_name: str) -> str:
    """`millpond.domain.names` belongs to `domain`; `millpond` itself to no part."""
    return module_name.split(".")[1] if "." in module_name else ""


def imported_names(package: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Full dotted names; `from millpond import domain` is an import of `millpond.domain`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        parents = package.split(".")
        base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [base])])
    if base == "millpond":
        yield from (f"millpond.{alias.name}" for alias in node.names)
    else:
        yield base


def may_import(part: str, other: str) -> bool:
    if part == other or other not in RANKS.keys() | BESIDE.keys():
        return True
    if part in BESIDE:
        return other in BESIDE[part]
    if other in BESIDE:
        return part == "cli"
    return other in RANKS and RANKS[other] < RANKS.get(part, -1)


def hidden_imports(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Imports inside a function, each with the function's name."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node, function.name


def test_every_part_of_the_package_has_a_rank(modules):
    parts = {part_of(module.name) for module in modules} - {""}
    assert parts <= RANKS.keys() | BESIDE.keys()


def test_a_module_imports_only_from_lower_ranks(modules):
    offences = [
        f"{module.name}:{node.lineno} imports {name}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in imported_names(module.package, node)
        if name.startswith("millpond.") and not may_import(part_of(module.name), part_of(name))
    ]
    assert offences == []


def test_an_import_hides_in_a_function_only_for_a_heavy_optional_library(modules):
    offences = [
        f"{module.name}:{node.lineno} {function}() imports {name}"
        for module in modules
        for node, function in hidden_imports(module.tree)
        for name in imported_names(module.package, node)
        if name.split(".")[0] not in HEAVY_OPTIONAL
    ]
    assert offences == []


def test_every_allowed_hidden_import_is_still_in_use(modules):
    hidden = {
        name.split(".")[0]
        for module in modules
        for node, _ in hidden_imports(module.tree)
        for name in imported_names(module.package, node)
    }
    assert HEAVY_OPTIONAL.keys() <= hidden


@pytest.mark.parametrize(
    ("part", "other", "allowed"),
    [
        ("tracking", "store", True),
        ("registry", "tracking", True),
        ("tracking", "registry", False),
        ("store", "wire", False),
        ("domain", "store", False),
        ("sdk", "wire", True),
        ("sdk", "store", False),
        ("testing", "monitoring", True),
        ("testing", "api", False),
        ("api", "testing", False),
        ("store", "__version__", True),
        ("", "errors", False),
        ("__main__", "cli", True),
    ],
)
def test_the_order_is_the_one_of_the_architecture_page(part, other, allowed):
    assert may_import(part, other) is allowed


@pytest.mark.parametrize(
    ("package", "statement", "name"),
    [
        ("millpond.store", "from .sql import tables", "millpond.store.sql"),
        ("millpond.store", "from . import contract", "millpond.store"),
        ("millpond.store", "from ..domain.runs import Run", "millpond.domain.runs"),
        ("millpond.store", "from millpond import errors", "millpond.errors"),
        ("millpond.store", "import millpond.errors", "millpond.errors"),
    ],
)
def test_every_form_of_import_is_understood(package, statement, name):
    assert list(imported_names(package, ast.parse(statement).body[0])) == [name]
