"""The page on which the officer looks at every message before any of them goes out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agsxl.errors import SettingsError
from agsxl.mail.messages import Message
from agsxl.mail.preview import preview_page
from agsxl.rounds import Addressee, Level
from tests.test_messages import (
    ANN,
    BO,
    CHIEF,
    HEARD,
    LATE,
    NASTY,
    SEPTEMBER,
    edit,
    letter,
    made,
    thanks,
    words_of_html,
)

__all__ = ["edit"]  # a fixture
EMPTY = {"meta", "br"}


class Seen(HTMLParser):
    """A page's tags, each with its attributes and its own text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[int] = []
        self.feed(page)
        self.close()
        assert self.open == []  # every tag is closed

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), []))
        if tag not in EMPTY:
            self.open.append(len(self.found) - 1)

    def handle_endtag(self, tag):
        assert self.found[self.open.pop()][0] == tag

    def handle_data(self, data):
        for number in self.open:
            self.found[number][2].append(data)

    def all(self, *tags: str) -> list[tuple[str, dict[str, str | None], str]]:
        return [(t, a, " ".join("".join(d).split())) for t, a, d in self.found if t in tags]


def page(*messages: Message, title: str = "Wexcombe Borough Council") -> str:
    return preview_page(messages, title=title, round=SEPTEMBER)


MESSAGES = (
    made(letter(to=(ANN, BO))),
    made(letter(Level.ESCALATION, LATE, lead="Head of Law", to=(Addressee("Cy Fox", ""),), copied=(CHIEF,))),
    thanks(*HEARD, of=letter(Level.THANKS, lead="Head of Housing")),
)  # fmt: skip


def test_the_list_says_who_gets_what_and_what_is_wrong_comes_first():
    seen = Seen(page(*MESSAGES))
    rows = [text for tag, _, text in seen.all("tr")][:4]
    assert rows == [
        "LeadPersonAddressMilestonesLevelTo look at",
        "Head of Law Cy Fox no address 1 Escalation 1, named above",
        "Head of Finance Ann Lee; Bo Day ann.lee@wexcombe.example; bo.day@wexcombe.example 2 First chaser nothing",
        "Head of Housing Ann Lee ann.lee@wexcombe.example 2 Thank you nothing",
    ]
    (fault,) = [text for tag, _, text in seen.all("li") if "There is no address" in text]
    assert (
        fault == "Head of Law: There is no address for Head of Law; enter one on the Posts sheet."
    )
    headings = [text for _, _, text in seen.all("h2")]
    assert headings == [
        "Look at these first",
        "All messages",
        "Head of Law",
        "Head of Finance",
        "Head of Housing",
    ]


def test_without_a_fault_there_is_nothing_to_look_at_first():
    assert "Look at these first" not in page(MESSAGES[0])


def test_each_message_is_there_whole():
    shown = page(*MESSAGES)
    texts = [text for _, _, text in Seen(shown).all("pre")]
    for message in MESSAGES:
        assert " ".join(message.text.split()) in texts
        words = " ".join(words_of_html(message.html))
        assert words in " ".join(words_of_html(shown))
    heads = [
        text
        for _, _, text in Seen(shown).all("tr")
        if text.startswith(("From", "To", "Cop", "Ans", "Sub", "Att"))
    ]
    assert heads[:6] == [
        "From" "Governance team <governance@wexcombe.example>",
        "To" "Cy Fox (no address)",
        "Copied to" "Rowena Thackley <rowena.thackley@wexcombe.example>",
        "Answers go to" "governance@wexcombe.example",
        "Subject" "Not yet answered for 3 rounds: 1 milestone, by Friday 9 October 2026",
        "Attached" "Head of Finance.xlsx",
    ]  # fmt: skip
    assert "AttachedHead of Finance.xlsx" in heads and "Attachednothing" in heads


