"""One function for each job: read, decide, and give what the faces show. Reads the clock, once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agsxl import chasers as chasing
from agsxl import rules
from agsxl.chasers import LeadChaser, Question
from agsxl.documents.delimited import decode, read_delimited
from agsxl.edits import Book
from agsxl.errors import FarCellError, NoPlanError, OutputError, SettingsError, SourceError
from agsxl.excel.file import is_workbook, open_book, refuse_unreadable
from agsxl.grid import Grid, Value
from agsxl.layout.headings import REQUIRED, is_own
from agsxl.layout.milestones import read_plan
from agsxl.layout.tables import (
    find_posts,
    find_settings,
    read_posts,
    read_settings,
    settings_from_toml,
)
from agsxl.movements import Slippage, measure
from agsxl.plan import Milestone, Plan
from agsxl.posts import Posts
from agsxl.resources import resource
from agsxl.rules import Finding, Severity
from agsxl.settings import Settings
from agsxl.sources import MASTERS, kind_of_source, read_source, sheets_of
from agsxl.words import COLUMNS, DRAWN, WORKINGS

if TYPE_CHECKING:  # the log and published documents are read by modules of their own
    from agsxl.documents.account import Reading, Suggestion
    from agsxl.history import Log, State
    from agsxl.rounds import ChaseLog, Letter, Round

Progress = Callable[[str], None]
SETTINGS_FILE = "agsxl.toml"


def _silent(step: str) -> None:
    """Progress that nobody watches."""


def load_plan(
    source: str | Path,
    *,
    sheet: str | None = None,
    posts: str | Path | None = None,
    progress: Progress = _silent,
) -> Plan:
    """Read the plan in a workbook, a CSV, or any published document (.docx, .pdf, .html, .txt ...).

    >>> load_plan("workbook/sample-plan.xlsx").milestones[0].ref  # doctest: +SKIP
    'A1'

    The table may start anywhere, on any sheet, under any headings that ``layout.headings`` knows.
    ``sheet`` names the sheet where more than one could be the plan. Posts come from ``posts`` (a
    CSV or workbook), else from a Posts sheet; settings from a Settings sheet, else from
    ``agsxl.toml`` beside the plan.

    Raises SourceError (NoPlanError, TwoPlansError) for a file that cannot be read or holds no plan,
    and SettingsError for a Posts table or Settings that cannot be used. Nothing is ever written.
    """
    path = refuse_unreadable(Path(source))
    progress(f"Reading {path.name}")
    kind = kind_of_source(path)
    if kind not in MASTERS:
        return read_published(path, kind, sheet=sheet, posts=posts).plan
    if kind == "xlsx":
        with open_book(path) as book:
            plan, sheets = _plan_in(book, sheet, posts, progress)
        if not any(is_own(each.name) for each in sheets):
            return plan
        log = log_in(sheets)
        told = with_log(plan, with_typed(log, plan, sheets))
        return replace(told, log_faults=tuple(log.faults()))
    if sheet is not None:
        raise SourceError(f"{path.name} is a text and has no sheets; leave out --sheet.")
    progress("Reading milestones")
    return read_plan(
        [read_delimited(path)],
        file=path.name,
        is_workbook=False,
        posts=_posts(posts, [], path.name),
        settings=_settings([], path.name, path),
    )


def plan_and_log(
    book: Book,
    *,
    sheet: str | None = None,
    posts: str | Path | None = None,
    progress: Progress = _silent,
) -> tuple[Plan, Log, Sequence[Grid]]:
    """The plan in a workbook that is open already, its change log, and every sheet as it was read.

    The plan has what the log knows of its dates; whether the log is sound is not looked into. The
    plan's own sheet has had its merged cells filled.
    """
    plan, sheets = _plan_in(book, sheet, posts, progress)
    log = log_in(sheets)
    return with_log(plan, with_typed(log, plan, sheets)), log, sheets


def _plan_in(
    book: Book, sheet: str | None, posts: str | Path | None, progress: Progress
) -> tuple[Plan, Sequence[Grid]]:
    """The plan in a workbook, and every sheet of it."""
    candidates, every = _sheets_of(book, sheet)
    progress("Reading milestones")
    plan = read_plan(
        candidates,
        file=book.name,
        is_workbook=True,
        posts=_posts(posts, every, book.name),
        settings=_settings(every, book.name, book.path),
    )
    return plan, every


def _sheets_of(book: Book, sheet: str | None) -> tuple[list[Grid], list[Grid]]:
    """The sheets that could hold the plan, and all that were read."""
    grids, far = {}, None
    names = book.sheets()
    # To read what is drawn takes longer than all the rest, where Excel has to be asked for it.
    drawn = DRAWN if WORKINGS in names and sheet is None else ()
    for name in names:
        if name in drawn:
            continue
        try:
            grids[name] = book.read(name)
        except FarCellError as fault:  # another sheet may hold the plan
            far = fault
    if far is not None and (not grids or (sheet is not None and sheet not in grids)):
        raise far
    every = list(grids.values())
    if sheet is None:
        return [grid for grid in every if not is_own(grid.name)], every
    wanted = next((n for n in grids if n.casefold() == sheet.casefold()), sheet)
    if wanted not in grids:
        book.read(sheet)  # raises, and says which sheets there are
    return [replace(grids[wanted], visible=True)], every


def _posts(source: str | Path | None, grids: list[Grid], file: str) -> Posts:
    if source is not None:
        return load_posts(source)
    grid = find_posts(grids)
    return read_posts(grid, file) if grid is not None else Posts()


def log_in(grids: Iterable[Grid]) -> Log:
    """The change log among a workbook's sheets; an empty one where there is none yet."""
    from agsxl.layout.history import find_log, read_log

    return read_log(*find_log(grids))


