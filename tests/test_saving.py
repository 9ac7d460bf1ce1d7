"""Replacing a workbook: what is refused, what is kept, and that no fault at any step loses anything."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from agsxl.edits import CellEdit, ChangeSet
from agsxl.errors import AgsxlError, ChangedError, OutputError, SourceError
from agsxl.excel import saving
from agsxl.excel.file import open_book
from agsxl.excel.saving import Saved, backups_of, fingerprint, refuse_if_open, replace_file
from tests.books import write_book
from tests.folders import quick_folder

OLD, NEW = b"the plan as it was", b"the plan as it is to be, and a little longer"
NOON = datetime(2026, 9, 30, 12, 0, 0)
unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such thing")


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    with quick_folder(tmp_path) as folder:
        yield folder


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "action plan.xlsm"
    path.write_bytes(OLD)
    return path


def save(
    path: Path,
    new: bytes = NEW,
    *,
    write: Callable[[Path], object] | None = None,
    verify: Callable[[Path], object] = lambda _: None,
    kept: int = 10,
    now: datetime | None = NOON,
    digest: saving.Fingerprint | None = None,
) -> Saved:
    return replace_file(
        path,
        write=write or (lambda beside: beside.write_bytes(new)),
        verify=verify,
        digest=digest or fingerprint(path),
        backups_kept=kept,
        now=now,
    )


def refusal(path: Path, error: type[AgsxlError] = OutputError, **given: Any) -> str:
    """What is said when the plan is not saved; it and its folder must be as they were."""
    before = listing(path.parent)
    held = path.read_bytes()
    with pytest.raises(error) as caught:
        save(path, **given)
    assert path.read_bytes() == held
    assert listing(path.parent) == before
    said = str(caught.value)
    assert path.name in said and "\n" not in said and said.endswith(".")
    return said


def listing(folder: Path) -> list[str]:
    """Everything in a folder and the folders in it, hidden or not."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- what is done ------------------------------------------------------------------------------


def test_the_workbook_is_replaced_and_the_old_one_kept(plan):
    saved = save(plan, now=datetime(2026, 9, 30, 10, 15, 2))
    backup = plan.parent / "action plan backups" / "action plan 2026-09-30 101502.xlsm"
    assert saved.backup == backup and backup.read_bytes() == OLD
    assert plan.read_bytes() == NEW
    assert listing(plan.parent) == [
        "action plan backups",
        f"action plan backups/{backup.name}",
        plan.name,
    ]
    assert all(seconds >= 0 for seconds in saved.timings)


def test_what_is_verified_is_what_was_written_and_the_old_file_still_stands(plan):
    seen = []

    def verify(beside: Path) -> None:
        seen.append((beside.read_bytes(), plan.read_bytes(), beside.parent == plan.parent))

    save(plan, verify=verify)
    assert seen == [(NEW, OLD, True)]


def test_without_a_time_the_backup_is_named_by_the_clock(plan):
    before = datetime.now().replace(microsecond=0)
    backup = save(plan, now=None).backup
    made = datetime.strptime(backup.stem, "action plan %Y-%m-%d %H%M%S")
    assert before <= made <= datetime.now()


def test_fingerprints_of_a_file_and_of_its_bytes_are_the_same(plan):
    assert fingerprint(plan) == fingerprint(OLD) != fingerprint(NEW)


@unix
def test_mode_bits_and_group_stay(plan):
    plan.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(plan, 1234, 2345)
    before = plan.stat()
    save(plan)
    after = plan.stat()
    assert after.st_mode == before.st_mode
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)


@unix
def test_nobody_else_can_read_what_is_not_yet_in_its_place(plan):
    modes = []

    def write(beside: Path) -> None:
        modes.append(stat.S_IMODE(beside.stat().st_mode))
        beside.write_bytes(NEW)

    plan.chmod(0o640)
    save(plan, write=write)
    assert modes == [0o600] and stat.S_IMODE(plan.stat().st_mode) == 0o640


def test_a_saved_workbook_is_dated_now_and_its_backup_as_it_was(plan):
    os.utime(plan, (10**9, 10**9))
    backup = save(plan).backup
    assert time.time() - plan.stat().st_mtime < 60
    assert backup.stat().st_mtime == 10**9


