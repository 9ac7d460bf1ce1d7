"""The terminal face of the jobs that write the plan: what is said, the JSON, the exit codes."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agsxl.cli import main
from tests.test_updating import DAY, cell, columns, decide, fill, plan, the_month  # noqa: F401


def run(capsys: Any, *arguments: object) -> tuple[int, str, str]:
    code = main([str(a) for a in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def run_json(capsys: Any, *arguments: object) -> tuple[int, dict[str, Any]]:
    code, out, err = run(capsys, *arguments, "--json")
    assert err == ""
    return code, json.loads(out)


def folder_of(sent: dict[str, Path]) -> Path:
    return next(iter(sent.values())).parent


def test_reconcile_json_has_the_contracts_keys_and_writes_nothing(capsys, plan):  # noqa: F811
    folder = folder_of(the_month(plan))
    before = plan.read_bytes()
    code, found = run_json(capsys, "reconcile", plan, folder)
    assert code == 1  # a date waits for its approver
    assert plan.read_bytes() == before
    assert {"changes", "conflicts", "refused"} <= set(found)
    assert (found["conflicts"], found["refused"]) == (0, [])
    wanted = {"ref", "column", "issued", "master", "returned", "outcome", "return", "accept"}
    assert all(wanted <= set(change) for change in found["changes"])
    assert {(c["ref"], c["column"], c["outcome"], c["accept"]) for c in found["changes"]} == {
        ("A1", "status", "returned only", True),
        ("A1", "comments", "returned only", True),
        ("A1", "completed", "returned only", True),
        ("A2", "revised", "proposed date", False),
    }
    status = next(c for c in found["changes"] if c["column"] == "status")
    assert (status["issued"], status["master"], status["returned"]) == (
        "On target", "On target", "Complete",
    )  # fmt: skip
    assert status["return"] == "Head of Finance.xlsx"


@pytest.mark.parametrize(
    "command",
    [
        "reconcile PLAN",
        "answer PLAN A1 --by X --no-change",
        "history PLAN",
        "diff PLAN PLAN",
        "snapshot PLAN One",
    ],
)
def test_every_command_takes_a_reporting_date(capsys, plan, command):  # noqa: F811
    words = [plan if word == "PLAN" else word for word in command.split()]
    code, said = run_json(capsys, *words, "--as-of", "2017-09-30")
    assert code == 0
    assert said.get("as_of", "2017-09-30") == "2017-09-30"
    before = plan.read_bytes()
    assert run(capsys, *words, "--as-of", "June")[:2] == (2, "")
    assert plan.read_bytes() == before


def test_a_month_in_the_terminal(capsys, plan):  # noqa: F811
    folder = folder_of(the_month(plan))
    code, out, _ = run(capsys, "reconcile", plan, folder)
    assert code == 1
    assert "Ready to be taken" in out and "To decide:" in out and "Date proposed" in out
    decide(plan, "A2", "Revised target date", Decision="Take lead's", Approved_by="Cabinet")
    code, out, _ = run(capsys, "reconcile", plan, "--apply", "--who", "the officer")
    assert code == 0
    assert "Updated:" in out and "To decide:" not in out and "plan backups" in out
    assert columns(plan, "A2")["Revised target date"] == date(2017, 12, 31)
    code, out, _ = run(capsys, "history", plan, "A2")
    assert code == 0
    assert "2nd" in out and "31 August 2017" in out and "Cabinet" in out
    code, known = run_json(capsys, "history", plan, "A2")
    assert [(m["nth"], m["old"], m["new"]) for m in known["dates"]] == [
        (2, "2017-08-31", "2017-12-31")
    ]
    assert known["entries"][0]["who"] == "the officer"
    code, out, _ = run(capsys, "undo", plan)
    assert code == 0 and "is taken back" in out
    assert "Revised target date" not in columns(plan, "A2")
    code, out, err = run(capsys, "undo", plan)
    assert (code, out) == (2, "")
    assert err == "agsxl: plan.xlsx has no update that could be taken back.\n"


def test_a_snapshot_is_taken_and_shown(capsys, plan):  # noqa: F811
    assert run(capsys, "snapshot", plan, "Committee 28/09/2017")[0] == 0
    code, _ = run_json(
        capsys, "answer", plan, "A1", "--by", "Head of Finance", "--status", "Complete"
    )
    assert code == 0
    code, then = run_json(capsys, "show", plan, "--at", "Committee 28/09/2017")
    assert next(m["status"]["raw"] for m in then["milestones"]) == "On target"
    code, now = run_json(capsys, "show", plan)
    assert next(m["status"]["raw"] for m in now["milestones"]) == "Complete"
    code, out, err = run(capsys, "snapshot", plan, "committee  28/09/2017")
    assert (code, out) == (2, "")
    assert "There is a snapshot called 'Committee 28/09/2017' already" in err


def test_an_answer_and_a_moved_date(capsys, plan):  # noqa: F811
    code, out, _ = run(
        capsys, "answer", plan, "A1", "--by", "Head of Finance", "--proposed-date", "31/12/2017"
    )
    assert code == 0 and "To decide:" in out
    code, _, _ = run(
        capsys,
        "rebaseline",
        plan,
        "A1",
        "2017-12-31",
        "--reason",
        "Tender",
        "--approved-by",
        "Cabinet",
    )
    assert code == 0
    assert columns(plan, "A1")["Revised target date"] == date(2017, 12, 31)
    code, found = run_json(capsys, "reconcile", plan)
    assert (code, [c["outcome"] for c in found["changes"]]) == (0, ["same change"])


def test_a_return_for_one_lead(capsys, plan, tmp_path):  # noqa: F811
    out = tmp_path / "finance.xlsx"
    code, made = run_json(capsys, "return", plan, "head of finance", "--out", out)
    assert (code, made["lead"], made["milestones"]) == (0, "Head of Finance", ["A1", "A2"])
    assert made["files"] == [str(out)] and out.exists()
    assert made["as_of"] == DAY.isoformat()
    code, _, err = run(capsys, "return", plan, "Nobody", "--out", out)
    assert code == 2 and err.startswith(
        "agsxl: No milestone of plan.xlsx has the SMT lead 'Nobody'"
    )


def test_two_plans_beside_each_other(capsys, plan, tmp_path):  # noqa: F811
    other = tmp_path / "other" / "plan.xlsx"
    other.parent.mkdir()
    other.write_bytes(plan.read_bytes())
    assert run(capsys, "diff", plan, other)[1].endswith("They say the same.\n")
    run(capsys, "answer", other, "A1", "--by", "Head of Finance", "--status", "Complete")
    code, found = run_json(capsys, "diff", plan, other)
    assert code == 0
    (changed,) = found["changed"]
    assert changed["changes"] == [
        {"column": "status", "old": "On target", "new": "Complete", "days": None}
    ]
    assert "On target" in run(capsys, "diff", plan, other)[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["answer", "PLAN", "A9", "--by", "X", "--status", "Complete"], "has no milestone 'A9'"),
        (["answer", "PLAN", "A1", "--status", "Complete"], "Say who gave the answer"),
        (["rebaseline", "PLAN", "A1", "31/12/2017", "--reason", "Tender"], "give --approved-by"),
        (["reconcile", "PLAN", "nowhere"], "nowhere"),
        (["history", "PLAN", "Z9"], "knows a milestone 'Z9'"),
        (["show", "PLAN", "--at", "Never"], "there is none yet"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(capsys, plan, arguments, said):  # noqa: F811
    before = plan.read_bytes()
    code, out, err = run(capsys, *[plan if a == "PLAN" else a for a in arguments])
    assert (code, out) == (2, "") or (arguments[0] == "reconcile" and code == 1)
    assert said in err + out
    assert "Traceback" not in err
    assert plan.read_bytes() == before or arguments[0] == "reconcile"


@pytest.mark.parametrize("width", [60, 100, 140])
def test_everything_fits_the_terminal(capsys, plan, monkeypatch, width):  # noqa: F811
    monkeypatch.setenv("COLUMNS", str(width + 1))
    folder = folder_of(the_month(plan))
    fill(folder / "Head of Legal.xlsx", "B1", Status="perhaps", Comment="A long comment. " * 40)
    said = run(capsys, "reconcile", plan, folder)[1]
    said += run(capsys, "reconcile", plan, "--apply")[1]
    said += run(capsys, "history", plan)[1] + run(capsys, "undo", plan)[1]
    paths = [line for line in said.splitlines() if os.sep in line]
    assert max(len(line) for line in said.splitlines() if line not in paths) <= width
