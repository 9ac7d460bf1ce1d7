"""The job of the committee pack: read the plan and its log, count, and write the three files.

    done = committee_pack("action-plan.xlsm", since="Governance Committee 28/06/2026", out="pack")
    done.pack.now.counts.overdue, [file.name for file in done.files]

The closed workbook, the open one, or any other source of a plan. The plan is not changed; only where a
label is given is it frozen under it, so that the next pack can be compared with this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from agsxl import desk
from agsxl.dates import Kind, read_target
from agsxl.desk import Progress, ReportingDate
from agsxl.differences import diff
from agsxl.edits import ChangeSet
from agsxl.errors import AgsxlError, OutputError, SettingsError
from agsxl.excel.file import is_workbook, refuse_unreadable
from agsxl.history import NOBODY, Log, Snapshot
from agsxl.layout.lastyear import read_last_year
from agsxl.masters import Master, Target, Written, moment, opened, silent, write_all
from agsxl.packs import Asked, Earlier, Frozen, Pack, Since, Unplaced, pack_of
from agsxl.pages import Pages
from agsxl.papers import pages_of
from agsxl.plan import Plan
from agsxl.rolling import LastYear, Result, roll_plan
from agsxl.settings import year_of
from agsxl.updating import waiting_dates
from agsxl.words import LAST_YEAR, REPLIES, spoken

WORD, WORKBOOK, WEB = "pack.docx", "pack.xlsx", "pack.html"
TEMPLATES = {
    WORD: "pack-template.docx",
    WEB: "pack-template.html",
}  # beside the plan, an officer's own
FROZEN_AS = "Report {}"  # the label of the frozen copy that the button Report takes


@dataclass(frozen=True, slots=True)
class Packed:
    """A pack that was made: its facts, what stands on its pages, and the files.

    ``notes`` are sentences for the officer: what is not there, what a template lacked. ``frozen`` is the
    label under which the plan was frozen, "" where it was not; ``written`` what that wrote into the plan.
    """

    plan: Plan
    day: ReportingDate
    pack: Pack
    pages: Pages
    folder: Path | None = None
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    frozen: str = ""
    written: Written | None = None


def committee_pack(
    target: Target,
    *,
    since: str = "",
    out: str | Path | None = None,
    beside: bool = False,
    label: str = "",
    freeze: bool = False,
    last_year: str | Path | None = None,
    as_of: date | None = None,
    sheet: str | None = None,
    posts: str | Path | None = None,
    who: str = "",
    now: datetime | None = None,
    progress: Progress = silent,
) -> Packed:
    """Make the committee pack of a plan: ``agsxl report``.

    >>> committee_pack("plan.xlsm", since="2026-06-30", out="pack").files  # doctest: +SKIP
    (PosixPath('pack/pack.docx'), PosixPath('pack/pack.xlsx'), PosixPath('pack/pack.html'))

    ``since`` is the label of a frozen copy, or a date; by default the last frozen copy of an earlier
    reporting date. A date that a copy reports on stands for that copy, every other one for the plan at
    the end of that day. Without ``out`` no file is written; ``beside`` means the folder "pack 2026-09-30"
    beside the workbook. With a ``label`` the plan is frozen under it, with ``freeze`` under "Report
    30 September 2026". ``last_year`` is last year's plan, where the plan itself does not say how its
    issues were resolved.

    Raises SourceError and SettingsError as ``load_plan``, SettingsError for a ``since`` that is not known
    or lies after the reporting date, and OutputError where a file cannot be written, or was edited since
    agsxl made it.
    """
    when = now or moment()
    if out is not None:
        _keep(Path(out), target, last_year, posts)
    if isinstance(target, str | Path) and not is_workbook(refuse_unreadable(Path(target))):
        plan = desk.load_plan(target, sheet=sheet, posts=posts, progress=progress)
        if label or freeze:
            raise SettingsError(
                f"{plan.file} is no workbook and has no change log to be frozen in."
            )
        read = _Read(plan, Path(target))
        folder = _beside(read, as_of) if beside else out
        return _made(read, since, folder, last_year, as_of, progress)
    with opened(target, sheet=sheet, posts=posts, progress=progress) as master:
        plan, log = master.plan, _whole(master, when)
        asked, unplaced = _asked(master)
        read = _Read(
            plan=replace(plan, log_faults=tuple(log.faults())),
            path=master.path,
            log=log,
            asked=asked,
            unplaced=unplaced,
            last_year=read_last_year(master.own.get(LAST_YEAR)),
        )
        label = label.strip() or (_free_label(log, plan, as_of) if freeze else "")
        if label:
            log.refuse_label(label)
        folder = _beside(read, as_of) if beside else out
        done = _made(read, since, folder, last_year, as_of, progress)
        if not label:
            return done
        progress("Freezing the plan as it is reported")
        try:
            written = write_all(
                master,
                [],
                ChangeSet(),
                who=who,
                when=when,
                label=label,
                reporting_date=done.day.day,
            )
        except AgsxlError as fault:
            if done.folder is None:
                raise
            raise OutputError(
                f"The pack is in {done.folder}, but the plan was not frozen as {label!r}: {fault}"
            ) from fault
        return replace(done, frozen=label, written=written)


def _keep(folder: Path, *sources: object) -> None:
    """Refuse a folder in which one of the files of the pack would take the place of what is read for it."""
    from agsxl.report.placing import refuse

    for source in sources:
        if isinstance(source, str | Path) and folder.is_dir():
            for name in (WORD, WORKBOOK, WEB):
                refuse(folder / name, source=source)


@dataclass(frozen=True, slots=True)
class _Read:
    """What a pack is made from. Without a workbook there is no log, and there are no replies."""

    plan: Plan
    path: Path | None
    log: Log | None = None
    asked: tuple[Asked, ...] | None = None
    unplaced: tuple[Unplaced, ...] = ()
    last_year: LastYear | None = None


def _made(
    read: _Read,
    since: str,
    out: str | Path | None,
    last_year: str | Path | None,
    as_of: date | None,
    progress: Progress,
) -> Packed:
    plan = read.plan
    day = desk.reporting_date(plan, as_of)
    progress("Checking")
    findings = desk.check(plan, as_of=day.day)
    progress("Comparing with what was reported")
    copies = _Copies(plan, read.log)
    earlier, note = _earlier(copies, since, day.day)
    notes = [note] if note else []
    before = read.last_year
    if last_year is not None:
        progress("Reading last year's plan")
        before = last_year_of(desk.load_plan(last_year, progress=progress), plan, as_of=day.day)
    pack = pack_of(
        plan,
        as_of=day.day,
        log=read.log,
        earlier=earlier,
        asked=read.asked,
        unplaced=read.unplaced,
        findings=findings,
        frozen=copies.before(day.day),
        last_year=before,
        not_compared="" if earlier is not None else note,
        reported_later=copies.after(day.day),
    )
    pages = pages_of(pack)
    done = Packed(plan, day, pack, pages, notes=tuple(notes))
    if out is None:
        return done
    folder, files, said = _write(pages, Path(out), read.path, progress)
    return replace(done, folder=folder, files=files, notes=(*notes, *said))


def _whole(master: Master, when: datetime) -> Log:
    """The change log with what was typed by hand since it was last written."""
    log = master.log
    if not log.snapshots:
        return log
    entries, copies = log.record(master.state, when=when, who=NOBODY)
    return log.extended(entries, copies)


def _asked(master: Master) -> tuple[tuple[Asked, ...] | None, tuple[Unplaced, ...]]:
    """The dates that leads ask for and the plan does not have; None where replies were never read.

    Apart, those of which it is not sure which milestone they are for: they are never put to anybody
    under another one that has the Ref by now.
    """
    if REPLIES not in master.own:
        return None, ()
    asked, unplaced = [], []
    for change in waiting_dates(master):
        said, milestone = change.said, change.milestone
        assert isinstance(said.value, date)
        if milestone is None or (change.doubt and not change.accept):
            why = change.doubt or change.why
            unplaced.append(Unplaced(said.ref, said.words, said.lead, said.value, why))
            continue
        reason = change.decided.reason or said.reason
        by = change.decided.approved_by
        asked.append(Asked(milestone, said.lead, said.value, reason, change.accept, by))
    return tuple(asked), tuple(unplaced)


def last_year_of(old: Plan, plan: Plan, *, as_of: date) -> LastYear:
    """What became of last year's milestones, found in this plan by their words and Refs.

    >>> last_year_of(last_year, plan, as_of=day).milestones[0].new_ref  # doctest: +SKIP
    'B2'

    For a plan that was not made by ``agsxl roll``, which keeps this on the sheet Issues of last year. A milestone
    that was open and is not found here is said to be so.
    """
    pairs = {id(pair.old): pair.new.ref for pair in diff(old, plan).pairs}
    year = plan.settings.year or year_of(as_of)
    closed = roll_plan(old, Log(), year=year, as_of=as_of).last_year
    found = []
    for milestone, resolved in zip(old.milestones, closed.milestones, strict=True):
        new_ref = pairs.get(id(milestone), "")
        if resolved.result is Result.CARRIED:
            how = (
                f"Open, and goes on as {new_ref}" if new_ref else "Open, and not found in this plan"
            )
            resolved = resolved._replace(how=how)
        found.append(resolved._replace(new_ref=new_ref))
    return LastYear(old.settings.year, plan.settings.year, None, tuple(found))


# -- the moment it is compared with ---------------------------------------------------------------


def _day_of(copy: Snapshot) -> date:
    """The day a frozen copy reports on; one without a reporting date, the day it was taken."""
    return copy.reporting_date or copy.taken.date()


def _earlier(copies: _Copies, since: str, as_of: date) -> tuple[Earlier | None, str]:
    """The plan at the moment asked for; else None, and the sentence that says why not."""
    asked = " ".join(since.split())
    plan, log = copies.plan, copies.log
    if log is None or not log.snapshots:
        about = f"since {asked}" if asked else "since the last report"
        what = (
            "has no change log yet" if plan.is_workbook else "is no workbook and has no change log"
        )
        return None, f"{plan.file} {what}, so what changed {about} is not known."
    if not asked:
        before = [copy for copy in log.in_order if _day_of(copy) < as_of]
        if not before:
            return None, (
                f"The change log holds no copy of the plan from before {spoken(as_of)}, so what changed "
                "since the last report is not known."
            )
        latest = max(_day_of(copy) for copy in before)
        return copies.at([c for c in before if _day_of(c) == latest][-1]), ""
    labelled = log.labelled(asked)
    if labelled is not None:
        _refuse_later(_day_of(labelled), as_of, f"The snapshot {labelled.label!r} is of")
        return copies.at(labelled), ""
    target = read_target(asked)
    if target.kind is not Kind.EXACT or not target.certain or target.latest is None or target.note:
        log.reported(asked)  # raises, and names the labels there are
    assert target.latest is not None
    day = target.latest
    _refuse_later(day, as_of, "--since is")
    of_that_day = [copy for copy in log.in_order if copy.reporting_date == day]
    if of_that_day:
        return copies.at(of_that_day[-1]), ""
    begun = log.in_order[0]
    if day >= begun.taken.date():
        then = desk.plan_of_state(log.state_at(day), plan)
        gone = log.dates_of_gone(day, reference=plan.reference)
        number, passed = log.number_at(day), log.came_and_went(day)
        return Earlier(Since("", day), then, log.became(day), number, gone, passed), ""
    why = f"The change log begins on {spoken(begun.taken)}; what the plan held on {spoken(day)} is not known"
    if _day_of(begun) > as_of:
        return None, f"{why}, and so is what changed since."
    found = copies.at(begun)
    note = f"{why}. The pack shows what changed since {spoken(found.since.day)}."
    return replace(found, since=found.since._replace(note=note)), note


def _refuse_later(day: date, as_of: date, what: str) -> None:
    if day > as_of:
        raise SettingsError(
            f"{what} {spoken(day)}, after the reporting date {spoken(as_of)}; choose an earlier one."
        )


MOST_COPIES = 12  # reporting dates on the trend chart: a year of months


class _Copies:
    """The plan as it was frozen; each copy is read once."""

    def __init__(self, plan: Plan, log: Log | None) -> None:
        self.plan = plan
        self.log = log
        self._read: dict[str, tuple[Plan, dict[str, str | None]]] = {}

    def _of(self, copy: Snapshot) -> tuple[Plan, dict[str, str | None]]:
        assert self.log is not None
        if copy.label not in self._read:
            then = desk.plan_of_state(copy.state, self.plan)
            self._read[copy.label] = then, self.log.became(copy.label)
        return self._read[copy.label]

    def at(self, copy: Snapshot) -> Earlier:
        """The plan at a frozen copy."""
        assert self.log is not None
        then, became = self._of(copy)
        number = self.log.number_at(copy.label)
        gone = self.log.dates_of_gone(copy.label, reference=self.plan.reference)
        passed = self.log.came_and_went(copy.label)
        return Earlier(
            Since(copy.label, _day_of(copy), frozen=copy.taken.date()),
            then,
            became,
            number,
            gone,
            passed,
        )

    def before(self, as_of: date) -> list[Frozen]:
        """The plan at the earlier reporting dates, oldest first; of several copies for a day the last."""
        if self.log is None:
            return []
        by_day = {_day_of(copy): copy for copy in self.log.in_order if _day_of(copy) < as_of}
        return [
            Frozen(day, by_day[day].label, *self._of(by_day[day]))
            for day in sorted(by_day)[-MOST_COPIES:]
        ]

    def after(self, as_of: date) -> date | None:
        """The last day after this one on which the plan was reported: it holds what came since."""
        if self.log is None:
            return None
        days = (copy.reporting_date for copy in self.log.in_order)
        return max((day for day in days if day is not None and day > as_of), default=None)


def _free_label(log: Log, plan: Plan, as_of: date | None) -> str:
    """ "Report 30 September 2026"; with a number where the plan was frozen so before."""
    day = desk.reporting_date(plan, as_of).day
    label = wanted = FROZEN_AS.format(spoken(day))
    number = 1
    while log.labelled(label) is not None:
        number += 1
        label = f"{wanted} ({number})"
    return label


def _beside(read: _Read, as_of: date | None) -> Path:
    """The folder "pack 2026-09-30" beside the plan. Raises OutputError where that is on no computer."""
    if read.path is None:
        raise OutputError(
            f"{read.plan.file} is not saved in a folder of this computer, so there is no place for the pack; "
            "save it in a folder first, or name one by  agsxl report --live --out FOLDER  in a terminal."
        )
    return read.path.with_name(f"pack {desk.reporting_date(read.plan, as_of).day.isoformat()}")


# -- the files ---------------------------------------------------------------------------------


def _write(
    pages: Pages, folder: Path, source: Path | None, progress: Progress
) -> tuple[Path, tuple[Path, ...], tuple[str, ...]]:
    """The three files, and what is to be said of their templates."""
    from agsxl.report.packbook import write_packbook
    from agsxl.report.placing import refuse
    from agsxl.report.web import is_as_made, write_web
    from agsxl.report.word import write_word

    desk.make_folder(folder)
    for name in (WORD, WORKBOOK, WEB):
        refuse(folder / name, source=source)
    for name, untouched in ((WORD, _never_saved), (WORKBOOK, _never_saved), (WEB, is_as_made)):
        file = folder / name
        if file.is_file() and not untouched(file):
            raise OutputError(
                f"{file} has been edited since it was made, or is not of agsxl's making, and is not written over; move it away, or choose "
                "another folder with --out."
            )
    progress("Writing the Word document")
    own = _template(source, WORD)
    try:
        word, lacking = write_word(folder / WORD, pages, template=own, workbook=WORKBOOK)
    except SettingsError as fault:  # the figures are due, whatever they look like
        if own is None:
            raise
        word, more = write_word(folder / WORD, pages, workbook=WORKBOOK)
        lacking = (f"{fault} Until then the pack has agsxl's own look.", *more)
    progress("Writing the workbook")
    book = write_packbook(folder / WORKBOOK, pages, source=source)
    progress("Writing the web page")
    web, missing = write_web(
        folder / WEB, pages, template=_template(source, WEB), workbook=WORKBOOK
    )
    return folder, (word, book, web), (*lacking, *missing)


def _template(source: Path | None, which: str) -> Path | None:
    """The officer's own template beside the plan, if there is one."""
    beside = source.with_name(TEMPLATES[which]) if source is not None else None
    return beside if beside is not None and beside.exists() else None


_CORE = "docProps/core.xml"
_STAMPS = re.compile(rb"<dcterms:(created|modified)[^>]*>([^<]*)<")


_MADE = (
    b"T12:00:00Z"  # agsxl enters noon of the reporting date, so that the same pack is the same file
)


_NO_TIME = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # of each part: scripts and LibreOffice enter the time of saving there


def _never_saved(file: Path) -> bool:
    """Whether a file of Word or Excel is as agsxl made it.

    Both programs enter when a file was last saved; in one that nobody saved, that is still when it was
    made.
    """
    try:
        with ZipFile(file) as package:
            stamps = dict(_STAMPS.findall(package.read(_CORE)))
            dates = {part.date_time for part in package.infolist()}
    except (OSError, BadZipFile, KeyError):
        return False
    made = stamps.get(b"created", b"")
    return made.endswith(_MADE) and made == stamps.get(b"modified") and dates == {_NO_TIME}
