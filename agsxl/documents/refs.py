"""Refs: as they are printed, or made; and what the numbering of the headings says.

A published plan numbers its milestones ("1a"), or its areas and letters the actions below them
("2." and "b)": 2b), or its areas alone (made: 2.1, 2.2), or nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from agsxl.documents.account import Kind
from agsxl.documents.columns import PRINCIPLES
from agsxl.documents.drafts import Draft
from agsxl.documents.tables import Found, Said
from agsxl.texts import counted, listed


def carry_outcomes(drafts: Sequence[Draft]) -> None:
    """An outcome or source that stands only beside the first action of an area is the area's."""
    for column in ("outcome", "source"):
        groups: dict[int, list[Draft]] = {}
        for draft in drafts:
            groups.setdefault(draft.group, []).append(draft)
        several = [group for group in groups.values() if len(group) > 1]
        shared = several and all(g[0].text(column) for g in several) and not any(
            d.text(column) for g in several for d in g[1:]
        )  # fmt: skip
        if shared:
            for group in several:
                for draft in group[1:]:
                    draft.cells[column] = group[0].cells[column]


def make_refs(drafts: Sequence[Draft], found: Found) -> None:
    """Refs as printed; else of area and letter ("2b"); else of area and number ("2.1").

    Numbers that begin again below each heading are told apart by it: "A1", "2.1".
    """
    own = _numbered_singly(drafts)
    if len(drafts) == 1 and _numbers_areas(found) and drafts[0].text("theme"):
        own = False  # the only row of a plan whose areas are numbered, not its actions
    again = not own and _numbered_by_heading(drafts)
    _supply_areas(drafts, found)
    lettered = sum(bool(draft.letter) for draft in drafts) * 2 > len(drafts)
    areas = {draft.area for draft in drafts if not draft.number}
    counts: Counter[str] = Counter()
    for draft in drafts:
        if again:
            heading = draft.heading or str(draft.group)
            draft.ref = (
                f"{heading}{draft.number}" if heading.isalpha() else f"{heading}.{draft.number}"
            )
        elif own:
            draft.ref = draft.number + (draft.letter if lettered and draft.number.isdigit() else "")
        elif _is_whole(draft.number) and (draft.number not in areas or not draft.letter):
            draft.ref = draft.number
        elif draft.letter:
            draft.ref = f"{draft.area}{draft.letter}"
        else:
            counts[draft.area] += 1
            draft.ref = f"{draft.area}.{counts[draft.area]}"
    made = [draft for draft in drafts if draft.ref != draft.number]
    if made:
        how = "area and letter" if all(d.letter for d in made) else "area and number"
        text = f"{counted(len(made), 'Ref')} made of {how}: {listed([d.ref for d in made])}."
        found.notes.append(Said(Kind.MADE, text, None, "ref"))
    for ref, number in Counter(draft.ref for draft in drafts).items():
        if number > 1:
            text = f"Ref {ref} stands {number} times in the document."
            found.notes.append(Said(Kind.LOOK, text, None, "ref"))


def _numbered_singly(drafts: Sequence[Draft]) -> bool:
    """Whether every milestone has a number of its own."""
    return all(d.number for d in drafts) and len({d.number for d in drafts}) == len(drafts)


def _numbers_areas(found: Found) -> bool:
    """Whether the numbers stand in a column without a heading, beside the area."""
    columns = found.sections[0].columns if found.sections else None
    return columns is not None and columns.headless and columns.names.get(1) == "theme"


def _numbered_by_heading(drafts: Sequence[Draft]) -> bool:
    """Whether every milestone has a number, and they begin again below each theme."""
    by_group = Counter((draft.group, draft.number) for draft in drafts)
    groups = {draft.group for draft in drafts}
    return (
        all(d.number.isdigit() for d in drafts) and max(by_group.values()) == 1 and len(groups) > 1
    )


def _is_whole(number: str) -> bool:
    """Whether a printed number is a milestone's own whatever the others are: "1a", "2.3", "AGS 4"."""
    return bool(re.search(r"\d", number)) and not number.isdigit()


def _supply_areas(drafts: Sequence[Draft], found: Found) -> None:
    """Numbers for areas that have none, in the order of the others."""
    groups = list(dict.fromkeys(draft.group for draft in drafts))
    areas = {g: next((d.area for d in drafts if d.group == g and d.area), "") for g in groups}
    printed = {area for area in areas.values() if area}
    for at, group in enumerate(groups):
        if areas[group]:
            continue
        before = next((areas[g] for g in reversed(groups[:at]) if areas[g].isdigit()), "")
        after = next((areas[g] for g in groups[at + 1 :] if areas[g].isdigit()), "")
        if before:
            following = str(int(before) + 1)
            areas[group] = following if following not in printed else before
        elif after and int(after) > 1:
            areas[group] = str(int(after) - 1)
            text = f"The document begins within an area; it was numbered {areas[group]}, and its milestones from 1."
            found.notes.append(Said(Kind.LOOK, text, None, "ref"))
        else:
            areas[group] = str(at + 1)
    for draft in drafts:
        draft.area = draft.area or areas[draft.group]


def begun_again(drafts: Sequence[Draft]) -> Draft | None:
    """The milestone where a second numbering begins that no heading above it explains."""
    before: Draft | None = None
    for draft in drafts:
        if not draft.number:
            continue
        if (
            before is not None
            and draft.number == "1"
            and before.number.isdigit()
            and int(before.number) > 1
        ):
            above = PRINCIPLES if draft.begins_area else "theme"
            if draft.heading == before.heading and draft.text(above) == before.text(above):
                return draft
        before = draft
    refs = Counter(d.number for d in drafts if _is_whole(d.number))
    twice = [ref for ref, number in refs.items() if number > 1]
    if len(twice) > 2 and len(twice) * 2 >= len(refs):
        seen: set[str] = set()
        for draft in drafts:
            if draft.number in seen:
                return draft
            seen.add(draft.number)
    return None


# -- what a person should know -----------------------------------------------------------------


def say_gaps(drafts: Sequence[Draft], found: Found) -> None:
    """A number missing among the headings: whatever follows may belong to the one that is lost."""
    names = {PRINCIPLES: "principle", "theme": "improvement theme"}
    for column, numbers in found.numbers.items():
        if column == "area" and _numbered_singly(drafts):
            continue  # the numbers are those of the milestones: a gap in them is a check's to find
        seen = [(int(n) if n.isdigit() else ord(n) - 64, n, at) for n, at in numbers if re.fullmatch(r"\d{1,2}|[A-Z]", n)]  # fmt: skip
        for (before, name, began), (after, following, until) in pairwise(seen):
            lost = [
                str(n) if following.isdigit() else chr(64 + n) for n in range(before + 1, after)
            ]
            if not lost or len(lost) > 9:
                continue
            what = names.get(column, column)
            between = drafts[began + 1 : until] if column != "area" else []
            doubt = [d for d in between if d.group != drafts[began].group]
            message = (
                f"There is no {what} {listed(lost)}: {what} {name} is followed by {following}."
            )
            if doubt:
                message += f" It cannot be told where it began; {listed([d.ref for d in doubt])} may belong to it."
                for draft in doubt:
                    draft.unsure[column] = f"or {listed(lost)}, whose heading is missing"
            about = "theme" if column == "area" else column
            found.notes.append(Said(Kind.LOOK, message, None, about))
