"""The terminal face of the committee pack, the year's end and the lineage: what is said, the JSON, the exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import agsxl
from agsxl import updating
from agsxl.cli import main
from agsxl.edits import CellEdit, ChangeSet
from agsxl.excel.file import open_book
from agsxl.packing import WEB, WORD, WORKBOOK
from agsxl.screen.packing import packed
from tests.books import TWELVE, write_book
from tests.test_updating import decide, rows

SEPTEMBER, OCTOBER = date(2017, 9, 30), date(2017, 10, 31)
COMMITTEE = "Governance Committee 30/09/2017"


def run(capsys: Any, *arguments: object) -> tuple[int, str, str]:
    code = main([str(a) for a in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def run_json(capsys: Any, *arguments: object) -> dict[str, Any]:
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def typed(plan: Path, **cells: Any) -> None:
    """Cells of the sheet Plan as the officer types them."""
    with open_book(plan) as book:
        grid = book.read("Plan")
        book.apply(
            ChangeSet(tuple(CellEdit("Plan", a, grid.value(a), new) for a, new in cells.items()))
        )


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan of six as the committee saw it in September, frozen under the meeting's name."""
    beside: dict[str, Any] = {"Date completed": None, "Evidence": None, "Verified by": None}
    path = write_book(
        tmp_path / "plan.xlsx",
        {
            "Plan": rows(
                {"Ref": "A1", "Milestones": "Training delivered", "Timescale": date(2017, 7, 31)} | beside,
                {"Ref": "A2", "Milestones": "Policy published", "Timescale": date(2017, 8, 31)} | beside,
                {"Ref": "B1", "Milestones": "Register reviewed", "Timescale": "June Cabinet",
                 "Revised target date": date(2018, 1, 31), "Status": "Off target"} | beside,
                {"Ref": "B2", "Improvement Theme": "B: Registers", "Milestones": "Register published",
                 "Timescale": date(2017, 10, 15)} | beside,
                {"Ref": "C1", "Improvement Theme": "B: Registers", "Milestones": "Guidance issued",
                 "Timescale": date(2017, 6, 30), "Status": "Complete", "Comments": None} | beside,
                {"Ref": "C2", "Milestones": "Survey held", "Timescale": date(2017, 12, 31),
                 "Status": "Complete", "Date completed": date(2017, 9, 1), "Evidence": None, "Verified by": None},
            ),
            "Settings": [
                ["Setting", "Value", "Note"], ["Council", "Wexcombe"], ["Reporting date", SEPTEMBER],
                ["Year of the plan", "2017/18"], ["Rule D313", "off", "Weekends are agreed"],
            ],
        },
    )  # fmt: skip
    updating.snapshot(path, COMMITTEE, as_of=SEPTEMBER, now=datetime(2017, 10, 2, 9))
    return path


@pytest.fixture
def october(plan: Path) -> Path:
    """A month later: one completed, one re-baselined, a date asked for, one reopened and one added."""
    updating.answer(
        plan, "A1", by="Head of Finance", status="Complete", completed="12/10/2017",
        evidence="Attendance register", now=datetime(2017, 10, 16, 10),
    )  # fmt: skip
    updating.rebaseline(
        plan, "A2", "30/11/2017", reason="Awaiting Cabinet", approved_by="Cabinet, 3 October",
        now=datetime(2017, 10, 17, 10),
    )  # fmt: skip
    updating.answer(
        plan, "B1", by="Head of Finance", proposed_date="31/03/2018", reason="No surveyor",
        now=datetime(2017, 10, 18, 10),
    )  # fmt: skip
    verified = chr(ord("A") + len(TWELVE) + 2)
    with open_book(plan) as book:
        assert book.read("Plan").value(f"{verified}1") == "Verified by"
    typed(plan, **{f"{verified}2": "Internal audit", "J7": "On target", "M7": None})
    typed(
        plan, A8="D1", E8="Charter agreed", G8=date(2018, 3, 31), I8="Head of Legal", J8="On target"
    )
    typed_in = datetime(2017, 10, 20, 9)
    updating.rebaseline(  # notices what was typed, and logs it
        plan, "A2", "15/12/2017", reason="Cabinet moved", approved_by="Cabinet, 17 October", now=typed_in
    )  # fmt: skip
    return plan


