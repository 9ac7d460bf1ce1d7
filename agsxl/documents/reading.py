"""From a document to a plan: every milestone in it, and an account of every line.

>>> from agsxl.documents.text import read_text
>>> text = "\\tAction\\tLead\\tBy when\\n1a\\tAdopt the code\\tClerk\\t31/03/2027\\n1b\\tTrain members\\tClerk\\tMay 2027"
>>> [m.ref for m in read(read_text(text, "plan.txt")).plan.milestones]
['1a', '1b']

The steps are ``keys`` (who "CW" is), ``tables`` or ``cards`` (milestones in the making), and here:
refs, leads, moved dates, and the plan itself, which ``layout.milestones`` reads like any other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from agsxl.dates import Kind as DateKind
from agsxl.dates import find_dates
from agsxl.documents.account import Kind, Note, Piece, Reading, Suggestion
from agsxl.documents.cards import read_cards
from agsxl.documents.columns import PRINCIPLES
from agsxl.documents.dating import moved
from agsxl.documents.document import Document, Line, Row
from agsxl.documents.drafts import Cell, Draft
from agsxl.documents.healing import first_sentence, live, plain
from agsxl.documents.keys import Keys
from agsxl.documents.tables import CARRIED, Entry, Found, Said, Section, Walk
from agsxl.errors import NoPlanError, TwoPlansError
from agsxl.grid import Grid, Value
from agsxl.layout.headings import unused
from agsxl.layout.milestones import read_plan
from agsxl.plan import Milestone, Plan, Where
from agsxl.posts import Posts
from agsxl.settings import Settings
from agsxl.statuses import StatusValue, read_status
from agsxl.texts import counted, listed
from agsxl.words import COLUMNS, TWELVE

_DATES = ("timescale", "revised", "baseline", "completed")


def read(
    document: Document, *, settings: Settings | None = None, posts: Posts | None = None
) -> Reading:
    """Read the plan in a document.

    Raises NoPlanError, saying what was found, where there is none, and TwoPlansError where there
    are two.
    """
    keys, key_blocks = _find_keys(document)
    found = Walk(document, keys, key_blocks).read()
    if not found.drafts:
        carded = read_cards(document, key_blocks)
        found = carded if carded.drafts else found
    drafts = [draft for draft in found.drafts if draft.text("milestone").strip()]
    if not drafts:
        raise NoPlanError(_nothing_found(document, found))
    _refuse_two_plans(document, found)
    found.drafts = drafts
    _carry_outcomes(drafts)
    _make_refs(drafts, found)
    _say_gaps(drafts, found)
    _move_dates(drafts, found)
    return _reading(document, found, keys, settings, posts)


# -- keys --------------------------------------------------------------------------------------


def _find_keys(document: Document) -> tuple[Keys, frozenset[int]]:
    """The key to the initials, wherever it stands, and the blocks that are (a part of) a key."""
    keys = Keys()
    blocks: set[int] = set()
    for index, block in enumerate(document.blocks):
        if isinstance(block, Line):
            if keys.read(block.text):
                blocks.add(index)
        elif keys.read_row(block.cells) or (
            sum(bool(plain(c)) for c in block.cells) == 1 and keys.read("".join(block.cells))
        ):
            blocks.add(index)
    blocks |= _other_keys(document)
    for index in sorted({index - 1 for index in blocks if index} - blocks):
        above = document.blocks[index]
        if isinstance(above, Line) and _heads_key(above.text):
            blocks.add(index)
    return keys, frozenset(blocks)


_KEY_HEAD = re.compile(r"\W*(?:key|keys|leads?|owners?|initials|abbreviations|glossary|officers?|status key|rag key|(?:key )?to .{0,30}|key:? .{0,30})\W*", re.I)  # fmt: skip
_DEFINED = re.compile(r"\W*(?P<term>[A-Z][\w /-]{1,45}?)\s*(?::|=|–|—|\s-)\s*(?P<words>.+)", re.S)


def _heads_key(text: str) -> bool:
    return bool(_KEY_HEAD.fullmatch(plain(text)))


def _other_keys(document: Document) -> set[int]:
    """Lines that say what a status, a colour or a principle stands for: below "Key", or two in a row."""
    found: set[int] = set()
    for index, block in enumerate(document.blocks):
        if not isinstance(block, Line):
            continue
        text = plain(block.text)
        defined = _DEFINED.fullmatch(text)
        if defined is None:
            continue
        term = defined["term"].strip(" -•")
        status = read_status(term).value not in (StatusValue.BLANK, StatusValue.UNKNOWN)
        colour = bool(re.fullmatch(r"(?:red|amber|green|blue|grey|yellow|[RAGB])\b.*", term, re.I))
        principle = bool(re.fullmatch(r"(?:core )?principle (?:[A-Z]|\d{1,2})", term, re.I))
        if status or colour or principle:
            found.add(index)
    kept: set[int] = set()
    for index in found:
        near = {index - 1, index + 1} & found
        before = document.blocks[index - 1] if index else None
        headed = isinstance(before, Line) and _heads_key(before.text)
        principle = plain(getattr(document.blocks[index], "text", "")).lower().lstrip("-• ").startswith(("principle", "core"))  # fmt: skip
        followed = index + 1 < len(document.blocks) and isinstance(document.blocks[index + 1], Row)
        if headed or (near and not (principle and followed and not near - {index + 1})):
            kept.add(index)
    return kept


# -- refs --------------------------------------------------------------------------------------


def _carry_outcomes(drafts: Sequence[Draft]) -> None:
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


def _make_refs(drafts: Sequence[Draft], found: Found) -> None:
    """Refs as printed; else of area and letter ("2b"); else of area and number ("2.1")."""
    headless = bool(found.sections) and found.sections[0].columns.headless
    numbers = Counter(draft.number for draft in drafts)
    own = all(draft.number for draft in drafts) and max(numbers.values()) == 1
    if len(drafts) == 1 and headless and drafts[0].text("theme") and drafts[0].number.isdigit():
        own = False  # a single row of a plan whose areas are numbered, not its actions
    as_area = {
        d.number
        for d in drafts
        if d.number and any(o.area == d.number and o is not d for o in drafts)
    }
    _supply_areas(drafts, found)
    counts: Counter[str] = Counter()
    for draft in drafts:
        area = draft.area or str(draft.group or 1)
        printed = draft.number
        if own or (printed and _is_whole(printed) and printed not in as_area):
            draft.ref = printed + (
                draft.letter
                if own
                and draft.letter
                and len(drafts) > 1
                and printed.isdigit()
                and _letters(drafts)
                else ""
            )
            continue
        if draft.letter:
            draft.ref = f"{area}{draft.letter}"
            continue
        counts[area] += 1
        draft.ref = f"{area}.{counts[area]}"
    taken = Counter(draft.ref for draft in drafts)
    if made := [d for d in drafts if d.ref != d.number]:
        how = "area and letter" if all(d.letter for d in made) else "area and order"
        found.notes.append(
            Said(Kind.MADE, f"{counted(len(made), 'Ref')} made of {how}: {listed([d.ref for d in made])}.", None, "ref", None)
        )  # fmt: skip
    for ref, number in taken.items():
        if number > 1:
            found.notes.append(
                Said(Kind.LOOK, f"Ref {ref} stands {number} times.", None, "ref", None)
            )


def _letters(drafts: Sequence[Draft]) -> bool:
    return sum(bool(draft.letter) for draft in drafts) * 2 > len(drafts)


def _is_whole(number: str) -> bool:
    """Whether a printed number is a milestone's own whatever the others are: "1a", "2.3", "AGS 4"."""
    return bool(re.search(r"\d", number)) and not number.isdigit()


