"""Putting files into a folder that is the officer's own.

    with Placing("Chasers", "drafts") as placing:
        path = placing.put("Head of Finance.eml", data)

A file appears whole or not at all. What agsxl put there before and does not put again is taken away;
what anybody else put there, or changed since, is never touched: then another name is chosen. Which
files are agsxl's own stands in a list beside them, each with its digest.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from agsxl.errors import OutputError

LIST = ".agsxl files.json"
_TEMPORARY = re.compile(r"~agsxl-\d+\.part")  # what a run that was killed leaves may hold names


class Placing:
    """One run's files for one purpose ("drafts") in one folder.

    Raises OutputError, in one sentence, where a file cannot be written or the list is damaged.
    """

    def __init__(self, folder: str | Path, purpose: str) -> None:
        self.folder = Path(folder)
        self.purpose = purpose
        self._put: set[str] = set()
        self._ours: dict[str, dict[str, list[str]]] = {}  # purpose: name: digests it may have

    def __enter__(self) -> Self:
        with _told(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._ours = self._listed()
            for file in [*self.folder.glob("~agsxl-*"), *self.folder.glob("*/~agsxl-*")]:
                if _TEMPORARY.fullmatch(file.name):
                    file.unlink()
        return self

    def put(self, name: str, data: bytes) -> Path:
        """Write a file under that name, or one like it where somebody else has a file of that name.

        >>> placing.put("Head of Finance.eml", data)  # doctest: +SKIP
        PosixPath('Chasers/Head of Finance.eml')

        ``name`` may begin with a folder in the folder. No two names of a run are the same, in any case.
        """
        path = self._free(self.folder / name)
        known = path.relative_to(self.folder).as_posix()
        digest = hashlib.sha256(data).hexdigest()
        with _told(path):
            path.parent.mkdir(exist_ok=True)
            # The list goes first: a file is never there without it, however the run ends.
            self._digests(known).append(digest)
            self._list()
            _write(path, data)
        self._put.add(known.casefold())
        self._digests(known)[:] = [digest]
        return path

    def keep(self, name: str) -> None:
        """Leave what an earlier run put under that name, or one like it, as it is: it is wanted still.

        >>> placing.keep("Head of Finance.eml")  # doctest: +SKIP
        """
        wanted = PurePosixPath(name)
        like = re.compile(
            rf"{re.escape(str(wanted.with_suffix('')))}( \(\d+\))?{re.escape(wanted.suffix)}", re.I
        )
        ours = self._ours.get(self.purpose, {})
        self._put |= {known.casefold() for known in ours if like.fullmatch(known)}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if fault is not None:
            return
        with _told(self.folder):
            for name in list(self._ours.get(self.purpose, {})):
                if name.casefold() not in self._put:
                    self._take_away(name)
            self._list()

    # -- what is ours --------------------------------------------------------------------------

    def _free(self, wanted: Path) -> Path:
        path, number = wanted, 1
        while not self._may_take(path):
            number += 1
            path = wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
        return path

    def _may_take(self, path: Path) -> bool:
        name = path.relative_to(self.folder).as_posix()
        return name.casefold() not in self._put and (
            not os.path.lexists(path) or self._is_ours(name)
        )

    def _is_ours(self, name: str) -> bool:
        """Whether a file is, to the last byte, one that agsxl put there for this purpose."""
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            return False
        digests = self._ours.get(self.purpose, {}).get(name, [])
        return hashlib.sha256(data).hexdigest() in digests

    def _take_away(self, name: str) -> None:
        if self._is_ours(name):
            path = self.folder / name
            path.unlink()
            with suppress(OSError):  # a folder that holds anything else stays
                if path.parent != self.folder:
                    path.parent.rmdir()
        del self._ours[self.purpose][name]

    # -- the list ------------------------------------------------------------------------------

    def _digests(self, name: str) -> list[str]:
        return self._ours.setdefault(self.purpose, {}).setdefault(name, [])

    def _listed(self) -> dict[str, dict[str, list[str]]]:
        place = self.folder / LIST
        try:
            found = json.loads(place.read_text("utf-8"))
            return {
                str(purpose): {
                    str(name): [str(d) for d in digests] for name, digests in files.items()
                }
                for purpose, files in found.items()
            }
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError, TypeError):
            raise OutputError(
                f"{place} is damaged, so agsxl cannot tell its own files from yours; name another folder, "
                "or delete that file and agsxl's old files."
            ) from None

    def _list(self) -> None:
        """Write the list of what is ours; without anything there is none."""
        place = self.folder / LIST
        kept = {purpose: files for purpose, files in self._ours.items() if files}
        if kept:
            _write(place, json.dumps(kept, indent=1, ensure_ascii=False).encode())
        else:
            place.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    """Put a file in its place in one step."""
    beside = path.with_name(f"~agsxl-{os.getpid()}.part")
    try:
        beside.write_bytes(data)
        os.replace(beside, path)  # noqa: PTH105 - as in report.sheets
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as fault:
        raise OutputError(
            f"{path} cannot be written; close it if it is open in another program, or name a folder in "
            "which you may write."
        ) from fault
    except OSError as fault:
        raise OutputError(
            f"{path} cannot be written ({fault.strerror}); name another folder, and try again."
        ) from fault
