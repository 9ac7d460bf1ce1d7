"""Putting a report's file in its place: whole, or not at all.

    with placed(Path("pack/report.html")) as beside:
        beside.write_bytes(data)

What is written stands under another name beside its place until it is whole. If anything goes wrong
on the way, the file that was there before is as it was, and nothing else is left in the folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agsxl.errors import OutputError

# The program that may hold a file open, by the file's ending; an officer knows it by that name.
_PROGRAMS = {".xlsx": "Excel", ".xlsm": "Excel", ".docx": "Word"}


@contextmanager
def placed(target: Path, *, source: str | Path | None = None) -> Iterator[Path]:
    """A path beside a file's place to write it to; it is moved there once it is whole.

    >>> with placed(Path("report.html")) as beside:  # doctest: +SKIP
    ...     beside.write_bytes(data)

    ``source`` is the plan, which is never written over. Raises OutputError where the file cannot be
    written; any other exception passes, and then nothing is written either.
    """
    refuse(target, source=source)
    beside = target.with_name(f"~agsxl-{os.getpid()}.tmp")
    try:
        yield beside
        os.replace(beside, target)  # noqa: PTH105 - named in the tests as what Windows refuses
    except OSError as fault:
        raise not_written(target, fault) from fault
    finally:
        with suppress(OSError):
            beside.unlink()


def refuse(target: Path, *, source: str | Path | None = None) -> None:
    """Say what stands in the way of a file before any work is done.

    >>> refuse(Path("nowhere/report.xlsx"))  # doctest: +SKIP
    OutputError: report.xlsx cannot be written because there is no folder nowhere; make the folder, ...
    """
    if target.is_dir():
        raise OutputError(f"{target} is a folder; choose a name for the file inside it.")
    if not target.parent.is_dir():
        raise OutputError(
            f"{target.name} cannot be written because there is no folder {target.parent}; "
            "make the folder, or choose another."
        )
    if target.exists():
        if source is not None and Path(source).exists() and target.samefile(source):
            raise OutputError(
                f"{target} is the plan itself and is not written over; choose another name."
            )
        if not os.access(target, os.W_OK):
            raise not_written(target, PermissionError())


def not_written(target: Path, fault: object) -> OutputError:
    """One plain sentence about a file that could not be written, and what to do.

    >>> not_written(Path("a.xlsx"), OSError(28, "No space left on device")).args[0]
    'a.xlsx cannot be written (No space left on device); choose another folder or name.'
    """
    if isinstance(fault, PermissionError):
        if target.exists():
            program = _PROGRAMS.get(target.suffix.casefold(), "another program")
            return OutputError(
                f"{target} cannot be replaced because it is open in {program} or may not be changed; "
                "close it, or choose another name."
            )
        return OutputError(
            f"{target.name} cannot be written because you may not write in the folder "
            f"{target.parent}; choose another folder."
        )
    said = getattr(fault, "strerror", None) or fault
    return OutputError(f"{target} cannot be written ({said}); choose another folder or name.")
