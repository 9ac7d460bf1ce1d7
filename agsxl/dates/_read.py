"""Reading a timescale: what the words around its date expressions make of them.

The rule behind every line here: a date is ``certain`` only where nothing had to be supposed.
Whatever is not recognised (a stray number, "after", "if", a second date) makes a date *less*
certain, never more. Wrong in silence is the worst result there is.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from unicodedata import normalize

from agsxl.dates import _calendar as cal
from agsxl.dates._scan import LABEL, Moment, scan
from agsxl.dates._scan import MONTH as _MON
from agsxl.dates._target import Kind, Target
from agsxl.dates._words import (
    ADDRESS,
    COUNT_WORDS,
    FILLER,
    TIME,
    TIME_MARKS,
    YEAR_WORDS,
    links,
    words,
)

# Excel's day numbers: 1 is 1 January 1900, and 60 the 29 February that never was.
_EXCEL_ZERO = date(1899, 12, 30)
_SERIALS = range(32_874, 73_051)  # 1990 to 2099: outside, a bare number is no day number

_TRANSLATE = str.maketrans(
    {"–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "−": "-", "\u00a0": " ", "\u202f": " ",
     "\u2009": " ", "’": "'", "‘": "'", "`": "'", "´": "'", "\n": " ", "\r": " ", "\t": " ",
     "\u200b": " ", "\ufeff": " ", "“": '"', "”": '"', "⁄": "/", "\\": "/", "_": " "}
)  # fmt: skip

_PLAIN = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)")


def read_target(text_or_cell: object, *, reference: date | None = None) -> Target:
    """Read what somebody typed into a timescale or target date cell.

    >>> read_target("w/c 15 May 17").latest
    datetime.date(2017, 5, 19)
    >>> read_target("31/11/17")
    Target(kind=<Kind.IMPOSSIBLE: 'impossible'>, earliest=None, latest=None, certain=False, \
suggestion=datetime.date(2017, 11, 30), note='the calendar has no 31/11/17', raw='31/11/17')
    >>> read_target("June Cabinet", reference=date(2017, 9, 30)).suggestion
    datetime.date(2017, 6, 30)

    ``text_or_cell`` is what the cell holds: text, a date, a number, None, or a formula (its cached
    value is read). ``reference`` is a day that the plan is about; it only fills ``suggestion`` and
    settles two-digit years after a month ("Dec 15"), it never makes a phrase without a year
    certain. Days are calendar days; a month, quarter, year or range is due on its last day.

    Raises nothing for any text: what cannot be read is of kind ``unreadable``. The kinds, and what
    each gives, are those of the project's contract; dates are read as the United Kingdom writes
    them, day first, with financial years from April.
    """
    cached = getattr(text_or_cell, "cached", text_or_cell)
    if cached is None:
        return _BLANK
    if isinstance(cached, str):
        return _read_text(cached, reference)
    if isinstance(cached, bool):
        return _unreadable(str(cached).upper(), "it is no date")
    if isinstance(cached, datetime):
        return _from_date(cached.date())
    if isinstance(cached, date):
        return _from_date(cached)
    if isinstance(cached, int | float):
        return _from_number(cached, reference)
    return _unreadable(str(cached), "it is no date")


_BLANK = Target(Kind.BLANK)


def _unreadable(raw: str, note: str, suggestion: date | None = None) -> Target:
    return Target(Kind.UNREADABLE, None, None, False, suggestion, note, raw)


@lru_cache(maxsize=16_384)
def _from_date(day: date) -> Target:
    raw = f"{day.day:02}/{day.month:02}/{day.year:04}"
    serial = (day - _EXCEL_ZERO).days
    if 1990 <= serial <= cal.LAST_YEAR:
        # "2017" typed into a cell formatted as a date shows as 9 July 1905.
        note = f"the year {serial} seems to have been typed into a cell formatted as a date"
        return _unreadable(raw, note, date(serial, 12, 31))
    if day.year < cal.FIRST_YEAR or serial <= 0 or day.year > cal.LAST_YEAR:
        return Target(Kind.IMPOSSIBLE, certain=False, note="no plan has that year", raw=raw)
    return Target(Kind.EXACT, day, day, raw=raw)


def _from_number(number: float, reference: date | None) -> Target:
    if not abs(number) < 1e9 or number != int(number):  # also what is no number: NaN
        return _unreadable(f"{number:.12g}", "a bare number is no date")
    whole = int(number)
    raw = str(whole)
    if whole in _SERIALS:
        meant = _EXCEL_ZERO + timedelta(days=whole)
        note = "a bare number; Excel counts days like this, and the cell is not formatted as a date"
        return _unreadable(raw, note, meant)
    if len(raw) in (4, 6, 8):
        return _read_text(raw, reference)  # 2018, 20180331
    return _unreadable(raw, "a bare number is no date")


@lru_cache(maxsize=65_536)
def _read_text(written: str, reference: date | None) -> Target:
    raw = written.strip()
    plain = _PLAIN.fullmatch(raw)
    if plain:  # 30/04/17: nine cells in ten
        day, year = cal.make_date, cal.full_year(plain[4])
        found = day(year, int(plain[3]), int(plain[1])) if year else None
        if found:
            return Target(Kind.EXACT, found, found, raw=raw)
    text = raw[: _LONGEST + 1]
    if not text.isascii():
        text = normalize("NFKC", text)  # "31ˢᵗ" is 31st
    text = text.translate(_TRANSLATE)
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter that grows when lowered would shift the words
        lowered = text = lowered.encode("ascii", "replace").decode()
    phrase = _Phrase(text, lowered, reference)
    target = phrase.read()
    if len(raw) > _LONGEST and target.latest:
        target = phrase.uncertain(target, "the text is too long to be only a date")
    return replace(target, raw=raw)


# Longer than any timescale: what is read from the beginning of such a text is never certain.
_LONGEST = 500

_UNSAID = "it recurs; whether it starts or ends on its date is not said"


class _Phrase:
    """One timescale being read: its text, the moments in it, and the words between them."""

    def __init__(self, text: str, lowered: str, reference: date | None) -> None:
        self.text = text
        self.reference = reference
        self.lowered = re.sub(r"<[^<>]*>", _blanks, lowered) if "</" in lowered else lowered
        if "@" in lowered or "/" in lowered or "www" in lowered:
            self.lowered = ADDRESS.sub(_blanks, self.lowered)
        if any(map(lowered.__contains__, TIME_MARKS)):
            self.lowered = TIME.sub(_blanks, self.lowered)

    def read(self) -> Target:
        text = self.lowered.strip()
        if not text or words("dashes").fullmatch(text):
            return _BLANK
        if text.isdigit() and len(text) == 5:
            return _from_number(int(text), self.reference)
        self.moments: list[Moment] = []
        misspelt = self._mend_month()
        self.moments = self.moments or scan(self.lowered)
        if not self.moments:
            return self._without_moments(text)
        target = self._with_moments()
        if misspelt:
            return self.uncertain(target, f"reads {misspelt}")
        return target

    # -- no date expression in it --------------------------------------------------------------

    def _without_moments(self, text: str) -> Target:
        if words("tbc").search(text):
            return Target(Kind.TBC)
        relative = words("relative").search(text)
        partial = words("partial").search(text)
        if partial and not relative and not words("ongoing").search(text):
            return self._partial(partial)
        if words("ongoing").search(text):
            return Target(Kind.ONGOING)
        if relative:
            return Target(Kind.EVENT, suggestion=self._from_now(relative), note="it names no date")
        if words("status").search(text):
            return _unreadable("", "it says how far the work is, not when it is due")
        if words("event").search(text):
            soon = re.fullmatch(
                r"(?:with )?immediate(?:ly)?(?: effect)?|now|today|asap|urgent(?:ly)?|straight ?away|forthwith",
                text.strip(" ."),
            )
            return Target(Kind.EVENT, suggestion=self.reference if soon else None)
        return _unreadable("", "no date in it")

    def _partial(self, match: re.Match[str]) -> Target:
        """A phrase that says which part of the calendar, but not of which year."""
        meant: date | None = None
        here = self.reference
        what = match["p_what"] or match["p_unit"] or ""
        if here is not None:
            step = {"next": 1, "coming": 1, "following": 1, "last": -1, "previous": -1}.get(
                match["p_rel"] or "", 0
            )
            if "month" in (match["p_ye"] or what):
                moved = cal.plus_months(here.replace(day=1), step)
                meant = cal.last_day(moved.year, moved.month)
            elif what == "calendar year":
                meant = date(here.year + step, 12, 31)
            elif what in ("financial year", "fiscal year", "fy") or match["p_ye"]:
                meant = date(here.year + step + (here.month > 3), 3, 31)
            elif what == "year" and not match["p_end"]:
                meant = date(here.year + step, 12, 31)
            elif what == "quarter":
                moved = cal.plus_months(here.replace(day=1), 3 * step + 2 - (here.month - 1) % 3)
                meant = cal.last_day(moved.year, moved.month)
            elif what == "week":
                meant = here + timedelta(days=4 - here.weekday() + 7 * step)
        return Target(
            Kind.PARTIAL, None, None, False, meant, "it does not say of which year or month"
        )

    def _from_now(self, relative: re.Match[str]) -> date | None:
        if self.reference is None or relative["link"].strip() not in ("", "later"):
            return None
        return self._shifted(self.reference, relative, 1)

    @staticmethod
    def _shifted(anchor: date, relative: re.Match[str], sign: int) -> date | None:
        written = relative["n2"] or relative["n"]
        count = COUNT_WORDS.get(written)
        if count is None:
            if "." in written or int(written) > 600:
                return None
            count = int(written)
        unit = relative["unit"]
        if "working" in unit or unit in ("hour", "hr") or unit.endswith("term"):
            return None
        if unit.endswith(("month", "mth")):
            return cal.plus_months(anchor, sign * count)
        if unit.endswith(("year", "yr")):
            return cal.plus_months(anchor, sign * 12 * count)
        days = count * (7 if unit.endswith(("week", "wk")) else 1)
        return anchor + timedelta(days=sign * days)

    def _mend_month(self) -> str:
        """Read a misspelt month ("Febuary 2018"), and say so. The result is never certain."""
        for match in re.finditer(r"(?<![a-z])[a-z]{4,10}(?![a-z])", self.lowered):
            around = self.lowered[max(0, match.start() - 4) : match.start()]
            after = self.lowered[match.end() : match.end() + 6]
            if not re.match(r"[\s.,/'-]*\d\d", after) and not re.search(
                r"\d(?:st|nd|rd|th)?[\s./-]*$", around
            ):
                continue
            meant = _misspelt_month(match.group())
            if not meant:
                continue
            # The word is swapped in for scanning only; the text itself stays as written.
            name = meant[:3].ljust(len(match.group()))
            mended = self.lowered[: match.start()] + name + self.lowered[match.end() :]
            self.moments = scan(mended)
            if self.moments:
                self.lowered = mended
                return f"{match.group()!r} as {meant.capitalize()}"
        return ""

    # -- with date expressions -----------------------------------------------------------------

    def _with_moments(self) -> Target:
        if len(self.moments) == 1 and not (self._gap(0) + self._gap(1)).strip():
            self._settle()  # "Q2 2021/22" and nothing else: no word can make it another thing
            return self._resolve(self.moments[0])
        self._drop_reckoning()
        relative = words("relative").search(self._words())
        if relative and (relative["many"] or relative["link"].strip()):
            return self._relative(relative)
        cadence = words("ongoing").search(self._words())
        if cadence is None and all(m.yearless for m in self.moments):
            cadence = re.search(
                r"\bannual\b(?!\s+(?:council|meeting|general|parish|town))", self.lowered
            )
        if cadence:
            return self._ongoing(cadence)
        tbc = words("tbc").search(self._words())
        self._settle()
        if (
            tbc
            and re.match(r"a\.?s\.?a\.?p|as soon|soon", tbc.group())
            and re.search(r"\b(?:by|later than|latest)\b", self._gap(0))
        ):
            tbc = None  # "as soon as possible, and no later than 31 July 2021"
        if tbc and tbc.start() < self.moments[0].start:
            between = self.lowered[tbc.end() : self.moments[0].start]
            if not re.fullmatch(r"\W*(?:(?:expected|by|in|but|and|date|before)\s+)*", between):
                return Target(Kind.TBC, note=self._rest())  # "TBC following May 2021 elections"
        target = self._single(0) if len(self.moments) == 1 else self._several()
        if tbc:
            return self.uncertain(target, "it is still to be confirmed")
        return target

    def _drop_reckoning(self) -> None:
        """ "November 2017 (one year on from inspection)": a date, and how it was reckoned."""
        moment = self.moments[0]
        found = links("reckoning").fullmatch(self.lowered, moment.end)
        if len(self.moments) == 1 and moment.sure and found:
            self.lowered = self.lowered[: moment.end] + _blanks(found)

    def _words(self) -> str:
        """The phrase with its moments blanked out, so that word patterns see only words."""
        text = self.lowered
        for moment in self.moments:
            text = text[: moment.start] + "\x00" * (moment.end - moment.start) + text[moment.end :]
        return text

    def _gap(self, index: int) -> str:
        """The words before moment ``index`` (after the last one: those at the end)."""
        start = self.moments[index - 1].end if index else 0
        end = self.moments[index].start if index < len(self.moments) else len(self.lowered)
        return self.lowered[start:end]

    def _relative(self, relative: re.Match[str]) -> Target:
        """ "Within three months of 31 March 2018": an event, the date only worked out."""
        self._settle()
        meant = None
        link = relative["link"].strip()
        sure = [m for m in self.moments if m.sure and m.last]
        anchored = bool(link) and self.moments[0].start >= relative.end()
        if len(self.moments) == 1 and sure:
            if anchored and sure[0].last:
                sign = -1 if link in ("before", "prior", "pre") else 1
                meant = self._shifted(sure[0].last, relative, sign)
            else:
                meant = sure[0].last
        if anchored:
            return Target(Kind.EVENT, suggestion=meant, note="worked out from another date")
        whole = self._single(0) if len(self.moments) == 1 else self._several()
        return self.uncertain(whole, "it also names a length of time", meant or whole.suggestion)

    def _ongoing(self, cadence: re.Match[str]) -> Target:
        """A cadence with a date: its start, a date to be met first, or nothing that is certain."""
        self._settle()
        if len(self.moments) == 2 and self._range_between(0, 1):
            return Target(Kind.ONGOING, note="it recurs within the dates it names")
        if len(self.moments) > 1:
            return Target(Kind.ONGOING, note="it recurs; which of its dates counts is not said")
        moment = self.moments[0]
        before, after = self._gap(0), self._gap(1)
        if moment.span is None or not moment.sure:
            return Target(Kind.ONGOING, note="it recurs")
        if any(words("approx").search(w) or words("old").search(w) for w in (before, after)):
            return Target(Kind.ONGOING, suggestion=moment.last, note="it recurs")
        first, last = moment.span
        if cadence.start() >= moment.end:  # "31/10/16 then ongoing", "Sept 2014 - Ongoing"
            between = self.lowered[moment.end : cadence.start()]
            if cadence.group().startswith("onward") or re.search(r"-|\bto\b", between):
                return Target(Kind.ONGOING, first)
            if words("start").search(before) or re.search(
                r"\b(?:started|commenced|began)\b", before
            ):
                return Target(Kind.ONGOING, first)
            if (
                re.search(r"\b(?:then|and|followed by|with)\b|&|,|;", between)
                or cadence.group() == "thereafter"
            ):
                return Target(Kind.ONGOING, None, last)
            if re.search(r"\b(?:annual|year|month|quarter|week|dail)", cadence.group()):
                return Target(Kind.ONGOING, note="it recurs")
            return Target(Kind.ONGOING, suggestion=last, note=_UNSAID)
        if words("start").search(before):
            return Target(Kind.ONGOING, first)
        if re.search(
            r"\b(?:until|till|til|up to|to|through|ending|ends|end)\s*(?:the\s+|end of\s+|end\s+)*$",
            before,
        ):
            return Target(Kind.ONGOING, None, last)
        if re.search(r"\b(?:first|next|initial\w*|beginning)\b", before):
            return Target(Kind.ONGOING, None, last)
        if after.strip(" ).]") or re.search(r"review|report", before):
            return Target(Kind.ONGOING, note="it recurs")
        return Target(Kind.ONGOING, suggestion=last, note=_UNSAID)

    # -- settling what the moments lend one another --------------------------------------------

    def _settle(self) -> None:
        """Fill in what a moment leaves to its neighbour, and drop what only repeats another."""
        self._join_years()
        for index in range(len(self.moments) - 2, -1, -1):
            self._borrow(self.moments[index], self.moments[index + 1], self._gap(index + 1))
        for moment in self.moments:
            if moment.short_year and moment.first:
                self._settle_short_year(moment)
        self._drop_repeats()

    def _join_years(self) -> None:
        """ "June Cabinet 2018", "March (2018)": a year that stands a little apart."""
        index = 0
        while index < len(self.moments) - 1:
            one, two = self.moments[index], self.moments[index + 1]
            gap = self._gap(index + 1)
            if (
                two.kind is Kind.YEAR
                and two.sure
                and two.first
                and two.first.month == 1
                and one.yearless
                and one.month
                and links("year").fullmatch(gap)
                and one.kind is Kind.PARTIAL
            ):
                named = re.search(r"[a-z]", self.lowered[one.start : one.end])
                self._give_year(one, two.first.year, sure=named is not None)
                one.why = "it lacks a separator"
                self.moments[index + 1 : index + 2] = []
                one.end = two.end
            else:
                index += 1

    @staticmethod
    def _give_year(moment: Moment, year: int, *, sure: bool) -> None:
        if moment.day:
            day = cal.make_date(year, moment.month, moment.day)
            if day is None:
                moment.kind, moment.sure = Kind.IMPOSSIBLE, False
                moment.first = moment.last = cal.clamped(year, moment.month, moment.day)
                moment.why = "the calendar has no such day"
                return
            moment.kind, moment.first, moment.last = Kind.EXACT, day, day
        else:
            moment.kind = Kind.MONTH
            moment.first, moment.last = cal.month_span(year, moment.month)
        moment.sure = sure

    def _borrow(self, one: Moment, two: Moment, gap: str) -> None:
        """Give the "28th" of "28th - 31st March 2017" its month, the "Feb" of "Feb & Oct 2019" its year."""
        if not one.yearless or not (links("range").fullmatch(gap) or links("list").fullmatch(gap)):
            return
        if one.day and not one.month:
            one.month = two.month or (two.last.month if two.last and two.kind is Kind.EXACT else 0)
        if not one.month or two.last is None or two.kind not in (Kind.EXACT, Kind.MONTH):
            return
        year = two.last.year
        if (one.month, one.day) > (two.last.month, two.last.day if one.day else 99):
            year -= 1  # "December - February 2020": the year before, but that is supposed
        self._give_year(one, year, sure=two.sure and year == two.last.year)
        one.short_year = two.short_year

    def _settle_short_year(self, moment: Moment) -> None:
        if _too_far(moment, self.reference):
            moment.sure = False
            written = self.text[moment.start : moment.end].strip()
            moment.why = f"{written!r} may be a year or a day"

    def _drop_repeats(self) -> None:
        """ "31 March 2018 (Q4 2017/18)" says one thing twice; it is not two targets."""
        exact = [m for m in self.moments if m.sure and m.last]
        if len(self.moments) != 2 or not exact:
            return
        one, two = self.moments
        gap = self._gap(1)
        if links("range").fullmatch(gap) and "(" not in gap and not links("aside").fullmatch(gap):
            return
        if not links("aside").fullmatch(gap):
            return
        for keep, drop in ((one, two), (two, one)):
            if keep not in exact or keep.last is None or keep.kind is not Kind.EXACT:
                continue
            same = drop.sure and drop.last == keep.last
            inside = (
                drop.quarter
                and not drop.span
                and keep.last.month in _months_of_quarter(drop.quarter)
            ) or (
                drop.kind is Kind.YEAR
                and drop.span is not None
                and drop.span[0] <= keep.last <= drop.span[1]
                and drop is two
            )
            if same or inside:
                keep.start, keep.end = one.start, two.end
                self.moments = [keep]
                return
        if one.sure and two.sure and one.last == two.last:
            one.end = two.end
            self.moments = [one]

    # -- one moment ----------------------------------------------------------------------------

    def _single(self, index: int) -> Target:
        moment = self.moments[index]
        before, after = self._gap(index), self._gap(index + 1)
        target = self._resolve(moment)
        doubt = self._doubt(before, after, moment)
        week = self._week(moment, before)
        at_end = moment.kind is not Kind.EXACT and (
            words("end").search(before)
            or re.match(r"\s*\(?(?:financial year|year)?[\s-]?end\)?\s*$", after)
        )
        if week is not None:
            target = week
            before = words("weekend").sub("", words("week").sub("", before))
        elif at_end:
            if target.certain and target.latest:
                target = replace(target, earliest=target.latest)
            before = words("end").sub("", before)
        if (week or at_end) and not doubt:
            doubt = self._doubt(before, after, moment)  # now that "w/c" or "end of" is out
        shifted = self._shifted_by_words(moment, target, before, after, doubt, bool(at_end))
        if shifted is not None:
            return shifted
        if (
            moment.kind in (Kind.EXACT, Kind.MONTH, Kind.QUARTER, Kind.YEAR)
            and not (week or at_end)
            and target.certain
            and words("only until").fullmatch(before)
        ):
            target = replace(target, kind=Kind.RANGE, earliest=None)
        if moment.kind is Kind.YEAR and target.certain and not doubt:
            others = YEAR_WORDS.sub(" ", f"{before} {after}").strip(" -,;:.()[]/*'")
            doubt = f"what {others!r} has to do with the year" if others else ""
        if doubt:
            return self.uncertain(target, doubt)
        if target.certain and not target.note:
            target = replace(target, note=self._rest())
        return target

    def _shifted_by_words(
        self, moment: Moment, target: Target, before: str, after: str, doubt: str, at_end: bool
    ) -> Target | None:
        """What the words before a date make another target of: early, after, from, before, by."""
        vague = words("vague").search(before)
        if vague and not at_end and (moment.kind is not Kind.EXACT or vague["rough"]):
            return self._vague(moment, vague["vague"], target)
        if words("after").search(before):
            return Target(Kind.EVENT, note=self._rest())
        if words("start").search(before):
            sure = target.certain and target.earliest and not doubt
            if sure and not re.search(r"\bby\b", before):
                return Target(Kind.ONGOING, target.earliest, note=self._rest())
            return self.uncertain(target, "it says when it starts, not when it is due")
        if at_end:
            return None  # "before the end of March" is by its end
        if words("before").search(before) and moment.span:
            if moment.kind is Kind.YEAR and re.search(r"[a-z]{4}", after):
                return Target(Kind.EVENT)  # "prior to the 2021 elections"
            first = target.earliest or moment.span[0]
            return self.uncertain(target, "due before it, not on it", first - timedelta(days=1))
        if moment.kind is Kind.YEAR and words("by").search(before):
            return self.uncertain(target, "by its start or by its end is not said")
        return None

    def _resolve(self, moment: Moment) -> Target:
        return _resolved(moment, self.reference)

    def _nearest(self, moment: Moment) -> date | None:
        return _nearest(moment, self.reference)

    def _week(self, moment: Moment, before: str) -> Target | None:
        commencing = words("week").search(before)
        ending = words("weekend").search(before)
        if not (commencing or ending) or moment.kind not in (Kind.EXACT, Kind.PARTIAL):
            return None
        if moment.kind is Kind.PARTIAL and not moment.day:
            return None
        day = moment.last or self._nearest(moment)
        if day is None:
            return self._resolve(moment)
        monday = day - timedelta(days=day.weekday())
        if ending:
            span = (monday, day)
        elif day.weekday() >= 5:  # a week that begins on a Saturday or Sunday: which one?
            friday = monday + timedelta(days=11)
            return Target(Kind.WEEK, None, None, False, friday, "the week begins at a weekend")
        else:
            span = (monday, monday + timedelta(days=4))
        if not moment.sure:
            return Target(moment.kind, None, None, False, span[1], moment.why)
        return Target(Kind.WEEK, *span)

    def _vague(self, moment: Moment, word: str, target: Target) -> Target:
        """ "Mid February 2018", "early 2020": a date is suggested, none is certain."""
        end = moment.last or self._nearest(moment)
        kind = target.kind
        if moment.kind is Kind.YEAR:
            kind = Kind.SEASON
        note = f"which day {word!r} means"
        if end is None:
            return Target(kind, None, None, False, None, note)
        early = word.startswith(("early", "begin", "start", "first", "1st", "earlier"))
        middle = word.startswith(("mid", "second", "2nd", "third", "3rd"))
        if moment.kind is Kind.YEAR and moment.first:
            part = 3 if early else 6 if middle else 12
            moved = cal.plus_months(moment.first, part - 1)
            meant = cal.last_day(moved.year, moved.month)
        elif moment.kind in (Kind.MONTH, Kind.PARTIAL) and not moment.day:
            meant = end.replace(day=10 if early else 15 if middle else end.day)
        else:
            meant = end
        return Target(kind, None, None, False, meant, note)

    def _doubt(self, before: str, after: str, moment: Moment) -> str:
        """Why the words around a date make it less than certain, or ""."""
        if words("old").search(before) or words("not_after").search(after):
            return "it may be a date that no longer holds"
        if (
            words("approx").search(before)
            or words("approx").search(after)
            or words("waiting").search(before)
        ):
            return "it is given as approximate or on a condition"
        if _is_past(before) or words("done_after").search(after):
            return "it may be when the work was done, not when it was due"
        if words("start_after").search(after) or words("starts").search(before):
            return "it may be when the work starts, not when it is due"
        if moment.kind is not Kind.EXACT and words("vague_after").search(after):
            return "which part of it is meant"
        weekday = words("weekday").search(before)
        day = moment.last if moment.kind is Kind.EXACT else None
        if weekday and day and cal.WEEKDAYS.index(weekday["weekday"]) != day.weekday():
            return "that date is another day of the week"
        stray = (
            _stuck(before, after, moment)
            or self._stray_number(before, dayless=moment.kind is not Kind.EXACT)
            or self._stray_number(after, trailing=True)
        )
        return f"what {stray!r} beside it means is not clear" if stray else ""

    @staticmethod
    def _stray_number(text: str, *, trailing: bool = False, dayless: bool = False) -> str:
        """A number in the words that is no label ("Phase 2"), reference, ordinal or percentage."""
        for match in re.finditer(r"\d+(?:\.\d+)*", text):
            before, after = text[: match.start()], text[match.end() :]
            if LABEL.search(before) or re.match(r"\s*%|(?:st|nd|rd|th)\s+[a-z]", after):
                continue
            if before.endswith(("£", "$")) or re.search(r"[a-z]-?$", before):
                continue
            first = not trailing and not before.strip(" ([")
            reference = first and ("." in match.group() or re.match(r"[.)\]]", after))
            if reference and (not dayless or re.search(r"[a-z]{2}|[)\]]", after)):
                continue  # "3.2 31/03/24", "1.4 by June 2024"; but "1.4 June 2024" may be 14 June
            if re.match(
                r"\s+(?!(?:days?|weeks?|months?|years?|and|or|to|until|till|from|between|after|before)\b)[a-z]{4,}",
                after,
            ):
                continue  # "2 sessions by March 2018"
            return match.group()
        return ""

    def uncertain(self, target: Target, why: str, suggestion: date | None = None) -> Target:
        meant = suggestion or target.latest or target.suggestion
        note = f"{why}; {target.note}" if target.note and not target.certain else why
        return Target(target.kind, None, None, False, meant, note)

    def _rest(self) -> str:
        """The words left over once dates and plain prepositions are out, as they were written."""
        text = self.text
        for moment in reversed(self.moments):
            text = text[: moment.start] + " " + text[moment.end :]
        left = " ".join(text.split()).strip(" -,;:.()[]/*'\"")
        return left if FILLER.sub("", left.lower()).strip(" -,;:.()[]/&*'\"") else ""

    # -- several moments -----------------------------------------------------------------------

    def _range_between(self, one: int, two: int) -> re.Match[str] | None:
        gap, before = self._gap(two), self._gap(one)
        found = links("range").fullmatch(gap)
        if found is None and re.search(
            r"\bbetween\s*(?:the\s+)?(?:[a-z]{3,6}day,?\s+)?(?:the\s+)?$", before
        ):
            found = links("and").fullmatch(gap)
        if found is None and words("start").search(before):
            found = re.compile(
                r"[\s,;/&-]*(?:and\s+)?(?:to\s+)?(?:be\s+)?(?:finish\w*|complet\w+|end\w*)(?:\s+(?:by|in|on|date))*[\s:]*(?P<link_end>end of\s+)?"
            ).fullmatch(gap)
        return found

    def _several(self) -> Target:
        if len(self.moments) == 2:
            link = self._range_between(0, 1)
            if link is not None:
                return self._range(link)
            span = self._adjacent_months()
            if span is not None:
                return span
        if len(self.moments) == 3:
            self._drop_months_of_quarter()
        if len(self.moments) == 1:
            return self._single(0)
        return self._multiple()

    def _drop_months_of_quarter(self) -> None:
        """ "Q4 (Jan-Mar 2024)": the months settle which quarter it is, where the two agree."""
        quarter, one, two = self.moments
        link = links("range").fullmatch(self._gap(2))
        if link is None or link["link_end"] or not re.fullmatch(r"\s*[(:-]\s*", self._gap(1)):
            return
        if not (one.sure and two.sure and one.kind is two.kind is Kind.MONTH):
            return
        first, last = one.first, two.last
        number = _quarter_number(self.lowered[quarter.start : quarter.end])
        if first is None or last is None or not number:
            return
        financial = (
            cal.quarter_span(first.year - (number == 4), number),
            *([] if quarter.sure else [_calendar_quarter(first.year, number)]),
        )
        stated = quarter.first is None or quarter.span == (first, last) or not quarter.sure
        years = re.findall(r"(?:19|20)\d\d", self.lowered[quarter.start : quarter.end])
        stated = stated and (not years or str(first.year) in years or quarter.first == first)
        if stated and (first, last) in financial:
            closing = re.match(r"\s*\)", self._gap(3))
            quarter.kind, quarter.first, quarter.last = Kind.QUARTER, first, last
            quarter.sure, quarter.end = True, two.end + (closing.end() if closing else 0)
            self.moments = [quarter]

    def _range(self, link: re.Match[str]) -> Target:
        one, two = self.moments
        before, after = self._gap(0), self._gap(2)
        doubt = self._doubt(before, "", one) or self._doubt(self._gap(1), after, two)
        end_word = (
            link.groupdict().get("link_end") or link.groupdict().get("and_end") or ""
        ).strip()
        if one.span and two.span and one.span[0] > two.span[1]:
            return Target(Kind.IMPOSSIBLE, None, None, False, None, "its dates run backwards")
        if Kind.IMPOSSIBLE in (one.kind, two.kind):
            wrong = one if one.kind is Kind.IMPOSSIBLE else two
            meant = two.last if two.kind is not Kind.IMPOSSIBLE or two.last else None
            return Target(Kind.IMPOSSIBLE, None, None, False, meant, wrong.why)
        if words("after").search(before):
            return Target(Kind.EVENT, note=self._rest())
        if words("before").search(before):
            doubt = doubt or "due before it, not in it"
        meant = two.last or self._nearest(two)
        if meant and one.last and two.first is None and meant < one.last:
            meant = cal.plus_months(meant, 12)
        both = one.sure and two.sure and one.span and two.span
        vague_end = end_word and "end" not in end_word
        mixed = two.kind is Kind.YEAR and one.kind is not Kind.YEAR
        calendar_years = Kind.YEAR in (one.kind, two.kind) and any(
            m.kind is Kind.YEAR and m.first and m.first.month == 1 for m in (one, two)
        )
        if both and not doubt and not vague_end and not mixed and not calendar_years:
            first = one.first
            if words("vague").search(before):
                first = None
            return Target(Kind.RANGE, first, two.last, note=self._note_of_range())
        if both:
            why = doubt or "which day it ends on"
            return Target(Kind.RANGE, None, None, False, meant, why)
        kind = Kind.RANGE
        if one.kind is Kind.SEASON and two.kind is Kind.SEASON:
            kind = Kind.SEASON
        elif one.kind is Kind.PARTIAL and two.kind is Kind.PARTIAL:
            kind = Kind.PARTIAL
        why = two.why or one.why or "one of its ends is not certain"
        if two.sure and two.span and one.kind is Kind.SEASON and not doubt and not vague_end:
            return Target(Kind.RANGE, None, None, False, meant, one.why)
        return Target(kind, None, None, False, meant, why)

    def _note_of_range(self) -> str:
        rest = self._rest()
        return (
            ""
            if re.fullmatch(r"(?:from|between|to|and|until|through|[\s-])*", rest.lower())
            else rest
        )

    def _adjacent_months(self) -> Target | None:
        """ "June/July 2019": a window of two months that follow each other."""
        one, two = self.moments
        if not links("slash").fullmatch(self._gap(1)):
            return None
        if one.kind is two.kind is Kind.PARTIAL and one.month and not one.day and not two.day:
            return Target(Kind.PARTIAL, None, None, False, self._nearest(two), "it has no year")
        if not (one.kind is two.kind is Kind.MONTH and one.last and two.first):
            return None
        if one.last + timedelta(days=1) != two.first or not (one.sure and two.sure):
            return None
        before, after = self._gap(0), self._gap(2)
        doubt = self._doubt(before, after, two)
        if doubt or words("vague").search(before) or words("after").search(before):
            return None
        if words("before").search(before) or words("start").search(before):
            return None
        return Target(Kind.RANGE, one.first, two.last, note=self._rest())

    def _multiple(self) -> Target:
        dates = []
        kinds = set()
        for index, moment in enumerate(self.moments):
            day = moment.last or self._nearest(moment)
            gap, after = self._gap(index), self._gap(index + 1)
            old = words("old").search(gap) or (
                words("not_after").search(after) and index < len(self.moments) - 1
            )
            vague = words("vague").search(gap) if moment.kind is Kind.YEAR else None
            if vague:  # "Winter 2018 / Early 2019"
                day = self._vague(moment, vague["vague"], self._resolve(moment)).suggestion
                kinds.add(Kind.SEASON)
            else:
                kinds.add(moment.kind)
            if day is not None and not old:
                dates.append(day)
        note = "it names more than one date"
        if kinds == {Kind.SEASON}:
            kind = Kind.SEASON
        elif all(m.kind is Kind.IMPOSSIBLE for m in self.moments):
            kind, note = Kind.IMPOSSIBLE, self.moments[-1].why
        else:
            kind = Kind.MULTIPLE
        return Target(kind, None, None, False, max(dates, default=None), note)


def _is_past(before: str) -> bool:
    """Whether the words before a date tell what was done: "Policy adopted", not "to be adopted by"."""
    if words("due").search(before):
        return False
    found = words("past").search(before)
    return found is not None and not words("to_come").search(before[: found.start()])


def _stuck(before: str, after: str, moment: Moment) -> str:
    """What sticks to a date as if a character of it had been misread: "§1 June", "31/12/20Z3"."""
    before = before[-20:]  # what stands farther off cannot stick to it
    found = re.search(r"[\w§|%$£#!@+^=]$|(?<![a-z]{2})/$", before) or re.match(
        r"[^\W_]+|[|%$£#@^]|/\d", after
    )
    # "l June", "lst June", "S0 June", "l5 May": l, I, O, S, B and Z are 1, 1, 0, 5, 8 and 2
    found = found or re.search(
        r"(?<![\w'])(?!(?:is|so|go|s|b|z|bi|io|ss|os)\s*$)(?=\S*[a-z|!])[lio|!sbz\d]{1,2}(?:st|nd|rd|th)?\s+$",
        before,
    )
    if found is None and moment.first != moment.last and not moment.day:
        found = re.search(r"[a-z]\d\d?\s+$", before)  # "Active3 October"
    return found.group().strip() if found else ""


def _quarter_number(written: str) -> int:
    """The 4 of "q4 2023/24", or 0."""
    found = re.search(r"q\w*\.?\s*([1-4])(?!\d)", written)
    return int(found[1]) if found else 0


def _calendar_quarter(year: int, quarter: int) -> cal.Span:
    return date(year, 3 * quarter - 2, 1), cal.last_day(year, 3 * quarter)


@lru_cache(maxsize=4096)
def _misspelt_month(word: str) -> str:
    """``_misspelt_month("febuary")`` is "february"; "" for a month's own name or any other word."""
    from difflib import get_close_matches

    if re.fullmatch(_MON, word):
        return ""
    close = get_close_matches(word, cal.MONTH_NAMES, n=2, cutoff=0.72)
    return close[0] if close and close[0][0] == word[0] else ""


