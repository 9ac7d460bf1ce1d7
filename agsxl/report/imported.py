"""What an import gives: the new workbook with its import report, and the same report as a text.

    write_import("plan.xlsx", reading, source="plan.pdf", as_of=day)

The first sheet is the plan, with the twelve headings of a master plan and everything else to their
right; the next say what was read from where and what a person should look at. A date that is
certain is a date in Excel, and its words stand in a column of their own where they say more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from agsxl.dates import Kind as DateKind
from agsxl.dates import Target, read_target
from agsxl.documents.account import Kind, Note, Piece, Reading, Suggestion, Use
from agsxl.errors import OutputError
from agsxl.plan import Milestone
from agsxl.posts import Posting
from agsxl.report.placing import placed
from agsxl.report.sheets import AMBER, Cell, Column, Sheet, sheet_link, write_workbook
from agsxl.texts import counted, listed
from agsxl.words import COLUMNS, TWELVE

PLAN, REPORT, LINES, VALUES, POSTS = (
    "Plan", "Import report", "Lines of the source", "Where read", "Posts",
)  # fmt: skip
_BESIDE = " import report.txt"
_DATES = ("timescale", "revised", "baseline", "completed")
_WIDTHS: Mapping[str, float] = {
    "ref": 8, "theme": 26, "outcome": 32, "source": 16, "milestone": 46, "action_by": 12,
    "timescale": 13, "member_lead": 18, "smt_lead": 26, "status": 16, "revised": 13, "comments": 60,
    "baseline": 13, "completed": 13, "evidence": 30, "reason": 30,
}  # fmt: skip
_KINDS: Mapping[str, str] = {
    "docx": "Word document", "pdf": "PDF", "html": "web page", "markdown": "Markdown text",
    "text": "text", "csv": "CSV", "xlsx": "Excel workbook", "xls": "Excel workbook (.xls)",
    "ods": "OpenDocument spreadsheet", "xlsb": "Excel workbook (.xlsb)",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Import:
    """The files an import wrote, and the suggestions it took."""

    workbook: Path
    report: Path
    accepted: tuple[Suggestion, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """Both files, the workbook first."""
        return self.workbook, self.report


def write_import(
    path: str | Path,
    reading: Reading,
    source: str | Path,
    *,
    as_of: date,
    accept_suggestions: bool = False,
) -> Import:
    """Write the new workbook, and the import report as a text beside it.

    >>> write_import("plan.xlsx", reading, "plan.pdf", as_of=day).report.name  # doctest: +SKIP
    'plan import report.txt'

    A suggestion is filled in only with ``accept_suggestions``; then its cell is tinted, and a column
    at the right says what was supposed. Raises OutputError where a file cannot be written, and for a
    workbook that is there already: an import makes a new plan and writes over none.
    """
    target = Path(path)
    beside = target.with_name(target.stem + _BESIDE)
    if target.is_file() and not _is_untouched(target, beside):
        raise OutputError(
            f"{target} is there already, and an import writes over no plan that somebody may have "
            "worked in; choose another name with --out, or move it away."
        )
    accepted = tuple(s for s in reading.suggestions if accept_suggestions)
    rows = _rows(reading, accepted)
    sheets: list[Sheet[Any]] = [
        _plan_sheet(reading, rows),
        _report_sheet(reading, accepted),
        _lines_sheet(reading),
        _values_sheet(reading),
    ]
    if reading.plan.posts.postings:
        sheets.append(_posts_sheet(reading.plan.posts.postings))
    title = f"Action plan imported from {reading.plan.file}"
    write_workbook(target, sheets, title=title, as_of=as_of, source=source)
    lines = [*report_text(reading, accepted, target.name), "", f"{_SEAL}{_seal(target)}", ""]
    _write_text(beside, "\n".join(lines))
    return Import(target, beside, accepted)


_SEAL = "The workbook as it was written (SHA-256): "


def _seal(workbook: Path) -> str:
    from hashlib import sha256

    return sha256(workbook.read_bytes()).hexdigest()


def _is_untouched(workbook: Path, report: Path) -> bool:
    """Whether a workbook is just as an import wrote it, by the seal in the report beside it."""
    try:
        said = report.read_text("utf-8-sig")
        return f"{_SEAL}{_seal(workbook)}" in said
    except (OSError, UnicodeDecodeError):
        return False


def _write_text(path: Path, text: str) -> None:
    """Whole or not at all; in UTF-8 with a mark, which Notepad knows, and lines as Windows ends them."""
    with placed(path) as beside:
        beside.write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig", "replace"))


# -- the plan ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Row:
    """A milestone as a row of the new workbook."""

    milestone: Milestone
    printed: Mapping[str, str]
    accepted: dict[str, Suggestion] = field(default_factory=dict)


def _rows(reading: Reading, accepted: Sequence[Suggestion]) -> list[_Row]:
    rows = [
        _Row(milestone, printed)
        for milestone, printed in zip(reading.plan.milestones, reading.printed, strict=True)
    ]
    for suggestion in accepted:
        rows[suggestion.index].accepted[suggestion.column] = suggestion
    return rows


def _plan_sheet(reading: Reading, rows: list[_Row]) -> Sheet[_Row]:
    columns = [_column(name, heading) for name, heading in TWELVE.items()]
    taken = {column.heading.casefold() for column in columns}

    def add(heading: str, width: float, get: Callable[[_Row], Cell], key: str = "") -> None:
        """A column to the right, if any milestone has something in it."""
        if any(get(row) is not None for row in rows):
            name, number = heading, 2
            while name.casefold() in taken:  # Excel's tables know no case
                name, number = f"{heading} ({number})", number + 1
            taken.add(name.casefold())
            columns.append(Column(name, width, get, tint=lambda row: _tint(row, key)))

    for name, heading in COLUMNS.items():
        if name not in TWELVE:
            add(heading, _WIDTHS.get(name, 20), _getter(name), name)
    for extra in dict.fromkeys(key for row in rows for key in row.milestone.extra):
        add(extra, 30, _extra(extra))
    for name in _DATES:
        add(f"Printed {COLUMNS[name].lower()}", 24, _printed_date(name))
    for name in dict.fromkeys(key for row in rows for key in row.printed if key not in _DATES):
        heading = COLUMNS.get(name, name)
        add(f"Printed {heading}", 18, _printed(name))
    add("Suggestions taken", 40, _taken)
    return Sheet(
        name=PLAN,
        title="Action plan",
        table="Plan",
        columns=columns,
        rows=rows,
        notes=(
            f"Imported from {reading.plan.file}. A blank means that the document has nothing there.",
            sheet_link("What was read from where, and what to look at: Import report", REPORT),
        ),
    )


def _column(name: str, heading: str) -> Column[_Row]:
    return Column(heading, _WIDTHS.get(name, 20), _getter(name), tint=lambda row: _tint(row, name))


def _tint(row: _Row, name: str) -> str:
    return AMBER if name in row.accepted else ""


def _getter(name: str) -> Callable[[_Row], Cell]:
    return lambda row: _value(row, name)


def _extra(name: str) -> Callable[[_Row], Cell]:
    return lambda row: row.milestone.extra.get(name) or None


def _printed(name: str) -> Callable[[_Row], Cell]:
    return lambda row: row.printed.get(name) or None


def _printed_date(name: str) -> Callable[[_Row], Cell]:
    return lambda row: _words(row, name)


def _value(row: _Row, name: str) -> Cell:
    milestone = row.milestone
    taken = row.accepted.get(name)
    if taken is not None:
        return _taken_value(taken)
    if name in _DATES:
        target = _target(milestone, name)
        return target.latest if _is_date(target) else target.raw or None
    if name == "smt_lead":
        lead = milestone.smt_lead
        return (lead.post if "smt_lead" in row.printed else lead.raw) or None
    if name == "status":
        return milestone.status.raw or None
    text: str = getattr(milestone, name)
    return text or None


def _taken_value(suggestion: Suggestion) -> Cell:
    if suggestion.column not in _DATES:
        return suggestion.value
    target = read_target(suggestion.value)
    return target.latest if _is_date(target) else suggestion.value


def _target(milestone: Milestone, name: str) -> Target:
    targets = {
        "timescale": milestone.timescale,
        "revised": milestone.revised,
        "baseline": milestone.baseline_target,
        "completed": milestone.completed_target,
    }
    return targets[name]


def _is_date(target: Target) -> bool:
    return target.certain and target.latest is not None


def _words(row: _Row, name: str) -> Cell:
    """What was printed for a date, where it says more than the date that stands in the plan."""
    target = _target(row.milestone, name)
    printed = row.printed.get(name, "")
    if name in row.accepted:
        return printed or target.raw or None
    if not _is_date(target):
        return printed if printed and printed != target.raw else None
    says_more = target.kind is not DateKind.EXACT or bool(read_target(target.raw).note)
    return printed or (target.raw if says_more else None)


def _taken(row: _Row) -> Cell:
    said = [
        f"{COLUMNS.get(s.column, s.column)}: {s.value}, because {_uncapped(s.why)}"
        for s in row.accepted.values()
    ]
    return "; ".join(said) or None


def _uncapped(text: str) -> str:
    text = text.rstrip(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


# -- the report --------------------------------------------------------------------------------


class _Said(NamedTuple):
    """One line of the import report."""

    what: str
    ref: str
    column: str
    said: str
    where: str


LOOK, SUGGESTED, TAKEN, LEFT, ABSENT = (
    "Please look", "Suggestion, not filled in", "Suggestion taken", "Left over", "Not in the document",
)  # fmt: skip
_NOTES: Mapping[Kind, str] = {
    Kind.LOOK: LOOK,
    Kind.HEALED: "Healed",
    Kind.RESOLVED: "Resolved",
    Kind.MADE: "Made",
}


def _report(reading: Reading, accepted: Sequence[Suggestion]) -> Iterator[_Said]:
    """What a person should look at first, then what was done."""
    notes: dict[Kind, list[Note]] = {}
    for note in reading.notes:
        notes.setdefault(note.kind, []).append(note)
    yield from (_of_note(note) for note in notes.get(Kind.LOOK, ()))
    taken = set(map(id, accepted))
    for each in reading.suggestions:
        what = TAKEN if id(each) in taken else SUGGESTED
        where = reading.provenance[each.index].get("milestone", "")
        yield _Said(what, each.ref, _spoken(each.column), f"{each.value}: {each.why}", where)
    for piece in reading.pieces:
        if piece.use is Use.LEFT_OVER:
            yield _Said(LEFT, ", ".join(piece.refs), "", _left(piece), piece.place.words)
    if reading.absent:
        names = listed([_spoken(column) for column in reading.absent])
        yield _Said(ABSENT, "", "", f"The document has no column for {names}.", "")
    for kind in (Kind.HEALED, Kind.RESOLVED, Kind.MADE):
        yield from (_of_note(note) for note in notes.get(kind, ()))


def _of_note(note: Note) -> _Said:
    where = note.place.words if note.place is not None else ""
    return _Said(_NOTES[note.kind], note.ref, _spoken(note.column), note.message, where)


def _left(piece: Piece) -> str:
    return f"{piece.text} ({piece.said})" if piece.said else piece.text


def _spoken(column: str) -> str:
    return COLUMNS.get(column, column)


def counts_of(reading: Reading) -> dict[str, int]:
    """How many lines of the source went where: ``{"used": 30, "heading": 5, ...}``."""
    counts = Counter(piece.use for piece in reading.pieces)
    return {str(use): counts[use] for use in Use}


def _summary(reading: Reading) -> str:
    counts = counts_of(reading)
    kind = _KINDS.get(reading.kind, reading.kind)
    return (
        f"{counted(len(reading.plan.milestones), 'milestone')} read from {reading.plan.file} ({kind}). "
        f"Lines of the source: {counts['used']:,} used, {counts['heading']:,} headings, "
        f"{counts['key']:,} keys, {counts['left over']:,} left over."
    )


def _report_sheet(reading: Reading, accepted: Sequence[Suggestion]) -> Sheet[_Said]:
    return Sheet(
        name=REPORT,
        title=f"Import report: {reading.plan.file}",
        table="ImportReport",
        columns=(
            Column("What", 22, lambda s: s.what, tint=lambda s: AMBER if s.what == LOOK else ""),
            Column("Ref", 10, lambda s: s.ref or None),
            Column("Column", 20, lambda s: s.column or None),
            Column("Detail", 90, lambda s: s.said or None),
            Column("Where in the document", 34, lambda s: s.where or None),
        ),
        rows=list(_report(reading, accepted)),
        notes=(
            _summary(reading),
            "Nothing was filled in that the document does not say. What it left open is blank.",
            sheet_link("Back to the plan", PLAN),
        ),
        nothing="Nothing to look at",
    )


def _lines_sheet(reading: Reading) -> Sheet[Piece]:
    return Sheet(
        name=LINES,
        title="Every line of the document, and what became of it",
        table="SourceLines",
        columns=(
            Column("Where in the document", 30, lambda p: p.place.words),
            Column("Text", 90, lambda p: p.text or None),
            Column("What became of it", 16, lambda p: str(p.use).capitalize(), tint=_left_tint),
            Column("Milestones", 18, lambda p: listed(p.refs, 8) or None),
            Column("How", 36, lambda p: p.said or None),
        ),
        rows=reading.pieces,
        notes=("A line whose parts went different ways stands here once for each part.",),
        nothing="The document has no lines",
    )


def _left_tint(piece: Piece) -> str:
    return AMBER if piece.use is Use.LEFT_OVER else ""


class _Read(NamedTuple):
    """One value of the plan, and where it was read."""

    ref: str
    column: str
    where: str


def _values_sheet(reading: Reading) -> Sheet[_Read]:
    return Sheet(
        name=VALUES,
        title="Where each value of the plan was read",
        table="WhereRead",
        columns=(
            Column("Ref", 10, lambda v: v.ref or None),
            Column("Value", 30, lambda v: v.column),
            Column("Where in the document", 80, lambda v: v.where),
        ),
        rows=[
            _Read(milestone.ref, _spoken(column), where)
            for milestone, values in zip(reading.plan.milestones, reading.provenance, strict=True)
            for column, where in values.items()
        ],
        nothing="No milestones",
    )


def _posts_sheet(postings: Sequence[Posting]) -> Sheet[Posting]:
    return Sheet(
        name=POSTS,
        title="Who holds which post, by the document's own key",
        table="Posts",
        columns=(
            Column("Post", 44, lambda p: p.post),
            Column("Person", 28, lambda p: p.person or None),
            Column("Email", 34, lambda p: p.email or None),
        ),
        rows=postings,
    )


# -- the same as a text --------------------------------------------------------------------------


def report_text(reading: Reading, accepted: Sequence[Suggestion], workbook: str) -> list[str]:
    """The import report as lines of text, for the file beside the workbook."""
    lines = ["Import report", "", _summary(reading), f"Written to {workbook}.", ""]
    grouped: dict[str, list[_Said]] = {}
    for said in _report(reading, accepted):
        grouped.setdefault(said.what, []).append(said)
    for what, group in grouped.items():
        lines += [f"{what} ({len(group)})", "-" * 60, *(_as_line(said) for said in group), ""]
    if not grouped:
        lines += ["Nothing to look at.", ""]
    lines += ["Where each milestone was read", "-" * 60]
    for milestone, values in zip(reading.plan.milestones, reading.provenance, strict=True):
        lines.append(f"{milestone.ref or '(no ref)'}")
        lines += [f"    {_spoken(column)}: {where}" for column, where in values.items()]
    lines += ["", "Every line of the document", "-" * 60]
    for piece in reading.pieces:
        into = f" -> {listed(piece.refs, 8)}" if piece.refs else ""
        how = f" ({piece.said})" if piece.said else ""
        lines.append(f"{piece.place.words}: {piece.use}{into}{how}: {_one_line(piece.text)}")
    return lines


def _as_line(said: _Said) -> str:
    about = ", ".join(filter(None, (said.ref, said.column)))
    where = f" [{said.where}]" if said.where else ""
    return f"{about + ': ' if about else ''}{_one_line(said.said)}{where}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


__all__ = ["Import", "counts_of", "report_text", "write_import"]
