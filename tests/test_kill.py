"""A save that is killed, at every line and at random instants: the workbook is whole, and the next save works.

Killing the process takes away nothing but the process: what it had handed to the operating system
stands. That the new contents are on the disk before they take the old one's place, so that a power cut
loses nothing either, is shown by the order of the steps in test_saving.py.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agsxl.edits import CellEdit, ChangeSet
from agsxl.excel import saving
from agsxl.excel.file import open_book
from agsxl.excel.saving import backups_of, fingerprint, replace_file
from tests.books import write_book
from tests.folders import quick_folder

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that can fork")

LONGEST = 0.03  # seconds before a kill; a save takes about a fifth of it
KILLS = 250


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[Path]:
    with quick_folder(tmp_path) as folder:
        yield write_book(folder / "plan.xlsx", {"Plan": [["Ref", "Status"], ["A1", "On target"]]})


def child(work: Callable[[], object]) -> int:
    """Start a process that does ``work``, silently."""
    process = os.fork()
    if process:
        return process
    try:
        work()
        os._exit(0)
    finally:
        os._exit(1)


def ended(process: int) -> bool:
    """Wait for a process; whether it was killed."""
    _, status = os.waitpid(process, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def litter(plan: Path) -> list[str]:
    """What lies beside the plan that an officer did not put there, the folder of backups apart."""
    return [
        path.name
        for folder in (plan.parent, plan.with_name("plan backups"))
        if folder.exists()
        for path in folder.iterdir()
        if path.name not in ("plan.xlsx", "plan backups") and path not in backups_of(plan)
    ]


def put(plan: Path, contents: bytes) -> None:
    """Save ``contents`` in the plan's place."""

    def verify(beside: Path) -> None:
        assert beside.read_bytes() == contents

    replace_file(
        plan,
        write=lambda beside: beside.write_bytes(contents),
        verify=verify,
        digest=fingerprint(plan),
        backups_kept=2,
    )


def check(plan: Path, allowed: tuple[bytes, ...], where: object) -> bytes:
    there = plan.read_bytes()
    assert there in allowed, where
    assert all(backup.read_bytes() in allowed for backup in backups_of(plan)), where
    return there


def test_killed_at_any_line_of_a_save(plan):
    old = plan.read_bytes()
    new = old + b"and more"
    found = {old: 0, new: 0}
    line, killed, untidy = 0, True, 0
    while killed:
        line += 1
        plan.write_bytes(old)
        killed = ended(child(lambda number=line: die_at(number, lambda: put(plan, new))))
        there = check(plan, (old, new), line)
        found[there] += 1
        if there == new:
            assert old in [backup.read_bytes() for backup in backups_of(plan)], line
        untidy += bool(litter(plan))
        put(plan, old)
        assert plan.read_bytes() == old and litter(plan) == [], line
    assert there == new and found[old] > 100 and found[new] > 10 and untidy > 50


def die_at(number: int, work: Callable[[], object]) -> None:
    """Do ``work``, and die before the n-th line of saving.py."""
    count = 0

    def watch(frame: Any, event: str, _: object) -> Any:
        nonlocal count
        if frame.f_code.co_filename != saving.__file__:
            return None
        count += event == "line"
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return watch

    sys.settrace(watch)
    work()


def kill_again_and_again(
    plan: Path, states: tuple[bytes, bytes], save: Callable[[Path, int], object]
) -> None:
    """Kill a process that puts the plan into one state and the other, at random instants."""

    def work() -> None:
        number = states.index(plan.read_bytes())
        while True:
            number = 1 - number
            save(plan, number)

    seen, untidy = set(), 0
    for kill in range(KILLS):
        process = child(work)
        time.sleep(random.uniform(0, LONGEST))
        os.kill(process, signal.SIGKILL)
        assert ended(process), "the child stopped by itself: it could not save"
        there = check(plan, states, kill)
        seen.add(there)
        untidy += bool(litter(plan))
        save(plan, 1 - states.index(there))
        assert plan.read_bytes() == states[1 - states.index(there)], kill
        assert litter(plan) == [], kill
    assert seen == set(states) and untidy > KILLS / 20


def test_killed_at_random_instants(plan):
    first = plan.read_bytes()
    states = (first, first * 3)
    kill_again_and_again(plan, states, lambda plan, number: put(plan, states[number]))


WORDS = ("On target", "Complete")


def set_status(plan: Path, number: int) -> None:
    """The status of A1 in the closed workbook, as ``agsxl`` sets it."""
    with open_book(plan, backups_kept=2) as book:
        edit = CellEdit("Plan", "B2", expected=book.read("Plan").value("B2"), new=WORDS[number])
        book.apply(ChangeSet((edit,)))


def test_killed_at_random_instants_of_an_edit(plan):
    set_status(plan, 1)
    complete = plan.read_bytes()
    set_status(plan, 0)
    states = (plan.read_bytes(), complete)
    set_status(plan, 1)
    assert plan.read_bytes() == complete  # the same edit writes the same bytes
    kill_again_and_again(plan, states, set_status)
