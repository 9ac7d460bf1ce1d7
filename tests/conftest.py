"""What every test may need, and what the run says it left out."""

from __future__ import annotations

import os

import pytest

from tests.browser import axe, browser
from tests.files import office
from tests.plans import REAL, SAMPLE

LEFT_OUT: list[str] = []


@pytest.fixture(scope="session", autouse=True)
def _no_test_works_on_the_sample_itself():
    before = SAMPLE.read_bytes()
    yield
    assert SAMPLE.read_bytes() == before, f"a test has written into {SAMPLE}; it must copy it first"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-office",
        action="store_true",
        help="fail, instead of leaving tests out, where LibreOffice is not installed",
    )
    parser.addoption(
        "--require-browser",
        action="store_true",
        help="fail, instead of leaving tests out, where Chromium or axe-core is not installed",
    )
    parser.addoption(
        "--every-file",
        action="store_true",
        help="try every sample workbook where the default run tries some",
    )


def pytest_configure(config: pytest.Config) -> None:
    os.environ["COLUMNS"] = "100"  # a page in a terminal is as wide wherever the tests run
    config.addinivalue_line(
        "markers", "real: needs the real plans and workbooks beside the project"
    )
    config.addinivalue_line("markers", "office: needs a real LibreOffice")
    config.addinivalue_line(
        "markers", "browser: needs Chromium, and axe-core, whose file AGSXL_AXE names"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not REAL.exists():
        _leave_out(items, "real", f"on real plans and workbooks: there is no {REAL.parent.parent}")
    if not office():
        if config.getoption("--require-office"):
            raise pytest.UsageError(
                "--require-office: LibreOffice is not installed, or lacks Writer"
            )
        _leave_out(items, "office", "with a real LibreOffice: it is not installed, or lacks Writer")
    if not (browser() and axe()):
        why = "Chromium is not installed, or AGSXL_AXE does not name the file axe.min.js"
        if config.getoption("--require-browser"):
            raise pytest.UsageError(f"--require-browser: {why}")
        _leave_out(items, "browser", f"in a real browser: {why}")


def _leave_out(items: list[pytest.Item], mark: str, why: str) -> None:
    wanting = [item for item in items if item.get_closest_marker(mark)]
    for item in wanting:
        item.add_marker(pytest.mark.skip(reason=why))
    if wanting:
        LEFT_OUT.append(f"{len(wanting)} tests {why}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where tests run two at a time, each of their processes knows what it left out."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = LEFT_OUT


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    told = getattr(node, "workeroutput", {}).get("left_out", [])
    LEFT_OUT.extend(what for what in told if what not in LEFT_OUT)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what in LEFT_OUT:
        terminalreporter.write_line(f"left out: {what}")
