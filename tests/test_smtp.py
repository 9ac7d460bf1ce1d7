"""Sending through a real mail server, one that behaves and every kind that does not."""

from __future__ import annotations

import base64
import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agsxl.errors import OutputError, SettingsError
from agsxl.mail.messages import Attachment
from agsxl.mail.smtp import Security, Smtp
from agsxl.mail.ways import Result, State, wire
from agsxl.rounds import Addressee
from tests.mailserver import AUTHORITY, NOW, PASSWORD, USER, MailServer, mail_server, message

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

# A message so large that a line which breaks half way through it breaks before its end is sent.
LARGE = (Attachment("Large.xlsx", bytes(range(256)) * (5 * 2**12)),)


@pytest.fixture(scope="module", autouse=True)
def _trusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The system trusts the test's own authority."""
    file = tmp_path_factory.mktemp("authority") / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        yield


@contextlib.contextmanager
def smtp(server: MailServer, **given: Any) -> Iterator[Smtp]:
    way = Smtp(
        "localhost",
        server.port,
        **{"user": USER, "password": PASSWORD, "timeout": 5, "receipt": 5, **given},
    )
    with contextlib.closing(way):
        yield way


@contextlib.contextmanager
def in_the_clear(**given: Any) -> Iterator[tuple[MailServer, Smtp]]:
    """A server that a council's own network trusts, and every word that is said to it."""
    with (
        mail_server(starttls=False, auth=False, **given) as server,
        smtp(server, security="none", user="", password=None) as way,
    ):
        yield server, way


# -- what arrives ------------------------------------------------------------------------------


def test_a_message_arrives_as_it_was_written():
    sent = message(
        to=(Addressee("Zoë Lee, CPFA", "zoe@wexcombe.example"), Addressee("Bo", "bo@x.example")),
        copied=(Addressee("Chief", "chief@wexcombe.example"),),
    )
    with mail_server() as server, smtp(server) as way:
        assert way.send(sent, now=NOW) == Result(sent.key, State.SENT)
    (got,) = server.got
    assert got.sender == "governance@wexcombe.example"
    assert got.to == ("zoe@wexcombe.example", "bo@x.example", "chief@wexcombe.example")
    assert got.email["From"] == "Ann Lee <governance@wexcombe.example>"
    assert got.email["To"].addresses[0].display_name == "Zoë Lee, CPFA"
    assert got.email["Cc"].addresses[0].addr_spec == "chief@wexcombe.example"
    assert got.email["Subject"] == sent.subject
    assert got.email["Message-ID"] == sent.message_id
    assert got.email["Date"].datetime == NOW
    assert got.email["X-Unsent"] is None and got.email["Bcc"] is None
    texts = {
        part.get_content_type(): part.get_content().replace("\r\n", "\n")
        for part in got.email.walk()
        if part.get_content_maintype() == "text"
    }
    assert texts == {"text/plain": sent.text, "text/html": sent.html}
    (attached,) = got.email.iter_attachments()
    assert attached.get_filename() == "Head of Department 1.xlsx"
    assert attached.get_content() == sent.attachments[0].data


def test_one_line_serves_all_messages():
    with mail_server() as server, smtp(server) as way:
        assert [way.send(message(n), now=NOW).state for n in (1, 2, 3)] == [State.SENT] * 3
    assert [got.email["Message-ID"] for got in server.got] == [
        message(n).message_id for n in (1, 2, 3)
    ]
    assert server.lines == 1 and server.logins == [(USER.encode(), PASSWORD.encode())]


@pytest.mark.parametrize("security", list(Security))
def test_each_way_to_encrypt_the_line(security):
    manners = {
        Security.STARTTLS: {},
        Security.TLS: {"tls": True},
        Security.NONE: {"starttls": False, "auth": False},
    }[security]
    login = {"user": "", "password": None} if security is Security.NONE else {}
    with mail_server(**manners) as server, smtp(server, security=security.value, **login) as way:
        assert way.send(message(), now=NOW).state is State.SENT
    seen = b"Subject" in server.heard or b"MAIL FROM" in server.heard.upper()
    assert seen == (security is not Security.STARTTLS)  # for TLS the server hears what was decoded


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_password_with_a_pound_sign_is_understood(mechanism):
    other = "LOGIN" if mechanism == "PLAIN" else "PLAIN"
    with mail_server(without=(other, "XOAUTH2")) as server, smtp(server) as way:
        assert way.send(message(), now=NOW).state is State.SENT
    assert server.mechanisms == [mechanism]


