"""The chase round as a job: drafted, previewed, sent through a real mail server, answered, forgotten."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from agsxl import cli, desk, sending, updating
from agsxl.errors import OutputError, SettingsError, SourceError
from agsxl.excel.file import FileBook, open_book
from agsxl.layout.chaselog import read_chase_log
from agsxl.mail.journal import Journal
from agsxl.mail.ways import Result
from agsxl.mail.ways import State as Became
from agsxl.rounds import Held, Level, State
from agsxl.screen import sending as screen
from agsxl.words import CHASE_LOG, CHASERS
from tests.books import write_book
from tests.mailserver import AUTHORITY, PASSWORD, USER, mail_server
from tests.plans import REAL
from tests.test_results import column
from tests.test_updating import fill, rows

DAY = date(2017, 9, 30)
LEAD_OF_A1 = "I2"
NOW = datetime(2017, 10, 2, 10, 15)

POSTS = [
    ["Post", "Person", "Email", "From", "To", "Deputy", "Escalates to", "Leave from", "Leave to"],
    ["Head of Finance", "Ada Byrne", "ada.byrne@wexcombe.example", None, None, None, "Chief Executive"],
    ["Head of Legal", "Zoë Löwe", "zoe.loewe@wexcombe.example", None, None, "Head of Finance", "Chief Executive"],
    ["Chief Executive", "Cy Fox", "cy.fox@wexcombe.example"],
]  # fmt: skip
SETTINGS = [
    ["Setting", "Value"], ["Council", "Wexcombe"], ["Reporting date", DAY],
    ["Sender address", "governance@wexcombe.example"], ["Sender name", "Governance"],
    ["Answer within working days", 5],
]  # fmt: skip


def make(
    path: Path, *, posts: list[list[Any]] | None = None, settings: Sequence[list[Any]] = ()
) -> Path:
    return write_book(
        path,
        {
            "Plan": rows(
                {"Ref": "A1", "Milestones": "Training delivered", "Timescale": date(2017, 7, 31)},
                {"Ref": "A2", "Milestones": "Policy published", "Timescale": date(2017, 8, 31)},
                {"Ref": "B1", "Milestones": "Register reviewed", "SMT Lead": "Head of Legal",
                 "Timescale": date(2017, 6, 30), "Status": "Off target"},
                {"Ref": "B2", "Milestones": "Code adopted", "SMT Lead": "Chief Executive",
                 "Timescale": date(2018, 12, 31)},
            ),
            "Posts": POSTS if posts is None else posts,
            "Settings": [*SETTINGS, *settings],
        },
    )  # fmt: skip


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return make(tmp_path / "plan.xlsx")


def yes(question: str) -> bool:
    return True


def sent(plan: Path, day: date = DAY, now: datetime = NOW) -> sending.Chased:
    """A whole round: drafted, previewed, and entered as sent."""
    sending.draft(plan, as_of=day, preview=True, now=now)
    return sending.send(plan, as_of=day, confirm=yes, clock=lambda: now)


def enter(plan: Path, sheet: str, cell: str, value: Any) -> None:
    """What the officer types into the plan."""
    book = openpyxl.load_workbook(plan)
    book[sheet][cell] = value
    book.save(plan)


def table_of(file: Path) -> list[str]:
    """The leads in the table of a mail merge."""
    return [row[0] for row in csv.reader(file.read_text("utf-8-sig").splitlines()[1:]) if row]


def log_of(plan: Path) -> Any:
    with open_book(plan) as book:
        return read_chase_log(book.read(CHASE_LOG) if CHASE_LOG in book.sheets() else None)


def states(plan: Path) -> dict[str, State]:
    return {line.lead: line.state for line in log_of(plan).lines}


def emails(folder: Path) -> dict[str, EmailMessage]:
    parser = BytesParser(policy=policy.default)
    return {file.stem: parser.parsebytes(file.read_bytes()) for file in folder.glob("*.eml")}  # type: ignore[misc]


# -- drafts ------------------------------------------------------------------------------------


def test_each_lead_with_something_to_answer_has_a_draft_with_its_workbook(plan, tmp_path):
    done = sending.draft(plan, tmp_path / "month", as_of=DAY, now=NOW)
    drafts = emails(tmp_path / "month" / "drafts")
    assert set(drafts) == {"Head of Finance", "Head of Legal"}  # the Chief Executive has nothing
    mail = drafts["Head of Legal"]
    assert mail["To"].addresses[0].addr_spec == "zoe.loewe@wexcombe.example"
    assert mail["To"].addresses[0].display_name == "Zoë Löwe"
    assert (mail["Cc"], mail["X-Unsent"]) == (None, "1")
    assert mail["Subject"] == "1 milestone for you to update by Friday 6 October 2017"
    (workbook,) = mail.iter_attachments()
    assert workbook.get_filename() == "Head of Legal.xlsx"
    assert workbook.get_content() == (tmp_path / "month/returns/Head of Legal.xlsx").read_bytes()
    assert {f.name for f in done.files} >= {"chasers.xlsx", "Head of Legal.eml"}
    assert states(plan) == {"Head of Finance": State.DRAFTED, "Head of Legal": State.DRAFTED}
    with open_book(plan) as book:
        assert {CHASERS, CHASE_LOG} <= set(book.sheets())
        assert not book.read(CHASE_LOG).visible


def test_a_draft_changes_no_cell_of_the_plan_and_the_plan_is_still_found(plan, tmp_path):
    before = desk.load_plan(plan)
    sending.draft(plan, tmp_path / "month", as_of=DAY, now=NOW)
    assert desk.load_plan(plan).milestones == before.milestones


def test_drafted_twice_is_the_same_and_what_is_asked_no_longer_goes(plan, tmp_path):
    sending.draft(plan, tmp_path / "month", as_of=DAY, now=NOW)
    first = log_of(plan)
    sending.draft(plan, tmp_path / "month", as_of=DAY, now=NOW + timedelta(hours=1))
    assert log_of(plan) == first
    updating.answer(plan, "B1", by="Head of Legal", status="Complete", now=NOW)
    sending.draft(plan, tmp_path / "month", as_of=DAY, now=NOW)
    assert set(states(plan)) == {"Head of Finance"}
    assert set(emails(tmp_path / "month" / "drafts")) == {"Head of Finance"}


def test_a_plan_that_is_no_workbook_has_drafts_and_no_log(tmp_path):
    source = tmp_path / "plan.csv"
    source.write_text(
        "Ref,Milestones,Timescale,SMT Lead,Status\nA1,Training,31/07/17,Head of Finance,On target\n"
    )
    posts = tmp_path / "posts.csv"
    posts.write_text("Post,Person,Email\nHead of Finance,Ada Byrne,ada@wexcombe.example\n")
    done = sending.draft(source, tmp_path / "month", as_of=DAY, posts=posts, now=NOW)
    assert not done.logged and "no chase log" in done.notes[0]
    mail = emails(tmp_path / "month" / "drafts")["Head of Finance"]
    assert mail["To"].addresses[0].addr_spec == "ada@wexcombe.example"
    assert sorted(tmp_path.iterdir()) == [tmp_path / "month", source, posts]


def test_where_the_plan_cannot_be_written_the_drafts_are_there_and_it_is_said(plan, tmp_path):
    book = openpyxl.load_workbook(plan)
    book.create_sheet("Chasers")["A1"] = "The officer's own"
    book.save(plan)
    before = plan.read_bytes()
    done = sending.draft(plan, tmp_path / "month", as_of=DAY, now=NOW)
    assert emails(tmp_path / "month" / "drafts")
    assert not done.logged and "not entered in the chase log" in done.notes[-1]
    with pytest.raises(OutputError, match="Chasers"):  # a preview that is not remembered is none
        sending.draft(plan, tmp_path / "month", as_of=DAY, preview=True, now=NOW)
    assert plan.read_bytes() == before


def test_what_was_sent_is_not_drafted_again_and_stays_as_it_was_sent(plan, tmp_path):
    """Whoever opens all drafts of the folder after a second run must not send anything twice."""
    posts = [POSTS[0], POSTS[1], ["Head of Legal", "Zoë Löwe"]]  # no address yet
    plan = make(tmp_path / "plan.xlsx", posts=posts)
    month = tmp_path / "month"
    sending.draft(plan, month, as_of=DAY, preview=True, now=NOW)
    sending.send(plan, as_of=DAY, confirm=yes, clock=lambda: NOW)
    issued = (month / "returns" / "Head of Finance.xlsx").read_bytes()
    sent_draft = (month / "drafts" / "Head of Finance.eml").read_bytes()
    enter(plan, "Posts", "C3", "zoe.loewe@wexcombe.example")
    enter(plan, "Plan", "J3", "Off target")  # and what Finance would read by now is another thing
    done = sending.draft(plan, month, as_of=DAY, preview=True, now=NOW + timedelta(days=1))
    assert [f.name for f in done.files if f.suffix == ".eml"] == ["Head of Legal.eml"]
    assert (month / "returns" / "Head of Finance.xlsx").read_bytes() == issued
    assert (month / "drafts" / "Head of Finance.eml").read_bytes() == sent_draft
    page = (month / "preview.html").read_text("utf-8")
    assert "Went out before, or may have, and not sent again: Head of Finance." in page
    assert page.count('<section class="message"') == 1
    (month / "drafts" / "Head of Finance.eml").unlink()  # sent, and deleted by the officer
    sending.draft(plan, month, as_of=DAY, preview=True, now=NOW + timedelta(days=1))
    assert set(emails(month / "drafts")) == {"Head of Legal"}


def test_the_drafts_of_a_month_take_the_place_of_those_of_the_month_before(plan, tmp_path):
    sending.draft(plan, tmp_path / "month", as_of=DAY, preview=True, now=NOW)
    sending.send(plan, as_of=DAY, confirm=yes, clock=lambda: NOW)
    sending.draft(plan, tmp_path / "month", as_of=date(2017, 10, 31), now=NOW)
    drafts = emails(tmp_path / "month" / "drafts")
    assert set(drafts) == {"Head of Finance", "Head of Legal"}
    assert all(mail["Subject"].startswith("Still to answer") for mail in drafts.values())


def test_a_return_that_the_officer_saved_among_those_issued_is_not_written_over(plan, tmp_path):
    sending.draft(plan, tmp_path / "month", as_of=DAY, now=NOW)
    saved = fill(tmp_path / "month/returns/Head of Finance.xlsx", "A1", No_change="Yes")
    before = saved.read_bytes()
    done = sending.draft(plan, tmp_path / "month", as_of=DAY, now=NOW)
    assert saved.read_bytes() == before
    assert "Head of Finance (2).xlsx" in {f.name for f in done.files}
    (attached,) = emails(tmp_path / "month/drafts")["Head of Finance"].iter_attachments()
    assert (
        attached.get_filename() == "Head of Finance.xlsx"
    )  # else it had changed since the preview


def test_drafts_written_when_they_are_entered_as_sent_take_no_other_away(tmp_path):
    posts = [POSTS[0], POSTS[1], ["Head of Legal", "Zoë Löwe"]]
    plan = make(tmp_path / "plan.xlsx", posts=posts)
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    sending.send(plan, tmp_path / "out", as_of=DAY, confirm=yes)
    enter(plan, "Posts", "C3", "zoe.loewe@wexcombe.example")
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    sending.send(plan, tmp_path / "out", as_of=DAY, confirm=yes)
    assert set(emails(tmp_path / "out" / "drafts")) == {"Head of Finance", "Head of Legal"}


def test_for_a_mail_merge_nothing_is_in_two_tables_and_no_table_is_lost(tmp_path):
    posts = [POSTS[0], POSTS[1], ["Head of Legal", "Zoë Löwe"]]
    plan = make(tmp_path / "plan.xlsx", posts=posts, settings=[["Send by", "folder"]])
    sent(plan)
    enter(plan, "Posts", "C3", "zoe.loewe@wexcombe.example")
    done = sent(plan, now=NOW + timedelta(hours=1))
    assert [r.state for r in done.results] == [Became.SENT]
    merge = tmp_path / "plan chasers 2017-09" / "mail merge"
    leads = {f.name: table_of(f) for f in merge.glob("*.csv")}
    assert leads == {"Chasers.csv": ["Head of Finance"], "Chasers (2).csv": ["Head of Legal"]}
    assert len(list((merge / "Attachments").glob("*.xlsx"))) == 2


# -- preview before sending ----------------------------------------------------------------------


def refuse(question: str) -> bool:
    raise AssertionError("nothing was to be asked")


def test_nothing_is_sent_that_was_not_previewed(plan):
    with pytest.raises(OutputError, match="has not been previewed"):
        sending.send(plan, as_of=DAY, confirm=refuse)
    sending.draft(plan, as_of=DAY, now=NOW)
    with pytest.raises(OutputError, match="has not been previewed"):
        sending.send(plan, as_of=DAY, confirm=refuse)
    assert State.SENT not in states(plan).values()


def test_what_changed_since_the_preview_must_be_previewed_again(plan):
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    book = openpyxl.load_workbook(plan)
    book["Plan"]["J3"] = "Off target"
    book.save(plan)
    with pytest.raises(OutputError, match=r"What Head of Finance would get has changed"):
        sending.send(plan, as_of=DAY, confirm=refuse)
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    assert len(sending.send(plan, as_of=DAY, confirm=yes).results) == 2


def test_on_another_day_it_says_which_reporting_date_was_previewed(plan):
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    with pytest.raises(OutputError, match="give --as-of 2017-09-30"):
        sending.send(plan, as_of=date(2017, 9, 29), confirm=refuse)


def test_an_address_entered_after_the_preview_is_previewed_and_sent(tmp_path):
    posts = [POSTS[0], POSTS[1], ["Head of Legal", "Zoë Löwe"]]
    plan = make(tmp_path / "plan.xlsx", posts=posts)
    done = sent(plan)
    assert done.held_back == {"Head of Legal": Held.NOBODY} and done.failed
    enter(plan, "Posts", "C3", "zoe.loewe@wexcombe.example")
    with pytest.raises(OutputError, match="What Head of Legal would get has changed"):
        sending.send(plan, as_of=DAY, confirm=refuse)
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    assert len(sending.send(plan, as_of=DAY, confirm=yes).results) == 1


def test_with_drafts_it_says_that_nothing_was_sent_by_agsxl_and_what_to_do_next(plan):
    drafted = sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    assert "enter them as sent" in drafted.notes[-1]
    done = sending.send(plan, as_of=DAY, confirm=yes, clock=lambda: NOW)
    assert "agsxl itself has sent nothing" in done.notes[-1]
    for again in (
        sending.send(plan, as_of=DAY, confirm=refuse), sending.draft(plan, as_of=DAY, now=NOW),
    ):  # fmt: skip
        assert "give its reporting date" in again.notes[-1] and "--new-round" in again.notes[-1]


def test_it_asks_once_and_a_no_sends_nothing(plan):
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    asked: list[str] = []
    done = sending.send(plan, as_of=DAY, confirm=lambda q: bool(asked.append(q)))
    assert asked == [
        "Enter 2 messages as sent from their drafts, to Head of Finance, Head of Legal?"
    ]
    assert done.results == () and "Nothing was sent." in done.notes
    assert State.SENT not in states(plan).values()


def test_a_round_run_twice_sends_once(plan):
    assert [r.state for r in sent(plan).results] == [Became.SENT, Became.SENT]
    first = log_of(plan)
    again = sending.send(plan, as_of=DAY, confirm=refuse)
    assert (again.results, set(again.held_back.values())) == ((), {Held.SENT})
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    assert sending.send(plan, as_of=DAY, confirm=refuse).results == ()
    assert log_of(plan) == first


def test_another_round_in_the_same_month_is_begun_when_asked_for(plan):
    with pytest.raises(SettingsError, match="no reason to begin another"):
        sending.draft(plan, as_of=DAY, now=NOW)
        sending.draft(plan, as_of=DAY, new_round=True, now=NOW)
    sent(plan)
    done = sending.draft(plan, as_of=DAY, new_round=True, preview=True, now=NOW)
    assert done.round.name == "September 2017 (2)"
    assert done.folder == plan.with_name(
        "plan chasers 2017-09 (2)"
    )  # no draft beside one that went
    assert {m.level for m in done.messages} == {Level.SECOND}


# -- through a mail server -----------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def _trusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    file = tmp_path_factory.mktemp("authority") / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        patch.setenv("AGSXL_MAIL_PASSWORD", PASSWORD)
        yield


def by_mail(path: Path, port: int, **given: Any) -> Path:
    settings = [
        ["Send by", "smtp"], ["Mail server", "localhost"], ["Mail port", port], ["Mail user", USER],
    ]  # fmt: skip
    return make(path, settings=settings, **given)


def test_a_round_goes_out_through_the_mail_server_and_once(tmp_path):
    with mail_server() as server:
        plan = by_mail(tmp_path / "plan.xlsx", server.port)
        sending.draft(plan, as_of=DAY, preview=True, now=NOW)
        done = sending.send(plan, as_of=DAY, confirm=yes)
        assert {r.state for r in done.results} == {Became.SENT}
        sending.send(plan, as_of=DAY, confirm=refuse)
        assert sorted(got.to for got in server.got) == [
            ("ada.byrne@wexcombe.example",), ("zoe.loewe@wexcombe.example",),
        ]  # fmt: skip
    mail = server.got[0].email
    assert mail["From"].addresses[0].addr_spec == "governance@wexcombe.example"
    assert mail["X-Unsent"] is None
    lines = {line.lead: line for line in log_of(plan).lines}
    assert lines["Head of Legal"].message_id in {g.email["Message-ID"] for g in server.got}
    assert lines["Head of Legal"].to[0].name == "Zoë Löwe"
    assert not Journal.is_there(plan)
    for part in (plan.read_bytes(), *(f.read_bytes() for f in tmp_path.rglob("*.html"))):
        assert PASSWORD.encode() not in part


@pytest.mark.parametrize(
    ("troubles", "states_then", "again"),
    [
        # the second message's fate,      how it stands,                          what a second run sends
        ({2: "RCPT: 550 No such user"}, State.FAILED, 1),
        ({2: "MAIL: 451 Try later"}, State.FAILED, 1),
        ({2: "DATA: drop"}, State.SENT, 0),  # tried again on a new line at once
        (dict.fromkeys(range(2, 9), "DATA: drop"), State.FAILED, 1),
        (dict.fromkeys(range(2, 9), "MAIL: drop"), State.FAILED, 1),
        ({2: "dot: drop"}, State.UNKNOWN, 0),  # accepted, perhaps: never sent again by itself
    ],
)  # fmt: skip
def test_one_that_cannot_go_keeps_no_other_back_and_is_told(tmp_path, troubles, states_then, again):
    with mail_server(troubles=troubles) as server:
        plan = by_mail(tmp_path / "plan.xlsx", server.port)
        sending.draft(plan, as_of=DAY, preview=True, now=NOW)
        done = sending.send(plan, as_of=DAY, confirm=yes)
        failing = done.messages[1].lead
        assert states(plan) == {done.messages[0].lead: State.SENT, failing: states_then}
        assert done.failed == (states_then is not State.SENT)
        line = next(x for x in log_of(plan).lines if x.lead == failing)
        assert bool(line.trouble) == done.failed
        assert [r.why for r in done.results if r.why] == [line.trouble] * done.failed
        server.troubles.clear()
        before = len(server.got)
        second = sending.send(plan, as_of=DAY, confirm=yes)
        assert len(server.got) - before == again == len(second.results)


def test_a_server_that_is_down_sends_nothing_and_the_round_is_run_again(tmp_path):
    with mail_server() as server:
        port = server.port
    plan = by_mail(tmp_path / "plan.xlsx", port)
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    done = sending.send(plan, as_of=DAY, confirm=yes)
    assert {r.state for r in done.results} == {Became.FAILED}
    assert all("localhost" in r.why for r in done.results)
    assert set(states(plan).values()) == {State.FAILED}
    with mail_server() as server:
        book = openpyxl.load_workbook(plan)
        book["Settings"].cell(9, 2).value = server.port
        assert book["Settings"].cell(9, 1).value == "Mail port"
        book.save(plan)
        assert len(sending.send(plan, as_of=DAY, confirm=yes).results) == len(server.got) == 2


def test_a_crash_before_the_log_is_written_is_finished_by_running_it_again(tmp_path, monkeypatch):
    with mail_server() as server:
        plan = by_mail(tmp_path / "plan.xlsx", server.port)
        sending.draft(plan, as_of=DAY, preview=True, now=NOW)
        written = sending._keep
        calls: list[int] = []

        def crash(*given: Any) -> Any:
            calls.append(1)
            if len(calls) > 1:  # the first is before anything is sent
                raise KeyboardInterrupt
            return written(*given)

        monkeypatch.setattr(sending, "_keep", crash)
        with pytest.raises(KeyboardInterrupt):
            sending.send(plan, as_of=DAY, confirm=yes)
        monkeypatch.undo()
        monkeypatch.setenv("AGSXL_MAIL_PASSWORD", PASSWORD)
        assert len(server.got) == 2 and set(states(plan).values()) == {State.SENDING}
        again = sending.send(plan, as_of=DAY, confirm=refuse)
        assert len(server.got) == 2
        assert "2 messages of it had gone out or may have" in again.notes[0]
        assert set(states(plan).values()) == {State.SENT}


@pytest.mark.parametrize("where", ["plan.xlsx", "plan 2018.xlsx"])
@pytest.mark.parametrize("crash_at", [1, 2, 3])
def test_a_plan_renamed_after_a_crash_sends_nothing_twice(tmp_path, monkeypatch, where, crash_at):
    """The note of a run stays behind when its plan gets another name, so the plan itself knows too."""
    with mail_server() as server:
        plan = by_mail(tmp_path / "plan.xlsx", server.port)
        sending.draft(plan, as_of=DAY, preview=True, now=NOW)
        written, send_all = sending._keep, sending.send_all
        calls: list[int] = []

        def crash(*given: Any) -> Any:  # as a kill does: nothing more is written
            calls.append(1)
            if len(calls) > 1:
                raise KeyboardInterrupt
            return written(*given)

        def crash_after(*given: Any, **also: Any) -> Iterator[Result]:
            for number, result in enumerate(send_all(*given, **also), 1):
                if number == crash_at:
                    raise KeyboardInterrupt  # the mail has gone, and its result is not entered
                yield result

        monkeypatch.setattr(sending, "_keep", crash)
        monkeypatch.setattr(sending, "send_all", crash_after)
        with pytest.raises(KeyboardInterrupt):
            sending.send(plan, as_of=DAY, confirm=yes)
        monkeypatch.undo()
        monkeypatch.setenv("AGSXL_MAIL_PASSWORD", PASSWORD)
        gone = len(server.got)
        assert gone == min(crash_at, 2)
        plan = plan.rename(tmp_path / where)
        done = sending.send(plan, as_of=DAY, confirm=yes)
        arrived = [got.to for got in server.got]
        assert len(arrived) == len(set(arrived))
        if where == "plan.xlsx":  # its note is there, and says all
            assert len(arrived) == 2 and set(states(plan).values()) == {State.SENT}
        else:
            assert len(arrived) == gone and set(done.held_back.values()) == {Held.UNKNOWN}
            assert done.failed
            lead = done.messages[0].lead
            marked = sending.mark(plan, lead, sent=False, as_of=DAY, now=NOW)
            assert states(plan)[lead] is State.FAILED
            assert marked.notes[-1].startswith(f"Entered: the message to {lead} was not sent.")


def test_while_messages_are_on_their_way_the_plan_says_so(tmp_path, monkeypatch):
    with mail_server() as server:
        plan = by_mail(tmp_path / "plan.xlsx", server.port)
        sending.draft(plan, as_of=DAY, preview=True, now=NOW)
        send_all, seen, said = sending.send_all, [], []

        def looked_at(*given: Any, **also: Any) -> Iterator[Result]:
            seen.append(set(states(plan).values()))
            said.extend(screen.standing(sending.round_status(plan, as_of=DAY)))
            yield from send_all(*given, **also)

        monkeypatch.setattr(sending, "send_all", looked_at)
        sending.send(plan, as_of=DAY, confirm=yes)
    assert seen == [{State.SENDING}]
    assert "2 messages in the hands of a run" in " ".join(said)


def test_a_run_killed_before_it_began_leaves_everything_to_be_sent(tmp_path, monkeypatch):
    with mail_server() as server:
        plan = by_mail(tmp_path / "plan.xlsx", server.port)
        sending.draft(plan, as_of=DAY, preview=True, now=NOW)
        written = sending._keep

        def killed(*given: Any) -> Any:
            written(*given)
            (tmp_path / "as it was").write_bytes(plan.read_bytes())
            raise KeyboardInterrupt

        monkeypatch.setattr(sending, "_keep", killed)
        with pytest.raises(KeyboardInterrupt):
            sending.send(plan, as_of=DAY, confirm=yes)
        monkeypatch.undo()
        monkeypatch.setenv("AGSXL_MAIL_PASSWORD", PASSWORD)
        plan.write_bytes((tmp_path / "as it was").read_bytes())
        note = tmp_path / ".plan.xlsx.sending"
        note.touch()  # a kill leaves it empty
        assert sending.send(plan, as_of=DAY, confirm=lambda question: False).notes == (
            "Nothing was sent.",
        )
        assert note.exists()  # it still tells that nothing was begun
        assert len(sending.send(plan, as_of=DAY, confirm=yes).results) == len(server.got) == 2
        assert not note.exists()


def refused(*given: Any, **also: Any) -> Any:
    raise OutputError("plan.xlsx is read only.")


def test_a_log_that_cannot_be_written_stops_it_before_anything_goes(tmp_path, monkeypatch):
    with mail_server() as server:
        plan = by_mail(tmp_path / "plan.xlsx", server.port)
        sending.draft(plan, as_of=DAY, preview=True, now=NOW)
        (tmp_path / "~$plan.xlsx").write_bytes(b"\x05Ada B" + b" " * 159)
        with pytest.raises(SourceError, match="is open in Excel"):
            sending.send(plan, as_of=DAY, confirm=yes)
        (tmp_path / "~$plan.xlsx").unlink()
        monkeypatch.setattr(FileBook, "apply", refused)
        with pytest.raises(OutputError, match="read only"):
            sending.send(plan, as_of=DAY, confirm=yes)
        assert server.got == []


def test_a_log_that_cannot_be_written_afterwards_is_remembered_beside_the_plan(
    tmp_path, monkeypatch
):
    with mail_server() as server:
        plan = by_mail(tmp_path / "plan.xlsx", server.port)
        sending.draft(plan, as_of=DAY, preview=True, now=NOW)
        send_all = sending.send_all

        def opened_meanwhile(*given: Any, **also: Any) -> Iterator[Result]:
            yield from send_all(*given, **also)
            (tmp_path / "~$plan.xlsx").write_bytes(b"\x05Ada B" + b" " * 159)

        monkeypatch.setattr(sending, "send_all", opened_meanwhile)
        with pytest.raises(OutputError, match="2 messages went out"):
            sending.send(plan, as_of=DAY, confirm=yes)
        note = (tmp_path / ".plan.xlsx.sending").read_text()
        assert not re.search("Ada|Zo|Legal|wexcombe", note)  # nothing personal
        (tmp_path / "~$plan.xlsx").unlink()
        sending.draft(plan, as_of=DAY, preview=True, now=NOW)
        assert set(states(plan).values()) == {State.SENT}
        assert len(server.got) == 2


def test_what_nobody_knows_is_settled_by_the_officer(tmp_path):
    with mail_server(troubles={1: "dot: drop"}) as server:
        plan = by_mail(tmp_path / "plan.xlsx", server.port)
        sending.draft(plan, as_of=DAY, preview=True, now=NOW)
        lead = sending.send(plan, as_of=DAY, confirm=yes).messages[0].lead
        assert states(plan)[lead] is State.UNKNOWN
        sending.mark(plan, lead, sent=False, as_of=DAY, now=NOW)
        assert states(plan)[lead] is State.FAILED
        server.troubles.clear()
        assert [r.state for r in sending.send(plan, as_of=DAY, confirm=yes).results] == [
            Became.SENT
        ]
    with pytest.raises(SettingsError, match="was sent on"):
        sending.mark(plan, lead, sent=False, as_of=DAY)
    with pytest.raises(SettingsError, match="no message to 'Head of Parks'"):
        sending.mark(plan, "Head of Parks", sent=True, as_of=DAY)


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("Mail server", None, "No mail server"),
        ("Mail security", "none", "never sent over a line"),
    ],
)
def test_settings_that_would_not_send_safely_are_refused_before_anything(
    tmp_path, setting, value, why
):
    plan = by_mail(tmp_path / "plan.xlsx", 2525)
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    book = openpyxl.load_workbook(plan)
    sheet = book["Settings"]
    row = next((r for r in sheet.iter_rows() if r[0].value == setting), None)
    if row:
        row[1].value = value
    else:
        sheet.append([setting, value])
    book.save(plan)
    with pytest.raises(SettingsError, match=why):
        sending.send(plan, as_of=DAY, confirm=refuse)


# -- answers -------------------------------------------------------------------------------------


def test_answers_close_the_round_and_the_silent_are_named(plan, tmp_path):
    sending.draft(plan, tmp_path / "month", as_of=DAY, preview=True, now=NOW)
    sending.send(plan, as_of=DAY, confirm=yes, clock=lambda: NOW)
    reply = fill(tmp_path / "month/returns/Head of Finance.xlsx", "A1", No_change="Yes")
    updating.reconcile(plan, [reply], now=NOW + timedelta(days=3))
    leads = {s.lead: s for s in sending.round_status(plan, as_of=DAY).leads}
    assert (leads["Head of Finance"].answered, leads["Head of Finance"].asked) == (1, 2)
    assert leads["Head of Finance"].silent == 0
    assert (leads["Head of Legal"].answered, leads["Head of Legal"].silent) == (0, 1)
    updating.answer(plan, "A2", by="Head of Finance", comment="Nearly", now=NOW + timedelta(days=4))
    leads = {s.lead: s for s in sending.round_status(plan, as_of=DAY).leads}
    assert leads["Head of Finance"].open == ()
    with open_book(plan) as book:
        page = book.read(CHASERS)
    answered = dict(zip(column(page, "SMT lead"), column(page, "Answered"), strict=True))
    assert answered["Head of Finance"] and answered["Head of Finance"] != answered["Head of Legal"]


def test_reading_replies_with_json_alone_writes_no_log(plan, tmp_path):
    sending.draft(plan, tmp_path / "month", as_of=DAY, preview=True, now=NOW)
    sending.send(plan, as_of=DAY, confirm=yes, clock=lambda: NOW)
    reply = fill(tmp_path / "month/returns/Head of Legal.xlsx", "B1", No_change="Yes")
    before = plan.read_bytes()
    updating.reconcile(plan, [reply], keep_on_sheet=False, now=NOW)
    assert plan.read_bytes() == before


def test_three_rounds_without_an_answer_escalate(plan):
    days = [date(2017, 9, 30), date(2017, 10, 31), date(2017, 11, 30), date(2017, 12, 29)]
    seen = []
    for day in days:
        done = sent(plan, day, datetime(day.year, day.month, day.day, 9))
        message = next(m for m in done.messages if m.lead == "Head of Legal")
        seen.append((message.level, [p.name for p in message.copied]))
    assert seen == [
        (Level.FIRST, []), (Level.SECOND, []), (Level.SECOND, []), (Level.ESCALATION, ["Cy Fox"]),
    ]  # fmt: skip
    status = {s.lead: s for s in sending.round_status(plan, as_of=days[-1]).leads}
    assert status["Head of Legal"].silent == 4


def test_what_was_not_answered_is_asked_again_and_says_so(plan):
    sent(plan)
    done = sending.draft(plan, as_of=date(2017, 10, 31), now=NOW)
    message = next(m for m in done.messages if m.lead == "Head of Legal")
    assert "no answer" in message.text


def test_last_months_answer_stands_beside_what_is_asked(plan, tmp_path):
    sending.draft(plan, tmp_path / "month", as_of=DAY, preview=True, now=NOW)
    sending.send(plan, as_of=DAY, confirm=yes, clock=lambda: NOW)
    reply = fill(
        tmp_path / "month/returns/Head of Legal.xlsx", "B1", Comment="Counsel is looking at it."
    )
    updating.reconcile(plan, [reply], apply=True, now=NOW + timedelta(days=2))
    done = sending.draft(plan, as_of=date(2017, 10, 31), now=NOW + timedelta(days=30))
    message = next(m for m in done.messages if m.lead == "Head of Legal")
    assert message.level is Level.FIRST  # something came back
    assert "Counsel is looking at it." in message.text
    assert "30 September 2017" in message.text


def test_thanks_go_once_to_those_who_answered_and_say_what_became_of_it(plan, tmp_path):
    sending.draft(plan, tmp_path / "month", as_of=DAY, preview=True, now=NOW)
    sending.send(plan, as_of=DAY, confirm=yes, clock=lambda: NOW)
    reply = fill(
        tmp_path / "month/returns/Head of Finance.xlsx", "A1",
        Status="Complete", Comment="Delivered on 12 September.",
    )  # fmt: skip
    fill(reply, "A2", Proposed_date=date(2017, 12, 15), Reason="The consultation was extended")
    updating.reconcile(plan, [reply], apply=True, now=NOW + timedelta(days=2))
    done = sending.thank(plan, tmp_path / "month", as_of=DAY, now=NOW + timedelta(days=3))
    (mail,) = emails(tmp_path / "month" / "thanks").values()
    text = mail.get_body(("plain",)).get_content()
    assert [m.lead for m in done.messages] == ["Head of Finance"]
    assert "Complete" in text and "15 December 2017" in text
    assert sending.thank(plan, tmp_path / "month", as_of=DAY).messages == ()


def test_thanks_run_again_take_no_draft_away_that_was_not_sent_yet(plan, tmp_path):
    sent(plan)
    for ref, lead in (("A1", "Head of Finance"), ("B1", "Head of Legal")):
        updating.answer(plan, ref, by=lead, status="Complete", now=NOW + timedelta(days=1))
        sending.thank(plan, tmp_path / "month", as_of=DAY, now=NOW + timedelta(days=2))
    assert set(emails(tmp_path / "month" / "thanks")) == {"Head of Finance", "Head of Legal"}


def test_in_the_next_month_thanks_and_marks_are_still_of_the_round_that_was_sent(plan, tmp_path):
    sent(plan)
    later = date(2017, 10, 12)
    updating.answer(plan, "A1", by="Head of Finance", status="Complete", now=NOW)
    done = sending.thank(plan, tmp_path / "month", as_of=later, now=NOW)
    assert (done.round.name, len(done.messages)) == ("September 2017", 1)
    assert "nothing" in done.notes[-1]  # is sent by agsxl
    with pytest.raises(SettingsError, match="was sent on"):
        sending.mark(plan, "Head of Legal", sent=False, as_of=later)


def test_of_two_leads_of_a_milestone_only_the_one_who_answered_is_thanked(tmp_path):
    plan = make(tmp_path / "plan.xlsx")
    enter(plan, "Plan", LEAD_OF_A1, "Head of Finance / Head of Legal")
    sent(plan)
    updating.answer(plan, "A1", by="Head of Finance", status="Complete", now=NOW)
    done = sending.thank(plan, tmp_path / "month", as_of=DAY, now=NOW)
    assert [m.lead for m in done.messages] == ["Head of Finance"]
    leads = {s.lead: s for s in sending.round_status(plan, as_of=DAY).leads}
    assert leads["Head of Legal"].open == ("B1",)  # one answer is enough
    updating.answer(plan, "B1", by="Head of Legal", no_change=True, now=NOW)
    (mail,) = sending.thank(plan, tmp_path / "month", as_of=DAY, now=NOW).messages
    assert mail.lead == "Head of Legal"
    assert "B1" in mail.text and "A1" not in mail.text  # which Legal said nothing of


def test_thanks_for_what_was_answered_before_the_reporting_date_say_what_it_was(plan, tmp_path):
    sent(plan, now=datetime(2017, 9, 25, 9))  # the reporting date lies ahead
    updating.answer(
        plan, "A1", by="Head of Finance", status="Complete", now=datetime(2017, 9, 26, 9)
    )
    (mail,) = sending.thank(plan, tmp_path / "month", as_of=DAY, now=NOW).messages
    assert "Status: Complete (now on the plan)" in mail.text and "No change" not in mail.text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"by": "Zoë Löwe", "comment": "Counsel is looking."}, "2 October 2017: Comments 'Counsel is looking.'"),
        ({"by": "Head of Legal", "no_change": True}, "30 September 2017: No change"),
        ({"by": "Head of Legal", "proposed_date": "15/12/2017", "reason": "Tender"},
         "2 October 2017: Proposed date '15 December 2017' (not decided yet)"),
    ],
)  # fmt: skip
def test_whatever_way_it_came_last_months_answer_stands_in_the_next_message(plan, said, told):
    sent(plan)
    updating.answer(plan, "B1", **said, now=NOW)
    done = sending.draft(plan, as_of=date(2017, 10, 31), now=NOW + timedelta(days=30))
    message = next(m for m in done.messages if m.lead == "Head of Legal")
    assert f"Last answer: {told}" in " ".join(message.text.split())


def test_of_two_milestones_with_one_ref_nobody_knows_whose_the_last_answer_was(plan):
    sent(plan)
    updating.answer(plan, "A1", by="Head of Finance", comment="Nearly", now=NOW)
    done = sending.draft(plan, as_of=date(2017, 10, 31), now=NOW)
    assert "Nearly" in next(m for m in done.messages if m.lead == "Head of Finance").text
    enter(plan, "Plan", "A3", "A1")
    done = sending.draft(plan, as_of=date(2017, 10, 31), now=NOW)
    assert "Last answer" not in next(m for m in done.messages if m.lead == "Head of Finance").text


def test_thanks_are_no_message_that_a_mark_is_about(tmp_path):
    with mail_server(troubles={1: "dot: drop"}) as server:
        plan = by_mail(tmp_path / "plan.xlsx", server.port)
        sending.draft(plan, as_of=DAY, preview=True, now=NOW)
        lead = sending.send(plan, as_of=DAY, confirm=yes, clock=lambda: NOW).messages[0].lead
    updating.answer(plan, "A1", by=lead, no_change=True, now=NOW)  # so it did arrive
    assert sending.thank(plan, tmp_path / "month", as_of=DAY, now=NOW).messages
    sending.mark(plan, lead, sent=False, as_of=DAY, now=NOW)  # the officer says otherwise
    assert log_of(plan).of(log_of(plan).rounds[0])[0].state is State.FAILED


def test_a_date_that_is_moved_is_no_answer_that_anybody_waits_for(plan):
    sent(plan)
    done = updating.rebaseline(
        plan, "B1", "30/11/2017", reason="Tender", approved_by="Cabinet", now=NOW
    )
    assert done.applied and done.notes == ()


def test_an_answer_in_the_name_of_nobody_who_was_asked_is_said(plan, capsys):
    sent(plan)
    done = updating.answer(plan, "B1", by="Ann from Legal", no_change=True, now=NOW)
    assert "asked Head of Legal about B1" in done.notes[0]
    code, out, _ = run(capsys, "answer", str(plan), "B1", "--by", "Ann", "--no-change")
    assert code == 0 and "asked Head of Legal about B1" in " ".join(out.split())
    assert updating.answer(plan, "B1", by="Head of Legal", no_change=True, now=NOW).notes == ()


# -- people ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("posts", "to", "fault"),
    [
        # on leave: the deputy is asked, and told why
        ([["Head of Legal", "Zoë Löwe", "z@wexcombe.example", None, None, "Head of Finance", None,
           date(2017, 9, 1), date(2017, 10, 12)]], "Ada Byrne", ""),
        # vacant, with a deputy
        ([["Head of Legal", None, None, None, None, "Head of Finance"]], "Ada Byrne", ""),
        # nobody at all
        ([["Head of Legal"]], None, "Nobody holds the post"),
        # no address
        ([["Head of Legal", "Zoë Löwe"]], "Zoë Löwe", "no email address"),
        # what is there is none
        ([["Head of Legal", "Zoë Löwe", "zoe at wexcombe"]], "Zoë Löwe", "zoe at wexcombe"),
        # handed over before the reporting date
        ([["Head of Legal", "Zoë Löwe", "z@wexcombe.example", None, date(2017, 8, 31)],
          ["Head of Legal", "Bo Day", "b@wexcombe.example", date(2017, 9, 1)]], "Bo Day", ""),
        # a job share: both
        ([["Head of Legal", "Zoë Löwe", "z@wexcombe.example"],
          ["Head of Legal", "Bo Day", "b@wexcombe.example"]], "Zoë Löwe; Bo Day", ""),
    ],
)  # fmt: skip
def test_the_message_goes_to_who_answers_for_the_post_on_the_day(tmp_path, posts, to, fault):
    table = [POSTS[0], POSTS[1], *posts]
    plan = make(tmp_path / "plan.xlsx", posts=table)
    done = sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    message = next(m for m in done.messages if m.lead == "Head of Legal")
    assert ("; ".join(p.name for p in message.to) or None) == to
    said = " ".join(f for lead, f in done.faults if lead == "Head of Legal")
    assert fault.lower() in said.lower() and bool(said) == bool(fault)
    result = sending.send(plan, as_of=DAY, confirm=yes)
    assert len(result.results) == (1 if fault else 2)  # the others still go
    assert (result.held_back.get("Head of Legal") is Held.NOBODY) == bool(fault)


def test_a_header_injected_through_a_name_is_only_a_name(tmp_path):
    evil = "Ann\r\nBcc: thief@evil.example\r\n\r\n<script>alert(1)</script>"
    posts = [POSTS[0], ["Head of Legal", evil, "ann@wexcombe.example"]]
    plan = make(tmp_path / "plan.xlsx", posts=posts)
    done = sending.draft(plan, tmp_path / "month", as_of=DAY, preview=True, now=NOW)
    mail = emails(tmp_path / "month" / "drafts")["Head of Legal"]
    assert mail["Bcc"] is None and len(mail["To"].addresses) == 1
    page = (tmp_path / "month" / "preview.html").read_text("utf-8")
    assert "<script" not in page
    assert done.messages


def test_forget_takes_a_person_out_of_both_sheets_and_leaves_the_counts(plan):
    sent(plan)
    counts = log_of(plan).counts(log_of(plan).rounds[0])
    done = sending.forget(plan, "Zoë Löwe", as_of=DAY, now=NOW)
    assert (done.lines, done.cells) == (1, ("B3", "C3"))
    with open_book(plan) as book:
        for name in book.sheets():
            cells = " ".join(str(c) for row in book.read(name).rows for c in row)
            assert not re.search("Löwe|zoe.loewe", cells), name
    assert log_of(plan).counts(log_of(plan).rounds[0]) == counts
    assert done.backups and all(b.exists() for b in done.backups)
    again = sending.forget(plan, "Ada Byrne", as_of=DAY, backups=True, now=NOW)
    assert again.backups == () and not any(b.exists() for b in done.backups)
    with pytest.raises(SettingsError, match="knows 'Nobody Known'"):
        sending.forget(plan, "Nobody Known", as_of=DAY)


def test_forget_takes_an_address_along_that_only_the_posts_sheet_knows(tmp_path):
    """Under Escalates to there may be no more than the address."""
    posts = [
        POSTS[0],
        ["Head of Finance", "Ada Byrne", "ada@wexcombe.example", None, None, None, "cy@wexcombe.example"],
        ["Head of Legal", "Zoë Löwe", "zoe@wexcombe.example", None, None, "Cy Fox <cy@wexcombe.example>"],
        ["Chief Executive", "Cy Fox", "cy@wexcombe.example"],
    ]  # fmt: skip
    plan = make(tmp_path / "plan.xlsx", posts=posts)
    for month in (9, 10, 11, 12):
        sent(plan, date(2017, month, 28), datetime(2017, month, 28, 9))
    assert any(p.address == "cy@wexcombe.example" for x in log_of(plan).lines for p in x.copied)
    updating.answer(plan, "A1", by="Cy Fox", comment="Nearly done", now=NOW)
    done = sending.forget(plan, "cy  fox", as_of=date(2017, 12, 28), now=NOW)
    assert done.cells == ("G2", "F3", "B4", "C4") and done.lines
    with open_book(plan) as book:
        named = {
            name
            for name in book.sheets()
            if re.search(
                "(?i)cy fox|cy@wex", " ".join(str(c) for r in book.read(name).rows for c in r)
            )
        }
    # What was said and agreed is the officer's: it is told where.
    assert set(done.elsewhere) == named == {"Plan", "Change log"}
    assert [f.name for f in done.folders] == [f"plan chasers 2017-{m:02}" for m in (9, 10, 11, 12)]
    assert log_of(plan).rounds[-1].name == "December 2017"
    with open_book(plan) as book:  # of the last round, not of a month that has none
        assert (
            book.read(CHASERS).rows[0][0]
            == "Chasers: December 2017, reporting date 28 December 2017"
        )


def test_what_is_older_than_settings_keep_becomes_counts(plan):
    sent(plan)
    done = sending.forget(plan, as_of=date(2019, 11, 30), now=NOW)
    assert done.old_lines == 2
    log = log_of(plan)
    assert log.lines == () and log.counts(log.rounds[0]).sent == 2
    assert sending.forget(plan, as_of=date(2019, 11, 30)).old_lines == 0


# -- from the terminal ---------------------------------------------------------------------------


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    code = cli.main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_the_month_from_the_terminal(plan, tmp_path, capsys):
    code, out, _ = run(capsys, "chase", str(plan), "--out", str(tmp_path / "month"))
    assert code == 0 and "Round September 2017." in out
    code, out, err = run(capsys, "chase", str(plan), "--send", "--yes")
    assert code == 2 and "has not been previewed" in err
    assert run(capsys, "chase", str(plan), "--preview")[0] == 0
    code, out, err = run(capsys, "chase", str(plan), "--send")
    assert code == 2 and "give --yes" in err  # nobody sits at this terminal
    code, out, _ = run(capsys, "chase", str(plan), "--send", "--yes")
    assert code == 0 and "2 entered as sent, 0 not sent." in out
    code, out, _ = run(capsys, "chase", str(plan), "--status")
    assert code == 0 and "2 leads asked, 2 sent, 0 answered" in out
    code, out, _ = run(capsys, "chase", str(plan), "--thanks")
    assert code == 0 and "Nobody has answered" in out
    code, out, _ = run(capsys, "forget", str(plan), "Ada Byrne")
    assert code == 0 and "no longer hold Ada Byrne" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--thanks", "--posts", "p.csv"], "--posts does nothing with --thanks"),
        (["--sent", "Head of Legal", "--posts", "p.csv"], "--posts does nothing with --sent"),
        (["--status", "--out", "month"], "--out does nothing with --status"),
        (["--not-sent", "Head of Legal", "--out", "month"], "--out does nothing with --not-sent"),
        (["--preview", "--yes"], "--yes does nothing with --preview"),
        (["--yes"], "--yes does nothing without --send"),
        (["--send", "--new-round", "--yes"], "--new-round does nothing with --send"),
        (["--new-round"], "--new-round needs --preview"),
        (["--new-round", "--out", "x.xlsx"], "--new-round needs --preview"),
        (["--preview", "--out", "x.xlsx"], "must be a folder with --preview"),
        (["--sent", ""], "has no message to ''"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(plan, capsys, arguments, said):
    sent(plan)
    before = plan.read_bytes()
    code, out, err = run(capsys, "chase", str(plan), *arguments)
    assert (code, out) == (2, "") and said in err
    assert plan.read_bytes() == before


def test_out_is_refused_where_the_mail_server_sends(tmp_path):
    plan = by_mail(tmp_path / "plan.xlsx", 2525)
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    with pytest.raises(SettingsError, match="--out does nothing"):
        sending.send(plan, tmp_path / "month", as_of=DAY, confirm=refuse)


def test_another_round_of_what_has_no_log_is_refused(tmp_path):
    source = tmp_path / "plan.csv"
    source.write_text("Ref,Milestones,Timescale,SMT Lead\nA1,Training,31/07/17,Head of Finance\n")
    with pytest.raises(SettingsError, match="leave out --new-round"):
        sending.draft(source, tmp_path / "month", as_of=DAY, new_round=True)


def test_the_status_fits_eighty_columns_and_no_date_is_torn(plan, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    code, out, _ = run(capsys, "chase", str(plan), "--status")
    assert code == 0 and "2 messages drafted and not entered as sent" in " ".join(out.split())
    sending.send(plan, as_of=DAY, confirm=yes, clock=lambda: NOW)
    code, out, _ = run(capsys, "chase", str(plan), "--status")
    assert "02/10/2017" in out and "0 of 2" in out and "1 round" in out
    assert max(map(len, out.splitlines())) <= 80


def test_what_is_said_of_a_message_is_answered_in_a_sentence(plan, capsys):
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    code, out, _ = run(capsys, "chase", str(plan), "--sent", "zoë löwe")  # by the person's name too
    assert code == 0 and "Entered: the message to Head of Legal was sent." in out
    assert "No lead has anything" not in out


def test_what_could_not_go_makes_the_exit_code(tmp_path, capsys):
    plan = make(tmp_path / "plan.xlsx", posts=[POSTS[0], POSTS[1], ["Head of Legal", "Zoë Löwe"]])
    sending.draft(plan, as_of=DAY, preview=True, now=NOW)
    code, out, _ = run(capsys, "chase", str(plan), "--send", "--yes")
    assert code == 1 and "1 entered as sent" in out


def test_json_of_a_round_is_one_object_with_the_contracts_keys(plan, tmp_path, capsys):
    import json

    code, out, _ = run(capsys, "chase", str(plan), "--out", str(tmp_path / "month"), "--json")
    shape = json.loads(out)
    assert code == 0
    assert [lead["lead"] for lead in shape["leads"]] == ["Head of Finance", "Head of Legal"]
    assert shape["messages"][0]["state"] == "drafted"
    assert all(Path(f).exists() for f in shape["files"])
    code, out, _ = run(capsys, "chase", str(plan), "--status", "--json")
    assert json.loads(out)["leads"][0]["answer"] == "none"


def test_without_out_the_plan_is_only_looked_at(plan, capsys):
    before = plan.read_bytes()
    assert run(capsys, "chase", str(plan))[0] == 0
    assert plan.read_bytes() == before


# -- the real plan -------------------------------------------------------------------------------


class _Words(HTMLParser):
    """The words of a page, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._hidden += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words += re.findall(r"\w+", data)


