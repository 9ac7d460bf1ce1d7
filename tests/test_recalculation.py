"""Which saved results are stale after an edit; LibreOffice, asked to calculate all anew, is the judge."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from agsxl.excel import recalculation
from agsxl.excel.recalculation import COLUMNS, ROWS, Cell, Table, dependents, translate
from agsxl.grid import Area, cell_address, parse_address

SHEETS = ["Plan", "Posts", "May 17", "Ada's", "Lists"]
NAMES = {
    ("", "Rate"): "Lists!$B$2",
    ("Plan", "Rate"): "Lists!$B$3",
    ("", "Days"): "Lists!$D$2:$D$9",
    ("", "Twice"): "2*Rate",
    ("", "Known"): "42",
    ("", "Moving"): "Lists!B2",
    ("", "Growing"): "OFFSET(Lists!$A$1,0,0,COUNTA(Lists!$A:$A),1)",
    ("", "Gone"): "#REF!",
    ("", "Round"): "Round+1",
    ("", "ADDRATE"): "_xlfn.LAMBDA(_xlpm.x,_xlpm.x+Lists!$B$2)",
    ("", "Elsewhere"): "[1]Lists!$B$2",
    ("", "ALSOADD"): "ADDRATE",
    ("", "YTD2028"): "Lists!$B$2",
}
# B2:E8 of Posts: a heading, five rows, a total.
TABLES = {
    "Staff": Table(
        "Posts", Area(2, 2, 8, 5), ("Post", "Name, full", "From [day]", "Pay"), totals=1
    ),
    "Twin": Table("Lists", Area(2, 2, 8, 5), ("Post", "b", "c", "d")),
    "Bare": Table("Lists", Area(20, 1, 22, 2), ("a", "b"), headings=0),
}

# The formula stands in Plan!H5, unless the row says where.
# formula | what is edited | whether the formula depends on it
PLAIN = r'''
=A1                                     | Plan!A1       | yes
=A1                                     | Plan!A2       | no
=A1                                     | Posts!A1      | no
=$A$1+A$2+$A3                           | Plan!A3       | yes
=a1                                     | Plan!A1       | yes
=-(A1)%                                 | Plan!A1       | yes
=SUM(B2:D9)                             | Plan!C5       | yes
=SUM(B2:D9)                             | Plan!D9       | yes
=SUM(B2:D9)                             | Plan!E9       | no
=SUM(B2:D9)                             | Plan!C10      | no
=SUM(D9:B2)                             | Plan!B9       | yes
=SUM($D2:B$9)                           | Plan!C5       | yes
=SUM(C:C)                               | Plan!C900000  | yes
=SUM(E:$C)                              | Plan!D1       | yes
=SUM(C:C)                               | Plan!D1       | no
=SUM(3:$4)                              | Plan!XFD4     | yes
=SUM(3:3)                               | Plan!A4       | no
=SUM(B2:ZZ9)                            | Plan!AB5      | yes
=SUM(B2:ZZ9)                            | Plan!A5       | no
=XFD1048576                             | Plan!XFD1048576 | yes
=A1 B1,C1                               | Plan!B1       | yes
=SUM((A1,C1:C9))                        | Plan!C3       | yes
=SUM(A1:C3 B2:D4)                       | Plan!D4       | yes
=@A1:A9                                 | Plan!A5       | yes
=1E5+1.5                                | Plan!E5       | no
=LOG10(A1)                              | Plan!A1       | yes
=LOG10(A1)                              | Plan!LOG10    | no
="A1 and "&"B2"                         | Plan!A1       | no
="say ""A1"""                           | Plan!A1       | no
=IF(A1="x","(",B2)                      | Plan!B2       | yes
={1,2;3,4}*A1                           | Plan!A1       | yes
=IF(TRUE,A1,FALSE())                    | Plan!A1       | yes
=#N/A+A1                                | Plan!A1       | yes
=#REF!+#DIV/0!                          | Plan!A1       | no
=A1:A3                                  | Plan!A2       | yes
=IF(A1,B1,C1)                           | Plan!C1       | yes
=CHOOSE(A1,B1,C1:C3)                    | Plan!C2       | yes
=INDEX(C:E,2,MATCH("x",1:1,0))          | Plan!E900     | yes
=INDEX(C:E,2,MATCH("x",1:1,0))          | Plan!F2       | no
=SUBTOTAL(103,C2:C99)                   | Plan!C50      | yes
=AGGREGATE(9,5,C2:C99)                  | Plan!C50      | yes
=VLOOKUP(A1,Posts!A:C,3,FALSE)          | Posts!B7      | yes
=VLOOKUP(A1,Posts!A:C,3,FALSE)          | Posts!D7      | no
=SUMPRODUCT((A1:A9="x")*(C1:C9))        | Plan!C9       | yes
=SUMIFS(C:C,A:A,"x")                    | Plan!A77      | yes
=H5+1                                   | Plan!H5       | yes
'''

# A SUMIF adds an area as large as that of its criteria, wherever its last argument ends.
SHAPED = r"""
=SUMIF(A1:A9,"x",C1)                    | Plan!C9       | yes
=SUMIF(A1:A9,"x",C1)                    | Plan!C10      | no
=SUMIF(A1:B9,"x",C1:C9)                 | Plan!D9       | yes
=SUMIF(A1:A9,"x",C1:C20)                | Plan!C20      | yes
=SUMIF(A1:A9,"x")                       | Plan!C1       | no
=SUMIF(Days,"x",C1)                     | Plan!C8       | yes
=SUMIF(Days,"x",C1)                     | Plan!C9       | no
=SUMIF(A1:A9,IF(B1>0,"(",")"),C1)       | Plan!C9       | yes
=SUMIF(INDEX(A1:B9,0,1),{1,2},C1)       | Plan!C9       | yes
=SUMIF(A1:A9,{1,2},C1)                  | Plan!C9       | yes
=SUMIF(A1:A9,{1,2},C1)                  | Plan!C10      | no
=1+SUMIF(A1:A9,MAX(E1,E2),C1)+SUM(G1)   | Plan!G9       | no
=AVERAGEIF(A1:A9,"x",C1)                | Plan!C9       | yes
=_xlfn.AVERAGEIF(A1:A9,"x",C1)          | Plan!C9       | yes
=SUMIF(A1:A9,"x",Posts!C1)              | Posts!C9      | yes
=LOOKUP(1,A1:A9,C1:C2)                  | Plan!C9       | yes
=LOOKUP(1,A1:A9,C1:D1)                  | Plan!K1       | yes
=COUNTIF(A1:A9,C1)                      | Plan!C9       | no
=SUMIF(A:A,"x",C5)                      | Plan!C900     | yes
=SUMIF(A1:A9,"x",C1))                   | Plan!K99      | yes
"""

SHEETED = r"""
=Posts!A1                               | Posts!A1      | yes
=Posts!A1                               | Plan!A1       | no
=posts!A1                               | Posts!A1      | yes
='May 17'!A1                            | May 17!A1     | yes
='May 17'!$A$1:B2                       | May 17!B1     | yes
='Ada''s'!A1                            | Ada's!A1      | yes
=SUM(Posts!C:C)                         | Posts!C9      | yes
=SUM(Posts!3:3)                         | Posts!C3      | yes
=SUM(Plan:'Ada''s'!A1)                  | Plan!K99      | yes
=SUM('Posts:Ada''s'!A1)                 | May 17!A1     | yes
=SUM('Posts:Ada''s'!A1)                 | Lists!A1      | no
=SUM(Posts:Lists!A1)                    | May 17!A1     | yes
=SUM(Posts:Lists!A1)                    | Plan!A1       | no
=SUM('Lists:Posts'!A1)                  | May 17!A1     | yes
=Posts!A1:Posts!B2                      | Plan!K99      | yes
=[1]Posts!A1                            | Posts!A1      | no
='[1]May 17'!A1                         | May 17!A1     | no
='C:\plans\[old.xlsx]Posts'!A1        | Posts!A1      | no
=[0]Posts!A1                            | Posts!A1      | yes
=Nowhere!A1                             | Plan!K99      | yes
=Posts!#REF!                            | Posts!A1      | no
=SUM(#REF!A1)                           | Posts!A1      | no
"""

NAMED = r"""
=Days                                   | Lists!D9      | yes
=DAYS+1                                 | Lists!D9      | yes
=Days                                   | Lists!D10     | no
=Rate                                   | Lists!B3      | yes
=Rate                                   | Lists!B2      | no
Posts!A1=Rate                           | Lists!B2      | yes
Posts!A1=Rate                           | Lists!B3      | no
Posts!A1=Plan!Rate                      | Lists!B3      | yes
=[0]!Rate                               | Lists!B2      | yes
=[0]!Rate                               | Lists!B3      | no
=YTD2028+1                              | Lists!B2      | yes
=YTD2028+1                              | Plan!K99      | no
=Posts!Rate                             | Lists!B2      | yes
Posts!A1=Twice                          | Lists!B2      | yes
=Known*2                                | Lists!B2      | no
=Moving                                 | Plan!K99      | yes
=Growing                                | Plan!K99      | yes
=Gone                                   | Plan!K99      | no
=Round                                  | Plan!K99      | yes
=Unheard                                | Plan!K99      | yes
=YTD2027                                | Plan!K99      | yes
=YTD2027()                              | Plan!K99      | no
=Elsewhere                              | Lists!B2      | no
=[1]!Rate                               | Lists!B2      | no
=ADDRATE(A1)                            | Lists!B2      | yes
=ALSOADD(A1)                            | Lists!B2      | yes
=ADDRATE(A1)                            | Plan!A1       | yes
=ADDRATE(A1)                            | Plan!K99      | no
=_xlfn.LET(_xlpm.x,A1,_xlpm.x+1)        | Plan!A1       | yes
=_xlfn.LET(_xlpm.x,A1,_xlpm.x+1)        | Plan!K99      | no
=_xlfn.BYROW(A1:B9,_xleta.SUM)          | Plan!B5       | yes
=_xlfn.BYROW(A1:B9,_xleta.SUM)          | Plan!K99      | no
=R1C1                                   | Plan!K99      | yes
=R[1]C                                  | Plan!K99      | yes
=MYOWN(A1)                              | Plan!A1       | yes
=MYOWN(A1)                              | Plan!A2       | no
"""

# Staff is Posts!B2:E8: heading in row 2, total in row 8.
STRUCTURED = r"""
=SUM(Staff[Pay])                        | Posts!E3      | yes
=SUM(Staff[Pay])                        | Posts!E7      | yes
=SUM(Staff[Pay])                        | Posts!E8      | no
=SUM(Staff[Pay])                        | Posts!E2      | no
=SUM(Staff[Pay])                        | Posts!D3      | no
=SUM(staff[pay])                        | Posts!E3      | yes
=SUM(Staff[])                           | Posts!B3      | yes
=ROWS(Staff)                            | Posts!B3      | yes
=ROWS(Staff)                            | Plan!K99      | no
=SUM(Staff[Post:[Pay]])                 | Plan!K99      | yes
=SUM(Staff[[Post]:[Pay]:c])             | Plan!K99      | yes
=SUM(Staff[#All])                       | Posts!B2      | yes
=SUM(Staff[#Data])                      | Posts!B2      | no
=SUM(Staff[[#All],[Pay]])               | Posts!E8      | yes
=SUM(Staff[[#All],[Pay]])               | Posts!D8      | no
=Staff[[#Totals],[Pay]]                 | Posts!E8      | yes
=Staff[[#Totals],[Pay]]                 | Posts!E7      | no
=Staff[[#Headers],[Pay]]                | Posts!E2      | yes
=Staff[[#Headers],[Pay]]                | Posts!E3      | no
=SUM(Staff[[#Headers],[#Data],[Pay]])   | Posts!E2      | yes
=SUM(Staff[[#Headers],[#Data],[Pay]])   | Posts!E8      | no
=SUM(Staff[[#Data],[#Totals],[Pay]])    | Posts!E8      | yes
=SUM(Staff[ [#All], [Pay] ])            | Posts!E2      | yes
=SUM(Staff[[Post]:[From '[day']]])      | Posts!C4      | yes
=SUM(Staff[[Post]:[From '[day']]])      | Posts!E4      | no
=SUM(Staff[[Name, full]])               | Posts!C4      | yes
=SUM(Staff[Name, full])                 | Posts!C4      | yes
=SUM(Staff[From '[day']])               | Posts!D4      | yes
=SUM(Staff[Nothing])                    | Posts!C4      | yes
=SUM(Staff[Nothing])                    | Posts!C9      | no
=SUM(Staff[#Sums])                      | Plan!K99      | yes
=SUM(Elsewhere[Pay])                    | Plan!K99      | yes
=SUM([1]!Staff[Pay])                    | Posts!E3      | no
=SUM(Bare[b])                           | Lists!B20     | yes
Posts!G4=Staff[[#This Row],[Pay]]       | Posts!E4      | yes
Posts!G4=Staff[[#This Row],[Pay]]       | Posts!E5      | no
Posts!G4=Staff[@Pay]                    | Posts!E4      | yes
Posts!G4=Staff[@[Name, full]]           | Posts!C4      | yes
Posts!G4=SUM(Staff[@[Post]:[Pay]])      | Posts!C4      | yes
Posts!G4=SUM(Staff[@])                  | Posts!C4      | yes
Posts!G4=SUM(Staff[@])                  | Posts!C5      | no
Posts!E4=[@[Name, full]]&"x"            | Posts!C4      | yes
Posts!E4=[@Post]                        | Posts!B4      | yes
Posts!E4=[@Post]                        | Posts!B5      | no
Posts!B4=[@Pay]                         | Posts!E4      | yes
Posts!B4=[@Pay]                         | Plan!K99      | no
Lists!E4=[@Post]                        | Lists!B4      | yes
Lists!E4=[@Post]                        | Posts!B4      | no
Posts!E4=SUM([Post])                    | Posts!B5      | yes
Posts!G4=[@Post]                        | Plan!K99      | yes
"""

ANYTHING = r"""
=INDIRECT("A"&1)                        | Plan!K99      | yes
=OFFSET(A1,1,0)                         | Plan!K99      | yes
=TODAY()-A1                             | Plan!K99      | yes
=NOW()                                  | Plan!K99      | yes
=RAND()*A1                              | Plan!K99      | yes
=RANDBETWEEN(1,6)                       | Plan!K99      | yes
=_xlfn.RANDARRAY(3)                     | Plan!K99      | yes
=CELL("filename")                       | Plan!K99      | yes
=INFO("recalc")                         | Plan!K99      | yes
=_xlfn.SHEETS()                         | Plan!K99      | yes
=GET.CELL(6,A1)                         | Plan!K99      | yes
=TABLE(A1,B1)                           | Plan!K99      | yes
=SUM(A1:INDEX(A:A,9))                   | Plan!K99      | yes
=SUM(INDEX(A:A,2):INDEX(A:A,9))         | Plan!K99      | yes
=SUM(A1:Rate)                           | Plan!K99      | yes
=A1:B2:C3                               | Plan!K99      | yes
=ZZZ1:A1                                | Plan!K99      | yes
=SUM(A1:A2000000)                       | Plan!K99      | yes
=A1 ยง § B1                              | Plan!K99      | yes
=Staff[[Post                            | Plan!K99      | yes
=                                       | Plan!K99      | yes
="no end                                | Plan!K99      | yes
"""


def rows_of(table: str) -> list[tuple[str, str, str]]:
    return [
        tuple(part.strip() for part in line.rsplit("|", 2)) for line in table.strip().splitlines()
    ]


def place(text: str) -> Cell:
    sheet, address = text.rsplit("!", 1)
    return (sheet, *parse_address(address))


def stale(formulas: dict[str, str], *edited: str, **more: Any) -> set[str]:
    """The same with addresses in place of rows and columns."""
    found = dependents(
        {place(cell): text for cell, text in formulas.items()},
        edited=[place(cell) for cell in edited],
        sheets=SHEETS,
        names=NAMES,
        tables=TABLES,
        **more,
    )
    return {f"{sheet}!{cell_address(row, column)}" for sheet, row, column in found}


@pytest.mark.parametrize(
    ("formula", "edited", "answer"),
    [row for t in (PLAIN, SHAPED, SHEETED, NAMED, STRUCTURED, ANYTHING) for row in rows_of(t)],
)
def test_one_formula(formula, edited, answer):
    cell, equals, text = formula.partition("=")
    where = cell or "Plan!H5"
    found = stale({where: equals + text}, edited)
    assert found == ({where} if answer == "yes" else set())
    assert stale({where: text}, edited) == found  # as it stands in a file, without "="


@pytest.mark.parametrize("row", [1, 2, 5, 10, 11, 99, 100, 1000])
@pytest.mark.parametrize(
    ("formula", "refers"),
    [
        ("=A{r}+B{r}", "A{r} B{r}"),
        ("=SUM($A$2:A{r})", "A{r} A2"),
        ("=D{p}+B{r}-C{r}", "D{p} B{r} C{r}"),
        ("=LOG10(A{r})", "A{r}"),
        ("=A1{r}", "A1{r}"),
        ("=A{r}{r}", "A{r}{r}"),
        ("=A{r}*{r}+$B${r}", "A{r} B{r}"),
        ('=B{r}&"row {r}"&{r}.{r}', "B{r}"),
        ("=SUM({r}:{r})", "K{r}"),
        ("=SUM(B{r}:C{p})", "B{r} C{p} C{r}"),
    ],
)
def test_the_same_formula_in_many_rows_is_told_apart(formula, refers, row):
    """What a column's formulas have in common is read once; each still means its own cells."""
    rows = sorted({row, 2, 5, 10, 11, 99, 100, 101, 1000} - ({1} if "{p}" in formula else set()))
    formulas = {f"Plan!M{r}": formula.format(r=r, p=max(r - 1, 1)) for r in rows}
    for cell in refers.split():
        edited = f"Plan!{cell.format(r=row, p=max(row - 1, 1))}"
        alone = {
            where: text for where, text in formulas.items() if stale({where: text}, edited)
        }  # one at a time, nothing is in common
        assert stale(formulas, edited) == set(alone)
        if row > 1 or "{p}" not in formula:
            assert f"Plan!M{row}" in alone or row not in rows


def test_what_depends_on_what_depends():
    chain = {
        "Plan!B1": "=A1",
        "Posts!C1": "=Plan!B1*2",
        "Plan!D1": "=SUM(Posts!C:C)",
        "Plan!E1": "=A2",
    }
    assert stale(chain, "Plan!A1") == {"Plan!B1", "Posts!C1", "Plan!D1"}
    assert stale(chain, "Posts!C9") == {"Plan!D1"}
    assert stale(chain, "Plan!E1") == set()
    assert stale(chain) == set() and stale({}, "Plan!A1") == set()


def test_a_circle_ends():
    assert stale({"Plan!A1": "=B1", "Plan!B1": "=A1+C1"}, "Plan!C1") == {"Plan!A1", "Plan!B1"}


def test_what_may_depend_on_anything_is_stale_with_all_that_follows_from_it():
    formulas = {"Plan!A1": "=TODAY()", "Plan!B1": "=A1+7", "Plan!C1": "=D1"}
    assert stale(formulas, "Lists!Z9") == {"Plan!A1", "Plan!B1"}
    assert stale(formulas) == set()


def test_an_area_that_grew():
    formulas = {"Plan!A1": "=SUM(Posts!B2:B9)", "Plan!A2": "=Posts!B9", "Plan!A3": "=Posts!C12"}
    grown = [("Posts", Area(9, 1, 11, 4))]
    assert stale(formulas, grown=grown) == {"Plan!A1", "Plan!A2"}
    assert stale(formulas, grown=[("Posts", Area(1, 1, ROWS, COLUMNS))]) == set(formulas)
    assert stale(formulas, grown=[("Posts", Area(10, 1, 12, 2))]) == set()
    assert stale(formulas, grown=[("Nowhere", Area(1, 1, 9, 9))]) == set()


def test_a_formula_that_reads_what_an_array_formula_fills():
    formulas = {
        "Plan!C1": "=_xlfn._xlws.SORT(A1:A4)",
        "Plan!E1": "=C3",
        "Plan!E2": "=SUM(_xlfn.ANCHORARRAY(C1))",
        "Plan!E3": "=SUM(C1#)",
        "Plan!E4": "=C7",
        "Plan!E5": "=B9",
    }
    spills = {place("Plan!C1"): Area(1, 3, 4, 3)}
    filled = {f"Plan!C{row}" for row in (1, 2, 3, 4)}
    readers = {"Plan!E1", "Plan!E2", "Plan!E3"}
    assert stale(formulas, "Plan!A2", spills=spills) == filled | readers
    # The next time it may fill more cells, below or to the right.
    growing = list(spills)
    assert stale(formulas, "Plan!A2", spills=spills, growing=growing) == filled | readers | {
        "Plan!E4"
    }
    assert stale(formulas, "Plan!A9", spills=spills, growing=growing) == set()
    # An array formula just written.
    assert stale(formulas, "Plan!C1", spills=spills) == filled | readers


def test_an_array_that_fills_one_cell_may_be_waiting_for_room():
    formulas = {"Plan!C1": "=_xlfn.UNIQUE(A1:A4)"}
    one = {"spills": {place("Plan!C1"): Area(1, 3, 1, 3)}, "growing": [place("Plan!C1")]}
    assert stale(formulas, "Plan!C3", **one) == {"Plan!C1"}
    assert stale(formulas, "Plan!B3", **one) == set()


def test_sheets_and_names_that_the_caller_does_not_list():
    assert dependents({("A", 1, 1): "=B!A1"}, edited=[("B", 1, 1)]) == {("A", 1, 1)}


# -- the same found by trying all, and in time --------------------------------------------------


@st.composite
def webs(draw):
    """Formulas of areas of one small sheet, and the cells edited."""
    rows, columns = 14, 4
    corner = st.tuples(st.integers(1, rows), st.integers(1, columns))
    area = st.tuples(corner, corner).map(lambda two: Area(*map(min, *two), *map(max, *two)))
    formulas = draw(
        st.dictionaries(corner, st.lists(area, min_size=1, max_size=3), min_size=1, max_size=20)
    )
    return (
        formulas,
        draw(st.lists(corner, min_size=1, max_size=3)),
        draw(st.lists(area, max_size=1)),
    )


@given(webs())
def test_as_found_by_trying_every_formula_until_nothing_changes(web):
    formulas, edited, grown = web
    texts = {
        ("S", *cell): "=SUM(" + ",".join(
            f"{cell_address(top, left)}:{cell_address(bottom, right)}" for top, left, bottom, right in areas
        ) + ")"
        for cell, areas in formulas.items()
    }  # fmt: skip
    changed = set(edited) | {
        (r, c)
        for top, left, bottom, right in grown
        for r in range(top, bottom + 1)
        for c in range(left, right + 1)
    }
    expected: set[tuple[int, int]] = set()
    while True:
        more = {
            cell
            for cell, areas in formulas.items()
            if any(
                a.top <= r <= a.bottom and a.left <= c <= a.right for a in areas for r, c in changed
            )
        }
        if more <= expected:
            break
        expected |= more
        changed |= more
    found = dependents(
        texts, edited=[("S", *cell) for cell in edited], grown=[("S", area) for area in grown]
    )
    assert found == {("S", *cell) for cell in expected}


LONG = 20_000
MANY = [("Plan", row, 1) for row in range(2, 4_000)]


@pytest.mark.parametrize(
    ("formula", "edited", "count"),
    [
        ('=IF($J{r}="Complete","",IF(K{r}<>"",K{r},G{r})-Settings!$B$2)', [("Plan", 77, 11)], 1),
        ("=SUM($A$2:A{r})", [("Plan", LONG // 2, 1)], LONG // 2),
        ("=SUM($A$2:A{r})", MANY, LONG - 1),
        ("=M{p}+A{r}", [("Plan", 2, 1)], LONG - 1),
        ("=SUM(M$1:M{p})", [("Plan", 1, 13)], LONG - 1),
        ("=VLOOKUP(A{r},Posts!$A$2:$F$400,3,FALSE)", [("Posts", 300, 6)], LONG - 1),
        ("=SUM({r}:{r})", [("Posts", 1, 1)], 0),
        ("=SUM({r}:{r})", MANY, len(MANY)),
    ],
)
def test_many_formulas_take_a_moment(formula, edited, count):
    """A quadratic way of any of these would take much longer."""
    column = 13
    formulas = {("Plan", r, column): formula.format(r=r, p=r - 1) for r in range(2, LONG + 1)}
    formulas["Plan", 1, 20] = "=SUM(A1:A1,A90000:A90001)"
    begun = time.process_time()
    found = dependents(formulas, edited=edited, sheets=["Plan", "Posts", "Settings"])
    assert time.process_time() - begun < 3
    assert abs(len(found) - count) <= 1


def test_each_text_is_read_once(monkeypatch):
    read, seen = recalculation._read, []

    def note(text: str, *more: Any) -> Any:
        seen.append(text)
        return read(text, *more)

    monkeypatch.setattr(recalculation, "_read", note)
    formulas = {("Plan", row, 3): f"=A{row}+B{row}" for row in range(200, 300)}
    formulas |= {("Plan", row, 4): "=SUM(Posts!A:A)" for row in range(200, 300)}
    formulas |= {("Plan", row, 5): f"=E{row - 1}+B{row}" for row in range(200, 300)}
    dependents(formulas, edited=[("Plan", 250, 1)], sheets=["Posts"])
    assert len(seen) == 3
    seen.clear()
    dependents({}, edited=[("Plan", 250, 1)])
    dependents(formulas, edited=[])
    assert seen == []


# -- moving a formula ---------------------------------------------------------------------------

MOVES = r'''
=A1                          | C1  | C2  | =A2
=A1                          | C1  | D1  | =B1
=$A1+A$1+$A$1                | C1  | D3  | =$A3+B$1+$A$1
=SUM(A1:B2)                  | C1  | C4  | =SUM(A4:B5)
=SUM($A$2:A2)                | C2  | C9  | =SUM($A$2:A9)
=SUM(A:B)                    | D1  | E9  | =SUM(B:C)
=SUM($A:B)                   | D1  | E9  | =SUM($A:C)
=SUM(1:2)                    | D3  | E5  | =SUM(3:4)
=SUM($1:2)                   | D3  | E5  | =SUM($1:4)
=Posts!A1+'May 17'!A1        | C1  | D2  | =Posts!B2+'May 17'!B2
='Ada''s A1'!A1              | C1  | D2  | ='Ada''s A1'!B2
=SUM(May:June!A1)            | C1  | D2  | =SUM(May:June!B2)
=[1]Posts!A1                 | C1  | D2  | =[1]Posts!B2
=LOG10(A1)                   | C1  | D2  | =LOG10(B2)
="A1"&A1&"say ""A1"""        | C1  | D2  | ="A1"&B2&"say ""A1"""
=Staff[A1]+Staff[[#This Row],[B2]] | C1  | D2  | =Staff[A1]+Staff[[#This Row],[B2]]
=Rate*YTD2027+A1             | C1  | D2  | =Rate*YTD2027+B2
=SUM(C1#)                    | D1  | D2  | =SUM(C2#)
=1E5+1.5+A1                  | C1  | C2  | =1E5+1.5+A2
=a1                          | C1  | C2  | =A2
=A2                          | C3  | C1  | =#REF!
=SUM(A2:A9)                  | C3  | C1  | =SUM(#REF!)
=Posts!A2                    | C3  | C1  | =Posts!#REF!
=B1+$B1                      | C1  | A1  | =#REF!+$B1
=XFD1                        | A1  | B1  | =#REF!
=A1048576                    | A1  | A2  | =#REF!
=SUM(A:A)                    | B1  | A1  | =SUM(#REF!)
=SUM(1:1)                    | B2  | B1  | =SUM(#REF!)
=A9999999                    | B2  | B3  | =A9999999
=a1+                         | B2  | B2  | =a1+
A1                           | C1  | C2  | A2
'''


@pytest.mark.parametrize(
    ("formula", "start", "end", "moved"),
    [tuple(part.strip() for part in line.split(" | ")) for line in MOVES.strip().splitlines()],
)
def test_a_formula_moved_to_another_cell(formula, start, end, moved):
    assert translate(formula, start, end) == moved


REFERENCES = st.builds(
    lambda a, column, b, row: f"{a}{column}{b}{row}",
    st.sampled_from(["", "$"]),
    st.sampled_from(["A", "M", "AB", "XFA"]),
    st.sampled_from(["", "$"]),
    st.integers(1, ROWS),
)


@given(REFERENCES, REFERENCES, st.integers(-3, 3), st.integers(-3, 3))
def test_moving_there_and_back_changes_nothing(one, other, down, right):
    formula = f"=SUM({one}:{other})*{other}"
    there = translate(formula, "J10", cell_address(10 + down, 10 + right))
    if "#REF!" not in there:
        assert translate(there, cell_address(10 + down, 10 + right), "J10") == formula


# -- LibreOffice as the judge -------------------------------------------------------------------

# Input is Plan!A1:C9, Posts!A2:D7 (the table Staff) and Other!A1:A9. One cell for each formula.
JUDGED = r"""
=A1+B2
=SUM(A1:A9)
=SUM(A:A)
=SUM(2:2)
=SUM(A1:C3 B2:C9)
=SUM((A1,C9))
=COUNTA(A1:C9)
=AVERAGE(Other!A1:A9)
=SUM(Plan:Other!A1)
=SUM(Posts!D3:D7)-Other!$A$2
='Other'!A3&"A1"
=IF(A1>5,B1,C1)
=CHOOSE(MOD(A2,3)+1,B1,B2,B3)
=INDEX(A1:C9,MOD(A3,9)+1,2)
=SUM(A1:INDEX(A1:A9,5))
=SUM(INDEX(A:A,2):INDEX(A:A,4))
=MATCH(MAX(B1:B9),B1:B9,0)
=VLOOKUP(LARGE(A1:A9,2),A1:C9,3,FALSE)
=SUMIF(A1:A9,">4",B1)
=SUMIF(A1:A9,">4",B1:B2)
=SUMIF(A1:B2,">4",B3)
=SUMIF(A1:A9,">4")
=AVERAGEIF(A1:A9,">0",C1)
=LOOKUP(5,Other!A1:A9,Other!B1:B9)
=SUMIFS(B1:B9,A1:A9,">2",C1:C9,">1")
=COUNTIF(A1:C9,A5)
=SUMPRODUCT((A1:A9>3)*(B1:B9))
=SUMPRODUCT(A1:A9,Other!A1:A9)
=INDIRECT("A"&4)
=SUM(INDIRECT("Other!A1:A"&MOD(B5,4)+2))
=OFFSET(A1,2,1)
=SUM(OFFSET(A1,0,0,4,2))
=SUBTOTAL(9,A1:A9)
=_xlfn.AGGREGATE(4,6,B1:B9)
=ROWS(Staff)+SUM(Staff[Pay])
=SUM(Staff[[From]:[Pay]])
=Staff[[#Headers],[Pay]]&Staff[[#Totals],[Pay]]
=SUM(Staff[[#Data],[Pay]])
=SUM(Staff[[#All],[Pay]])
=SUM(Staff[[#All]])
=Staff[[#Totals],[Pay]]
=Rate*2
=SUM(Days)
=SUM(Chosen)
=Twice+A9
=MAX(A1,MIN(B:B),2:2)
=IFERROR(A6/(B6-B6),C6)
=TEXT(A7,"0.0")&REPT("x",MOD(B7,4))
=AND(A1>3,B1<7)+OR(C1>2,C2>200)
=SMALL(Plan!$A$1:$C$9,3)
=RANK(A1,A1:A9)
=NPV(0.1,A1:A5)+STDEV(B1:B9)
=F1+F2
=SUM(F1:F20)
=COUNTIF(F:F,">10")
=CELL("contents",A8)
=LOG10(ABS(A4)+1)+MOD(A1,10)
=SUM(C1:A3)
=-A1%+B1^2
=HLOOKUP(A1,A1:C9,4,FALSE)
=MMULT(A1:B1,B2:B3)
=SUM(B1:B3,C4,Other!A1:A2)
=ISBLANK(C9)+LEN(Other!A9)
=LARGE(A1:C9,MOD(B9,5)+1)
"""
FORMULAS = JUDGED.strip().splitlines()
NAMED_FOR_JUDGE = {
    "Rate": "Other!$A$4",
    "Days": "Plan!$B$2:$B$6",
    "Chosen": "OFFSET(Plan!$A$1,0,0,MOD(Plan!$C$1,5)+1,1)",
    "Twice": "2*Rate",
}
STAFF = Table("Posts", Area(2, 1, 8, 4), ("Post", "Name", "From", "Pay"), totals=1)
INPUTS = [("Plan", r, c) for r in range(1, 10) for c in range(1, 4)]
INPUTS += [("Posts", r, c) for r in range(3, 8) for c in (3, 4)]
INPUTS += [("Other", r, c) for r in range(1, 10) for c in (1, 2)][:-1]


def starting_values() -> dict[Cell, int]:
    return {
        (sheet, r, c): 20 + r if (sheet, c) == ("Other", 1) and r > 8 else (r * 7 + c * 5) % 11 + 1
        for sheet, r, c in INPUTS
    }


def judged_formulas() -> dict[Cell, str]:
    """The formulas in column F of Plan, of which some refer to the first of them."""
    return {("Plan", row, 6): text for row, text in enumerate(FORMULAS, 1)} | {
        ("Plan", row, 8): f"{{=A{row - 19}:A{row - 17}*B1:B3}}" for row in (20, 24)
    } | {
        ("Plan", 30, 10): "=H21+1",
        ("Plan", 31, 10): "=H22",
        ("Other", 20, 1): "=SUM(Plan!F:F)",
        ("Posts", 8, 4): "=SUBTOTAL(109,Staff[Pay])",
        ("Posts", 12, 1): "=SUM(Plan!H20:H22)",
    }  # fmt: skip


SPILLS = {("Plan", row, 8): Area(row, 8, row + 2, 8) for row in (20, 24)}


def write_judged(path: Path, values: dict[Cell, Any]) -> None:
    book = xlsxwriter.Workbook(str(path))
    sheets = {name: book.add_worksheet(name) for name in ("Plan", "Posts", "Other")}
    for (sheet, row, column), value in values.items():
        sheets[sheet].write(row - 1, column - 1, value)
    headings = [{"header": name} for name in STAFF.columns]
    headings[-1] |= {"total_string": "written below"}
    sheets["Posts"].add_table(1, 0, 7, 3, {"name": "Staff", "columns": headings, "total_row": True})
    for (sheet, row, column), text in judged_formulas().items():
        if text.startswith("{"):
            sheets[sheet].write_array_formula(row - 1, 7, row + 1, 7, text)
        else:
            sheets[sheet].write_formula(row - 1, column - 1, text)
    for name, text in NAMED_FOR_JUDGE.items():
        book.define_name(name, f"={text}")
    book.close()


CALCULATE_ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode"
 oor:op="fuse"><value>0</value></prop></item></oor:items>"""


def calculated(folder: Path, books: Iterable[Path]) -> dict[str, dict[Cell, Any]]:
    """What LibreOffice shows in each workbook, having calculated everything anew: one run for all."""
    profile, out = folder / "profile", folder / "out"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(CALCULATE_ALWAYS, "utf-8")
    subprocess.run(
        [shutil.which("soffice"), "--headless", f"-env:UserInstallation={profile.as_uri()}",
         "--convert-to", "xlsx", "--outdir", str(out), *map(str, books)],
        check=True, timeout=180, capture_output=True,
    )  # fmt: skip
    shown = {}
    for path in out.iterdir():
        with CalamineWorkbook.from_path(str(path)) as book:
            shown[path.stem] = {
                (sheet, r, c): value
                for sheet in book.sheet_names
                for r, row in enumerate(
                    book.get_sheet_by_name(sheet).to_python(skip_empty_area=False), 1
                )
                for c, value in enumerate(row, 1)
            }
    return shown


@pytest.mark.office
def test_every_result_that_libreoffice_finds_changed_was_said_to_be_stale(tmp_path):
    values = starting_values()
    half = len(INPUTS) // 2  # two edits in each workbook: LibreOffice takes its time
    edits = {f"edit{i}": {INPUTS[i], INPUTS[i + half]} for i in range(half)}
    write_judged(tmp_path / "before.xlsx", values)
    for number, (name, cells) in enumerate(edits.items()):
        new = {cell: (values[cell] + 90, "words", None, 0.5)[number % 4] for cell in cells}
        write_judged(tmp_path / f"{name}.xlsx", values | new)
    shown = calculated(tmp_path, sorted(tmp_path.glob("*.xlsx")))
    before = shown.pop("before")
    formulas = judged_formulas()
    changed_ever: set[Cell] = set()
    said, changed_times = 0, 0
    for name, cells in edits.items():
        changed = {
            c for c in before.keys() | shown[name].keys() if before.get(c) != shown[name].get(c)
        }
        assert cells <= changed, name  # LibreOffice has read the edits
        stale_cells = dependents(
            {c: text.strip("{}") for c, text in formulas.items()},
            edited=cells,
            sheets=["Plan", "Posts", "Other"],
            names={("", n): text for n, text in NAMED_FOR_JUDGE.items()},
            tables={"Staff": STAFF},
            spills=SPILLS,
        )
        missed = {
            f"{c[0]}!{cell_address(*c[1:])} {formulas.get(c, '')}"
            for c in changed - stale_cells - cells
        }
        assert missed == set(), f"after an edit of {cells}"
        changed_ever |= changed
        said += len(stale_cells)
        changed_times += len(changed)
    # Each formula had its chance to be missed, and not everything is said to be stale.
    never = {c: formulas[c] for c in formulas.keys() - changed_ever}
    assert never == {}
    assert said < 0.6 * len(edits) * len(formulas) and changed_times > said / 3


def test_the_columns_of_the_tables_above_are_read_as_meant():
    """A row that lost a column in editing would say nothing."""
    for table in (PLAIN, SHAPED, SHEETED, NAMED, STRUCTURED, ANYTHING):
        for formula, edited, answer in rows_of(table):
            assert answer in ("yes", "no") and "=" in formula, formula
            assert re.fullmatch(r"[\w' ]+![A-Z]+\d+", edited), edited
