"""Ways to send a message, and one loop that sends nothing twice.

    with Journal.open("plan.xlsx") as journal, closing(Smtp("mail.example", user=...)) as way:
        for result in send_all(messages, way, journal, now=now):
            log = log.with_result(result.key, result.state, ...)
        ...                                  # the chase log is written into the plan
        journal.close_when_logged()

A way takes one message and says what became of it: sent, failed (it is certain that nothing was
delivered, so it may be tried again), or unknown (the server had all of it and the line broke before
its answer: it may have been delivered, so it is never sent again by itself).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from email.message import EmailMessage
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from agsxl.errors import OutputError

if TYPE_CHECKING:
    from agsxl.mail.journal import Journal
    from agsxl.mail.messages import Message

UNKNOWN = (
    "The line broke after the message was handed over and before the mail server said that it has "
    "it, so it may or may not have arrived. It is not sent again by itself: look in your sent mail or "
    "ask the lead, then say which it is."
)
BROKEN_OFF = (
    "An earlier run was broken off while it handed this message over, so it may or may not have "
    "arrived. It is not sent again by itself: look in your sent mail or ask the lead, then say which "
    "it is."
)
NO_NOTE = (
    "A run was broken off that had this message in hand, and the note which it kept beside the plan is not "
    "there (a plan that is renamed or copied leaves it behind), so the message may or may not have "
    "gone. It is not sent again by itself: look in your sent mail or ask the lead, then say which it is."
)
NOT_SENT = "An earlier run could not send it."


class State(StrEnum):
    """What became of a message."""

    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Result(NamedTuple):
    """What became of the message called ``key``.

    ``why`` is one sentence for the officer, "" where all went well. ``refused`` are the addresses
    that the server would not take although the message went to the others. ``when`` is the moment
    it was known, with its time zone.
    """

    key: str
    state: State
    why: str = ""
    refused: tuple[str, ...] = ()
    when: datetime | None = None


def nothing() -> None:
    """What is done before a message is handed over where no journal is kept: nothing."""


class Way(Protocol):
    """Something that sends messages, one after the other."""

    def send(
        self, message: Message, *, now: datetime, begin: Callable[[], None] = nothing
    ) -> Result:
        """Send one message, and say what became of it.

        ``begin`` is called once, at the last instant at which nothing can have been delivered; if
        it raises, the message must not go. A fault of the mail is a result, never an exception.
        """

    def close(self) -> None:
        """Let go of whatever is held. May be called twice."""


def send_all(
    messages: Sequence[Message],
    way: Way,
    journal: Journal,
    *,
    now: Callable[[], datetime],
    progress: Callable[[str], object] = lambda _: None,
) -> Iterator[Result]:
    """Send the messages, each at most once however often this is run, and yield what became of each.

    >>> for result in send_all(messages, way, journal, now=now):  # doctest: +SKIP
    ...     print(result.state, result.why)

    A message that the journal knows as sent or unknown, from this run or one that was broken off,
    is not sent: its result is yielded as it stands there. The journal has each result on the disk
    before it is yielded. Raises OutputError where the journal cannot be written; what was sent until
    then has been yielded.
    """
    for number, message in enumerate(messages, start=1):
        progress(f"Sending {number} of {len(messages)}")
        known = journal.result(message.key)
        if known is not None and known.state is not State.FAILED:
            yield known
            continue
        why = cannot_go(message)
        if why:
            yield Result(message.key, State.FAILED, why, when=now())
            continue
        result = way.send(message, now=now(), begin=partial(_begin, journal, message.key, now))
        result = result._replace(when=now())
        try:
            journal.end(result)
        except OutputError:
            yield result  # the caller must know of it all the more
            raise
        yield result


def _begin(journal: Journal, key: str, now: Callable[[], datetime]) -> None:
    journal.begin(key, now())


def cannot_go(message: Message) -> str:
    """Why no way could send a message, or "": it has nobody to go to, or nobody that it comes from.

    >>> cannot_go(message)  # doctest: +SKIP
    'There is no address to send it to: ...'
    """
    if not addresses(message)[0]:
        return (
            "There is no address to send it to: enter one on the Posts sheet for whoever holds the "
            "post."
        )
    if message.sender is None or not message.sender.address:
        return (
            "There is no address to send it from: enter the Sender address on the Settings sheet."
        )
    return ""


def addresses(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The addresses a message goes to and those copied in, each once.

    >>> addresses(message)  # doctest: +SKIP
    (('ann.lee@example.org',), ('chief@example.org',))
    """
    seen: set[str] = set()
    chosen: list[tuple[str, ...]] = []
    for people in (message.to, message.copied):
        found = []
        for person in people:
            if person.address and person.address.casefold() not in seen:
                seen.add(person.address.casefold())
                found.append(person.address)
        chosen.append(tuple(found))
    return chosen[0], chosen[1]


_LINE_END = re.compile(rb"\r\n|\r|\n")


def wire(email: EmailMessage) -> bytes:
    """A message as the bytes that go over the wire or into a file, its lines all ended alike.

    >>> wire(message.as_email(now=now)).endswith(b"\\r\\n")  # doctest: +SKIP
    True

    A lone line end inside could let a text pass for the end of the message, so none is left.
    """
    data = _LINE_END.sub(b"\r\n", email.as_bytes())
    return data if data.endswith(b"\r\n") else data + b"\r\n"