def words_of(html: str) -> list[str]:
    parser = _Words()
    parser.feed(html)
    return parser.words


@pytest.mark.real
def test_the_real_plan_has_a_message_for_each_lead_with_something_to_answer(tmp_path):
    plan = desk.load_plan(REAL)
    leads = sorted({p for m in plan.milestones for p in m.smt_lead.posts})
    posts = tmp_path / "posts.csv"
    lines = [f'"{lead}",Person {n},person{n}@wexcombe.example' for n, lead in enumerate(leads)]
    posts.write_text("Post,Person,Email\n" + "\n".join(lines) + "\n", "utf-8")
    done = sending.draft(REAL, tmp_path / "month", as_of=DAY, posts=posts, preview=True, now=NOW)
    lists = desk.chase(plan, as_of=DAY, posts=posts)
    asked = {c.lead: [a.ref for a in c.milestones] for c in lists}
    assert {m.lead: m.milestones for m in done.messages} == {k: len(v) for k, v in asked.items()}
    assert 0 < len(asked) < len(leads) + 1
    for message in done.messages:
        assert not message.faults
        text = set(re.findall(r"\w+", message.text))
        html = set(words_of(message.html))
        assert text == html, message.lead
        assert all(set(re.findall(r"\w+", ref)) <= text for ref in asked[message.lead])
