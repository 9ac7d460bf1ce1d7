"""What each lead is sent: the words, both parts of it, its headers, and what an officer may edit."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agsxl import desk
from agsxl.chasers import Asked, LeadChaser, Reason
from agsxl.errors import SettingsError
from agsxl.mail import wording
from agsxl.mail.messages import (
    Attachment,
    Came,
    Heard,
    Message,
    compose,
    compose_thanks,
    file_name,
)
from agsxl.mail.wording import cut, filled, one_line
from agsxl.plan import Lead, Milestone, Plan
from agsxl.rounds import Addressee, ChaseLog, Letter, Level, Round, plan_letters
from agsxl.settings import Settings
from tests import strategies
from tests.plans import AS_OF, REAL, ROOT, SAMPLE, plan_of

DAY = date(2026, 9, 30)
FRIDAY = date(2026, 10, 9)
SEPTEMBER = Round("September 2026", DAY)
NOW = datetime(2026, 10, 1, 9, 30, tzinfo=timezone(timedelta(hours=1)))
ANN = Addressee("Ann Lee", "ann.lee@wexcombe.example")
BO = Addressee("Bo Day", "bo.day@wexcombe.example")
CHIEF = Addressee("Rowena Thackley", "rowena.thackley@wexcombe.example")
OFFICE = Settings(
    council="Wexcombe Borough Council", officer="Della Marsh",
    sender_name="Governance team", sender="governance@wexcombe.example",
)  # fmt: skip
WORKBOOK = Attachment("Head of Finance.xlsx", b"PK the workbook")
GIVEN = {
    "plan": Plan((), file="plan.xlsx"), "settings": OFFICE, "as_of": DAY, "answer_by": FRIDAY,
}  # fmt: skip
TEMPLATES = ROOT / "templates" / "email"


def milestone(ref: str, text: str = "Train staff", **more) -> Milestone:
    lead = Lead("Head of Finance", "head of finance", posts=("Head of Finance",))
    return Milestone(ref, milestone=text, smt_lead=more.pop("smt_lead", lead), **more)


def asked(ref: str, *reasons: Reason, ask: str = "How does it stand?", **more) -> Asked:
    return Asked(ref, reasons or (Reason.DUE,), ask, milestone(ref, **more))


LATE = asked("B10", Reason.OVERDUE, ask="Is it complete?", baseline=date(2026, 8, 31))
DUE = asked("A2", baseline=FRIDAY)


def letter(level: Level = Level.FIRST, *milestones: Asked, **more) -> Letter:
    given = {
        "round": SEPTEMBER, "as_of": DAY, "lead": "Head of Finance", "level": level, "to": (ANN,),
        "copied": (), "milestones": milestones or (LATE, DUE),
        "unanswered": {Level.SECOND: 1, Level.ESCALATION: 3}.get(level, 0),
    }  # fmt: skip
    return Letter(**(given | more))


def made(of: Letter | None = None, **more) -> Message:
    return compose(of or letter(), **(GIVEN | {"attachments": [WORKBOOK]} | more))


def thanks(*heard: Heard, of: Letter | None = None, **more) -> Message:
    return compose_thanks(of or letter(Level.THANKS), **(GIVEN | {"heard": heard} | more))


HEARD = (
    Heard("B10", "Train staff", "Status", "Complete", Came.PLAN),
    Heard("B10", "Train staff", "Proposed date", "31 March 2027", Came.APPROVAL),
    Heard("A2", "Policy agreed", "No change", "", Came.UNCHANGED),
)


def sent(message: Message, **more) -> EmailMessage:
    """A message as it arrives: read with the standard library's parser."""
    raw = message.as_email(now=more.pop("now", NOW), **more).as_bytes()
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", raw) is None  # as SMTP wants it
    return BytesParser(policy=policy.default).parsebytes(raw)


# -- both parts say the same ---------------------------------------------------------------------