# -- report ------------------------------------------------------------------------------------


def test_every_figure_of_a_pack_as_json(capsys, october):
    before = october.read_bytes()
    found = run_json(capsys, "report", october, "--since", COMMITTEE, "--as-of", "2017-10-31")
    assert october.read_bytes() == before
    queries = found.pop("data_queries")
    assert set(queries) == {"error", "warning", "note"} and queries == checked(capsys, october)
    assert found == {
        "as_of": "2017-10-31", "as_of_from": "--as-of", "council": "Wexcombe", "year": "2017/18",
        "since": {"label": COMMITTEE, "day": "2017-09-30", "note": ""}, "not_compared": "",
        "now": {
            "milestones": 7, "complete": 2, "overdue": 1, "due": 0, "later": 4, "undated": 0, "superseded": 0,
            "moved": 3, "measured": 2, "unmeasurable": 1, "slipped": 2, "earlier": 0, "total_days": 73 + 106,
            "median_days": 89.5, "longest_days": 106,
        },
        "then": {
            "milestones": 6, "complete": 2, "overdue": 2, "due": 1, "later": 1, "undated": 0, "superseded": 0,
            "moved": 2, "measured": 1, "unmeasurable": 1, "slipped": 0, "earlier": 1, "total_days": -121,
            "median_days": -121, "longest_days": -121, "day": "2017-09-30",
        },
        "completed": [
            {"ref": "A1", "completed": "2017-10-12", "noticed": "2017-10-16",
             "evidence": "Attendance register", "verified_by": "Internal audit"},
        ],
        "reopened": ["C2"],
        "newly_overdue": [{"ref": "B2", "forecast": "2017-10-15", "overdue_days": 16}],
        "no_longer_overdue": [{"ref": "A1", "now": "complete"}, {"ref": "A2", "now": "later"}],
        "date_moves": [
            {"ref": "A2", "old": "2017-08-31", "new": "2017-11-30", "days": 91, "nth": 2,
             "when": "2017-10-17 10:00:00", "reason": "Awaiting Cabinet", "approved_by": "Cabinet, 3 October"},
            {"ref": "A2", "old": "2017-11-30", "new": "2017-12-15", "days": 15, "nth": 3,
             "when": "2017-10-20 09:00:00", "reason": "Cabinet moved", "approved_by": "Cabinet, 17 October"},
        ],
        "revised_dates_lost": [], "baselines_changed": [],
        "added": ["D1"],
        "gone": [], "came_and_went": [],
        "extensions": [
            {"ref": "B1", "lead": "Head of Finance", "current": "2018-01-31", "proposed": "2018-03-31",
             "days": 59, "slippage": None, "nth": 3, "reason": "No surveyor", "beyond": None,
             "settled": False, "approved_by": ""},
        ],
        "unplaced": [],
        "longest_slipped": [{"ref": "A2", "days": 106, "nth": 3}, {"ref": "A1", "days": 73, "nth": 1}],
        "without_evidence": ["C1"],
        "unmeasurable": [
            {"ref": "B1", "basis": "no baseline"}, {"ref": "C1", "basis": "completion date unknown"},
        ],
        "themes": [
            {"theme": "A: Training", "milestones": 4, "complete": 1, "overdue": 0, "due": 0, "later": 3,
             "undated": 0, "superseded": 0},
            {"theme": "B: Registers", "milestones": 2, "complete": 1, "overdue": 1, "due": 0, "later": 0,
             "undated": 0, "superseded": 0},
            {"theme": "", "milestones": 1, "complete": 0, "overdue": 0, "due": 0, "later": 1,
             "undated": 0, "superseded": 0},
        ],
        "trend": {
            "days": ["2017-09-30", "2017-10-31"], "labels": [COMMITTEE, ""], "moved": 3,
            "lines": [
                {"ref": "A1", "targets": ["2017-07-31", "2017-10-12"], "completed": True},
                {"ref": "A2", "targets": ["2017-08-31", "2017-12-15"], "completed": False},
                {"ref": "B1", "targets": ["2018-01-31", "2018-01-31"], "completed": False},
                {"ref": "B2", "targets": ["2017-10-15", "2017-10-15"], "completed": False},
                {"ref": "C2", "targets": ["2017-09-01", "2017-12-31"], "completed": False},
                {"ref": "D1", "targets": [None, "2018-03-31"], "completed": False},
            ],
        },
        "last_year": None,
        "rules_changed": [
            {"code": "D313", "name": "date-on-non-working-day", "level": "off", "reason": "Weekends are agreed"},
        ],
        "log_faults": [], "files": [], "frozen": "", "notes": [],
    }  # fmt: skip


