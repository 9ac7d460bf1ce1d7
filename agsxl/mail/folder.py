"""Messages as a folder for a mail merge: one table of them, and the workbooks to attach.

    merge = write_merge_folder("Chasers", messages)
    merge.table                     # Path("Chasers/Chasers.csv")
    merge.left_out                  # {key: why}: what cannot be sent so

The table is a CSV that Excel opens as it is: UTF-8 with its mark, and no text in it can become a
formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from agsxl.mail.messages import Message, file_name
from agsxl.mail.placing import Placing
from agsxl.mail.ways import addresses, cannot_go

TABLE, ATTACHMENTS = "Chasers.csv", "Attachments"
HEADINGS = ("Lead", "Person", "Address", "Copied to", "Subject", "Text", "Attachment")
MOST_IN_A_CELL = 32_767  # what Excel keeps; it spills the rest into the next rows
# What begins a formula in Excel and its like, as typed and in their wide forms.
_BEGINS_A_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


class MergeFolder(NamedTuple):
    """What was written. ``left_out`` says for the key of each message that is not in it, why."""

    table: Path
    attachments: tuple[Path, ...]
    left_out: dict[str, str]


def write_merge_folder(
    folder: str | Path, messages: Iterable[Message], *, run: str = ""
) -> MergeFolder:
    """Write the table and the attachments of messages that another program is to send.

    >>> write_merge_folder("Chasers", messages, run="September 2026").table  # doctest: +SKIP
    PosixPath('Chasers/Chasers.csv')

    Each row's Attachment names files in the folder itself. What was written before for the same
    ``run`` and is wanted no longer is taken away; nothing else in the folder is touched, so that a
    table of another run, which may not have been merged yet, stays and this one is "Chasers (2).csv".
    Raises OutputError where something cannot be written.
    """
    rows, paths, left_out = [], [], {}
    with Placing(folder, f"merge {run}".strip()) as placing:
        for message in messages:
            why = _why_not(message)
            if why:
                left_out[message.key] = why
                continue
            written = [
                placing.put(f"{ATTACHMENTS}/{file_name(each.name)}", each.data)
                for each in message.attachments
            ]
            names = [str(path.relative_to(placing.folder)) for path in written]
            rows.append(_row(message, names))
            paths += written
        table = placing.put(TABLE, _csv(rows))
    return MergeFolder(table, tuple(paths), left_out)


def _why_not(message: Message) -> str:
    """Why a message cannot be merged, or ""."""
    why = cannot_go(message)
    if not why and len(message.text) > MOST_IN_A_CELL:
        why = (
            f"Its text has {len(message.text):,} letters, and a cell of Excel holds {MOST_IN_A_CELL:,}; "
            "send it as a draft."
        )
    return why


def _row(message: Message, attachments: Sequence[str]) -> tuple[str, ...]:
    to, copied = addresses(message)
    return (
        _text(message.lead),
        _text(" and ".join(filter(None, (person.name for person in message.to)))),
        "; ".join(map(_address, to)),
        "; ".join(map(_address, copied)),
        _text(message.subject),
        _text(message.text),
        "; ".join(attachments),
    )


def _text(text: str) -> str:
    """A text that stays one. An apostrophe before it is seen, and known for what it is.

    Quotes are no help, since Excel takes them off before it looks. A blank, a tab or a mark that
    nobody sees would be lost or go out with the message unnoticed.
    """
    return f"'{text}" if text.lstrip().startswith(_BEGINS_A_FORMULA) else text


def _address(address: str) -> str:
    """An address that stays one and is no formula: brackets are part of no address, and mean none."""
    return f"<{address}>" if address.startswith(_BEGINS_A_FORMULA) else address


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADINGS)
    writer.writerows(rows)
    return written.getvalue().encode("utf-8-sig")