@unix
def test_a_link_stays_a_link_to_the_workbook(plan, tmp_path):
    (tmp_path / "desk").mkdir()
    link = tmp_path / "desk" / "plan.xlsm"
    link.symlink_to(plan)
    save(link)
    assert link.is_symlink() and plan.read_bytes() == NEW
    assert listing(tmp_path / "desk") == ["plan.xlsm"]
    assert backups_of(link) == backups_of(plan) != []


def test_the_new_contents_and_the_backup_are_on_the_disk_before_the_workbook_is_replaced(
    plan, monkeypatch
):
    done = []
    fsync, replace = os.fsync, os.replace

    def note_sync(handle: int) -> None:
        file = Path(f"/proc/self/fd/{handle}").readlink()
        done.append("folder" if file.is_dir() else f"file in {file.parent.name}")
        fsync(handle)

    def note_replace(old: Path, new: Path) -> None:
        done.append("replaced")
        replace(old, new)

    if not Path("/proc/self/fd").exists():
        pytest.skip("which file a handle belongs to is asked of /proc, which is not here")
    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_replace)
    save(plan)
    here = plan.parent.name
    assert done == [
        f"file in {here}",
        "file in action plan backups",
        "folder",
        "folder",
        "replaced",
        "folder",
    ]


def test_an_edit_has_closed_both_files_when_one_takes_the_others_place(tmp_path, monkeypatch):
    """Windows replaces no file that is open, not even by the program that replaces it."""
    handles = Path("/proc/self/fd")
    if not handles.exists():
        pytest.skip("which files are open is asked of /proc, which is not here")
    plan = write_book(tmp_path / "plan.xlsx", {"Plan": [["Ref", "Status"], ["A1", "On target"]]})
    replace, still_open = os.replace, []

    def note(old: Path, new: Path) -> None:
        for handle in handles.iterdir():
            with suppress(OSError):
                if handle.readlink() in (old, new):
                    still_open.append(handle.readlink())
        replace(old, new)

    monkeypatch.setattr(os, "replace", note)
    with open_book(plan) as book:
        assert book.read("Plan").value("B2") == "On target"
        book.apply(ChangeSet((CellEdit("Plan", "B2", "On target", "Complete"),)))
        assert book.read("Plan").value("B2") == "Complete"
    assert still_open == []


# -- what is refused ---------------------------------------------------------------------------