def test_the_server_is_not_told_the_name_of_the_computer():
    with mail_server() as server, smtp(server) as way:
        way.send(message(), now=NOW)
    assert set(server.names) == {"[127.0.0.1]"}


NASTY = st.text(st.sampled_from(".\r\n\u2028\x85 aé£"), max_size=60)


@pytest.fixture(scope="module")
def listening() -> Iterator[tuple[MailServer, Smtp]]:
    with in_the_clear() as both:
        yield both


@settings(max_examples=100, deadline=None)
@given(text=NASTY)
def test_no_text_ends_a_message_or_begins_another(listening, text):
    server, way = listening
    sent, before = message(text=text, html=text), len(server.got)
    assert way.send(sent, now=NOW).state is State.SENT
    assert [got.data for got in server.got[before:]] == [wire(sent.as_email(now=NOW))]


def test_lone_line_ends_do_not_get_onto_the_wire():
    class Email:
        def as_bytes(self) -> bytes:
            return b"Subject: a\r\n\r\none\n.\ntwo\r.\rthree"

    assert wire(Email()) == b"Subject: a\r\n\r\none\r\n.\r\ntwo\r\n.\r\nthree\r\n"  # type: ignore[arg-type]


def test_a_domain_of_another_script_is_spelt_as_the_network_spells_it():
    with in_the_clear(utf8=False) as (server, way):
        sent = message(to=(Addressee("Bo", "bo@gemeinde-köln.example"),))
        assert way.send(sent, now=NOW).state is State.SENT
    assert server.got[0].to == ("bo@xn--gemeinde-kln-ejb.example",)
    assert b"SMTPUTF8" not in server.heard


def test_an_address_of_another_script_goes_where_the_server_knows_such():
    sent = message(to=(Addressee("Jörg", "jörg@wexcombe.example"),))
    with in_the_clear() as (server, way):
        assert way.send(sent, now=NOW).state is State.SENT
        assert way.send(message(2), now=NOW).state is State.SENT
    assert server.got[0].to == ("jörg@wexcombe.example",)
    assert server.heard.count(b"SMTPUTF8") == 1  # only where it is needed
    with in_the_clear(utf8=False) as (server, way):
        failed = way.send(sent, now=NOW)
        assert failed.state is State.FAILED and "letters other than A to Z" in failed.why
        assert way.send(message(2), now=NOW).state is State.SENT
    assert len(server.got) == 1


def test_what_is_too_large_is_not_begun():
    with in_the_clear(largest=10_000) as (server, way):
        failed = way.send(message(attachments=LARGE), now=NOW)
        assert failed.state is State.FAILED
        assert "6.8 MB" in failed.why and "takes at most 0.0 MB" in failed.why
        assert way.send(message(2), now=NOW).state is State.SENT
    assert server.asked == 1


# -- a table of troubles -----------------------------------------------------------------------

SENT, FAILED, UNKNOWN = State.SENT, State.FAILED, State.UNKNOWN
TO, COPY = "lead1@wexcombe.example", "chief@wexcombe.example"


class Case(NamedTuple):
    """Two messages are sent: what becomes of each, which arrive, over how many lines, what is said."""

    what: str
    manners: dict[str, Any]
    first: State
    second: State
    arrive: list[int]
    lines: int
    said: str = ""


