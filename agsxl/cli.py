"""The terminal face: reads the arguments, calls the desk, says the results. Decides nothing.

Imports are kept inside the functions that need them, so that ``agsxl --help`` answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from agsxl.desk import ReportingDate
    from agsxl.edits import Book
    from agsxl.plan import Plan
    from agsxl.updating import Reconciled

CLEAN, MUST_FIX, STOPPED = 0, 1, 2
_NO_WORKBOOK = (".csv", ".xls", ".xlsm", ".json", ".pdf", ".docx", ".txt", ".html")

_EPILOG = """\
The reporting date is --as-of, else that of the plan's Settings, else today; each output says which.
Exit code: 0 clean, 1 something must be fixed or decided (check, month, reconcile), 2 could not go on.
"""
_COMMANDS = {
    "new": "make a master workbook, empty or filled from any plan",
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
    "report": "make the committee pack: a Word document, a workbook and a web page",
    "roll": "close a year, and make the plan of the next one",
    "lineage": "show what came from one year's plan into the next, and what did not",
    "forget": "take a person out of the posts and the chase log, and what is too old",
    "mail-password": "keep the mail server's password in the system's keyring",
    "import": "make a master workbook of a published plan (.docx, .pdf, .html, .xls, .ods, text)",
    "addin": "let the workbook's buttons run: install, remove, doctor",
    "rule": "explain a data query, or list them all",
}
_LIVE = ("check", "slippage", "chase")
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
        command = commands.add_parser(
            name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}."
        )
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
    if name in _LIVE:
        _add_source(command, _PLAN)
    else:
        command.add_argument("source", metavar="PLAN", help=_PLAN)
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
    if name == "chase":
        _add_chase(command)
    if name in ("check", "slippage"):
        command.add_argument(
            "--into-plan", action="store_true", help="put the result onto the plan's own sheet"
        )


def _add_chase(command: argparse.ArgumentParser) -> None:
    what = command.add_mutually_exclusive_group()
    what.add_argument(
        "--preview", action="store_true", help="show every message of the round on one page"
    )
    what.add_argument("--send", action="store_true", help="send the round that was previewed")
    what.add_argument("--status", action="store_true", help="who has answered, and who has not")
    what.add_argument(
        "--thanks", action="store_true", help="draft thanks to those who have answered"
    )
    what.add_argument("--sent", metavar="LEAD", help="say that this lead's message was sent")
    what.add_argument("--not-sent", metavar="LEAD", help="say that it was not sent after all")
    command.add_argument(
        "--new-round", action="store_true", help="begin another round in the same month"
    )
    command.add_argument("--yes", action="store_true", help="send without asking")
    command.epilog = (
        "With --out the messages are written as drafts, each with the workbook to answer in, and "
        "entered in the plan's chase log. Alone it lists what each lead is asked, and writes nothing."
    )


def _add_source(command: argparse.ArgumentParser, what: str) -> None:
    """The plan: its file, or the workbook that is open in Excel."""
    command.add_argument("source", metavar="PLAN", nargs="?", help=what)
    command.add_argument(
        "--live",
        metavar="NAME",
        nargs="?",
        const="",
        help="instead of PLAN, the workbook that is open in Excel: what its button does",
    )


def _add_day(command: argparse.ArgumentParser) -> None:
    command.add_argument("--as-of", metavar="YYYY-MM-DD", help="the reporting date")


def _add_sheet(command: argparse.ArgumentParser) -> None:
    command.add_argument("--sheet", metavar="NAME", help="the sheet that holds the plan")


def _add_writing(command: argparse.ArgumentParser, *, live: bool = False) -> None:
    if live:
        _add_source(command, _MASTER)
    else:
        command.add_argument("source", metavar="PLAN", help=_MASTER)
    _add_day(command)
    _add_sheet(command)
    _add_who(command)


def _add_who(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--who", metavar="NAME", default="", help="who does it, for the change log"
    )


def _add_undo(command: argparse.ArgumentParser) -> None:
    _add_writing(command, live=True)


def _add_reconcile(command: argparse.ArgumentParser) -> None:
    _add_writing(command, live=True)
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


def _add_report(command: argparse.ArgumentParser) -> None:
    _add_source(command, _PLAN)
    _add_day(command)
    _add_sheet(command)
    command.add_argument("--posts", metavar="FILE", help="the posts table, if not in the plan")
    command.add_argument(
        "--since",
        metavar="MOMENT",
        default="",
        help="what to compare with: a snapshot's label, or a date; else the last report before",
    )
    command.add_argument("--out", metavar="DIR", help="the folder to write the pack to")
    command.add_argument(
        "--freeze",
        metavar="LABEL",
        nargs="?",
        const="",
        help="freeze the plan as it is reported, for the next report to be compared with",
    )
    command.add_argument(
        "--last-year",
        metavar="FILE",
        help="last year's plan, if this one does not say how it ended",
    )
    _add_who(command)
    command.epilog = (
        "Without --out the first page of the pack is shown, and nothing is written. With --live the "
        "pack goes into a folder beside the workbook, and the plan is frozen as it is reported."
    )


def _add_roll(command: argparse.ArgumentParser) -> None:
    _add_source(command, _PLAN)
    _add_day(command)
    _add_sheet(command)
    command.add_argument("--posts", metavar="FILE", help="the posts table, if not in the plan")
    command.add_argument("--year", metavar="YEAR", help="the year that begins, such as 2018/19")
    command.add_argument("--out", metavar="NEXT", help="the new workbook: .xlsm, or .xlsx")
    _add_who(command)
    command.epilog = (
        "The plan itself is not changed. With --live the new workbook stands beside the open one, and the "
        "year is the one after the plan's own, unless --out and --year say otherwise."
    )


def _add_lineage(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "plans", nargs="*", metavar="PLAN", help="two plans or more, the oldest first"
    )
    _add_day(command)
    _add_sheet(command)
    command.add_argument("--out", metavar="PATH", help="write a workbook: a file or a folder")


def _add_forget(command: argparse.ArgumentParser) -> None:
    _add_writing(command)
    command.add_argument("person", nargs="?", default="", help="a name or an address")
    command.add_argument(
        "--backups", action="store_true", help="delete the copies of the plan that hold it too"
    )


def _add_new(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "out", metavar="PLAN.xlsm", help="the new workbook: .xlsm, or .xlsx without buttons"
    )
    command.add_argument("--from", dest="source", metavar="SOURCE", help=_PLAN)
    _add_day(command)
    _add_sheet(command)
    command.add_argument("--posts", metavar="FILE", help="the posts table, if not in the source")


def _add_addin(command: argparse.ArgumentParser) -> None:
    command.add_argument("what", choices=("install", "remove", "doctor"))
    command.add_argument("workbook", nargs="?", help="for doctor: the officer's own workbook")
    command.add_argument(
        "--replace", action="store_true", help="for install: also where another Python is in use"
    )


def _add_password(command: argparse.ArgumentParser) -> None:
    command.add_argument("server", help="the mail server, as in the plan's Settings")
    command.add_argument("user", help="the name that the server knows you by")


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
    "rebaseline": _add_rebaseline, "snapshot": _add_snapshot, "undo": _add_undo,
    "history": _add_history, "diff": _add_diff, "import": _add_import, "report": _add_report,
    "roll": _add_roll, "lineage": _add_lineage, "forget": _add_forget, "mail-password": _add_password,
    "new": _add_new, "addin": _add_addin,
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
        _file_of(options), sheet=options.sheet, posts=options.posts, progress=progress
    )
    return plan, desk.reporting_date(plan, asked)


def _plan_of(options: argparse.Namespace) -> Path | Book:
    """The plan that was named: a file, or the workbook that is open in Excel."""
    if options.live is None:
        return _file_of(options)
    from agsxl.excel.live import live_book

    return live_book(options.live or None)


def _file_of(options: argparse.Namespace) -> Path:
    from pathlib import Path

    from agsxl.errors import SourceError

    if options.source is None:
        raise SourceError("Name the plan, or the workbook that is open in Excel with --live.")
    return Path(options.source)


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


def _check_onto(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import desk, results

    _refuse_posts(options)
    done = results.check_onto(
        _plan_of(options),
        as_of=_asked_date(options.as_of),
        every_rule=options.all,
        sheet=options.sheet,
        progress=progress,
    )
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_checked(done), done.day)
    else:
        from agsxl import screen

        found = screen.findings(done.findings, done.plan.settings)
        _say([*screen.heading(done.plan, done.day), *found, *screen.onto_sheet(done)])
    return MUST_FIX if desk.must_fix(done.findings) else CLEAN


def _slippage_onto(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import results

    _refuse_posts(options)
    done = results.slippage_onto(
        _plan_of(options), as_of=_asked_date(options.as_of), sheet=options.sheet, progress=progress
    )
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_slippage(done.slippage) | shapes.of_receipt(done.receipt), done.day)
    else:
        from agsxl import screen

        moved = screen.slippage(done.slippage, done.plan)
        _say([*screen.heading(done.plan, done.day), *moved, *screen.receipt(done.receipt)])
    return CLEAN


def _refuse_posts(options: argparse.Namespace) -> None:
    """Onto the plan's own sheets goes what the plan itself says."""
    from agsxl.errors import SettingsError

    if options.posts or options.out:
        option = "--posts" if options.posts else "--out"
        raise SettingsError(
            f"{option} cannot be given with --into-plan or --live: they work on the workbook as it is."
        )