def test_what_left_the_plan_and_what_is_settled_as_json(capsys, october):
    """One milestone taken out, and a proposed date entered as agreed, beyond what the policy allows."""
    with open_book(october) as book:
        settings = book.read("Settings")
        book.apply(ChangeSet((
            CellEdit("Settings", f"A{len(settings.rows) + 1}", None, "Most date moves allowed"),
            CellEdit("Settings", f"B{len(settings.rows) + 1}", None, 1),
        )))  # fmt: skip
        grid = book.read("Plan")
        row = grid.rows[7]
        assert row[0] == "D1"
    decide(
        october,
        "B1",
        "Revised target date",
        Decision="Take lead's",
        Approved_by="Cabinet, 7 November",
    )
    since = run_json(capsys, "report", october, "--as-of", "2017-10-31", "--out", october.parent / "a",
                     "--freeze", "Halloween")  # fmt: skip
    assert [(e["beyond"], e["settled"], e["approved_by"]) for e in since["extensions"]] == [
        (1, True, "Cabinet, 7 November")
    ]
    typed(
        october, **{f"{chr(65 + at)}8": None for at, value in enumerate(row) if value is not None}
    )
    found = run_json(capsys, "report", october, "--as-of", "2017-11-30", "--since", "halloween")
    assert (found["gone"], found["added"]) == ([{"ref": "D1", "then": "later"}], [])
    typed(
        october,
        **{f"{chr(65 + at)}5": None for at, value in enumerate(grid.rows[4]) if value is not None},
    )
    found = run_json(capsys, "report", october, "--as-of", "2017-11-30", "--since", "Halloween")
    assert found["gone"] == [{"ref": "B2", "then": "overdue"}, {"ref": "D1", "then": "later"}]
    assert found["no_longer_overdue"] == [{"ref": "B2", "now": None}]


def checked(capsys: Any, plan: Path) -> dict[str, int]:
    """The data queries that ``agsxl check`` counts on the same day."""
    main(["check", str(plan), "--as-of", "2017-10-31", "--json"])
    counts: dict[str, int] = json.loads(capsys.readouterr().out)["counts"]
    return counts


def test_what_cannot_be_known_without_an_earlier_moment_is_null(capsys, tmp_path):
    source = tmp_path / "plan.csv"
    source.write_text(
        "Ref,Milestones,Timescale,SMT Lead,Status\nA1,Training,31/07/2017,Head of Finance,On target\n"
    )
    found = run_json(capsys, "report", source, "--as-of", "2017-10-31")
    changes = ("since", "then", "completed", "reopened", "newly_overdue", "no_longer_overdue", "date_moves",
               "added", "gone", "extensions", "trend", "last_year")  # fmt: skip
    assert {name: found[name] for name in changes} == dict.fromkeys(changes)
    assert "what changed since the last report is not known" in found["not_compared"]
    assert (found["now"]["overdue"], found["themes"][0]["overdue"]) == (1, 1)
    code, out, err = run(capsys, "report", source, "--freeze", "--out", tmp_path / "pack")
    assert (code, out) == (2, "") and "no workbook" in err
    assert not (tmp_path / "pack").exists()


