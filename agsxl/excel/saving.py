"""Replacing a workbook so that nothing can be lost.

    read = fingerprint(path)                      # when the workbook is read
    saved = replace_file(path, write=write, verify=verify, digest=read)

The new contents are written beside the workbook, put safely on the disk and verified; the workbook
is copied into "<name> backups"; then one step of the operating system puts the new file in the place
of the old one. Whatever goes wrong, and whenever the program is killed, the workbook is either as it
was or as it was to be, whole. What a killed run leaves behind, the next run clears away.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import IO, NamedTuple

from agsxl.errors import AgsxlError, ChangedError, OutputError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PIECE = 2**20
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
# Virus scanners and OneDrive hold a file for a moment just after it was written; Excel holds it on.
_WAITS = (0.05, 0.1, 0.2, 0.4, 0.8) if sys.platform == "win32" else ()


class Fingerprint(NamedTuple):
    """A file's bytes, told from any other's. Its date is left out: syncing changes that alone."""

    size: int
    sha256: str


class Timings(NamedTuple):
    """How long each step took, in seconds. ``checking`` is finding out that nobody changed it."""

    writing: float
    verifying: float
    backing_up: float
    checking: float
    replacing: float


class Saved(NamedTuple):
    """What was done: the copy of the workbook as it was (None if none is kept), and how long it took."""

    backup: Path | None
    timings: Timings


def fingerprint(source: str | Path | bytes) -> Fingerprint:
    """The fingerprint of a file, or of what was read from it.

    >>> fingerprint(b"PK").size
    2

    Raises OSError where a file cannot be read.
    """
    import hashlib  # reading alone has no use for it

    if isinstance(source, bytes):
        return Fingerprint(len(source), hashlib.sha256(source).hexdigest())
    with Path(source).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Fingerprint(file.tell(), digest.hexdigest())


def replace_file(
    path: str | Path,
    *,
    write: Callable[[Path], object],
    verify: Callable[[Path], object],
    digest: Fingerprint | bytes,
    backups_kept: int = 10,
    now: datetime | None = None,
) -> Saved:
    """Replace a workbook by what ``write`` writes, whole or not at all.

    >>> replace_file("plan.xlsx", write=write, verify=verify, digest=read)  # doctest: +SKIP
    Saved(backup=PosixPath('plan backups/plan 2026-09-30 101502.xlsx'), timings=...)

    ``write`` and ``verify`` get the path of an empty file beside the workbook; both must close it, and
    must have closed the workbook too (Windows replaces no file that is open). ``verify`` raises
    where the file is not what was wanted. ``digest`` is the workbook's fingerprint as it was
    read, or all of its bytes where they are at hand, which is quicker.
    The newest ``backups_kept`` backups stay; with 0 none is made and none is deleted. ``now`` names
    the backup; the default is the clock.

    Raises ChangedError where the workbook is no longer as it was read, and OutputError where it is
    open elsewhere, in use by another run, or cannot be written. Whatever ``write`` and ``verify``
    raise comes through, an OSError as OutputError. In each case the workbook is untouched.
    """
    given = Path(path)
    with _told(given):
        target = _target(given)
        names = {given, target}  # an owner file lies beside the name that was opened
        _refuse_unwritable(target, names)
        with _lock(target):
            _clear_crashed_runs(target)
            backup = _backup_name(target, now or datetime.now()) if backups_kept > 0 else None
            timings = _replace(target, names, write, verify, digest, backup)
            if backup is not None:
                _thin_out(target, backups_kept, made=backup)
    return Saved(backup, timings)


def _replace(
    target: Path,
    names: set[Path],
    write: Callable[[Path], object],
    verify: Callable[[Path], object],
    digest: Fingerprint | bytes,
    backup: Path | None,
) -> Timings:
    """The steps, in their order. Only while holding the lock."""
    temporary = target.with_name(_temporary_name(target))
    first_backup = not _backup_folder(target).exists()
    clock = [time.perf_counter()]
    try:
        _refuse_changed(target, digest)
        clock.append(time.perf_counter())
        temporary.touch(mode=0o600, exist_ok=False)
        write(temporary)
        _make_alike(target, temporary)
        _sync(temporary)
        clock.append(time.perf_counter())
        verify(temporary)
        clock.append(time.perf_counter())
        if backup is not None:
            _back_up(target, backup, digest)
        clock.append(time.perf_counter())
        _refuse_changed(target, digest)
        _refuse_unwritable(target, names)
        clock.append(time.perf_counter())
        _put_in_place(temporary, target)
    finally:
        # The disk is asked, not a variable: a signal may come just after the file was replaced, and
        # then the backup is the only copy of what was there.
        if backup is not None and _exists(temporary):
            _take_back(backup, folder_too=first_backup)
        _remove(temporary)
    _sync_folder(target.parent)
    clock.append(time.perf_counter())
    first, writing, verifying, backing_up, last, replacing = (
        after - before for before, after in pairwise(clock)
    )
    return Timings(writing, verifying, backing_up, first + last, replacing)


# -- what is refused ---------------------------------------------------------------------------


def _target(path: Path) -> Path:
    """The workbook itself, where a link was given."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name the workbook's own file.")
    if not path.exists():
        raise OutputError(f"There is no file {path}; check the name and the folder.")
    return path.resolve()


