"""Posts: who answers for which post on a day, who deputises, and to whom it escalates.

posts = Posts((Posting("Head of Finance", "Ada Byrne", "ada@wexcombe.example", deputy="Head of Legal"),))
posts.answerers("head of finance", date(2026, 9, 30)).people[0].person     # "Ada Byrne"
posts.escalation("head of finance", date(2026, 9, 30))                     # (): nobody is named

A post is held from one day to another, and its holder may be on leave. Nobody answers for more than the
table says: the deputy of a deputy is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from unicodedata import is_normalized

from agsxl.words import spoken


@dataclass(frozen=True, slots=True)
class Posting:
    """One person in one post from one day to another; an open end is None, a vacancy has no person.

    ``leave_from`` and ``leave_to`` are the first and the last day away.
    """

    post: str
    person: str = ""
    email: str = ""
    starts: date | None = None
    ends: date | None = None
    deputy: str = ""
    escalates_to: str = ""
    leave_from: date | None = None
    leave_to: date | None = None

    def covers(self, day: date) -> bool:
        """Whether a day lies between its first and its last."""
        return (self.starts is None or self.starts <= day) and (
            self.ends is None or day <= self.ends
        )

    def on_leave(self, day: date) -> bool:
        """Whether its holder is away on a day."""
        return (
            (self.leave_from is not None or self.leave_to is not None)
            and (self.leave_from is None or self.leave_from <= day)
            and (self.leave_to is None or day <= self.leave_to)
        )


class Answering(NamedTuple):
    """Who answers for a post on a day: more than one in a job share, none where nobody does.

    ``instead_of`` is the holder who is away; ``why`` says why it is not the holder who answers:
    "vacant", "on leave until 12 October 2026", or "" where it is (or the post is not in the table).
    """

    people: tuple[Posting, ...] = ()
    instead_of: Posting | None = None
    why: str = ""


VACANT = "vacant"


@dataclass(frozen=True, slots=True)
class Posts:
    """The posts table.

    >>> posts = Posts((Posting("Head of Finance", "Ada Byrne", starts=date(2026, 7, 1)),))
    >>> posts.holder("head of finance", date(2026, 9, 30)).person
    'Ada Byrne'
    """

    postings: tuple[Posting, ...] = ()
    _lines: dict[str, tuple[Posting, ...]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        found: dict[str, list[Posting]] = {}
        for posting in self.postings:
            found.setdefault(post_key(posting.post), []).append(posting)
        lines = {name: tuple(group) for name, group in found.items()}
        object.__setattr__(self, "_lines", lines)  # frozen, and looked up once a milestone

    def __bool__(self) -> bool:
        return bool(self.postings)

    def __iter__(self) -> Iterator[Posting]:
        return iter(self.postings)

    def of(self, post: str) -> tuple[Posting, ...]:
        """Every line of the table about a post, in the table's order."""
        return self._lines.get(post_key(post), ())

    def holders(self, post: str, day: date) -> tuple[Posting, ...]:
        """Who holds a post on a day, on leave or not: those who came last, one line a person.

        >>> share = Posts((Posting("Head of Law", "Ann Lee"), Posting("Head of Law", "Bo Day")))
        >>> [p.person for p in share.holders("Head of Law", date(2026, 9, 30))]
        ['Ann Lee', 'Bo Day']

        Two who began on the same day (or neither with a first day) share the post; where one came
        later, the earlier is taken to have left.
        """
        found = [p for p in self.of(post) if p.person and p.covers(day)]
        last = max((_start(p) for p in found), default=date.min)
        return _each_once(p for p in found if _start(p) == last)

    def holder(self, post: str, day: date) -> Posting | None:
        """Who holds a post on a day: the one who came last, where two overlap. None: nobody."""
        return next(iter(self.holders(post, day)), None)

    def overlapping(self, post: str, day: date) -> tuple[Posting, ...]:
        """Everybody whom the table has in a post on a day, one line a person."""
        return _each_once(p for p in self.of(post) if p.person and p.covers(day))

    def deputy_of(self, post: str, day: date | None = None) -> str:
        """The post or person that deputises: as the holder's line says, else the last that names one."""
        return self._said(post, day, "deputy")

    def escalates_to(self, post: str, day: date | None = None) -> str:
        """What the table says under Escalates to: as the holder's line has it, else the last."""
        return self._said(post, day, "escalates_to")

    def _said(self, post: str, day: date | None, column: str) -> str:
        holders = self.holders(post, day) if day is not None else ()
        lines = (*holders, *reversed(self.of(post)))
        return next((text for p in lines if (text := str(getattr(p, column)))), "")

    def answering(self, post: str, day: date) -> Posting | None:
        """Who answers for a post on a day, the first of a job share. None: nobody."""
        return next(iter(self.answerers(post, day).people), None)

    def answerers(self, post: str, day: date) -> Answering:
        """Who is asked about a post on a day: its holders, else its deputy, and why.

        >>> away = Posting("Head of Law", "Ann Lee", deputy="Bo Day", leave_to=date(2026, 10, 12))
        >>> found = Posts((away,)).answerers("Head of Law", date(2026, 9, 30))
        >>> found.people[0].person, found.why
        ('Bo Day', 'on leave until 12 October 2026')

        One of a job share who is away is answered for by the other. A deputy who is away too, or a
        deputy's post that is vacant, answers for nobody: then there are no people, which is for the
        officer to mend.
        """
        if not self.of(post):
            return Answering()
        holders = self.holders(post, day)
        there = tuple(p for p in holders if not self._away(p, day))
        if there:
            return Answering(there)
        deputies = self._named(self.deputy_of(post, day), day)
        people = tuple(p for p in deputies if not any(same_person(p, h) for h in holders))
        if not holders:
            return Answering(people, None, VACANT)
        back = [self._leave_ends(p, day) for p in holders]
        known = [end for end in back if end is not None]
        until = f" until {spoken(min(known))}" if known else ""
        return Answering(people, holders[0], f"on leave{until}")

    def why_nobody(self, post: str, day: date) -> str:
        """The sentence on a post of the table that nobody answers for on a day; "" where somebody does.

        >>> Posts((Posting("Head of Law"),)).why_nobody("Head of Law", date(2026, 9, 30))
        "Nobody holds the post 'Head of Law' and no deputy is named, so nobody is asked: enter who holds it, or a deputy, on the Posts sheet."
        """
        found = self.answerers(post, day)
        if found.people or not self.of(post):
            return ""
        deputy = self.deputy_of(post, day)
        also = f"the deputy, {deputy}, is away or vacant too" if deputy else "no deputy is named"
        if found.instead_of is None:
            who, what = f"Nobody holds the post {post!r}", "who holds it, or a deputy,"
        else:
            who, what = (
                f"{found.instead_of.person} ({post}) is {found.why}",
                "somebody who deputises",
            )
        return f"{who} and {also}, so nobody is asked: enter {what} on the Posts sheet."

    def escalation(self, post: str, day: date) -> tuple[Posting, ...]:
        """Who is copied in when a post's messages stay without an answer, on a day.

        >>> posts = Posts((Posting("Head of Law", "Ann Lee", escalates_to="Cy Fox <cy@wexcombe.example>"),))
        >>> [(p.person, p.email) for p in posts.escalation("Head of Law", date(2026, 9, 30))]
        [('Cy Fox', 'cy@wexcombe.example')]

        Escalates to may name a post (whoever answers for it that day), a person, or an address. Who
        is asked already is not copied.
        """
        named = self.escalates_to(post, day)
        over = self.answerers(named, day).people if self.of(named) else self._named(named, day)
        asked = self.answerers(post, day).people
        return tuple(p for p in over if not any(same_person(p, a) for a in asked))

    def _named(self, text: str, day: date) -> tuple[Posting, ...]:
        """Those whom a cell names, who are there on a day: a post's holders, a person, an address."""
        if not text:
            return ()
        if self.of(text):
            return tuple(p for p in self.holders(text, day) if not self._away(p, day))
        name, address = read_addressee(text)
        key = post_key(name)
        lines = [p for p in self.postings if p.person and post_key(p.person) == key]
        if not lines:
            return (Posting(post=text, person=name, email=address),)
        there = [p for p in lines if p.covers(day) and not self._away(p, day)]
        # The line with an address is the better one of somebody with two posts.
        return tuple(sorted(there, key=lambda p: not p.email)[:1])

    def _away(self, posting: Posting, day: date) -> bool:
        """Whether any line of a person says that they are on leave: one is away from every post."""
        return any(p.on_leave(day) for p in self._lines_of(posting))

    def _leave_ends(self, posting: Posting, day: date) -> date | None:
        """The last day of a person's leave; None where a line leaves it open."""
        ends = [p.leave_to for p in self._lines_of(posting) if p.on_leave(day)]
        known = [end for end in ends if end is not None]
        return max(known) if known and len(known) == len(ends) else None

    def _lines_of(self, posting: Posting) -> list[Posting]:
        return [p for p in self.postings if p.person and same_person(p, posting)]


