"""The loop that sends nothing twice; drafts, the folder for a mail merge, and where the password is."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, NoKeyringError

from agsxl.errors import OutputError, SettingsError
from agsxl.mail.drafts import write_drafts
from agsxl.mail.folder import HEADINGS, MOST_IN_A_CELL, write_merge_folder
from agsxl.mail.journal import Journal
from agsxl.mail.messages import Attachment, Message
from agsxl.mail.password import VARIABLE, password_for, remember_password
from agsxl.mail.placing import LIST, Placing
from agsxl.mail.ways import BROKEN_OFF, Result, State, addresses, cannot_go, nothing, send_all
from agsxl.rounds import Addressee
from tests.files import by_office
from tests.mailserver import NOW, message

SENT, FAILED, UNKNOWN = State.SENT, State.FAILED, State.UNKNOWN


# -- the loop ----------------------------------------------------------------------------------


class Post:
    """A way that does as it is told: ``states`` by the message's number."""

    def __init__(self, states: dict[int, State] | None = None) -> None:
        self.states = states or {}
        self.sent: list[str] = []

    def send(
        self, message: Message, *, now: datetime, begin: Callable[[], None] = nothing
    ) -> Result:
        begin()
        self.sent.append(message.key)
        state = self.states.get(int(message.key.split()[-1]), SENT)
        return Result(message.key, state, "" if state is SENT else "It did not go.")

    def close(self) -> None:
        pass


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(b"the plan")
    return path


def clock() -> Iterator[datetime]:
    moment = NOW
    while True:
        yield moment
        moment += timedelta(seconds=1)


def go(plan: Path, way: Post, *numbers: int) -> list[Result]:
    times = clock()
    with Journal.open(plan) as journal:
        messages = [message(number) for number in numbers]
        return list(send_all(messages, way, journal, now=lambda: next(times)))


def test_each_message_is_sent_once_however_often_it_is_run(plan):
    way = Post({2: FAILED, 3: UNKNOWN})
    assert [r.state for r in go(plan, way, 1, 2, 3)] == [SENT, FAILED, UNKNOWN]
    way.states = {}
    again = go(plan, way, 1, 2, 3, 4)
    assert [r.state for r in again] == [SENT, SENT, UNKNOWN, SENT]
    assert again[2].why == BROKEN_OFF
    numbers = [int(key.split()[-1]) for key in way.sent]
    assert numbers == [1, 2, 3, 2, 4]  # only what failed was tried again


def test_a_message_given_twice_is_sent_once(plan):
    way = Post()
    assert [r.state for r in go(plan, way, 1, 1)] == [SENT, SENT]
    assert len(way.sent) == 1


@given(runs=st.lists(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(State)), max_size=6)))
def test_whatever_becomes_of_them_nothing_arrives_twice(tmp_path_factory, runs):
    plan = tmp_path_factory.getbasetemp() / "much sent.xlsx"
    with Journal.open(plan) as journal:
        journal.close_when_logged()
    handed_over: dict[str, int] = {}
    for run in runs:
        way = Post(dict(run))
        for result in go(plan, way, *(number for number, _ in run)):
            if result.state is FAILED:
                way.sent.remove(result.key)
        for key in way.sent:
            handed_over[key] = handed_over.get(key, 0) + 1
    assert all(count == 1 for count in handed_over.values())


def test_a_result_is_noted_before_it_is_yielded_and_has_its_time(plan):
    times = clock()
    with Journal.open(plan) as journal:
        messages = [message(1), message(2)]
        for result in send_all(messages, Post(), journal, now=lambda: next(times)):
            assert journal.result(result.key) == result
            assert result.when is not None and result.when > NOW


