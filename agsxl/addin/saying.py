"""What doctor found, as a page in a terminal, and as a letter to IT.

print("\\n".join(lines_of(found)))
print(letter_to_it(found))
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from agsxl.addin.checked import Checked, State
from agsxl.addin.machine import Machine, ThisMachine
from agsxl.texts import counted

_SAID = {
    State.ATTENTION: "Needs attention",
    State.UNKNOWN: "Not known",
    State.OK: "In order",
}


def lines_of(found: Sequence[Checked], *, width: int = 100) -> Iterator[str]:
    """A page: what needs attention first, each with its remedy; last a heading, if there is a letter.

    >>> list(lines_of([Checked("Python", State.OK, "Python 3.12.4.")]))
    ['Nothing needs attention.', '', 'IN ORDER', '  Python: Python 3.12.4.']

    The letter itself is not folded into the page, so that it can be copied as it is.
    """
    counts = Counter(each.state for each in found)
    if counts[State.ATTENTION]:
        many = counts[State.ATTENTION]
        yield f"{counted(many, 'thing')} {'needs' if many == 1 else 'need'} attention."
    elif counts[State.UNKNOWN]:
        yield f"Nothing needs attention; {counted(counts[State.UNKNOWN], 'thing')} cannot be known."
    else:
        yield "Nothing needs attention."
    for state, heading in _SAID.items():
        those = [each for each in found if each.state is state]
        if those:
            yield ""
            yield heading.upper()
        for each in those:
            yield from _wrapped(f"{each.what}: {each.said}", width, "  ")
            if each.remedy:
                yield from _wrapped(f"What to do: {each.remedy}", width, "    ")
    if any(each.ask for each in found):
        yield ""
        yield "TO SEND TO IT, WORD FOR WORD"


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,  # a path or a rule's number is copied whole
        break_on_hyphens=False,
    )


def letter_to_it(found: Sequence[Checked], *, machine: Machine | None = None) -> str:
    """A letter to IT about what only IT can change, ready to send; "" where there is nothing.

    >>> letter_to_it([Checked("Python", State.OK, "Python 3.12.4.")])
    ''
    """
    asks = list(dict.fromkeys(each.ask for each in found if each.ask))
    if not asks:
        return ""
    here = machine or ThisMachine()
    agsxl, xlwings = here.package("agsxl").version, here.package("xlwings").version
    return "\n\n".join(
        [
            "Subject: agsxl on my computer",
            "I keep the council's governance action plan in an Excel workbook. Its buttons run agsxl, a Python "
            "program on this computer that checks the plan and reads what comes back from managers. I ask about "
            f"{counted(len(asks), 'thing')}:",
            *(f"{number}. {ask}" for number, ask in enumerate(asks, 1)),
            f"Python: {here.python} (version {here.version}). agsxl {agsxl}, xlwings {xlwings}, both open source. They run with "
            "my own rights, install no service, need no administrator, store no password in a workbook and "
            "open no connection, apart from the council's mail server when I send messages with agsxl. Excel "
            "and Python talk within this computer.",
            "If the answer is no, I can do the same from a terminal, on the closed workbook or with --live on "
            "the open one; then no program is started by Office.",
        ]
    )