def _months_of_quarter(quarter: int) -> range:
    first = (4, 7, 10, 1)[quarter - 1]
    return range(first, first + 3)


def _blanks(match: re.Match[str]) -> str:
    return " " * (match.end() - match.start())


def _resolved(moment: Moment, here: date | None) -> Target:
    """A moment as a target, without regard to the words around it."""
    if moment.sure and moment.span:
        return Target(moment.kind, *moment.span)
    meant = moment.last or _nearest(moment, here)
    return Target(moment.kind, None, None, False, meant, moment.why)


def _nearest(moment: Moment, here: date | None) -> date | None:
    """For a moment without a year: the occurrence nearest to the reference."""
    if here is None:
        return None
    if moment.month:
        return cal.nearest_year(here, moment.month, moment.day or None)
    if moment.season == "christmas":
        return cal.nearest_year(here, 12, 25)
    if moment.season and moment.season != "easter":
        end = cal.season_span(moment.season, here.year)[1]
        return cal.nearest_year(here, end.month, None)
    if moment.quarter:
        end = cal.quarter_span(here.year, moment.quarter)[1]
        return cal.nearest_year(here, end.month, None)
    return None


def _too_far(moment: Moment, here: date | None) -> bool:
    """Whether "Dec 15" has no reference beside it that makes 15 a year."""
    return here is None or moment.first is None or abs(moment.first.year - here.year) > 5


