"""The page on which the officer sees all messages of a round before any of them goes out.

    page = preview_page(messages, title="Wexcombe Borough Council", round=september)

One HTML file that needs nothing beside it and runs no script: what to look at first, a list of all
messages, then each as its lead will read it. Its layout is ``templates/email/preview.html``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from agsxl.layout.chaselog import LEVELS
from agsxl.mail.messages import Message
from agsxl.mail.wording import body_of, laid_out
from agsxl.rounds import Addressee, Round
from agsxl.words import spoken

_HEADING = re.compile(r"(</?h)([1-5])(?=[\s>])")


def preview_page(
    messages: Sequence[Message],
    *,
    title: str,
    round: Round,  # noqa: A002
    as_of: date | None = None,
    gone: Sequence[str] = (),
) -> str:
    """All messages of a round on one page of HTML, those with something wrong first.

    >>> preview_page([], title="Wexcombe", round=Round("September 2026", day))[:15]  # doctest: +SKIP
    '<!doctype html>'

    ``title`` is whose plan it is; ``as_of`` the reporting date, the round's own by default. ``gone`` are
    the leads whose message of the round went out before: they are named, and not shown. Raises
    SettingsError where ``preview.html`` cannot be used.
    """
    ordered = sorted(messages, key=lambda m: not m.faults)  # a stable sort: else as they were given
    shown = [
        {
            "number": number,
            "lead": each.lead,
            "people": [p.name for p in each.to if p.name],
            "addresses": [p.address for p in each.to if p.address],
            "milestones": each.milestones,
            "level": LEVELS[each.level],
            "faults": each.faults,
            "headers": _headers(each),
            "text": each.text,
            "body": _body(each.html),
        }
        for number, each in enumerate(ordered, 1)
    ]
    day = spoken(as_of or round.day)
    return laid_out(
        "preview.html", title=title, round=round.name, day=day, messages=shown,
        gone=list(gone),
    )  # fmt: skip


def _headers(message: Message) -> list[tuple[str, str]]:
    attached = ", ".join(each.name for each in message.attachments)
    return [
        ("From", _person(message.sender) if message.sender else "whoever sends the draft"),
        ("To", ", ".join(map(_person, message.to)) or "nobody"),
        ("Copied to", ", ".join(map(_person, message.copied)) or "nobody"),
        ("Answers go to", message.reply_to or "whoever sends it"),
        ("Subject", message.subject),
        ("Attached", attached or "nothing"),
    ]


def _person(person: Addressee) -> str:
    if person.name and person.address and person.name != person.address:
        return f"{person.name} <{person.address}>"
    return person.address or f"{person.name or 'nobody'} (no address)"


def _body(html: str) -> object:
    """A message's body, its headings one step down: below the page's own.

    It was escaped when it was made; nothing in it is a heading but what the layout made one.
    """
    from markupsafe import Markup  # Jinja2's own

    return Markup(_HEADING.sub(lambda h: f"{h[1]}{int(h[2]) + 1}", body_of(html)))
