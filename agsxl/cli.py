"""The terminal face: reads the arguments, calls the desk, says the results. Decides nothing.

Imports are kept inside the functions that need them, so that ``agsxl --help`` answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from agsxl.chasers import LeadChaser
    from agsxl.desk import ReportingDate
    from agsxl.plan import Plan
    from agsxl.updating import Reconciled

CLEAN, MUST_FIX, STOPPED = 0, 1, 2
_NO_WORKBOOK = (".csv", ".xls", ".xlsm", ".json", ".pdf", ".docx", ".txt", ".html")

_EPILOG = """\
The reporting date is --as-of, else that of the plan's Settings, else today; each output says which.
Exit code: 0 clean, 1 something must be fixed or decided (check, month, reconcile), 2 could not go on.
"""
_COMMANDS = {
    "show": "show the milestones as they were read",
    "check": "list the data queries, the must-fix first",
    "slippage": "measure how far each milestone has moved",
    "chase": "list what each SMT lead is asked",
    "month": "check, slippage and chase, as three workbooks in a folder",
    "reconcile": "read the leads' returns, and put what is decided into the plan",
    "answer": "enter what a lead answered by telephone or email",
    "return": "make the return workbook of one SMT lead",
    "rebaseline": "move a milestone's date, as approved",
    "snapshot": "freeze the plan as it is reported",
    "undo": "take the last update back",
    "history": "show the change log, or what became of one milestone",
    "diff": "hold two plans beside each other",
    "import": "make a master workbook of a published plan (.docx, .pdf, .html, .xls, .ods, text)",
    "rule": "explain a data query, or list them all",
}
_READS = ("show", "check", "slippage", "chase", "month")  # take a plan, and judge it on a day


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(STOPPED, f"agsxl: {message}; 'agsxl --help' says how it is called.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="agsxl",
        description="Governance action plans in Excel: checked, measured and chased.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="say which version this is")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, purpose in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose.capitalize() + ".")
        command.add_argument("--json", action="store_true", help="print one JSON object")
        if name == "rule":
            command.add_argument("code", nargs="?", help="a code or name, such as D301")
        elif name in _READS:
            _add_reading(command, name)
        else:
            _ARGUMENTS[name](command)
    return parser


_PLAN = "the plan: a workbook, a CSV or a published document"
_MASTER = "the plan, a workbook: .xlsx or .xlsm"


def _add_reading(command: argparse.ArgumentParser, name: str) -> None:
    command.add_argument("source", help=_PLAN)
    _add_day(command)
    _add_sheet(command)
    command.add_argument("--posts", metavar="FILE", help="the posts table, if not in the plan")
    if name == "show":
        command.add_argument(
            "--at", metavar="MOMENT", help="as it was: a snapshot's label, or a date"
        )
        return
    where = (
        "the folder to write to"
        if name in ("month", "chase")
        else "write a workbook: a file or a folder"
    )
    command.add_argument("--out", metavar="PATH", help=where)
    if name in ("check", "month"):
        command.add_argument(
            "--all", action="store_true", help="every rule, also those off by default"
        )


def _add_day(command: argparse.ArgumentParser) -> None:
    command.add_argument("--as-of", metavar="YYYY-MM-DD", help="the reporting date")


def _add_sheet(command: argparse.ArgumentParser) -> None:
    command.add_argument("--sheet", metavar="NAME", help="the sheet that holds the plan")


def _add_writing(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", metavar="PLAN", help=_MASTER)
    _add_day(command)
    _add_sheet(command)
    command.add_argument(
        "--who", metavar="NAME", default="", help="who does it, for the change log"
    )


def _add_reconcile(command: argparse.ArgumentParser) -> None:
    _add_writing(command)
    command.add_argument("returns", nargs="*", metavar="RETURN", help="returns, or folders of them")
    command.add_argument(
        "--apply", action="store_true", help="write what is decided into the plan, all or nothing"
    )
    command.epilog = (
        "Without --apply the result is put onto the plan's Replies sheet, where you decide; with "
        "--json alone nothing is written."
    )


def _add_answer(command: argparse.ArgumentParser) -> None:
    _add_writing(command)
    command.add_argument("ref", help="the milestone's Ref")
    command.add_argument("--by", default="", metavar="LEAD", help="who answered")
    command.add_argument("--status", default="", help="how it stands")
    command.add_argument("--proposed-date", default="", metavar="DATE", help="a new date")
    command.add_argument("--reason", default="", help="why the date moves")
    command.add_argument("--comment", default="", help="a note, added to the comments")
    command.add_argument("--evidence", default="", help="what shows that it is complete")
    command.add_argument("--completed", default="", metavar="DATE", help="when it was completed")
    command.add_argument("--no-change", action="store_true", help="nothing has changed")
    command.add_argument(
        "--approved-by", default="", metavar="NAME", help="who approved the new date"
    )


def _add_return(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", metavar="PLAN", help=_PLAN)
    command.add_argument("lead", help="the SMT lead, by post or person")
    _add_day(command)
    _add_sheet(command)
    command.add_argument("--posts", metavar="FILE", help="the posts table, if not in the plan")
    command.add_argument("--out", metavar="PATH", help="the workbook, or a folder")
    command.add_argument("--all", action="store_true", help="every open milestone of the lead")


def _add_rebaseline(command: argparse.ArgumentParser) -> None:
    _add_writing(command)
    command.add_argument("ref", help="the milestone's Ref")
    command.add_argument("date", help="the new date, such as 2026-11-30")
    command.add_argument("--reason", default="", help="why it moves")
    command.add_argument("--approved-by", default="", metavar="NAME", help="who approved it")


def _add_snapshot(command: argparse.ArgumentParser) -> None:
    _add_writing(command)
    command.add_argument("label", help="such as 'Governance Committee 28/09/2017'")


def _add_history(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", metavar="PLAN", help=_MASTER)
    command.add_argument("ref", nargs="?", default="", help="one milestone's Ref")
    _add_day(command)
    _add_sheet(command)


def _add_diff(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", metavar="OLD", help=_PLAN)
    command.add_argument("new", metavar="NEW", help="the other plan")
    _add_day(command)
    _add_sheet(command)


def _add_import(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", help=_PLAN)
    _add_day(command)
    _add_sheet(command)
    command.add_argument("--posts", metavar="FILE", help="the posts table, if not in the plan")
    command.add_argument("--out", metavar="PATH", help="the new workbook, or a folder")
    command.add_argument(
        "--accept-suggestions",
        action="store_true",
        help="fill in what is only supposed, and mark it",
    )


_ARGUMENTS = {
    "reconcile": _add_reconcile, "answer": _add_answer, "return": _add_return,
    "rebaseline": _add_rebaseline, "snapshot": _add_snapshot, "undo": _add_writing,
    "history": _add_history, "diff": _add_diff, "import": _add_import,
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. ``main(["check", "plan.xlsx"])``."""
    options = _parser().parse_args(arguments)
    if options.version:
        from agsxl import __version__

        print(f"agsxl {__version__}")
        return CLEAN
    if options.command is None:
        _parser().print_help()
        return CLEAN
    from agsxl.errors import AgsxlError

    if hasattr(sys.stdout, "reconfigure"):
        if getattr(options, "json", False):  # JSON is UTF-8, whatever the console's encoding
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
        else:  # a console in another encoding must not stop the job
            sys.stdout.reconfigure(errors="replace")
    progress = _Progress()
    try:
        _asked_date(
            getattr(options, "as_of", None)
        )  # a wrong one is said before anything is written
        return _RUN[options.command](options, progress)
    except AgsxlError as fault:
        progress.clear()
        print(f"agsxl: {fault}", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # the reader ("| head") has seen enough
        sys.stderr.close()
        return CLEAN
    except KeyboardInterrupt:
        progress.clear()
        print("agsxl: stopped; nothing is half written.", file=sys.stderr)
        return STOPPED
    except (OSError, MemoryError) as fault:
        progress.clear()
        print(f"agsxl: the job could not go on ({fault}).", file=sys.stderr)
        return STOPPED
    except Exception as fault:  # no traceback reaches an officer
        from os import environ

        if environ.get("AGSXL_TRACEBACK"):
            raise
        progress.clear()
        print(
            f"agsxl: the job could not go on, by a fault of agsxl itself ({type(fault).__name__}: "
            f"{fault}); nothing was changed in the plan. Please report this.",
            file=sys.stderr,
        )
        return STOPPED


class _Progress:
    """Says each step on a terminal, once the job has taken over a second; else nothing."""

    def __init__(self) -> None:
        from time import monotonic

        self._clock = monotonic
        self._started = monotonic()
        self._shown = 0
        self._watched = sys.stderr.isatty()

    def __call__(self, step: str) -> None:
        if self._watched and self._clock() - self._started > 1:
            self.clear()
            print(f"{step} ...", end="", file=sys.stderr, flush=True)
            self._shown = len(step) + 4

    def clear(self) -> None:
        if self._shown:
            print(f"\r{' ' * self._shown}\r", end="", file=sys.stderr, flush=True)
            self._shown = 0


def _say(lines: Iterable[str]) -> None:
    print("\n".join(lines))


def _say_json(shape: dict[str, Any], day: ReportingDate) -> None:
    from json import dumps

    head = {"as_of": day.day.isoformat(), "as_of_from": day.said_by}
    print(dumps(head | shape, ensure_ascii=False, indent=1))


def _asked_date(text: str | None) -> date | None:
    if text is None:
        return None
    from agsxl.dates import Kind, read_target
    from agsxl.errors import SettingsError

    target = read_target(text)
    if target.kind is not Kind.EXACT or not target.certain or target.note:
        raise SettingsError(f"--as-of needs a date such as 2017-09-30, not {text!r}.")
    return target.latest


def _load(options: argparse.Namespace, progress: _Progress) -> tuple[Plan, ReportingDate]:
    from agsxl import desk

    asked = _asked_date(options.as_of)
    plan = desk.load_plan(
        options.source, sheet=options.sheet, posts=options.posts, progress=progress
    )
    return plan, desk.reporting_date(plan, asked)


def _target(out: str, name: str) -> Path:
    """The workbook to write: ``out`` itself if it names one, else ``name`` in that folder."""
    from pathlib import Path

    from agsxl.errors import OutputError

    path = Path(out)
    if path.suffix.lower() in _NO_WORKBOOK:
        raise OutputError(
            f"--out {out} cannot be written: the results are .xlsx workbooks; name one, or a folder."
        )
    return path if path.suffix.lower() == ".xlsx" else path / name


def _show(options: argparse.Namespace, progress: _Progress) -> int:
    plan, day = _load(options, progress)
    if options.at:
        from agsxl import updating

        plan = updating.plan_at(options.source, options.at, sheet=options.sheet, progress=progress)
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_plan(plan, day.day), day)
    else:
        from agsxl import screen

        _say([*screen.heading(plan, day), "", *screen.plan_table(plan)])
    return CLEAN


