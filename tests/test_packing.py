"""The job of the committee pack: what it is compared with, what it leaves alone, what it refuses."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from agsxl import desk, updating
from agsxl.dates import read_target
from agsxl.edits import CellEdit, ChangeSet
from agsxl.errors import OutputError, SettingsError
from agsxl.excel.file import open_book
from agsxl.history import BEGUN
from agsxl.packing import committee_pack, last_year_of
from agsxl.packs import Pack
from tests.books import write_book
from tests.test_updating import fill, rows

JUNE, JULY, AUGUST, SEPTEMBER = (
    date(2017, 6, 30), date(2017, 7, 31), date(2017, 8, 31), date(2017, 9, 30),
)  # fmt: skip
NOW = datetime(2017, 10, 2, 9, 0)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan that was reported in June and July, with what happened in between and since."""
    file = write_book(
        tmp_path_factory.mktemp("lived") / "plan.xlsx",
        {
            "Plan": rows(
                {"Ref": "A1", "Milestones": "Training delivered", "Timescale": date(2017, 7, 15)},
                {"Ref": "A2", "Milestones": "Policy published", "Timescale": date(2017, 8, 31)},
                {"Ref": "B1", "Milestones": "Register reviewed", "SMT Lead": "Head of Legal",
                 "Timescale": "June Cabinet", "Revised target date": date(2018, 1, 31)},
            ),
            "Settings": [["Setting", "Value"], ["Council", "Wexcombe"], ["Reporting date", SEPTEMBER]],
        },
    )  # fmt: skip
    updating.snapshot(file, "Committee, June", as_of=JUNE, now=datetime(2017, 7, 3, 9))
    move(file, "A1", "31/10/2017", datetime(2017, 7, 5, 9))
    updating.snapshot(file, "Committee, July", as_of=JULY, now=datetime(2017, 8, 2, 9))
    move(file, "A1", "30/11/2017", datetime(2017, 8, 2, 9))  # in the same second as the snapshot
    updating.answer(
        file, "A2", by="Head of Finance", status="Complete", now=datetime(2017, 9, 6, 9)
    )
    return file


def move(file: Path, ref: str, day: str, when: datetime) -> None:
    updating.rebaseline(file, ref, day, reason="Tender", approved_by="Cabinet", now=when)


@pytest.fixture
def plan(lived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(lived, tmp_path / "plan.xlsx"))


def pack(file: Path, **options: Any) -> Pack:
    return committee_pack(file, now=NOW, **options).pack


def moved(found: Pack) -> list[str] | None:
    """Each move since as "A1 15/07/17 > 31/10/17 (2)"."""
    if found.moved is None:
        return None
    return [
        f"{m.milestone.ref} {m.move.old:%d/%m/%y} > {m.move.new:%d/%m/%y} ({m.move.nth})"
        for m in found.moved
    ]


FIRST, SECOND = "A1 15/07/17 > 31/10/17 (2)", "A1 31/10/17 > 30/11/17 (3)"


# -- since when ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "label", "day", "moves", "completed"),
    [
        pytest.param("", "Committee, July", JULY, [SECOND], ["A2"], id="the last one reported"),
        pytest.param("Committee, June", "Committee, June", JUNE, [FIRST, SECOND], ["A2"], id="a label"),
        pytest.param("committee,  JUNE ", "Committee, June", JUNE, [FIRST, SECOND], ["A2"], id="in any case"),
        pytest.param("2017-07-31", "Committee, July", JULY, [SECOND], ["A2"], id="a day that a copy reports on"),
        pytest.param("30/06/2017", "Committee, June", JUNE, [FIRST, SECOND], ["A2"], id="as it is written here"),
        pytest.param("2017-08-31", "", AUGUST, [], ["A2"], id="any other day"),
        pytest.param("2017-09-30", "", SEPTEMBER, [], [], id="the reporting date itself"),
        pytest.param("4 July 2017", "", date(2017, 7, 4), [FIRST, SECOND], ["A2"], id="between two reports"),
        pytest.param(BEGUN, BEGUN, date(2017, 6, 30), [FIRST, SECOND], ["A2"], id="the beginning of the log"),
    ],
)  # fmt: skip
def test_what_it_is_compared_with(plan, since, label, day, moves, completed):
    found = pack(plan, since=since)
    assert found.since is not None
    assert (found.since.label, found.since.day, found.since.note) == (label, day, "")
    assert moved(found) == moves
    assert [c.milestone.ref for c in found.completed or ()] == completed


