"""What every test may need, and what the run says it left out."""

from __future__ import annotations

import pytest

from tests.plans import REAL

_LEFT_OUT: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "real: needs the real plans beside the project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if REAL.exists():
        return
    wanting = [item for item in items if item.get_closest_marker("real")]
    for item in wanting:
        item.add_marker(pytest.mark.skip(reason="the real plans are not here"))
    if wanting:
        _LEFT_OUT.append(f"{len(wanting)} tests on real plans: there is no {REAL.parent}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what in _LEFT_OUT:
        terminalreporter.write_line(f"left out: {what}")