def test_what_is_not_known_is_said():
    bare = replace(MESSAGES[0], sender=None, reply_to="", to=(), copied=(), attachments=())
    heads = dict(re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td></tr>', page(bare)))
    assert heads == {
        "From": "whoever sends the draft", "To": "nobody", "Copied to": "nobody",
        "Answers go to": "whoever sends it", "Subject": bare.subject, "Attached": "nothing",
    }  # fmt: skip


def test_a_round_without_messages_says_so():
    shown = page()
    assert "No lead has anything to answer" in shown and "0 messages" in shown
    assert [tag for tag, _, _ in Seen(shown).all("table")] == []


def test_the_page_is_accessible():
    shown = page(*MESSAGES)
    seen = Seen(shown)
    assert shown.startswith("<!doctype html>")
    assert seen.all("html")[0][1]["lang"] == "en-GB"
    assert (
        seen.all("title")[0][2] == "Messages to look at: September 2026, Wexcombe Borough Council"
    )
    levels = [int(tag[1]) for tag, _, _ in seen.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels)) and 3 in levels
    tables = len(seen.all("table"))
    # the list; of each message its headers; what is asked; what was answered
    assert tables == len(seen.all("caption")) == 1 + 3 + (2 + 1 + 2) + 1
    assert all(attrs.get("scope") in ("row", "col") for _, attrs, _ in seen.all("th"))
    first = next(t for t in seen.found if t[0] == "a")
    assert first[1] == {"class": "skip", "href": "#messages"}
    ids = [attrs["id"] for _, attrs, _ in seen.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [attrs["href"] for _, attrs, _ in seen.all("a")]
    assert {link.removeprefix("#") for link in links} == set(ids)
    assert {a["aria-labelledby"] for _, a, _ in seen.all("section")} <= set(ids)
    summaries = [text for _, _, text in seen.all("summary")]
    assert len(summaries) == len(set(summaries)) == len(MESSAGES)


def test_the_page_needs_nothing_beside_it_and_runs_nothing():
    shown = page(*MESSAGES)
    tags = {tag for tag, _, _ in Seen(shown).found}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert not re.search(r"(?i)https?:|url\(|@import|\ssrc=|\son\w+=|javascript:", shown)
    assert len(Seen(shown).all("html", "head", "body", "title", "style")) == 5  # of the page alone


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(NASTY) | st.text(max_size=30), min_size=4, max_size=4))
def test_nothing_in_a_message_becomes_markup(texts):
    name, lead, fault, title = texts
    plain = made(letter(to=(Addressee("x", ANN.address),), lead="x", faults=("x",)))
    nasty = made(
        letter(to=(Addressee(f"x{name}", ANN.address),), lead=f"x{lead}", faults=(f"x{fault}",))
    )
    nasty = replace(nasty, subject=f"x{name}")
    tags = [tag for tag, _, _ in Seen(page(nasty, title=f"x{title}")).found]
    assert tags == [tag for tag, _, _ in Seen(page(plain)).found]


def test_the_reporting_date_is_the_rounds_unless_another_is_given():
    assert "as at 30 September 2026" in page()
    other = preview_page((), title="", round=SEPTEMBER, as_of=date(2026, 10, 2))
    assert "as at 2 October 2026" in other
    assert "<title>Messages to look at: September 2026</title>" in other


@pytest.mark.parametrize("count", [200])
def test_a_council_with_many_leads_gets_one_page(count):
    many = [replace(MESSAGES[0], lead=f"Head of {n}") for n in range(count)]
    shown = page(*many)
    assert len(Seen(shown).all("section")) == count


def test_an_officer_may_edit_the_page(edit):
    edit("preview.html", "Nothing has been sent by making this page.", "Look twice.")
    assert "Look twice." in page(*MESSAGES)


def test_a_layout_without_a_body_is_said(edit):
    edit("layout.html", "</body>", "")
    with pytest.raises(SettingsError, match=r"layout\.html has to have its message between"):
        page(made())
