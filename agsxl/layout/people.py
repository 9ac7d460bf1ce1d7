"""The SMT lead's cell: one post, or two who share a milestone."""

from __future__ import annotations

import re
from functools import lru_cache

from agsxl.plan import NO_LEAD, Lead

_TITLE = (
    r"(?:head|director|chief|deputy|assistant|interim|acting|strategic director|corporate director|executive director|"
    r"service director|monitoring officer|section 151|s\.?\s?151|section151|borough solicitor|borough treasurer|county solicitor|"
    r"solicitor to|town clerk|managing director|principal|lead|senior)\b"
)
_STARTS = re.compile(rf"\s*(?:the\s+)?{_TITLE}", re.I)
_ENDS = re.compile(
    r"\b(?:officer|manager|executive|director|solicitor|clerk|consultant|treasurer|lead|advisor|adviser|accountant|auditor)\s*$",
    re.I,
)
_LONGEST = 300
_NOBODY = frozenset({"", "-", "--", "–", "—", "?", "??", "tbc", "tba", "tbd", "n/a", "na", "none", "vacant", "vacancy", "to be confirmed", "unknown"})  # fmt: skip
_APART = re.compile(r"\s*\n\s*|\s+/\s+|\s*\+\s*")  # if each part is a post by itself
_PERHAPS = re.compile(r"\s*/\s*|\s+(?:and|&)\s+|\s*,\s*")  # if the left is a post and a post begins


def _is_post(text: str) -> bool:
    return bool(_STARTS.match(text) or _ENDS.search(text))


def _begins_post(text: str) -> bool:
    return bool(
        _STARTS.match(text)
        or re.fullmatch(r"\s*[A-Z][\w ]+ (?:Officer|Manager|Solicitor)\s*", text)
    )


@lru_cache(maxsize=4096)
def read_lead(written: str) -> Lead:
    """The lead as written, and the single posts in it.

    >>> read_lead("Head of Legal / Head of Finance").posts
    ('Head of Legal', 'Head of Finance')
    >>> read_lead("Director of Development, Enterprise and Communities").posts
    ('Director of Development, Enterprise and Communities',)

    A name is taken apart only where every part is a post by itself (or everybody is given by
    initials), so that "Head of HR/OD" stays one post.
    """
    if len(written) > _LONGEST:  # no name: a comment in the wrong column
        text = " ".join(written.split())
        return Lead(raw=text, post=text, posts=(text,))
    if " ".join(written.split()).strip(" .").casefold() in _NOBODY:
        return Lead(raw=" ".join(written.split()))
    posts: list[str] = []
    for part in written.split(";"):
        apart = [each for each in _APART.split(part.strip()) if each]
        if len(apart) > 1 and not all(_is_post(each) or _initials(each) for each in apart):
            apart = [" ".join(part.split())]  # "Head of Shared" over "Financial Services"
        for each in apart:
            posts += _split(each)
    text = " ".join(written.split())
    names = tuple(dict.fromkeys(post.strip(" ,;/") for post in posts))
    return Lead(raw=text, post=text, posts=names) if text else NO_LEAD


def _initials(text: str) -> bool:
    return bool(re.fullmatch(r"\s*[A-Z]{2,3}\s*", text))


def _split(text: str) -> list[str]:
    """Split at "/", "and" or a comma only if both sides begin a post."""
    for link in _PERHAPS.finditer(text):
        left, right = text[: link.start()], text[link.end() :]
        if _initials(left) and _initials(right.split("/")[0]) and "/" in link.group():
            return [left, *_split(right)]
        if _is_post(left) and _begins_post(right):
            return [left, *_split(right)]
    return [text]