def test_without_a_folder_the_first_page_is_shown_and_nothing_is_written(capsys, october):
    before = october.read_bytes(), sorted(october.parent.iterdir())
    code, out, err = run(capsys, "report", october, "--as-of", "2017-10-31")
    assert (code, err) == (0, "")
    assert (october.read_bytes(), sorted(october.parent.iterdir())) == before
    said = " ".join(out.split())
    assert f"Compared with 30 September 2017 ({COMMITTEE})" in said
    assert "2 of 7 milestones are complete, as many as on 30 September 2017." in said
    assert "newly overdue: B2" in said
    assert " - Completed since 30 September 2017: A1." in said
    assert "PROPOSED DATES The committee is asked to agree or refuse 1 proposed date." in said
    (row,) = [line for line in out.splitlines() if line.startswith("  B1 ")]
    assert "59" in row.split() and "3rd date" in row
    assert "Decision" not in out  # that column is filled in on paper
    assert "Every milestone 7" in said and "Progress by theme 3" in said
    assert said.endswith("Nothing is written; '--out' with a folder's name writes the pack.")


def test_why_nothing_is_compared_is_said_once(capsys, tmp_path):
    source = tmp_path / "plan.csv"
    source.write_text(
        "Ref,Milestones,Timescale,SMT Lead,Status\nA1,Training,31/07/2017,Head of Finance,On target\n"
    )
    said = " ".join(run(capsys, "report", source, "--as-of", "2017-10-31")[1].split())
    assert said.count("plan.csv is no workbook and has no change log") == 1
    assert "Compared with nothing: no earlier report is known." in said


def test_a_moment_before_the_log_is_said_to_be_none(capsys, october):
    said = run(capsys, "report", october, "--as-of", "2017-10-31", "--since", "2017-09-01")[1]
    assert "The change log begins on 2 October 2017" in " ".join(said.split())


def test_a_long_table_is_cut_on_the_screen_and_says_so(october):
    done = agsxl.committee_pack(october, as_of=OCTOBER)
    first, asked, *rest = done.pages.sections
    assert asked.decision and asked.table is not None
    for many, end in ((15, []), (16, ["  and 1 more"])):
        table = replace(asked.table, rows=asked.table.rows * many)
        sections = (first, replace(asked, table=table), *rest)
        lines = list(packed(replace(done, pages=replace(done.pages, sections=sections))))
        assert sum(line.startswith("  B1 ") for line in lines) == 15
        assert [line for line in lines if line.startswith("  and ")] == end
    none = (first, replace(asked, table=replace(asked.table, rows=())), *rest)
    lines = list(packed(replace(done, pages=replace(done.pages, sections=none))))
    assert "PROPOSED DATES" not in lines  # nothing to decide: one line among the rest
    assert [line.split()[-1] for line in lines if line.startswith("  Proposed dates")] == ["0"]


def test_what_a_template_lacked_is_said_on_the_screen(october):
    done = agsxl.committee_pack(october, as_of=OCTOBER)
    said = "\n".join(packed(replace(done, notes=("The template has no place for the tables.",))))
    assert "\n\nThe template has no place for the tables.\n" in said


def test_a_pack_is_written_into_a_folder_and_the_plan_stays_as_it_is(capsys, october):
    before, folder = october.read_bytes(), october.parent / "Committee pack"
    code, out, err = run(capsys, "report", october, "--as-of", "2017-10-31", "--out", folder)
    assert (code, err) == (0, "")
    assert october.read_bytes() == before
    assert sorted(f.name for f in folder.iterdir()) == sorted((WORD, WORKBOOK, WEB))
    assert all(f"  {folder / name}\n" in out for name in (WORD, WORKBOOK, WEB))
    assert "Nothing is written" not in out and "frozen" not in out
    found = run_json(capsys, "report", october, "--as-of", "2017-10-31", "--out", folder)
    assert sorted(found["files"]) == sorted(str(folder / name) for name in (WORD, WORKBOOK, WEB))


