"""The officer's templates: what a message says (words), and how it looks (layout).

    said = worded("first.txt", facts, tables)     # Wording(subject="7 milestones ...", blocks=(...))
    laid_out("layout.html", said, subject=said.subject)

The files of ``templates/email/`` are Jinja2, in its sandbox. A file of words is filled in as plain
text. What comes of it is data to both layouts, so the HTML escapes all of it and the two parts of
a message cannot say different things; whoever edits the words needs to know no HTML.
"""

from __future__ import annotations

import re
import textwrap
import traceback
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from agsxl.errors import SettingsError
from agsxl.resources import resource

if TYPE_CHECKING:
    from jinja2 import Environment

T = TypeVar("T")
WIDTH = 76  # of the plain text; RFC 5322 recommends at most 78
_FOLDER = "email"
_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.(?:txt|html)")
_SUBJECT = "subject:"
_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.S)
_PLACE, _DATA = "\0", "\1"  # marks in what is filled in: a table's place; data, not a shape


class Shape(StrEnum):
    """What a block of a message is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    ITEMS = "items"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a message. Each cell is a few lines; the first cell of a row is its header."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a message: its lines, or its table."""

    shape: Shape
    lines: tuple[str, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """What a message says."""

    subject: str
    blocks: tuple[Block, ...]


# -- text that can stand anywhere ----------------------------------------------------------------

# What would turn a line round, or is no character at all. What joins letters of other scripts stays.
_UNSEEN = dict.fromkeys(
    (0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)


def one_line(text: str, keep: str = "") -> str:
    """A text on one line, without what no reader sees (but for the marks in ``keep``).

    >>> one_line("Ann\\r\\nBcc: everybody")
    'Ann Bcc: everybody'
    """
    if not text.isprintable():
        unseen = ("Cc", "Cs")
        kept = (" " if unicodedata.category(c) in unseen and c not in keep else c for c in text)
        text = "".join(kept).translate(_UNSEEN)
    return " ".join(text.split())


def cut(text: str, most: int) -> str:
    """A text on one line, of at most so many characters: ``cut("one two three", 9)`` is "one two …"."""
    text = one_line(text)
    if len(text) <= most:
        return text
    kept = text[: most - 1].rpartition(" ")[0] or text[: most - 2]
    return f"{kept.rstrip(' ,;:')} …"


def listed_names(names: list[str]) -> str:
    """``listed_names(["Ann", "Bo", "Di"])`` is "Ann, Bo and Di"; each name once."""
    once = list(dict.fromkeys(name for name in names if name))
    return " and ".join(filter(None, (", ".join(once[:-1]), *once[-1:])))


# -- words -----------------------------------------------------------------------------------------


def worded(name: str, facts: Mapping[str, str | int], tables: Mapping[str, list[Table]]) -> Wording:
    """A file of words, filled in.

    ``facts`` are what stands in its double braces; ``tables`` the tables that it has to place on a
    line of their own, by the name that stands for them there. Raises SettingsError for a file that
    cannot be used: one sentence with the file, the line where there is one, and what to do.
    """
    # No text of a plan holds these marks (see one_line), so nothing in it can pass for a table's
    # place, nor a name that begins with "# " for a heading.
    places = {f"{_PLACE}{place}{_PLACE}": found for place, found in tables.items()}
    values: dict[str, str | int] = {
        fact: f"{_DATA}{value}"
        if isinstance(value, str) and value.startswith(("#", "-"))
        else value
        for fact, value in facts.items()
    }
    values |= {mark.strip(_PLACE): mark if found else "" for mark, found in places.items()}
    text = _guarded(name, lambda: _words().get_template(name).render(values))
    lines = [one_line(line, _PLACE + _DATA) for line in text.splitlines()]
    while lines and not lines[0]:
        del lines[0]
    first = lines[0] if lines else ""
    subject = first[len(_SUBJECT) :].strip() if first.casefold().startswith(_SUBJECT) else ""
    if not subject:
        raise _unusable(name, 'does not begin with a line "Subject: ..." that says something')
    blocks = tuple(_blocks(name, lines[1:], places))
    for mark, found in places.items():
        placed = sum(block.lines == (mark,) for block in blocks)
        if found and placed != 1:
            called = f"{{{{ {mark.strip(_PLACE)} }}}}"
            raise _unusable(name, f"has to have {called} once, on a line of its own")
    return Wording(one_line(subject), tuple(_with_tables(blocks, places)))


def _blocks(name: str, lines: list[str], places: Mapping[str, object]) -> list[Block]:
    """Lines as blocks: a blank line ends one, "# " begins a heading, "- " an item of a list."""
    blocks: list[Block] = []
    ended = True
    for line in lines:
        if not line:
            ended = True
            continue
        shape, text = Shape.PARAGRAPH, line
        if line in places:
            shape = Shape.TABLE
        elif line.startswith("# "):
            shape, text = Shape.HEADING, line[2:].lstrip("# ")
        elif line.startswith("- "):
            shape, text = Shape.ITEMS, line[2:].lstrip("- ")
        text = text.replace(_DATA, "")
        last = blocks[-1] if blocks else None
        # The blank lines that a condition leaves between two items do not make two lists of them.
        same = last is not None and last.shape is shape
        if last and same and (shape is Shape.ITEMS or (shape is Shape.PARAGRAPH and not ended)):
            blocks[-1] = Block(shape, (*last.lines, text))
        elif text:
            blocks.append(Block(shape, (text,)))
        ended = False
    if any(_PLACE in text and text not in places for block in blocks for text in block.lines):
        raise _unusable(name, "has to have a table on a line of its own, with nothing else on it")
    return blocks


def _with_tables(blocks: tuple[Block, ...], places: Mapping[str, list[Table]]) -> list[Block]:
    found: list[Block] = []
    for block in blocks:
        if block.shape is Shape.TABLE:
            found += [Block(Shape.TABLE, table=table) for table in places[block.lines[0]]]
        else:
            found.append(block)
    return found


class Phrases:
    """The short texts of ``words.txt``: captions, headings, and what the cells of a table say.

    >>> Phrases().lines("answered", heading="Status", answer="Complete", came="plan")  # doctest: +SKIP
    ('Status: Complete', '(now on the plan)')
    """

    def __init__(self) -> None:
        self._texts: Any = _guarded(_PHRASES, lambda: _words().get_template(_PHRASES).module)

    def lines(self, macro: str, **values: str | int) -> tuple[str, ...]:
        """A text of several lines, filled in; lines with nothing on them are left out."""
        if not hasattr(self._texts, macro):
            raise _unusable(_PHRASES, f'has no text called "{macro}"')
        text = _guarded(_PHRASES, lambda: str(getattr(self._texts, macro)(**values)))
        return tuple(line for line in map(one_line, text.splitlines()) if line)

    def line(self, macro: str, **values: str | int) -> str:
        """A text of one line. Raises SettingsError where there is nothing on it."""
        text = " ".join(self.lines(macro, **values))
        if not text:
            raise _unusable(_PHRASES, f'says nothing for "{macro}"')
        return text

    def headings(self, macro: str, number: int) -> tuple[str, ...]:
        """A table's headings, one a line."""
        found = self.lines(macro)
        if len(found) != number:
            raise _unusable(_PHRASES, f'has to have {number} lines in "{macro}", one a heading')
        return found


_PHRASES = "words.txt"


# -- layout ----------------------------------------------------------------------------------------


def laid_out(name: str, **values: object) -> str:
    """A message, or the page of all of them, by a layout. Raises SettingsError as ``worded`` does.

    In a file whose name ends in ``.html`` everything that is filled in is escaped.
    """
    text = _guarded(name, lambda: _layouts().get_template(name).render(values))
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def body_of(html: str) -> str:
    """What stands between the body tags of a message, for the page that shows all of them.

    >>> body_of("<html><body><p>Dear Ann</p></body></html>")
    '<p>Dear Ann</p>'
    """
    found = _BODY.search(html)
    if found is None:
        raise _unusable("layout.html", "has to have its message between <body> and </body>")
    return found[1]


def filled(text: str, indent: int = 0, hanging: int = 0) -> str:
    """A text wrapped for the plain part, its words whole however long they are (a link may be)."""
    return textwrap.fill(
        text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + hanging),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


# -- the templates themselves ----------------------------------------------------------------------


def _words() -> Environment:
    return _environment(False)


def _layouts() -> Environment:
    return _environment(True)


@cache
def _environment(of_layouts: bool) -> Environment:
    """Jinja2 as the officer's files are given to it: as data, which can reach nothing of the program."""
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def escaped(name: str | None) -> bool:
        return of_layouts and (name is None or name.endswith(".html"))

    made = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(_load), undefined=StrictUndefined, autoescape=escaped,
        trim_blocks=of_layouts, lstrip_blocks=of_layouts,
    )  # fmt: skip
    made.filters["filled"] = filled
    return made


def _path(name: str) -> Path:
    return resource("templates", f"{_FOLDER}/{name}")


def _load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
    """A template's text, where it is, and whether it is still as it was. None: there is none."""
    if not _NAMED.fullmatch(name):  # an {% include %} reaches no file but those beside it
        return None
    path = _path(name)
    try:
        changed = path.stat().st_mtime_ns
        text = path.read_bytes().decode("utf-8-sig")  # Notepad may begin a file with a mark
    except OSError:
        return None
    except UnicodeDecodeError:
        what = "is not saved as UTF-8; save it again with that encoding"
        raise SettingsError(f"{path} {what}, or put back the file agsxl came with.") from None
    if _PLACE in text or _DATA in text:
        raise _unusable(name, "holds characters that are no text")
    return text, str(path), lambda: _path(name) == path and path.stat().st_mtime_ns == changed


def _unusable(name: str, what: str, line: int = 0) -> SettingsError:
    where = f"{_path(name)}, line {line}," if line else f"{_path(name)}"
    return SettingsError(f"{where} {what}; correct it, or put back the file agsxl came with.")


def _guarded(name: str, make: Callable[[], T]) -> T:
    """What comes of a template, or one sentence on what is wrong with it and where."""
    from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError
    from jinja2.exceptions import SecurityError

    try:
        return make()
    except SettingsError:
        raise
    except TemplateNotFound as fault:
        missing = str(fault.name or name)
        raise SettingsError(
            f"{_path(missing)} is not there or cannot be read; put back the file agsxl came with."
        ) from None
    except TemplateSyntaxError as fault:
        why = f"cannot be understood ({one_line(fault.message or '').rstrip('.')})"
        raise _unusable(fault.name or name, why, fault.lineno) from None
    # Whatever an officer's template can do wrong (divide by nothing, call what is no function,
    # include itself) is a fault of that file, and is said of it: the list of what Python may raise
    # has no end.
    except Exception as fault:
        where, line = _place(fault, name)
        if isinstance(fault, UndefinedError):
            why = f"asks for something that is not there ({one_line(str(fault))})"
        elif isinstance(fault, SecurityError):
            why = f"does what a template may not ({one_line(str(fault))})"
        else:
            why = f"cannot be filled in ({one_line(str(fault)) or type(fault).__name__})"
        raise _unusable(where, why, line) from None


def _place(fault: BaseException, name: str) -> tuple[str, int]:
    """The file and the line of a template at which something went wrong; 0 where it is not known."""
    folder = _path(name).parent
    for frame in reversed(traceback.extract_tb(fault.__traceback__)):
        path = Path(frame.filename)
        if path.parent == folder and frame.lineno:
            return path.name, frame.lineno
    return name, 0
