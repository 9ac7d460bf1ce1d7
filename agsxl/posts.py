"""Posts: who holds which post on a day, who deputises, and to whom it escalates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Posting:
    """One person in one post from one day to another; an open end is None, a vacancy has no person."""

    post: str
    person: str = ""
    email: str = ""
    starts: date | None = None
    ends: date | None = None
    deputy: str = ""
    escalates_to: str = ""

    def covers(self, day: date) -> bool:
        """Whether a day lies between its first and its last."""
        return (self.starts is None or self.starts <= day) and (
            self.ends is None or day <= self.ends
        )


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

    def holder(self, post: str, day: date) -> Posting | None:
        """Who holds a post on a day: the one who came last, where two overlap. None: nobody."""
        found = [p for p in self.of(post) if p.person and p.covers(day)]
        return max(found, key=lambda p: p.starts or date.min, default=None)

    def deputy_of(self, post: str) -> str:
        """The post or person that deputises, as the last line that names one says."""
        return next((p.deputy for p in reversed(self.of(post)) if p.deputy), "")

    def answering(self, post: str, day: date) -> Posting | None:
        """Who answers for a post on a day: its holder, else the deputy's holder or the deputy named."""
        holder = self.holder(post, day)
        if holder is not None:
            return holder
        deputy = self.deputy_of(post)
        if not deputy:
            return None
        held = self.holder(deputy, day)
        if held is not None:
            return held
        named = next((p for p in self.postings if post_key(p.person) == post_key(deputy)), None)
        return named or (None if self.of(deputy) else Posting(post=deputy, person=deputy))


@lru_cache(maxsize=8192)
def post_key(post: str) -> str:
    """The name two spellings of a post share when only case, spaces or "&" differ."""
    return " ".join(post.replace("&", " and ").casefold().split())
