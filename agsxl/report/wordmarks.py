"""The marks of a Word template, such as {{title}}: found however Word has divided them, and filled.

    names_in(paragraph)                          # ["title"]
    fill_texts(paragraph, {"title": "Progress report"})
    fill_about(paragraph, [("Council", "Wexcombe Borough Council")])

Word divides a mark into several texts wherever it was corrected or checked for spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from agsxl.report.wordtemplate import MARKS
from agsxl.report.wordxml import W, insert_before, inside, parsed, runs

_MARK = re.compile(rf"\{{\{{[ \xa0]*({'|'.join(MARKS)})[ \xa0]*\}}\}}", re.IGNORECASE)


def _pieces(paragraph: Any) -> Iterator[tuple[Any, str]]:
    """The paragraph's own texts in order; a tab, a break or a drawing counts as a line break.

    The paragraphs of a text box, which is a drawing, are looked at by themselves.
    """
    for child in paragraph:
        if child.tag == f"{W}t":
            yield child, child.text or ""
        elif child.tag in (f"{W}tab", f"{W}br", f"{W}cr", f"{W}drawing", f"{W}pict"):
            yield None, "\n"
        elif child.tag not in (f"{W}pPr", f"{W}rPr"):
            yield from _pieces(child)


def names_in(paragraph: Any) -> list[str]:
    """The names of the marks that a paragraph itself has, in order.

    >>> names_in(parsed("<w:p><w:r><w:t>{{council}}, {{Date}}</w:t></w:r></w:p>")[0])
    ['council', 'date']
    """
    text = "".join(piece for _, piece in _pieces(paragraph))
    return [found[1].casefold() for found in _MARK.finditer(text)]


def fill_texts(paragraph: Any, texts: Mapping[str, str]) -> None:
    """Put texts in the places of the marks that have them, in the looks of each mark's first letter.

    >>> fill_texts(paragraph, {"council": "Wexcombe Borough Council"})  # doctest: +SKIP
    """
    pieces = list(_pieces(paragraph))
    whole = "".join(piece for _, piece in pieces)
    # From the last to the first, so that those before stay where they are.
    for found in reversed(list(_MARK.finditer(whole))):
        name = found[1].casefold()
        if name in texts:
            _replace(pieces, found.start(), found.end(), texts[name])


def leaves_nothing(paragraph: Any) -> bool:
    """Whether a paragraph that is filled has nothing left to say, and nothing else needs it.

    >>> leaves_nothing(parsed("<w:p/>")[0])
    True

    A cell of a table, a header and a text box each keep their last paragraph.
    """
    beside = [each for each in paragraph.getparent() if each is not paragraph]
    return (
        not says_something(paragraph)
        and paragraph.find(f"{W}pPr/{W}sectPr") is None
        and any(each.tag == f"{W}p" for each in beside)
    )


def _replace(pieces: list[tuple[Any, str]], start: int, end: int, text: str) -> None:
    at = 0
    hit = []
    for element, piece in pieces:
        if element is not None and at < end and at + len(piece) > start:
            hit.append((element, at))
        at += len(piece)
    (first, begins), (last, ends) = hit[0], hit[-1]
    behind = last.text[end - ends :]
    new = list(parsed(f"<w:r>{inside(text)}</w:r>")[0])
    if last is first:
        last = deepcopy(first)
        new.append(last)
    _set_text(last, behind)
    for middle, _ in hit[1:-1]:
        _set_text(middle, "")
    _set_text(first, first.text[: start - begins])
    for node in reversed(new):
        first.addnext(node)


def _set_text(element: Any, text: str) -> None:
    element.text = text
    element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def fill_about(paragraph: Any, about: Sequence[tuple[str, str]]) -> None:
    """Put a line for each pair where {{about}} stands, in the looks that the mark has.

    >>> fill_about(paragraph, [("Reporting date", "30 September 2026")])  # doctest: +SKIP

    Other words of its paragraph stay, before the lines.
    """
    looks = paragraph.find(f"{W}pPr")
    letters = paragraph.find(f".//{W}r/{W}rPr")
    fill_texts(paragraph, {"about": ""})
    last = paragraph
    for label, value in about:
        line = parsed(f"<w:p>{runs(f'{label}:', bold=True)}{runs(chr(9) + value)}</w:p>")[0]
        if letters is not None:
            for run in line.iter(f"{W}r"):
                _look_like(run, letters)
        if looks is not None:
            line.insert(0, deepcopy(looks))
            for section in line.findall(f"{W}pPr/{W}sectPr"):
                section.getparent().remove(section)
        last.addnext(line)
        last = line
    if leaves_nothing(paragraph):
        paragraph.getparent().remove(paragraph)


def _look_like(run: Any, letters: Any) -> None:
    """Give a run the looks of another one; bold, and from right to left, it stays."""
    own = run.find(f"{W}rPr")
    looks = deepcopy(letters)
    for each in [] if own is None else list(own):
        for same in looks.findall(each.tag):
            looks.remove(same)
        name = each.tag.removeprefix(W)
        insert_before(looks, each, _AFTER_BOLD if name in ("b", "bCs") else _AFTER_RTL)
    if own is not None:
        run.remove(own)
    run.insert(0, looks)


_AFTER_RTL = ("cs", "em", "lang", "eastAsianLayout", "specVanish", "oMath", "rPrChange")
_AFTER_BOLD = (
    "i", "iCs", "caps", "smallCaps", "strike", "dstrike", "outline", "shadow", "emboss", "imprint",
    "noProof", "snapToGrid", "vanish", "webHidden", "color", "spacing", "w", "kern", "position", "sz",
    "szCs", "highlight", "u", "effect", "bdr", "shd", "fitText", "vertAlign", "rtl", *_AFTER_RTL,
)  # fmt: skip


def says_something(paragraph: Any) -> bool:
    """Whether a paragraph itself has anything to see: a word, a picture or a break."""
    return any(piece.strip(" ") for _, piece in _pieces(paragraph))


def own_paragraph(paragraph: Any) -> Any:
    """The paragraph itself, or an empty one behind it where it says something too, which stays.

    >>> own_paragraph(paragraph) is paragraph  # doctest: +SKIP
    True
    """
    if not says_something(paragraph):
        return paragraph
    behind = parsed("<w:p><w:pPr/></w:p>")[0]
    for section in paragraph.findall(f"{W}pPr/{W}sectPr"):
        behind.pPr.append(section)
    paragraph.addnext(behind)
    return behind


def brought_to_body(paragraph: Any, body: Any) -> bool:
    """Whether a paragraph stands in the body itself, once the content controls around it are gone.

    >>> brought_to_body(paragraph_of_a_table, body)  # doctest: +SKIP
    False

    They are taken away, and what they hold stays: no section may end inside one.
    """
    around = []
    above = paragraph.getparent()
    while above is not None and above.tag in (f"{W}sdtContent", f"{W}sdt"):
        if above.tag == f"{W}sdt":
            around.append(above)
        above = above.getparent()
    if above is not body:
        return False
    for control in around:
        for block in list(control.find(f"{W}sdtContent")):
            control.addprevious(block)
        control.getparent().remove(control)
    return True
