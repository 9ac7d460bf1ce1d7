"""Messages as drafts: one file for each, which a mail program opens ready to be sent.

    write_drafts("Chasers", messages, now=now)      # (Path("Chasers/Head of Finance.eml"), ...)

Sending is then the officer's own, from the officer's own mailbox; no server, no password.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from agsxl.mail.messages import Message, file_name
from agsxl.mail.placing import Placing
from agsxl.mail.ways import wire


def write_drafts(
    folder: str | Path, messages: Iterable[Message], *, now: datetime, keep: Iterable[str] = ()
) -> tuple[Path, ...]:
    """Write each message as a draft called after its lead, and say where, in their order.

    >>> write_drafts("Chasers", messages, now=now, keep=["Head of Law"])  # doctest: +SKIP
    (PosixPath('Chasers/Head of Finance.eml'),)

    Drafts that an earlier run wrote and that are wanted no longer are taken away, so that nobody
    sends last month's; those of the leads in ``keep`` stay as they are. Anything else in the folder is
    left alone, a draft that somebody has changed too. Raises OutputError where one cannot be written.
    """
    with Placing(folder, "drafts") as placing:
        for lead in keep:
            placing.keep(file_name(f"{lead}.eml"))
        return tuple(
            placing.put(
                file_name(f"{message.lead}.eml"), wire(message.as_email(draft=True, now=now))
            )
            for message in messages
        )
