"""The buttons: each does one job on the open workbook and says one sentence, also when it cannot."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from agsxl import desk, macros, updating
from agsxl.edits import CellEdit, ChangeSet
from agsxl.errors import OutputError, SourceError
from agsxl.excel.file import open_book
from agsxl.excel.memory import MemoryBook
from agsxl.grid import Grid
from agsxl.settings import Settings
from agsxl.words import CHASERS, CHECKS, REPLIES, SLIPPAGE, spoken
from tests.books import write_book
from tests.plans import SAMPLE
from tests.test_updating import DAY, cell, plan, rows, the_month  # noqa: F401

TODAY = spoken(date.today())


class Window:
    """An open workbook as far as the buttons see it of xlwings: its window, one named cell."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.shown: list[str] = []
        self.alerts: list[tuple[str, str]] = []
        self.last_result = SimpleNamespace(value="Check began at 10:00")
        self.names = {macros.LAST_RESULT: SimpleNamespace(refers_to_range=self.last_result)}
        self.app = self
        self.sheets = self

    def __getitem__(self, sheet: str) -> SimpleNamespace:
        return SimpleNamespace(activate=lambda: self.shown.append(sheet))

    def alert(self, prompt: str, title: str, mode: str) -> None:
        assert title == "Action plan"
        self.alerts.append((mode, prompt))

    def __setattr__(self, name: str, value: object) -> None:
        if name == "status_bar":
            self.steps.append(value)
        else:
            super().__setattr__(name, value)


@pytest.fixture
def window(monkeypatch) -> Window:
    made = Window()
    monkeypatch.setattr(macros, "_caller", lambda: made)
    return made


@pytest.fixture
def pressed(monkeypatch, window, plan):  # noqa: F811
    """Presses a button on the plan: what was said, and the sheet that was shown."""

    def press(button, path: Path = plan) -> tuple[str, list[str]]:
        book = open_book(path)
        monkeypatch.setattr("agsxl.excel.live.LiveBook", lambda workbook: book)
        window.alerts.clear()
        window.shown.clear()
        window.steps.clear()
        button()
        ((mode, said),) = window.alerts
        assert window.last_result.value == said
        assert window.steps[-1] is False
        assert "Traceback" not in said and "\n" not in said
        return f"{mode}: {said}", window.shown

    return press


# -- what each says ----------------------------------------------------------------------------


def test_check_counts_what_it_found(pressed, plan):  # noqa: F811
    said, shown = pressed(macros.check)
    assert shown == [CHECKS]
    found = desk.check(desk.load_plan(plan), as_of=DAY)
    assert said.startswith(f"info: Check: {len(found)} data queries (")
    assert said.endswith(f" on {spoken(DAY)}.")
    for word, severity in (("must fix", "error"), ("should check", "warning")):
        number = sum(finding.severity == severity for finding in found)
        assert (f"{word}: {number}" in said) == bool(number)


def test_slippage_says_how_many_moved_and_how_far(pressed, plan, tmp_path):  # noqa: F811
    copy = tmp_path / "sample.xlsx"
    copy.write_bytes(SAMPLE.read_bytes())
    totals = desk.slippage(desk.load_plan(copy), as_of=DAY).totals
    assert totals.moved and totals.longest_days
    said, shown = pressed(macros.slippage, copy)
    assert shown == [SLIPPAGE]
    assert said.startswith(
        f"info: Slippage: {totals.moved} of {totals.milestones} milestones moved, the median by "
    )
    assert f"the longest by {totals.longest_days} days" in said


def test_chase_writes_drafts_and_says_that_nothing_is_sent(pressed, plan):  # noqa: F811
    said, shown = pressed(macros.chase)
    assert shown == [CHASERS]
    assert said.startswith(
        f"info: Chase: 2 SMT leads to be asked about 3 milestones on {spoken(DAY)}; the drafts are in the "
        "folder plan chasers 2017-09, with preview.html to look at, and nothing is sent yet"
    )
    assert "2 messages cannot go out yet, see Chasers for why" in said
    folder = plan.with_name("plan chasers 2017-09")
    assert list(folder.glob("**/*.eml"))
    assert (folder / "preview.html").exists()


def test_the_replies_are_read_written_and_taken_back(pressed, plan):  # noqa: F811
    sent = the_month(plan)
    folder = next(iter(sent.values())).parent
    folder.rename(plan.parent / "replies")
    before = cell(plan, "J2")

    said, shown = pressed(macros.read_replies)
    assert shown == [REPLIES]
    assert said == (
        f"info: Read replies: {len(sent)} returns read from the folder replies; 4 changes; decide 1 of "
        "them here, then press Update plan."
    )
    assert cell(plan, "J2") == before

    said, shown = pressed(macros.update_plan)
    assert shown == [REPLIES]
    assert said == (
        "info: Update plan: 2 changes written into the plan and logged; 1 to be decided here."
    )
    after = cell(plan, "J2")
    assert after != before

    said, _ = pressed(macros.update_plan)
    assert said.startswith("info: Update plan: nothing was decided that is to be written into")

    said, shown = pressed(macros.undo)
    assert shown == []
    assert said == f"info: Undo last update: 2 changes of {TODAY} taken back and logged."
    assert cell(plan, "J2") == before