def _supply_areas(drafts: Sequence[Draft], found: Found) -> None:
    """Numbers for areas that have none, in the order of the others."""
    groups = list(dict.fromkeys(draft.group for draft in drafts))
    areas = {g: next((d.area for d in drafts if d.group == g and d.area), "") for g in groups}
    for at, group in enumerate(groups):
        if areas[group]:
            continue
        after = next((areas[g] for g in groups[at + 1 :] if areas[g].isdigit()), "")
        before = next((areas[g] for g in reversed(groups[:at]) if areas[g].isdigit()), "")
        if not before and after and int(after) > 1:
            areas[group] = str(int(after) - 1)
            found.notes.append(
                Said(Kind.LOOK, f"The document begins within an area; it was numbered {areas[group]}, and its milestones from 1.", None, "ref", None)
            )  # fmt: skip
        elif before:
            areas[group] = (
                str(int(before) + 1) if str(int(before) + 1) not in areas.values() else f"{before}x"
            )
        else:
            areas[group] = str(at + 1)
    for draft in drafts:
        draft.area = draft.area or areas[draft.group]


# -- what a person should know -----------------------------------------------------------------


def _say_gaps(drafts: Sequence[Draft], found: Found) -> None:
    """A number missing among the headings: whatever follows may belong to the one that is lost."""
    names = {
        PRINCIPLES: "principle",
        "theme": "improvement theme",
        "outcome": "outcome",
        "area": "area",
    }
    for column, numbers in found.numbers.items():
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
            found.notes.append(
                Said(Kind.LOOK, message, None, column if column != "area" else "theme", None)
            )


