"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "connector", "scoring", "sandbox")
LONGEST_FILE_LINES = 400
LONGEST_FUNCTION_LINES = 60
# The only places where every exception is caught: see architecture, "Manners". A batch of enrichment is a
# loop of its own over what strangers' sites say: one of them must not end it.
BROAD_EXCEPTS = {"bot/runtime/work.py", "bot/slack/app.py", "bot/cli.py", "bot/app/enriching_work.py"}


def sources() -> Iterator[Path]:
    """Every module but the migrations, which Alembic writes."""
    for package in PACKAGES:
        yield from (path for path in (ROOT / package).rglob("*.py") if path.parent.name != "versions")


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def test_imports_keep_the_contracts() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    outcome = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout


def test_importing_a_module_does_nothing() -> None:
    """Importing every module of the product must open no socket and create no file."""
    names = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sources()
        if path.name not in {"__main__.py", "env.py"}
    )
    program = (
        "import importlib, os, socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('a module opened a socket at import')\n"
        "socket.socket.connect = refuse\n"
        "before = set(os.listdir('.'))\n"
        f"for name in {names!r}: importlib.import_module(name.removesuffix('.__init__'))\n"
        "appeared = set(os.listdir('.')) - before\n"
        "sys.exit(f'files appeared: {appeared}' if appeared else 0)\n"
    )
    outcome = subprocess.run(
        [sys.executable, "-B", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr[-2000:]


@pytest.mark.parametrize("path", sorted(sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_and_its_functions_have_a_readable_size(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    long = {
        one.name: length(one) for one in functions(ast.parse(text)) if length(one) > LONGEST_FUNCTION_LINES
    }
    assert text.count("\n") <= LONGEST_FILE_LINES
    assert long == {}


def test_most_functions_are_short() -> None:
    lengths = sorted(length(one) for path in sources() for one in functions(ast.parse(path.read_text())))
    assert lengths[len(lengths) // 2] <= 12, "half of the functions"
    assert lengths[len(lengths) * 9 // 10] <= 35, "nine in ten"


def test_every_exception_is_caught_in_three_places_only() -> None:
    broad = {
        str(path.relative_to(ROOT))
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
        )
    }
    assert broad <= BROAD_EXCEPTS


def test_locked_requirements_name_no_index() -> None:
    for path in ROOT.glob("requirements*.txt"):
        assert not re.search(r"index-url|find-links|https?://", path.read_text()), path.name


def test_the_two_commands_are_in_the_readme_and_ci_runs_the_tests() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "make demo" in readme
    assert "make test" in readme
    assert "make test" in (ROOT / ".ci/run").read_text()


def test_every_setting_is_in_the_readme_or_its_file() -> None:
    from bot.settings import Settings, variable

    described = (ROOT / "README.md").read_text()
    missing = [variable(name) for name in Settings.model_fields if variable(name) not in described]
    assert missing == []