def test_a_return_that_cannot_be_read_is_named(pressed, plan):  # noqa: F811
    (plan.parent / "replies").mkdir()
    (plan.parent / "replies" / "Finance.xlsx").write_bytes(b"no workbook")
    said, _ = pressed(macros.read_replies)
    assert said.startswith("info: Read replies: 0 returns read")
    assert "1 could not be read: " in said
    assert "Finance.xlsx" in said


def test_report_says_where_the_pack_is_and_what_it_was_compared_with(pressed, plan):  # noqa: F811
    said, shown = pressed(macros.report)
    assert shown == []
    assert said == (
        "info: Report: 0 of 3 milestones complete and 2 overdue on 30 September 2017; the pack is in the folder "
        "pack 2017-09-30; the plan is frozen as 'Report 30 September 2017'; plan.xlsx has no change log yet, so "
        "what changed since the last report is not known."
    )
    folder = plan.with_name("pack 2017-09-30")
    assert sorted(f.name for f in folder.iterdir()) == ["pack.docx", "pack.html", "pack.xlsx"]
    assert [copy.label for copy in updating.history_of(plan).snapshots][-1:] == [
        "Report 30 September 2017"
    ]

    said, _ = pressed(macros.report)  # something was put right, and it is pressed again
    assert "the plan is frozen as 'Report 30 September 2017 (2)'" in said

    with open_book(plan) as book:  # a month later
        at = next(
            f"B{n}"
            for n, row in enumerate(book.read("Settings").rows, 1)
            if "Reporting date" in row
        )
        edits = (
            CellEdit("Settings", at, DAY, date(2017, 10, 31)),
            CellEdit("Plan", "J2", "On target", "Complete"),
        )
        book.apply(ChangeSet(edits))
    said, _ = pressed(macros.report)
    assert said.startswith(
        "info: Report: 1 of 3 milestones complete and 1 overdue on 31 October 2017; the pack is in the folder "
        "pack 2017-10-31; compared with 30 September 2017 (frozen as 'Report 30 September 2017 (2)'); the plan is "
        "frozen as 'Report 31 October 2017'"
    )


def test_new_year_makes_the_next_plan_beside_this_one(pressed, plan):  # noqa: F811
    before = plan.read_bytes()
    said, shown = pressed(macros.new_year)
    assert shown == []
    assert said.startswith(
        "info: New year: the plan of 2018/19 is in plan 2018-19.xlsx; 3 open milestones carried into it and 0 "
        "left behind, each with why on its sheet Issues of last year; this workbook is not changed; "
    )
    assert plan.read_bytes() == before
    new = plan.with_name("plan 2018-19.xlsx")
    assert [m.ref for m in desk.load_plan(new).milestones] == ["A1", "A2", "B1"]

    made = new.read_bytes()
    said, _ = pressed(macros.new_year)
    assert said.startswith("critical: New year: ") and "plan 2018-19.xlsx" in said
    assert new.read_bytes() == made


def test_the_plan_of_a_year_is_followed_by_that_of_the_next(pressed, plan):  # noqa: F811
    named = plan.rename(plan.with_name("Wexcombe plan 2017-18.xlsx"))
    said, _ = pressed(macros.new_year, named)
    assert "the plan of 2018/19 is in Wexcombe plan 2018-19.xlsx" in said
    assert named.with_name("Wexcombe plan 2018-19.xlsx").exists()


def test_many_notes_are_counted_and_not_all_said(pressed, plan, monkeypatch):  # noqa: F811
    from dataclasses import replace

    from agsxl import packing, years

    rolled = years.roll(plan)
    rolled.file.unlink()
    notes = ("The first note.", "The second.", "The third.", "The fourth.", "The fifth.")
    for many, end in (
        (5, "the third; 2 more to know, which agsxl roll in a terminal says."),
        (3, "the third."),
        (0, "this workbook is not changed."),
    ):
        monkeypatch.setattr(
            years, "roll", lambda book, progress, many=many: replace(rolled, notes=notes[:many])
        )
        said, _ = pressed(macros.new_year)
        assert said.casefold().endswith(end.casefold())
    done = replace(packing.committee_pack(plan), notes=notes)
    monkeypatch.setattr(packing, "committee_pack", lambda book, **options: done)
    said, _ = pressed(macros.report)
    assert said.endswith("; The third; 2 more to know, which agsxl report in a terminal says.")