def _check(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import desk

    if options.into_plan or options.live is not None:
        return _check_onto(options, progress)
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

    if options.into_plan or options.live is not None:
        return _slippage_onto(options, progress)
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
    _refuse_idle(options)
    if options.status:
        return _chase_status(options, progress)
    if _writes_a_round(options):
        return _chase_round(options, progress)
    from agsxl import desk

    plan, day = _load(options, progress)
    progress("Listing what each lead is asked")
    lists = desk.chase(plan, as_of=day.day)
    unassigned = desk.without_lead(plan, as_of=day.day)
    wrote = []
    if options.out:  # a workbook was named, so it is that alone
        progress("Writing")
        target = _target(options.out, desk.CHASERS)
        wrote = [desk.write_chasers(target, lists, unassigned, plan, options.source, day.day)]
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_chasers(lists, unassigned) | _files(wrote), day)
    else:
        from agsxl import screen

        _say([*screen.heading(plan, day), *screen.chasers(lists, unassigned), *_wrote(wrote)])
    return CLEAN


def _refuse_idle(options: argparse.Namespace) -> None:
    """Raise SettingsError for an option that would do nothing with what is asked for."""
    from agsxl.errors import SettingsError

    marks = options.sent is not None or options.not_sent is not None
    asked = (
        "--sent" if options.sent is not None else "--not-sent" if marks else
        next((f"--{each}" for each in ("status", "thanks", "send", "preview") if getattr(options, each)), "")
    )  # fmt: skip
    idle = [
        ("--posts", options.posts and (marks or options.thanks)),
        ("--out", options.out and (marks or options.status)),
        ("--yes", options.yes and not options.send),
        ("--new-round", options.new_round and asked not in ("", "--preview")),
    ]
    for option, does_nothing in idle:
        if does_nothing:
            beside = f"with {asked}" if asked else "without --send"
            raise SettingsError(f"{option} does nothing {beside}; leave it out.")
    if options.new_round and not _writes_a_round(options):
        raise SettingsError("--new-round needs --preview, or --out with a folder for the drafts.")
    if asked and options.out and not _is_folder(options.out):
        raise SettingsError(f"--out {options.out} must be a folder with {asked}.")


