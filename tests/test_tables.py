"""Posts and Settings: from sheets, a CSV and agsxl.toml, and what is said of a value that cannot be."""

from __future__ import annotations

from datetime import date

import pytest

from agsxl import desk
from agsxl.errors import SettingsError
from agsxl.layout.tables import KEYS, settings_from_toml
from agsxl.settings import RuleChange, Settings
from tests.books import ROW, TWELVE, write_book
from tests.plans import ROOT

POSTS = [
    ["Posts"],
    ["Post", "Person", "E-mail address", "From", "To", "Deputy", "Escalates to"],
    ["Head of Finance", "Ada Byrne", "ada@wexcombe.example", date(2017, 1, 1), "30/06/17", "Head of Legal", "Chief Executive"],
    ["Head of Finance", "vacant"],
    [None, "left over"],
]  # fmt: skip
SETTINGS = [
    ["Settings"],
    ["Setting", "Value", "Reason"],
    ["Council", "Wexcombe"],
    ["reporting date", date(2017, 9, 30)],
    ["Most date moves allowed", 1],
    ["Ask for evidence", "Yes"],
    ["Status words", "Complete; On target"],
    ["Colour Amber", "On target"],
    ["Rule S407", "off", "Evidence is on SharePoint"],
    ["Rule impossible-date", "Should check"],
    ["Reportng date", "30/09/2017"],
    ["Due soon days", None],
]
READ = Settings(
    council="Wexcombe",
    reporting_date=date(2017, 9, 30),
    most_moves=1,
    ask_for_evidence=True,
    statuses=("Complete", "On target"),
    colours={"amber": "on target"},
    rules={"S407": RuleChange("off", "Evidence is on SharePoint"), "D301": RuleChange("warning")},
    unknown=("Reportng date",),
)
TOML = """
council = "Wexcombe"
reporting-date = 2017-09-30
most-date-moves-allowed = 1
ask-for-evidence = true
status-words = ["Complete", "On target"]
"Reportng date" = 1
[colours]
amber = "on target"
[rules]
S407 = { level = "off", reason = "Evidence is on SharePoint" }
D301 = "warning"
"""


def book(tmp_path, **sheets):
    return write_book(tmp_path / "plan.xlsx", {"Plan": [TWELVE, ROW], **sheets})


def test_the_settings_sheet_and_agsxl_toml_say_the_same(tmp_path):
    assert desk.load_plan(book(tmp_path, Settings=SETTINGS)).settings == READ
    (tmp_path / "agsxl.toml").write_text(TOML)
    (tmp_path / "plan.csv").write_text("Ref,Milestones,Timescale,Status\nA1,X,TBC,Amber\n")
    plan = desk.load_plan(tmp_path / "plan.csv")
    assert plan.settings == READ
    assert plan.milestones[0].status.value == "on target"


def test_without_settings_each_has_its_default(tmp_path):
    assert desk.load_plan(book(tmp_path)).settings == Settings()


def test_every_setting_is_explained_in_the_docs():
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    for key in KEYS:
        assert f"| {key.name} | `{key.toml_name}` | {key.default or 'none'} | {key.help} |" in text


WRONG = [
    ("Reporting date", "June", "needs a date such as 30/09/2017"),
    ("Due soon days", "many", "needs a whole number"),
    ("Most date moves allowed", -1, "needs a whole number"),
    ("Ask for evidence", "perhaps", "needs yes or no"),
    ("Colour amber", "fine", "must stand for one of"),
    ("Rule D999", "off", "no rule 'D999'"),
    ("Rule D301", "never", "can be on, off, error, warning or note"),
]


@pytest.mark.parametrize(("name", "value", "said"), WRONG)
def test_a_value_that_cannot_be_is_said_with_its_cell(tmp_path, name, value, said):
    with pytest.raises(SettingsError, match=said) as fault:
        desk.load_plan(book(tmp_path, Settings=[["Setting", "Value"], [name, value]]))
    assert "plan.xlsx, sheet 'Settings', cell B2" in str(fault.value)


def test_toml_that_is_none_is_said():
    with pytest.raises(SettingsError, match=r"agsxl\.toml is not valid"):
        settings_from_toml("council = ", "agsxl.toml")


def test_posts_are_read_from_the_plans_own_sheet(tmp_path):
    posts = desk.load_plan(book(tmp_path, Posts=POSTS)).posts
    assert [(p.person, p.email, p.starts, p.ends) for p in posts] == [
        ("Ada Byrne", "ada@wexcombe.example", date(2017, 1, 1), date(2017, 6, 30)),
        ("", "", None, None),
    ]
    assert (posts.postings[0].deputy, posts.postings[0].escalates_to) == (
        "Head of Legal",
        "Chief Executive",
    )


def test_posts_may_come_from_a_csv_or_another_workbook(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text("Job title,Name\nHead of Finance,Ada Byrne\n")
    plan = desk.load_plan(book(tmp_path), posts=path)
    assert plan.posts.holder("HEAD OF FINANCE", date(2017, 1, 1)).person == "Ada Byrne"
    other = write_book(tmp_path / "posts.xlsx", {"People": POSTS})
    assert len(desk.load_posts(other).postings) == 2


def test_a_posts_table_that_is_none_or_has_a_date_that_is_none(tmp_path):
    with pytest.raises(SettingsError, match="no table of posts"):
        desk.load_plan(book(tmp_path, Posts=[["Nothing", "here"]]))
    wrong = [*POSTS[:2], ["Head of Finance", "Ada Byrne", None, "last June"]]
    with pytest.raises(SettingsError, match=r"row 3.*'last June' is not a date"):
        desk.load_plan(book(tmp_path, Posts=wrong))


def test_the_reporting_date_is_the_one_asked_for_else_settings_else_today(tmp_path):
    plan = desk.load_plan(book(tmp_path, Settings=SETTINGS))
    assert desk.reporting_date(plan, date(2017, 1, 1)) == desk.ReportingDate(
        date(2017, 1, 1), "--as-of"
    )
    assert desk.reporting_date(plan) == desk.ReportingDate(date(2017, 9, 30), "Settings")
    assert desk.reporting_date(desk.load_plan(book(tmp_path))).said_by == "today"
