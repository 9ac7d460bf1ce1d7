"""Finding the date expressions that stand in a text: "24/05/17", "w/c 15 May 17", "Q2 2021/22".

``scan`` walks a normalised text with one pattern and gives a ``Moment`` for each expression, in
order. A moment says only what its own characters say. What the words around it make of it ("end
of", "after", "to") is the business of ``_read``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

from agsxl.dates import _calendar as cal
from agsxl.dates._target import Kind


@dataclass(slots=True)
class Moment:
    """One date expression. ``first`` and ``last`` are set also where they are only supposed."""

    kind: Kind
    start: int
    end: int
    first: date | None = None
    last: date | None = None
    sure: bool = True
    why: str = ""  # what was supposed, or what is wrong
    month: int = 0  # of a moment without a year
    day: int = 0
    season: str = ""
    quarter: int = 0
    short_year: bool = False  # "Dec 15": sure only beside a reference within five years of it

    @property
    def yearless(self) -> bool:
        return self.first is None and bool(self.month or self.season or self.quarter or self.day)

    @property
    def span(self) -> cal.Span | None:
        return (self.first, self.last) if self.first and self.last else None


MONTH = (
    r"(?:jan(?:uary)?|febr?(?:uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
# Words that a number belongs to: the 2 of "Phase 2 - March 2019" is no day.
LABEL = re.compile(
    r"\b(phase|stage|part|item|action|step|version|v|tranche|wave|section|s|level|tier|milestone|nos?|number|ref|covid|"
    r"band|group|cohort|lot|appendix|annex|recommendation|rec|objective|obj|priority|years?|yr|category|cat|grade|draft|"
    r"round|workstream|ws|theme|point|task|option|block|unit|ward|zone|plan|batch|sprint|gate|gateway|report|regulation|"
    r"reg|article|room|agenda|minute|min|page|p|form|schedule|policy|lp|rev|iso|aim|goal|target|kpi|kloe|building|"
    r"theatre|cycle|windows|office|standard|principle|finding|output|outcome|question|q|para|paragraph|clause|chapter|"
    r"module|paper|risk|week|wk|month|mth|period|issue|volume|vol|line|row|floor|site|area|ks|domain|strand|pillar)"
    r"\.?:?[\s-]*$"
)
_TAKES_A_DATE = frozenset(
    (
        "target",
        "report",
        "policy",
        "plan",
        "schedule",
        "form",
        "paper",
        "milestone",
        "aim",
        "goal",
        "issue",
        "output",
        "outcome",
    )
)
_ORD = r"(?:\s*(?:st|nd|rd|th)(?![a-z]|\s*[a-z]?\d)|(?:st|nd|rd|th)(?=[a-z]))?"
_OPEN = r"(?<!\w)(?<!\d\.)"  # no word, and no part of a longer number, right before
_SEP = r"(?:\s?/\s?|[.-])"  # "01/04/ 2016"; but "Phase 1 - 31/03/2018" is no date from the 1 on
# A financial year: 2017/18, 2017-18, 2017/2018, and GOV.UK's "2017 to 2018".
_FY = (
    r"(?:19|20)\d\d(?:\s?[/-]\s?(?:(?:19|20)\d\d|\d\d)|\s?to\s?(?:19|20)\d\d)"
    rf"(?![\d/]|[.-]\d\d?(?!\d)|\s*(?:st|nd|rd|th)?[\s.-]*(?:of\s+)?{MONTH})"
)
_SEASON = r"(?:spring|summer|autumn|fall|winter)"
_NOT_A_YEAR = (
    rf"(?!\d|\s*(?:st|nd|rd|th)\b|(?:\s*|\s?[./-])(?:of\s+)?{MONTH}|\s*[:%]|[/.-]\d|\s*(?:am|pm)\b"
    r"|\s*(?:days?|weeks?|months?|years?|working)\b)"
)

# One alternative a form, tried in this order; the first that fits wins. {name: pattern}
_FORMS: dict[str, str] = {
    # 2018-03-31, 2018/03/31, 20180331, 2018-03-31T00:00:00
    "iso": rf"{_OPEN}(?P<iso_y>(?:19|20)\d\d)(?P<iso_s>[/.-])(?P<iso_m>\d\d?)(?P=iso_s)"
    r"(?P<iso_d>\d\d?)(?:t|(?!\d))",
    "isobasic": rf"{_OPEN}(?P<ib_y>20\d\d)(?P<ib_m>0[1-9]|1[0-2])(?P<ib_d>0[1-9]|[12]\d|3[01])(?![\d/.-])",
    # 31/1/1730/09/17: two dates that ran together when a struck one lost its mark
    "fused": r"(?<!\d)(?P<fu_d>\d\d?)(?P<fu_s>[/.-])(?P<fu_m>\d\d?)(?P=fu_s)"
    r"(?P<fu_y>\d{4}|\d\d)(?=\d\d?[/.-]\d\d?[/.-]\d\d)",
    "dmy": rf"(?:{_OPEN}|(?<=[/.-]\d\d)|(?<=[/.-]\d{{4}}))(?P<dm_d>\d\d?)(?:st|nd|rd|th)?{_SEP}(?P<dm_m>\d\d?){_SEP}"
    r"(?P<dm_y>\d{1,6})(?!\d|/\d)",
    # 31 03 2020, 31 - 03 - 2020
    "spaced": rf"{_OPEN}(?P<sp_d>[0-3]\d) (?:(?P<sp_s>[.-]) )?(?P<sp_m>[01]\d) (?(sp_s)(?P=sp_s) )(?P<sp_y>20\d\d)(?![\d/.-])",
    # 03/2017, 3.2018
    "my": rf"{_OPEN}(?P<my_m>\d\d?)[/.-](?P<my_y>(?:19|20)\d\d)(?![\d]|[/.-]\d)",
    # 01-042013, 3103/2018, 31032018: a separator was lost
    "lost": rf"{_OPEN}(?:(?P<lo_d>\d\d?)[/.-](?P<lo_m>0[1-9]|1[0-2])(?P<lo_y>20\d\d|\d\d)"
    r"|(?!(?:19|20)\d\d[/.-])(?P<lp_d>0[1-9]|[12]\d|3[01])(?P<lp_m>0[1-9]|1[0-2])[/.-]?(?P<lp_y>20\d\d))(?![\d/.-])",
    "doubled": rf"{_OPEN}(?P<do_d>\d\d?)[/.-]{{1,2}}(?P<do_m>\d\d?)[/.-]{{1,2}}(?P<do_y>\d{{4}}|\d\d)(?!\d)",
    # the "28th" of "28th - 31st March 2017": a day only where a day and month follow it
    "dayonly": rf"{_OPEN}(?P<do1_d>\d\d?)(?:\s*(?:st|nd|rd|th))?(?=\s*(?:-|to|and|&|,|/|or|until)\s*(?:(?:the|on|[a-z]{{2,5}}days?|mon|tues?|wed|thu|thurs?|fri|sat|sun)\s+)?\d\d?\s*(?:st|nd|rd|th)?[\s.,-]*(?:of\s+)?{MONTH})",
    # 31 March 2017/18: a day in a financial year
    "dmonfy": rf"{_OPEN}(?P<df_d>\d\d?){_ORD}[\s.-]*(?:of\s+)?(?P<df_m>{MONTH})[\s,]*(?P<df_y>{_FY})",
    # 7 Feb 2018, 9thDec 2018, 31-Mar-18, 31st of March '18
    "dmony": rf"{_OPEN}(?P<dn_d>\d\d?){_ORD}[\s.,/-]*(?:day\s+)?(?:of\s+)?(?P<dn_m>{MONTH})"
    rf"(?:[\s.,/'-]*(?P<dn_y>\d{{4,6}})(?!\d|[/-]\d\d?(?![\d/.-]|\s*(?:st|nd|rd|th)?\s*{MONTH}))|\s?(?:\s*'|\s|[/.-])?(?P<dn_yy>\d\d){_NOT_A_YEAR})",
    # March 31st, 2018
    "mondy": rf"(?<![a-z])(?P<md_m>{MONTH})[\s.-]*(?P<md_d>\d\d?)(?:\s*(?:st|nd|rd|th))?\s*,?\s+(?P<md_y>(?:19|20)\d\d)(?!\d)",
    "monfy": rf"(?<![a-z])(?P<mf_m>{MONTH})[\s,]*(?P<mf_y>{_FY})",
    # May 2016, June. 2009, Sept2019, Mar-2014
    "mony": rf"(?<![a-z])(?P<mn_m>{MONTH})(?:\s+of)?[\s.,/'-]*(?P<mn_y>\d{{4,6}})(?!\d)",
    # Dec 15, Dec '15, Mar-14
    "monyy": rf"(?<![a-z])(?P<mm_m>{MONTH})(?:(?P<mm_q>[\s./-]*')|\s?[./-]?\s?)(?P<mm_y>\d\d){_NOT_A_YEAR}(?!\s*-\s*\d)",
    # 2018 March
    "ymon": rf"{_OPEN}(?P<ym_y>(?:19|20)\d\d)[\s,/-]+(?P<ym_m>{MONTH})(?![\s.,/'-]*\d)",
    # 14 Aug; June 30th
    "dmon": rf"{_OPEN}(?P<dx_d>\d\d?){_ORD}[\s.,/-]*(?:day\s+)?(?:of\s+)?(?P<dx_m>{MONTH})",
    "mond": rf"(?<![a-z])(?P<mx_m>{MONTH})\s*(?:the\s+)?(?P<mx_d>\d\d?)\s*(?:st|nd|rd|th)\b",
    # Q2 2021/22, quarter 3, 2024 to 2025, fourth quarter of 2017
    "quarter": r"(?<![a-z])(?:q(?:tr|uarter|uater)?\.?\s*(?P<q_n>[1-4]|one|two|three|four)(?:\s*(?:-|/|&|and|to)\s*(?:q(?:tr|uarter)?\.?\s*)?(?P<q_n2>[1-4])(?!\d|\s*[/-]\s*\d))?"
    r"|(?P<q_w>first|second|third|fourth|last|final|1st|2nd|3rd|4th)\s+(?:quarter|qtr)|(?P<q_n3>[1-4])q)(?!\d)"
    rf"(?:\s*\(\s*[a-z]+\s*-\s*[a-z]+\s*\))?(?:[\s,:.(-]*(?:of|in|for)?\s*(?:the\s+)?(?P<q_f>fy|f/y|financial year)?\s*(?:(?P<q_fy>{_FY}|\d\d\s?[/-]\s?\d\d(?![\d/-]))|(?P<q_y>(?:19|20)\d\d)(?!\d)|'?(?P<q_yy>\d\d)(?![\d/])))?",
    "yquarter": rf"{_OPEN}(?:fy\s*)?(?:(?P<yq_fy>{_FY}|\d\d/\d\d)|(?P<yq_y>(?:19|20)\d\d))[\s,:(-]*(?:q(?:tr|uarter)?\.?\s*(?P<yq_n>[1-4])(?!\d)|(?P<yq_w>first|second|third|fourth|final|1st|2nd|3rd|4th)\s+quarter)",
    "half": rf"(?<![a-z])(?:h(?P<h_n>[12])(?!\d)|(?P<h_w>first|second|1st|2nd|latter)\s+half(?!\s+(?:of\s+)?(?:the\s+month\b|{MONTH})))(?:[\s,]*(?:of\s+)?(?:the\s+)?(?P<h_f>fy|financial year)?\s*(?:(?P<h_fy>{_FY}|\d\d/\d\d)|(?P<h_y>(?:19|20)\d\d)))?(?![\d])",
    # Summer 2015, autumn/winter of 23/24, spring term 2020, Autumn 2 2018, summer half term 2021
    "season": rf"(?<![a-z])(?P<s_1>{_SEASON})(?:\s*(?:/|-|&|and|or|to)\s*(?P<s_2>{_SEASON}))?(?:(?P<s_t>\s+term)|(?P<s_ht>\s+half[\s-]?term)|\s+(?P<s_n>[12])(?!\d|[/.-]\d|\s*(?:st|nd|rd|th)\b|[\s.-]*(?:of\s+)?{MONTH}))?(?![a-z])"
    rf"(?:[\s,]*(?:of\s+)?(?:the\s+)?(?:(?P<s_fy>{_FY}|\d\d\s?[/-]\s?\d\d(?![\d/-]))|(?P<s_y>(?:19|20)\d\d)(?!\d)|'?(?P<s_yy>\d\d)(?![\d/])))?",
    "holiday": r"(?<![a-z])(?P<hol>christmas|xmas|easter|new year)(?:[\s,]*(?:of\s+)?(?P<hol_y>(?:19|20)\d\d)(?!\d))?",
    # 2017/18, FY 2023 to 2024, FY18/19, academic year 2019/20
    "fy": rf"{_OPEN}(?P<fy_w>(?:fy|f/y|(?:financial|fiscal|municipal|council|civic|academic|school|tax|calendar|accounting|audit)\s+years?|ay|year)\s*(?:of\s+|ending\s+)?)?(?P<fy_y>{_FY})",
    "fyshort": r"(?<![\w.])(?:(?P<fs_w>(?:fy|f/y|ay|financial\s+year)\s*)'?(?P<fs_1>\d{4}|\d\d)(?:\s?[/-]\s?(?P<fs_2>\d\d))?|(?P<fs_3>\d\d)\s?[/-]\s?(?P<fs_4>\d\d))(?![\d]|[/.-]\d|\s?/\s?\d)",
    # 2007/8
    "fyone": rf"{_OPEN}(?P<f1_1>(?:19|20)\d\d)/(?P<f1_2>[1-9])(?![\d/.-]|\s*(?:st|nd|rd|th)?[\s.-]*(?:of\s+)?{MONTH})",
    # 2018-2022, 2016-20: neither a financial year nor one date
    "years": rf"{_OPEN}(?P<ys_1>(?:19|20)\d\d)\s*(?:[/-]|to|until)\s*(?P<ys_2>(?:19|20)\d\d|\d\d)(?![\d/.-])",
    "yearonly": rf"{_OPEN}(?P<yo_y>(?:19|20)\d\d)(?![\d]|[/.]\d|-\d(?!\d?\s*{MONTH}))",
    "mononly": rf"(?<![a-z]){MONTH}",
    # 01/04 - 30/06/2018: day and month only
    "dmonly": rf"{_OPEN}(?P<xm_d>\d\d?)\s*[/]\s*(?P<xm_m>\d\d?)(?![\d]|\s?[/.]\s?\d)",
}  # fmt: skip

# Every form begins with a digit or one of these words. Asked first, so that the forms are not
# tried in vain at each letter of a comment: it makes reading one eight times as fast.
_BEGINS = (
    r"\d|(?<![a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|q|h[12]|first|second|third|fourth|final|last|latter|"
    r"spring|summer|autumn|fall|winter|christmas|xmas|easter|new|fy|f/y|ay|financial|fiscal|municipal|council|civic|academic|"
    r"school|tax|calendar|accounting|audit|year)"
)

_QUARTER_WORDS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3,
    "fourth": 4, "4th": 4, "last": 4, "final": 4, "one": 1, "two": 2, "three": 3, "four": 4,
}  # fmt: skip


@cache
def _pattern() -> re.Pattern[str]:
    # Compiled on first use: most runs read only plain dates and never come here.
    forms = "|".join(f"(?P<{name}>{form})" for name, form in _FORMS.items())
    return re.compile(rf"(?={_BEGINS})(?:{forms})")


def scan(text: str) -> list[Moment]:
    """The date expressions of a normalised (lower-case) text, from left to right."""
    moments = []
    at = 0
    while match := _pattern().search(text, at):
        found = _BUILD[match.lastgroup or ""](match)
        at = match.end()
        if isinstance(found, int):
            at = found
        elif found is not None:
            moments.append(found)
    return moments


# -- one builder a form ----------------------------------------------------------------------

# A builder gives the moment; None if it is none; or where to look on, if the match began with a
# number that belongs to the word before it.
_Builder = Callable[[re.Match[str]], "Moment | int | None"]


def _sure(kind: Kind, match: re.Match[str], span: cal.Span) -> Moment:
    return Moment(kind, match.start(), match.end(), *span)


def _supposed(kind: Kind, match: re.Match[str], span: cal.Span | None, why: str) -> Moment:
    first, last = span or (None, None)
    return Moment(kind, match.start(), match.end(), first, last, sure=False, why=why)


def _impossible(match: re.Match[str], meant: date | None, why: str) -> Moment:
    return Moment(Kind.IMPOSSIBLE, match.start(), match.end(), meant, meant, sure=False, why=why)


def _day(match: re.Match[str], year: str, month: int, day: int, *, numeric: bool) -> Moment:
    """A day with its year, or what is wrong with it and what was probably meant."""
    written = match.group().strip()
    if len(year) == 2 and cal.full_year(year) is None:
        meant = cal.make_date(2000 + int(year), month, day)
        return _supposed(
            Kind.EXACT, match, (meant, meant) if meant else None, f"the century of {written!r}"
        )
    whole = cal.full_year(year)
    if whole is None:
        meant = _mistyped_year(year, month, day)
        return _impossible(match, meant, f"no plan has the year {year}")
    if not (1 <= month <= 12 and 1 <= day <= 31) or cal.make_date(whole, month, day) is None:
        meant = cal.clamped(whole, month, day)
        why = f"the calendar has no {written}"
        if meant is None and numeric and 1 <= day <= 12 < month <= 31:
            meant = cal.make_date(whole, day, month)
            why = f"there is no month {month}; the day and the month may be the wrong way round"
        return _impossible(match, meant, why)
    found = date(whole, month, day)
    return _sure(Kind.EXACT, match, (found, found))


def _mistyped_year(year: str, month: int, day: int) -> date | None:
    """The one year that "20280" or "2108" was meant to be, if there is one and only one."""
    if len(year) == 5 and year[:2] == "20":
        likely = {year[:4]}
    elif len(year) == 4 and year[0] in "12":
        swapped = {year[:i] + year[i + 1] + year[i] + year[i + 2 :] for i in range(3)}
        likely = {y for y in swapped if y[:2] == "20" and int(y) < 2050}
    else:
        likely = set()
    return cal.clamped(int(likely.pop()), month, day) if len(likely) == 1 else None


def _numeric(prefix: str) -> _Builder:
    def build(match: re.Match[str]) -> Moment:
        return _day(
            match,
            match[f"{prefix}_y"],
            int(match[f"{prefix}_m"]),
            int(match[f"{prefix}_d"]),
            numeric=True,
        )

    return build


def _lost(match: re.Match[str]) -> Moment | None:
    p = "lo" if match["lo_d"] else "lp"
    day, month, year = int(match[f"{p}_d"]), int(match[f"{p}_m"]), match[f"{p}_y"]
    whole = cal.full_year(year)
    meant = cal.make_date(whole, month, day) if whole else None
    return _impossible(match, meant, f"{match.group().strip()} lacks a separator")


def _doubled(match: re.Match[str]) -> Moment:
    whole = cal.full_year(match["do_y"])
    meant = cal.make_date(whole, int(match["do_m"]), int(match["do_d"])) if whole else None
    return _impossible(match, meant, f"{match.group().strip()} has a separator too many")


def _labelled(match: re.Match[str], prefix: str) -> str:
    """Whether the day before a month's name may be no day: "no", "maybe" or "label".

    "Phase 2 - March 2019" is March, "Phase 2 March 2019" may be, and so may "2. March 2019".
    """
    between = match.string[match.end(f"{prefix}_d") : match.start(f"{prefix}_m")]
    if re.search(r"[a-z]", between):  # 2nd, of
        return "no"
    apart = re.search(r"\s-|-\s|[.,]\s", between)
    label = LABEL.search(match.string, 0, match.start())
    if label and (apart or label[1] not in _TAKES_A_DATE):
        return "label" if apart else "maybe"
    loose = apart and "," not in between and int(match[f"{prefix}_d"]) <= 12
    return "maybe" if loose else "no"


def _dmony(match: re.Match[str]) -> Moment | int:
    year, month = match["dn_y"] or match["dn_yy"], cal.month_number(match["dn_m"])
    label = _labelled(match, "dn")
    if label == "label":
        return match.end("dn_d")
    whole = cal.full_year(year)
    if label == "maybe" and whole:
        why = f"whether the {match['dn_d']} before {match['dn_m']!r} is a day"
        return _supposed(Kind.MONTH, match, cal.month_span(whole, month), why)
    return _day(match, year, month, int(match["dn_d"]), numeric=False)


def _mondy(match: re.Match[str]) -> Moment:
    return _day(
        match, match["md_y"], cal.month_number(match["md_m"]), int(match["md_d"]), numeric=False
    )


def _financial_start(written: str) -> int | None:
    """The year in which a written financial year starts, or None if its halves do not follow."""
    first, second = re.findall(r"\d+", written)
    if len(first) == 2:
        first = "20" + first
    if int(second) % 100 != (int(first) + 1) % 100 or (
        len(second) == 4 and int(second) != int(first) + 1
    ):
        return None
    return int(first)


def _dmonfy(match: re.Match[str]) -> Moment:
    month, day = cal.month_number(match["df_m"]), int(match["df_d"])
    starts = _financial_start(match["df_y"])
    meant = cal.clamped(cal.year_in_financial_year(starts, month), month, day) if starts else None
    span = (meant, meant) if meant else None
    return _supposed(Kind.EXACT, match, span, f"the year of {match.group().strip()!r}")


def _monfy(match: re.Match[str]) -> Moment:
    month = cal.month_number(match["mf_m"])
    starts = _financial_start(match["mf_y"])
    span = cal.month_span(cal.year_in_financial_year(starts, month), month) if starts else None
    return _supposed(Kind.MONTH, match, span, f"the year of {match.group().strip()!r}")


def _mony(match: re.Match[str]) -> Moment:
    month, year = cal.month_number(match["mn_m"]), match["mn_y"]
    whole = cal.full_year(year)
    if whole is None:
        meant = _mistyped_year(year, month, 31)
        return _impossible(match, meant, f"no plan has the year {year}")
    return _sure(Kind.MONTH, match, cal.month_span(whole, month))


def _monyy(match: re.Match[str]) -> Moment:
    month, whole = cal.month_number(match["mm_m"]), cal.full_year(match["mm_y"])
    if whole is None:
        return _supposed(Kind.MONTH, match, None, f"the century of {match.group().strip()!r}")
    moment = _sure(Kind.MONTH, match, cal.month_span(whole, month))
    moment.short_year = not match["mm_q"]
    return moment


def _ymon(match: re.Match[str]) -> Moment:
    return _sure(
        Kind.MONTH, match, cal.month_span(int(match["ym_y"]), cal.month_number(match["ym_m"]))
    )


def _yearless(match: re.Match[str], month: int, day: int = 0) -> Moment:
    start, end = match.span()
    if day and (day > 31 or cal.make_date(2000, month, day) is None):
        moment = _impossible(match, None, f"the calendar has no {match.group().strip()}")
        if day <= 31:
            moment.month, moment.day = month, cal.last_day(2000, month).day
        return moment
    return Moment(Kind.PARTIAL, start, end, sure=False, why="it has no year", month=month, day=day)


def _dmon(match: re.Match[str]) -> Moment | int:
    label = _labelled(match, "dx")
    if label == "label":
        return match.end("dx_d")
    day = 0 if label == "maybe" else int(match["dx_d"])
    return _yearless(match, cal.month_number(match["dx_m"]), day)


def _mond(match: re.Match[str]) -> Moment:
    return _yearless(match, cal.month_number(match["mx_m"]), int(match["mx_d"]))


def _mononly(match: re.Match[str]) -> Moment | None:
    word = match.group()
    if word in ("may", "march", "mar", "sep") and not _stands_as_month(match):
        return None
    return _yearless(match, cal.month_number(word))


def _stands_as_month(match: re.Match[str]) -> bool:
    """Whether "may" or "march" is the month here, not the verb."""
    text = match.string
    before = text[: match.start()].rstrip()
    after = text[match.end() :].lstrip()
    if re.search(
        r"(?:^|\b(?:by|in|of|end|mid|early|late|from|until|to|and|since|during|before|after|for|next|last|this|every|each)"
        r"|[-/,;&(:])$",
        before,
    ) and not re.match(r"(?:be|have|need|also|not|take|require|include|change)\b", after):
        return True
    return not after or bool(
        re.match(r"[-/,;&)(.]|(?:cabinet|council|committee|board|meeting|to|and|cycle)\b", after)
    )


def _year_of_quarter(match: re.Match[str], prefix: str) -> tuple[int | None, bool, str]:
    """(year the financial year starts, certain, what was supposed)"""
    groups = match.groupdict()
    financial = groups.get(f"{prefix}_fy")
    if financial:
        starts = _financial_start(financial)
        return starts, starts is not None, f"the year of {match.group().strip()!r}"
    short = groups.get(f"{prefix}_y") or groups.get(f"{prefix}_yy")
    if not short:
        return None, False, "it has no year"
    why = (
        f"that {match.group().strip()!r} counts from April (a calendar year would start in January)"
    )
    whole = cal.full_year(short)
    if whole is not None and groups.get(f"{prefix}_f"):
        # "Q2 FY22": FY22 is by habit the year that *ends* in 2022.
        return whole - 1, False, f"which year {match.group().strip()!r} means"
    return whole, False, why


def _quarter(match: re.Match[str]) -> Moment:
    written = match["q_n"] or match["q_n3"] or match["q_w"]
    first = _QUARTER_WORDS.get(written) or int(written)
    return _quarters(match, first, int(match["q_n2"] or first), "q")


def _yquarter(match: re.Match[str]) -> Moment:
    number = int(match["yq_n"]) if match["yq_n"] else _QUARTER_WORDS[match["yq_w"]]
    return _quarters(match, number, number, "yq")


def _quarters(match: re.Match[str], first: int, last: int, prefix: str) -> Moment:
    starts, certain, why = _year_of_quarter(match, prefix)
    if last < first:
        return _impossible(match, None, "its quarters run backwards")
    kind = Kind.QUARTER if first == last else Kind.RANGE
    if starts is None:
        moment = _supposed(kind, match, None, why)
        moment.quarter = last
        return moment
    span = (cal.quarter_span(starts, first)[0], cal.quarter_span(starts, last)[1])
    return _sure(kind, match, span) if certain else _supposed(kind, match, span, why)


def _half(match: re.Match[str]) -> Moment | None:
    half = int(match["h_n"]) if match["h_n"] else {"first": 1, "1st": 1}.get(match["h_w"], 2)
    why = f"what {match.group().strip()!r} ends on"
    if match["h_fy"]:
        starts = _financial_start(match["h_fy"])
        span = cal.half_span(starts, half) if starts else None
    elif match["h_y"]:
        year = int(match["h_y"])
        span = (
            (date(year, 1, 1), date(year, 6, 30))
            if half == 1
            else (date(year, 7, 1), date(year, 12, 31))
        )
    else:
        span, why = None, "it has no year"
    return _supposed(Kind.SEASON, match, span, why)


# When half of a school term ends, more or less: it is only ever a suggestion.
_HALF_TERM = {"autumn": (10, 31), "spring": (2, 20), "summer": (5, 31)}
_TERM_END = {"autumn": (12, 31), "winter": (12, 31), "spring": (4, 15), "summer": (7, 31)}


def _season(match: re.Match[str]) -> Moment:
    last = match["s_2"] or match["s_1"]
    why = f"which day {match.group().strip()!r} ends on"
    if match["s_fy"]:
        starts = _financial_start(match["s_fy"])
        year = None if starts is None else starts + (last == "spring")
    elif match["s_y"] or match["s_yy"]:
        year = cal.full_year(match["s_y"] or match["s_yy"])
    else:
        year = None
    if year is None:
        moment = _supposed(Kind.SEASON, match, None, "a season is no date, and it has no year")
        moment.season = last
        return moment
    first_day, last_day = cal.season_span(last, year)
    half = match["s_ht"] or match["s_n"] == "1"
    if half and last in _HALF_TERM:
        first_day = last_day = date(year, *_HALF_TERM[last])
    elif match["s_t"] or match["s_n"]:
        last_day = date(year, *_TERM_END.get(last, (last_day.month, last_day.day)))
    return _supposed(Kind.SEASON, match, (min(first_day, last_day), last_day), why)


def _holiday(match: re.Match[str]) -> Moment | None:
    if match["hol"] == "new year" and not match["hol_y"]:
        return None
    why = f"which day {match.group().strip()!r} means"
    if not match["hol_y"]:
        moment = _supposed(Kind.SEASON, match, None, "it has no year")
        if match["hol"] in ("christmas", "xmas"):
            moment.season = "christmas"
        else:
            moment.season = "easter"
        return moment
    year = int(match["hol_y"])
    if match["hol"] == "easter":
        return _supposed(Kind.SEASON, match, None, why)
    day = date(year, 12, 25) if match["hol"] in ("christmas", "xmas") else date(year, 1, 1)
    return _supposed(Kind.SEASON, match, (day, day), why)


def _fy(match: re.Match[str]) -> Moment | None:
    word = (match["fy_w"] or "").split(" ")[0]
    first, second = re.findall(r"\d+", match["fy_y"])
    starts = _financial_start(match["fy_y"])
    if starts is None:
        return _span_of_years(match, first, second)
    if not cal.FIRST_YEAR <= starts < cal.LAST_YEAR:
        return None
    span = cal.financial_year_span(starts)
    if word in ("municipal", "council", "civic"):
        span = (date(starts, 5, 1), date(starts + 1, 5, 31))
        return _supposed(Kind.YEAR, match, span, "when that year ends")
    if word in ("academic", "school", "ay"):
        span = (date(starts, 9, 1), date(starts + 1, 8, 31))
        return _supposed(Kind.YEAR, match, span, "when that year ends")
    spaced = re.search(r"\d\s|\s\d|to", match["fy_y"]) and len(second) == 4
    financial = word in ("fy", "f/y", "financial", "fiscal", "tax", "accounting")
    if len(second) == 4 and not financial and ("/" not in match["fy_y"] or spaced):
        # "2018 - 2019": a financial year, or two calendar years.
        return _supposed(Kind.YEAR, match, span, "that it is one financial year")
    return _sure(Kind.YEAR, match, span)


def _span_of_years(match: re.Match[str], first: str, second: str) -> Moment:
    last = int(second) if len(second) == 4 else int(first[:2] + second)
    if last < int(first):
        if len(second) == 2 and "-" in match.group() and 1 <= int(second) <= 12:
            return _sure(Kind.MONTH, match, cal.month_span(int(first), int(second)))
        if len(second) == 2 and "/" in match.group() and 1 <= int(second) <= 12:
            span = cal.month_span(int(first), int(second))
            return _supposed(Kind.MONTH, match, span, "that it is a year and a month")
        return _impossible(match, None, "its years run backwards")
    if last == int(first):
        return _supposed(Kind.YEAR, match, (date(last, 1, 1), date(last, 12, 31)), "what it spans")
    span = (
        (date(int(first), 1, 1), date(last, 12, 31))
        if len(second) == 4
        else (date(int(first), 4, 1), date(last, 3, 31))
    )
    return _supposed(Kind.RANGE, match, span, "whether its years are financial or calendar years")


def _fyone(match: re.Match[str]) -> Moment:
    """ "2007/8": the financial year, or else August 2007."""
    first, second = int(match["f1_1"]), int(match["f1_2"])
    if second == (first + 1) % 10:
        return _supposed(
            Kind.YEAR, match, cal.financial_year_span(first), "that it is a financial year"
        )
    return _supposed(
        Kind.MONTH, match, cal.month_span(first, second), "that it is a year and a month"
    )


def _years(match: re.Match[str]) -> Moment:
    return _span_of_years(match, match["ys_1"], match["ys_2"])


def _fyshort(match: re.Match[str]) -> Moment | None:
    named = bool(match["fs_w"])
    first, second = (match["fs_1"], match["fs_2"]) if named else (match["fs_3"], match["fs_4"])
    academic = named and match["fs_w"].startswith("ay")
    if academic:  # AY22/23, AY 2023
        starts = cal.full_year(first) if second else None
        span = (date(starts, 9, 1), date(starts + 1, 8, 31)) if starts else None
        return _supposed(Kind.YEAR, match, span, "when that year ends")
    if second is None:  # FY18, FY 2018
        ends = cal.full_year(first)
        if ends is None:
            return None
        span = cal.financial_year_span(ends - 1)
        return _supposed(Kind.YEAR, match, span, f"which year {match.group().strip()!r} means")
    return _two_numbers(match, int(first) % 100, int(second), financial=named)


def _two_numbers(match: re.Match[str], one: int, two: int, *, financial: bool = False) -> Moment:
    """ "12/16" (a month), "17/03" (a day), "17/18" (a financial year), or "05/06" (who knows)."""
    written = match.group().strip()
    follows = two == (one + 1) % 100
    if financial or one > 12:
        if follows and one < 50:
            return _sure(Kind.YEAR, match, cal.financial_year_span(2000 + one))
        if not financial and one <= 31 and 1 <= two <= 12:
            return _yearless(match, two, one)
        return _impossible(match, None, f"{written} is neither a date nor a year")
    if one == 0 or two == 0:
        return _impossible(match, None, f"{written} is no date")
    whole = cal.full_year(f"{two:02}")
    if two > 12 and not follows and whole is not None:
        moment = _sure(Kind.MONTH, match, cal.month_span(whole, one))
        moment.short_year = 27 < two < 32  # "12/31": December 2031, or a day the American way
        return moment
    reading = "a month and a year, a day and a month, or a financial year"
    if two > 12:
        reading = "a month and a year or a financial year"
    return _supposed(Kind.PARTIAL, match, None, f"{written} may be {reading}")


def _my(match: re.Match[str]) -> Moment:
    month, year = int(match["my_m"]), int(match["my_y"])
    if not 1 <= month <= 12:
        return _impossible(match, None, f"there is no month {month}")
    return _sure(Kind.MONTH, match, cal.month_span(year, month))


def _yearonly(match: re.Match[str]) -> Moment:
    year = int(match["yo_y"])
    return _sure(Kind.YEAR, match, (date(year, 1, 1), date(year, 12, 31)))


def _dayonly(match: re.Match[str]) -> Moment | None:
    start, end = match.span()
    if LABEL.search(match.string, 0, start):
        return None
    return Moment(
        Kind.PARTIAL, start, end, sure=False, why="it has no month", day=int(match["do1_d"])
    )


def _dmonly(match: re.Match[str]) -> Moment:
    first, second = match["xm_d"], match["xm_m"]
    if 12 >= int(second) > 0 and (len(second) == 1 or int(first) > 12):
        return _yearless(match, int(second), int(first))  # 14/8; 3/4 is in no year's style
    return _two_numbers(match, int(first), int(second))


_BUILD: dict[str, _Builder] = {
    "iso": _numeric("iso"), "isobasic": _numeric("ib"), "fused": _numeric("fu"), "dmy": _numeric("dm"),
    "spaced": _numeric("sp"), "lost": _lost, "doubled": _doubled, "dmonfy": _dmonfy, "dmony": _dmony, "mondy": _mondy,
    "monfy": _monfy, "mony": _mony, "monyy": _monyy, "ymon": _ymon, "dmon": _dmon, "mond": _mond,
    "quarter": _quarter, "yquarter": _yquarter, "half": _half, "season": _season, "holiday": _holiday,
    "fy": _fy, "fyshort": _fyshort, "fyone": _fyone, "years": _years, "my": _my, "yearonly": _yearonly,
    "mononly": _mononly, "dayonly": _dayonly, "dmonly": _dmonly,
}  # fmt: skip
