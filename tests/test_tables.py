"""Posts and Settings: from sheets, a CSV and agsxl.toml, and what is said of a value that cannot be."""

from __future__ import annotations

import json
from datetime import date

import pytest

from agsxl import desk
from agsxl.errors import SettingsError
from agsxl.layout.tables import KEYS, settings_from_toml
from agsxl.posts import is_address
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
MAIL = [
    ["Setting", "Value"],
    ["Replies folder", r" S:\Governance\May returns "],
    ["Officer", " Iris  Calder "],
    ["Sender name", "Governance, Wexcombe"],
    ["Sender address", "governance@wexcombe.example"],
    ["Answer to", "iris.calder@wexcombe.example"],
    ["Send by", "Mail server"],
    ["Mail server", "smtp.wexcombe.example"],
    ["Mail port", 587],
    ["Mail security", "STARTTLS"],
    ["Mail user", "WEXCOMBE\\calder"],
    ["Rounds before escalation", 2],
    ["Months the chase log is kept", "12"],
]
MAIL_READ = Settings(
    replies_folder=r"S:\Governance\May returns",
    officer="Iris Calder",
    sender_name="Governance, Wexcombe",
    sender="governance@wexcombe.example",
    reply_to="iris.calder@wexcombe.example",
    send_by="smtp",
    mail_server="smtp.wexcombe.example",
    mail_port=587,
    mail_security="starttls",
    mail_user="WEXCOMBE\\calder",
    rounds_before_escalation=2,
    keep_log_months=12,
)
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


def test_the_settings_of_the_mail_are_read_from_sheet_and_toml(tmp_path):
    assert desk.load_plan(book(tmp_path, Settings=MAIL)).settings == MAIL_READ
    toml = "\n".join(f"{key.toml_name} = {json.dumps(dict(MAIL)[key.name])}" for key in KEYS if key.name in dict(MAIL))  # fmt: skip
    assert settings_from_toml(toml, "agsxl.toml") == MAIL_READ


def test_answers_go_to_the_sender_where_nothing_else_is_said():
    assert Settings(sender="a@x.example").answers_to == "a@x.example"
    assert MAIL_READ.answers_to == "iris.calder@wexcombe.example"


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
    ("Sender address", "Governance <governance@wexcombe.example>", "needs one email address"),
    ("Sender address", "a@x.example\nBcc: b@x.example", "needs one email address"),
    ("Answer to", "iris at wexcombe", "needs one email address"),
    ("Replies folder", "May\nreturns", "needs the name or the path of a folder"),
    ("Send by", "fax", "needs drafts, mail server or folder"),
    ("Mail server", "smtp.wexcombe.example:587", "needs the name of a mail server"),
    ("Mail server", "https://mail.wexcombe.example", "needs the name of a mail server"),
    ("Mail port", 0, "needs a whole number from 1 to 65535"),
    ("Mail port", 65_536, "needs a whole number from 1 to 65535"),
    ("Mail security", "some", "needs starttls, tls or none"),
    ("Mail user", "iris calder", "needs the name that the mail server knows you by"),
    ("Mail user", "iris\u202e", "needs the name that the mail server knows you by"),
    ("Rounds before escalation", 0, "needs a whole number from 1"),
    ("Months the chase log is kept", "never", "needs a whole number"),
]


@pytest.mark.parametrize(("name", "value", "said"), WRONG)
def test_a_value_that_cannot_be_is_said_with_its_cell(tmp_path, name, value, said):
    with pytest.raises(SettingsError, match=said) as fault:
        desk.load_plan(book(tmp_path, Settings=[["Setting", "Value"], [name, value]]))
    assert "plan.xlsx, sheet 'Settings', cell B2" in str(fault.value)


# A password, wherever it was put: the row of the sheet.
PASSWORDS = [
    ["Mail password", "hunter2"],
    ["Password", "hunter2"],
    ["SMTP pass-phrase", "hunter2"],
    ["mail pwd", "hunter2"],
    ["Mail user", "iris:hunter2@smtp.wexcombe.example"],
    ["Mail server", "smtp://iris:hunter2@smtp.wexcombe.example"],
    ["Mail user", "iris, password: hunter2"],
    ["Mail user", "iris", "pwd=hunter2"],
    ["Notes", "the secret: hunter2"],
]