class Page(HTMLParser):
    """What a reader of the HTML sees, in order, and the tags that were met."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.within: list[str] = []
        self.feed(html)
        self.close()
        assert self.within == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.within.append(tag)

    def handle_endtag(self, tag):
        assert self.within.pop() == tag

    def handle_data(self, data):
        if "body" in self.within:
            self.words += data.split()


def words_of_html(html: str) -> list[str]:
    return [_bare(word) for word in Page(html).words]


def words_of_text(text: str) -> list[str]:
    """The words of the plain text, without the lines under headings and the dots before items."""
    lines = [line for line in text.splitlines() if not re.fullmatch("-+", line)]
    lines = [line.removeprefix("- ") for line in lines]
    return [_bare(word) for line in lines for word in line.split()]


def _bare(word: str) -> str:
    return word.rstrip(",:")  # a table's headings stand in one line of the text: "Ref, Milestone:"


def assert_says_the_same(message: Message) -> None:
    said = words_of_text(message.text)
    assert said == words_of_html(message.html)
    assert len(said) > 20
    for line in message.text.splitlines():
        assert len(line) <= 76 or len(line.split()) == 1, line


LEVELS = [Level.FIRST, Level.SECOND, Level.ESCALATION]
WITHOUT = [
    {},
    {"answer_by": None},
    {"attachments": []},
    {"settings": Settings()},
    {"last_answers": {"B10": "No change", "A2": "Booked for November"}},
]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("more", WITHOUT)
@pytest.mark.parametrize("to", [(ANN,), (ANN, BO), ()])
@pytest.mark.parametrize("why", ["", "vacant", "on leave until 12 October 2026"])
@pytest.mark.parametrize("copied", [(), (CHIEF,)])
def test_the_text_and_the_html_say_the_same(level, more, to, why, copied):
    message = made(letter(level, to=to, why_deputy=why, copied=copied), **more)
    assert_says_the_same(message)
    assert "  " not in re.sub(r"(?m)^ +", "", message.text)
    assert "\n\n\n" not in message.text


@pytest.mark.parametrize("heard", [HEARD, HEARD[:1], ()])
@pytest.mark.parametrize("open_ones", [(LATE, DUE), ()])
def test_thanks_say_the_same_in_both_parts(heard, open_ones):
    message = thanks(*heard, of=replace(letter(Level.THANKS), milestones=open_ones))
    assert_says_the_same(message)


NASTY = [
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x.example","here")',
    "{{ officer }} {% for x in y %} {# gone #}",
    "A & B &amp; <b>bold</b> \"quoted\" 'single'",
    "]]> --> <!-- <br",
    "# no heading\n- no item",
    "\0milestones_table\0 {{ milestones_table }}",
    "Grüße, Łódź, 北京, עברית",
    "line\r\nBcc: everybody@wexcombe.example\x0b\x85\u2028end",
    "\u202egnirts desrever\u202c and \ufeff\u200bmarks",
]
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=40),
    st.text(alphabet="ab <>&{}%#-\n\"'\u0301ש", max_size=40),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(strategies.rows_of(), min_size=1, max_size=6), st.sampled_from(LEVELS), st.data())
def test_any_plan_says_the_same_in_both_parts(rows, level, data):
    plan = strategies.plan(rows)
    nasty = tuple(
        m._replace(milestone=data.draw(TEXT), status=replace(m.status, raw=data.draw(TEXT)))
        for m in plan.milestones
    )
    plan = replace(plan, milestones=nasty)
    name, last, why = (data.draw(TEXT) for _ in range(3))
    for chaser in desk.chase(plan, as_of=AS_OF):
        of = Letter(
            SEPTEMBER,
            AS_OF,
            chaser.lead,
            level,
            (Addressee(name, ""),),
            (),
            chaser.milestones,
            1,
            why,
        )
        refs = {a.ref: last for a in chaser.milestones}
        message = made(of, plan=plan, as_of=AS_OF, last_answers=refs)
        assert_says_the_same(message)
        assert len(re.findall('<th scope="row"', message.html)) == len(chaser.milestones)


@pytest.mark.parametrize("text", NASTY)
def test_what_stands_in_a_plan_is_shown_as_the_text_it_is(text):
    of = letter(Level.FIRST, asked("A1", text=text, ask=text), lead=text)
    message = made(
        of, last_answers={"A1": text}, settings=replace(OFFICE, council=text, officer=text)
    )
    clean = made(
        letter(Level.FIRST, asked("A1", text="x", ask="x"), lead="x"), last_answers={"A1": "x"}
    )
    tags = [tag for tag, _ in Page(message.html).tags]
    assert tags == [tag for tag, _ in Page(clean.html).tags]  # not one tag more
    shown = [w.rstrip(",:") for w in one_line(text).split()]
    for words in (words_of_html(message.html), words_of_text(message.text)):
        starts = [i for i in range(len(words)) if words[i : i + len(shown)] == shown]
        assert len(starts) >= 3, words  # the milestone, what is asked, the last answer


# -- what it says ----------------------------------------------------------------------------------

SUBJECTS = [
    (letter(), {}, "2 milestones for you to update by Friday 9 October 2026"),
    (letter(Level.FIRST, LATE), {}, "1 milestone for you to update by Friday 9 October 2026"),
    (letter(), {"answer_by": None}, "2 milestones for you to update"),
    (letter(Level.SECOND), {}, "Still to answer: 2 milestones, by Friday 9 October 2026"),
    (letter(Level.ESCALATION), {}, "Not yet answered for 3 rounds: 2 milestones, by Friday 9 October 2026"),
]  # fmt: skip


@pytest.mark.parametrize(("of", "more", "subject"), SUBJECTS)
def test_the_subject_says_how_many_and_by_when(of, more, subject):
    message = made(of, **more)
    assert message.subject == subject
    assert sent(message)["Subject"] == subject


# what is so -> what the message says then, and not otherwise
SAID = [
    ({}, {}, "Dear Ann Lee\n"),
    ({"to": (ANN, BO)}, {}, "Dear Ann Lee and Bo Day\n"),
    ({"to": ()}, {}, "Dear Head of Finance\n"),
    ({"why_deputy": "vacant"}, {}, "because the post of Head of Finance is vacant"),
    ({"why_deputy": "on leave until 12 October 2026"}, {}, "the Head of Finance is on leave until 12 October 2026"),
    ({"level": Level.SECOND, "unanswered": 1}, {}, "what we asked in the last round."),
    ({"level": Level.SECOND, "unanswered": 2}, {}, "what we asked in the last 2 rounds."),
    ({"level": Level.ESCALATION, "copied": (CHIEF,)}, {}, "Rowena Thackley is copied in"),
    ({"level": Level.ESCALATION, "copied": (CHIEF, BO)}, {}, "Rowena Thackley and Bo Day are copied in"),
    ({"level": Level.ESCALATION, "copied": (CHIEF,)}, {}, "nobody has been asked instead of you"),
    ({"level": Level.ESCALATION}, {}, "written to you in the last 3 rounds"),
    ({}, {}, "Overdue: 1 milestone\n"),
    ({}, {}, "Also to update: 1 milestone\n"),
    ({"milestones": (DUE,)}, {}, "To update: 1 milestone\n"),
    ({"milestones": (LATE, asked("A9", Reason.UNDATED))}, {}, "Most urgent: 2 milestones, 1 of them overdue\n"),
    ({"milestones": (asked("A9", Reason.UNDATED),)}, {}, "Most urgent: 1 milestone without a status or a date\n"),
    ({}, {}, "In short: 1 overdue, 1 due soon."),
    ({}, {}, "Current target date: 31 August 2026, 30 days overdue\n"),
    ({}, {}, "Current target date: 9 October 2026\n"),
    ({}, {"last_answers": {"A2": "Booked"}}, "Last answer: Booked\n"),
    ({"milestones": (asked("A1", smt_lead=Lead("x", posts=("Head of  finance", "Head of Law"))),)}, {}, "Also asked: Head of Law (one answer is enough)\n"),
    ({}, {}, "by Friday 9 October 2026"),
    ({}, {}, "choose Yes under No change: that is a full answer"),
    ({}, {"attachments": []}, "write No change: that is a full answer"),
    ({}, {}, "Della Marsh will gladly help. Reply to this message, or write to governance@wexcombe.example."),
    ({}, {"settings": replace(OFFICE, reply_to="plan@wexcombe.example")}, "write to plan@wexcombe.example."),
    ({}, {"settings": Settings()}, "We will gladly help. Reply to this message."),
]  # fmt: skip


@pytest.mark.parametrize(("of", "more", "words"), SAID)
def test_what_a_message_says(of, more, words):
    given = {**of}
    level = given.pop("level", Level.FIRST)

    def read(message: Message) -> str:
        return (
            re.sub(r"\n +", "\n", message.text) if "\n" in words else " ".join(message.text.split())
        )

    assert words in read(made(replace(letter(level), **given), **more))
    assert not (of or more) or words not in read(made())


def test_nobody_is_said_to_be_copied_in_where_nobody_is():
    assert "copied" not in made(letter(Level.ESCALATION)).text


def test_one_kind_of_reason_is_not_counted_twice():
    assert "In short" not in made(letter(Level.FIRST, LATE, replace(LATE, ref="B11"))).text


def refs_in(message: Message) -> list[str]:
    """The Refs in the order in which the text shows them."""
    lines = message.text.splitlines()
    return [
        line for line, below in pairwise(lines) if below.startswith("    ") and line[:1].strip()
    ]


def test_what_is_overdue_comes_first_then_what_is_urgent_then_the_rest():
    of = letter(
        Level.FIRST, DUE, asked("C1", Reason.UNDATED), asked("C2", Reason.OFF_TARGET), LATE,
        asked("C3", Reason.OVERDUE, Reason.NO_REPLY), Asked("C4", (), "How?", milestone("C4")),
    )  # fmt: skip
    assert refs_in(made(of)) == ["B10", "C3", "C1", "A2", "C2", "C4"]


def test_two_milestones_with_one_ref_are_told_apart_as_in_the_return():
    assert refs_in(made(letter(Level.FIRST, LATE, LATE, asked("")))) == ["B10", "B10 (2)", "No Ref"]


def test_a_milestone_without_words_leaves_no_gap():
    message = made(letter(Level.FIRST, asked("A1", text="", baseline=FRIDAY)))
    assert "\nA1\n    Current target date: 9 October 2026\n" in message.text
    assert "<p></p>" not in re.sub(r"<p [^>]*>", "<p>", message.html)


def test_four_hundred_milestones_are_all_there():
    many = [
        asked(f"A{n}", Reason.OVERDUE if n % 2 else Reason.DUE, text="Policy agreed " * 20,
              baseline=DAY - timedelta(days=n) if n % 2 else FRIDAY)
        for n in range(400)
    ]  # fmt: skip
    message = made(letter(Level.FIRST, *many))
    assert message.subject.startswith("400 milestones for you")
    assert "In short: 200 overdue, 200 due soon." in message.text
    assert sorted(refs_in(message)) == sorted(a.ref for a in many)
    assert_says_the_same(message)
    assert len(sent(message).as_bytes()) < 1_000_000


def test_a_long_text_is_cut_at_a_word_and_says_so():
    of = letter(Level.FIRST, asked("A1", text="word " * 1000, ask="ask " * 1000))
    message = made(of, last_answers={"A1": "answer " * 1000})
    assert len(message.text) < 4000
    assert message.text.count(" …") == 3
    assert re.search(r"wor …|as …|answe …", message.text) is None


@given(st.text(), st.integers(4, 40))
def test_what_is_cut_is_never_longer_than_it_may_be(text, most):
    shown, whole = cut(text, most), one_line(text)
    assert len(shown) <= most
    assert shown == whole or (shown.endswith(" …") and whole.startswith(shown[:-2]))


def test_a_long_link_is_kept_whole():
    link = "https://wexcombe.example/" + "minutes/" * 20
    message = made(letter(Level.FIRST, asked("A1", ask=f"See {link} please.")))
    assert f"    {link}\n" in message.text
    assert filled(link) == link
    assert filled(f"{'word ' * 14}well-known-words").splitlines()[-1] == "well-known-words"


# -- the HTML --------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", [made(letter(level)) for level in LEVELS] + [thanks(*HEARD)])
def test_the_html_is_what_a_screen_reader_wants(message):
    tags = Page(message.html).tags
    names = [tag for tag, _ in tags]
    html = dict(tags)["html"]
    assert html["lang"] == "en-GB" and message.html.startswith("<!doctype html>")
    assert f"<title>{message.subject}</title>" in message.html
    assert set(names) <= {
        "html",
        "head",
        "meta",
        "title",
        "body",
        "div",
        "p",
        "br",
        "h2",
        "ul",
        "li",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }  # no images, scripts, links, style sheets or frames
    assert names.count("table") == names.count("caption") == names.count("thead") >= 2
    scopes = [attrs["scope"] for tag, attrs in tags if tag == "th"]
    assert (
        scopes.count("col") == names.count("table") * 3
        and scopes.count("row") == names.count("td") / 2
    )
    assert not re.search(r"(?i)https?://|url\(|@import|src=|href=", message.html)
    assert "role" not in {name for _, attrs in tags for name in attrs}


# -- as an email -----------------------------------------------------------------------------------


def test_it_arrives_as_it_was_made():
    message = made(letter(to=(ANN, BO), copied=(CHIEF,)))
    email = sent(message)
    assert email["To"].addresses == tuple(_address(p) for p in (ANN, BO))
    assert email["Cc"].addresses == (_address(CHIEF),)
    assert email["From"].addresses == (
        _address(Addressee("Governance team", "governance@wexcombe.example")),
    )
    assert str(email["Reply-To"]) == "governance@wexcombe.example"
    assert email["Date"].datetime == NOW and email["Date"].datetime.utcoffset() == NOW.utcoffset()
    assert email["Message-ID"] == message.message_id
    assert email["Content-Language"] == "en-GB"
    assert [p.get_content_type() for p in email.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]  # fmt: skip
    assert body(email, "plain") == message.text
    assert body(email, "html") == message.html
    (attached,) = email.iter_attachments()
    assert attached.get_filename() == "Head of Finance.xlsx"
    assert attached.get_content() == b"PK the workbook"
    assert email["Auto-Submitted"] is None  # a person sends it, and wants to hear who is away


def people(raw: bytes, header: str) -> list[Addressee]:
    """The people in a header, read by the older half of the library: where a name is encoded in more
    than one piece, the newer puts a blank between them (gh-128110)."""
    email = BytesParser(policy=policy.compat32).parsebytes(raw)
    found = getaddresses([email[header].replace("\r\n", "")])
    return [Addressee(str(make_header(decode_header(name))), address) for name, address in found]


def body(email: EmailMessage, kind: str) -> str:
    return email.get_body((kind,)).get_content().replace("\r\n", "\n")


def _address(person: Addressee):
    from email.headerregistry import Address

    return Address(person.name, addr_spec=person.address)


def test_a_message_without_an_attachment_has_two_parts():
    email = sent(made(attachments=[]))
    assert [p.get_content_type() for p in email.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip


def test_only_a_draft_is_marked_as_unsent():
    assert sent(made())["X-Unsent"] is None
    assert sent(made(), draft=True)["X-Unsent"] == "1"


def test_a_draft_needs_no_sender():
    message = made(settings=Settings())
    email = sent(message, draft=True)
    assert message.sender is None and email["From"] is None and email["Reply-To"] is None
    assert message.message_id.endswith("@agsxl.invalid>")
    assert message.faults == ()


def test_a_time_without_a_zone_is_the_computers_own():
    there = sent(made(), now=datetime(2026, 10, 1, 9, 30))["Date"].datetime
    assert there.tzinfo is not None and there == datetime(2026, 10, 1, 9, 30).astimezone()


def test_the_same_message_is_the_same_bytes():
    assert made().as_email(now=NOW).as_bytes() == made().as_email(now=NOW).as_bytes()


NAMES = st.text(max_size=120).filter(lambda t: one_line(t)) | st.text(
    alphabet="abcÄöü ,\"\\;<>@()'.:ש=?_\r\n", min_size=1, max_size=80
).filter(lambda t: one_line(t))


@settings(max_examples=80, deadline=None)
@example(["=?utf-8?q?Ann?=", "Müller, Jörg", "a" * 200], '"Lee, Ann"', "Head of \\ Law")
@given(st.lists(NAMES, min_size=1, max_size=5), NAMES, NAMES)
def test_any_name_arrives_and_none_makes_a_header(names, sender, lead):
    to = tuple(Addressee(name, f"p{n}@wexcombe.example") for n, name in enumerate(names))
    of = letter(to=to, copied=to[:1], lead=lead)
    message = made(
        of, settings=replace(OFFICE, sender_name=sender), attachments=[Attachment(lead, b"x")]
    )
    raw = message.as_email(now=NOW).as_bytes()
    email = BytesParser(policy=policy.default).parsebytes(raw)
    assert [k for k, _ in email.items()] == [
        "From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version",
        "Content-Type", "Content-Language",
    ]  # fmt: skip
    assert people(raw, "To") == list(message.to)
    assert people(raw, "Cc") == list(message.copied)
    assert people(raw, "From") == [message.sender]
    assert [a.addr_spec for a in email["To"].addresses] == [p.address for p in message.to]
    assert [person.name for person in message.to] == [one_line(name) for name in names]
    assert message.sender.name == one_line(sender)
    assert max(map(len, raw.split(b"\r\n\r\n")[0].split(b"\r\n"))) < 998
    raw.split(b"\r\n\r\n")[0].decode("ascii")


@settings(max_examples=100, deadline=None)
@example("=?utf-8?q?by_noon?=")
@example("a " * 300)
@given(st.text(max_size=200))
def test_any_subject_is_one_line_and_arrives(text):
    message = replace(made(), subject=f"7 milestones {text}")
    email = sent(message)
    assert email["Subject"] == one_line(message.subject)
    assert len(email.items()) == 9


WRONG = ["ann", "ann at wexcombe", "a@b@c.example", "a b@wexcombe.example", "a@wexcombe.example\nBcc: x@y.example",
         "a@wexcombe.example, b@wexcombe.example", "<a@wexcombe.example>", "a@wexcombe"]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_address_gets_into_no_header_and_is_said(wrong):
    to, chief = (Addressee("Ann Lee", wrong), BO), (Addressee("Chief", wrong),)
    message = made(
        letter(to=to, copied=chief), settings=replace(OFFICE, sender=wrong, reply_to=wrong)
    )
    email = sent(message)
    assert [a.addr_spec for a in email["To"].addresses] == [BO.address]
    assert email["Cc"] is None and email["From"] is None and email["Reply-To"] is None
    assert [p.address for p in (*message.to, *message.copied)] == ["", BO.address, ""]
    assert "Dear Ann Lee and Bo Day" in message.text
    assert len(message.faults) == 4
    assert message.faults[0] == (
        f"{one_line(wrong)!r} (Ann Lee) is no email address; correct it on the Posts sheet."
    )
    assert message.faults[-1].endswith(
        "(the address to answer to) is no email address; correct it on the Settings sheet."
    )
    # and where a message is made by other hands
    to = (to[0], BO._replace(name="Bo\r\nBcc: x@y.example"))
    forced = replace(message, to=to, copied=chief, sender=chief[0], reply_to=wrong)
    again = sent(forced)
    assert again["To"].addresses == (_address(BO._replace(name="Bo Bcc: x@y.example")),)
    assert (
        again["Bcc"] is None
        and again["Cc"] is None
        and again["From"] is None
        and again["Reply-To"] is None
    )


def test_a_lead_without_any_address_is_a_fault_and_one_that_is_explained_is_not_said_twice():
    nobody = letter(to=(Addressee("Ann Lee", ""),))
    assert made(nobody).faults == (
        "There is no address for Head of Finance; enter one on the Posts sheet.",
    )
    assert made(replace(nobody, faults=("Ann Lee has none.",))).faults == ("Ann Lee has none.",)
    assert sent(made(nobody))["To"] is None
    # a fault of the sender's does not hide it
    assert len(made(nobody, settings=replace(OFFICE, sender="x", reply_to="x")).faults) == 3


def test_addresses_of_other_scripts():
    koeln = Addressee("Jörg Müller", "joerg@gemeinde-köln.example")
    book = Attachment("Büro.xlsx", b"x")
    raw = made(letter(to=(koeln,)), attachments=[book]).as_email(now=NOW).as_bytes()
    assert b"<joerg@xn--gemeinde-kln-ejb.example>" in raw and raw.isascii()
    buero = Addressee("Büro", "büro@gemeinde-köln.example")
    raw = made(letter(to=(buero,))).as_email(now=NOW).as_bytes()
    assert "<büro@xn--gemeinde-kln-ejb.example>".encode() in raw  # for a server with SMTPUTF8
    message = made(settings=replace(OFFICE, sender="plan@gemeinde-köln.example"))
    assert message.message_id.endswith("@xn--gemeinde-kln-ejb.example>")


def test_a_long_domain_leaves_the_message_id_whole():
    message = made(settings=replace(OFFICE, sender=f"plan@{'governance-and-audit.' * 10}example"))
    assert sent(message)["Message-ID"] == message.message_id


# -- what it is known by ---------------------------------------------------------------------------


def test_the_message_id_is_of_the_plan_round_lead_and_level():
    one = made().message_id
    assert re.fullmatch(r"<agsxl\.[0-9a-f]{32}@wexcombe\.example>", one)
    # however often it is made, and whatever was mended in the plan since
    mended = letter(Level.FIRST, replace(LATE, ask="Is it done?"), DUE)
    assert (
        made(mended, answer_by=None, plan=Plan((milestone("X"),), file="plan.xlsx")).message_id
        == one
    )
    others = [
        made(letter(Level.SECOND)),
        made(letter(lead="Head of Law")),
        made(letter(round=Round("September 2026 (2)", DAY))),
        made(plan=Plan((), file="other.xlsx")),
        made(settings=replace(OFFICE, council="Other")),
        thanks(*HEARD),
        thanks(*HEARD[:1]),
    ]
    assert len({one, *(m.message_id for m in others)}) == len(others) + 1
    assert thanks(*HEARD).message_id == thanks(*HEARD).message_id


# what is not the same -> whether the lead reads another message
SEEN = [
    ({}, False),
    ({"attachments": [Attachment(WORKBOOK.name, b"other bytes")]}, False),
    ({"plan": Plan((), file="other.xlsx")}, False),
    ({"attachments": [Attachment("Other.xlsx", WORKBOOK.data)]}, True),
    ({"answer_by": date(2026, 10, 12)}, True),
    ({"of": letter(to=(BO,))}, True),
    ({"of": letter(to=(Addressee("Ann Lee", "other@wexcombe.example"),))}, True),
    ({"of": letter(copied=(CHIEF,))}, True),
    ({"settings": replace(OFFICE, sender="other@wexcombe.example", reply_to=OFFICE.sender)}, True),
    ({"of": letter(Level.FIRST, LATE)}, True),
]


@pytest.mark.parametrize(("more", "other"), SEEN)
def test_the_digest_is_of_all_that_a_lead_sees(more, other):
    assert (made(**more).digest != made().digest) is other


def test_nothing_personal_is_in_a_repr():
    message = made(letter(to=(ANN,), copied=(CHIEF,), faults=("Ann Lee is away.",)))
    shown = repr(message)
    assert "Head of Finance" in shown
    for personal in ("Ann", "ann.lee", "Rowena", "Della", "governance@", "the workbook"):
        assert personal not in shown


# -- attachments -----------------------------------------------------------------------------------

# as the caller has it -> as it travels
FILE_NAMES = [
    ("Head of Finance.xlsx", "Head of Finance.xlsx"),
    ("Head of HR/OD.xlsx", "Head of HR OD.xlsx"),
    ("../../etc/passwd", "etc passwd"),
    ("..\\x.xlsx", "x.xlsx"),
    ("a\r\nb\0c\x7f.xlsx", "a b c.xlsx"),
    ('what?*<>|":.xlsx', "what.xlsx"),
    ("con.xlsx", "con (lead).xlsx"),
    ("COM1.old.xlsx", "COM1 (lead).old.xlsx"),
    ("\u202exslx.exe", "xslx.exe"),
    ("", "Milestones.xlsx"),
    ("...", "Milestones.xlsx"),
    ("Büro Ö.xlsx", "Büro Ö.xlsx"),
    ("x" * 300 + ".xlsx", "x" * 120 + ".xlsx"),
]


@pytest.mark.parametrize(("given_name", "travels"), FILE_NAMES)
def test_an_attachment_has_a_name_that_every_program_takes(given_name, travels):
    message = made(attachments=[Attachment(given_name, b"x")])
    (attached,) = sent(message).iter_attachments()
    assert message.attachments[0].name == attached.get_filename() == travels
    forced = replace(made(), attachments=(Attachment(given_name, b"x"),))
    assert next(sent(forced).iter_attachments()).get_filename() == travels
    assert file_name(travels) == travels


# -- thanks ----------------------------------------------------------------------------------------


def test_thanks_say_what_became_of_each_answer_and_what_is_open():
    message = thanks(*HEARD, of=letter(Level.THANKS, DUE))
    assert message.subject == "Thank you for your answers on 2 milestones: 1 still open"
    flat = " ".join(message.text.split())
    assert "What you told us: 2 milestones" in flat
    assert (
        "B10 Train staff Status: Complete (now on the plan) Proposed date: 31 March 2027 (waits for approval)"
        in flat
    )
    assert "A2 Policy agreed No change." in flat
    assert "We still need an answer on 1 milestone, by Friday 9 October 2026." in flat
    assert message.level is Level.THANKS and message.key.endswith("/thanks")


def test_thanks_with_nothing_open_say_so():
    message = thanks(*HEARD, of=replace(letter(Level.THANKS), milestones=()))
    assert message.subject == "Thank you for your answers on 2 milestones"
    assert "there is nothing more for you to do" in " ".join(message.text.split())
    assert "still" not in message.text


# what came of an answer -> what the lead is told
CAME = [
    (Came.PLAN, "Complete", "Status: Complete (now on the plan)"),
    (Came.APPROVAL, "Complete", "Status: Complete (waits for approval)"),
    (Came.KEPT, "Complete", "Status: Complete (the plan keeps what it has)"),
    (Came.OPEN, "Complete", "Status: Complete (we will come back to you)"),
    (Came.OPEN, "", "You took this row out: we will come back to you."),
    (Came.UNCHANGED, "", "No change."),
]


@pytest.mark.parametrize(("came", "answer", "told"), CAME)
def test_what_came_of_an_answer(came, answer, told):
    message = thanks(Heard("B10", "Train staff", "Status", answer, came))
    assert f"\n    {told}\n" in message.text
    assert_says_the_same(message)


# -- the officer's templates -------------------------------------------------------------------------


@pytest.fixture
def edit(tmp_path, monkeypatch) -> Iterator[object]:
    """Edits one of the officer's files: ``edit("first.txt", old, new)``, or with its whole text."""
    folder = tmp_path / "templates" / "email"
    shutil.copytree(TEMPLATES, folder)
    (folder.parent / "return.toml").write_text("not for an email", "utf-8")
    monkeypatch.setattr(wording, "resource", lambda kind, name: tmp_path / kind / name)

    def change_it(name: str, old: str | bytes | None, new: str | bytes = "") -> Path:
        path = folder / name
        if old is None:
            path.unlink()
        elif isinstance(old, bytes):
            path.write_bytes(old)
        else:
            text = path.read_text("utf-8")
            assert old in text
            path.write_text(text.replace(old, str(new)), "utf-8")
        return path

    return change_it