def _start(posting: Posting) -> date:
    return posting.starts or date.min


def _each_once(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """One line for each person: somebody with two times of leave has two lines."""
    found: dict[str, Posting] = {}
    for posting in postings:
        found.setdefault(post_key(posting.person), posting)
    return tuple(found.values())


def same_person(one: Posting, two: Posting) -> bool:
    """Whether two lines are of one person: by the name; by the address where one is no more than that.

    Two people with one mailbox between them are two.
    """
    if all(p.person and p.person != p.email for p in (one, two)):
        return post_key(one.person) == post_key(two.person)
    return bool(one.email) and one.email.casefold() == two.email.casefold()


@lru_cache(maxsize=8192)
def post_key(post: str) -> str:
    """The name two spellings of a post share when only case, spaces or "&" differ."""
    return " ".join(post.replace("&", " and ").casefold().split())


# -- addresses ---------------------------------------------------------------------------------

_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_LABEL = re.compile(r"[^\W_](?:[^\W_]|-)*")
_LONGEST_LOCAL, _LONGEST_ADDRESS, _LONGEST_LABEL = 64, 254, 63


def is_address(text: str) -> bool:
    """Whether a text is one email address and nothing else.

    >>> is_address("ada.byrne@wexcombe.example"), is_address("ada@wexcombe.example, bo@x.example")
    (True, False)

    No name beside it, no blank, line break or other control character, no comma, semicolon, quote
    or bracket: what passes here can stand in a message's header. The domain needs a dot; it may be
    in any script (``büro@gemeinde-köln.example``).
    """
    if not is_normalized("NFKC", text):  # "ª" for "a": what it looks like is another address
        return False
    local, at, domain = text.partition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local) > _LONGEST_LOCAL:
        return False
    labels = domain.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(_is_label(label) for label in labels):
        return False
    return len(text.encode()) <= _LONGEST_ADDRESS


