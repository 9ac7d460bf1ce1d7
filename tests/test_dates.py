"""Reading a timescale: every kind by example, what is refused, and a labelled corpus."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agsxl.dates import Kind, Target, find_dates, read_target

CORPUS = Path(__file__).parent / "data" / "timescales.tsv"


def shown(target: Target) -> tuple[str, str, str, bool, str]:
    """A target as the tables below write it: (kind, earliest, latest, certain, suggestion)."""
    days = (target.earliest, target.latest, target.suggestion)
    earliest, latest, suggestion = (day.isoformat() if day else "" for day in days)
    return (target.kind.value, earliest, latest, target.certain, suggestion)


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


# -- by example: what is certain ---------------------------------------------------------------

# {phrase: the day}
EXACT = {
    "24/05/17": "2017-05-24",
    "24/05/17 Council": "2017-05-24",
    "Initial approval 24/05/2017": "2017-05-24",
    "by 7 Feb 2018": "2018-02-07",
    "Board 06/10/09": "2009-10-06",
    "9thDec 2018": "2018-12-09",
    "01/04/ 2016": "2016-04-01",
    "31.3.24": "2024-03-31",
    "31-MAR-24": "2024-03-31",
    "31 03 2020": "2020-03-31",
    "31\\03\\2020": "2020-03-31",
    "2020-03-31T00:00:00": "2020-03-31",
    "31ˢᵗ March 2020": "2020-03-31",
    "March 31st, 2020": "2020-03-31",
    "31st of March '20": "2020-03-31",
    "31\nMarch\n2020": "2020-03-31",
    "7.30 pm on Wednesday 12th June 2019": "2019-06-12",
    "No later than 31 July 2021": "2021-07-31",
    "on or before 31 March 2020": "2020-03-31",
    "ASAP and no later than 31 July 2021": "2021-07-31",
    "Extended to 30/09/2020": "2020-09-30",
    "To be approved by Council 24/05/17": "2017-05-24",
    "Rec 3.2 31/03/24": "2024-03-31",
    "1. 31 March 2024": "2024-03-31",
    "Phase 1 31/03/2018": "2018-03-31",
}

# {phrase: (kind, earliest, latest)}
SPANS = {
    "w/c 15 May 17": ("week", "2017-05-15", "2017-05-19"),
    "wb 15 May 17": ("week", "2017-05-15", "2017-05-19"),
    "week ending Friday 2nd October 2020": ("week", "2020-09-28", "2020-10-02"),
    "May 2016": ("month", "2016-05-01", "2016-05-31"),
    "12/16": ("month", "2016-12-01", "2016-12-31"),
    "2020-12": ("month", "2020-12-01", "2020-12-31"),
    "June. 2009": ("month", "2009-06-01", "2009-06-30"),
    "by the end of March 2024": ("month", "2024-03-31", "2024-03-31"),
    "November 2017 (one year on from inspection)": ("month", "2017-11-01", "2017-11-30"),
    "Phase 2 - March 2019": ("month", "2019-03-01", "2019-03-31"),
    "1.4 by June 2024": ("month", "2024-06-01", "2024-06-30"),
    "Dec '15": ("month", "2015-12-01", "2015-12-31"),
    "Q2 2021/22": ("quarter", "2021-07-01", "2021-09-30"),
    "quarter 3, 2024 to 2025": ("quarter", "2024-10-01", "2024-12-31"),
    "Q4 2023/24 (Jan - Mar 2024)": ("quarter", "2024-01-01", "2024-03-31"),
    "Q1 2017 (Jan-Mar 2017)": ("quarter", "2017-01-01", "2017-03-31"),
    "end Q3 23-24": ("quarter", "2023-12-31", "2023-12-31"),
    "2017/18": ("year", "2017-04-01", "2018-03-31"),
    "FY 2023 to 2024": ("year", "2023-04-01", "2024-03-31"),
    "in 2021": ("year", "2021-01-01", "2021-12-31"),
    "end of 2024/25": ("year", "2025-03-31", "2025-03-31"),
    "28th - 31st March 2017": ("range", "2017-03-28", "2017-03-31"),
    "Dec 2018 to April 2020": ("range", "2018-12-01", "2020-04-30"),
    "10-21 February 2020": ("range", "2020-02-10", "2020-02-21"),
    "June/July 2018": ("range", "2018-06-01", "2018-07-31"),
    "Until 31 March 2021": ("range", "", "2021-03-31"),
    "Ongoing": ("ongoing", "", ""),
    "Monthly": ("ongoing", "", ""),
    "every May": ("ongoing", "", ""),
    "From May 2011": ("ongoing", "2011-05-01", ""),
    "w.e.f. April 2020": ("ongoing", "2020-04-01", ""),
    "from w/c 15 May 17": ("ongoing", "2017-05-15", ""),
    "Sept 2014 – Ongoing": ("ongoing", "2014-09-01", ""),
    "31/10/16 then ongoing": ("ongoing", "", "2016-10-31"),
    "On approval of finalised document by Council": ("event", "", ""),
    "within six months of new Council": ("event", "", ""),
    "immediately": ("event", "", ""),
    "following the restructure": ("event", "", ""),
    "after the end of March 2019": ("event", "", ""),
    "within a month of opening": ("event", "", ""),
    "one half term from joining the governing body": ("event", "", ""),
    "As per monitoring schedule": ("event", "", ""),
    "TBC": ("tbc", "", ""),
    "TBC on conclusion of the Peer Review": ("tbc", "", ""),
    "in due course": ("tbc", "", ""),
    "as soon as possible": ("tbc", "", ""),
    "< Select >": ("tbc", "", ""),
    "(not specified)": ("tbc", "", ""),
    "": ("blank", "", ""),
    " \u00a0 ": ("blank", "", ""),
}  # fmt: skip

# {phrase: (kind, suggestion)}: never certain, whatever the reference
UNCERTAIN = {
    "Q1 2017": ("quarter", "2017-06-30"),
    "Q3 FY20": ("quarter", "2019-12-31"),
    "by 2030": ("year", "2030-12-31"),
    "FY18": ("year", "2018-03-31"),
    "2018 - 2019": ("year", "2019-03-31"),
    "Summer 2015": ("season", "2015-08-31"),
    "early 2020": ("season", "2020-03-31"),
    "autumn/winter of 23/24": ("season", "2024-02-29"),
    "Winter 2018 / Early 2019": ("season", "2019-03-31"),
    "Autumn 2 2018": ("season", "2018-12-31"),
    "by Autumn half term 2020": ("season", "2020-10-31"),
    "2007/8": ("year", "2008-03-31"),
    "AY22/23": ("year", "2023-08-31"),
    "Q4 2023/24 (Jan - Mar 2023)": ("multiple", "2024-03-31"),
    "towards the end of March 2024": ("month", "2024-03-31"),
    "back end of 2024/25": ("year", "2025-03-31"),
    "31/03/24-ish": ("exact", "2024-03-31"),
    "31/03/24 (original date)": ("exact", "2024-03-31"),
    "minutes of 31/03/24": ("exact", "2024-03-31"),
    "March 2024 (early)": ("month", "2024-03-31"),
    "March 2024, week 2": ("month", "2024-03-31"),
    "April 2018 (12 months)": ("month", "2018-04-30"),
    "24/05/17 and 30/06/17": ("multiple", "2017-06-30"),
    "Feb & Oct 2019": ("multiple", "2019-10-31"),
    "was 31/10/20, now 31/3/21": ("multiple", "2021-03-31"),
    "31/11/17": ("impossible", "2017-11-30"),
    "12/13/14": ("impossible", "2014-12-13"),
    "31st March 20280": ("impossible", "2028-03-31"),
    "1 April 2024 to 30 September 2023": ("impossible", ""),
    "01-042013": ("impossible", "2013-04-01"),
    "0/0/1900": ("impossible", ""),
    "03/31/2020": ("impossible", "2020-03-31"),
    "30/02/2024": ("impossible", "2024-02-29"),
    "Completed": ("unreadable", ""),
    "40210": ("unreadable", "2010-02-01"),
    "31 March 2019/20": ("exact", "2020-03-31"),
    "31/12 2023": ("exact", "2023-12-31"),
    "Monday 31st March 2020": ("exact", "2020-03-31"),
    "Phase 2 March 2024": ("month", "2024-03-31"),
    "approx. March 2021": ("month", "2021-03-31"),
    "Before 1 April 2020": ("exact", "2020-03-31"),
    "before Council 31/03/2019": ("exact", "2019-03-30"),
}

# {phrase: suggestion beside 15 March 2018}: no year, so never certain
PARTIAL = {
    "June": "2018-06-30",
    "by March": "2018-03-31",
    "14 Aug": "2018-08-14",
    "June Cabinet": "2018-06-30",
    "mid February": "2018-02-15",
    "July Summit": "2018-07-31",
    "end of Sept": "2017-09-30",
    "31/3": "2018-03-31",
}


@pytest.mark.parametrize("phrase", EXACT)
def test_a_day_is_that_day(phrase):
    assert shown(read_target(phrase)) == ("exact", EXACT[phrase], EXACT[phrase], True, "")


@pytest.mark.parametrize("phrase", SPANS)
def test_a_span_is_due_on_its_last_day(phrase):
    assert shown(read_target(phrase)) == (*SPANS[phrase], True, "")


@pytest.mark.parametrize("reference", [None, date(2018, 3, 15)])
@pytest.mark.parametrize("phrase", UNCERTAIN)
def test_what_had_to_be_supposed_is_only_suggested(phrase, reference):
    kind, suggestion = UNCERTAIN[phrase]
    target = read_target(phrase, reference=reference)
    assert shown(target) == (kind, "", "", False, suggestion)
    assert target.note


@pytest.mark.parametrize("phrase", PARTIAL)
def test_a_year_is_never_given_in_silence(phrase):
    assert shown(read_target(phrase)) == ("partial", "", "", False, "")
    beside = read_target(phrase, reference=date(2018, 3, 15))
    assert shown(beside) == ("partial", "", "", False, PARTIAL[phrase])


@pytest.mark.parametrize(
    ("phrase", "reference", "certain"),
    [
        ("Dec 15", "", False),
        ("Dec 15", "2017-06-01", True),
        ("Dec 15", "2020-12-31", True),
        ("Dec 15", "2021-01-01", False),
        ("December 15", "2016-01-01", True),
        ("Dec-15", "2010-01-01", True),
        ("Dec-15", "2009-12-31", False),
    ],
)
def test_a_two_digit_year_after_a_month_needs_a_year_near_it(phrase, reference, certain):
    target = read_target(phrase, reference=day(reference))
    if certain:
        assert shown(target) == ("month", "2015-12-01", "2015-12-31", True, "")
    else:
        assert shown(target) == ("month", "", "", False, "2015-12-31")


@pytest.mark.parametrize(
    ("phrase", "suggestion"),
    [
        ("immediately", "2018-03-15"),
        ("Within 3 months", "2018-06-15"),
        ("within 28 days", "2018-04-12"),
        ("Following the restructure", ""),
    ],
)
def test_an_event_that_the_reference_fixes(phrase, suggestion):
    target = read_target(phrase, reference=date(2018, 3, 15))
    assert shown(target) == ("event", "", "", True, suggestion)


def test_words_left_over_go_to_the_note():
    assert read_target("24/05/17 Council").note == "Council"
    assert read_target("SMT 4/2/19 then roll out to teams").note == "SMT then roll out to teams"
    assert read_target("by 7 Feb 2018").note == ""


# -- cells -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (None, ("blank", "", "", True, "")),
        (date(2018, 3, 31), ("exact", "2018-03-31", "2018-03-31", True, "")),
        (datetime(2018, 3, 31, 17, 0), ("exact", "2018-03-31", "2018-03-31", True, "")),
        (40210, ("unreadable", "", "", False, "2010-02-01")),
        (40210.0, ("unreadable", "", "", False, "2010-02-01")),
        (2018, ("year", "2018-01-01", "2018-12-31", True, "")),
        (3, ("unreadable", "", "", False, "")),
        (float("nan"), ("unreadable", "", "", False, "")),
        (True, ("unreadable", "", "", False, "")),
        (date(1905, 7, 10), ("unreadable", "", "", False, "2018-12-31")),  # 2018 as a date
        (date(1899, 12, 31), ("impossible", "", "", False, "")),
    ],
)
def test_cells(cell, expected):
    assert shown(read_target(cell)) == expected


# -- what takes certainty away -----------------------------------------------------------------

DATED = (
    "31/03/2019", "31st March 19", "March 31, 2019", "2019-03-31", "w/c 25 March 2019",
    "week ending 29 March 2019", "March 2019", "Mar-19", "03/2019", "3/19", "Q4 2018/19",
    "2018/19", "January to March 2019", "1 April 2018 - 31 March 2019", "28th - 31st March 2019",
    "Feb/March 2019", "end of 2018/19", "Council 31/03/2019", "Full Council March 2019",
)  # fmt: skip
DOUBTED = (
    "approx {}", "about {}", "circa {}", "~{}", "{}?", "{} (?)", "not {}", "was {}", "originally {}",
    "previous target {}", "{} tbc", "{} (TBC)", "{} or later", "{} or thereabouts", "after {}",
    "following {}", "not before {}", "no earlier than {}", "{} if approved", "{} unless delayed",
    "{} (was 31/12/2017)", "{} moved to 30/09/2020", "{} slipped to June 2020", "completed {}",
    "{} - completed", "{} - slipped", "{} missed", "{} not met", "{} no longer achievable",
    "{} cancelled", "{} + 3 months", "{} plus 6 weeks", "3 months after {}", "6 weeks from {}",
    "either {} or June 2020", "{} and 30/06/2020", "{}\n30/06/2020", "probably {}", "estimated {}",
    "{} at the earliest", "{} start", "{} under review", "{} 2", "{}x9", "{} will slip", "as at {}",
    "might be {}", "awaiting guidance, {}", "policy adopted {}", "before Cabinet {}", "{} expired",
    "{} extension requested", "deadline passed {}", "on hold until {}", "instead of {}",
)  # fmt: skip


@pytest.mark.parametrize("doubt", DOUBTED)
def test_words_that_take_certainty_away(doubt):
    phrases = [doubt.format(dated) for dated in DATED]
    read = [(phrase, read_target(phrase, reference=date(2018, 6, 1))) for phrase in phrases]
    assert [(phrase, t.latest) for phrase, t in read if t.certain and t.latest] == []


@pytest.mark.parametrize(
    "phrase",
    [
        "31/3/2O20", "3l/03/2020", "O1/04/2019", "31/12/20Z3", "31/12/2023l", "l5 May 2017",
        "lst June 2024", "S0 June 2024", "I June 2024", "§1 June 2024", "!6 January 2018",
        "3 1 March 2020", "31 March 2 020", "31/03/202", "31/03/1018", "31/03/2020/21",
    ],
)  # fmt: skip
def test_a_misread_character_is_never_certain(phrase):
    assert not read_target(phrase).certain


# -- properties --------------------------------------------------------------------------------

PIECES = (
    "31/03/2019", "24/5", "March", "march", "2019", "19", "Q2", "2018/19", "18/19", "w/c", "by", "end", "of", "the",
    "Council", "was", "TBC", "ongoing", "after", "before", "to", "and", "-", "–", "/", ",", ".", "(", ")", "?", "1", "12",
    "2nd", "Phase", "months", "within", "Dec", "from", "until", "<", "</s>", "\n", "£", "%", "spring", "2", "years", "or",
)  # fmt: skip
PHRASES = st.one_of(
    st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=7).map(" ".join)
)
DAYS = st.dates(date(2000, 1, 1), date(2049, 12, 31))
CELLS = st.one_of(
    PHRASES, st.integers(), st.floats(), st.dates(), st.datetimes(), st.none(), st.booleans()
)


@given(cell=CELLS, reference=st.none() | DAYS)
def test_anything_can_be_read(cell, reference):
    target = read_target(cell, reference=reference)
    assert isinstance(target.kind, Kind)
    if target.certain:
        assert not (target.earliest and target.latest) or target.earliest <= target.latest
    else:
        assert (target.earliest, target.latest) == (None, None)
        assert target.note
    if isinstance(cell, str):
        assert target.raw == cell.strip()
        assert read_target(target.raw, reference=reference) == target


@given(phrase=PHRASES.filter(lambda text: text.isascii()), reference=st.none() | DAYS)
def test_neither_case_nor_spaces_around_matter(phrase, reference):
    expected = shown(read_target(phrase, reference=reference))
    for other in (phrase.upper(), phrase.lower(), f"  {phrase}\n"):
        assert shown(read_target(other, reference=reference)) == expected


@given(phrase=PHRASES, reference=DAYS)
def test_a_reference_settles_nothing_but_two_digit_years(phrase, reference):
    alone, beside = read_target(phrase), read_target(phrase, reference=reference)
    if beside.certain and not alone.certain:
        assert any(char.isdigit() for char in phrase)
    if alone.certain:
        assert (beside.earliest, beside.latest) == (alone.earliest, alone.latest)


@given(month=st.sampled_from(["June", "by March", "14 Aug", "end of Sept", "31/3"]), reference=DAYS)
def test_a_reference_never_makes_a_phrase_without_a_year_certain(month, reference):
    assert not read_target(month, reference=reference).certain


def _ordinal(number: int) -> str:
    last = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{last}"


FORMATS = (
    "{d:%d/%m/%Y}", "{d.day}/{d.month}/{d:%y}", "{d:%d.%m.%Y}", "{d:%d-%m-%y}", "{d:%Y-%m-%d}",
    "{d.day} {d:%B} {d.year}", "{d.day} {d:%b} {d:%y}", "{d:%d-%b-%y}", "{o} {d:%B} {d.year}",
    "{o} of {d:%B}, {d.year}", "{d:%B} {o}, {d.year}", "{d:%A} {o} {d:%B} {d.year}",
    "by {d.day} {d:%b} {d.year}", "{d:%d/%m/%y} Council", "no later than {d:%d/%m/%Y}",
    "Cabinet ({d:%d %B %Y})", "{d:%Y-%m-%d} 00:00:00", "{d:%d/%m/%Y} at 6.30pm",
)  # fmt: skip


@given(found=DAYS)
def test_every_day_in_every_format(found):
    for form in FORMATS:
        phrase = form.format(d=found, o=_ordinal(found.day))
        target = read_target(phrase)
        assert (target.kind, target.earliest, target.latest) == ("exact", found, found), phrase
        assert target.certain, phrase


@given(start=st.integers(2000, 2048), quarter=st.integers(1, 4))
def test_the_quarters_of_a_financial_year_are_the_year(start, quarter):
    year = read_target(f"{start}/{(start + 1) % 100:02}")
    first, last = (read_target(f"Q{q} {start}/{(start + 1) % 100:02}") for q in (1, quarter))
    assert year.earliest == first.earliest == date(start, 4, 1)
    assert last.latest is not None
    assert (last.latest == year.latest) == (quarter == 4)


PATHOLOGICAL = (
    " " * 10_000 + "x", "x" + " " * 10_000 + "x", "1" * 10_000, "/" * 10_000, "a " * 5_000,
    "1/" * 5_000, "and " * 3_000, "spring/" * 2_000, "may " * 3_000, "12." * 3_000, "the " * 4_000,
    "june" + " " * 8_000 + "2019", "after" + " x" * 4_000 + " june 2019", "9 janury " * 1_500,
    "janury " * 2_000 + "9", "completed a b " * 1_000 + "june 2019", "<" * 5_000, "a@" * 5_000,
)  # fmt: skip


@pytest.mark.parametrize("text", PATHOLOGICAL, ids=lambda text: repr(text[:12]))
def test_no_text_takes_long(text):
    started = time.perf_counter()
    target = read_target(text)
    assert time.perf_counter() - started < 0.5
    assert not (target.certain and target.latest)


def test_a_text_too_long_to_be_a_date_is_never_certain():
    target = read_target("31/03/2020 " + "and so on " * 100)
    assert not target.certain
    assert target.suggestion == date(2020, 3, 31)


# -- dates in sentences ------------------------------------------------------------------------


def test_dates_in_a_sentence():
    text = "Approved on 24/05/17; the rest by end of March 2018, says 3l/03/2020."
    found = [(t.latest, text[start:end]) for t, start, end in find_dates(text) if t.certain]
    assert found == [(date(2017, 5, 24), "24/05/17"), (date(2018, 3, 31), "March 2018")]


def test_find_dates_says_where_each_stands():
    [(target, start, end)] = find_dates("New target date of 31/03/18.")
    assert (target.latest, start, end) == (date(2018, 3, 31), 19, 27)


# -- the corpus --------------------------------------------------------------------------------


class Row(NamedTuple):
    """One labelled phrase. ``|`` parts alternatives that can be defended; ``*`` is anything."""

    phrase: str
    reference: str
    kind: str
    earliest: str
    latest: str
    certain: str
    suggestion: str
    source: str

    def read(self) -> Target:
        spaces = {"\\n": "\n", "\\s": " ", "\\u00a0": "\u00a0"}
        phrase = self.phrase
        for written, meant in spaces.items():
            phrase = phrase.replace(written, meant)
        return read_target(phrase, reference=day(self.reference))


def corpus() -> list[Row]:
    lines = CORPUS.read_text(encoding="utf-8").split("\n")[1:]
    return [Row(*line.split("\t")) for line in lines if line]


def allowed(found: date | None, label: str) -> bool:
    text = found.isoformat() if found else ""
    return any(
        choice == "*" or text == choice.replace("-", "", choice == "-")
        for choice in label.split("|")
    )


def test_nothing_in_the_corpus_is_certain_and_wrong():
    """The one result that may not happen."""
    wrong = []
    for row in corpus():
        target = row.read()
        says_a_date = target.certain and target.latest is not None
        if says_a_date and (row.certain == "no" or not allowed(target.latest, row.latest)):
            wrong.append(
                (row.phrase, row.reference, shown(target), f"should be {row.latest or 'uncertain'}")
            )
    assert not wrong, "\n".join(map(str, wrong))


# What the reader reaches, a little rounded down: it may rise, it may not fall.
FLOORS = {"certain": 0.997, "kind": 0.99, "latest": 0.995, "suggestion": 0.99}


@pytest.mark.parametrize("what", FLOORS)
def test_the_corpus_is_read_as_well_as_before(what):
    rows = [(row, row.read()) for row in corpus()]
    missed = [
        (row.phrase, row.reference, shown(t), tuple(row)[2:7])
        for row, t in rows
        if not _agrees(what, row, t)
    ]
    assert 1 - len(missed) / len(rows) >= FLOORS[what], "\n".join(map(str, missed))


def _agrees(what: str, row: Row, target: Target) -> bool:
    if what == "certain":
        return ("yes" if target.certain else "no") in row.certain.split("|")
    if what == "kind":
        return row.kind == "*" or target.kind in row.kind.split("|")
    if what == "latest":
        return not (target.certain and "yes" in row.certain) or allowed(target.latest, row.latest)
    return target.certain or row.certain == "yes" or allowed(target.suggestion, row.suggestion)


def test_two_days_apart_are_two_days_apart():
    one, two = read_target("w/c 3 June 2024"), read_target("w/c 10 June 2024")
    assert one.latest is not None and two.latest is not None
    assert two.latest - one.latest == timedelta(days=7)


def test_the_words_a_date_may_begin_with_lose_no_date():
    """``scan`` looks first whether a date could begin here; without that look it finds the same."""
    from agsxl.dates import _scan

    whole = _scan._pattern().pattern
    guard = f"(?={_scan._BEGINS})"
    assert whole.startswith(guard)
    bare = re.compile(whole.removeprefix(guard))
    phrases = [row.phrase.lower() for row in corpus()]
    assert len(phrases) > 2000
    for phrase in phrases:
        found = [m.span() for m in _scan._pattern().finditer(phrase)]
        assert found == [m.span() for m in bare.finditer(phrase)], phrase