def test_an_officer_may_edit_the_words(edit):
    assert "Please tell us" in made().text
    edit("first.txt", "Please tell us how", "Kindly say, for <Finance> & all, how")
    message = made()
    assert "Kindly say, for <Finance> & all, how 2 milestones" in " ".join(message.text.split())
    assert "Kindly say, for &lt;Finance&gt; &amp; all, how 2" in message.html
    assert_says_the_same(message)


@pytest.mark.parametrize(
    "name", ["first.txt", "ending.txt", "words.txt", "layout.txt", "layout.html"]
)
def test_a_file_as_notepad_saves_it(edit, name):
    path = edit(name, "{%", "{%")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    unlike = made()
    shutil.copy(TEMPLATES / name, path)
    assert (unlike.text, unlike.html) == (made().text, made().html)


BROKEN = [
    # file, what was there, what the officer made of it -> what is said
    ("first.txt", "Dear {{", "Dear {{ {{", r"first\.txt, line 8, cannot be understood"),
    ("first.txt", "{{ names or lead }}", "{{ nmaes }}", r"first\.txt, line 8, asks for something that is not there \('nmaes' is undefined\)"),
    ("first.txt", "{% endif %}", "", r"first\.txt, line \d+, cannot be understood"),
    ("first.txt", "{{ names or lead }}", "{{ lead.__class__.__mro__ }}", r"line 8, does what a template may not"),
    ("first.txt", "{{ names or lead }}", "{{ count / 0 }}", r"line 8, cannot be filled in \(division by zero\)"),
    ("first.txt", "{{ names or lead }}", "{{ lead() }}", r"line 8, cannot be filled in \('str' object is not callable\)"),
    ("first.txt", "{{ names or lead }}", "{% for n in range(999999999) %}x{% endfor %}", r"line 8, cannot be filled in"),
    ("first.txt", "deputy.txt", "first.txt", r"cannot be filled in"),
    ("first.txt", "deputy.txt", "../return.toml", r"return\.toml is not there or cannot be read"),
    ("first.txt", "deputy.txt", "gone.txt", r"gone\.txt is not there or cannot be read; put back"),
    ("first.txt", "Subject: ", "Betreff: ", r'first\.txt does not begin with a line "Subject: \.\.\." that says something'),
    ("first.txt", "Subject: {{ milestones }} for you to update{% if deadline %} by {{ deadline }}{% endif %}", "Subject:", r"does not begin with a line"),
    ("first.txt", "{{ milestones_table }}", "", r"first\.txt has to have {{ milestones_table }} once, on a line of its own"),
    ("first.txt", "{{ milestones_table }}", "{{ milestones_table }}\n\n{{ milestones_table }}", r"has to have {{ milestones_table }} once"),
    ("first.txt", "{{ milestones_table }}", "Here: {{ milestones_table }}", r"first\.txt has to have a table on a line of its own, with nothing else on it"),
    ("first.txt", "Dear", "Dear \0", r"first\.txt holds characters that are no text"),
    ("ending.txt", "{% else %}", "{% esle %}", r"ending\.txt, line \d+, cannot be understood"),
    ("closing.txt", "{{ council }}", "{{ concil }}", r"closing\.txt, line 8, asks for something"),
    ("words.txt", "macro stands", "macro standing", r'words\.txt has no text called "stands"'),
    ("words.txt", "What we ask", "", r'words\.txt has to have 3 lines in "headings", one a heading'),
    ("words.txt", "Also to update: {{ milestones }}", "", r'words\.txt says nothing for "rest"'),
    ("words.txt", "macro rest(count,", "macro rest(", r"words\.txt, line \d+, cannot be filled in|words\.txt cannot be filled in"),
    ("words.txt", "{{ status or", "{{ statsu or", r"words\.txt, line \d+, asks for something"),
    ("layout.html", "{{ subject }}", "{{ subjcet }}", r"layout\.html, line \d+, asks for something"),
    ("layout.txt", "filled(4)", "fild(4)", r"layout\.txt, line \d+, cannot be understood"),
    ("second.txt", None, "", r"second\.txt is not there or cannot be read; put back the file"),
    ("first.txt", "Subject: Grüße\n".encode("cp1252"), "", r"first\.txt is not saved as UTF-8; save it again with that encoding"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "said"), BROKEN)
