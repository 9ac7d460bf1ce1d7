"""Where the files are that travel with agsxl: templates/ and workbook/."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(folder: str, name: str) -> Path:
    """A file of ``templates/`` or ``workbook/``: inside the installed package, or beside it in a clone."""
    installed = _PACKAGE / "_share" / folder / name
    return installed if installed.exists() else _PACKAGE.parent / folder / name
