"""The figures of a committee pack, against a count of our own over three invented months.

``tests.months`` lives the months and keeps a diary; ``tests.recount`` counts from the rows of the
workbook and the diary, with nothing of agsxl. Here both are held against the pack, and the pack
against the three files that are made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any, NamedTuple

import openpyxl
import pytest

import agsxl
from agsxl.edits import CellEdit, ChangeSet
from agsxl.packing import Packed, committee_pack
from agsxl.packs import Counts, Pack
from agsxl.words import TIMELINESS
from tests import months, recount
from tests.books import TWELVE, write_book
from tests.months import ENDS, Month, Row
from tests.plans import REAL

_NUMBERS = (
    "moved",
    "measured",
    "unmeasurable",
    "slipped",
    "earlier",
    "total_days",
    "median_days",
    "longest_days",
)


# -- the months ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> list[Month]:
    return months.three_months(months.small_plan(tmp_path_factory.mktemp("small")))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> list[Month]:
    return months.three_months(months.real_plan(tmp_path_factory.mktemp("real")))


@pytest.fixture(params=["small", pytest.param("real", marks=pytest.mark.real)])
def year(request: pytest.FixtureRequest) -> list[Month]:
    """Three months of the invented plan, and of the real one."""
    found: list[Month] = request.getfixturevalue(request.param)
    return found


class Then(NamedTuple):
    """What a pack is compared with: what is asked for, and what the diary has of it."""

    since: str
    rows: Mapping[str, Row]
    day: date
    when: datetime


def the_last(month: Month) -> Then:
    frozen = month.frozen[-1]
    return Then("", frozen.rows, frozen.day, frozen.when)


def a_label(month: Month) -> Then:
    """The snapshot before the last, by its label; in the first month the only one."""
    frozen = month.frozen[max(len(month.frozen) - 2, 0)]
    return Then(frozen.label.upper(), frozen.rows, frozen.day, frozen.when)


def a_reported_day(month: Month) -> Then:
    frozen = month.frozen[0]
    return Then(f"{frozen.day:%d/%m/%Y}", frozen.rows, frozen.day, frozen.when)


def the_middle_of_the_month(month: Month) -> Then:
    """A day on which nobody froze anything: the plan as agsxl knew it when that day ended."""
    day = month.day.replace(day=17)
    page = [page for page in month.pages if page.when.date() <= day][-1]
    return Then(day.isoformat(), page.rows, day, datetime.combine(day, datetime.max.time()))


SINCES = (the_last, a_label, a_reported_day, the_middle_of_the_month)


def rows_now(month: Month) -> dict[str, Row]:
    """The rows of the workbook, by what the diary calls each milestone: the diary must know them all."""
    raw = recount.rows_of(month.file)
    assert [row["Ref"] for row in raw] == [row["Ref"] for row in month.rows.values()]
    return dict(zip(month.rows, raw, strict=True))


def pack_at(month: Month, since: str, **more: Any) -> Packed:
    return committee_pack(month.file, since=since, as_of=month.day, now=month.now, **more)


# -- the pack, laid out as the recount is ----------------------------------------------------------


def refs_of(found: Sequence[Any] | None) -> list[str] | None:
    return None if found is None else [each.milestone.ref for each in found]


def told(pack: Pack) -> dict[str, Any]:
    """A pack's facts as plain lists, in the shape of ``recount.figures``."""

    def counted(counts: Counts) -> dict[str, int]:
        return counts._asdict()

    def summed(standing: Any) -> dict[str, Any]:
        every = asdict(standing.slippage.totals)
        return {name: every[name] for name in _NUMBERS}

    found: dict[str, Any] = {
        "counts": counted(pack.now.counts),
        "totals": summed(pack.now),
        "themes": {group.name: counted(group.counts) for group in pack.themes},
        "longest": [(p.milestone.ref, p.movement.slippage_days) for p in pack.longest],
        "unmeasured": [(p.milestone.ref, p.movement.basis) for p in pack.unmeasured],
        "without evidence": [m.ref for m in pack.without_evidence],
        "which date": [
            (p.milestone.ref, max(p.movement.moves, len(p.moves)) + 1) for p in pack.milestones
        ],
        "asked": sorted(
            ((e.milestone.ref, e.lead, e.current, e.proposed, e.reason, e.nth, e.days, e.slippage,
              e.settled, e.approved_by)
             for e in pack.asked or ()), key=repr,
        ),
        "unplaced": sorted((each.words, each.lead, each.proposed) for each in pack.unplaced),
        "then": counted(pack.then.counts) if pack.then else None,
        "then totals": summed(pack.then) if pack.then else None,
        "completed": refs_of(pack.completed),
        "first seen": [c.noticed for c in pack.completed] if pack.completed is not None else None,
        "reopened": [m.ref for m in pack.reopened] if pack.reopened is not None else None,
        "newly overdue": refs_of(pack.newly_overdue),
        "no longer overdue": sorted(refs_of(pack.eased) or ()) if pack.eased is not None else None,
        "added": refs_of(pack.added),
        "gone": sorted(refs_of(pack.gone) or ()) if pack.gone is not None else None,
        "moves": None,
    }  # fmt: skip
    if pack.moved is not None:
        found["moves"] = sorted(
            ((m.milestone.ref, m.move.old, m.move.new, m.days, m.move.nth, m.move.reason, m.move.approved_by,
              m.move.when.date() if m.move.when else None)
             for m in pack.moved), key=repr,
        )  # fmt: skip
    return found