def _writes_a_round(options: argparse.Namespace) -> bool:
    if options.preview or options.send or options.thanks:
        return True
    if options.sent is not None or options.not_sent is not None:
        return True
    return options.live is not None or bool(options.out and _is_folder(options.out))


def _is_folder(out: str) -> bool:
    from agsxl import desk

    return _target(out, desk.CHASERS).name == desk.CHASERS and not out.lower().endswith(".xlsx")


def _chase_status(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import sending

    standing = sending.round_status(
        _plan_of(options),
        as_of=_asked_date(options.as_of),
        posts=options.posts,
        sheet=options.sheet,
        progress=progress,
    )
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_standing(standing), standing.day)
    else:
        from agsxl.screen import sending as screen

        _say(screen.standing(standing))
    return CLEAN


def _chase_round(options: argparse.Namespace, progress: _Progress) -> int:
    """What is done with a round: drafted, previewed, sent, thanked for, or spoken of."""
    from agsxl import sending

    plan, as_of = _plan_of(options), _asked_date(options.as_of)
    common = {"as_of": as_of, "sheet": options.sheet, "progress": progress}
    if options.send:
        done = sending.send(
            plan, options.out, confirm=_confirm(options, progress), posts=options.posts, **common
        )
    elif options.thanks:
        done = sending.thank(plan, options.out, **common)
    elif options.sent is not None or options.not_sent is not None:
        lead = options.not_sent if options.sent is None else options.sent
        done = sending.mark(plan, lead, sent=options.sent is not None, **common)
    else:
        done = sending.draft(
            plan,
            options.out,
            posts=options.posts,
            new_round=options.new_round,
            preview=options.preview or options.live is not None,
            **common,
        )
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_chased(done), done.day)
    else:
        from agsxl.screen import sending as screen

        _say(screen.chased(done))
        if options.preview and sys.stdout.isatty():
            _open_page(done.files)
    return MUST_FIX if done.failed else CLEAN


