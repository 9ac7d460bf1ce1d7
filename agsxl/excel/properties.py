"""When a workbook was last saved, as its own properties say."""

from __future__ import annotations

import re
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

_MOMENT = rb"<dcterms:%s[^>]*>\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z?\s*<"
_MODIFIED = re.compile(_MOMENT % b"modified")
_CREATED = re.compile(_MOMENT % b"created")
_LARGEST = 2**20


def last_saved(path: Path) -> datetime:
    """The moment (UTC, without a zone) that a workbook was last saved.

    >>> last_saved(Path("Head of Finance.xlsx"))  # doctest: +SKIP
    datetime.datetime(2017, 10, 6, 9, 41)

    Its own properties know it even where a copy has lost the file's date; a program that does not
    keep them leaves them as they were made, and then the file's date is taken.
    """
    filed = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None, microsecond=0)
    try:
        with zipfile.ZipFile(path) as package:
            if package.getinfo("docProps/core.xml").file_size > _LARGEST:
                return filed
            core = package.read("docProps/core.xml")
    except (KeyError, OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
        return filed
    modified, created = _MODIFIED.search(core), _CREATED.search(core)
    if modified is None or (created is not None and created[1] == modified[1]):
        return filed
    try:
        return datetime.fromisoformat(modified[1].decode())
    except ValueError:
        return filed