def same(pack: Pack, month: Month, then: Then | None) -> None:
    """The pack says what the recount does, figure by figure."""
    counted = recount.figures(month, rows_now(month), then)
    said = told(pack)
    assert said.keys() == counted.keys()
    for name, figure in counted.items():
        assert said[name] == figure, name


# -- each figure, counted again --------------------------------------------------------------------


@pytest.mark.parametrize("number", range(len(ENDS)))
@pytest.mark.parametrize("then", SINCES)
def test_each_figure_is_what_the_rows_and_the_diary_come_to(
    year: list[Month], number: int, then: Callable[[Month], Then]
) -> None:
    month = year[number]
    before = then(month)
    done = pack_at(month, before.since)
    assert done.pack.since is not None
    assert done.pack.since.day == before.day
    same(done.pack, month, before)
    assert done.notes == ()


def test_the_months_hold_what_a_pack_can_say(year: list[Month]) -> None:
    """The recount would agree about nothing just as well: every list has something in it."""
    found = [recount.figures(m, rows_now(m), the_last(m)) for m in year]
    for name in found[0]:
        assert any(each[name] for each in found), name
    moves = [move for each in found for move in each["moves"]]
    assert {move[4] for move in moves} >= {2, 3}
    assert {bool(move[5]) for move in moves} == {True, False}
    assert {each[8] for month in found for each in month["asked"]} == {True, False}
    assert year[-1].rules_off


@pytest.mark.parametrize("seed", [31, pytest.param(1, marks=pytest.mark.real)])
def test_other_months_come_to_what_they_come_to(tmp_path: Path, seed: int) -> None:
    for month in months.three_months(months.small_plan(tmp_path), seed=seed):
        for then in (the_last(month), the_middle_of_the_month(month)):
            same(pack_at(month, then.since).pack, month, then)


@pytest.mark.parametrize(
    "seed", [37, *(pytest.param(n, marks=pytest.mark.real) for n in (1, 3, 28))]
)
def test_months_in_which_anything_happens_to_any_milestone(tmp_path: Path, seed: int) -> None:
    for month in months.any_months(months.small_plan(tmp_path), seed):
        for then in (the_last(month), a_reported_day(month)):
            same(pack_at(month, then.since).pack, month, then)


# -- the three files -------------------------------------------------------------------------------

Tables = dict[str, list[list[str]]]  # the rows of each table below its headings, by section


def shown(cell: Any) -> str:
    """A cell as a person reads it, whatever file it stands in."""
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    text = " ".join(str(cell if cell is not None else "").split())
    return text.replace(",", "") if re.fullmatch(r"-?[\d,]+(\.\d+)?", text) else text


def in_word(file: Path) -> Tables:
    import docx
    from docx.table import Table

    found: Tables = {}
    heading = ""
    for part in docx.Document(str(file)).iter_inner_content():
        if isinstance(part, Table):
            found[heading] = [[shown(cell.text) for cell in row.cells] for row in part.rows[1:]]
        elif part.style is not None and part.style.name == "Heading 1":
            heading = part.text
    return found


def in_workbook(file: Path) -> Tables:
    found: Tables = {}
    for sheet in openpyxl.load_workbook(file).worksheets:
        for table in sheet.tables.values():
            cells = [[shown(cell.value) for cell in row] for row in sheet[table.ref]]
            found[str(sheet["A1"].value)] = cells[1:]
    return found


def in_page(file: Path) -> Tables:
    from lxml import html

    found: Tables = {}
    for section in html.parse(str(file)).getroot().iter("section"):
        for table in section.iter("table"):
            (body,) = table.iterchildren("tbody")
            heading = section.find(".//h2").text_content()
            found[heading] = [[shown(c.text_content()) for c in row] for row in body.iter("tr")]
    return found


def files_of(month: Month, since: str, folder: Path) -> tuple[Packed, Tables]:
    """A pack that is written, and its tables as all three files have them."""
    done = pack_at(month, since, out=folder)
    word, book, page = (
        read(file) for read, file in zip((in_word, in_workbook, in_page), done.files, strict=True)
    )
    for section in done.pages.sections:
        if section.table is not None and section.table.rows:
            assert word[section.heading] == book[section.heading] == page[section.heading], (
                section.key
            )
    return done, word