def with_typed(log: Log, plan: Plan, grids: Iterable[Grid]) -> Log:
    """The change log with what was typed into the plan since it was last written; in memory only.

    A Ref may be another milestone's by then.
    """
    from agsxl.history import NO_TIME, NOBODY
    from agsxl.layout.history import state_of

    if not log.snapshots:
        return log
    grid = next(grid for grid in grids if grid.name == plan.sheet)
    drafts = log.noticed(state_of(plan, grid))
    number = log.next_change_set
    return log.extended(log.add(drafts, when=NO_TIME, who=NOBODY, change_set=number))


def with_log(plan: Plan, log: Log) -> Plan:
    """The plan with what its change log knows: the revised dates each milestone had before."""
    from agsxl.history import unique_keys

    if not log.snapshots:
        return plan
    keys = unique_keys(m.ref for m in plan.milestones)
    milestones = []
    for key, milestone in zip(keys, plan.milestones, strict=True):
        moves = log.dates_of(key, reference=plan.reference)
        dates = [
            move.new
            for move in moves
            if move.new != milestone.revised_date or move is not moves[-1]
        ]
        milestones.append(milestone._replace(earlier=tuple(dates)))
    return replace(plan, milestones=tuple(milestones))


def plan_of_state(state: State, plan: Plan) -> Plan:
    """An earlier state of a plan, read as a plan; its posts and settings are those of today."""
    used = dict.fromkeys(column for cells in state.values() for column in cells)
    columns = [c for c in (*COLUMNS, *used) if c in used or c in plan.columns or c in REQUIRED]
    columns = list(dict.fromkeys(["ref", *columns]))
    rows: list[list[Value]] = [[COLUMNS.get(column, column) for column in columns]]
    rows += [
        [ref if column == "ref" else cells.get(column) for column in columns]
        for ref, cells in state.items()
    ]
    return read_plan(
        [Grid(plan.sheet, rows)],
        file=plan.file,
        is_workbook=True,
        posts=plan.posts,
        settings=plan.settings,
    )


def load_posts(source: str | Path) -> Posts:
    """The posts table of a CSV, a text or a workbook (its Posts sheet, else its first sheet).

    Raises SourceError for a file that cannot be read and SettingsError for one without the table.
    """
    path = refuse_unreadable(Path(source))
    if not is_workbook(path):
        return read_posts(read_delimited(path), path.name)
    with open_book(path) as book:
        grids = [book.read(name) for name in book.sheets()]
    return read_posts(find_posts(grids) or grids[0], path.name)


def _settings(grids: list[Grid], file: str, path: Path | None) -> Settings:
    """Those of the Settings sheet, else of the file beside the plan, if that has a place."""
    grid = find_settings(grids)
    if grid is not None:
        return read_settings(grid, file)
    beside = path.with_name(SETTINGS_FILE) if path is not None else None
    if beside is not None and beside.exists():
        return settings_from_toml(decode(beside.read_bytes()), beside.name)
    return Settings()


# -- the jobs ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReportingDate:
    """The day a plan is judged on, and who said so."""

    day: date
    said_by: str