def refuse_if_open(path: str | Path, error: type[AgsxlError] = OutputError) -> None:
    """Raise ``error`` where Excel or LibreOffice has the workbook open, and say who.

    >>> refuse_if_open("nobody-has-this.xlsx")

    Both leave an owner file beside a workbook while it is open.
    """
    path = Path(path)
    excel, office = path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")
    there = [owner for owner in (excel, office) if _exists(owner)]
    if not there:
        return
    program, who = (
        ("Excel", _excel_owner(excel)) if excel in there else ("LibreOffice", _office_owner(office))
    )
    by = f" (by {who})" if who else ""
    raise error(
        f"{path.name} is open in {program}{by}; save and close it there, then try again; if nobody "
        f"has it open, delete {' and '.join(owner.name for owner in there)} beside it."
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # an owner file's name that is too long for the disk: no program has made it
        return False


def _excel_owner(owner: Path) -> str:
    """The name in Excel's owner file: in Windows' alphabet in its first 55 bytes, then in UTF-16."""
    try:
        data = owner.read_bytes()
    except OSError:  # Excel may hold it so that nobody else can read it
        return ""
    wide = data[57 : 57 + 2 * int.from_bytes(data[55:57], "little")].decode("utf-16-le", "ignore")
    short = data[1 : 1 + data[0]].decode("cp1252", "replace") if data else ""
    return _one_line(wide) or _one_line(short)


def _office_owner(owner: Path) -> str:
    """The name in LibreOffice's lock file: the person's, else that of the account."""
    try:
        fields = owner.read_text("utf-8", "replace").split(",")
    except OSError:
        return ""
    return next((name for name in map(_one_line, fields[:2]) if name), "")


def _one_line(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable()).strip()


def _refuse_unwritable(target: Path, names: Iterable[Path]) -> None:
    for name in names:
        refuse_if_open(name)
    # The bits are asked too, since the administrator's account may write anything; on Windows
    # they stand for the read-only mark in the file's properties.
    if target.stat().st_mode & 0o222 == 0 or not os.access(target, os.W_OK):
        raise OutputError(
            f"{target.name} is read-only, so nothing was written; take the read-only mark off in the "
            "file's properties, or ask for the right to change it."
        )


def _holds(path: Path, digest: Fingerprint | bytes) -> bool:
    """Whether a file is what was read, to the last byte."""
    if isinstance(digest, Fingerprint):
        return path.stat().st_size == digest.size and fingerprint(path) == digest
    if path.stat().st_size != len(digest):
        return False
    at = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            if piece != digest[at : at + len(piece)]:
                return False
            at += len(piece)
    return at == len(digest)


def _refuse_changed(target: Path, digest: Fingerprint | bytes) -> None:
    if _holds(target, digest):
        return
    there = target.stat()
    saved = datetime.fromtimestamp(there.st_mtime)
    raise ChangedError(
        f"{target.name} was changed after agsxl read it (it was last saved on {saved.day} "
        f"{saved:%B %Y at %H:%M}); nothing was written. Try again, and agsxl reads it as it is now."
    )


def _why(target: Path, fault: OSError) -> str:
    """One plain sentence for what the operating system refused, and what to do."""
    if fault.errno in _NO_ROOM:
        return (
            f"{target.name} was not changed because there is no room on its disk; free some space "
            "and try again."
        )
    if isinstance(fault, PermissionError) or fault.errno == errno.EROFS:
        return (
            f"{target.name} was not changed because you may not write in the folder {target.parent}; "
            "ask for the right to, or move the workbook to another folder."
        )
    said = fault.strerror or type(fault).__name__
    return f"{target.name} was not changed because of a fault of its disk or network ({said}); try again."


@contextmanager
def _told(target: Path) -> Iterator[None]:
    """Turn what the operating system says into a sentence."""
    try:
        yield
    except OSError as fault:
        if isinstance(fault, FileNotFoundError) and not _exists(target):
            raise ChangedError(
                f"{target.name} was moved or deleted after agsxl read it; nothing was written. Find "
                "out where it is now, and try again."
            ) from fault
        raise OutputError(_why(target, fault)) from fault


# -- the lock ----------------------------------------------------------------------------------


@contextmanager
def _lock(target: Path) -> Iterator[None]:
    """Keep every other run of agsxl from this workbook. Refuses at once where one is at work.

    The operating system lets go of the lock when a run ends, however it ends; its file may then
    stay, and is taken over by the next run.
    """
    place = target.with_name(f".agsxl-{_mark(target)}.lock")
    while True:
        with place.open("ab") as file:
            if not _grip(target, file):
                raise OutputError(
                    f"{target.name} is being updated by another run of agsxl; wait a moment and try "
                    "again."
                )
            if not _still_there(place, file):
                continue  # the run before deleted it between our opening it and locking it
            try:
                yield
            finally:
                _let_go(place, file)
            return


def _let_go(place: Path, file: IO[bytes]) -> None:
    """Let go of the lock, and leave no file lying about."""
    with suppress(OSError):
        if sys.platform == "win32":
            # What another run has open cannot be deleted there: then it stays, which is no harm.
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
            file.close()
        # Elsewhere it is deleted while it is held; whoever opened it before finds that out.
        place.unlink(missing_ok=True)
    with suppress(OSError):
        file.close()


def _grip(target: Path, file: IO[bytes]) -> bool:
    """Lock the open file; False where another run has it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            with suppress(OSError):  # anybody may take over what another person's crash left behind
                os.fchmod(file.fileno(), 0o666)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as fault:
        _remove(Path(file.name))  # nobody can hold it
        raise OutputError(
            f"{target.name} was not changed because the folder {target.parent} knows no locks "
            f"({fault.strerror}), so two people could overwrite each other; copy it to this computer first."
        ) from None
    return True


def _still_there(place: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), place.stat())
    except FileNotFoundError:
        return False


# -- files beside the workbook -----------------------------------------------------------------


def _mark(target: Path) -> str:
    """Eight letters that stand for the workbook in the names of our own files beside it.

    The name itself would make them too long for some disks. Disks that do not tell capitals apart
    must find the same mark however the name is spelt.
    """
    name = unicodedata.normalize("NFC", target.name).casefold()
    import hashlib

    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _temporary_name(target: Path) -> str:
    # ".tmp" is what OneDrive and its like never copy to anybody.
    return f".agsxl-{_mark(target)}-{os.urandom(4).hex()}.tmp"


def _clear_crashed_runs(target: Path) -> None:
    """Delete what a run that was killed left behind. Only while holding the lock."""
    ours = re.compile(rf"\.agsxl-{_mark(target)}-[0-9a-f]{{8}}\.tmp")
    for folder in (target.parent, _backup_folder(target)):
        with suppress(OSError):
            for file in list(folder.iterdir()):
                if ours.fullmatch(file.name):
                    _remove(file)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _make_alike(old: Path, new: Path) -> None:
    """Give the new file the old one's owner, group, mode bits and labels, as far as we may."""
    was, now = old.stat(), new.stat()
    if sys.platform != "win32" and (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
        try:
            os.chown(new, was.st_uid, was.st_gid)
        except OSError:
            with suppress(OSError):  # only the administrator gives files away
                os.chown(new, -1, was.st_gid)
    with suppress(OSError):
        shutil.copystat(old, new)
        os.utime(new)


def _sync(path: Path) -> None:
    """Wait until a file's contents are on the disk, and not only on their way to it."""
    with path.open("r+b") as file:
        if sys.platform == "darwin":  # where fsync does not wait for the disk itself
            with suppress(OSError):  # a network's disk cannot be asked to
                fcntl.fcntl(file.fileno(), fcntl.F_FULLFSYNC)
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """The same for the names in a folder, where the system can; too late to refuse anything."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _put_in_place(new: Path, target: Path) -> None:
    for wait in (*_WAITS, None):
        try:
            os.replace(new, target)  # noqa: PTH105 - named in the tests as what Windows refuses
            return
        except PermissionError:
            if wait is None:
                raise OutputError(
                    f"{target.name} was not changed because another program has it open, or you may "
                    "not replace it; close it there and try again."
                ) from None
            time.sleep(wait)


# -- backups -----------------------------------------------------------------------------------


def backups_of(path: str | Path) -> list[Path]:
    """The backups of a workbook, newest first: ``backups_of("plan.xlsx")[0]`` is the last one.

    Only files named exactly as agsxl names a backup count.
    """
    target = Path(path).resolve()
    return [backup for _, backup in sorted(_dated_backups(target), reverse=True)]


def _dated_backups(target: Path) -> Iterator[tuple[tuple[str, int], Path]]:
    named = re.compile(
        rf"{re.escape(target.stem)} (\d{{4}}-\d\d-\d\d \d{{6}})(?:-(\d+))?{re.escape(target.suffix)}"
    )
    with suppress(FileNotFoundError, NotADirectoryError):
        for entry in os.scandir(_backup_folder(target)):
            match = named.fullmatch(entry.name)
            if match and entry.is_file(follow_symlinks=False):
                yield (match[1], int(match[2] or 1)), Path(entry.path)


def _backup_folder(target: Path) -> Path:
    return target.with_name(f"{target.stem} backups")


def _backup_name(target: Path, now: datetime) -> Path:
    """A name that is still free. Holding the lock, nobody else takes it."""
    wanted = f"{target.stem} {now:%Y-%m-%d %H%M%S}"
    backup = _backup_folder(target) / f"{wanted}{target.suffix}"
    number = 1
    while os.path.lexists(backup):
        number += 1
        backup = backup.with_name(f"{wanted}-{number}{target.suffix}")
    return backup


def _back_up(target: Path, backup: Path, digest: Fingerprint | bytes) -> None:
    """Copy the workbook, and make sure that the copy is the workbook as it was read."""
    temporary = backup.with_name(_temporary_name(target))
    try:
        backup.parent.mkdir(exist_ok=True)
        with target.open("rb") as old, temporary.open("xb") as copy:
            shutil.copyfileobj(old, copy, _PIECE)
        with suppress(OSError):
            shutil.copystat(target, temporary)  # the day it was last saved says which one it is
        _sync(temporary)
        whole = _holds(temporary, digest)
        if whole:
            os.rename(temporary, backup)  # noqa: PTH104 - beside os.replace, so that both are seen
            _sync_folder(backup.parent)
            _sync_folder(target.parent)
    except OSError as fault:
        said = "there is no room" if fault.errno in _NO_ROOM else fault.strerror or "a fault"
        raise OutputError(
            f"{target.name} was not changed because its backup cannot be written into "
            f"{backup.parent} ({said}); see to that folder and try again."
        ) from fault
    finally:
        _remove(temporary)
    if not whole:
        _refuse_changed(target, digest)
        raise OutputError(
            f"{target.name} was not changed because its backup in {backup.parent} does not read back "
            "as it was written; the disk may be failing."
        )


def _take_back(backup: Path, *, folder_too: bool) -> None:
    """Delete the backup of a save that did not happen, and the folder if it was made for it."""
    _remove(backup)
    if folder_too:
        with suppress(OSError):
            backup.parent.rmdir()


def _thin_out(target: Path, kept: int, *, made: Path) -> None:
    """Delete the oldest backups; never the one just made, even if the clock was put back."""
    with suppress(OSError):
        others = [backup for backup in backups_of(target) if backup != made]
        for backup in others[kept - 1 :]:
            _remove(backup)


__all__ = [
    "Fingerprint",
    "Saved",
    "Timings",
    "backups_of",
    "fingerprint",
    "refuse_if_open",
    "replace_file",
]