def number(figure: float | None) -> str:
    return "not known" if figure is None else f"{figure:g}"


@pytest.mark.parametrize("at", range(len(ENDS)))
def test_the_files_say_the_same_and_it_is_what_the_rows_come_to(
    year: list[Month], tmp_path: Path, at: int
) -> None:
    month = year[at]
    then = the_last(month)
    done, tables = files_of(month, "", tmp_path / "pack")
    counted = recount.figures(month, rows_now(month), then)
    section = {each.key: each.heading for each in done.pages.sections}

    def column(key: str, place: int = 0) -> list[str]:
        return [row[place] for row in tables.get(section[key], [])]

    for place, counts, totals in (
        (1, counted["counts"], counted["totals"]),
        (2, counted["then"], counted["then totals"]),
    ):
        figures = [(row[0], row[place]) for row in tables[section["summary"]]]
        assert figures[:7] == [
            ("Milestones", number(counts["milestones"])),
            *((TIMELINESS[kind], number(counts[kind])) for kind in recount.KINDS),
        ]
        assert [figure for _, figure in figures[7:]] == [
            number(totals[name])
            for name in ("moved", "measured", "median_days", "longest_days", "total_days")
        ]
    assert sorted(column("extensions")) == [each[0] for each in counted["asked"]]
    assert sorted(column("extensions", 4)) == sorted(shown(each[3]) for each in counted["asked"])
    assert column("completed") == counted["completed"]
    overdue = [
        row["Ref"]
        for row in rows_now(month).values()
        if recount.stands(row, month.day) == "overdue"
    ]
    assert sorted(column("overdue")) == sorted(overdue)
    new = len(counted["newly overdue"])
    assert sorted(column("overdue")[:new]) == sorted(counted["newly overdue"])
    assert sorted(
        (row[0], row[3], row[4], row[5], row[6]) for row in tables.get(section["moves"], [])
    ) == sorted(
        (ref, shown(old) if old else "no certain date", shown(new), number(days), f"{which}{'nd' if which == 2 else 'rd' if which == 3 else 'th'} date")
        for ref, old, new, days, which, *_ in counted["moves"]
    )  # fmt: skip
    assert list(zip(column("slipped"), column("slipped", 6), strict=True)) == [
        (ref, str(days)) for ref, days in counted["longest"][:10]
    ]
    assert column("evidence") == counted["without evidence"]
    assert column("unmeasured") == [
        ref for ref, why in counted["unmeasured"] if why != "completion date unknown"
    ]
    themes = {row[0]: row[1:] for row in tables[section["themes"]]}
    assert themes.pop("All themes") == [
        number(counted["counts"][k]) for k in ("milestones", *recount.KINDS)
    ]
    assert themes == {
        name: [number(counts[k]) for k in ("milestones", *recount.KINDS)]
        for name, counts in counted["themes"].items()
    }
    added = len(counted["added"])
    assert column("changes")[:added] == counted["added"]
    assert sorted(column("changes")[added:]) == counted["gone"]
    assert {row[0]: row[3] for row in tables.get(section["queries"], [])} == month.rules_off
    assert column("every") == [row["Ref"] for row in rows_now(month).values()]
    # Then, what came and what went come to now.
    for name, was, came, went, is_ in tables[section["basis"]]:
        assert int(was) + int(came) - int(went) == int(is_), name


# -- one cell altered ------------------------------------------------------------------------------


def complete(row: Row) -> bool:
    return recount.meaning(row) == "complete"


def overdue(row: Row) -> bool:
    return recount.stands(row, ENDS[1]) == "overdue"


ALTERED = [
    pytest.param(overdue, months.STATUS, "Complete", {"counts", "completed", "themes"}, id="completed"),
    pytest.param(complete, months.STATUS, "On target", {"counts", "themes"}, id="reopened"),
    pytest.param(overdue, months.REVISED, date(2018, 9, 28), {"counts", "totals", "moves", "longest"}, id="a date moved"),
    pytest.param(complete, months.STATUS, "No longer required", {"counts", "themes"}, id="superseded"),
    pytest.param(overdue, months.THEME, "Z: Another theme", {"themes"}, id="another theme"),
    pytest.param(recount.lacks_evidence, months.REF, "Q77", {"without evidence"}, id="another Ref"),
]  # fmt: skip


@pytest.mark.parametrize(("fits", "heading", "value", "differ"), ALTERED)
def test_where_one_cell_is_altered_pack_and_recount_both_move(
    small: list[Month],
    tmp_path: Path,
    fits: Callable[[Row], bool],
    heading: str,
    value: Any,
    differ: set[str],
) -> None:
    month = small[1]
    name = [name for name, row in month.rows.items() if fits(row)][-1]
    officer = months.another_officer(month, tmp_path / "altered.xlsx")
    officer.types(name, {heading: value})
    altered = officer.month_end(month.day)
    then = the_last(month)
    before, after = (recount.figures(m, rows_now(m), then) for m in (month, altered))
    changed = {figure for figure in before if before[figure] != after[figure]}
    assert changed & differ
    packs = told(pack_at(month, "").pack), told(pack_at(altered, "").pack)
    assert {figure for figure in before if packs[0][figure] != packs[1][figure]} == changed
    same(pack_at(altered, "").pack, altered, then)