def _move_dates(drafts: Sequence[Draft], found: Found) -> None:
    """A timescale struck out with another put in its place is a baseline and a revised date."""
    for draft in drafts:
        cell = draft.cells.get("timescale")
        if cell is None or draft.text("revised").strip():
            continue
        two = moved(cell.text)
        if two is None:
            continue
        draft.cells["timescale"] = Cell(two.timescale, cell.places)
        draft.cells["revised"] = Cell(two.revised, cell.places)
        draft.unsure["timescale"] = two.note
        found.notes.append(
            Said(Kind.RESOLVED, f"{two.timescale} was moved to {two.revised}: the first is the timescale, the second the revised date ({two.note}).",
                 draft, "revised", draft.place)
        )  # fmt: skip


# -- the plan ----------------------------------------------------------------------------------


def _reading(
    document: Document, found: Found, keys: Keys, settings: Settings | None, posts: Posts | None
) -> Reading:
    drafts = found.drafts
    names = list(dict.fromkeys(name for draft in drafts for name in draft.cells))
    known = [c for c in COLUMNS if c in names or c in ("ref", "milestone", "timescale", "status")]
    extras = _extra_names(names, found)
    titles: list[list[Value]] = [[title] for title in _dated_lines(document)]
    heads: list[Value] = [*(COLUMNS[c] for c in known), *extras.values()]
    rows: list[list[Value]] = [*titles, heads]
    for draft in drafts:
        rows.append([_value(draft, column) for column in (*known, *extras)])
    lines = tuple(range(-len(titles) - 1, 0)) + tuple(range(len(drafts)))
    grid = Grid(document.file, rows, lines=lines)
    key_posts = Posts(keys.postings) if keys.postings else Posts()
    read_as = read_plan(
        [grid], file=document.file, is_workbook=False, posts=posts or key_posts, settings=settings
    )
    if len(read_as.milestones) != len(drafts):
        lost = {*range(len(drafts))} - {m.where.row for m in read_as.milestones}
        raise NoPlanError(
            f"{document.file}: {listed([drafts[i].place.words for i in sorted(lost)])} could not be read as a milestone; "
            "look there for a Ref that is a word."
        )
    printed: list[dict[str, str]] = []
    milestones: list[Milestone] = []
    used = {name for draft in drafts for name, cell in draft.cells.items() if cell.text.strip()}
    for milestone, draft in zip(read_as.milestones, drafts, strict=True):
        beside: dict[str, str] = {}
        milestones.append(_finished(milestone, draft, keys, beside, document.file, found))
        printed.append(beside)
    absent = tuple(c for c in TWELVE if c not in found.headings and c not in used and c != "ref")
    for column in absent:
        found.notes.append(
            Said(
                Kind.LOOK, f"The document has no column for {COLUMNS[column]}.", None, column, None
            )
        )
    plan = replace(
        read_as,
        milestones=tuple(milestones),
        columns={c: a for c, a in read_as.columns.items() if c not in absent},
        headings={**{c: h for c, h in read_as.headings.items() if c not in absent}, **found.headings},
    )  # fmt: skip
    return Reading(
        plan=plan,
        kind=document.kind,
        pieces=_pieces(found),
        notes=_notes(found),
        suggestions=tuple(_suggestions(plan)),
        provenance=tuple({n: c.words for n, c in draft.cells.items()} for draft in drafts),
        printed=tuple(printed),
        absent=absent,
    )


