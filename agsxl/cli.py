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

    from agsxl.desk import ReportingDate
    from agsxl.plan import Plan

CLEAN, MUST_FIX, STOPPED = 0, 1, 2
_NO_WORKBOOK = (".csv", ".xls", ".xlsm", ".json", ".pdf", ".docx", ".txt", ".html")

_EPILOG = """\
The reporting date is --as-of, else that of the plan's Settings, else today; each output says which.
Exit code: 0 clean, 1 something must be fixed (check, month), 2 could not go on.
"""
_COMMANDS = {
    "show": "show the milestones as they were read",
    "check": "list the data queries, the must-fix first",
    "slippage": "measure how far each milestone has moved",
    "chase": "list what each SMT lead is asked",
    "month": "check, slippage and chase, as three workbooks in a folder",
    "rule": "explain a data query, or list them all",
    "import": "make a new master workbook of a published plan (.docx, .pdf, .html, .xls, .ods, text)",
}


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
        if name == "rule":
            command.add_argument("code", nargs="?", help="a code or name, such as D301")
            command.add_argument("--json", action="store_true", help="print one JSON object")
            continue
        command.add_argument("source", help="the plan: a workbook, a CSV or a published document")
        command.add_argument("--as-of", metavar="YYYY-MM-DD", help="the reporting date")
        command.add_argument("--sheet", metavar="NAME", help="the sheet that holds the plan")
        command.add_argument("--posts", metavar="FILE", help="the posts table, if not in the plan")
        command.add_argument("--json", action="store_true", help="print one JSON object")
        if name != "show":
            where = (
                "the folder to write to"
                if name == "month"
                else "write a workbook: a file or a folder"
            )
            command.add_argument("--out", metavar="PATH", help=where)
        if name == "import":
            command.add_argument(
                "--accept-suggestions",
                action="store_true",
                help="fill in what is only supposed, and mark it",
            )
        if name in ("check", "month"):
            command.add_argument(
                "--all", action="store_true", help="every rule, also those off by default"
            )
    return parser


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
        wrote = [
            desk.write_chasers(
                _target(options.out, desk.CHASERS), lists, unassigned, plan, options.source, day.day
            )
        ]
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(shapes.of_chasers(lists, unassigned) | _files(wrote), day)
    else:
        from agsxl import screen

        _say([*screen.heading(plan, day), *screen.chasers(lists, unassigned), *_wrote(wrote)])
    return CLEAN


def _month(options: argparse.Namespace, progress: _Progress) -> int:
    from agsxl import desk

    plan, day = _load(options, progress)
    month = desk.month(
        plan,
        options.source,
        as_of=day.day,
        out=options.out,
        every_rule=options.all,
        progress=progress,
    )
    progress.clear()
    if options.json:
        from agsxl import shapes

        _say_json(
            {
                "check": shapes.of_findings(month.findings, plan.settings),
                "slippage": shapes.of_slippage(month.slippage),
                "chase": shapes.of_chasers(month.chasers, month.without_lead),
            }
            | _files(month.files),
            day,
        )
    else:
        from agsxl import screen

        _say([*screen.heading(plan, day), *screen.month(month, plan), *_wrote(month.files)])
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


def _files(paths: Iterable[Path]) -> dict[str, Any]:
    return {"files": [str(path) for path in paths]}


def _wrote(paths: Iterable[Path]) -> list[str]:
    listed = [f"  {path}" for path in paths]
    return ["", "Written:", *listed] if listed else []


_RUN = {
    "show": _show, "check": _check, "slippage": _slippage, "chase": _chase, "month": _month,
    "rule": _rule, "import": _import,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