def test_a_broken_template_is_one_sentence_with_file_and_line(edit, name, old, new, said):
    path = edit(name, old, new)
    with pytest.raises(SettingsError, match=said) as found:
        made(letter(Level.SECOND if name == "second.txt" else Level.FIRST))
    words = str(found.value)
    assert str(path.parent) in words
    assert "put back the file agsxl came with." in words and "\n" not in words
    assert found.value.__suppress_context__ or not found.value.__context__  # no second traceback


def test_an_edit_is_seen_without_starting_anew(edit):
    made()
    path = edit("first.txt", "Dear", "Hello")
    os.utime(path, ns=(1, 1))
    assert made().text.startswith("Hello Ann Lee")


def test_thanks_with_no_tables_need_no_place_for_them(edit):
    edit("thanks.txt", "{{ answers_table }}", "")
    thanks()
    with pytest.raises(SettingsError, match="answers_table"):
        thanks(*HEARD)


# -- whole messages to look at ---------------------------------------------------------------------


def sample_letters(chasers: list[LeadChaser], plan: Plan) -> dict[str, Letter]:
    day = SEPTEMBER.day
    found = plan_letters(
        chasers, ChaseLog(), round=SEPTEMBER, as_of=day, posts=plan.posts, settings=plan.settings
    )
    return {of.lead: of for of in found}