def test_the_officer_sees_how_far_it_is_and_no_names(plan):
    said: list[str] = []
    with Journal.open(plan) as journal:
        messages = [message(1), message(2)]
        list(send_all(messages, Post(), journal, now=lambda: NOW, progress=said.append))
    assert said == ["Sending 1 of 2", "Sending 2 of 2"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"to": ()}, "no address to send it to"),
        (
            {"to": (Addressee("Ann", ""),), "copied": (Addressee("Bo", "bo@x.example"),)},
            "send it to",
        ),
        ({"sender": None}, "no address to send it from"),
        ({"sender": Addressee("Ann", "")}, "no address to send it from"),
    ],
)
def test_what_has_nobody_to_go_to_or_to_come_from_is_not_tried(plan, given, why):
    way = Post()
    with Journal.open(plan) as journal:
        messages = [message(1, **given), message(2)]
        first, second = send_all(messages, way, journal, now=lambda: NOW)
    assert (first.state, second.state) == (FAILED, SENT) and why in first.why
    assert way.sent == [message(2).key]
    assert cannot_go(message()) == ""


def test_where_it_cannot_be_noted_that_a_message_went_the_caller_hears_of_it_first(
    plan, monkeypatch
):
    way, seen = Post(), []

    def full(result: Result) -> None:
        raise OutputError("The disk is full.")

    with Journal.open(plan) as journal:
        monkeypatch.setattr(journal, "end", full)
        with pytest.raises(OutputError):
            for result in send_all([message(1), message(2)], way, journal, now=lambda: NOW):
                seen.append(result)
    assert [r.state for r in seen] == [SENT] and len(way.sent) == 1
    assert go(plan, way, 1)[0].state is UNKNOWN and len(way.sent) == 1


def test_where_it_cannot_be_noted_that_a_message_goes_it_does_not(plan, monkeypatch):
    way = Post()

    def full(*_: object) -> None:
        raise OutputError("The disk is full.")

    with Journal.open(plan) as journal:
        monkeypatch.setattr(journal, "begin", full)
        with pytest.raises(OutputError):
            list(send_all([message(1)], way, journal, now=lambda: NOW))
    assert way.sent == []


def test_an_address_is_written_to_once():
    ann, chief = Addressee("Ann", "ann@x.example"), Addressee("Chief", "Chief@x.example")
    sent = message(
        to=(ann, Addressee("Bo", ""), Addressee("A. Lee", "ANN@x.example")),
        copied=(chief, ann, Addressee("", "chief@x.example")),
    )
    assert addresses(sent) == (("ann@x.example",), ("Chief@x.example",))


# -- drafts ------------------------------------------------------------------------------------


def names(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != LIST
    )


def test_a_draft_opens_as_one(tmp_path):
    folder = tmp_path / "out" / "Chasers"
    (path,) = write_drafts(folder, [message()], now=NOW)
    assert path == folder / "Head of Department 1.eml"
    data = path.read_bytes()
    email = BytesParser(policy=default).parsebytes(data)
    assert email["X-Unsent"] == "1"
    assert email["To"] == "Lead 1 <lead1@wexcombe.example>"
    assert email.get_body(("plain",)).get_content().splitlines() == message().text.splitlines()
    assert data.count(b"\n") == data.count(b"\r\n")


def test_a_lead_without_an_address_has_a_draft_too(tmp_path):
    (path,) = write_drafts(tmp_path, [message(to=(Addressee("Ann", ""),))], now=NOW)
    assert BytesParser(policy=default).parsebytes(path.read_bytes())["To"] is None


def test_no_two_drafts_have_one_name_on_any_disk(tmp_path):
    leads = ["Head of HR/OD", "head of hr od", "CON", "../../x", "Ann\nLee", "Büro \u202e", "."]
    paths = write_drafts(
        tmp_path, [message(n, lead=lead) for n, lead in enumerate(leads, start=1)], now=NOW
    )
    assert len({path.name.casefold() for path in paths}) == len(leads)
    assert all(path.parent == tmp_path and path.is_file() for path in paths)
    assert paths[1].name == "head of hr od (2).eml"
    for path, number in zip(paths, range(1, 8), strict=True):
        assert f"<agsxl.{number}@" in path.read_text("ascii")


def test_drafts_written_again_take_the_place_of_the_old_ones(tmp_path):
    leads = [message(1), message(2), message(3)]
    write_drafts(tmp_path, leads, now=NOW)
    before = names(tmp_path)
    write_drafts(tmp_path, leads, now=NOW + timedelta(days=1))
    assert names(tmp_path) == before
    listed = json.loads((tmp_path / LIST).read_text("utf-8"))
    assert [len(digests) for digests in listed["drafts"].values()] == [1, 1, 1]
    assert "02 Oct 2026" in (tmp_path / before[0]).read_text("ascii")


