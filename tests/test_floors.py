"""The house rule of the design: a file imports only from floors below it."""

from __future__ import annotations

import ast
from pathlib import Path

import agsxl

PACKAGE = Path(agsxl.__file__).parent

# From the ground up. A module may import from floors below its own, and from its own package.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "dates", "statuses", "grid", "texts", "words", "workdays", "resources"),
    ("settings", "posts", "edits"),
    ("plan",),
    ("movements", "chasers", "rules", "merging", "returns"),
    ("history", "differences", "replies", "rounds"),
    ("ancestry", "rolling"),
    ("packs",),
    ("layout",),
    ("pages",),
    ("papers",),
    ("documents",),
    ("report",),
    ("mail",),
    ("excel",),
    ("master",),
    ("sources",),
    ("desk",),
    ("masters",),
    ("updating", "results"),
    ("sending", "packing", "years", "addin"),
    ("shapes", "screen"),
    ("cli", "macros", "__init__"),
    ("__main__",),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}

# What is slow to import, and the only places that may import it, inside a function.
HEAVY = {
    "pandas", "openpyxl", "xlwings", "xlsxwriter", "holidays", "rapidfuzz", "docx", "pdfplumber",
    "pdfminer", "lxml", "jinja2", "keyring", "pyopenvba",
}  # fmt: skip


def modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
        for path in PACKAGE.rglob("*.py")
    }


def imports(path: Path) -> set[str]:
    """The top-level names below ``agsxl`` that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
            if node.module == "agsxl":
                names = [f"agsxl.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            raise AssertionError(f"{path}: a relative import hides its floor")
        found |= {name.split(".")[1] for name in names if name.startswith("agsxl.")}
    return found


def test_there_are_modules_and_each_has_a_floor():
    found = modules()
    assert len(found) > 25
    assert {name.split(".")[0] for name in found} == set(FLOOR)


def test_imports_go_downward_only():
    wrong = []
    for name, path in modules().items():
        own = name.split(".")[0]
        for used in imports(path):
            if used == own or own == "__init__":
                continue
            if used not in FLOOR:
                assert own in ("cli", "macros"), (
                    f"{name} imports {used}, which is no module"
                )  # agsxl.__version__
                continue
            if FLOOR[used] >= FLOOR[own]:
                wrong.append(f"{name} imports {used}")
    assert wrong == []


def test_slow_packages_are_imported_only_where_they_are_used():
    wrong = []
    for name, path in modules().items():
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = (
                    [a.name for a in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                )
                wrong += [f"{name}: {n}" for n in names if n.split(".")[0] in HEAVY]
    assert wrong == []


def test_the_floors_below_the_layout_know_no_file_and_no_clock():
    outside = {
        "os",
        "io",
        "pathlib",
        "time",
        "zipfile",
        "sqlite3",
        "socket",
        "smtplib",
        "subprocess",
    }
    for name, path in modules().items():
        own = name.split(".")[0]
        if own == "resources" or name == "rules.page" or FLOOR[own] >= FLOOR["layout"]:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):  # what only names a type is not known when it runs
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                node.body = [ast.Pass()]
        used = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            n.module.split(".")[0]
            for n in ast.walk(tree)
            if isinstance(n, ast.ImportFrom) and n.module
        }
        assert not used & outside, name
        clock = [
            n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr in ("today", "now")
        ]
        assert not clock, name


def test_what_the_package_promises_is_there():
    for name in agsxl.__all__:
        assert getattr(agsxl, name) is not None
    assert sorted(agsxl.__all__) == list(agsxl.__all__)