@pytest.mark.parametrize(
    ("button", "label"), [(macros.report, "Report"), (macros.new_year, "New year")]
)
def test_a_workbook_that_is_saved_nowhere_has_no_place_beside_it(
    window, monkeypatch, tmp_path, button, label
):
    """One that was never saved, or lies in the cloud."""
    monkeypatch.chdir(tmp_path)
    table = rows({"Ref": "A1"})
    book = MemoryBook({"Plan": table}, name="Book1")
    monkeypatch.setattr("agsxl.excel.live.LiveBook", lambda workbook: book)
    button()
    ((mode, said),) = window.alerts
    assert mode == "critical" and said.startswith(f"{label}: ") and "save it in a folder" in said
    assert window.shown == []
    assert book.sheets() == ["Plan"] and book.read("Plan").rows == Grid("Plan", table).rows
    assert list(tmp_path.iterdir()) == []


def test_help_says_that_python_answers(pressed):
    said, shown = pressed(macros.show_help)
    assert shown == ["Start"]
    assert said.startswith("info: Help: agsxl ")
    assert "agsxl addin doctor" in said


def test_the_status_bar_shows_the_steps(pressed, window):
    pressed(macros.check)
    assert "Check: Checking ..." in window.steps


# -- where it cannot go on ---------------------------------------------------------------------


def fails(fault: Exception):
    def job(book, progress):
        raise fault

    return job


def test_what_cannot_be_done_is_said_as_it_is_and_no_sheet_is_shown(pressed, monkeypatch):
    monkeypatch.setattr(macros, "_check", fails(OutputError("The sheet Checks is protected.")))
    assert pressed(macros.check) == ("critical: Check: The sheet Checks is protected.", [])


def test_a_fault_of_agsxl_is_no_traceback(pressed, monkeypatch):
    monkeypatch.setattr(macros, "_check", fails(TypeError("no such thing")))
    monkeypatch.delenv("AGSXL_TRACEBACK", raising=False)
    assert pressed(macros.check) == (
        "critical: Check: the job could not go on, by a fault of agsxl itself (TypeError: no such thing); the "
        "plan was not changed. Please report this.",
        [],
    )
    monkeypatch.setenv("AGSXL_TRACEBACK", "1")
    with pytest.raises(TypeError):
        macros.check()


def test_a_workbook_that_cannot_be_reached_is_left_to_the_macro(monkeypatch):
    """It shows the last line of what Python says, and Python has said that it failed."""
    monkeypatch.setattr(macros, "_caller", lambda: 1 / 0)
    with pytest.raises(SystemExit) as left:
        macros.check()
    assert left.value.code == "Check: the workbook cannot be reached (division by zero)."


def test_outside_excel_there_is_no_workbook():
    with pytest.raises(SystemExit, match="Check: the workbook cannot be reached"):
        macros.check()


class Broken:
    def __getattr__(self, name):
        raise OSError(name)

    def __getitem__(self, name):
        raise OSError(name)

    def __setattr__(self, name, value):
        raise OSError(name)


@pytest.mark.parametrize("part", ["app", "names", "sheets"])
def test_what_the_window_refuses_stops_nothing_else(pressed, window, part):
    """A Start sheet that is gone or protected, a message that cannot be shown."""
    pressed(macros.check)
    window.alerts.clear()
    setattr(window, part, Broken())
    macros.show_help()
    if part != "names":
        assert window.last_result.value.startswith("Help: agsxl")
    if part != "app":
        assert window.alerts[0][1].startswith("Help: agsxl")


# -- the replies folder ------------------------------------------------------------------------


def test_the_replies_folder_is_that_of_settings_else_beside_the_workbook(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "replies").mkdir()
    (tmp_path / "April").mkdir()
    book = SimpleNamespace(name="plan.xlsm", path=tmp_path / "plan.xlsm")
    nowhere = SimpleNamespace(name="Book1", path=None)
    table = [
        ("replies", book, tmp_path / "replies"),
        ("April", book, tmp_path / "April"),
        (str(tmp_path / "April"), book, tmp_path / "April"),
        (str(tmp_path / "April"), nowhere, tmp_path / "April"),
        ("~/April", nowhere, tmp_path / "April"),
    ]
    for named, workbook, wanted in table:
        assert macros.replies_folder(Settings(replies_folder=named), workbook) == wanted
    with pytest.raises(SourceError, match=r"There is no folder .*May; make it"):
        macros.replies_folder(Settings(replies_folder="May"), book)
    with pytest.raises(SourceError, match="Book1 is not saved on this computer"):
        macros.replies_folder(Settings(replies_folder="replies"), nowhere)


def test_an_empty_replies_folder_is_said(pressed, plan):  # noqa: F811
    (plan.parent / "replies").mkdir()
    said, shown = pressed(macros.read_replies)
    assert said.startswith("critical: Read replies: ")
    assert shown == []


def test_the_settings_are_read_without_the_plan(plan, tmp_path):  # noqa: F811
    with open_book(SAMPLE) as book:
        assert macros._settings_of(book).council == desk.load_plan(SAMPLE).settings.council != ""
    with open_book(plan) as book:
        assert macros._settings_of(book).reporting_date == DAY
    with open_book(write_book(tmp_path / "bare.xlsx", {"Plan": [["Ref"]]})) as book:
        assert macros._settings_of(book) == Settings()
