"""Reading a plan: wherever its table starts, whatever its headings are called, and what is refused."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

import agsxl
from agsxl import desk
from agsxl.errors import AgsxlError, NoPlanError, SourceError, TwoPlansError
from agsxl.excel.file import open_book
from agsxl.grid import CellError, Formula
from agsxl.layout.headings import ALIASES, column_of, match_headings
from agsxl.layout.people import read_lead
from tests.books import ROW, TWELVE, rewrite, write_book
from tests.plans import REAL, SAMPLE, plan_of


def one_sheet(tmp_path: Path, rows, name: str = "Sheet1", **more) -> Path:
    return write_book(tmp_path / "plan.xlsx", {name: rows}, **more)


def row(ref: str, **changes) -> list:
    cells = dict(zip(TWELVE, [ref, *ROW[1:]], strict=True))
    return list((cells | changes).values())


# -- the table ---------------------------------------------------------------------------------


def test_the_table_is_found_wherever_it_starts(tmp_path):
    rows = [["Any council"], [], ["Action plan"], [], [None, None, *TWELVE], [None, None, *ROW]]
    plan = desk.load_plan(one_sheet(tmp_path, rows, "Whatever it is called"))
    assert [(m.ref, m.where.row, m.where.sheet) for m in plan.milestones] == [
        ("A1", 6, "Whatever it is called")
    ]
    assert plan.columns["ref"] == "C" and plan.cell("status", 6) == "L6"


HEADED = [
    ("By when", "timescale"), ("Target date", "timescale"), ("Due Date:", "timescale"),
    ("Timescale (original)", "timescale"), ("Owner", "smt_lead"), ("Lead *", "smt_lead"),
    ("Owner (see key at end)", "smt_lead"), ("Responsible\nOfficer", "smt_lead"),
    ("Progress", "comments"), ("Progress update including challenges and interdependencies", "comments"),
    ("Revised date", "revised"), ("NEW TARGET DATE", "revised"), ("RAG Status", "status"),
    ("Action(s)", "milestone"), ("Action planned", "milestone"), ("Ref.", "ref"), ("No.", "ref"),
    ("Portfolio Holder", "member_lead"), ("Date completed", "completed"), ("Baseline date", "baseline"),
    ("Area for Improvement", "theme"), ("Evidence", "evidence"), ("Revised date approved by", "approved_by"),
]  # fmt: skip


@pytest.mark.parametrize(("heading", "column"), HEADED)
def test_a_heading_is_matched_through_its_aliases(heading, column):
    found = column_of(heading.replace("\n", " "))
    assert found is not None and found[0] == column


def test_no_alias_names_two_columns():
    names = [alias for aliases in ALIASES.values() for alias in aliases]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [*ALIASES["ref"], "ags ref", "our reference", "IA number"])
def test_no_ref_heading_is_lost_to_the_quick_look_at_how_it_begins(tmp_path, name):
    for form in (name, name.upper(), name.capitalize(), f" {name}"):
        if form.strip():
            heads = [form, "Milestone", "Timescale", "Status"]
            path = one_sheet(tmp_path, [heads, ["A1", "Do it", "31/12/17", "Done"]])
            assert desk.load_plan(path).milestones[0].ref == "A1", form


def test_the_sample_is_what_its_tables_say(tmp_path):
    again = tmp_path / "again.xlsx"
    builder = SAMPLE.parent / "sample" / "build.py"
    subprocess.run([sys.executable, str(builder), str(again)], check=True)
    with open_book(SAMPLE) as committed, open_book(again) as built:
        assert committed.sheets() == built.sheets()
        for name in built.sheets():
            assert committed.read(name) == built.read(name), "run: python workbook/sample/build.py"


def test_the_surer_of_two_headings_wins_and_the_other_is_kept():
    known, unknown = match_headings(["Ref", "Progress", "Comments", "Ward", "Ward", ""])
    assert known == {"ref": 0, "comments": 2}
    assert unknown == {1: "Progress", 3: "Ward", 4: "Ward (2)"}


def test_unknown_columns_are_kept(tmp_path):
    rows = [[*TWELVE, "Ward", "Cost (£)"], [*ROW, "North", 1200], [*row("A2"), None, 12.5]]
    plan = desk.load_plan(one_sheet(tmp_path, rows))
    assert plan.milestones[0].extra == {"Ward": "North", "Cost (£)": "1200"}
    assert plan.milestones[1].extra == {"Ward": "", "Cost (£)": "12.5"}


def test_however_many_columns_the_officer_adds_the_plan_is_found(tmp_path):
    own = [f"Own {number}" for number in range(40)]
    path = write_book(tmp_path / "p.xlsx", {"P": [[*TWELVE, *own], [*ROW, *own]]})
    [milestone] = desk.load_plan(path).milestones
    assert (milestone.ref, list(milestone.extra)) == ("A1", own)


def test_page_headings_and_blank_rows_are_dropped_and_other_rows_named(tmp_path):
    aside = [None] * 11 + ["Agreed by the committee"]
    rows = [TWELVE, row("A1"), [], TWELVE, row("A2"), aside, row("A3"), [], ["Key: A = agreed"]]
    plan = desk.load_plan(one_sheet(tmp_path, rows))
    assert [m.ref for m in plan.milestones] == ["A1", "A2", "A3"]
    assert plan.left_out == ((6, "Agreed by the committee"),)


def test_a_band_across_the_table_is_no_milestone(tmp_path):
    rows = [TWELVE, ["A: Member and officer training"] + [None] * 11, row("A1")]
    plan = desk.load_plan(one_sheet(tmp_path, rows, merge={"Sheet1": [(2, 1, 2, 12)]}))
    assert [m.ref for m in plan.milestones] == ["A1"]
    assert plan.left_out == ((2, "A: Member and officer training"),)


def test_merged_cells_are_filled(tmp_path):
    rows = [TWELVE, row("A1"), row("A2", Outcome=None), row("A3", Outcome="Other")]
    plan = desk.load_plan(one_sheet(tmp_path, rows, merge={"Sheet1": [(2, 3, 3, 3)]}))
    assert [m.outcome for m in plan.milestones] == ["Trained", "Trained", "Other"]
    assert plan.merged == (("C2:C3", 2, 3, "outcome"),)


def test_rows_without_a_ref_or_without_a_milestone_are_still_milestones(tmp_path):
    plan = desk.load_plan(one_sheet(tmp_path, [TWELVE, row(""), row("A2", Milestones=None)]))
    assert [(m.ref, m.milestone) for m in plan.milestones] == [
        ("", "Training delivered"),
        ("A2", ""),
    ]


def test_another_table_below_is_named_and_not_read_in_silence(tmp_path):
    rows = [
        TWELVE,
        row("A1"),
        [],
        ["Ref", "Action", "Owner", "Status", "Closed on"],
        ["A9", "Old", "HR", "Closed", None],
    ]
    plan = desk.load_plan(one_sheet(tmp_path, rows))
    assert [m.ref for m in plan.milestones] == ["A1"]
    assert plan.left_out == (
        (4, "another table, headed Ref | Action | Owner | Status | Closed on: 1 rows"),
    )


def test_a_milestone_that_has_heading_words_in_it_is_a_milestone(tmp_path):
    words = row("A2", Source="No", Milestones="Action", Comments="Update", Timescale="Status")
    assert (
        len(desk.load_plan(one_sheet(tmp_path, [TWELVE, row("A1"), words, row("A3")])).milestones)
        == 3
    )


def test_a_page_heading_that_renames_a_column_is_another_table(tmp_path):
    rows = [[*TWELVE, "Ward"], [*row("A1"), "North"], [*TWELVE, "Cost"], [*row("A2"), 5]]
    with pytest.raises(TwoPlansError):
        desk.load_plan(one_sheet(tmp_path, rows))


def test_columns_of_one_name_and_far_ones_are_all_kept(tmp_path):
    rows = [[*TWELVE, "Ward", "Ward (2)", "Ward"], [*row("A1"), "1", "2", "3", None, None, "far"]]
    extra = desk.load_plan(one_sheet(tmp_path, rows)).milestones[0].extra
    assert extra == {"Ward": "1", "Ward (2)": "2", "Ward (3)": "3", "Column R": "far"}


def test_merging_overwrites_nothing(tmp_path):
    rows = [TWELVE, row("A1"), row("A2")]
    plan = desk.load_plan(one_sheet(tmp_path, rows, merge={"Sheet1": [(2, 1, 2, 2)]}))
    assert [m.ref for m in plan.milestones] == ["A1", "A2"]
    assert plan.milestones[0].theme in ("", "A: Training")


def test_full_rows_after_a_blank_one_are_read_or_named(tmp_path):
    last = ["Key", "x", "y", "z", "KEYACTION", None, "31/03/2027"]
    plan = desk.load_plan(
        one_sheet(tmp_path, [TWELVE, row("A1"), [], last, [None] * 4 + ["Signed off"]])
    )
    assert [m.ref for m in plan.milestones] == ["A1"]
    assert [text for _, text in plan.left_out] == ["Key | x | y | z | KEYACTION | 31/03/2027"]


def test_a_page_heading_in_another_order_is_another_table(tmp_path):
    swapped = list(TWELVE)
    swapped[6], swapped[10] = swapped[10], swapped[6]
    with pytest.raises(TwoPlansError):
        desk.load_plan(one_sheet(tmp_path, [TWELVE, row("A1"), swapped, row("A2")]))


def test_a_later_section_may_add_a_column(tmp_path):
    rows = [TWELVE, row("A1"), [*TWELVE, "Date completed"], [*row("A2"), date(2017, 5, 1)]]
    plan = desk.load_plan(one_sheet(tmp_path, rows))
    assert [m.completed for m in plan.milestones] == [None, date(2017, 5, 1)]


def test_a_column_without_a_heading_is_kept_under_its_letter(tmp_path):
    plan = desk.load_plan(one_sheet(tmp_path, [TWELVE, [*row("A1"), "said by telephone"]]))
    assert plan.milestones[0].extra == {"Column M": "said by telephone"}


def test_a_second_row_of_headings_is_read_with_the_first(tmp_path):
    heads = ["Ref", "Action", "Target date", None, "Lead", None, "Status"]
    subs = [None, None, "Original", "Revised", "Member", "SMT", None]
    rows = [
        heads,
        subs,
        ["A1", "Do it", "31/12/17", "31/03/18", "Leader", "Head of HR", "On target"],
    ]
    plan = desk.load_plan(one_sheet(tmp_path, rows, merge={"Sheet1": [(1, 3, 1, 4), (1, 5, 1, 6)]}))
    (milestone,) = plan.milestones
    assert (milestone.timescale.raw, milestone.revised.raw) == ("31/12/17", "31/03/18")
    assert (milestone.member_lead, milestone.smt_lead.post) == ("Leader", "Head of HR")


def test_two_columns_that_could_be_one_are_said(tmp_path):
    rows = [[*TWELVE, "New target date"], [*row("A1"), "30/06/18"]]
    plan = desk.load_plan(one_sheet(tmp_path, rows))
    assert plan.passed_over == (("revised", "New target date"),)
    assert plan.milestones[0].extra == {"New target date": "30/06/18"}


def test_totals_and_keys_are_no_milestones(tmp_path):
    rows = [TWELVE, row("A1"), ["Total", 1], [], ["G", "On track"], ["Key", "as agreed"]]
    plan = desk.load_plan(one_sheet(tmp_path, rows))
    assert [m.ref for m in plan.milestones] == ["A1"]
    assert plan.left_out == ((3, "Total | 1"), (5, "G | On track"), (6, "Key | as agreed"))


def test_a_stray_value_in_the_last_cell_is_refused_before_it_takes_the_memory(tmp_path):
    path = one_sheet(tmp_path, [TWELVE, row("A1")])
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    bad = rewrite(
        path,
        tmp_path / "far.xlsx",
        lambda n, d: d.replace(b"</sheetData>", far) if "sheet1" in n else d,
    )
    assert "row 1,048,576 and column XFD" in refusal(bad)


# -- cells -------------------------------------------------------------------------------------


def test_dates_texts_numbers_formulas_and_errors_are_told_apart(tmp_path):
    rows = [
        TWELVE,
        row("A1", Timescale=date(2017, 4, 30)),
        row("A2", Timescale="30/04/17"),
        row("A3", Timescale=42855),
        row("A4", Timescale=("=DATE(2017,4,30)", 42855)),
        row("A5", Source=("=VLOOKUP(1,2,3)", "#N/A")),
        row("A6", Milestones=('="Policy "&"approved"', "Policy approved")),
        row("A7", Timescale=("=1/0", "#DIV/0!")),
    ]
    plan = desk.load_plan(one_sheet(tmp_path, rows))
    a1, a2, a3, a4, a5, a6, a7 = plan.milestones
    assert a1.baseline == a2.baseline == date(2017, 4, 30)
    assert (a1.text_dates, a2.text_dates) == ((), ("timescale",))
    assert (a3.timescale.kind, a3.timescale.suggestion, a3.baseline) == (
        "unreadable",
        date(2017, 4, 30),
        None,
    )
    assert a4.timescale.kind == "unreadable"  # the result of the formula is a bare number
    assert (a5.source, a5.errors) == ("", {"source": "#N/A"})
    assert a6.milestone == "Policy approved"
    assert (a7.timescale.kind, a7.errors) == ("blank", {"timescale": "#DIV/0!"})


@pytest.mark.parametrize("date_1904", [False, True])
def test_a_date_cell_is_read_in_its_workbooks_date_system(tmp_path, date_1904):
    rows = [TWELVE, row("A1", Timescale=date(2017, 4, 30))]
    plan = desk.load_plan(one_sheet(tmp_path, rows, date_1904=date_1904))
    assert plan.milestones[0].timescale.latest == date(2017, 4, 30)


def test_a_grid_has_exact_values(tmp_path):
    path = write_book(
        tmp_path / "b.xlsx",
        {
            "S": [
                [None, 12, 12.5, True, "=1+1"],
                [date(2017, 4, 30), ("=1+1", 2), ("=NA()", "#N/A")],
            ]
        },
        hidden_rows={"S": [2]},
    )
    with open_book(path) as book:
        grid = book.read("S")
    assert [grid.value(f"{c}1") for c in "ABCDE"] == [None, 12, 12.5, True, "=1+1"]
    assert grid.value("A2") == date(2017, 4, 30) and type(grid.value("A2")) is date
    assert grid.value("B2") == Formula("=1+1", 2)
    assert grid.value("C2") == Formula("=NA()", CellError("#N/A"))
    assert grid.value("Z99") is None
    assert grid.hidden_rows == {2}


def test_a_grid_says_what_openpyxl_says_of_the_sample():
    book = open_book(SAMPLE)
    values = load_workbook(SAMPLE, data_only=True)
    for name in book.sheets():
        grid = book.read(name)
        for cells in values[name].iter_rows():
            for cell in cells:
                mine, theirs = grid.value(cell.coordinate), cell.value
                if isinstance(mine, Formula):
                    mine = mine.cached
                if isinstance(mine, CellError):
                    mine = mine.code
                if isinstance(theirs, datetime):
                    theirs = theirs.date()
                in_merge = any(
                    a.top < cell.row <= a.bottom and a.left == cell.column for a in grid.merged
                )
                assert mine == theirs or in_merge, (name, cell.coordinate)
    book.close()


def test_hidden_rows_are_read_and_marked(tmp_path):
    plan = desk.load_plan(
        one_sheet(tmp_path, [TWELVE, row("A1"), row("A2")], hidden_rows={"Sheet1": [3]})
    )
    assert [m.hidden for m in plan.milestones] == [False, True]


def test_texts_are_cleaned_and_what_was_written_is_kept(tmp_path):
    written = "Draft  <u>agreed</u>\nby SMT. ~~Old~~"
    plan = desk.load_plan(one_sheet(tmp_path, [TWELVE, row("A1", Comments=written)]))
    milestone = plan.milestones[0]
    assert milestone.comments == "Draft agreed by SMT."
    assert milestone.text("comments") == written


LEADS = [
    ("Head of Legal / Head of Finance", ["Head of Legal", "Head of Finance"]),
    ("Head of Legal; Head of Finance", ["Head of Legal", "Head of Finance"]),
    ("Head of Legal\nHead of Finance", ["Head of Legal", "Head of Finance"]),
    ("Chief Executive and Monitoring Officer", ["Chief Executive", "Monitoring Officer"]),
    ("Chief Executive/Director of Place", ["Chief Executive", "Director of Place"]),
    ("CW/AB", ["CW", "AB"]),
    ("Director of Development, Enterprise and Communities",) * 2,
    ("Head of Policy and Performance",) * 2,
    ("Head of Legal, Housing and Planning",) * 2,
    ("Head of HR/OD",) * 2,
    ("Head of Shared\nFinancial Services", "Head of Shared Financial Services"),
    (
        "Chief Executive; Director of Place and Head of Legal",
        ["Chief Executive", "Director of Place", "Head of Legal"],
    ),
    ("Interim Strategic OD and HR Consultant",) * 2,
    ("", []),
]


@pytest.mark.parametrize(("written", "posts"), LEADS)
def test_joint_leads_are_told_apart_only_where_each_is_a_post(written, posts):
    assert list(read_lead(written).posts) == ([posts] if isinstance(posts, str) else posts)


def test_a_line_break_in_the_leads_cell_parts_two_posts_but_not_one(tmp_path):
    rows = [
        TWELVE,
        row("A1", **{"SMT Lead": "Head of Legal\nHead of Finance"}),
        row("A2", **{"SMT Lead": "Head of Shared\nServices"}),
    ]
    first, second = desk.load_plan(one_sheet(tmp_path, rows)).milestones
    assert first.smt_lead.posts == ("Head of Legal", "Head of Finance")
    assert second.smt_lead.posts == ("Head of Shared Services",)


def test_a_year_typed_into_a_cell_for_dates_is_no_day_of_1905(tmp_path):
    year = date(1905, 7, 19)  # 2027
    path = write_book(tmp_path / "p.xlsx", {"P": [TWELVE, [*ROW[:6], year, *ROW[7:]]]})
    [milestone] = desk.load_plan(path).milestones
    assert (milestone.baseline, milestone.timescale.certain) == (None, False)
    assert milestone.timescale.suggestion == date(2027, 12, 31)


def test_struck_words_of_a_date_go_to_its_note(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text("Ref,Milestones,Timescale,Status\nA1,X,~~31/1/17~~ 30/09/17,Done\n")
    target = desk.load_plan(path).milestones[0].timescale
    assert (target.raw, target.latest, target.note) == (
        "30/09/17",
        date(2017, 9, 30),
        "struck out: 31/1/17",
    )


def test_a_date_without_a_year_is_suggested_beside_the_plans_own_dates():
    plan = plan_of({"timescale": "31/03/2018"}, {"ref": "A2", "timescale": "June Cabinet"})
    assert plan.milestones[1].timescale.suggestion == date(2018, 6, 30)
    assert plan.milestones[1].baseline is None


# -- texts -------------------------------------------------------------------------------------

CSV = "Ref,Milestones,Timescale,Status,SMT Lead\nA1,Policy agreed,31/12/17,On target,{lead}\n"


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", ","), ("utf-8-sig", ","), ("cp1252", ";"), ("utf-16", "\t"), ("utf-8", "\t")],
)
def test_a_csv_in_any_of_the_encodings_that_excel_saves(tmp_path, encoding, separator):
    path = tmp_path / "plan.csv"
    path.write_bytes(CSV.format(lead="Müller – Café").replace(",", separator).encode(encoding))
    plan = desk.load_plan(path)
    assert plan.milestones[0].smt_lead.post == "Müller – Café"
    assert (plan.milestones[0].where.sheet, plan.milestones[0].where.row) == ("", 2)


def test_a_cell_over_two_lines_counts_its_lines(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text(
        'Ref,Milestones,Timescale,Status\nA1,"One\nTwo",31/12/17,Done\nA2,Three,31/12/17,Done\n'
    )
    assert [(m.milestone, m.where.row) for m in desk.load_plan(path).milestones] == [
        ("One Two", 2),
        ("Three", 4),
    ]


def test_odd_line_ends_inside_a_cell_do_not_break_the_row(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text(
        "Ref,Milestones,Timescale,Status\nA1,One\u2028Two\x0cThree,31/12/17,Done\n",
        encoding="utf-8",
    )
    assert [m.ref for m in desk.load_plan(path).milestones] == ["A1"]


def test_a_quotation_mark_that_is_never_closed_is_refused(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text('Ref,Milestones,Timescale,Status\nA1,"One,31/12/17,Done\nA2,Two,1/1/18,Done\n')
    assert "from line 2 on" in refusal(path)


def test_semicolons_part_cells_also_where_the_prose_has_more_commas(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text(
        "Ref;Milestones;Timescale;Status\nA1;One, two, three, four, five, six;31/12/17;Done\n"
    )
    assert desk.load_plan(path).milestones[0].milestone == "One, two, three, four, five, six"


@pytest.mark.parametrize("nobody", ["TBC", "-", "?", "n/a", "Vacant"])
def test_a_lead_that_is_nobody_is_no_post(nobody):
    assert read_lead(nobody).posts == () and read_lead(nobody).raw == nobody


def test_a_very_long_lead_is_one(tmp_path):
    assert len(read_lead("AB/" * 3000).posts) == 1


def test_quotation_marks_in_a_tab_separated_text_quote_nothing(tmp_path):
    path = tmp_path / "plan.txt"
    path.write_text(
        'Ref\tMilestones\tTimescale\tStatus\nA1\t"Local" standards\t31/12/17\tDone\nA2\tTwo\t1/1/18\tDone\n'
    )
    assert [m.milestone for m in desk.load_plan(path).milestones] == ['"Local" standards', "Two"]


@pytest.mark.real
def test_the_real_plan_is_read_whole():
    plan = desk.load_plan(REAL)
    assert len(plan.milestones) == len({m.ref for m in plan.milestones}) == 117
    assert plan.milestones[0].where.row == 4
    assert not plan.left_out


# -- what is refused, in one plain sentence ------------------------------------------------------


def refusal(path, **more) -> str:
    with pytest.raises(AgsxlError) as fault:
        desk.load_plan(path, **more)
    said = str(fault.value)
    assert Path(path).name in said or "sheet" in said
    assert "Traceback" not in said and "\n" not in said and said.endswith(".")
    return said


def test_a_file_that_is_not_there(tmp_path):
    assert "There is no file" in refusal(tmp_path / "plan.xlsx")
    assert "is a folder" in refusal(tmp_path)


def test_an_empty_file_and_one_that_is_no_workbook(tmp_path):
    path = tmp_path / "plan.xlsx"
    path.write_bytes(b"")
    assert "is empty" in refusal(path)
    path.write_bytes(b"\x00\x01\x02binary" * 50)
    assert "neither a workbook nor text" in refusal(path)
    path.write_text("just some words")
    assert "No plan was found" in refusal(path)


def test_a_text_that_calls_itself_a_workbook_is_read_by_its_content(tmp_path):
    path = tmp_path / "plan.xlsx"
    path.write_text(CSV.format(lead="Head of Finance"))
    assert len(desk.load_plan(path).milestones) == 1


def test_an_encrypted_workbook_and_an_old_one(tmp_path):
    path = tmp_path / "plan.xlsx"
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512
    path.write_bytes(ole + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 512)
    assert "protected with a password" in refusal(path)
    path.write_bytes(ole + "Workbook".encode("utf-16-le"))
    assert "old kind" in refusal(path)


def test_a_damaged_workbook(tmp_path):
    whole = one_sheet(tmp_path, [TWELVE, ROW]).read_bytes()
    path = tmp_path / "damaged.xlsx"
    for cut in (20, 300, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:cut])
        assert "damaged" in refusal(path)
    flipped = bytearray(whole)
    with zipfile.ZipFile(tmp_path / "plan.xlsx") as package:
        at = package.getinfo("xl/worksheets/sheet1.xml").header_offset + 60
    flipped[at : at + 30] = bytes(30)
    path.write_bytes(flipped)
    assert "damaged" in refusal(path)


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"]
)
@pytest.mark.parametrize("bad", [b"", b"<worksheet", b"\xff\xfe\x00"])
def test_a_workbook_with_a_damaged_part_gives_one_sentence_or_a_plan(tmp_path, part, bad):
    source = one_sheet(tmp_path, [TWELVE, ROW])
    path = rewrite(source, tmp_path / "bad.xlsx", lambda name, data: bad if name == part else data)
    refusal(path)


def test_a_part_that_is_missing(tmp_path):
    source = one_sheet(tmp_path, [TWELVE, ROW])
    path = rewrite(source, tmp_path / "bad.xlsx", lambda n, d: None if "sheet1" in n else d)
    refusal(path)


def test_xml_entities_are_refused(tmp_path):
    bomb = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'

    def change(name: str, data: bytes) -> bytes:
        return bomb + data.split(b"?>", 1)[1] if name == "xl/worksheets/sheet1.xml" else data

    rows = [TWELVE, row("A1", Source=("=1+1", "2"))]
    path = rewrite(one_sheet(tmp_path, rows), tmp_path / "bomb.xlsx", change)
    with pytest.raises(SourceError):
        desk.load_plan(path)


def test_a_zip_bomb_is_refused_by_what_it_unpacks_to(tmp_path):
    source = one_sheet(tmp_path, [TWELVE, ROW])
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != "xl/worksheets/sheet1.xml":
                new.writestr(name, old.read(name))
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(300):
                part.write(b" " * 2**20)
    assert "unpacks to 300 MB" in refusal(path)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_bomb_that_lies_about_its_size_is_refused_too(tmp_path, part):
    def swell(name: str, data: bytes) -> bytes:
        return (
            data.replace(b"<row", b" " * (64 * 2**20) + b"<row", 1).replace(
                b"<si>", b" " * (64 * 2**20) + b"<si>", 1
            )
            if name == part
            else data
        )

    path = rewrite(one_sheet(tmp_path, [TWELVE, ROW]), tmp_path / "liar.xlsx", swell)
    with zipfile.ZipFile(path) as package:
        size = package.getinfo(part).file_size.to_bytes(4, "little")
    raw = path.read_bytes()
    assert raw.count(size) >= 2  # in the part's own header and in the directory
    path.write_bytes(raw.replace(size, (200_000).to_bytes(4, "little")))
    assert "damaged" in refusal(path)


@pytest.mark.parametrize("name", ["~$plan.xlsx", ".~lock.plan.xlsx#"])
def test_a_workbook_that_is_open_elsewhere_is_refused_and_says_by_whom(tmp_path, name):
    path = one_sheet(tmp_path, [TWELVE, ROW])
    owner = tmp_path / name
    if name.startswith("~$"):
        owner.write_bytes(
            bytes([10]) + b"Ada  Byrne".ljust(54) + b"\x0a\x00" + "Ada  Byrne".encode("utf-16-le")
        )
    else:
        owner.write_text("Ada  Byrne,laptop,laptop,01.09.2017 10:00,file:///home;", "utf-8")
    said = refusal(path)
    assert "is open in" in said and "Ada  Byrne" in said


def test_a_missing_sheet_names_those_there_are(tmp_path):
    said = refusal(one_sheet(tmp_path, [TWELVE, ROW], "Our plan"), sheet="Plan")
    assert "no sheet 'Plan'" in said and "'Our plan'" in said


def test_an_empty_table(tmp_path):
    assert "is empty" in refusal(one_sheet(tmp_path, [TWELVE]))
    assert "No plan was found" in refusal(one_sheet(tmp_path, [[]]))


@pytest.mark.parametrize(
    ("column", "name"),
    [("Ref", "Ref"), ("Milestones", "milestone"), ("Timescale", "timescale"), ("Status", "status")],
)
def test_a_missing_column_is_named_with_what_was_found(tmp_path, column, name):
    at = TWELVE.index(column)
    rows = [[c for i, c in enumerate(r) if i != at] for r in (TWELVE, ROW)]
    with pytest.raises(NoPlanError) as fault:
        desk.load_plan(one_sheet(tmp_path, rows))
    said = str(fault.value)
    assert f"none for {name}." in said and "'Member Lead'" in said and "row 1" in said
    assert ("agsxl import" in said) is (column == "Ref")


def test_two_tables_are_a_choice_that_is_not_made_in_silence(tmp_path):
    path = write_book(
        tmp_path / "two.xlsx", {"This year": [TWELVE, ROW], "Last year": [TWELVE, ROW]}
    )
    with pytest.raises(TwoPlansError, match=r"'This year', row 1.*'Last year', row 1.*--sheet"):
        desk.load_plan(path)
    assert desk.load_plan(path, sheet="last YEAR").sheet == "Last year"


def test_two_tables_in_one_sheet(tmp_path):
    below = [
        TWELVE,
        ROW,
        [],
        ["Ref", "Action", "By when", "Status"],
        ["1", "Do it", "May 2018", "Open"],
    ]
    with pytest.raises(TwoPlansError, match=r"row 1.*row 4"):
        desk.load_plan(one_sheet(tmp_path, below))
    beside = [[*TWELVE, None, *TWELVE], [*ROW, None, *ROW]]
    with pytest.raises(TwoPlansError):
        desk.load_plan(one_sheet(tmp_path, beside))


def test_a_hidden_copy_is_no_second_plan(tmp_path):
    path = write_book(
        tmp_path / "p.xlsx", {"Plan": [TWELVE, ROW], "Old": [TWELVE, ROW]}, hidden_sheets=["Old"]
    )
    assert desk.load_plan(path).sheet == "Plan"


def test_agsxls_own_result_sheets_are_no_second_plan(tmp_path):
    results = [
        ["Ref", "Milestones", "SMT Lead", "Slippage"],
        ["A1", "Training", "Head of Finance", 3],
    ]
    path = write_book(tmp_path / "p.xlsx", {"Plan": [TWELVE, ROW], "Slippage": results})
    assert desk.load_plan(path).sheet == "Plan"


def test_the_library_face_reads_the_sample():
    plan = agsxl.load_plan(SAMPLE)
    assert len(plan.milestones) == 125
    assert plan.settings.council == "Wexcombe Borough Council"
    assert plan.posts.holder("Head of Finance", date(2026, 9, 30)).person == "Anjali Torrence"