@pytest.mark.parametrize("level", list(Level))
def test_a_message_of_the_sample_plan_is_as_it_was(level):
    """After a change that is meant: ``RENEW_EMAILS=1 python -m pytest tests/test_messages.py``."""
    plan = desk.load_plan(SAMPLE)
    of = sample_letters(desk.chase(plan, as_of=DAY), plan)["Head of Legal Services"]
    copied = (CHIEF,) if level is Level.ESCALATION else ()
    silent = {Level.SECOND: 2, Level.ESCALATION: 3}.get(level, 0)
    of = replace(of, level=level, copied=copied, unanswered=silent)
    office = replace(OFFICE, council=plan.settings.council)
    if level is Level.THANKS:
        of = replace(of, milestones=of.milestones[-2:])
        message = thanks(*HEARD, of=of, plan=plan, settings=office)
    else:
        book = Attachment(f"{of.lead}.xlsx", b"")
        last = {of.milestones[0].ref: "No change"}
        message = made(of, plan=plan, settings=office, last_answers=last, attachments=[book])
    email = sent(message)
    heads = [f"{name}: {email[name]}\n" for name in ("From", "To", "Cc", "Subject") if email[name]]
    now = "".join(heads) + "\n" + message.text
    path = ROOT / "tests" / "data" / "email" / f"{level.value}.txt"
    if os.environ.get("RENEW_EMAILS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(now, "utf-8", newline="\n")
    assert now == path.read_text("utf-8")
    assert_says_the_same(message)


@pytest.mark.real
def test_the_messages_of_the_real_plan():
    plan = desk.load_plan(REAL)
    chasers = desk.chase(plan, as_of=AS_OF)
    letters = sample_letters(chasers, plan)
    assert list(letters) == [c.lead for c in chasers]
    for level in LEVELS:
        for of in letters.values():
            message = made(replace(of, level=level, unanswered=3), plan=plan, as_of=AS_OF)
            assert_says_the_same(message)
            assert sorted(refs_in(message)) == sorted(of.refs)


def test_a_plan_read_from_rows_gets_its_messages():
    plan = plan_of(
        {"timescale": "31/07/17", "status": "In progress"}, {"ref": "A2", "timescale": "TBC"}
    )
    (chaser,) = desk.chase(plan, as_of=AS_OF)
    (of,) = sample_letters([chaser], plan).values()
    message = made(of, plan=plan, as_of=AS_OF)
    assert refs_in(message) == ["A1", "A2"]
    assert "Current target date: 31 July 2017, 61 days overdue" in message.text
    assert "Current target date: TBC" in message.text
