"""What makes a crash harmless: a note beside the plan of what is being sent, line by line on the disk.

    with Journal.open("plan.xlsx") as journal:
        journal.begin(message.key, now)          # before the server can have it all
        journal.end(Result(message.key, State.SENT, when=now))
        ...                                      # the chase log is written into the plan
        journal.close_when_logged()              # and only then the note is deleted

The file is called ".<plan's name>.sending". It holds no name and no address: a message stands in it
as the hash of its key. A run that finds one takes it up: what was begun and has no end is unknown.
Only one run at a time can hold it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple, Self

from agsxl.errors import OutputError, SourceError
from agsxl.mail.ways import BROKEN_OFF, NOT_SENT, Result, State

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_HEAD = (
    b"agsxl keeps here what it is sending, in case it is broken off; the next run reads this file and "
    b"deletes it.\n"
)
_BEGUN = "begun"
_LINE = re.compile(rb"(begun|sent|failed|unknown) ([0-9a-f]{32}) (\S{10,40})\n")
# Windows keeps everybody from reading what is locked, so a byte far behind the end is.
_FAR = 2**30


class _Entry(NamedTuple):
    state: str
    when: datetime


class Journal:
    """The note of one plan, held by this run until it is closed.

    >>> with Journal.open("plan.xlsx") as journal:  # doctest: +SKIP
    ...     journal.result("September 2026, head of finance") is None
    True
    """

    def __init__(self, path: Path, file: IO[bytes], *, was_there: bool = False) -> None:
        self.path = path
        self._file = file
        self._was_there = was_there
        self._entries: dict[str, _Entry] = {}
        self._size = 0
        self._read()

    @classmethod
    def open(cls, plan: str | Path) -> Self:
        """Take up the note beside a plan, or begin one.

        >>> journal = Journal.open("plan.xlsx")  # doctest: +SKIP

        Raises OutputError where another run is sending, or the file cannot be written; SourceError
        where it is damaged.
        """
        plan = Path(plan).resolve()
        path = _note_of(plan)
        while True:
            was_there = path.exists()
            with _told(path):
                file = path.open("a+b", buffering=0)
            try:
                if not _grip(file, path):
                    raise OutputError(
                        f"Another run of agsxl is sending the chasers of {plan.name}; wait until it "
                        "has finished."
                    )
                if _is_at(path, file):
                    return cls(path, file, was_there=was_there)
            except BaseException:
                file.close()
                raise
            file.close()  # the run before deleted it between our opening it and gripping it

    @staticmethod
    def is_there(plan: str | Path) -> bool:
        """Whether the note of a run that was broken off, or is under way, lies beside a plan.

        >>> Journal.is_there("plan.xlsx")
        False
        """
        return _note_of(Path(plan).resolve()).exists()

    def result(self, key: str) -> Result | None:
        """What is known of the message called ``key``; None where it was never begun.

        >>> journal.result("September 2026, head of finance").state  # doctest: +SKIP
        <State.UNKNOWN: 'unknown'>
        """
        entry = self._entries.get(_mark(key))
        if entry is None:
            return None
        if entry.state == _BEGUN:
            return Result(key, State.UNKNOWN, BROKEN_OFF, when=entry.when)
        state = State(entry.state)
        why = {State.SENT: "", State.FAILED: NOT_SENT, State.UNKNOWN: BROKEN_OFF}[state]
        return Result(key, state, why, when=entry.when)

    def results(self, keys: Iterable[str]) -> tuple[Result, ...]:
        """What is known of each of ``keys``: what a run that was broken off did not get to log.

        >>> for result in journal.results(line.key for line in log): ...  # doctest: +SKIP
        """
        found = (self.result(key) for key in keys)
        return tuple(result for result in found if result is not None)

    def begin(self, key: str, when: datetime) -> None:
        """Note that a message is about to be handed over; on the disk when this returns.

        >>> journal.begin("September 2026, head of finance", now)  # doctest: +SKIP

        Raises OutputError where it cannot be noted: then the message must not go.
        """
        self._write(_BEGUN, key, when)

    def end(self, result: Result) -> None:
        """Note what became of a message, at ``result.when``.

        >>> journal.end(Result("September 2026, head of finance", State.SENT, when=now))  # doctest: +SKIP

        Raises OutputError where it cannot be noted.
        """
        assert result.when is not None, "a result is noted with its time"
        self._write(result.state.value, result.key, result.when)

    def close(self) -> None:
        """Let go, and leave the note for the next run; where nothing was begun there is none to leave.

        An empty one that was there before says so too: whoever broke off had begun nothing.
        """
        if self._file.closed:
            return
        if self._entries or self._was_there:
            self._file.close()
        else:
            self.close_when_logged()

    def close_when_logged(self) -> None:
        """Delete the note. Only when the chase log in the plan says all that it says.

        >>> journal.close_when_logged()  # doctest: +SKIP
        """
        # Where open files can be deleted it is deleted while it is held, so that nobody else can
        # take up what has been logged. On Windows another run may get it first: then it stays, and
        # that run folds the same results again.
        if sys.platform == "win32":
            self._file.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the file ------------------------------------------------------------------------------

    def _read(self) -> None:
        """Fold what is there, and cut off a last line that a crash tore."""
        self._file.seek(0)
        lines = self._file.read().splitlines(keepends=True)
        for number, line in enumerate(lines, start=1):
            entry = _LINE.fullmatch(line)
            if entry is not None:
                state, mark, when = (part.decode("ascii") for part in entry.groups())
                self._entries[mark] = _Entry(state, datetime.fromisoformat(when))
            elif line != _HEAD:
                # A line was on the disk before the next was begun, so only the last can be torn;
                # and what it was to say had not been said: nothing was handed over on its strength.
                if number == len(lines):
                    break
                raise SourceError(
                    f"{self.path} is damaged in line {number}, so agsxl does not know what it has sent "
                    "already. Look in your sent mail, enter on the Chase log sheet what has gone, then "
                    "delete this file."
                )
            self._size += len(line)
        if self._size < sum(map(len, lines)):
            self._cut()

    def _cut(self) -> None:
        """Take away what stands behind the last whole line."""
        with _told(self.path):
            self._file.truncate(self._size)

    def _write(self, state: str, key: str, when: datetime) -> None:
        line = f"{state} {_mark(key)} {when.isoformat(timespec='seconds')}\n".encode("ascii")
        new = b"" if self._size else _HEAD
        try:
            with _told(self.path):
                _append(self._file, new + line)
                if not self._size:
                    _sync_folder(self.path.parent)
        except OutputError:
            with suppress(OutputError):
                self._cut()
            raise
        self._size += len(new + line)
        self._entries[_mark(key)] = _Entry(state, when)


def _note_of(plan: Path) -> Path:
    return plan.with_name(f".{plan.name}.sending")


def _mark(key: str) -> str:
    """What stands for a message in the file: its key may hold a name."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _append(file: IO[bytes], data: bytes) -> None:
    """Write at the end, and wait until it is on the disk."""
    if file.write(data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Put the name of a new file on the disk too, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise OutputError(
            f"{path} cannot be written ({fault.strerror}), and agsxl sends nothing that it cannot note "
            "beside the plan. Free some space there, or ask for the right to write in that folder, "
            "then run this again: nothing is sent twice."
        ) from fault


def _grip(file: IO[bytes], path: Path) -> bool:
    """Lock the open file; False where another run has it. The system lets go when a run ends."""
    try:
        if sys.platform == "win32":
            file.seek(_FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as fault:
        raise OutputError(
            f"Nothing was sent because the folder {path.parent} knows no locks ({fault.strerror}), so two "
            "people could send the same messages; copy the plan to this computer first."
        ) from None
    return True


def _is_at(path: Path, file: IO[bytes]) -> bool:
    """Whether the open file is still the one that bears this name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
