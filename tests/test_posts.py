"""Who answers for a post on a day, who is copied in, and what is an address."""

from __future__ import annotations

from datetime import date, timedelta
from email.headerregistry import Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agsxl.posts import (
    Answering,
    Posting,
    Posts,
    address_fault,
    is_address,
    post_key,
    read_addressee,
    same_person,
)
from agsxl.rules import check
from tests.plans import plan_of

DAY = date(2026, 9, 30)
AWAY = {"leave_from": date(2026, 9, 21), "leave_to": date(2026, 10, 12)}
P, D = "Head of Finance", "Head of Legal"  # the post, and the one that deputises
ADA, BO, JOAN = "Ada Byrne", "Bo Day", "Joan Hartley"


def names(postings) -> list[str]:
    return [p.person for p in postings]


# what the table says of the post and its deputy -> who is asked, and why it is not the holder
ANSWERS = [
    ("its holder", [Posting(P, ADA)], [ADA], ""),
    ("who came last", [Posting(P, ADA, starts=date(2020, 1, 1)), Posting(P, BO, starts=DAY)], [BO], ""),
    ("not who comes tomorrow", [Posting(P, ADA), Posting(P, BO, starts=date(2026, 10, 1))], [ADA], ""),
    ("a job share: no first days", [Posting(P, ADA), Posting(P, BO)], [ADA, BO], ""),
    ("a job share: the same first day", [Posting(P, ADA, starts=DAY), Posting(P, BO, starts=DAY)], [ADA, BO], ""),
    ("whoever of a job share is there", [Posting(P, ADA, **AWAY), Posting(P, BO)], [BO], ""),
    ("one person with two times of leave", [Posting(P, ADA, **AWAY, deputy=BO), Posting(P, ADA, leave_from=date(2026, 12, 1))], [BO], "on leave until 12 October 2026"),
    ("the deputy's post", [Posting(P, ADA, **AWAY, deputy=D), Posting(D, JOAN)], [JOAN], "on leave until 12 October 2026"),
    ("the deputy, a person of the table", [Posting(P, ADA, **AWAY, deputy=JOAN), Posting(D, JOAN)], [JOAN], "on leave until 12 October 2026"),
    ("the deputy, known by name alone", [Posting(P, ADA, **AWAY, deputy="Cy Fox")], ["Cy Fox"], "on leave until 12 October 2026"),
    ("both of a deputy's job share", [Posting(P, deputy=D), Posting(D, JOAN), Posting(D, BO)], [JOAN, BO], "vacant"),
    ("the deputy of a vacant post", [Posting(P, ADA, ends=date(2026, 7, 31), deputy=D), Posting(D, JOAN)], [JOAN], "vacant"),
    ("the holder's deputy before another's", [Posting(P, ADA, **AWAY, deputy=BO), Posting(P, deputy=JOAN)], [BO], "on leave until 12 October 2026"),
    ("leave without an end", [Posting(P, ADA, leave_from=DAY, deputy=BO)], [BO], "on leave"),
    ("leave without a beginning", [Posting(P, ADA, leave_to=DAY, deputy=BO)], [BO], "on leave until 30 September 2026"),
    ("leave that is over", [Posting(P, ADA, leave_to=date(2026, 9, 29), deputy=BO)], [ADA], ""),
    ("leave that has not begun", [Posting(P, ADA, leave_from=date(2026, 10, 1), deputy=BO)], [ADA], ""),
    ("the first of a job share to be back", [Posting(P, ADA, **AWAY, deputy=JOAN), Posting(P, BO, leave_to=date(2026, 10, 2))], [JOAN], "on leave until 2 October 2026"),
    ("nobody: no deputy", [Posting(P, ADA, **AWAY)], [], "on leave until 12 October 2026"),
    ("nobody: a vacant post", [Posting(P)], [], "vacant"),
    ("nobody: the deputy is on leave", [Posting(P, deputy=D), Posting(D, JOAN, **AWAY)], [], "vacant"),
    ("nobody: the deputy is on leave from another post", [Posting(P, deputy=D), Posting(D, JOAN), Posting("Clerk", JOAN, **AWAY)], [], "vacant"),
    ("nobody: the deputy's post is vacant", [Posting(P, deputy=D), Posting(D)], [], "vacant"),
    ("nobody: the deputy has left", [Posting(P, deputy=JOAN), Posting(D, JOAN, ends=date(2026, 1, 1))], [], "vacant"),
    ("nobody: a deputy's deputy is not asked", [Posting(P, deputy=D), Posting(D, deputy="Clerk"), Posting("Clerk", BO)], [], "vacant"),
    ("nobody: two posts deputise for each other", [Posting(P, deputy=D), Posting(D, deputy=P)], [], "vacant"),
    ("nobody: a post deputises for itself", [Posting(P, ADA, **AWAY, deputy=P)], [], "on leave until 12 October 2026"),
    ("nobody: the deputy is the one on leave", [Posting(P, ADA, **AWAY, deputy=D), Posting(D, ADA)], [], "on leave until 12 October 2026"),
    ("nobody: the deputy's address is that of the one on leave", [Posting(P, ADA, "ada@x.example", **AWAY, deputy="ADA@x.example")], [], "on leave until 12 October 2026"),
    ("leave on two lines, one without an end", [Posting(P, ADA, **AWAY), Posting("Clerk", ADA, leave_from=DAY)], [], "on leave"),
    ("nobody: not in the table", [Posting(D, JOAN)], [], ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("postings", "people", "why"), [a[1:] for a in ANSWERS], ids=[a[0] for a in ANSWERS]
)
def test_who_is_asked_about_a_post(postings, people, why):
    posts = Posts(tuple(postings))
    found = posts.answerers("head of  finance", DAY)
    assert (names(found.people), found.why) == (people, why)
    first = posts.answering(P, DAY)
    assert (first.person if first else None) == (people[0] if people else None)
    assert bool(posts.why_nobody(P, DAY)) == (not people and bool(posts.of(P)))


def test_the_holder_who_is_away_is_named():
    away = Posting(P, ADA, **AWAY, deputy=BO)
    assert Posts((away,)).answerers(P, DAY).instead_of == away
    assert Posts((away,)).holder(P, DAY) == away  # the post is theirs all the same
    assert Posts((Posting(P, deputy=BO),)).answerers(P, DAY) == Answering(
        (Posting(BO, BO),), None, "vacant"
    )


def test_why_nobody_is_asked_says_what_to_do():
    vacant = Posts((Posting(P),))
    away = Posts((Posting(P, ADA, **AWAY, deputy=D), Posting(D)))
    assert vacant.why_nobody(P, DAY) == (
        "Nobody holds the post 'Head of Finance' and no deputy is named, so nobody is asked: enter who "
        "holds it, or a deputy, on the Posts sheet."
    )
    assert away.why_nobody(P, DAY) == (
        "Ada Byrne (Head of Finance) is on leave until 12 October 2026 and the deputy, Head of Legal, is "
        "away or vacant too, so nobody is asked: enter somebody who deputises on the Posts sheet."
    )


CHIEF = Posting("Chief Executive", "Rowena Thackley", "rowena@wexcombe.example")
COPIED = [
    ("a post", [Posting(P, ADA, escalates_to="Chief Executive"), CHIEF], [("Rowena Thackley", CHIEF.email)]),
    ("the deputy of that post", [Posting(P, ADA, escalates_to="Chief Executive"), Posting("Chief Executive", deputy=D), Posting(D, JOAN, "joan@x.example")], [(JOAN, "joan@x.example")]),
    ("a person of the table", [Posting(P, ADA, escalates_to="rowena thackley"), CHIEF], [("Rowena Thackley", CHIEF.email)]),
    ("a name and an address", [Posting(P, ADA, escalates_to='"Fox, Cy" <cy@x.example>')], [("Fox, Cy", "cy@x.example")]),
    ("an address", [Posting(P, ADA, escalates_to="cy@x.example")], [("cy@x.example", "cy@x.example")]),
    ("whom the holder's line names", [Posting(P, ADA, escalates_to="cy@x.example"), Posting(P, escalates_to="Chief Executive"), CHIEF], [("cy@x.example", "cy@x.example")]),
    ("whom another line names", [Posting(P, ADA), Posting(P, escalates_to="Chief Executive"), CHIEF], [("Rowena Thackley", CHIEF.email)]),
    ("nobody is named", [Posting(P, ADA)], []),
    ("nobody is in that post", [Posting(P, ADA, escalates_to=D), Posting(D)], []),
    ("who is asked is not copied", [Posting(P, ADA, escalates_to=D), Posting(D, ADA)], []),
    ("nor by the address", [Posting(P, ADA, "Ada@x.example", escalates_to="ada@x.example")], []),
    ("two people share a mailbox", [Posting(P, ADA, "f@x.example", escalates_to=D), Posting(D, BO, "f@x.example")], [(BO, "f@x.example")]),
    ("the deputy who is asked is not copied", [Posting(P, deputy=D, escalates_to=D), Posting(D, JOAN)], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("postings", "copied"), [c[1:] for c in COPIED], ids=[c[0] for c in COPIED]
)
def test_who_is_copied_in(postings, copied):
    found = Posts(tuple(postings)).escalation(P, DAY)
    assert [(p.person, p.email) for p in found] == copied


def test_two_vacancies_are_not_the_same_person():
    assert not same_person(Posting(P), Posting(D))


def test_of_two_lines_of_a_person_the_one_with_an_address_is_taken():
    posts = Posts(
        (Posting(P, deputy=JOAN), Posting("Clerk", JOAN), Posting(D, JOAN, "j@x.example"))
    )
    assert posts.answering(P, DAY).email == "j@x.example"


@st.composite
def tables(draw) -> Posts:
    days = st.sampled_from([None, DAY - timedelta(1), DAY, DAY + timedelta(1)])
    people = st.sampled_from(["", ADA, BO, JOAN])
    posts = st.sampled_from([P, D, "Clerk"])
    named = st.one_of(people, posts, st.just("cy@x.example"))
    line = st.builds(
        Posting, posts, people, st.sampled_from(["", "a@x.example"]), days, days, named, named, days, days
    )  # fmt: skip
    return Posts(tuple(draw(st.lists(line, max_size=6))))


@given(tables())
def test_whoever_is_asked_is_there_and_whoever_is_copied_is_not_asked(posts):
    for post in (P, D, "Clerk", "Nobody's"):
        asked = posts.answerers(post, DAY)
        copied = posts.escalation(post, DAY)
        assert not set(asked.people) & set(posts.holders(post, DAY)) if asked.why else True
        assert len({post_key(p.person) for p in asked.people}) == len(asked.people)
        for person in (*asked.people, *copied):
            assert person.person
            lines = [p for p in posts if p.person == person.person]
            assert not any(p.on_leave(DAY) for p in lines)
            assert not lines or any(p.covers(DAY) for p in lines)
        assert not {post_key(p.person) for p in asked.people} & {post_key(p.person) for p in copied}


# -- addresses ---------------------------------------------------------------------------------

ADDRESSES = """
ada@wexcombe.example
ada.byrne+ags@sub.wexcombe.example
o'neil_2@wexcombe.example
ada@gemeinde-köln.example
ada@xn--kln-sna.example
büro@wexcombe.example
"""
NOT_ADDRESSES = [
    "", "ada", "ada@", "@wexcombe.example", "ada@wexcombe", "ada@@wexcombe.example", "a@b@c.example", "ada@wexcombe..example",
    "ada byrne@wexcombe.example", "ada@wexcombe.example ", " ada@wexcombe.example", "ada@wex combe.example", ".ada@x.example",
    "ada.@x.example", "a..b@x.example", "ada@-x.example", "ada@x-.example", "ada@10.0.0.1", "ada@[10.0.0.1]", "ada@x.example.",
    "Ada <ada@x.example>", "<ada@x.example>", "ada@x.example,bo@x.example", "ada@x.example;bo@x.example", '"a b"@x.example',
    "ada@x.example\nBcc: all@x.example", "ada@x.example\r", "ada\t@x.example", "ada@x.example\x00", "ada@x.exa\u200bmple",
    "\u202eada@x.example", "ada＠x.example", "ada@x_y.example", "(ada)ada@x.example", "ªda@x.example", "bu\u0308ro@x.example", "mailto:ada@x.example",
    f"{'a' * 65}@x.example", f"ada@{'x' * 64}.example", f"ada@{'.'.join(['x' * 60] * 5)}.example",
]  # fmt: skip


@pytest.mark.parametrize("text", ADDRESSES.split())
def test_an_address(text):
    assert is_address(text)


@pytest.mark.parametrize("text", NOT_ADDRESSES, ids=repr)
def test_what_is_no_address(text):
    assert not is_address(text)


@given(
    st.text(max_size=30) | st.from_regex(r"[\w.\n ,;<>\"@]{1,20}@[\w.\n-]{1,20}", fullmatch=True)
)
@example("ada@x.example\n")
@example("ada@x.example\u2028Bcc: a@b.example")
def test_an_address_can_stand_in_a_header(text):
    if not is_address(text):
        return
    assert text.isprintable() and not set(text) & set(' ,;<>"()[]:\\')
    if text.isascii():
        assert Address(addr_spec=text).addr_spec == text  # as the standard library reads it
    local, domain = text.split("@")
    assert Address("", local, domain).addr_spec == text  # and neither part needs quoting


FAULTS = [
    (Posting(P, ADA, "ada@x.example"), ""),
    (Posting(P, ADA), "Ada Byrne (Head of Finance) has no email address on the Posts sheet: enter it there."),
    (Posting(ADA, ADA), "Ada Byrne has no email address on the Posts sheet: enter it there."),
    (Posting(P, ADA, "ada"), "Ada Byrne (Head of Finance) cannot be sent a message, because 'ada' is no email address: correct it on the Posts sheet."),
]  # fmt: skip


@pytest.mark.parametrize(("person", "fault"), FAULTS)
def test_what_is_wrong_with_an_address_is_one_sentence(person, fault):
    assert address_fault(person) == fault


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Ada Byrne <ada@x.example>", ("Ada Byrne", "ada@x.example")),
        ('"Byrne, Ada" <ada@x.example>', ("Byrne, Ada", "ada@x.example")),
        ("<ada@x.example>", ("ada@x.example", "ada@x.example")),
        ("ada@x.example", ("ada@x.example", "ada@x.example")),
        ("Ada Byrne", ("Ada Byrne", "")),
    ],
)
def test_a_name_with_an_address(text, read):
    assert read_addressee(text) == read