def find_dates(text: str, *, reference: date | None = None) -> list[tuple[Target, int, int]]:
    """The dates that stand in a sentence, each with where it stands: ``(target, start, end)``.

    >>> [(t.latest.isoformat(), s) for t, s, _ in find_dates("New target date of 31/03/18.")]
    [('2018-03-31', 19)]

    For comments, where ``read_target`` would be asked too much. A month that follows "end of" and
    the like is read with it. Nothing is certain that ``read_target`` would not be certain of.
    """
    found = []
    for moment in _moments_of(text):
        if moment.short_year and moment.sure and _too_far(moment, reference):
            target = Target(moment.kind, None, None, False, moment.last, _YEAR_OR_DAY)
        else:
            target = _resolved(moment, reference)
        found.append((target, moment.start, moment.end))
    return found


_YEAR_OR_DAY = "its number may be a year or a day"


@lru_cache(maxsize=4096)
def _moments_of(text: str) -> tuple[Moment, ...]:
    """The moments of a sentence, whatever they are read beside."""
    lowered = text.translate(_TRANSLATE).lower()
    if len(lowered) != len(text):
        return ()
    phrase = _Phrase(text, lowered, None)
    phrase.moments = scan(phrase.lowered)
    phrase._join_years()
    for index, moment in enumerate(phrase.moments):
        if _stuck(phrase._gap(index), phrase._gap(index + 1), moment):
            moment.sure = False
    return tuple(phrase.moments)