def _extra_names(names: Sequence[str], found: Found) -> dict[str, str]:
    """The headings of the columns that have no home in the plan's own, each with one of its own."""
    taken = {*COLUMNS.values()}
    extras: dict[str, str] = {}
    for name in names:
        if name not in COLUMNS:
            extras[name] = unused(name, taken)
            taken.add(extras[name])
    return extras


def _value(draft: Draft, column: str) -> Value:
    if column == "ref":
        return draft.ref
    text = draft.text(column)
    if column in _DATES and "~~" in text:
        return text  # what was struck out is kept in the note
    text = live(text)
    doubt = draft.unsure.get(column, "")
    if doubt and column in CARRIED:
        text = f"{text} ({doubt})"
    return text or None


def _dated_lines(document: Document) -> list[str]:
    """Lines outside the table that say when the document was written: "update January 2017"."""
    found = []
    for block in document.blocks:
        if isinstance(block, Line) and len(block.text) < 120:
            text = plain(block.text)
            if re.search(r"\b(?:update|position|as at|progress|plan)\b", text, re.I):
                dated = [t for t, _, _ in find_dates(text) if t.certain]
                if any(t.kind in (DateKind.MONTH, DateKind.EXACT) for t in dated):
                    found.append(text)
    return found[:1]


def _finished(
    milestone: Milestone, draft: Draft, keys: Keys, beside: dict[str, str], file: str, found: Found
) -> Milestone:
    """A milestone with its place in the document, its lead by the key, and a note on a moved date."""
    place = draft.place
    milestone = milestone._replace(where=Where(file, place.part, place.number))
    lead_cell = draft.text("smt_lead")
    lead = keys.resolve(lead_cell) if lead_cell else None
    if lead is not None:
        milestone = milestone._replace(smt_lead=lead)
        beside["smt_lead"] = " ".join(plain(lead_cell).split())
        if not lead.raw:
            found.notes.append(
                Said(
                    Kind.LOOK,
                    f"Everybody in “{beside['smt_lead']}” is struck out.",
                    draft,
                    "smt_lead",
                    place,
                )
            )
        elif beside["smt_lead"] != lead.raw:
            found.notes.append(
                Said(Kind.RESOLVED, f"“{beside['smt_lead']}” is read as {lead.raw} ({lead.person or lead.post}); who is struck out is left out.", draft, "smt_lead", place)
            )  # fmt: skip
    elif (
        lead_cell
        and re.fullmatch(r"[A-Z][A-Za-z]?[A-Z]{0,2}(?:\s*[/,&]?\s*[A-Z]{1,3})*", plain(lead_cell))
        and keys.entries
    ):
        found.notes.append(
            Said(
                Kind.LOOK,
                f"The key does not say who “{plain(lead_cell)}” is.",
                draft,
                "smt_lead",
                place,
            )
        )
    if draft.unsure.get("timescale"):
        target = milestone.timescale
        note = draft.unsure["timescale"]
        milestone = milestone._replace(
            timescale=replace(target, note=f"{target.note}; {note}" if target.note else note)
        )
    return milestone


def _pieces(found: Found) -> tuple[Piece, ...]:
    def refs(entry: Entry) -> tuple[str, ...]:
        return tuple(d.ref for d in entry.drafts)

    pieces = [Piece(e.place, e.text, e.use, refs(e), e.said) for e in found.entries]
    return tuple(sorted(pieces, key=lambda p: 0))


