"""The imports point one way, and a hook imports next to nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "imagebump"
LAYERS = [
    {"errors", "semantic"},
    {"version"},
    {"masks", "process", "output", "bars", "files", "spelling", "answers", "parallel"},
    {"ancestry", "reference", "largefile", "sensitive"},
    {"keys"},
    {"settings"},
    {"tables"},
    {"blobs", "differences"},
    {"git", "patches", "running", "dockerfile"},
    {"gitconfig"},
    {"refs", "staging"},
    {"commits", "config", "rewrite"},
    {"snapshot"},
    {"context"},
    {"submodules"},
    {"archive", "checkout", "contents"},
    {"rules"},
    {"interface", "origins"},
    {"lint", "formats", "bump", "message", "changes", "tags", "layers"},
    {"plan", "moving"},
    {"engine", "registry", "localregistry"},
    {"bases"},
    {"spool", "schema", "retries", "buildcache", "pending"},
    {"sleeper", "trust", "warm", "records"},
    {"announced"},
    {"ledger"},
    {"recorder"},
    {"jobconfig"},
    {"prepare", "failures"},
    {"destination"},
    {"tagging"},
    {"publish"},
    {"claims", "releases", "sizes"},
    {"attempt"},
    {"burst", "housekeeping", "pushed"},
    {"intake"},
    {"recovery"},
    {"worker"},
    {"commands"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
MODULES = sorted(SOURCE.rglob("*.py"))


def top_name(module: str) -> str:
    """`imagebump.engine.api` → `engine`; the package itself → ``."""
    return module.split(".")[1] if "." in module else ""


def imported(path: Path) -> Iterator[str]:
    """The dotted names of ours that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("imagebump"))
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            if module == "imagebump":
                yield from (f"imagebump.{alias.name}" for alias in node.names)
            elif module.startswith("imagebump."):
                yield module


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_one_way(path: Path) -> None:
    """A module imports only what is lower, or its own package."""
    own = path.relative_to(SOURCE).with_suffix("").parts[0]
    if own == "__init__":
        assert not list(imported(path))
        return
    for module in imported(path):
        name = top_name(module)
        if name in ("", own) or (
            not (SOURCE / name).exists() and not (SOURCE / f"{name}.py").exists()
        ):
            continue  # the package's version, or a sibling
        assert RANK[name] < RANK[own], f"{own} imports {name}"


def test_every_module_has_a_rank() -> None:
    """A new module is placed in the order before it is used."""
    names = {p.relative_to(SOURCE).with_suffix("").parts[0] for p in MODULES} - {"__init__"}
    assert names - set(RANK) == set()


def test_imports_stand_at_the_top() -> None:
    """No import hides in a function: what a module needs can be read at its head."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                late = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert not late, f"{path.name}:{node.lineno} imports late"