def excel_owner(short: bytes, wide: str) -> bytes:
    """The file Excel keeps beside a workbook that it has open."""
    name = wide.encode("utf-16-le")
    return (
        bytes([len(short)])
        + short.ljust(54)
        + (len(name) // 2).to_bytes(2, "little")
        + name.ljust(108, b" ")
    )


OWNERS = [
    ("~${}", excel_owner(b"Ada Byrne", "Ada Byrne"), "open in Excel (by Ada Byrne)"),
    ("~${}", excel_owner(b"Zo? Nowak", "Zoë Nówąk"), "open in Excel (by Zoë Nówąk)"),
    ("~${}", bytes([9]) + b"Ada Byrne", "open in Excel (by Ada Byrne)"),
    ("~${}", b"", "open in Excel;"),
    ("~${}", b"\xff", "open in Excel;"),
    (".~lock.{}#", b"Ada Byrne,ada,laptop,01.09.2026 10:00,file:///home;", "LibreOffice (by Ada Byrne)"),
    (".~lock.{}#", b",ada,laptop,01.09.2026 10:00,file:///home;", "open in LibreOffice (by ada)"),
    (".~lock.{}#", b"", "open in LibreOffice;"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "contents", "said"), OWNERS)
def test_a_workbook_that_is_open_is_refused_and_says_by_whom(plan, name, contents, said):
    owner = plan.with_name(name.format(plan.name))
    owner.write_bytes(contents)
    assert said in refusal(plan)
    assert f"delete {owner.name} beside it" in refusal(plan)
    with pytest.raises(SourceError, match="is open in"):  # the words that reading uses, too
        refuse_if_open(plan, SourceError)
    owner.unlink()
    refuse_if_open(plan)


@unix
@pytest.mark.parametrize("beside", ["link", "workbook"])
def test_a_linked_workbook_is_open_by_either_of_its_names(plan, tmp_path, beside):
    (tmp_path / "desk").mkdir()
    link = tmp_path / "desk" / "plan.xlsm"
    link.symlink_to(plan)
    where = link if beside == "link" else plan
    where.with_name(f"~${where.name}").write_bytes(b"\x03Ada")
    with pytest.raises(OutputError, match=r"open in Excel \(by Ada\)"):
        save(link)
    assert plan.read_bytes() == OLD


def test_opened_while_it_was_being_backed_up_is_refused(plan, monkeypatch):
    back_up, owner = saving._back_up, plan.with_name(f"~${plan.name}")

    def then_open(*given: Any) -> None:
        back_up(*given)
        owner.write_bytes(b"\x03Ada")

    monkeypatch.setattr(saving, "_back_up", then_open)
    with pytest.raises(OutputError, match=r"open in Excel \(by Ada\)"):
        save(plan)
    assert plan.read_bytes() == OLD
    assert listing(plan.parent) == [plan.name, owner.name]


def test_a_name_too_long_for_an_owner_file_is_not_open(tmp_path):
    refuse_if_open(tmp_path / f"{'p' * 249}.xlsx")


def test_opened_while_it_is_being_written_is_refused(plan):
    owner = plan.with_name(f"~${plan.name}")

    def write(beside: Path) -> None:
        beside.write_bytes(NEW)
        owner.write_bytes(b"\x03Ada")

    with pytest.raises(OutputError, match=r"open in Excel \(by Ada\)"):
        save(plan, write=write)
    assert plan.read_bytes() == OLD
    assert listing(plan.parent) == [plan.name, owner.name]


def test_changed_since_it_was_read_is_refused(plan):
    read = fingerprint(plan)
    plan.write_bytes(OLD.upper())  # the same length
    os.utime(plan, (10**9, 10**9))
    written = []
    said = refusal(plan, ChangedError, digest=read, write=written.append)
    assert written == []  # no work is done in vain
    assert "was changed after agsxl read it (it was last saved on " in said and "2001" in said


def test_changed_while_it_is_being_written_is_refused(plan):
    def write(beside: Path) -> None:
        beside.write_bytes(NEW)
        plan.write_bytes(b"Ada's changes")

    with pytest.raises(ChangedError, match="was changed after agsxl read it"):
        save(plan, write=write)
    assert plan.read_bytes() == b"Ada's changes"
    assert listing(plan.parent) == [plan.name]


def test_changed_after_it_was_backed_up_is_refused(plan, monkeypatch):
    back_up = saving._back_up

    def then_change(*given: Any) -> None:
        back_up(*given)
        plan.write_bytes(b"Ada's changes")

    monkeypatch.setattr(saving, "_back_up", then_change)
    with pytest.raises(ChangedError, match="was changed after agsxl read it"):
        save(plan)
    assert plan.read_bytes() == b"Ada's changes"
    assert listing(plan.parent) == [plan.name]


def test_deleted_while_it_is_being_written_is_refused(plan):
    def write(beside: Path) -> None:
        beside.write_bytes(NEW)
        plan.unlink()

    with pytest.raises(ChangedError, match="was moved or deleted after agsxl read it"):
        save(plan, write=write)
    assert listing(plan.parent) == []


def test_a_new_date_alone_is_no_change(plan):
    """A program that keeps folders alike on two computers puts new dates on files."""
    read = fingerprint(plan)
    os.utime(plan, (10**9, 10**9))
    save(plan, digest=read)
    assert plan.read_bytes() == NEW


def test_a_read_only_workbook_is_refused_also_for_an_administrator(plan):
    plan.chmod(0o444)
    assert "is read-only, so nothing was written; take the read-only mark off" in refusal(plan)


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path):
    read = fingerprint(OLD)
    with pytest.raises(OutputError, match=r"^There is no file .*plan.xlsx; check the name"):
        save(tmp_path / "plan.xlsx", digest=read)
    with pytest.raises(OutputError, match="is a folder; name the workbook's own file"):
        save(tmp_path, digest=read)
    assert listing(tmp_path) == []