def _check(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import desk

    plan, day = _load(options, progress)
    progress("Checking")
    found = desk.check(plan, as_of=day.day, every_rule=options.all)
    wrote = []
    if options.out:
        progress("Writing")
        wrote = [
            desk.write_findings(
                _target(options.out, desk.FINDINGS), found, plan, options.source, day.day
            )
        ]
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_findings(found, plan.settings) | _files(wrote), day)
    else:
        from agsxl import screen

        _say([*screen.heading(plan, day), *screen.findings(found, plan.settings), *_wrote(wrote)])
    return MUST_FIX if desk.must_fix(found) else CLEAN


def _slippage(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import desk

    plan, day = _load(options, progress)
    progress("Measuring")
    measured = desk.slippage(plan, as_of=day.day)
    wrote = []
    if options.out:
        progress("Writing")
        wrote = [
            desk.write_slippage(_target(options.out, desk.SLIPPAGE), measured, plan, options.source)
        ]
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_slippage(measured) | _files(wrote), day)
    else:
        from agsxl import screen

        _say([*screen.heading(plan, day), *screen.slippage(measured, plan), *_wrote(wrote)])
    return CLEAN


def _chase(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import desk

    plan, day = _load(options, progress)
    progress("Listing what each lead is asked")
    lists = desk.chase(plan, as_of=day.day)
    unassigned = desk.without_lead(plan, as_of=day.day)
    wrote = []
    if options.out:
        progress("Writing")
        target = _target(options.out, desk.CHASERS)
        wrote = [
            desk.write_chasers(target, lists, unassigned, plan, options.source, day.day),
            *_write_returns(target, options.out, plan, lists, day.day, progress),
        ]
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_chasers(lists, unassigned) | _files(wrote), day)
    else:
        from agsxl import screen

        _say([*screen.heading(plan, day), *screen.chasers(lists, unassigned), *_wrote(wrote)])
    return CLEAN


