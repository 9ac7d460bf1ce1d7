"""The terminal face: its JSON to the letter, its exit codes, its one plain sentence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

import agsxl
from agsxl.cli import main
from agsxl.rules import CATALOGUE
from tests.books import ROW, TWELVE, write_book
from tests.plans import REAL, SAMPLE


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    code = main([str(a) for a in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def run_json(capsys, *arguments: object) -> dict:
    _, out, err = run(capsys, *arguments, "--json")
    assert not err
    return json.loads(out)


@pytest.fixture
def plan(tmp_path) -> Path:
    rows = [
        ROW,
        ["B10", "B: Complaints", "Strategy", "AGS", "Members briefed", "Officer", "w/c 15 May 17", "Finance", "Head of Legal",
         "Complete", None, "Done on 16 May"],
    ]  # fmt: skip
    return write_book(
        tmp_path / "plan.xlsx", {"Plan": [[*TWELVE, "Ward"], *([*r, "North"] for r in rows)]}
    )


def test_show_json_is_the_contract_to_the_letter(capsys, plan):
    shown = run_json(capsys, "show", plan, "--as-of", "2017-09-30")
    assert shown["as_of"] == "2017-09-30" and shown["as_of_from"] == "--as-of"
    milestone = shown["milestones"][1]
    assert milestone["timescale"] == {
        "raw": "w/c 15 May 17", "kind": "week", "earliest": "2017-05-15", "latest": "2017-05-19",
        "certain": True, "suggestion": None, "note": "",
    }  # fmt: skip
    assert milestone["baseline"] == "2017-05-19" and milestone["completed"] is None
    assert milestone["smt_lead"] == {
        "raw": "Head of Legal",
        "post": "Head of Legal",
        "person": "",
        "posts": ["Head of Legal"],
    }
    assert milestone["status"] == {"raw": "Complete", "value": "complete"}
    assert milestone["revised"]["kind"] == "blank" and milestone["revised"]["certain"] is True
    assert milestone["extra"] == {"Ward": "North"}
    assert milestone["where"] == {"file": "plan.xlsx", "sheet": "Plan", "row": 3}
    assert {
        "ref",
        "theme",
        "outcome",
        "source",
        "milestone",
        "action_by",
        "member_lead",
        "comments",
    } <= set(milestone)


def test_check_json(capsys, plan):
    found = run_json(capsys, "check", SAMPLE)
    assert found["as_of"] == "2026-09-30" and found["as_of_from"] == "Settings"
    first = found["findings"][0]
    assert {
        "code",
        "name",
        "severity",
        "ref",
        "column",
        "sheet",
        "cell",
        "value",
        "message",
        "suggestion",
    } <= set(first)
    assert (first["code"], first["ref"], first["column"], first["value"]) == (
        "D301",
        "I7",
        "timescale",
        "31/09/26",
    )
    assert first["suggestion"] == "2026-09-30" and first["severity"] == "error"
    sheet = load_workbook(SAMPLE)[first["sheet"]]
    for finding in found["findings"]:
        if finding["column"] == "timescale" and finding["ref"]:
            cell = sheet[finding["cell"]]
            assert cell.is_date or str(cell.value or "") == finding["value"]
    assert found["counts"] == {
        s: sum(f["severity"] == s for f in found["findings"]) for s in ("error", "warning", "note")
    }
    assert {c["code"] for c in found["rules_changed"]} == {"I108", "L205"}


def test_slippage_json(capsys):
    measured = run_json(capsys, "slippage", SAMPLE)
    assert set(measured["milestones"][0]) == {
        "ref", "baseline", "forecast", "actual", "basis", "slippage_days", "slippage_working_days",
        "overdue_days", "moves", "timeliness",
    }  # fmt: skip
    assert set(measured["by_lead"][0]) == {
        "smt_lead",
        "milestones",
        "measured",
        "median_days",
        "longest_days",
        "overdue",
    }
    assert "theme" in measured["by_theme"][0]
    assert set(measured["totals"]) == {
        "milestones", "moved", "measured", "unmeasurable", "slipped", "earlier", "total_days", "mean_days",
        "median_days", "longest_days",
    }  # fmt: skip


def test_chase_json_and_its_workbook(capsys, tmp_path):
    source = shutil.copy(SAMPLE, tmp_path / "plan.xlsx")  # the round is entered in its chase log
    asked = run_json(capsys, "chase", source, "--out", tmp_path)
    lead = asked["leads"][0]
    assert {"lead", "person", "email", "milestones"} <= set(lead)
    assert set(lead["milestones"][0]) == {"ref", "reasons", "ask"}
    returns = sorted(str(p) for p in (tmp_path / "returns").glob("*.xlsx"))
    assert asked["files"][0] == str(tmp_path / "chasers.xlsx")
    drafts = sorted(str(p) for p in (tmp_path / "drafts").glob("*.eml"))
    assert sorted(asked["files"][1:]) == sorted([*returns, *drafts])
    assert len(returns) == len(drafts) == len(asked["leads"])
    sheets = load_workbook(tmp_path / "chasers.xlsx").sheetnames
    assert len(sheets) == len(asked["leads"]) + 1
    assert all(len(name) <= 31 for name in sheets)


def test_month_writes_the_three_workbooks_and_json_says_all(capsys, tmp_path):
    out = tmp_path / "a new folder" / "month"
    month = run_json(capsys, "month", SAMPLE, "--out", out)
    assert sorted(p.name for p in out.iterdir()) == [
        "chasers.xlsx",
        "findings.xlsx",
        "returns",
        "slippage.xlsx",
    ]
    assert (
        month["check"]
        == {k: v for k, v in run_json(capsys, "check", SAMPLE).items() if k in month["check"]} | {}
    )
    assert month["slippage"]["totals"] == run_json(capsys, "slippage", SAMPLE)["totals"]
    assert month["chase"]["leads"] == run_json(capsys, "chase", SAMPLE)["leads"]


def test_month_names_its_own_folder(capsys, tmp_path, monkeypatch, plan):
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "month", plan, "--as-of", "2017-09-30")
    assert (tmp_path / "plan 2017-09-30" / "findings.xlsx").exists() and "findings.xlsx" in out
    assert code == 0


def test_exit_codes(capsys, plan, tmp_path):
    assert run(capsys, "check", plan, "--as-of", "2017-09-30")[0] == 0
    assert run(capsys, "check", SAMPLE)[0] == 1
    assert run(capsys, "month", SAMPLE, "--out", tmp_path)[0] == 1
    assert run(capsys, "slippage", SAMPLE)[0] == 0
    assert run(capsys, "chase", SAMPLE)[0] == 0


@pytest.mark.parametrize("command", ["show", "check", "slippage", "chase", "month"])
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_what_cannot_go_on_is_one_sentence_and_writes_nothing(capsys, tmp_path, command, more):
    damaged = tmp_path / "in" / "damaged.xlsx"
    damaged.parent.mkdir()
    damaged.write_bytes(b"PK\x03\x04 but nothing more")
    out = [] if command == "show" else ["--out", tmp_path / "out"]
    code, said, err = run(capsys, command, damaged, *out, *more)
    assert (code, said) == (2, "")
    assert err.startswith("agsxl: damaged.xlsx is damaged") and err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("as_of", ["June", "31/11/17", "soon", "2017-13-01"])
def test_a_reporting_date_that_is_none(capsys, plan, as_of):
    code, out, err = run(capsys, "check", plan, "--as-of", as_of)
    assert (code, out) == (2, "") and "--as-of needs a date" in err


def test_a_folder_that_cannot_be_written(capsys, plan, tmp_path):
    (tmp_path / "file").write_text("in the way")
    code, out, err = run(capsys, "month", plan, "--out", tmp_path / "file" / "out")
    assert (code, out) == (2, "") and err.count("\n") == 1


def test_wrong_arguments_are_one_sentence(capsys):
    for arguments in (["show"], ["chek", "plan.xlsx"], ["check", "plan.xlsx", "--alll"]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 2
        assert capsys.readouterr().err.count("\n") == 1
    code, _, err = run(capsys, "check")  # the plan may be the one that is open
    assert code == 2 and "Name the plan" in err and err.count("\n") == 1


def test_the_first_check_of_a_plan_fits_a_page(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    _, out, _ = run(capsys, "check", SAMPLE)  # in which nearly every rule finds something
    lines = out.splitlines()
    assert len(lines) < 80 and max(map(len, lines)) < 120
    assert lines.index("MUST FIX") < lines.index("SHOULD CHECK") < lines.index("FOR INFORMATION")
    assert "switched off (Cabinet portfolios" in out


@pytest.mark.real
def test_the_first_check_of_the_real_plan_fits_a_page(capsys):
    _, out, _ = run(capsys, "check", REAL, "--as-of", "2017-09-30")
    assert len(out.splitlines()) < 40
    assert "S407  No evidence that it is complete: 64" in out


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("command", ["show", "check", "slippage", "chase", "month"])
def test_everything_fits_the_terminal(capsys, monkeypatch, tmp_path, command, width):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.chdir(tmp_path)
    out = [] if command == "show" else ["--out", "out"]
    source = shutil.copy(SAMPLE, tmp_path / SAMPLE.name)  # a round is entered in its chase log
    _, said, _ = run(capsys, command, source, *out)
    lines = said.split("\nWritten:")[0].splitlines()  # a path is not broken over lines
    assert max(map(len, lines)) <= width, said


def test_rule_explains_one_and_lists_all(capsys):
    _, out, _ = run(capsys, "rule", "d301")
    assert "impossible-date" in out and "Why: " in out and "What to do: " in out
    _, out, _ = run(capsys, "rule")
    assert all(rule.code in out for rule in CATALOGUE)
    assert json.loads(run(capsys, "rule", "D301", "--json")[1])["rules"][0]["lead"] is True
    assert run(capsys, "rule", "D999")[0] == 2


def test_help_and_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    out = capsys.readouterr().out
    assert stop.value.code == 0
    assert all(name in out for name in ("show", "check", "slippage", "chase", "month", "rule"))
    assert run(capsys, "--version")[1].strip() == f"agsxl {agsxl.__version__}"
    assert run(capsys)[0] == 0


def test_the_process_itself(tmp_path):
    """As an officer runs it: another process, another folder, a console in another encoding."""
    environment = {
        **os.environ,
        "PYTHONIOENCODING": "ascii",
        "PYTHONPATH": str(Path(agsxl.__file__).parent.parent),
    }
    command = [sys.executable, "-m", "agsxl"]
    done = subprocess.run([*command, "check", str(SAMPLE)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 1 and "must fix" in done.stdout and not done.stderr
    done = subprocess.run([*command, "check", "nothing.xlsx", "--json"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "") and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_checking_imports_nothing_that_is_slow():
    """openpyxl, pandas, numpy and xlsxwriter are imported only where they are used."""
    code = (
        f"import sys; from agsxl.cli import main; main(['check', {str(SAMPLE)!r}]); "
        "slow = {'openpyxl', 'pandas', 'numpy', 'xlsxwriter', 'holidays', 'xlwings'} & set(sys.modules); "
        "sys.exit(f'imported: {slow}' if slow else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_library_gives_what_the_terminal_gives(capsys):
    plan = agsxl.load_plan(SAMPLE)
    day = date(2026, 9, 30)
    assert [f.code for f in agsxl.check(plan, as_of=day)] == [
        f["code"] for f in run_json(capsys, "check", SAMPLE)["findings"]
    ]
    assert (
        agsxl.slippage(plan, as_of=day).totals.moved
        == run_json(capsys, "slippage", SAMPLE)["totals"]["moved"]
    )
    assert [c.lead for c in agsxl.chase(plan, as_of=day)] == [
        c["lead"] for c in run_json(capsys, "chase", SAMPLE)["leads"]
    ]


# -- what no officer should meet -----------------------------------------------------------------


def test_a_fault_of_agsxl_itself_is_one_sentence(capsys, plan, monkeypatch):
    from agsxl import desk

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("of some kind")

    monkeypatch.setattr(desk, "check", fails)
    code, out, err = run(capsys, "check", plan)
    assert (code, out, err.count("\n")) == (2, "", 1) and "RuntimeError: of some kind" in err


def test_json_is_utf_8_whatever_the_console(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text(
        "Ref,Milestones,Timescale,Status\nA1,法務 – done,31/12/17,Done\n", encoding="utf-8"
    )
    environment = {
        **os.environ,
        "PYTHONIOENCODING": "cp1252",
        "PYTHONPATH": str(Path(agsxl.__file__).parent.parent),
    }
    command = [sys.executable, "-m", "agsxl", "show", str(path), "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert json.loads(done.stdout.decode("utf-8"))["milestones"][0]["milestone"] == "法務 – done"


@pytest.mark.parametrize("out", ["report.csv", "report.pdf"])
def test_results_go_into_workbooks_only(capsys, plan, tmp_path, out):
    code, said, err = run(capsys, "check", plan, "--out", tmp_path / out)
    assert (code, said) == (2, "") and "the results are .xlsx workbooks" in err


def test_a_setting_nobody_knows_is_shown_with_every_command(capsys, tmp_path):
    book = write_book(
        tmp_path / "plan.xlsx",
        {
            "Plan": [TWELVE, ROW],
            "Settings": [["Setting", "Value"], ["Reportng date", "30/09/2017"]],
        },
    )
    for command in ("check", "slippage", "chase"):
        assert "'Reportng date'" in run(capsys, command, book)[1]