def reporting_date(plan: Plan, asked: date | None = None) -> ReportingDate:
    """The date asked for, else that of the plan's Settings, else today: here the clock is read."""
    if asked is not None:
        return ReportingDate(asked, "--as-of")
    if plan.settings.reporting_date is not None:
        return ReportingDate(plan.settings.reporting_date, "Settings")
    return ReportingDate(date.today(), "today")


def _refuse_odd_day(as_of: date) -> None:
    if not 1901 <= as_of.year <= 2099:
        raise SettingsError(f"The reporting date {as_of.isoformat()} is not in any plan's time.")


def check(
    plan: Plan,
    *,
    as_of: date,
    settings: Settings | None = None,
    every_rule: bool = False,
) -> list[Finding]:
    """What the rules find in a plan on a reporting date: see ``agsxl.rules.check``."""
    _refuse_odd_day(as_of)
    return rules.check(plan, as_of=as_of, settings=settings, every_rule=every_rule)


def slippage(plan: Plan, *, as_of: date, settings: Settings | None = None) -> Slippage:
    """How far each milestone has moved on a reporting date: see ``agsxl.movements.measure``."""
    _refuse_odd_day(as_of)
    return measure(plan, as_of=as_of, settings=settings)


def chase(
    plan: Plan,
    *,
    as_of: date,
    posts: Posts | str | Path | None = None,
    settings: Settings | None = None,
    findings: Collection[Finding] | None = None,
    unanswered: Collection[tuple[str, str]] = (),
) -> list[LeadChaser]:
    """What each SMT lead is asked on a reporting date, the most urgent lead first.

    >>> [c.lead for c in chase(plan, as_of=date(2017, 9, 30))][:1]  # doctest: +SKIP
    ['Interim Corporate Improvement Manager']

    ``posts`` (a table, or the file it is in) and ``settings`` default to the plan's own. ``findings`` are those of ``check`` where
    the caller has them already. ``unanswered`` are the (lead, ref) pairs that last round left open.
    """
    _refuse_odd_day(as_of)
    chosen = settings or plan.settings
    table = load_posts(posts) if isinstance(posts, str | Path) else posts
    found = (
        findings
        if findings is not None
        else rules.check(plan, as_of=as_of, settings=chosen, posts=table)
    )
    return chasing.chase(
        plan,
        as_of=as_of,
        wording=_wording()["reasons"],
        questions=_questions(found),
        posts=table,
        settings=chosen,
        unanswered=unanswered,
    )


def letters_of(
    plan: Plan, log: ChaseLog, which: Round, *, as_of: date
) -> tuple[list[LeadChaser], tuple[Letter, ...]]:
    """What each lead is asked in a round, and the letters that ask it."""
    from agsxl.rounds import plan_letters, unanswered_pairs

    asked = chase(plan, as_of=as_of, unanswered=unanswered_pairs(log, which))
    letters = plan_letters(
        asked, log, round=which, as_of=as_of, posts=plan.posts, settings=plan.settings
    )
    return asked, letters


def without_lead(plan: Plan, *, as_of: date) -> tuple[Milestone, ...]:
    """The milestones that need an answer and have no lead to ask."""
    return chasing.without_lead(plan, as_of=as_of)


def _questions(findings: Collection[Finding]) -> list[Question]:
    asks = _wording()["questions"]
    return [
        Question(
            f.code, f.ref, f.row, asks[f.code].format_map({"message": f.message, "value": f.value})
        )
        for f in findings
        if f.code in asks
    ]


@cache
def _wording() -> dict[str, dict[str, str]]:
    """The sentences of ``templates/asks.toml``, which an officer may edit."""
    import tomllib

    path = resource("templates", "asks.toml")
    try:
        wording = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as fault:
        raise SettingsError(
            f"{path} cannot be read ({fault}); put back the file agsxl came with."
        ) from None
    reasons, asks = wording.get("reasons", {}), wording.get("questions", {})
    wanted = [str(reason) for reason in chasing.Reason if reason is not chasing.Reason.QUESTION]
    lacking = [name for name in (*wanted, chasing.LATE_AS_WELL) if name not in reasons]
    lacking += [rule.code for rule in rules.CATALOGUE if rule.lead and rule.code not in asks]
    if lacking:
        raise SettingsError(f"{path} has no sentence for {', '.join(lacking)}; put it back.")
    try:
        for sentence in reasons.values():
            sentence.format_map(dict.fromkeys(("date", "days", "status", "timescale"), ""))
        for sentence in asks.values():
            sentence.format_map({"message": "", "value": ""})
    except (KeyError, ValueError, IndexError, AttributeError) as fault:
        raise SettingsError(
            f"{path} has a sentence with braces that cannot be filled in ({fault})."
        ) from None
    return {
        "reasons": reasons,
        "questions": {r.code: asks[r.code] for r in rules.CATALOGUE if r.lead},
    }