# -- milestones that changed their names, or went ----------------------------------------------------


def test_a_milestone_that_took_the_ref_of_one_that_went_keeps_its_moves_to_itself(
    tmp_path: Path,
) -> None:
    """B4 is taken out and B5 renumbered to close the gap; what moved is B5's."""
    officer = months.small_plan(tmp_path)
    officer.freezes(months.FIRST)
    officer.rebaselines("B5", date(2018, 3, 30), "Waits for audit.", "Cabinet, 3 October 2017")
    officer.deletes("B4")
    officer.renumbers({"B5": "B4", "B6": "B5"})
    month = officer.month_end(ENDS[0])
    counted = recount.figures(month, rows_now(month), the_last(month))
    assert [move[0] for move in counted["moves"]] == ["B4"]
    assert counted["gone"] == ["B4"]
    same(pack_at(month, "").pack, month, the_last(month))


def test_a_ref_that_nobody_has_any_more_does_not_speak_for_who_had_it_before(
    tmp_path: Path,
) -> None:
    """A1 and A2 swap their Refs, and the one called A2 since is taken out."""
    officer = months.small_plan(tmp_path)
    officer.freezes(months.FIRST)
    officer.renumbers({"B4": "B6", "B6": "B4"})
    officer.freezes(date(2017, 10, 15))
    officer.rebaselines("B6", date(2018, 3, 30), "Waits for audit.", "Cabinet, 3 October 2017")
    officer.deletes("B4")
    month = officer.month_end(ENDS[0])
    counted = recount.figures(month, rows_now(month), the_last(month))
    assert [move[0] for move in counted["moves"]] == ["B4"]
    assert counted["gone"] == ["B6"]
    same(pack_at(month, "").pack, month, the_last(month))


def test_a_date_that_moved_before_its_milestone_went_is_still_told(tmp_path: Path) -> None:
    officer = months.small_plan(tmp_path)
    officer.freezes(months.FIRST)
    officer.rebaselines("B4", date(2018, 3, 30), "Waits for audit.", "Cabinet, 3 October 2017")
    officer.renumbers({"B4": "X1"})
    officer.freezes(date(2017, 10, 15))
    officer.deletes("B4")
    month = officer.month_end(ENDS[0])
    for then in (the_last(month), a_reported_day(month)):
        done = pack_at(month, then.since).pack
        assert done.moved is not None
        assert len(done.moved) == len(recount.figures(month, rows_now(month), then)["moves"])
    same(pack_at(month, "").pack, month, the_last(month))


def test_a_date_asked_for_follows_its_milestone_to_another_ref(tmp_path: Path) -> None:
    officer = months.small_plan(tmp_path)
    officer.freezes(months.FIRST)
    officer.asks("B4", "Head of Finance", date(2018, 3, 30), "The advice is awaited.")
    officer.asks("B6", "Head of Finance", date(2018, 4, 27), "So is this.")
    officer.renumbers({"B4": "B6", "B6": "B4"})
    month = officer.month_end(ENDS[0])
    same(pack_at(month, "").pack, month, the_last(month))


def test_who_took_a_ref_over_by_hand_has_not_its_dates(tmp_path: Path) -> None:
    """Nothing was written since the rows were renumbered: the log as it lies there does not know."""
    officer = months.small_plan(tmp_path)
    officer.freezes(months.FIRST)
    officer.asks("B6", "Head of Finance", date(2018, 4, 27), "The advice is awaited.")
    officer.rebaselines("B4", date(2018, 3, 30), "Waits for audit.", "Cabinet, 3 October 2017")
    officer.renumbers({"B4": "B6", "B6": "B4"})
    month = officer.month_end(ENDS[0])
    shown = dict(recount.figures(month, rows_now(month), None)["which date"])
    assert (shown["B6"], shown["B4"]) == (2, 1)
    same(pack_at(month, "").pack, month, the_last(month))


def test_a_date_asked_for_a_milestone_that_went_is_not_put_under_another(tmp_path: Path) -> None:
    """C4 is taken out and C5 renumbered to close the gap: nobody asked for a date for C5."""
    officer = months.small_plan(tmp_path)
    officer.freezes(months.FIRST)
    officer.asks("B4", "Head of Finance", date(2018, 4, 27), "The advice is awaited.")
    officer.deletes("B4")
    officer.renumbers({"B5": "B4"})
    month = officer.month_end(ENDS[0])
    done = pack_at(month, "")
    same(done.pack, month, the_last(month))
    assert done.pack.asked == ()
    assert "Head of Finance proposes 27 April 2018" in words_of(done, "extensions")