CASES = [
    # what happens                          the server's manners                                     first    second   arrive  lines
    Case("all is well",                     {},                                                      SENT,    SENT,    [1, 2], 1),
    Case("one recipient is refused",        {"refused": {COPY: "550 No such user"}},                 SENT,    SENT,    [1, 2], 1, 'refused chief@wexcombe.example ("550 No such user"); the others have it. Correct the address'),
    Case("all recipients are refused",      {"refused": {TO: "550 No such user", COPY: "550 No"}},   FAILED,  SENT,    [2],    1, 'refused lead1@wexcombe.example ("550 No such user")'),
    Case("only the copy is accepted",       {"refused": {TO: "550 No such user"}},                   FAILED,  SENT,    [2],    1, "correct the address on the Posts sheet"),
    Case("refused for now",                 {"refused": {TO: "450 Mailbox busy"}},                   FAILED,  SENT,    [2],    1, '("450 Mailbox busy"); try again later.'),
    Case("the sender is refused",           {"troubles": {1: "MAIL: 550 Not your address"}},         FAILED,  SENT,    [2],    1, "correct the Sender address on the Settings sheet"),
    Case("the sender is refused for now",   {"troubles": {1: "MAIL: 451 Too many"}},                 FAILED,  SENT,    [2],    1, "try again later"),
    Case("the data are refused",            {"troubles": {1: "DATA: 554 No"}},                       FAILED,  SENT,    [2],    1, "ask IT what it refuses"),
    Case("refused after it was read",       {"troubles": {1: "dot: 552 Looks like spam"}},           FAILED,  SENT,    [2],    1, '"552 Looks like spam"'),
    Case("not accepted now, after reading", {"troubles": {1: "dot: 451 Greylisted"}},                FAILED,  SENT,    [2],    1, "try again later"),
    Case("the line drops at the start",     {"troubles": {1: "MAIL: drop"}},                         FAILED,  SENT,    [2],    2, "broke before it had the message (the server closed the line); try again later."),
    Case("the line drops at the address",   {"troubles": {1: "RCPT: drop"}},                         FAILED,  SENT,    [2],    2, "broke before it had the message"),
    Case("the line drops before the data",  {"troubles": {1: "DATA: drop"}},                         FAILED,  SENT,    [2],    2, "broke before it had the message"),
    Case("the line drops half way",         {"troubles": {1: "half: drop"}},                         FAILED,  SENT,    [2],    2, "broke before it had the message"),
    Case("it says no half way",             {"troubles": {1: "half: 452 Disk full"}},                FAILED,  SENT,    [2],    2, "broke before it had the message"),
    Case("no sense at the start",           {"troubles": {1: "MAIL: what?"}},                        FAILED,  SENT,    [2],    2, "is no mail server"),
    Case("the line drops after the dot",    {"troubles": {1: "dot: drop"}},                          UNKNOWN, SENT,    [1, 2], 2, "may or may not have arrived. It is not sent again by itself"),
    Case("no sense after the dot",          {"troubles": {1: "dot: what?"}},                         UNKNOWN, SENT,    [1, 2], 2, "may or may not have arrived"),
    Case("no code after the dot",           {"troubles": {1: "dot: 354 Go on"}},                     UNKNOWN, SENT,    [1, 2], 2, "may or may not have arrived"),
    Case("too slow at the start",           {"troubles": {1: "MAIL: sleep 9"}},                      FAILED,  SENT,    [2],    2, "nothing came back within 1 seconds"),
    Case("too slow before the data",        {"troubles": {1: "DATA: sleep 9"}},                      FAILED,  SENT,    [2],    2, "nothing came back within 1 seconds"),
    Case("too slow after the dot",          {"troubles": {1: "dot: sleep 9"}},                       UNKNOWN, SENT,    [1, 2], 2, "may or may not have arrived"),
    Case("it closes the line",              {"troubles": {1: "MAIL: 421 Shutting down"}},            FAILED,  SENT,    [2],    2, 'closed the line ("421 Shutting down"); try again later.'),
    Case("it closes a line that has served", {"troubles": {2: "MAIL: 421 Enough on one line"}},      SENT,    SENT,    [1, 2], 2),
    Case("a line that has served is gone",  {"troubles": {2: "MAIL: drop"}},                         SENT,    SENT,    [1, 2], 2),
    Case("it drops the second before data", {"troubles": {2: "DATA: drop"}},                         SENT,    SENT,    [1, 2], 2),
    Case("it drops the second half way",    {"troubles": {2: "half: drop"}},                         SENT,    SENT,    [1, 2], 2),
    Case("it drops the second at the dot",  {"troubles": {2: "dot: drop"}},                          SENT,    UNKNOWN, [1, 2], 1),
    Case("no password is taken",            {"without": ("PLAIN", "LOGIN")},                         FAILED,  FAILED,  [],     1, "takes no user and password (it offers XOAUTH2)"),
    Case("no STARTTLS",                     {"starttls": False, "auth": False},                      FAILED,  FAILED,  [],     1, "offers no encrypted line (STARTTLS)"),
    Case("no STARTTLS, but a password",     {"starttls": False, "auth": True},                       FAILED,  FAILED,  [],     1, "offers no encrypted line (STARTTLS)"),
    Case("another server's certificate",    {"name": "mail.other.example"},                          FAILED,  FAILED,  [],     1, "certificate of localhost, port"),
    Case("encrypted from the first byte",   {"tls": True},                                           FAILED,  FAILED,  [],     0, "did not answer (nothing came back within 1 seconds); check Mail server, Mail port and Mail security"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_what_becomes_of_two_messages(case):
    timing = {"timeout": 1, "receipt": 1} if "slow" in case.what or "byte" in case.what else {}
    size = LARGE if "half" in case.what else ()
    copied = (Addressee("Chief", COPY),)
    with mail_server(**case.manners) as server, smtp(server, **timing) as way:
        first = way.send(message(1, copied=copied, attachments=size), now=NOW)
        second = way.send(message(2, attachments=size), now=NOW)
    assert (first.state, second.state) == (case.first, case.second)
    assert [int(got.email["Message-ID"].split(".")[1][0]) for got in server.got] == case.arrive
    assert server.lines == case.lines
    assert case.said in first.why
    for result in (first, second):
        assert (result.why == "") == (result.state is SENT and not result.refused)
        assert "\n" not in result.why and result.why[-1:] in (".", "")
    if first.state is SENT:
        assert first.refused == tuple(server.refused)
        assert server.got[0].to == tuple(a for a in (TO, COPY) if a not in server.refused)


def test_a_refused_recipient_of_one_message_is_none_of_the_next():
    """What was begun and refused is taken back, or the server would mix two messages."""
    with mail_server(refused={TO: "550 No"}) as server, smtp(server) as way:
        way.send(message(1, copied=(Addressee("Chief", COPY),)), now=NOW)
        assert way.send(message(2), now=NOW).state is SENT
    assert server.got[0].to == ("lead2@wexcombe.example",)


# -- when nothing works ------------------------------------------------------------------------


def test_a_server_that_is_down_is_asked_once():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as closed:
        port = closed.getsockname()[1]
    way = Smtp("localhost", port, user="", timeout=5)
    results = [way.send(message(n), now=NOW) for n in (1, 2, 3)]
    assert {result.state for result in results} == {FAILED}
    assert {result.why for result in results} == {
        f"The mail server localhost, port {port}, did not answer (nothing listens there); check Mail "
        "server, Mail port and Mail security on the Settings sheet and your connection, then try again."
    }


def test_a_server_that_says_nothing_is_waited_for_once():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as mute:
        way = Smtp("localhost", mute.getsockname()[1], user="", timeout=0.5)
        began = time.monotonic()
        results = [way.send(message(n), now=NOW) for n in range(1, 9)]
        assert time.monotonic() - began < 2
    assert all("nothing came back within 0.5 seconds" in result.why for result in results)


def test_a_name_that_is_no_server():
    for name in ("mail.wexcombe.invalid", "a..b", "x" * 70):
        failed = Smtp(name, user="", timeout=5).send(message(), now=NOW)
        assert failed.state is FAILED
        assert "did not answer (there is no server of that name)" in failed.why


def test_what_is_no_mail_server_at_all():
    with socket.create_server(("127.0.0.1", 0)) as web:

        def answer() -> None:
            line, _ = web.accept()
            with line:
                line.sendall(b"HTTP/1.1 400 Bad Request\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        failed = Smtp("localhost", web.getsockname()[1], timeout=5).send(message(), now=NOW)
        thread.join()
    assert failed.state is FAILED and "is no mail server" in failed.why


@pytest.mark.parametrize(("where", "state"), [("MAIL", FAILED), ("dot", UNKNOWN)])
def test_a_line_that_breaks_twice_in_a_row_is_left_alone(where, state):
    with mail_server(troubles={0: f"{where}: drop"}) as server, smtp(server) as way:
        results = [way.send(message(n), now=NOW) for n in range(1, 6)]
    assert [result.state for result in results] == [state, state, FAILED, FAILED, FAILED]
    assert server.lines == 2 and len(server.got) == (2 if where == "dot" else 0)
    assert {result.why for result in results[2:]} == {
        "The line to the mail server localhost broke 2 times in a row, so this message was not tried; "
        "try again later, or ask IT."
    }


def test_lines_that_break_now_and_then_stop_nothing():
    troubles = dict.fromkeys((1, 3, 5), "dot: drop")
    with mail_server(troubles=troubles) as server, smtp(server) as way:
        results = [way.send(message(n), now=NOW) for n in range(1, 7)]
    assert [r.state for r in results] == [UNKNOWN, SENT, UNKNOWN, SENT, UNKNOWN, SENT]


def test_a_refusal_shows_that_the_line_holds():
    # The third is tried on the line that carried the refusal, and once more on a new one.
    troubles = {1: "MAIL: drop", 2: "MAIL: 550 No", 3: "MAIL: drop", 4: "MAIL: drop"}
    with mail_server(troubles=troubles) as server, smtp(server) as way:
        results = [way.send(message(n), now=NOW) for n in range(1, 5)]
    assert [r.state for r in results] == [FAILED, FAILED, FAILED, SENT]
    assert "550 No" in results[1].why and server.lines == 4


# -- passwords ---------------------------------------------------------------------------------


def test_a_wrong_password_is_tried_once_so_that_nobody_is_locked_out():
    with mail_server() as server, smtp(server, password="wrong") as way:
        results = [way.send(message(n), now=NOW) for n in (1, 2, 3)]
    assert {result.state for result in results} == {FAILED} and len(server.logins) == 1
    assert "does not accept the user and password" in results[0].why
    assert "check Mail user on the Settings sheet, and keep the password anew" in results[0].why


def test_a_server_that_wants_a_user_says_so():
    with mail_server() as server, smtp(server, user="", password=None) as way:
        results = [way.send(message(n), now=NOW) for n in (1, 2)]
    assert all("wants to know who sends" in result.why for result in results)
    assert server.lines == 1


def test_no_password_goes_over_a_line_in_the_clear():
    with mail_server(starttls=False) as server, smtp(server) as way:
        way.send(message(), now=NOW)
    assert b"EHLO" in server.heard.upper()
    assert b"AUTH" not in server.heard and b"Subject" not in server.heard


def test_no_certificate_is_taken_on_trust(monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    for manners in ({}, {"tls": True}):
        security = "tls" if manners else "starttls"
        with mail_server(**manners) as server, smtp(server, security=security) as way:
            failed = way.send(message(), now=NOW)
        assert failed.state is FAILED and "cannot be verified" in failed.why
        assert "SSL_CERT_FILE" in failed.why and server.logins == [] and server.got == []


def test_tls_with_a_server_that_begins_in_the_clear():
    with mail_server() as server, smtp(server, security="tls") as way:
        failed = way.send(message(), now=NOW)
    assert failed.state is FAILED
    assert "No encrypted line to localhost" in failed.why and "check Mail security" in failed.why


@pytest.mark.parametrize("password", [PASSWORD, "wrong and secret"])
def test_the_password_is_seen_nowhere(password, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with mail_server() as server, smtp(server, password=password) as way:
        result = way.send(message(), now=NOW)
        shown = [repr(way), str(way), f"{result}", caplog.text, *capfd.readouterr()]
    coded = base64.b64encode(password.encode()).decode()
    assert not any(secret in text for secret in (password, coded, USER) for text in shown)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"server": " "}, "No mail server is named"),
        ({"server": "mail example"}, "No mail server is named"),
        ({"security": "ssl"}, "it can be starttls, tls or none"),
        ({"port": 0}, "a number from 1 to 65535"),
        ({"port": 65536}, "a number from 1 to 65535"),
        ({"security": "none"}, "a password is never sent over a line that is not encrypted"),
        ({"password": None}, "No password is known for the mail server mail.example"),
    ],
)
def test_settings_with_which_nothing_can_be_sent_safely(given, said):
    right = {"server": "mail.example", "user": "governance", "password": PASSWORD}
    Smtp(**right)
    with pytest.raises(SettingsError, match=said) as caught:
        Smtp(**{**right, **given})
    assert PASSWORD not in str(caught.value)


def test_the_usual_ports():
    ports = [Smtp("mail.example", security=each).port for each in ("starttls", "tls", "none")]
    assert ports == [587, 465, 25]


# -- the instant of no return ------------------------------------------------------------------


def test_the_journal_is_told_when_the_server_has_all_but_the_dot():
    seen = []
    with in_the_clear() as (server, way):

        def begin() -> None:
            until = time.monotonic() + 5
            while not server.heard.endswith(b"--\r\n") and time.monotonic() < until:
                time.sleep(0.01)
            seen.append((len(server.got), bytes(server.heard)))

        way.send(message(), now=NOW, begin=begin)
        assert len(server.got) == 1
        ((got, heard),) = seen
        assert got == 0 and heard.endswith(b"--\r\n")
        assert bytes(server.heard).removeprefix(heard) == b".\r\n"


@pytest.mark.parametrize("fault", [OutputError("The disk is full."), KeyboardInterrupt()])
def test_what_cannot_be_noted_is_not_sent(fault):
    def begin() -> None:
        raise fault

    with mail_server() as server, smtp(server) as way:
        with pytest.raises(type(fault)):
            way.send(message(1), now=NOW, begin=begin)
        assert way.send(message(2), now=NOW).state is SENT
    assert [got.email["Message-ID"] for got in server.got] == [message(2).message_id]
    assert server.lines == 2


def test_a_message_that_was_not_begun_is_not_noted():
    begun: list[datetime] = []
    with mail_server(refused={TO: "550 No"}) as server, smtp(server) as way:
        way.send(message(), now=NOW, begin=lambda: begun.append(NOW))
    assert begun == []


def test_a_server_may_look_at_a_message_for_long():
    with mail_server(troubles={1: "dot: sleep 1.5"}) as server, smtp(server, timeout=1) as way:
        assert way.send(message(), now=NOW).state is SENT


def test_the_long_wait_is_for_the_receipt_alone():
    with (
        mail_server(troubles={2: "MAIL: sleep 9"}) as server,
        smtp(server, timeout=0.5, receipt=9) as way,
    ):
        assert way.send(message(1), now=NOW).state is SENT
        began = time.monotonic()
        assert way.send(message(2), now=NOW).state is SENT  # over a new line
        assert time.monotonic() - began < 5


def test_each_piece_of_a_large_message_has_its_own_time():
    """A slow line that moves is no broken line: this one takes longer as a whole than is waited."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
        thread = threading.Thread(target=crawl, args=(listening, 2.5))
        thread.start()
        way = Smtp("localhost", listening.getsockname()[1], security="none", timeout=1)
        sent = way.send(message(attachments=LARGE), now=NOW)
        way.close()
        thread.join()
    assert sent.state is SENT


def crawl(listening: socket.socket, seconds: float) -> None:
    """Serve one message, and take that long to read it."""
    line, _ = listening.accept()
    with line, line.makefile("rb") as words:
        line.sendall(b"220 slow\r\n")
        for answer in (250, 250, 250, 354):
            words.readline()
            line.sendall(b"%d so be it\r\n" % answer)
        end, size = b"", len(wire(message(attachments=LARGE).as_email(now=NOW)))
        while not end.endswith(b"\r\n.\r\n"):
            piece = words.read1(2**16)
            assert piece, "the line was dropped"
            time.sleep(seconds * len(piece) / size)
            end = (end + piece)[-5:]
        line.sendall(b"250 got it\r\n")
        words.readline()


def test_closing_takes_leave_and_may_be_done_twice():
    with mail_server(starttls=False, auth=False) as server:
        way = Smtp("localhost", server.port, security="none", timeout=5)
        way.close()
        way.send(message(), now=NOW)
        way.close()
        way.close()
    assert server.heard.rstrip().upper().endswith(b"QUIT")