def _confirm(options: argparse.Namespace, progress: _Progress) -> Callable[[str], bool]:
    """Asks on the terminal; where there is none, or with --json, only --yes says yes."""

    def ask(question: str) -> bool:
        progress.clear()
        if options.yes:
            return True
        if options.json or not sys.stdin.isatty():
            from agsxl.errors import OutputError

            raise OutputError(f"{question} Nobody can be asked here; give --yes. Nothing was sent.")
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")

    return ask


def _open_page(files: Iterable[Path]) -> None:
    """Show the preview in the officer's browser."""
    import webbrowser

    for file in files:
        if file.suffix == ".html":
            webbrowser.open(file.resolve().as_uri())


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

    returns = options.returns
    if options.live is not None and options.source is not None:
        returns = [options.source, *returns]
    done = updating.reconcile(
        _plan_of(options),
        returns,
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

    done = updating.undo(_plan_of(options), sheet=options.sheet, who=options.who, progress=progress)
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


def _new(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import desk

    done = desk.new_plan(
        options.out,
        options.source,
        as_of=_asked_date(options.as_of),
        sheet=options.sheet,
        posts=options.posts,
        progress=progress,
    )
    progress.clear()
    many = len(done.plan.milestones) if done.plan is not None else 0
    if options.json:
        _say_json({"milestones": many} | _files([done.file]), done.day)
    else:
        from agsxl.texts import counted

        what = f"filled with {counted(many, 'milestone')}" if done.plan else "empty"
        _say([f"A new master workbook, {what}.", *done.notes, *_wrote([done.file])])
    return CLEAN


def _addin(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import addin

    if options.what == "doctor":
        return _addin_doctor(options)
    if options.what == "install":
        installed = addin.install(replace=options.replace)
        said, files = installed.said, installed.written
    else:
        removed = addin.remove()
        said, files = removed.said, removed.taken
    if options.json:
        _say_shape({"said": said} | _files(files))
    else:
        _say([said, *_wrote(files)])
    return CLEAN


def _addin_doctor(options: argparse.Namespace) -> int:
    from agsxl import addin

    found = addin.doctor(options.workbook)
    if options.json:
        letter = addin.letter_to_it(found)
        _say_shape({"checks": [each._asdict() for each in found], "letter": letter})
    else:
        from agsxl.screen import width

        letter = addin.letter_to_it(found)
        _say([*addin.lines_of(found, width=width()), *(["", letter] if letter else [])])
    return MUST_FIX if any(each.state is addin.State.ATTENTION for each in found) else CLEAN


def _forget(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import sending

    done = sending.forget(
        options.source,
        options.person,
        as_of=_asked_date(options.as_of),
        backups=options.backups,
        sheet=options.sheet,
        progress=progress,
    )
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_shape(shapes.of_forgotten(done))
    else:
        from agsxl.screen import sending as screen

        _say(screen.forgotten(done))
    return CLEAN


def _mail_password(options: argparse.Namespace, progress: _Progress) -> int:
    """Ask for a password without showing it. It goes into the system's keyring and nowhere else."""
    from getpass import getpass

    from agsxl.mail.password import remember_password

    try:
        typed = getpass(f"Password of {options.user} at {options.server}: ")
    except EOFError:  # nobody sits at this terminal
        typed = ""
    remember_password(options.server, options.user, typed)
    if options.json:
        _say_shape({"server": options.server, "user": options.user})
    else:
        print(f"The password of {options.user} at {options.server} is in the system's keyring.")
    return CLEAN


# -- the committee pack, and the year's end ------------------------------------------------------


def _report(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import packing
    from agsxl.errors import SettingsError

    plan = _plan_of(options)
    freeze = options.freeze is not None or options.live is not None
    if freeze and not options.out and options.live is None:
        raise SettingsError(
            "--freeze keeps the plan as the pack reports it; name the pack's folder with --out, or freeze "
            "the plan without one by agsxl snapshot."
        )
    done = packing.committee_pack(
        plan,
        since=options.since,
        out=options.out,
        beside=options.live is not None and not options.out,
        label=options.freeze or "",
        freeze=freeze,
        last_year=options.last_year,
        as_of=_asked_date(options.as_of),
        sheet=options.sheet,
        posts=options.posts,
        who=options.who,
        progress=progress,
    )
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_packed(done), done.day)
    else:
        from agsxl.screen import packing as screen

        _say(screen.packed(done))
    return CLEAN


def _roll(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import years
    from agsxl.errors import OutputError, SettingsError

    plan = _plan_of(options)
    if not options.year and options.live is None:
        raise SettingsError("Name the year that begins with --year, such as --year 2018/19.")
    if not options.out and options.live is None:
        raise OutputError("Name the workbook of the new year with --out, such as --out next.xlsm.")
    done = years.roll(
        plan,
        options.year or "",
        options.out,
        as_of=_asked_date(options.as_of),
        sheet=options.sheet,
        posts=options.posts,
        who=options.who,
        progress=progress,
    )
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.rolled_shape(done), done.day)
    else:
        from agsxl.screen import rolling as screen

        print(screen.show_rolled(done))
    return CLEAN


def _lineage(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import desk, years

    found = years.lineage(options.plans, sheet=options.sheet, progress=progress)
    wrote = []
    if options.out:
        from agsxl.report.lineage import write_lineage

        progress("Writing")
        target = _target(options.out, "lineage.xlsx")
        day = desk.day_without_plan(_asked_date(options.as_of)).day
        wrote = [write_lineage(target, found, as_of=day, sources=options.plans)]
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_shape(shapes.lineage_shape(found) | _files(wrote))
    else:
        from agsxl.screen import lineage as screen

        print(screen.show_lineage(found))
        if wrote:
            _say(_wrote(wrote))
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
    "diff": _diff, "import": _import, "forget": _forget, "mail-password": _mail_password,
    "new": _new, "addin": _addin, "report": _report, "roll": _roll, "lineage": _lineage,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