@pytest.mark.parametrize(
    ("since", "as_of", "said"),
    [
        ("Committee, May", None, "No snapshot is called 'Committee, May'; .*'Committee, June', 'Committee, July'"),
        ("June Cabinet", None, "No snapshot is called 'June Cabinet'"),
        ("31/11/2017", None, "No snapshot is called"),
        ("Committee, July", JUNE, "The snapshot 'Committee, July' is of 31 July 2017, after the reporting date 30 June"),
        ("2017-12-01", None, "--since is 1 December 2017, after the reporting date 30 September 2017"),
    ],
)  # fmt: skip
def test_a_moment_that_is_refused(plan, tmp_path, since, as_of, said):
    before = plan.read_bytes()
    with pytest.raises(SettingsError, match=said):
        committee_pack(plan, since=since, as_of=as_of, out=tmp_path / "pack", now=NOW)
    assert plan.read_bytes() == before and not (tmp_path / "pack").exists()


def test_a_day_before_the_log_began_is_compared_with_its_beginning_and_that_is_said(plan):
    done = committee_pack(plan, since="2017-05-31", now=NOW)
    said = "The change log begins on 3 July 2017; what the plan held on 31 May 2017 is not known"
    assert done.pack.since is not None
    assert done.pack.since.label == BEGUN and done.pack.since.note.startswith(said)
    assert done.notes[0].startswith(said)
    assert moved(done.pack) == [FIRST, SECOND]
    basis = next(s for s in done.pages.sections if s.key == "basis")
    assert any(sentence.startswith(said) for sentence in basis.sentences)


def test_a_log_that_begins_after_the_reporting_date_says_nothing_of_before(plan):
    done = committee_pack(plan, since="2017-05-31", as_of=date(2017, 6, 15), now=NOW)
    assert done.pack.since is None and done.pack.moved is None and done.pack.then is None
    assert "and so is what changed since" in done.notes[0]


@pytest.mark.parametrize("since", ["", "2017-06-30", "Committee, June"])
def test_a_plan_without_a_log_is_told_all_the_same(tmp_path, since):
    file = write_book(tmp_path / "plan.xlsx", {"Plan": rows({"Ref": "A1"})})
    done = committee_pack(file, since=since, as_of=SEPTEMBER, now=NOW)
    assert done.pack.completed is done.pack.moved is done.pack.newly_overdue is None
    assert "plan.xlsx has no change log" in done.notes[0]
    words = " ".join(s for section in done.pages.sections for s in section.sentences)
    assert (
        "so what changed since" in words
        and "What was completed since the last report is not known" in words
    )


def test_what_was_typed_by_hand_since_the_last_job_is_in_the_pack_and_not_in_the_log(plan):
    type_in(plan, "K3", None, date(2018, 2, 28))  # A2, revised target date
    before = plan.read_bytes()
    assert moved(pack(plan)) == [SECOND, "A2 31/08/17 > 28/02/18 (2)"]
    assert plan.read_bytes() == before


def type_in(file: Path, address: str, held: Any, new: Any) -> None:
    with open_book(file) as book:
        book.apply(ChangeSet((CellEdit("Plan", address, held, new),)), now=NOW)


