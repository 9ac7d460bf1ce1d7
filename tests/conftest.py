"""What every test may need, and what the run says it left out."""

from __future__ import annotations

import pytest

from tests.files import office
from tests.plans import REAL

_LEFT_OUT: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "real: needs the real plans beside the project")
    config.addinivalue_line("markers", "office: needs LibreOffice Writer, to make real PDFs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not REAL.exists():
        _leave_out(items, "real", f"on real plans: there is no {REAL.parent}")
    if not office():
        _leave_out(items, "office", "on PDFs by LibreOffice: it is not installed, or has no Writer")


def _leave_out(items: list[pytest.Item], mark: str, why: str) -> None:
    wanting = [item for item in items if item.get_closest_marker(mark)]
    for item in wanting:
        item.add_marker(pytest.mark.skip(reason=why))
    if wanting:
        _LEFT_OUT.append(f"{len(wanting)} tests {why}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what in _LEFT_OUT:
        terminalreporter.write_line(f"left out: {what}")