def test_a_milestone_put_in_with_both_its_dates_moved_from_the_first(tmp_path: Path) -> None:
    officer = months.small_plan(tmp_path)
    officer.freezes(months.FIRST)
    new = {months.REF: "Z1", months.WORDS: "Charter published", months.TIMESCALE: date(2017, 12, 1)}
    officer.adds("new", new | {months.REVISED: date(2018, 2, 1), months.STATUS: "On target"})
    month = officer.month_end(ENDS[0])
    counted = recount.figures(month, rows_now(month), the_last(month))
    assert counted["moves"][0][:5] == ("Z1", date(2017, 12, 1), date(2018, 2, 1), 62, 2)
    same(pack_at(month, "").pack, month, the_last(month))


def test_what_was_agreed_and_taken_back_waits_again(tmp_path: Path) -> None:
    """An update is undone: the date is asked for as before, and was never agreed."""
    officer = months.small_plan(tmp_path)
    officer.freezes(months.FIRST)
    officer.asks("B4", "Head of Finance", date(2018, 3, 30), "The advice is awaited.")
    officer.decides("B4", "Take lead's", "Cabinet, 3 October 2017")
    asked = list(officer.waiting)
    officer.updates()
    officer.undoes()
    officer.waiting = asked
    month = officer.month_end(ENDS[0])
    assert month.moves == []
    same(pack_at(month, "").pack, month, the_last(month))


@pytest.mark.parametrize("most", ["1", "2"])
def test_a_date_that_would_move_once_too_often_is_said(tmp_path: Path, most: str) -> None:
    officer = months.small_plan(tmp_path, Most_date_moves_allowed=most)
    officer.freezes(months.FIRST)
    officer.rebaselines("B4", date(2018, 1, 26), "A post is vacant.", "Cabinet, 3 October 2017")
    officer.asks("B4", "Head of Finance", date(2018, 3, 30), "The advice is awaited.")
    officer.asks("C2", "Head of Finance", date(2018, 3, 30), "The advice is awaited.")
    month = officer.month_end(ENDS[0])
    asked = pack_at(month, "").pack.asked
    assert asked is not None
    assert {e.milestone.ref: e.beyond for e in asked} == {
        "B4": 1 if most == "1" else None,
        "C2": None,
    }


def test_two_rows_of_one_ref_are_two_milestones(tmp_path: Path) -> None:
    officer = months.small_plan(tmp_path)
    officer.freezes(months.FIRST)
    officer.types("B5", {months.REF: "B4"})
    officer.adds(
        "new", {months.REF: "C6", months.WORDS: "Charter published", months.STATUS: "On target"}
    )
    officer.types("C6", {months.STATUS: "Complete"})
    month = officer.month_end(ENDS[0])
    same(pack_at(month, "").pack, month, the_last(month))


# -- bad input -------------------------------------------------------------------------------------


def words_of(done: Packed, *keys: str) -> str:
    return " ".join(
        s
        for section in done.pages.sections
        if not keys or section.key in keys
        for s in section.sentences
    )


def everything_in(folder: Path) -> list[str]:
    """Every text of the three files, to look a sentence up in."""
    import docx
    from lxml import html

    word = "\n".join(
        e.text or ""
        for e in docx.Document(str(folder / "pack.docx")).element.iter()
        if e.tag.endswith("}t")
    )
    book = openpyxl.load_workbook(folder / "pack.xlsx")
    cells = "\n".join(
        str(c.value)
        for sheet in book
        for row in sheet.iter_rows()
        for c in row
        if c.value is not None
    )
    return [word, cells, html.parse(str(folder / "pack.html")).getroot().text_content()]


def test_a_plan_that_was_never_frozen_says_what_is_not_known(tmp_path: Path) -> None:
    officer = months.small_plan(tmp_path)
    month = officer.month_end(ENDS[0])
    done, tables = files_of(month, "", tmp_path / "pack")
    same(done.pack, month, None)
    assert done.pack.asked is None
    assert "has no change log" in words_of(done, "summary")
    assert "nothing can be called" not in words_of(done)
    for key in ("completed", "moves", "changes"):
        (section,) = (s for s in done.pages.sections if s.key == key)
        assert section.table is None
        assert "is not known" in section.sentences[0]
    assert "What matters" in tables