def test_a_milestone_that_was_renumbered_is_the_same_one(plan):
    type_in(plan, "A2", "A1", "A9")
    found = pack(plan, since="Committee, June")
    assert found.added == found.gone == ()
    assert [m.milestone.ref for m in found.moved or ()] == ["A9", "A9"]


def test_the_moves_of_a_milestone_that_is_gone_are_its_own(plan):
    """A2 takes the Ref of A1, which is deleted after its date moved: nobody's move is told twice."""
    type_in(plan, "K2", date(2017, 11, 30), date(2018, 1, 31))  # A1 moves once more
    updating.snapshot(plan, "between", as_of=AUGUST, now=datetime(2017, 9, 12, 9))
    empty_row(plan, 2)
    type_in(plan, "A3", "A2", "A1")
    type_in(plan, "K3", None, date(2018, 2, 28))
    found = pack(plan, since="Committee, July")
    assert [g.milestone.milestone for g in found.gone or ()] == ["Training delivered"]
    assert [(m.milestone.milestone, m.move.new) for m in found.moved or ()] == [
        ("Policy published", date(2018, 2, 28)),
        ("Training delivered", date(2017, 11, 30)),
        ("Training delivered", date(2018, 1, 31)),
    ]


def empty_row(file: Path, row: int) -> None:
    with open_book(file) as book:
        grid = book.read("Plan")
        held = {f"{letter}{row}": grid.value(f"{letter}{row}") for letter in "ABCDEFGHIJKL"}
        edits = [CellEdit("Plan", a, v, None) for a, v in held.items() if v is not None]
        book.apply(ChangeSet(tuple(edits)), now=NOW)


def test_a_date_that_was_undone_never_moved(plan):
    updating.rebaseline(
        plan, "B1", "30/06/2018", reason="x", approved_by="y", now=datetime(2017, 9, 8)
    )
    assert [m.milestone.ref for m in pack(plan).moved or ()] == ["A1", "B1"]
    updating.undo(plan, now=datetime(2017, 9, 9))
    assert [m.milestone.ref for m in pack(plan).moved or ()] == ["A1"]


def test_an_altered_log_is_said(plan):
    book = openpyxl.load_workbook(plan)
    log = book["Change log"]
    row = next(r for r in log.iter_rows() if r[-1].value and "Cabinet" in [c.value for c in r])
    next(c for c in row if c.value == "Cabinet").value = "Council"
    book.save(plan)
    done = committee_pack(plan, now=NOW)
    assert done.pack.log_faults
    summary, basis = (
        done.pages.sections[0],
        next(s for s in done.pages.sections if s.key == "basis"),
    )
    assert any("change log is not as agsxl wrote it" in s for s in summary.sentences)
    assert any(s.startswith("The change log: Entry") for s in basis.sentences)


# -- proposed dates --------------------------------------------------------------------------------


def ask(file: Path) -> None:
    """A return in which the Head of Legal asks for another date for B1."""
    read = desk.load_plan(file)
    asked = updating.asked_of(read, "Head of Legal", as_of=SEPTEMBER, every=True)
    sent = updating.write_return_of(read, asked, file.parent / "legal.xlsx", as_of=SEPTEMBER)
    fill(sent, "B1", Proposed_date=date(2018, 6, 30), Reason="Counsel is away")
    updating.reconcile(file, [sent], now=NOW)


def test_dates_that_leads_ask_for_and_that_nobody_has_decided(plan):
    ask(plan)
    found = pack(plan)
    assert found.asked is not None
    (asked,) = found.asked
    assert asked[1:] == (
        "Head of Legal", date(2018, 1, 31), date(2018, 6, 30), "Counsel is away", 3, 150, None, None, False, "",
    )  # fmt: skip
    decide(plan, "Keep plan")
    assert pack(plan).asked == ()