def must_fix(findings: Collection[Finding]) -> bool:
    """Whether anything found must be fixed."""
    return any(finding.severity is Severity.ERROR for finding in findings)


# -- writing -----------------------------------------------------------------------------------

FINDINGS, SLIPPAGE, CHASERS = "findings.xlsx", "slippage.xlsx", "chasers.xlsx"
IMPORTED = "plan.xlsx"


def make_folder(folder: Path) -> None:
    """Make a folder that is not there. Raises OutputError where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise OutputError(
            f"The folder {folder} cannot be made ({fault.strerror}); choose another with --out."
        ) from None


def write_findings(
    path: Path, findings: Collection[Finding], plan: Plan, source: str | Path, as_of: date
) -> Path:
    """Write findings.xlsx, each finding a row with a link to its cell; gives the path back."""
    from agsxl.report import tables

    make_folder(path.parent)
    tables.write_findings(
        path, list(findings), plan, Path(source), as_of=as_of, settings=plan.settings
    )
    return path


def write_slippage(path: Path, measured: Slippage, plan: Plan, source: str | Path) -> Path:
    """Write slippage.xlsx: a summary, every milestone, by lead, theme and source."""
    from agsxl.report import tables

    make_folder(path.parent)
    tables.write_slippage(path, measured, plan, Path(source), settings=plan.settings)
    return path


def write_chasers(
    path: Path,
    lists: list[LeadChaser],
    unassigned: Collection[Milestone],
    plan: Plan,
    source: str | Path,
    as_of: date,
) -> Path:
    """Write chasers.xlsx: a summary, then one sheet a lead."""
    from agsxl.report import tables

    make_folder(path.parent)
    tables.write_chasers(path, lists, list(unassigned), plan, Path(source), as_of=as_of)
    return path


@dataclass(frozen=True, slots=True)
class Month:
    """What the monthly run found, and the workbooks it wrote."""

    findings: list[Finding]
    slippage: Slippage
    chasers: list[LeadChaser]
    without_lead: tuple[Milestone, ...]
    folder: Path
    files: tuple[Path, ...]


def month(
    plan: Plan,
    source: str | Path,
    *,
    as_of: date,
    out: str | Path | None = None,
    every_rule: bool = False,
    progress: Progress = _silent,
) -> Month:
    """Check, measure and list the chasers of a plan, and write the three workbooks into a folder.

    ``out`` is made if it is not there; without it, a folder beside where you are, called after the
    plan and the reporting date. Raises OutputError where the folder cannot be written.
    """
    progress("Checking")
    found = check(plan, as_of=as_of, every_rule=every_rule)
    progress("Measuring")
    measured = slippage(plan, as_of=as_of)
    progress("Listing what each lead is asked")
    # A lead is asked only what the rules in force ask, also where every rule was run to look.
    lists = chase(plan, as_of=as_of, findings=None if every_rule else found)
    unassigned = without_lead(plan, as_of=as_of)
    folder = Path(out) if out is not None else Path(f"{Path(source).stem} {as_of.isoformat()}")
    progress("Writing")
    files = (
        write_findings(folder / FINDINGS, found, plan, source, as_of),
        write_slippage(folder / SLIPPAGE, measured, plan, source),
        write_chasers(folder / CHASERS, lists, unassigned, plan, source, as_of),
    )
    return Month(found, measured, lists, unassigned, folder, files)


# -- published documents -------------------------------------------------------------------------


def read_published(
    source: str | Path,
    kind: str = "",
    *,
    sheet: str | None = None,
    posts: str | Path | None = None,
    progress: Progress = _silent,
) -> Reading:
    """Read the plan in any source, also a workbook without Refs, with an account of every line.

    >>> read_published("plan.pdf").plan.milestones[0].ref  # doctest: +SKIP
    '1a'

    Posts come from ``posts``, else from the document's own key. Raises SourceError (NoPlanError,
    TwoPlansError) for a file that cannot be read or holds no plan.
    """
    path = refuse_unreadable(Path(source))
    progress(f"Reading {path.name}")
    kind = kind or kind_of_source(path)
    sheets = sheets_of(path, kind) if kind in ("xlsx", "xls", "ods", "xlsb") else []
    beside = [grid for grid in sheets if not is_own(grid.name)]
    if sheet is None and any(grid.name == WORKINGS for grid in sheets):
        # A master that agsxl made: what its table lacks is said, and none of its sheets is taken for another plan.
        beside = [grid for grid in beside if grid.name not in DRAWN]
        read_plan(beside, file=path.name, is_workbook=True)
    table = _posts(posts, beside, path.name) if posts is not None or find_posts(beside) else None
    return read_source(
        path,
        kind,
        sheet=sheet,
        posts=table,
        settings=_settings(beside, path.name, path),
        grids=beside,
    )


@dataclass(frozen=True, slots=True)
class Imported:
    """A reading, the day it was made on, the files written, and the suggestions that were taken."""

    reading: Reading
    day: ReportingDate
    files: tuple[Path, ...] = ()
    accepted: tuple[Suggestion, ...] = ()


def import_plan(
    source: str | Path,
    out: str | Path | None = None,
    *,
    as_of: date | None = None,
    sheet: str | None = None,
    posts: str | Path | None = None,
    accept_suggestions: bool = False,
    progress: Progress = _silent,
) -> Imported:
    """Make a new master workbook of any source, with an import report in it and beside it.

    >>> import_plan("plan.pdf", "plan.xlsx").files  # doctest: +SKIP
    (PosixPath('plan.xlsx'), PosixPath('plan import report.txt'))

    Without ``out`` nothing is written. Raises SourceError as ``read_published``, and OutputError where
    a file cannot be written.
    """
    reading = read_published(source, sheet=sheet, posts=posts, progress=progress)
    day = reporting_date(reading.plan, as_of)
    _refuse_odd_day(day.day)
    if out is None:
        return Imported(reading, day)
    from agsxl.report.imported import write_import

    progress("Writing")
    target = Path(out)
    make_folder(target.parent)
    written = write_import(
        target, reading, source, as_of=day.day, accept_suggestions=accept_suggestions
    )
    return Imported(reading, day, written.files, written.accepted)


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A master workbook that was made: of which plan, judged on which day, and where it is."""

    plan: Plan | None
    day: ReportingDate
    file: Path
    notes: tuple[str, ...] = ()