def _write_returns(
    target: Path,
    out: str,
    plan: Plan,
    lists: list[LeadChaser],
    as_of: date,
    progress: _Progress,
) -> tuple[Path, ...]:
    """The leads' return workbooks, in a folder beside chasers.xlsx; none where a file was named."""
    from pathlib import Path

    from agsxl import updating

    if target == Path(out):
        return ()
    return updating.write_returns(
        target.parent / updating.RETURNS, plan, lists, as_of=as_of, progress=progress
    )


def _month(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import desk, updating

    plan, day = _load(options, progress)
    month = desk.month(
        plan,
        options.source,
        as_of=day.day,
        out=options.out,
        every_rule=options.all,
        progress=progress,
    )
    returns = updating.write_returns(
        month.folder / updating.RETURNS, plan, month.chasers, as_of=day.day, progress=progress
    )
    files = [*month.files, *returns]
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(
            {
                "check": shapes.of_findings(month.findings, plan.settings),
                "slippage": shapes.of_slippage(month.slippage),
                "chase": shapes.of_chasers(month.chasers, month.without_lead),
            }
            | _files(files),
            day,
        )
    else:
        from agsxl import screen

        _say([*screen.heading(plan, day), *screen.month(month, plan), *_wrote(files)])
    return MUST_FIX if desk.must_fix(month.findings) else CLEAN


def _rule(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl.rules import CATALOGUE, find_rule

    chosen = [find_rule(options.code)] if options.code else list(CATALOGUE)
    if options.json:
        from json import dumps

        from agsxl import shapes

        print(
            dumps(
                {"rules": [shapes.of_rule(rule) for rule in chosen]}, ensure_ascii=False, indent=1
            )
        )
    else:
        from agsxl import screen

        _say(screen.rule(chosen[0]) if options.code else screen.rules(chosen))
    return CLEAN


def _import(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import desk
    from agsxl.errors import OutputError

    if options.accept_suggestions and not options.out:
        raise OutputError("--accept-suggestions fills in a new workbook; name it with --out.")
    done = desk.import_plan(
        options.source,
        _target(options.out, desk.IMPORTED) if options.out else None,
        as_of=_asked_date(options.as_of),
        sheet=options.sheet,
        posts=options.posts,
        accept_suggestions=options.accept_suggestions,
        progress=progress,
    )
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_import(done.reading, done.accepted) | _files(done.files), done.day)
    else:
        from agsxl import screen

        _say([*screen.imported(done.reading, done.accepted), *_wrote(done.files)])
    return CLEAN


# -- the jobs that write the plan, and those beside them ---------------------------------------


def _say_shape(shape: dict[str, Any]) -> None:
    from json import dumps

    print(dumps(shape, ensure_ascii=False, indent=1))


def _reconcile(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import updating

    done = updating.reconcile(
        options.source,
        options.returns,
        apply=options.apply,
        keep_on_sheet=not options.json,
        sheet=options.sheet,
        who=options.who,
        progress=progress,
    )
    return _say_reconciled(done, options, progress)


def _say_reconciled(done: Reconciled, options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import desk

    progress.clear()
    day = desk.reporting_date(done.plan, _asked_date(options.as_of))
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_reconciled(done), day)
    else:
        from agsxl.screen import updating as screen

        _say(screen.reconciled(done))
    return MUST_FIX if done.waiting else CLEAN


def _answer(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import updating

    done = updating.answer(
        options.source,
        options.ref,
        by=options.by,
        status=options.status,
        proposed_date=options.proposed_date,
        reason=options.reason,
        comment=options.comment,
        evidence=options.evidence,
        completed=options.completed,
        no_change=options.no_change,
        approved_by=options.approved_by,
        sheet=options.sheet,
        who=options.who,
        progress=progress,
    )
    _say_reconciled(done, options, progress)
    return CLEAN


def _rebaseline(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import updating

    done = updating.rebaseline(
        options.source,
        options.ref,
        options.date,
        reason=options.reason,
        approved_by=options.approved_by,
        sheet=options.sheet,
        who=options.who,
        progress=progress,
    )
    _say_reconciled(done, options, progress)
    return CLEAN


def _return(options: argparse.Namespace, progress: _Progress) -> int:
    from pathlib import Path

    from agsxl import updating

    plan, day = _load(options, progress)
    asked = updating.asked_of(plan, options.lead, as_of=day.day, every=options.all)
    written = updating.write_return_of(
        plan, asked, Path(options.out) if options.out else Path(), as_of=day.day
    )
    progress.clear()
    if options.json:
        shape = {"lead": asked.lead, "milestones": [a.ref for a in asked.milestones]}
        _say_json(shape | _files([written]), day)
    else:
        from agsxl import screen

        many = f"{asked.lead}: {len(asked.milestones)} to answer."
        _say([*screen.heading(plan, day), many, *_wrote([written])])
    return CLEAN


def _snapshot(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import updating

    written = updating.snapshot(
        options.source,
        options.label,
        as_of=_asked_date(options.as_of),
        sheet=options.sheet,
        who=options.who,
        progress=progress,
    )
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_shape(shapes.of_written(written))
    else:
        from agsxl.screen import updating as screen

        _say([f"The plan is frozen as {options.label!r}.", *screen.noticed_and_backup(written)])
    return CLEAN


def _undo(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import updating

    done = updating.undo(options.source, sheet=options.sheet, who=options.who, progress=progress)
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_shape(shapes.of_undone(done))
    else:
        from agsxl.screen import updating as screen

        _say(screen.undone(done))
    return CLEAN


def _history(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import updating

    known = updating.history_of(options.source, options.ref, sheet=options.sheet, progress=progress)
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_shape(shapes.of_history(known))
    else:
        from agsxl.screen import updating as screen

        _say(screen.history(known, options.ref))
    return CLEAN


def _diff(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import updating

    old, new, found = updating.diff(
        options.source, options.new, sheet=options.sheet, progress=progress
    )
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_shape(shapes.of_differences(found))
    else:
        from agsxl.screen import updating as screen

        _say(screen.differences(old, new, found))
    return CLEAN


def _files(paths: Iterable[Path]) -> dict[str, Any]:
    return {"files": [str(path) for path in paths]}


def _wrote(paths: Iterable[Path]) -> list[str]:
    listed = [f"  {path}" for path in paths]
    return ["", "Written:", *listed] if listed else []


_RUN = {
    "show": _show, "check": _check, "slippage": _slippage, "chase": _chase, "month": _month,
    "rule": _rule, "reconcile": _reconcile, "answer": _answer, "return": _return,
    "rebaseline": _rebaseline, "snapshot": _snapshot, "undo": _undo, "history": _history,
    "diff": _diff, "import": _import,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