def test_one_that_is_decided_and_not_yet_written_is_said_to_be_so(plan):
    ask(plan)
    decide(plan, "Take lead's", "Audit Committee")
    done = committee_pack(plan, now=NOW)
    assert done.pack.asked is not None
    assert (done.pack.asked[0].settled, done.pack.asked[0].approved_by) == (True, "Audit Committee")
    updating.reconcile(plan, [], apply=True, now=NOW)
    after = pack(plan)
    assert after.asked == ()
    assert moved(after) == [SECOND, "B1 31/01/18 > 30/06/18 (3)"]


def test_a_date_asked_for_a_milestone_that_is_gone_is_put_to_nobody_under_another(plan):
    ask(plan)
    empty_row(plan, 4)
    done = committee_pack(plan, now=NOW)
    assert done.pack.asked == ()
    assert [(u.ref, u.words) for u in done.pack.unplaced] == [("B1", "Register reviewed")]
    type_in(plan, "A3", "A2", "B1")  # the gap is closed: another milestone is B1 now
    done = committee_pack(plan, now=NOW)
    assert done.pack.asked == ()
    part = next(s for s in done.pages.sections if s.key == "extensions")
    assert part.sentences == (
        "Head of Legal proposes 30 June 2018 for what was B1 (Register reviewed), and which milestone that is now is not "
        "sure, so it is not in the table. The words of this milestone have changed since it was sent; see whether the "
        "answer still fits.",
    )


def test_what_was_renumbered_by_hand_has_its_own_dates_and_no_others(plan):
    empty_row(plan, 2)
    type_in(plan, "A3", "A2", "A1")  # A1 moved twice, and this one never
    assert desk.load_plan(plan).milestones[0].moves == 0
    (moves,) = [p.moves for p in pack(plan).milestones if p.milestone.ref == "A1"]
    assert moves == ()


def decide(file: Path, decision: str, approved_by: str | None = None) -> None:
    with open_book(file) as book:
        grid = book.read("Replies")
        heading = next(n for n, cells in grid.numbered() if "Decision" in cells)
        letters = {str(v): i for i, v in enumerate(grid.rows[heading - 1])}
        row = next(n for n, cells in grid.numbered() if n > heading and "Date proposed" in cells)

        def edit(name: str, value: str) -> CellEdit:
            address = f"{chr(ord('A') + letters[name])}{row}"
            return CellEdit("Replies", address, grid.value(address), value)

        edits = [edit("Decision", decision)]
        if approved_by:
            edits.append(edit("Approved by", approved_by))
        book.apply(ChangeSet(tuple(edits)), now=NOW)


def test_a_plan_into_which_no_reply_was_ever_read_does_not_claim_that_nobody_asked(plan):
    assert pack(plan).asked is None


# -- freezing, and the files --------------------------------------------------------------------


def test_nothing_is_written_into_the_plan_unless_asked(plan, tmp_path):
    before = plan.read_bytes()
    done = committee_pack(plan, out=tmp_path / "pack", now=NOW)
    assert [f.name for f in done.files] == ["pack.docx", "pack.xlsx", "pack.html"]
    assert all(f.stat().st_size for f in done.files)
    assert plan.read_bytes() == before and done.written is None


def test_the_plan_is_frozen_as_it_is_reported(plan):
    done = committee_pack(plan, freeze=True, now=NOW)
    assert done.frozen == "Report 30 September 2017"
    copy = updating.history_of(plan).snapshots[-1]
    assert (copy.label, copy.reporting_date) == (done.frozen, SEPTEMBER)
    again = committee_pack(plan, freeze=True, now=NOW)
    assert again.frozen == "Report 30 September 2017 (2)"
    assert again.pack.since == done.pack.since  # not with itself
    later = pack(plan, as_of=date(2017, 10, 31))
    assert later.since is not None and later.since.label == again.frozen


def test_a_pack_for_a_day_before_a_report_says_whose_figures_they_are(plan):
    said = (
        "The plan was reported on 31 July 2017 too: these are the figures of the plan as it is now, judged on 30 June 2017, "
        "and not as it was then."
    )
    for day, there in ((JUNE, True), (JULY, False), (SEPTEMBER, False)):
        sentences = committee_pack(plan, as_of=day, now=NOW).pages.sections[0].sentences
        found = [each for each in sentences if each.startswith("The plan was reported on")]
        assert found == ([said] if there else []), day