def test_drafts_that_are_wanted_no_longer_go_and_nothing_else(tmp_path):
    mine = tmp_path / "Minutes.eml"
    mine.write_text("Mine")
    write_drafts(tmp_path, [message(9)], now=NOW)
    write_drafts(tmp_path, [message(1), message(2), message(3), message(4)], now=NOW)
    changed = tmp_path / "Head of Department 3.eml"
    changed.write_bytes(changed.read_bytes() + b"I have added a line.\r\n")
    kept = (tmp_path / "Head of Department 4.eml").read_bytes()
    write_drafts(tmp_path, [message(1)], now=NOW + timedelta(1), keep=["Head of Department 4"])
    assert (tmp_path / "Head of Department 4.eml").read_bytes() == kept
    assert names(tmp_path) == [
        "Head of Department 1.eml",
        "Head of Department 3.eml",  # somebody has changed it
        "Head of Department 4.eml",  # sent, or to be sent, as it is
        "Minutes.eml",  # never ours
    ]
    assert mine.read_text() == "Mine" and changed.read_bytes().endswith(b"a line.\r\n")


def test_a_draft_that_is_kept_is_kept_under_whatever_name_it_has(tmp_path):
    mine = tmp_path / "Head of Department 1.eml"
    mine.write_text("Mine")
    (path,) = write_drafts(tmp_path, [message(1)], now=NOW)
    write_drafts(tmp_path, [message(2)], now=NOW, keep=["Head of Department 1"])
    assert path.name == "Head of Department 1 (2).eml" and path.exists()
    write_drafts(tmp_path, [message(2)], now=NOW)
    assert not path.exists() and mine.read_text() == "Mine"


def test_a_file_of_somebody_else_keeps_its_name(tmp_path):
    theirs = tmp_path / "Head of Department 1.eml"
    theirs.write_text("Theirs")
    for _ in range(2):  # and the second time agsxl knows its own
        (path,) = write_drafts(tmp_path, [message()], now=NOW)
        assert path.name == "Head of Department 1 (2).eml"
    assert theirs.read_text() == "Theirs" and len(names(tmp_path)) == 2


def test_a_draft_that_somebody_changed_is_not_written_over(tmp_path):
    (first,) = write_drafts(tmp_path, [message()], now=NOW)
    first.write_text("Changed")
    (second,) = write_drafts(tmp_path, [message()], now=NOW)
    assert first.read_text() == "Changed" and second != first


@pytest.mark.parametrize("dies_at", ["the list", "the file", "the end"])
def test_a_run_that_is_broken_off_leaves_only_what_the_next_knows_as_its_own(
    tmp_path, monkeypatch, dies_at
):
    write_drafts(tmp_path, [message(1)], now=NOW)
    replace, calls = os.replace, []

    def die(source: Any, target: Any) -> None:
        calls.append(target)
        if len(calls) == {"the list": 1, "the file": 2, "the end": 3}[dies_at]:
            raise KeyboardInterrupt
        replace(source, target)

    later = NOW + timedelta(days=1)
    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        write_drafts(tmp_path, [message(1)], now=later)
    monkeypatch.undo()
    (tmp_path / "~agsxl-123.part").write_text("a name")  # what a run that was killed leaves
    (path,) = write_drafts(tmp_path, [message(1)], now=later + timedelta(days=1))
    assert names(tmp_path) == ["Head of Department 1.eml"]
    assert "03 Oct 2026" in path.read_text("ascii")
    write_drafts(tmp_path, [], now=NOW)
    assert list(tmp_path.iterdir()) == []  # not even the list


@pytest.mark.parametrize("contents", ["", "[]", '{"drafts": 1}', '{"drafts": {"a.eml": 1}}', "\0"])
def test_a_damaged_list_is_refused(tmp_path, contents):
    (tmp_path / LIST).write_text(contents)
    with pytest.raises(OutputError, match="is damaged"):
        write_drafts(tmp_path, [message()], now=NOW)
    assert names(tmp_path) == []


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "Chasers").write_text("a file")
    with pytest.raises(OutputError, match=r"cannot be written .*; name another folder"):
        write_drafts(tmp_path / "Chasers", [message()], now=NOW)