@pytest.mark.parametrize(
    ("freeze", "label"),
    [
        (["--freeze"], "Report 31 October 2017"),
        (["--freeze", "Council 14/11/2017"], "Council 14/11/2017"),
    ],
)
def test_a_frozen_pack_is_what_the_next_one_is_compared_with(capsys, october, freeze, label):
    folder = october.parent / "pack"
    code, out, _ = run(
        capsys,
        "report",
        october,
        "--as-of",
        "2017-10-31",
        "--out",
        folder,
        *freeze,
        "--who",
        "M Hall",
    )
    assert code == 0
    assert f"The plan is frozen as {label!r}." in out and "The plan as it was before:" in out
    kept = updating.history_of(october)
    assert [copy.label for copy in kept.snapshots if copy.label][-1] == label
    assert kept.snapshots[-1].reporting_date == OCTOBER
    assert kept.entries[-1].who == "M Hall"
    found = run_json(capsys, "report", october, "--as-of", "2017-11-30")
    assert found["since"] == {"label": label, "day": "2017-10-31", "note": ""}
    assert (found["frozen"], found["completed"], found["date_moves"]) == ("", [], [])


WRONG = {
    "--freeze": "--freeze keeps the plan as the pack reports it; name the pack's folder with --out",
    "--since May": "May",
    "--since 2018-01-01": "after the reporting date",
    "--as-of June": "--as-of needs a date",
    "--last-year gone.xlsx": "gone.xlsx",
    "--freeze 'Governance Committee 30/09/2017' --out pack": "Governance Committee 30/09/2017",
}


@pytest.mark.parametrize("options", WRONG)
def test_what_cannot_be_reported_is_one_sentence_and_nothing_is_written(
    capsys, october, options, monkeypatch
):
    import shlex

    monkeypatch.chdir(october.parent)
    before = october.read_bytes(), sorted(october.parent.iterdir())
    code, out, err = run(capsys, "report", october, *shlex.split(options), "--json")
    assert (code, out) == (2, "")
    assert WRONG[options] in err and err.count("\n") == 1 and err.startswith("agsxl: ")
    assert (october.read_bytes(), sorted(october.parent.iterdir())) == before


def test_last_year_is_read_from_the_plan_that_is_named(capsys, plan, october, tmp_path):
    old = write_book(
        tmp_path / "2016.xlsx",
        {"Plan": rows({"Ref": "Z1", "Milestones": "Training delivered", "Timescale": date(2017, 2, 28),
                       "Status": "Complete"},
                      {"Ref": "Z2", "Milestones": "Charter drafted", "Timescale": date(2017, 3, 31)})},
    )  # fmt: skip
    found = run_json(capsys, "report", october, "--last-year", old)
    assert [each["ref"] for each in found["last_year"]] == ["Z1", "Z2"]
    assert all(set(each) == {"ref", "how", "new_ref", "now"} for each in found["last_year"])


def test_what_became_of_last_years_milestones_is_read_from_the_rolled_plan(capsys, october):
    new = october.parent / "next.xlsx"
    run(capsys, "roll", october, "--year", "2018/19", "--out", new, "--as-of", "2018-03-31")
    with open_book(new) as book:
        at = book.read("Plan").rows[-1].index("On target")
        status = f"{chr(65 + at)}{len(book.read('Plan').rows)}"
    typed(new, **{status: "Complete"})
    found = run_json(capsys, "report", new, "--as-of", "2018-04-30")
    by_ref = {
        each["ref"]: (each["how"], each["new_ref"], each["now"]) for each in found["last_year"]
    }
    assert list(by_ref) == ["A1", "A2", "B1", "B2", "C1", "C2", "D1"]
    assert by_ref["A1"] == ("Complete on 12 October 2017", "", None)
    assert by_ref["A2"][1:] == ("A1", "overdue")
    assert by_ref["D1"][1:] == ("D1", "complete")
    assert found["year"] == "2018/19"