@contextmanager
def as_somebody_else() -> Iterator[Path]:
    """A folder for somebody who is no administrator, and being that person."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    root = os.geteuid() == 0
    try:
        if root:
            os.chown(folder, 65534, 65534)
            os.setresuid(65534, 65534, 0)
        yield folder
    finally:
        if root:
            os.setresuid(0, 0, 0)
        for inner in (folder, *folder.rglob("*")):
            if inner.is_dir():
                inner.chmod(0o700)
        shutil.rmtree(folder)


@unix
def test_a_folder_where_one_may_not_write_is_refused():
    with as_somebody_else() as folder:
        plan = folder / "plan.xlsx"
        plan.write_bytes(OLD)
        folder.chmod(0o500)
        assert f"you may not write in the folder {folder}" in refusal(plan)


@unix
def test_a_backup_folder_where_one_may_not_write_is_refused():
    with as_somebody_else() as folder:
        plan = folder / "plan.xlsx"
        plan.write_bytes(OLD)
        (folder / "plan backups").mkdir(mode=0o500)
        said = refusal(plan)
        assert (
            f"its backup cannot be written into {folder / 'plan backups'} (Permission denied)"
            in said
        )


def test_a_file_where_the_backup_folder_should_be_is_refused(plan):
    plan.with_name("action plan backups").write_text("a file")
    assert "its backup cannot be written into" in refusal(plan)


def test_the_rights_of_others_do_not_make_a_workbook_writable():
    if sys.platform == "win32" or os.geteuid() != 0:
        pytest.skip("only the administrator can make a file that belongs to another")
    with as_somebody_else() as folder:
        plan = folder / "plan.xlsx"
        plan.write_bytes(OLD)
        os.setresuid(0, 0, 0)
        os.chown(plan, 0, 0)
        plan.chmod(0o644)
        os.setresuid(65534, 65534, 0)
        assert "is read-only" in refusal(plan)


# -- faults ------------------------------------------------------------------------------------


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk(plan, monkeypatch):
    assert "there is no room on its disk; free some space" in refusal(plan, write=full)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", full)
        assert "its backup cannot be written into" in refusal(plan)
        assert "(there is no room)" in refusal(plan)


def test_a_backup_that_does_not_read_back_as_written(plan, monkeypatch):
    monkeypatch.setattr(shutil, "copyfileobj", lambda old, new, piece: new.write(OLD[:-1] + b"?"))
    assert "does not read back as it was written; the disk may be failing" in refusal(plan)


def test_a_file_that_is_not_what_was_wanted(plan):
    def verify(beside: Path) -> None:
        raise OutputError(f"{plan.name} would have lost a comment; nothing was written.")

    assert "would have lost a comment" in refusal(plan, verify=verify)

    def crash(beside: Path) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        save(plan, verify=crash)
    assert plan.read_bytes() == OLD and listing(plan.parent) == [plan.name]


def held(*_: object) -> None:
    raise PermissionError(errno.EACCES, "Access is denied")


def test_a_workbook_that_windows_will_not_replace(plan, monkeypatch):
    monkeypatch.setattr(os, "replace", held)
    assert "because another program has it open, or you may not replace it" in refusal(plan)


def test_a_scanner_that_holds_the_new_file_for_a_moment_is_waited_for(plan, monkeypatch):
    replace, tries = os.replace, []

    def replace_third_time(old: Path, new: Path) -> None:
        tries.append(new)
        if len(tries) < 3:
            held()
        replace(old, new)

    monkeypatch.setattr(saving, "_WAITS", (0.0, 0.0))
    monkeypatch.setattr(os, "replace", replace_third_time)
    save(plan)
    assert plan.read_bytes() == NEW and len(tries) == 3


def test_a_folder_that_knows_no_locks_is_refused(plan, monkeypatch):
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(saving.fcntl, "flock", unknown)
    assert f"the folder {plan.parent} knows no locks" in refusal(plan)


FAULTS: dict[str, Callable[[], BaseException]] = {
    "disk full": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "no right": lambda: PermissionError(errno.EACCES, "Permission denied"),
    "bad disk": lambda: OSError(errno.EIO, "Input/output error"),
    "Ctrl+C": lambda: KeyboardInterrupt(),
}
OF_THE_SYSTEM = {"posix", "nt", "fcntl", "_io", "io"}


@contextmanager
def failing_at(step: int, fault: Callable[[], BaseException] | None) -> Iterator[list[str]]:
    """Let the n-th call of the operating system fail instead of being made. Lists those seen."""
    seen: list[str] = []

    def watch(frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call":
            return
        owner = (
            getattr(called, "__module__", None)
            or type(getattr(called, "__self__", None)).__module__
        )
        if owner not in OF_THE_SYSTEM or called.__name__ in ("fspath", "fileno", "__exit__"):
            return
        seen.append(called.__name__)
        if fault is not None and len(seen) == step:
            raise fault()

    sys.setprofile(watch)
    try:
        yield seen
    finally:
        sys.setprofile(None)


def beside(path: Path) -> None:
    """As ``Path.write_bytes``, in calls of the operating system that can fail one by one."""
    with path.open("wb") as file:
        file.write(NEW)
        file.flush()


def count_of_steps(folder: Path) -> tuple[int, int]:
    """How many steps there are, and up to which it is not certain that the lock is ours."""
    plan = folder / "plan.xlsx"
    plan.write_bytes(OLD)
    read = fingerprint(plan)
    with failing_at(0, None) as seen:
        save(plan, write=beside, digest=read)
    assert {"replace", "rename", "fsync", "flock", "open", "mkdir", "unlink"} <= set(seen)
    return len(seen), seen.index("stat", seen.index("flock")) + 1


@unix
@pytest.mark.parametrize("kind", FAULTS)
def test_whatever_step_fails_the_workbook_is_whole_and_nothing_lies_about(quick, kind):
    first = quick / "count"
    first.mkdir()
    steps, held = count_of_steps(first)
    refused = 0
    for step in range(1, steps + 1):
        folder = quick / f"{step}"
        folder.mkdir()
        plan = folder / "plan.xlsx"
        plan.write_bytes(OLD)
        read = fingerprint(plan)
        caught: BaseException | None = None
        with failing_at(step, FAULTS[kind]) as seen:
            try:
                save(plan, write=beside, digest=read)
            except (OutputError, KeyboardInterrupt) as fault:
                caught = fault
        where = f"step {step}, {seen[step - 1]}"
        there = plan.read_bytes()
        assert there in (OLD, NEW), where
        if kind != "Ctrl+C":  # a fault that was said left the old file, one that was not, the new
            assert there == (OLD if caught else NEW), where
        refused += caught is not None
        if there == NEW:
            assert [backup.read_bytes() for backup in backups_of(plan)] == [OLD], where
        if seen[step - 1] not in ("unlink", "rmdir", "remove"):
            expected = ["plan.xlsx"] if there == OLD else ["plan backups", "plan.xlsx"]
            there = names_in(folder)
            if step <= held:  # perhaps another run's lock, so that it stays until the next run
                there = [name for name in there if name != f".agsxl-{saving._mark(plan)}.lock"]
            assert there == expected, where
        save(plan, b"the next time")
        assert plan.read_bytes() == b"the next time", where
        assert names_in(folder) == ["plan backups", "plan.xlsx"], where
        assert not [name for name in listing(folder) if ".agsxl" in name], where
    assert refused > steps / 3


@unix
def test_ctrl_c_on_any_line_leaves_the_workbook_whole(quick):
    """Also where no step of the operating system is at work, and while it is being tidied up."""
    plan = quick / "plan.xlsx"
    line = 0
    interrupted = True
    while interrupted:
        line += 1
        plan.write_bytes(OLD)
        read = fingerprint(plan)
        with stopping_at(line, lambda: (_ for _ in ()).throw(KeyboardInterrupt)):
            try:
                save(plan, digest=read)
                interrupted = False
            except KeyboardInterrupt:
                pass
        there = plan.read_bytes()
        assert there in (OLD, NEW), line
        if there == NEW:
            assert OLD in [backup.read_bytes() for backup in backups_of(plan)], line
        save(plan, b"the next time")
        assert plan.read_bytes() == b"the next time"
        assert names_in(quick) == ["plan backups", "plan.xlsx"], line
        shutil.rmtree(quick / "plan backups")
    assert line > 150


@contextmanager
def stopping_at(line: int, stop: Callable[[], object]) -> Iterator[None]:
    """Call ``stop`` before the n-th line of saving.py that runs."""
    count = 0

    def watch(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if frame.f_code.co_filename != saving.__file__:
            return None
        if event == "line":
            count += 1
            if count == line:
                stop()
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        yield
    finally:
        sys.settrace(before)


# -- two runs at once --------------------------------------------------------------------------


@unix
def test_a_second_run_is_refused_at_once_and_a_killed_one_is_in_nobodys_way(plan):
    ready, locked = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with saving._lock(plan):
                os.write(locked, b".")
                time.sleep(60)
        finally:
            os._exit(1)
    os.read(ready, 1)
    begun = time.perf_counter()
    said = refusal(plan)
    assert time.perf_counter() - begun < 2
    assert said == (
        f"{plan.name} is being updated by another run of agsxl; wait a moment and try again."
    )
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    save(plan)
    assert listing(plan.parent)[0] == "action plan backups" and plan.read_bytes() == NEW
    assert not [name for name in listing(plan.parent) if ".agsxl" in name]


def test_a_second_run_in_the_same_program_is_refused(plan):
    def write(beside: Path) -> None:
        with pytest.raises(OutputError, match="is being updated by another run of agsxl"):
            save(plan)
        beside.write_bytes(NEW)

    save(plan, write=write)
    assert plan.read_bytes() == NEW


def test_only_one_run_at_a_time_holds_the_lock(plan):
    """Many threads, each taking and leaving the lock: the file of the lock comes and goes."""
    inside, most, times, stop = 0, 0, 0, time.monotonic() + 1.5
    count = threading.Lock()

    def work() -> None:
        nonlocal inside, most, times
        while time.monotonic() < stop:
            try:
                with saving._lock(plan):
                    with count:
                        inside += 1
                        most, times = max(most, inside), times + 1
                    time.sleep(0)
                    with count:
                        inside -= 1
            except OutputError:
                time.sleep(0)

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switch)
    assert most == 1 and times > 50


@unix
def test_a_lock_that_was_deleted_between_opening_and_locking_is_not_believed(plan, monkeypatch):
    """What the run before did: it deleted its lock just when this run had opened it."""
    flock, opened = saving.fcntl.flock, []

    def late(file: Any, how: int) -> None:
        if not opened:
            Path(file.name).unlink()
        opened.append(os.fstat(file.fileno()).st_nlink)
        flock(file, how)

    monkeypatch.setattr(saving.fcntl, "flock", late)
    save(plan)
    assert opened == [0, 1]


@unix
def test_anybody_may_take_over_the_lock_that_a_crash_left_behind(plan):
    before = os.umask(0o077)
    try:
        with saving._lock(plan):
            (lock,) = plan.parent.glob(".agsxl-*.lock")
            assert stat.S_IMODE(lock.stat().st_mode) == 0o666
    finally:
        os.umask(before)


# -- what a crashed run left -------------------------------------------------------------------


def test_leftovers_of_a_crashed_run_are_cleared_and_nothing_else(plan):
    backups = plan.with_name("action plan backups")
    backups.mkdir()
    mark = saving._mark(plan)
    other = saving._mark(plan.with_name("other plan.xlsm"))
    ours = [plan.with_name(f".agsxl-{mark}-0123abcd.tmp"), backups / f".agsxl-{mark}-89abcdef.tmp"]
    theirs = [
        plan.with_name(f".agsxl-{other}-0123abcd.tmp"),
        plan.with_name(f".agsxl-{mark}-0123abcd.tmp.xlsx"),
        plan.with_name(f".agsxl-{mark}-notes.tmp"),
        plan.with_name("~agsxl-77.tmp"),
    ]
    for file in ours + theirs:
        file.write_bytes(b"half a workbook")
    save(plan)
    assert not any(file.exists() for file in ours)
    assert all(file.exists() for file in theirs)


def test_leftovers_are_not_touched_while_another_run_is_at_work(plan):
    leftover = plan.with_name(f".agsxl-{saving._mark(plan)}-0123abcd.tmp")
    leftover.write_bytes(b"another run is writing this")
    with saving._lock(plan), pytest.raises(OutputError):
        save(plan)
    assert leftover.exists()


def test_marks_tell_workbooks_apart_but_not_spellings_of_one_name(tmp_path):
    assert saving._mark(tmp_path / "Plan.XLSX") == saving._mark(tmp_path / "plan.xlsx")
    assert saving._mark(tmp_path / "caf\u00e9.xlsx") == saving._mark(tmp_path / "cafe\u0301.xlsx")
    assert saving._mark(tmp_path / "plan.xlsx") != saving._mark(tmp_path / "plan.xlsm")


def test_a_name_of_the_greatest_length_can_be_saved(tmp_path):
    path = tmp_path / f"{'p' * 225}.xlsx"
    path.write_bytes(OLD)
    save(path)
    assert path.read_bytes() == NEW


# -- backups -----------------------------------------------------------------------------------


def names(plan: Path) -> list[str]:
    return [re.sub(r"^action plan ", "", backup.stem) for backup in backups_of(plan)]


def test_backups_of_the_same_second_are_told_apart(plan):
    for number in range(12):
        save(plan, f"{number}".encode(), kept=20)
    assert names(plan)[:3] == [
        "2026-09-30 120000-12",
        "2026-09-30 120000-11",
        "2026-09-30 120000-10",
    ]
    assert names(plan)[-2:] == ["2026-09-30 120000-2", "2026-09-30 120000"]
    assert [backup.read_bytes() for backup in backups_of(plan)][:2] == [b"10", b"9"]


def test_only_the_newest_backups_are_kept(plan):
    for day in range(1, 8):
        save(plan, f"{day}".encode(), kept=3, now=datetime(2026, 9, day))
    assert names(plan) == ["2026-09-07 000000", "2026-09-06 000000", "2026-09-05 000000"]
    save(plan, kept=1, now=datetime(2026, 9, 8))
    assert names(plan) == ["2026-09-08 000000"]


def test_the_backup_just_made_is_kept_though_the_clock_was_put_back(plan):
    save(plan, b"summer", kept=1, now=datetime(2026, 10, 25, 1, 50))
    save(plan, b"winter", kept=1, now=datetime(2026, 10, 25, 1, 10))
    assert [backup.read_bytes() for backup in backups_of(plan)] == [b"summer"]


def test_with_no_backups_kept_none_is_made_and_none_deleted(plan):
    assert save(plan, kept=0).backup is None
    assert listing(plan.parent) == [plan.name]
    save(plan)
    save(plan, kept=0)
    assert names(plan) == ["2026-09-30 120000"]


def test_only_files_named_as_agsxl_names_them_are_ever_deleted(plan):
    folder = plan.with_name("action plan backups")
    folder.mkdir()
    others = [
        "action plan 2016-09-30 120000 before the audit.xlsm",
        "Copy of action plan 2016-09-30 120000.xlsm",
        "action plan 2016-09-30.xlsm",
        "action plan 2016-09-30 120000.xlsx",
        "Action plan 2016-09-30 120000.xlsm",
        "other plan 2016-09-30 120000.xlsm",
        "action plan 2016-09-30 120000.xlsm.lnk",
    ]
    for name in others:
        (folder / name).write_bytes(OLD)
    (folder / "action plan 2015-01-01 000000.xlsm").mkdir()
    for day in range(1, 5):
        save(plan, f"{day}".encode(), kept=1, now=datetime(2026, 9, day))
    assert names(plan) == ["2026-09-04 000000"]
    assert all((folder / name).exists() for name in others)
    assert (folder / "action plan 2015-01-01 000000.xlsm").is_dir()


def test_a_backup_that_cannot_be_deleted_does_not_stop_anything(plan, monkeypatch):
    save(plan, now=datetime(2026, 9, 1))
    unlink = Path.unlink

    def stuck(path: Path, missing_ok: bool = False) -> None:
        if path.parent.name.endswith("backups"):
            held()
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", stuck)
    save(plan, b"second", kept=1)
    assert plan.read_bytes() == b"second" and len(backups_of(plan)) == 2


def test_a_plan_without_backups_has_none(plan):
    assert backups_of(plan) == []


def test_modes_of_backups_are_those_of_the_workbook(plan):
    if sys.platform != "win32":
        plan.chmod(0o640)
        assert stat.S_IMODE(save(plan).backup.stat().st_mode) == 0o640
