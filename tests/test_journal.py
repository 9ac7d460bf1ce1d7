"""The note of what is being sent: whatever happens to a run, nothing is sent twice."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agsxl.errors import OutputError, SourceError
from agsxl.mail import journal as journal_module
from agsxl.mail import smtp, ways
from agsxl.mail.journal import Journal
from agsxl.mail.messages import Message
from agsxl.mail.smtp import Smtp
from agsxl.mail.ways import Result, State, send_all
from tests.folders import quick_folder
from tests.mailserver import NOW, message

SENT, FAILED, UNKNOWN = State.SENT, State.FAILED, State.UNKNOWN
LEAD = "September 2026, Ann Lee, first"
unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such thing")


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[Path]:
    with quick_folder(tmp_path) as folder:
        path = folder / "action plan.xlsm"
        path.write_bytes(b"the plan")
        yield path


def note_of(plan: Path) -> Path:
    return plan.with_name(".action plan.xlsm.sending")


def result(state: State, key: str = LEAD) -> Result:
    return Result(key, state, when=NOW)


# -- what a run leaves, and what the next one makes of it --------------------------------------


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        # what the run before noted        what the next run takes it for
        ([], None),
        (["begun"], UNKNOWN),
        (["begun", SENT], SENT),
        (["begun", FAILED], FAILED),
        (["begun", UNKNOWN], UNKNOWN),
        ([FAILED], FAILED),
        (["begun", FAILED, "begun"], UNKNOWN),
        (["begun", FAILED, "begun", SENT], SENT),
    ],
)
def test_what_the_next_run_knows(plan, lines, state):
    with Journal.open(plan) as journal:
        for line in lines:
            if line == "begun":
                journal.begin(LEAD, NOW)
            else:
                journal.end(result(line))
        here = journal.result(LEAD)
    with Journal.open(plan) as journal:
        there = journal.result(LEAD)
        assert here == there
        assert (there and there.state) == state
        assert journal.result("another") is None
        assert journal.results(["another", LEAD]) == ((there,) if there else ())
        if there:
            assert there.when == NOW and there.key == LEAD
            assert (there.why == "") == (state is SENT)


def test_only_what_is_logged_is_forgotten(plan):
    assert not Journal.is_there(plan)
    with Journal.open(plan) as journal:
        journal.begin(LEAD, NOW)
    assert note_of(plan).exists() and Journal.is_there(plan)
    with Journal.open(plan) as journal:
        journal.close_when_logged()
    assert not Journal.is_there(plan)
    assert [path.name for path in plan.parent.iterdir()] == [plan.name]


def test_a_run_that_sends_nothing_leaves_nothing(plan):
    with Journal.open(plan) as journal:
        assert note_of(plan).exists()  # it is the lock as well
        journal.close()
    assert not note_of(plan).exists()


def test_no_name_and_no_address_is_in_it(plan):
    with Journal.open(plan) as journal:
        journal.begin(LEAD, NOW)
        journal.end(Result(LEAD, FAILED, "refused ann.lee@x.example", ("ann.lee@x.example",), NOW))
        text = note_of(plan).read_text("ascii")
    assert "Lee" not in text and "@" not in text and "refused" not in text
    assert LEAD.encode().hex()[:12] not in text  # nor in letters that say the same
    first, begun, failed = text.splitlines()
    assert first.startswith("agsxl keeps here what it is sending")
    assert begun.split()[0::2] == ["begun", "2026-10-01T09:30:00+01:00"]
    assert failed.split() == ["failed", *begun.split()[1:]]


def test_a_link_to_the_plan_leads_to_the_same_note(plan, tmp_path):
    link = tmp_path / "link.xlsm"
    link.symlink_to(plan)
    with Journal.open(link) as journal:
        journal.begin(LEAD, NOW)
    assert note_of(plan).exists() and Journal.is_there(link)


def test_each_line_is_on_the_disk_before_anything_goes_on(plan, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_size))
    with Journal.open(plan) as journal:
        journal.begin(LEAD, NOW)
        assert synced[0] == note_of(plan).stat().st_size > 0
        assert len(synced) == 2  # and the folder, in which its name stands
        journal.end(result(SENT))
        assert synced[2:] == [note_of(plan).stat().st_size]


# -- torn and damaged --------------------------------------------------------------------------


def begun_and_sent(plan: Path) -> bytes:
    with Journal.open(plan) as journal:
        for key in ("one", "two"):
            journal.begin(key, NOW)
            journal.end(result(SENT, key))
    return note_of(plan).read_bytes()


def test_a_line_torn_at_any_letter(plan):
    """A torn line had not been reached when the run ended: the line before it is the last word."""
    whole = begun_and_sent(plan)
    ends = [at for at, letter in enumerate(whole, start=1) if letter == 10]
    expected = [(None, None), (UNKNOWN, None), (SENT, None), (SENT, UNKNOWN), (SENT, SENT)]
    for cut in range(len(whole) + 1):
        for torn in (whole[:cut], whole[:cut] + b"\0" * 30):
            note_of(plan).write_bytes(torn)
            with Journal.open(plan) as journal:
                found = [journal.result(key) for key in ("one", "two")]
                lines = max(sum(end <= cut for end in ends) - 1, 0)
                assert tuple(r and r.state for r in found) == expected[lines], cut
                journal.begin("three", NOW)  # the next line is not glued to the torn one
            with Journal.open(plan) as journal:
                assert journal.results(["three"]) == (
                    Result("three", UNKNOWN, ways.BROKEN_OFF, when=NOW),
                )
                assert [journal.result(key) for key in ("one", "two")] == found


@pytest.mark.parametrize("line", [0, 1, 2, 3])
def test_a_damaged_line_is_never_passed_over(plan, line):
    lines = begun_and_sent(plan).splitlines(keepends=True)
    lines[line] = b"?" + lines[line][1:]
    note_of(plan).write_bytes(b"".join(lines))
    with pytest.raises(SourceError, match=f"damaged in line {line + 1}"):
        Journal.open(plan)
    assert note_of(plan).read_bytes() == b"".join(lines)
    note_of(plan).unlink()
    Journal.open(plan).close()  # and what refused it has let go


KEYS = st.sampled_from(["one", "two", "three"])
STEPS = st.lists(st.tuples(KEYS, st.sampled_from(["begun", SENT, FAILED, UNKNOWN])), max_size=12)


@given(steps=STEPS, cut=st.integers(0, 2000))
def test_wherever_it_is_cut_it_says_what_the_whole_lines_say(tmp_path_factory, steps, cut):
    plan = tmp_path_factory.getbasetemp() / "cut plan.xlsx"
    place = plan.with_name(f".{plan.name}.sending")
    place.unlink(missing_ok=True)
    after = []  # what is known after each line, and how long the file is then
    known: dict[str, State] = {}
    with Journal.open(plan) as journal:
        for key, step in steps:
            if isinstance(step, State):
                journal.end(result(step, key))
                known[key] = step
            else:
                journal.begin(key, NOW)
                known[key] = UNKNOWN
            after.append((place.stat().st_size, dict(known)))
    if steps:
        place.write_bytes(place.read_bytes()[:cut])
    expected = [then for size, then in after if size <= cut]
    with Journal.open(plan) as journal:
        found = {r.key: r.state for r in journal.results(["one", "two", "three"])}
    assert found == (expected[-1] if expected else {})


# -- what stands in the way --------------------------------------------------------------------


def test_two_runs_at_once_are_refused(plan):
    with Journal.open(plan) as journal:
        for _ in range(2):
            with pytest.raises(OutputError, match=r"Another run .* of action plan\.xlsm; wait"):
                Journal.open(plan)
        journal.begin(LEAD, NOW)
    with Journal.open(plan) as journal:
        assert journal.results([LEAD])


@unix
def test_a_note_deleted_while_it_was_opened_is_begun_anew(plan, monkeypatch):
    """Else two runs could each hold a file of that name, one of them seen by nobody."""
    first = Journal.open(plan)
    grip, gripped = journal_module._grip, []

    def late(file: Any, path: Path) -> bool:
        if not gripped:
            first.close()  # just between the other's opening the file and gripping it
        gripped.append(file)
        return grip(file, path)

    monkeypatch.setattr(journal_module, "_grip", late)
    with Journal.open(plan) as second:
        second.begin(LEAD, NOW)
        assert len(gripped) == 2
        monkeypatch.setattr(journal_module, "_grip", grip)
        with pytest.raises(OutputError):
            Journal.open(plan)
    with Journal.open(plan) as third:
        assert third.results([LEAD])


@unix
def test_a_folder_that_knows_no_locks(plan, monkeypatch):
    files = []

    def none(file: Any, _: object) -> None:
        files.append(file)
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(journal_module.fcntl, "flock", none)
    with pytest.raises(OutputError, match="knows no locks"):
        Journal.open(plan)
    assert files[0].closed


def test_a_folder_in_which_nothing_can_be_written(plan):
    with pytest.raises(
        OutputError, match=r"cannot be written .* agsxl sends nothing that it cannot"
    ):
        Journal.open(plan.parent / "no such folder" / "plan.xlsx")


class Short:
    """A file on a disk that takes so many bytes more and no more."""

    def __init__(self, file: Any, room: int) -> None:
        self.file, self.room = file, room

    def write(self, data: bytes) -> int:
        taken: int = self.file.write(data[: self.room])
        self.room -= taken
        return taken

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


@pytest.mark.parametrize("room", [0, 1, 50])
def test_a_full_disk_stops_the_sending_and_leaves_whole_lines(plan, room):
    with Journal.open(plan) as journal:
        journal.begin("one", NOW)
        before = note_of(plan).read_bytes()
        journal._file = Short(journal._file, room)  # type: ignore[assignment]
        with pytest.raises(OutputError, match=r"Free some space .* nothing is sent twice"):
            journal.begin("two", NOW)
        assert note_of(plan).read_bytes() == before
        assert journal.result("two") is None
        journal._file = journal._file.file  # there is room again
        journal.end(result(SENT, "one"))
    with Journal.open(plan) as journal:
        assert [r.state for r in journal.results(["one", "two"])] == [SENT]


# -- killed ------------------------------------------------------------------------------------

MESSAGES = [message(number) for number in (1, 2, 3)]
KEY_OF = {each.message_id: each.key for each in MESSAGES}


class Elsewhere(NamedTuple):
    """A mail server in a process of its own: here processes are killed."""

    port: int
    log: Path

    def arrived(self) -> Counter[str]:
        lines = self.log.read_text("ascii").splitlines() if self.log.exists() else []
        return Counter(KEY_OF[line] for line in lines)


@pytest.fixture
def elsewhere(plan: Path) -> Iterator[Elsewhere]:
    log = plan.with_name("arrived.txt")
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.mailserver", str(log), "dot: sleep 0.002"],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin and server.stdout
    try:
        yield Elsewhere(int(server.stdout.readline()), log)
    finally:
        server.stdin.close()
        server.wait(10)
        server.stdout.close()


def clock() -> datetime:
    return datetime.now().astimezone()


def run(plan: Path, port: int, messages: Sequence[Message] = MESSAGES) -> list[Result]:
    """What ``agsxl chase --send`` does, up to writing the chase log."""
    way = Smtp("127.0.0.1", port, security="none", timeout=10)
    with Journal.open(plan) as journal, closing(way):
        return list(send_all(messages, way, journal, now=clock))


def child(work: Callable[[], object]) -> int:
    process = os.fork()
    if process:
        return process
    try:
        work()
        os._exit(0)
    finally:
        os._exit(1)


def killed(process: int) -> bool:
    _, status = os.waitpid(process, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def judge(elsewhere: Elsewhere, results: list[Result], where: object) -> Counter[tuple[State, int]]:
    """Each message arrived once if it is said to be sent, and at most once if nobody can know."""
    arrived = elsewhere.arrived()
    found = Counter((each.state, arrived[each.key]) for each in results)
    assert set(found) <= {(SENT, 1), (UNKNOWN, 0), (UNKNOWN, 1)}, (where, found)
    return found


def settled(elsewhere: Elsewhere) -> None:
    """Wait until the server has noticed that the line of a killed process is gone."""
    before = None
    while before != (before := elsewhere.arrived()):
        time.sleep(0.01)


def start_afresh(plan: Path, elsewhere: Elsewhere) -> None:
    elsewhere.log.unlink(missing_ok=True)
    note_of(plan).unlink(missing_ok=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that can fork")
def test_killed_at_random_instants_and_run_again_until_it_is_done(plan, elsewhere):
    began = time.monotonic()
    run(plan, elsewhere.port)
    whole = time.monotonic() - began
    found: Counter[tuple[State, int]] = Counter()
    kills = 0
    while kills < 40:
        start_afresh(plan, elsewhere)
        dead = True
        while dead:
            process = child(partial(run, plan, elsewhere.port))
            time.sleep(random.uniform(0, 1.5 * whole))
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            dead = killed(process)
            kills += dead
        settled(elsewhere)
        results = run(plan, elsewhere.port)
        assert [each.key for each in results] == [each.key for each in MESSAGES]
        found += judge(elsewhere, results, kills)
    assert found[SENT, 1] > 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that can fork")
def test_killed_at_any_line_from_the_handing_over_to_the_note_of_its_end(plan, elsewhere):
    two = MESSAGES[:2]
    found: Counter[tuple[State, int]] = Counter()
    number, dead = 0, True
    while dead:
        number += 1
        start_afresh(plan, elsewhere)
        work = partial(run, plan, elsewhere.port, two)
        dead = killed(child(partial(die_at, number, work)))
        settled(elsewhere)
        results = run(plan, elsewhere.port, two)
        assert sum(each.state is UNKNOWN for each in results) <= 1, number
        found += judge(elsewhere, results, number)
    assert number > 100
    assert found[UNKNOWN, 0] > 5 and found[UNKNOWN, 1] > 5  # it died before the dot, and after


def die_at(number: int, work: Callable[[], object]) -> None:
    """Do ``work``, and die before the n-th line of what hands over and notes."""
    files = {smtp.__file__, ways.__file__, journal_module.__file__}
    steps = {
        "send_all",
        "send",
        "_hand_over",
        "_receive",
        "_begin",
        "begin",
        "end",
        "_write",
        "_append",
    }
    count = 0

    def watch(frame: Any, event: str, _: object) -> Any:
        nonlocal count
        if frame.f_code.co_filename not in files or frame.f_code.co_name not in steps:
            return None
        count += event == "line"
        if count >= number:
            os.kill(os.getpid(), signal.SIGKILL)
        return watch

    sys.settrace(watch)
    work()