def test_a_draft_that_is_open_elsewhere(tmp_path, monkeypatch):
    def held(*_: object) -> None:
        raise PermissionError(13, "Access is denied")

    monkeypatch.setattr(os, "replace", held)
    with pytest.raises(OutputError, match="close it if it is open in another program"):
        write_drafts(tmp_path, [message()], now=NOW)
    monkeypatch.undo()
    assert names(tmp_path) == []


def test_a_run_that_fails_takes_nothing_away(tmp_path):
    with Placing(tmp_path, "drafts") as placing:
        placing.put("a.eml", b"a")
    with pytest.raises(ZeroDivisionError), Placing(tmp_path, "drafts") as placing:
        placing.put("b.eml", b"b")
        1 / 0  # noqa: B018
    assert names(tmp_path) == ["a.eml", "b.eml"]


# -- the folder for a mail merge ---------------------------------------------------------------


def table(path: Path) -> list[list[str]]:
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_what_a_mail_merge_is_given(tmp_path):
    two = message(
        2,
        to=(Addressee("Ann", "ann@x.example"), Addressee("Bo", "bo@x.example")),
        copied=(Addressee("Chief", "chief@x.example"), Addressee("Zoë", "zoe@x.example")),
        attachments=(Attachment("Head of Department 1.xlsx", b"two"), Attachment("b.xlsx", b"b")),
    )
    merge = write_merge_folder(tmp_path, [message(1), two], run="September 2026")
    attached = f"Attachments{os.sep}"
    assert table(merge.table) == [
        list(HEADINGS),
        [
            "Head of Department 1", "Lead 1", "lead1@wexcombe.example", "", message(1).subject,
            message(1).text, f"{attached}Head of Department 1.xlsx",
        ],
        [
            "Head of Department 2", "Ann and Bo", "ann@x.example; bo@x.example",
            "chief@x.example; zoe@x.example", two.subject, two.text,
            f"{attached}Head of Department 1 (2).xlsx; {attached}b.xlsx",
        ],
    ]  # fmt: skip
    assert merge.left_out == {}
    assert [path.read_bytes() for path in merge.attachments] == [
        message(1).attachments[0].data, b"two", b"b",
    ]  # fmt: skip


def test_what_cannot_be_merged_is_left_out_and_said(tmp_path):
    merge = write_merge_folder(
        tmp_path,
        [
            message(1, to=()),
            message(2, text="x" * MOST_IN_A_CELL),
            message(3, text="x" * (MOST_IN_A_CELL + 1)),
        ],
    )
    assert [row[0] for row in table(merge.table)[1:]] == ["Head of Department 2"]
    assert len(merge.attachments) == 1
    assert "no address to send it to" in merge.left_out[message(1).key]
    assert "32,768 letters, and a cell of Excel holds 32,767" in merge.left_out[message(3).key]


def test_a_second_run_leaves_nothing_of_the_first(tmp_path):
    write_merge_folder(tmp_path, [message(1), message(2)])
    write_merge_folder(tmp_path, [message(1, attachments=())])
    assert names(tmp_path) == ["Chasers.csv"]
    assert not (tmp_path / "Attachments").exists()


BEGINNINGS = ["=", "+", "-", "@", " =", "\t=", "\r=", "\n@", "＝", "＋", "－", "＠"]


@pytest.mark.parametrize("first", BEGINNINGS)
def test_no_text_begins_as_a_formula(tmp_path, first):
    text = f'{first}HYPERLINK("http://x.example","{first}")'
    row = table(
        write_merge_folder(
            tmp_path,
            [message(lead=text, subject=text, text=text, to=(Addressee(text, "a@b.example"),))],
        ).table
    )[1]
    assert row[0] == row[1] == row[4] == row[5] == f"'{text}"