def test_a_label_that_is_taken_is_refused_before_anything_is_written(plan, tmp_path):
    before = plan.read_bytes()
    with pytest.raises(SettingsError, match="There is a snapshot called 'Committee, June' already"):
        committee_pack(plan, label="committee, june", out=tmp_path / "pack", now=NOW)
    assert plan.read_bytes() == before and not (tmp_path / "pack").exists()


def test_where_the_plan_cannot_be_frozen_it_is_said_that_the_pack_is_there(
    plan, tmp_path, monkeypatch
):
    def opened_since(*_: object, **__: object) -> None:
        raise OutputError("plan.xlsx is open in Excel.")

    monkeypatch.setattr("agsxl.packing.write_all", opened_since)
    before = plan.read_bytes()
    said = r"The pack is in .*, but the plan was not frozen as 'Report 30 September 2017': plan\.xlsx is open"
    with pytest.raises(OutputError, match=said):
        committee_pack(plan, out=tmp_path / "pack", freeze=True, now=NOW)
    assert plan.read_bytes() == before
    assert len(list((tmp_path / "pack").iterdir())) == 3


def test_a_text_cannot_be_frozen(tmp_path):
    text = tmp_path / "plan.csv"
    text.write_text("Ref,Milestone,Timescale,Status\nA1,Train,31/12/17,On target\n")
    with pytest.raises(SettingsError, match=r"plan\.csv is no workbook and has no change log"):
        committee_pack(text, freeze=True, as_of=SEPTEMBER)
    assert committee_pack(text, as_of=SEPTEMBER).pack.now.counts.milestones == 1


@pytest.mark.parametrize("name", ["pack.docx", "pack.xlsx", "pack.html"])
def test_what_somebody_has_worked_in_is_not_written_over(plan, tmp_path, name):
    out = tmp_path / "pack"
    committee_pack(plan, out=out, now=NOW)
    committee_pack(plan, out=out, now=NOW)  # nobody touched it: made anew
    edit(out / name)
    touched = (out / name).read_bytes()
    with pytest.raises(OutputError, match=f"{name} has been edited since it was made"):
        committee_pack(plan, out=out, now=NOW)
    assert (out / name).read_bytes() == touched


def test_what_a_script_has_changed_is_not_written_over_either(plan, tmp_path):
    import docx

    out = tmp_path / "pack"
    committee_pack(plan, out=out, now=NOW)
    document = docx.Document(str(out / "pack.docx"))
    document.add_paragraph("Typed by a script, which enters no time of saving")
    document.save(str(out / "pack.docx"))
    with pytest.raises(OutputError, match=r"pack\.docx has been edited since it was made"):
        committee_pack(plan, out=out, now=NOW)


def test_a_copy_that_was_taken_long_after_its_day_is_said_to_be(plan):
    updating.snapshot(plan, "Committee, May", as_of=date(2017, 5, 31), now=datetime(2017, 9, 20, 9))
    about = dict(committee_pack(plan, since="Committee, May", now=NOW).pages.about)
    assert about["Compared with"] == (
        "31 May 2017 (Committee, May, as the plan stood on 20 September 2017)"
    )
    about = dict(committee_pack(plan, since="Committee, June", now=NOW).pages.about)
    assert about["Compared with"] == "30 June 2017 (Committee, June)"


def edit(file: Path) -> None:
    """Save a file as its own program would, which enters when."""
    if file.suffix == ".docx":
        import docx

        document = docx.Document(str(file))
        document.add_paragraph("Typed by hand")
        document.core_properties.modified = datetime(2017, 10, 3, 9)
        document.save(str(file))
    elif file.suffix == ".html":
        file.write_text(file.read_text("utf-8").replace("What matters", "What counts", 1), "utf-8")
    else:
        book = openpyxl.load_workbook(file)
        book.save(file)