# -- what the rules say of it ------------------------------------------------------------------


def said(posts: Posts, *codes: str) -> list[tuple[str, str]]:
    plan = plan_of({"smt_lead": P}, {"ref": "A2", "smt_lead": P}, posts=posts)
    return [(f.code, f.message) for f in check(plan, as_of=DAY) if f.code in codes]


def test_the_rules_say_once_who_is_asked():
    share = Posts((Posting(P, ADA), Posting(P, BO)))
    later = Posts((Posting(P, ADA), Posting(P, BO, starts=date(2026, 1, 1))))
    one_away = Posts((Posting(P, ADA, **AWAY), Posting(P, BO)))
    both_away = Posts((Posting(P, ADA, **AWAY), Posting(P, BO, **AWAY)))
    here = "The Posts table has Ada Byrne and Bo Day in the post 'Head of Finance' on the reporting date"
    assert said(share, "L208") == [("L208", f"{here}; Ada Byrne and Bo Day are asked.")]
    assert said(later, "L208") == [("L208", f"{here}; Bo Day is asked.")]
    assert said(one_away, "L208") == [("L208", f"{here}; Bo Day is asked.")]
    assert said(both_away, "L208") == [("L208", f"{here}; nobody is asked.")]


def test_a_post_that_nobody_answers_for_is_a_finding_with_what_to_do():
    deputised = Posts((Posting(P, deputy=D), Posting(D, JOAN), Posting(D, BO)))
    on_leave = Posts((Posting(P, ADA, **AWAY, deputy=D), Posting(D, JOAN)))
    nobody = Posts((Posting(P, ADA, **AWAY),))
    assert said(deputised, "L207") == [
        ("L207", "Nobody holds the post 'Head of Finance' on the reporting date; Joan Hartley and Bo Day deputise.")
    ]  # fmt: skip
    assert said(on_leave, "L207") == []  # a holiday is no data query, as long as somebody answers
    assert said(nobody, "L207") == [("L207", nobody.why_nobody(P, DAY))]


def test_addresses_are_asked_for_only_where_the_table_has_any():
    assert said(Posts((Posting(P, ADA),)), "L209") == []
    table = Posts((Posting(P, ADA), Posting(P, BO, "bo@x.example; cy@x.example"), CHIEF))
    assert [m for _, m in said(table, "L209")] == [address_fault(p) for p in table.postings[:2]]
    away = Posts((Posting(P, ADA, **AWAY, deputy="Chief Executive"), CHIEF))
    assert said(away, "L209") == []  # the deputy is asked, and has one