def test_where_nothing_changed_nothing_is_said_to_have(tmp_path: Path) -> None:
    officer = months.small_plan(tmp_path)
    officer.freezes(months.FIRST)
    month = officer.month_end(months.FIRST)
    done = committee_pack(
        month.file, since=months.COMMITTEE.format(months.FIRST), as_of=months.FIRST, now=month.now
    )
    pack = done.pack
    assert not pack.changed
    for found in (
        pack.completed,
        pack.reopened,
        pack.newly_overdue,
        pack.eased,
        pack.moved,
        pack.added,
        pack.gone,
    ):
        assert found == ()
    assert pack.now == pack.then
    assert (
        "no milestone was completed, reopened, added or taken out, and no agreed date moved"
        in words_of(done, "summary")
    )


def test_where_only_time_passed_what_is_newly_overdue_is_told(tmp_path: Path) -> None:
    officer = months.small_plan(tmp_path)
    officer.freezes(months.FIRST)
    month = officer.month_end(ENDS[0])
    done = pack_at(month, "")
    same(done.pack, month, the_last(month))
    assert done.pack.newly_overdue
    assert not done.pack.changed


def bare(folder: Path, *without: str, **every: Any) -> Path:
    """A plan in which some columns are empty in every row, and others hold the same."""
    table = months.small_rows()
    for row in table[1:]:
        for place, heading in enumerate(table[0]):
            if heading in without:
                row[place] = None
            elif heading in every:
                row[place] = every[heading]
    return write_book(folder / "bare.xlsx", {"Plan": table})


def test_a_plan_without_dates_has_nothing_overdue_and_says_why(tmp_path: Path) -> None:
    file = bare(tmp_path, months.TIMESCALE, months.REVISED, months.DONE)
    done = committee_pack(file, as_of=ENDS[0], out=tmp_path / "pack")
    counts, totals = done.pack.now.counts, done.pack.now.slippage.totals
    rows = recount.rows_of(file)
    assert counts._asdict() == recount.count(rows, ENDS[0])
    assert (counts.overdue, counts.due, counts.later) == (0, 0, 0)
    assert (totals.moved, totals.median_days, totals.longest_days) == (0, None, None)
    assert len(done.pack.unmeasured) == len(rows)
    assert "No milestone has a date that can be read" in words_of(done, "summary")
    assert all("not known" in text for text in everything_in(tmp_path / "pack"))


def test_a_plan_without_statuses_calls_nothing_complete_and_says_so(tmp_path: Path) -> None:
    file = bare(tmp_path, months.STATUS)
    done = committee_pack(file, as_of=ENDS[0], out=tmp_path / "pack")
    assert done.pack.now.counts._asdict() == recount.count(recount.rows_of(file), ENDS[0])
    assert done.pack.now.counts.complete == 0
    (said,) = (
        sentence
        for sentence in done.pages.sections[0].sentences
        if "so what is complete is not known" in sentence
    )
    assert all(said in text for text in everything_in(tmp_path / "pack"))


LONG = "A sentence of the long comment that somebody has typed here. " * 83  # over 5,000 characters
HOSTILE = {
    "=1+1": "=HYPERLINK(\"https://wexcombe.example\",\"press\")", "<b>": "<b>bold</b><script>alert(1)</script>",
    "&": "Smith & Sons &lt; &amp;", "+": "+44 20", "@": "@SUM(A1)", "]]>": "end ]]> of data", "{{": "{{pack}} {{ 7*7 }} {% if %}",
    "emoji": "Done \U0001f389", "rtl": "\u05e9\u05dc\u05d5\u05dd",
}  # fmt: skip


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HOSTILE.items()])
def test_what_is_typed_is_shown_as_typed_and_does_nothing(tmp_path: Path, text: str) -> None:
    table = months.small_rows()
    at = {heading: place for place, heading in enumerate(table[0])}
    row = table[1]
    assert row[at[months.STATUS]] == "Complete"
    for heading in (months.WORDS, months.THEME, months.EVIDENCE, months.LEAD, months.VERIFIED):
        row[at[heading]] = text
    file = write_book(
        tmp_path / "plan.xlsx",
        {
            "Plan": table,
            "Settings": [
                ["Setting", "Value", "Reason"],
                ["Council", text],
                ["Rule L205", "off", text],
            ],
        },
    )
    agsxl.snapshot(file, text, as_of=months.FIRST, now=datetime(2017, 10, 2, 9))
    with agsxl.open_book(file) as book:
        book.apply(ChangeSet((CellEdit("Plan", "J3", book.read("Plan").value("J3"), "Complete"),
                              CellEdit("Plan", "N3", None, text))))  # fmt: skip
    committee_pack(file, as_of=ENDS[0], now=datetime(2017, 10, 31, 9), out=tmp_path / "pack")
    wanted = " ".join(text.split())
    for each in everything_in(tmp_path / "pack"):
        assert wanted in " ".join(each.split())
    book = openpyxl.load_workbook(tmp_path / "pack" / "pack.xlsx")
    formulas = [
        c.value for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"
    ]
    assert text not in formulas and not any('HYPERLINK("https' in str(each) for each in formulas)
    page = (tmp_path / "pack" / "pack.html").read_text("utf-8")
    assert "<script>alert" not in page and "<b>bold" not in page