# -- roll --------------------------------------------------------------------------------------


def test_a_year_is_closed_into_a_new_workbook(capsys, october):
    before, out = october.read_bytes(), october.parent / "next.xlsx"
    code, said, err = run(
        capsys, "roll", october, "--year", "2018-19", "--out", out, "--as-of", "2018-03-31"
    )
    assert (code, err) == (0, "")
    assert october.read_bytes() == before
    assert "7 milestones, 5 carried into 2018/19, 2 left behind." in " ".join(said.split())
    assert str(out) in said
    new = agsxl.load_plan(out)
    assert [(m.previous_ref, m.ref) for m in new.milestones] == [
        ("A2", "A1"), ("B1", "B1"), ("B2", "B2"), ("C2", "C1"), ("D1", "D1"),
    ]  # fmt: skip
    assert new.settings.year == "2018/19"
    assert [move.nth for move in updating.history_of(out, "A1").dates] == [2, 3]


def test_a_rolled_year_as_json(capsys, october):
    out = october.parent / "next.xlsx"
    found = run_json(capsys, "roll", october, "--year", "2018/19", "--out", out, "--who", "M Hall")
    assert (found["as_of"], found["as_of_from"], found["year"]) == (
        "2017-09-30",
        "Settings",
        "2018/19",
    )
    assert found["file"] == str(out)
    assert {e.who for e in updating.history_of(out).entries} >= {"M Hall"}


NOT_ROLLED = {
    "--out next.xlsx": "Name the year that begins with --year",
    "--year 2018/19": "Name the workbook of the new year with --out",
    "--year 2018/20 --out next.xlsx": "2018/20",
    "--year 2017/18 --out next.xlsx": "2017/18",
    "--year 2018/19 --out plan.xlsx": "plan.xlsx",
    "--year 2018/19 --out there.xlsx": "there.xlsx",
    "--year 2018/19 --out next.pdf": "next.pdf",
}


@pytest.mark.parametrize("options", NOT_ROLLED)
def test_what_cannot_be_rolled_is_one_sentence_and_nothing_is_written(
    capsys, october, options, monkeypatch
):
    monkeypatch.chdir(october.parent)
    Path("there.xlsx").write_bytes(b"somebody's plan")
    before = {f: f.read_bytes() for f in october.parent.iterdir() if f.is_file()}
    code, out, err = run(capsys, "roll", "plan.xlsx", *options.split(), "--json")
    assert (code, out) == (2, "")
    assert NOT_ROLLED[options] in err and err.count("\n") == 1 and err.startswith("agsxl: ")
    assert {f: f.read_bytes() for f in october.parent.iterdir() if f.is_file()} == before


# -- the open workbook ---------------------------------------------------------------------------


@pytest.fixture
def live(monkeypatch, october) -> list[str | None]:
    """The plan as if it were open in Excel; the names by which it was asked for."""
    asked: list[str | None] = []

    def live_book(name: str | None = None) -> Any:
        asked.append(name)
        return open_book(october)

    monkeypatch.setattr("agsxl.excel.live.live_book", live_book)
    return asked


def test_live_report_is_the_button(capsys, october, live):
    found = run_json(capsys, "report", "--live", "plan.xlsx", "--as-of", "2017-10-31")
    assert live == ["plan.xlsx"]
    folder = october.parent / "pack 2017-10-31"
    assert sorted(found["files"]) == sorted(str(folder / name) for name in (WORD, WORKBOOK, WEB))
    assert found["frozen"] == "Report 31 October 2017"
    assert found["since"]["label"] == COMMITTEE
    elsewhere = october.parent / "elsewhere"
    found = run_json(
        capsys,
        "report",
        "--live",
        "--as-of",
        "2017-10-31",
        "--out",
        elsewhere,
        "--freeze",
        "Second",
    )
    assert live[1:] == [None]
    assert (found["frozen"], Path(found["files"][0]).parent) == ("Second", elsewhere)