def _notes(found: Found) -> tuple[Note, ...]:
    return tuple(
        Note(s.kind, s.message, s.draft.ref if s.draft else "", s.column, s.place)
        for s in found.notes
    )


_DONE = re.compile(
    r"(?:now |fully |all |already )*(?:completed?|achieved|done|implemented|delivered|closed|actioned|finished)"
    r"(?: and (?:reviewed|closed|published|implemented|delivered)(?: \w+)?)?\W*",
    re.I,
)
_OPEN = re.compile(
    r"\b(?:outstanding|remain\w*|still|in progress|on-?going|underway|awaiting|not yet|phase|partial\w*|partly|in part|"
    r"delayed|slipped|to be (?:completed|finali[sz]ed|agreed|approved|done|delivered|implemented)|yet to|pending|incomplete|"
    r"nearly|almost|final (?:stage|implementation)|next step|further work|work continues)\b",
    re.I,
)
_WILL = re.compile(r"\b(?:will|to be|due|shall|is planned|are planned|scheduled|expected)\b", re.I)


def says_done(progress: str) -> bool:
    """Whether the whole of a comment says that the milestone is complete, and not its first word alone.

    >>> says_done("Completed. Adopted by Council in May.")
    True
    >>> says_done("Completed a redesign of the service; the last phase follows.")
    False
    """
    text = " ".join(live(progress).split())
    first, rest = first_sentence(text)
    if ":" in first:
        head, _, tail = first.partition(":")
        first, rest = head, f"{tail} {rest}"
    if not _DONE.fullmatch(first) or _OPEN.search(text):
        return False
    while rest:
        sentence, rest = first_sentence(rest)
        if _WILL.search(sentence) and find_dates(sentence):
            return False
    return True


def _suggestions(plan: Plan) -> list[Suggestion]:
    """What could be filled in, and was not."""
    found = []
    for index, milestone in enumerate(plan.milestones):
        if milestone.status.value is StatusValue.BLANK and says_done(milestone.comments):
            found.append(
                Suggestion(
                    index, milestone.ref, "status", "Complete",
                    f"the status is blank, and the whole of the progress says that it is done: “{_short(milestone.comments)}”",
                )
            )  # fmt: skip
        for column in ("timescale", "revised"):
            target = getattr(milestone, column)
            if not target.certain and target.suggestion is not None:
                found.append(
                    Suggestion(
                        index, milestone.ref, column, target.suggestion.isoformat(),
                        f"“{target.raw}” is no certain date{': ' + target.note if target.note else ''}",
                    )
                )  # fmt: skip
    return found


def _short(text: str) -> str:
    bare = " ".join(text.split())
    return bare if len(bare) <= 90 else bare[:88].rsplit(" ", 1)[0] + " ..."


def _nothing_found(document: Document, found: Found) -> str:
    rows = sum(isinstance(block, Row) for block in document.blocks)
    lines = len(document.blocks) - rows
    if not document.blocks:
        return f"No plan was found in {document.file}: there is no text in it."
    if found.headings:
        heads = listed([repr(h) for h in found.headings.values() if h], 8)
        return f"{document.file} has a table headed {heads}, but no milestone below its headings."
    what = f"{counted(rows, 'row')} of tables and {counted(lines, 'line')} of text"
    return (
        f"No plan was found in {document.file}: it holds {what}, but no table (or cards) with headings for what is to be "
        "done, by whom and by when."
    )


def _refuse_two_plans(document: Document, found: Found) -> None:
    plans = [section for section in found.sections if section.drafts]
    if len(plans) < 2:
        return
    places = listed([_section_words(section) for section in plans], 4)
    raise TwoPlansError(
        f"{document.file} holds {len(plans)} plans ({places}); save each in a file of its own and import them one by one."
    )


def _section_words(section: Section) -> str:
    heads = [h for h in section.columns.headings.values() if h][:3]
    title = f"“{section.titles[-1]}”, " if section.titles else ""
    return f"{title}{section.place.words}, headed {', '.join(heads)} ...: {counted(len(section.drafts), 'milestone')}"


__all__ = ["Mapping", "read", "says_done"]