def test_a_text_of_five_thousand_characters_is_shortened_and_that_is_said(tmp_path: Path) -> None:
    table = months.small_rows()
    at = {heading: place for place, heading in enumerate(table[0])}
    for heading in (months.WORDS, months.COMMENTS, months.EVIDENCE, months.THEME):
        table[1][at[heading]] = LONG
    file = write_book(tmp_path / "plan.xlsx", {"Plan": table})
    done = committee_pack(file, as_of=ENDS[0], out=tmp_path / "pack")
    assert done.pack.now.counts._asdict() == recount.count(recount.rows_of(file), ENDS[0])
    for text in everything_in(tmp_path / "pack"):
        assert "[shortened; the plan has 5,06" in text


def test_a_thousand_milestones_are_all_counted_and_all_in_the_workbook(tmp_path: Path) -> None:
    table = [TWELVE]
    for place in range(1_000):
        day = date(2016, 1, 1) + timedelta(days=place)
        done = place % 3 == 0
        table.append([f"M{place}", f"Theme {place % 30}", None, None, f"Step {place}", "Officer", day, None,
                      "Head of Finance", "Complete" if done else "On target", None, None])  # fmt: skip
    file = write_book(tmp_path / "plan.xlsx", {"Plan": table})
    done = committee_pack(file, as_of=ENDS[0], out=tmp_path / "pack")
    rows = recount.rows_of(file)
    assert done.pack.now.counts._asdict() == recount.count(rows, ENDS[0])
    word, book, page = (
        read(f) for read, f in zip((in_word, in_workbook, in_page), done.files, strict=True)
    )
    overdue = sum(recount.stands(row, ENDS[0]) == "overdue" for row in rows)
    assert overdue > 250
    assert len(book["Every milestone"]) == 1_000
    assert len(book["Overdue"]) == overdue
    assert len(word["Overdue"]) == len(page["Overdue"]) == 250
    more = f"{overdue - 250:,} more"
    texts = everything_in(tmp_path / "pack")
    assert more in texts[0] and more in texts[2]
    assert len(book["Progress by theme"]) == 31


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (
            "Council in May",
            r"No snapshot is called 'Council in May'; .*Governance Committee 30/09/2017",
        ),
        ("31/12/2017", r"--since is 31 December 2017, after the reporting date 30 November 2017"),
        ("31/11/2017", r"No snapshot is called '31/11/2017'"),
    ],
)
def test_a_moment_that_nobody_knows_is_one_sentence_and_writes_nothing(
    small: list[Month], tmp_path: Path, capsys: pytest.CaptureFixture[str], since: str, said: str
) -> None:
    from agsxl.cli import main

    command = [
        "report",
        str(small[1].file),
        "--since",
        since,
        "--as-of",
        "2017-11-30",
        "--json",
        "--out",
        str(tmp_path / "pack"),
    ]
    assert main(command) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.search(said, shown.err)
    assert len(shown.err.strip().splitlines()) == 1
    assert not (tmp_path / "pack").exists()


def test_before_the_log_began_its_beginning_stands_for_then_and_that_is_said(
    small: list[Month],
) -> None:
    month = small[0]
    done = pack_at(month, "2017-08-31")
    assert done.pack.since is not None
    assert done.pack.then is not None
    begun = month.frozen[0]
    assert done.pack.since.day == begun.day
    assert done.pack.then.counts._asdict() == recount.count(begun.rows.values(), begun.day)
    assert any("The change log begins on 2 October 2017" in note for note in done.notes)
    assert "The change log begins on 2 October 2017" in words_of(done, "basis")


def test_a_log_that_was_altered_is_said_on_the_first_page(
    small: list[Month], tmp_path: Path
) -> None:
    month = small[2]
    file = copyfile(month.file, tmp_path / "plan.xlsx")
    with agsxl.open_book(file) as book:
        grid = book.read("Change log")
        row = next(n for n, cells in grid.numbered() if "Cabinet, 10 October 2017" in cells)
        column = chr(65 + grid.rows[row - 1].index("Cabinet, 10 October 2017"))
        book.apply(
            ChangeSet(
                (CellEdit("Change log", f"{column}{row}", "Cabinet, 10 October 2017", "Nobody"),)
            )
        )
    done = committee_pack(file, as_of=month.day, now=month.now, out=tmp_path / "pack")
    assert done.pack.log_faults
    assert pack_at(month, "").pack.log_faults == ()
    for text in everything_in(tmp_path / "pack"):
        assert "The change log is not as agsxl wrote it" in text
        assert "is not as agsxl wrote it; compare it with a backup" in text


# -- templates -------------------------------------------------------------------------------------