@pytest.mark.parametrize("name", ["pack.docx", "pack.xlsx", "pack.html"])
def test_a_file_of_that_name_that_is_no_pack_is_not_written_over(plan, tmp_path, name):
    file = tmp_path / "pack" / name
    file.parent.mkdir()
    file.write_text("my notes")
    with pytest.raises(OutputError, match=f"{name} has been edited since it was made"):
        committee_pack(plan, out=file.parent, now=NOW)
    assert [each.name for each in file.parent.iterdir()] == [
        name
    ] and file.read_text() == "my notes"


def test_a_document_of_somebodys_own_is_not_written_over(plan, tmp_path):
    import docx

    file = tmp_path / "pack" / "pack.docx"
    file.parent.mkdir()
    document = docx.Document()  # as some programs make one: created and last saved at the same time
    document.core_properties.created = document.core_properties.modified = NOW
    document.save(str(file))
    with pytest.raises(OutputError, match="has been edited since it was made"):
        committee_pack(plan, out=file.parent, now=NOW)


def test_a_web_page_with_the_line_ends_of_windows_is_as_it_was_made(plan, tmp_path):
    page = committee_pack(plan, out=tmp_path / "pack", now=NOW).files[-1]
    page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))
    committee_pack(plan, out=tmp_path / "pack", now=NOW)


@pytest.mark.parametrize("name", ["pack-template.docx", "pack-template.html"])
def test_with_a_template_that_cannot_be_used_the_pack_is_made_and_that_is_said(
    plan, tmp_path, name
):
    (plan.parent / name).write_text("no template")
    done = committee_pack(plan, out=tmp_path / "pack", now=NOW)
    (note,) = [note for note in done.notes if name in note]
    assert "look" in note
    without = committee_pack(plan, now=NOW)
    assert done.pages == without.pages and len(done.files) == 3


@pytest.mark.parametrize("read", ["last_year", "posts"])
def test_what_a_pack_is_made_from_is_never_written_over(plan, tmp_path, read):
    out = tmp_path / "pack"
    committee_pack(plan, out=out, now=NOW)
    before = (out / "pack.xlsx").read_bytes()
    with pytest.raises(OutputError, match="is the plan itself and is not written over"):
        committee_pack(plan, out=out, now=NOW, **{read: out / "pack.xlsx"})
    assert (out / "pack.xlsx").read_bytes() == before


# -- last year -------------------------------------------------------------------------------------


def test_last_years_plan_is_held_beside_this_one(tmp_path, plan):
    old = write_book(
        tmp_path / "old.xlsx",
        {
            "Plan": rows(
                {"Ref": "1", "Milestones": "Policy published", "Status": "On target"},
                {"Ref": "2", "Milestones": "Charter signed", "Status": "Complete"},
                {"Ref": "3", "Milestones": "Archive moved to the depot", "Status": "On target"},
                {"Ref": "4", "Milestones": "Board closed", "Status": "Cancelled"},
            )
        },
    )
    done = committee_pack(plan, last_year=old, now=NOW)
    told = [(r.then.ref, r.then.how, r.then.new_ref, r.now.milestone.ref if r.now else "")
            for r in done.pack.resolutions]  # fmt: skip
    assert told == [
        ("1", "Open, and goes on as A2", "A2", "A2"),
        ("2", "Complete, date completed not known", "", ""),
        ("3", "Open, and not found in this plan", "", ""),
        ("4", "Superseded", "", ""),
    ]
    before = last_year_of(desk.load_plan(old), desk.load_plan(plan), as_of=SEPTEMBER)
    assert before == done.pack.last_year


def test_the_day_may_be_written_as_people_write_it():
    assert read_target("4 July 2017").latest == date(2017, 7, 4)  # what --since stands on