def test_an_address_that_begins_as_a_formula_stays_the_same_address(tmp_path):
    odd = Addressee("Odd", "=1+2@x.example")
    merge = write_merge_folder(
        tmp_path, [message(to=(odd,), copied=(odd, Addressee("", "-a@b.example")))]
    )
    assert table(merge.table)[1][2:4] == ["<=1+2@x.example>", "<-a@b.example>"]


@pytest.mark.office
def test_a_spreadsheet_takes_every_cell_for_a_text(tmp_path):
    import openpyxl

    messages = [
        message(
            n, lead=f"{first}1+1", subject=f"{first}2+2", to=(Addressee("A", "=1+2@x.example"),)
        )
        for n, first in enumerate(BEGINNINGS, start=1)
    ]
    merge = write_merge_folder(tmp_path / "merge", messages)
    sheet = openpyxl.load_workbook(by_office([merge.table], "xlsx", tmp_path)[0]).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert len(cells) > 6 * len(messages)
    assert {cell.data_type for cell in cells} == {"s"}


# -- the password ------------------------------------------------------------------------------


class Ring(KeyringBackend):
    """A keyring in memory. Built here, and taken for the system's by these tests alone."""

    priority = 0  # type: ignore[assignment]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.fault: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        if self.fault:
            raise self.fault
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.fault:
            raise self.fault
        self.kept[service, username] = password


class PlaintextRing(Ring):
    """One that writes into a file for all to read."""


class Forgetful(Ring):
    """One that takes everything and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Chain(Ring):
    """Several keyrings, asked in turn."""

    backends = (PlaintextRing(), Ring())


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ring]:
    monkeypatch.delenv(VARIABLE, raising=False)
    ring, before = Ring(), keyring.get_keyring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_a_password_kept_is_found_for_that_server_and_user(ring):
    assert password_for("mail.example", "ann") is None
    remember_password("Mail.Example ", "ann", "sesame £")
    assert ring.kept == {("agsxl mail.example", "ann"): "sesame £"}
    assert password_for("mail.example", "ann") == "sesame £"
    assert password_for("mail.example", "bo") is None
    assert password_for("other.example", "ann") is None
    remember_password("mail.example", "ann", "another")
    assert password_for("mail.example", "ann") == "another"


def test_the_environment_goes_first_and_without_a_user_nobody_is_asked(ring, monkeypatch):
    ring.fault = KeyringLocked()
    assert password_for("mail.example", "") is None
    monkeypatch.setenv(VARIABLE, "from outside")
    assert password_for("mail.example", "ann") == "from outside"
    monkeypatch.setenv(VARIABLE, "")
    with pytest.raises(SettingsError):
        password_for("mail.example", "ann")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (NoKeyringError("no backend"), "this computer has none; have one set up by IT, or give"),
        (KeyringLocked("locked"), "it is locked; unlock it, or give"),
        (RuntimeError("sesame £"), "it failed (RuntimeError); try again, or give"),
    ],
)
def test_a_keyring_that_does_not_answer(ring, fault, said):
    ring.fault = fault
    for ask, done in (
        (lambda: password_for("mail.example", "ann"), "be read from"),
        (lambda: remember_password("mail.example", "ann", "sesame £"), "be kept in"),
    ):
        with pytest.raises(SettingsError) as caught:
            ask()
        text = str(caught.value)
        assert said in text and f"cannot {done} the keyring" in text and VARIABLE in text
        assert "sesame" not in text and caught.value.__cause__ is None


def test_without_the_keyring_package(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(
        SettingsError, match="package keyring is not installed; install it, or give"
    ):
        password_for("mail.example", "ann")


def test_what_is_no_password_is_not_kept(ring):
    with pytest.raises(SettingsError, match="No password was typed"):
        remember_password("mail.example", "ann", "")
    assert ring.kept == {}


@pytest.mark.parametrize("kind", [PlaintextRing, Forgetful, Chain])
def test_a_keyring_that_keeps_no_secrets_is_refused(ring, kind):
    other = kind()
    keyring.set_keyring(other)
    with pytest.raises(SettingsError, match="does not keep secrets") as caught:
        remember_password("mail.example", "ann", "sesame £")
    assert other.kept == {} and "sesame" not in str(caught.value)