def restyled(folder: Path, change: Callable[[Any], None]) -> Path:
    """The shipped template as an officer has changed it in Word, beside the plan."""
    import docx

    from agsxl.resources import resource

    document = docx.Document(str(resource("templates", "pack/pack.docx")))
    change(document)
    document.save(str(folder / "pack-template.docx"))
    return folder / "pack-template.docx"


def _without_pack(document: Any) -> None:
    for paragraph in document.paragraphs:
        if "{{pack}}" in paragraph.text:
            paragraph._element.getparent().remove(paragraph._element)


def _own_words(document: Any) -> None:
    document.paragraphs[0].insert_paragraph_before("Wexcombe: for members only")
    document.styles["Heading 1"].font.name = "Georgia"


@pytest.mark.parametrize(("change", "noted"), [(_own_words, False), (_without_pack, True)])
def test_with_an_officers_own_template_the_figures_are_the_same(
    small: list[Month], tmp_path: Path, change: Callable[[Any], None], noted: bool
) -> None:
    month = small[1]
    file = copyfile(month.file, tmp_path / "plan.xlsx")
    restyled(tmp_path, change)
    _, plain = files_of(month, "", tmp_path / "plain")
    done = committee_pack(file, as_of=month.day, now=month.now, out=tmp_path / "pack")
    assert in_word(done.files[0]) == plain
    assert any("{{pack}}" in note for note in done.notes) is noted
    if not noted:
        assert "Wexcombe: for members only" in everything_in(tmp_path / "pack")[0]


@pytest.mark.parametrize("template", ["pack-template.docx", "pack-template.html"])
@pytest.mark.parametrize("data", [b"PK\x03\x04 no document", b"\xff\xfe{{ pack }} {% if"])
def test_with_a_damaged_template_the_pack_is_all_there_in_agsxls_own_look(
    small: list[Month], tmp_path: Path, template: str, data: bytes
) -> None:
    month = small[1]
    _, plain = files_of(month, "", tmp_path / "plain")
    copyfile(month.file, tmp_path / "plan.xlsx")
    (tmp_path / template).write_bytes(data)
    done = committee_pack(
        tmp_path / "plan.xlsx", as_of=month.day, now=month.now, out=tmp_path / "pack"
    )
    assert in_word(done.files[0]) == plain
    assert in_page(done.files[2]) == in_page(tmp_path / "plain" / "pack.html") != {}
    (said,) = (note for note in done.notes if template in note)
    assert len(said.splitlines()) == 1


# -- the other plans, as they are ------------------------------------------------------------------

MILESTONES = {"000": 28, "001": 19, "002": 19, "003": 33, "004": 117}


@pytest.mark.real
@pytest.mark.parametrize("which", MILESTONES)
def test_a_published_plan_as_it_is(tmp_path: Path, which: str) -> None:
    (source,) = REAL.parent.glob(f"{which}_*.txt")
    done = committee_pack(source, as_of=ENDS[0], out=tmp_path / "pack")
    counts = done.pack.now.counts
    assert counts.milestones == MILESTONES[which] == sum(counts[1:])
    word, book, page = (
        read(f) for read, f in zip((in_word, in_workbook, in_page), done.files, strict=True)
    )
    for section in done.pages.sections:
        if section.table is not None and section.table.rows:
            assert word[section.heading] == book[section.heading] == page[section.heading], (
                section.key
            )
    unknown = {"001": (1, 6), "002": (1, 6), "003": (2, 3, 4)}.get(which, ())  # no status; no date
    figures = ["not known" if i in unknown else str(n) for i, n in enumerate(counts)]
    assert [row[1] for row in word["What matters"]][:7] == figures
    assert len(word["Every milestone"]) == MILESTONES[which]
    assert done.pack.since is None
    assert "is no workbook and has no change log" in words_of(done, "summary")
    if which == "003":
        assert (counts.overdue, counts.due, counts.later) == (0, 0, 0)
        assert counts.undated == counts.milestones - counts.complete - counts.superseded


@pytest.mark.real
def test_a_published_plan_is_counted_as_its_own_words_say(tmp_path: Path) -> None:
    """Plan 004, counted from the text itself: its rows, statuses and dates."""
    rows = [
        dict(zip(TWELVE, line.split("\t"), strict=False))
        for line in REAL.read_text("utf-8").splitlines()
    ]
    rows = [row for row in rows if re.fullmatch(r"[A-Z]\d+", row.get("Ref", ""))]
    done = committee_pack(REAL, as_of=months.FIRST)
    assert done.pack.now.counts._asdict() == recount.count(rows, months.FIRST)
    said = told(done.pack)
    for name, figure in (("totals", recount.totals(rows)), ("longest", recount.longest(rows)),
                         ("unmeasured", recount.unmeasured(rows)), ("themes", recount.themes(rows, months.FIRST)),
                         ("without evidence", [r["Ref"] for r in rows if recount.lacks_evidence(r)])):  # fmt: skip
        assert said[name] == figure, name