def _is_label(label: str) -> bool:
    if not _LABEL.fullmatch(label) or label.endswith("-"):
        return False
    try:
        return len(label.encode("idna")) <= _LONGEST_LABEL
    except UnicodeError:  # too long, or letters that no domain can have
        return False


def address_fault(person: Posting) -> str:
    """The sentence on a person whom no message can reach; "" where one can.

    >>> address_fault(Posting("Head of Law", "Ann Lee", "ann at wexcombe"))
    "Ann Lee (Head of Law) cannot be sent a message, because 'ann at wexcombe' is no email address: correct it on the Posts sheet."
    """
    who = f"{person.person} ({person.post})" if person.post != person.person else person.person
    if not person.email:
        return f"{who} has no email address on the Posts sheet: enter it there."
    if not is_address(person.email):
        return (
            f"{who} cannot be sent a message, because {person.email!r} is no email address: correct it "
            "on the Posts sheet."
        )
    return ""


def read_addressee(text: str) -> tuple[str, str]:
    """The name and the address in a cell: ``read_addressee("Ada Byrne <ada@x.example>")``.

    A bare address is its own name; a bare name has no address. What stands between the brackets is
    not judged here: see ``is_address``.
    """
    found = re.fullmatch(r"\s*(.*?)\s*<([^<>]*)>\s*", text, re.S)
    if found is not None:
        name, address = found[1].strip('" '), found[2].strip()
        return name or address, address
    bare = text.strip()
    return bare, bare if "@" in bare else ""


__all__ = [
    "VACANT", "Answering", "Posting", "Posts", "address_fault", "is_address", "post_key", "read_addressee",
    "same_person",
]  # fmt: skip