@pytest.mark.parametrize("row", PASSWORDS, ids=lambda r: " ".join(r))
def test_a_password_is_refused_and_not_repeated(tmp_path, row):
    with pytest.raises(SettingsError, match="A password must not stand in the settings") as fault:
        desk.load_plan(book(tmp_path, Settings=[["Setting", "Value", "Reason"], row]))
    assert "hunter2" not in str(fault.value) and "keyring" in str(fault.value)
    assert "sheet 'Settings', cell B2" in str(fault.value)


@pytest.mark.parametrize("toml", ["mail-password = 'hunter2'", "[mail]\n[mail.server]\npassword = 'hunter2'"])  # fmt: skip
def test_a_password_in_agsxl_toml_is_refused(toml):
    with pytest.raises(SettingsError, match=r"A password must not.*AGSXL_MAIL_PASSWORD") as fault:
        settings_from_toml(toml, "agsxl.toml")
    assert "hunter2" not in str(fault.value)


def test_a_link_to_an_address_is_no_password_but_no_address_either():
    with pytest.raises(SettingsError, match="needs one email address"):
        settings_from_toml("answer-to = 'mailto:iris@wexcombe.example'", "agsxl.toml")


def test_what_only_speaks_of_passwords_is_no_password(tmp_path):
    rows = [["Setting", "Value", "Reason"], ["Council", "Compass: Wexcombe"], ["Rule S407", "off", "Password: see IT"]]  # fmt: skip
    settings = desk.load_plan(book(tmp_path, Settings=rows)).settings
    assert settings.council == "Compass: Wexcombe" and "S407" in settings.rules


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


# The headings that a posts table may have for a leave.
@pytest.mark.parametrize("first", ["Leave from", "On leave from", "Absent from", "Away from"])
@pytest.mark.parametrize("last", ["Leave to", "On leave until", "Absent until", "Leave to (last day)"])  # fmt: skip
def test_leave_is_read_from_the_posts_table(tmp_path, first, last):
    rows = [
        ["Post", "Person", "To", first, last, "From"],
        ["Head of Finance", "Ada Byrne", "31/12/2027", "21/09/26", date(2026, 10, 12), "May 2020"],
    ]
    (posting,) = desk.load_plan(book(tmp_path, Posts=rows)).posts
    assert (posting.leave_from, posting.leave_to) == (date(2026, 9, 21), date(2026, 10, 12))
    assert (posting.starts, posting.ends) == (date(2020, 5, 1), date(2027, 12, 31))


def test_a_leave_of_whole_months_is_from_the_first_day_to_the_last(tmp_path):
    rows = [
        ["Post", "Person", "Leave from", "Leave to"],
        ["Clerk", "Bo Day", "Sept 2026", "October 2026"],
    ]
    (posting,) = desk.load_plan(book(tmp_path, Posts=rows)).posts
    assert (posting.leave_from, posting.leave_to) == (date(2026, 9, 1), date(2026, 10, 31))


ENDS_FIRST = [
    (["01/07/26", "30/06/26", None, None], "the post ends on 30 June 2026, before it begins on 1 July 2026"),
    ([None, None, "12/10/26", "21/09/26"], "the leave ends on 21 September 2026, before it begins on 12 October 2026"),
]  # fmt: skip


@pytest.mark.parametrize(("days", "said"), ENDS_FIRST)
def test_what_ends_before_it_begins_is_said_with_its_row(tmp_path, days, said):
    head = ["Post", "Person", "From", "To", "Leave from", "Leave to"]
    rows = [head, ["Clerk", "Bo Day"], ["Head of Finance", "Ada Byrne", *days]]
    with pytest.raises(SettingsError, match=rf"plan\.xlsx, sheet 'Posts', row 3\) {said}"):
        desk.load_plan(book(tmp_path, Posts=rows))
    path = tmp_path / "posts.csv"
    path.write_text("\n".join(",".join(cell or "" for cell in row) for row in rows))
    with pytest.raises(SettingsError, match=rf"posts\.csv, line 3\) {said}"):
        desk.load_posts(path)


def test_a_line_break_in_a_name_or_an_address_becomes_a_blank(tmp_path):
    rows = [POSTS[1], ["Head of Finance", "Ada\nByrne", "ada@x.example\r\nBcc: bo@x.example"]]
    (posting,) = desk.load_plan(book(tmp_path, Posts=rows)).posts
    assert posting.person == "Ada Byrne"
    assert not is_address(posting.email)


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