def new_plan(
    out: str | Path,
    source: str | Path | None = None,
    *,
    as_of: date | None = None,
    sheet: str | None = None,
    posts: str | Path | None = None,
    progress: Progress = _silent,
) -> NewPlan:
    """Make a master workbook, empty or filled from any source: ``agsxl new``.

    >>> new_plan("action-plan.xlsm", "last year.pdf").file  # doctest: +SKIP
    PosixPath('action-plan.xlsm')

    A .xlsm has buttons and a ribbon tab, a .xlsx none. Milestones, posts and settings come over, a
    workbook's texts as they are typed there; its change log does not: the new one begins its own.
    Raises as ``load_plan``, and OutputError for another ending or a file that is there already.
    """
    from agsxl.master.sheets import new_master

    target = Path(out)
    plan, cells, notes = None, None, []
    if source is not None:
        plan, cells = _plan_and_cells(Path(source), sheet, posts, progress)
        if not plan.is_workbook:
            notes.append(
                f"'agsxl import {source}' says what was read from where, and what to look at."
            )
    day = reporting_date(plan, as_of) if plan is not None else day_without_plan(as_of)
    _refuse_odd_day(day.day)
    progress("Writing")
    make_folder(target.parent)
    return NewPlan(plan, day, new_master(target, plan, as_of=day.day, cells=cells), tuple(notes))


def day_without_plan(as_of: date | None) -> ReportingDate:
    """The date asked for, else today, where there is no plan whose Settings could say another."""
    if as_of is not None:
        return ReportingDate(as_of, "--as-of")
    return ReportingDate(date.today(), "today")


def _plan_and_cells(
    source: Path, sheet: str | None, posts: str | Path | None, progress: Progress
) -> tuple[Plan, State | None]:
    """A plan, and the cells of its table where it stands in a workbook."""
    from agsxl.layout.history import state_of

    path = refuse_unreadable(source)
    if kind_of_source(path) != "xlsx":
        return load_plan(path, sheet=sheet, posts=posts, progress=progress), None
    try:
        with open_book(path) as book:
            plan, sheets = _plan_in(book, sheet, posts, progress)
            cells = state_of(plan, book.read(plan.sheet), formulas=False)
            return with_log(plan, with_typed(log_in(sheets), plan, sheets)), cells
    except NoPlanError:  # a published table, without a Ref column
        return read_published(path, sheet=sheet, posts=posts, progress=progress).plan, None