def test_live_roll_is_the_button(capsys, october, live):
    found = run_json(capsys, "roll", "--live")
    assert found["file"] == str(october.parent / "plan 2018-19.xlsx")
    assert found["year"] == "2018/19"
    code, _, err = run(capsys, "roll", "--live")  # it is there now
    assert code == 2 and "plan 2018-19.xlsx" in err
    found = run_json(
        capsys, "roll", "--live", "--year", "2019/20", "--out", october.parent / "x.xlsm"
    )
    assert (found["year"], Path(found["file"]).name) == ("2019/20", "x.xlsm")


@pytest.mark.parametrize("command", ["report", "roll"])
def test_without_a_plan_it_is_asked_for(capsys, command):
    assert run(capsys, command)[::2] == (
        2,
        "agsxl: Name the plan, or the workbook that is open in Excel with --live.\n",
    )


# -- lineage -----------------------------------------------------------------------------------


def test_two_years_are_held_beside_each_other(capsys, october):
    new = october.parent / "next.xlsx"
    run(capsys, "roll", october, "--year", "2018/19", "--out", new)
    code, out, err = run(capsys, "lineage", october, new)
    assert (code, err) == (0, "")
    assert "2018/19: A1" in out and "Written" not in out
    found = run_json(capsys, "lineage", october, new, "--out", october.parent)
    assert found["files"] == [str(october.parent / "lineage.xlsx")]
    assert (october.parent / "lineage.xlsx").exists()
    assert len(found["links"]) == 5
    held = october.parent / "held.xlsx"
    code, out, _ = run(capsys, "lineage", october, new, "--out", held, "--as-of", "2018-05-04")
    assert load_workbook(held).properties.created.date() == date(2018, 5, 4)
    assert out.endswith(f"Written:\n  {october.parent / 'held.xlsx'}\n")


def test_a_command_says_what_it_does_in_proper_words(capsys):
    with pytest.raises(SystemExit):
        main(["report", "--help"])
    assert "Make the committee pack: a Word document" in capsys.readouterr().out


@pytest.mark.parametrize("plans", [[], ["plan.xlsx"]])
def test_lineage_needs_two_plans(capsys, october, plans, monkeypatch):
    monkeypatch.chdir(october.parent)
    code, out, err = run(capsys, "lineage", *plans, "--json")
    assert (code, out) == (2, "")
    assert err == "agsxl: Name two plans or more, the oldest first: each is held beside the next.\n"


@pytest.mark.parametrize("which", [0, 1])
def test_lineage_writes_over_none_of_the_plans(capsys, october, which):
    new = october.parent / "next.xlsx"
    run(capsys, "roll", october, "--year", "2018/19", "--out", new)
    plans = (october, new)
    before = plans[which].read_bytes()
    code, out, err = run(capsys, "lineage", *plans, "--out", plans[which])
    assert (code, out) == (2, "")
    assert err == (
        f"agsxl: {plans[which]} is the plan itself and is not written over; choose another name.\n"
    )
    assert plans[which].read_bytes() == before


# -- from Python -------------------------------------------------------------------------------


def test_the_three_are_there_from_python(october):
    done = agsxl.committee_pack(october, as_of=OCTOBER, out=october.parent / "pack")
    assert isinstance(done, agsxl.Packed) and done.pack.now.counts.overdue == 1
    rolled = agsxl.roll(october, "2018/19", october.parent / "next.xlsx")
    assert isinstance(rolled, agsxl.Rolled)
    assert isinstance(agsxl.lineage([october, rolled.file]), agsxl.Lineage)
