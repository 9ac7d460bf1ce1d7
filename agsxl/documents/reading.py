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
from collections.abc import Sequence
from dataclasses import replace

from agsxl.dates import Kind as DateKind
from agsxl.dates import find_dates, read_target
from agsxl.documents.account import Kind, Note, Piece, Reading, Use
from agsxl.documents.cards import inline_labels, read_cards
from agsxl.documents.dating import moved
from agsxl.documents.document import Document, Line, Place, Row
from agsxl.documents.drafts import Cell, Draft
from agsxl.documents.healing import live, plain
from agsxl.documents.keys import Keys
from agsxl.documents.refs import begun_again, carry_outcomes, make_refs, say_gaps
from agsxl.documents.rows import whole_rows
from agsxl.documents.suggesting import suggestions
from agsxl.documents.tables import CARRIED, Entry, Found, Said, Walk
from agsxl.errors import NoPlanError, SourceError, TwoPlansError
from agsxl.grid import Grid, Value
from agsxl.layout.headings import unused
from agsxl.layout.milestones import read_plan
from agsxl.plan import Milestone, Plan, Where
from agsxl.posts import Posts
from agsxl.settings import Settings
from agsxl.texts import counted, listed
from agsxl.words import COLUMNS, TWELVE

_DATES = ("timescale", "revised", "baseline", "completed")


def read(
    document: Document,
    *,
    sheet: str | None = None,
    settings: Settings | None = None,
    posts: Posts | None = None,
) -> Reading:
    """Read the plan in a document.

    ``sheet`` chooses where there is a choice: a sheet by its name, or "plan 2" of several.

    Raises NoPlanError, saying what was found, where there is none, and TwoPlansError where there
    are two and none was chosen.
    """
    document, more = whole_rows(_chosen_part(document, sheet))
    keys, key_blocks = _find_keys(document)
    plans = _plans(document, Walk(document, keys, key_blocks, more), key_blocks)
    found = _choose(document, plans, sheet)
    drafts = found.drafts
    _part_labelled(drafts, found)
    _part_lead_and_date(drafts, found)
    carry_outcomes(drafts)
    make_refs(drafts, found)
    say_gaps(drafts, found)
    _move_dates(drafts, found)
    return _reading(document, found, keys, settings, posts)


def _chosen_part(document: Document, sheet: str | None) -> Document:
    """Only the sheet that was asked for, where the document has one of that name."""
    if sheet is None or _CHOICE.fullmatch(sheet):
        return document
    blocks = tuple(b for b in document.blocks if b.place.part.casefold() == sheet.casefold())
    if not blocks:
        parts = list(dict.fromkeys(b.place.part for b in document.blocks if b.place.part))
        there = (
            f"its parts are {listed([repr(part) for part in parts], 8)}"
            if parts
            else "it has no sheets"
        )
        raise SourceError(f"{document.file} has no sheet {sheet!r}; {there}.")
    return replace(document, blocks=blocks)


_CHOICE = re.compile(r"\s*plan\s*(\d)\s*", re.I)


def _plans(document: Document, walk: Walk, key_blocks: frozenset[int]) -> list[Found]:
    """The plans of a document: those in its tables, and one in cards or lists beside them."""
    walked = walk.read()
    plans = [part for part in walked.parts() if part.drafts]
    used = {e.place for e in walked.entries if e.use is not Use.LEFT_OVER}
    rest = (
        frozenset(i for i, b in enumerate(document.blocks) if b.place in used)
        if plans
        else key_blocks
    )
    carded = read_cards(document, rest | key_blocks)
    whole = [
        d
        for d in carded.drafts
        if d.text("milestone") and {*d.cells} & {"smt_lead", "timescale", "status"}
    ]
    if not plans:
        carded.drafts = [d for d in carded.drafts if d.text("milestone").strip()]
        return [carded] if carded.drafts else [walked]
    if len(whole) > 1 and "milestone" in carded.headings:
        carded.drafts = whole
        plans.append(carded)
    return plans


def _choose(document: Document, plans: list[Found], sheet: str | None) -> Found:
    """The one plan there is, or the one that was asked for."""
    asked = _CHOICE.fullmatch(sheet) if sheet else None
    if not plans[0].drafts:
        raise NoPlanError(_nothing_found(document, plans[0]))
    if asked is not None:
        number = int(asked[1])
        if not 0 < number <= len(plans):
            raise SourceError(
                f"{document.file} holds {counted(len(plans), 'plan')}; there is no plan {number}."
            )
        return plans[number - 1]
    if len(plans) > 1:
        places = "; ".join(f"plan {n}: {_plan_words(plan)}" for n, plan in enumerate(plans, 1))
        raise TwoPlansError(
            f"{document.file} holds {len(plans)} plans ({places}); choose one with --sheet 'plan 1', or save "
            "each in a file of its own."
        )
    again = begun_again(plans[0].drafts)
    if again is not None:
        raise TwoPlansError(
            f"{document.file} seems to hold two plans: at {again.place.words} the numbering begins again with "
            f"{again.number}; save each in a file of its own."
        )
    return plans[0]


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
    for index in sorted(blocks):  # "Initials | Name | Post" above a key in a table
        row, above = document.blocks[index], document.blocks[index - 1] if index else None
        if isinstance(row, Row) and isinstance(above, Row) and above.table == row.table:
            named = {plain(cell).casefold() for cell in above.cells}
            if (
                named & {"initials", "name", "post", "job title", "role", "title", "officer"}
                and len(named) < 4
            ):
                blocks.add(index - 1)
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
    rows: set[int] = set()
    for index, block in enumerate(document.blocks):
        if isinstance(block, Row):
            texts = [plain(cell) for cell in block.cells if plain(cell)]
            said = len(texts) == 1 and re.match(
                r"(?:rag |status )?key\b\s*(?:[:–-]|$)", texts[0], re.I
            )
            if said or (
                2 <= len(texts) <= 3
                and len(block.cells) <= 4
                and len(texts[0]) > 1
                and _is_rated(texts[0])
            ):
                rows.add(index)
            continue
        text = plain(block.text)
        defined = _DEFINED.fullmatch(text)
        if defined is None:
            continue
        term = defined["term"].strip(" -•")
        principle = bool(re.fullmatch(r"(?:core )?principle (?:[A-Z]|\d{1,2})", term, re.I))
        if _is_rated(term) or principle:
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
    return kept | rows


def _is_rated(term: str) -> bool:
    """Whether a term is a status or a colour, as a key explains them."""
    return bool(_RATED.fullmatch(term.strip(" .*")))


_RATED = re.compile(
    r"(?:(?:dark |light )?(?:red|amber|green|blue|grey|yellow|black|white)(?: ?/ ?\w+)?(?: \(.{1,30}\))?|[RAGB]|"
    r"(?:part(?:ly|ially)?|not|fully|substantially)?[ -]?(?:complete[d]?|achieved|implemented|met|started|done)|"
    r"in progress|on-?going|(?:on|off)[ -](?:target|track|schedule)|overdue|delayed|slipped|superseded|cancelled|behind schedule|at risk)"
    r"(?: \(.{1,40}\)| actions?| but .{1,40}| and .{1,40})?",
    re.I,
)


# -- dates -------------------------------------------------------------------------------------


_WHEN = re.compile(r"\b(?:when|dates?|deadline|timescale|due|target)\b", re.I)


def _part_lead_and_date(drafts: Sequence[Draft], found: Found) -> None:
    """A column "Responsible officer and date" holds two things, the date at one end of its cells."""
    if "timescale" in found.headings or not _WHEN.search(found.headings.get("smt_lead", "")):
        return
    parted = 0
    for draft in drafts:
        cell = draft.cells.get("smt_lead")
        parts = re.split(r"\s*[,;\n(]\s*|\s+[-–—/]\s+", cell.text) if cell is not None else []
        for at in (-1, 0):
            if cell is None or len(parts) < 2 or not _is_timescale(parts[at].strip(" )")):
                continue
            lead = cell.text[: cell.text.rindex(parts[at])] if at else cell.text[len(parts[0]) :]
            draft.cells["smt_lead"] = Cell(lead.strip(" ,;\n(-–—/)"), cell.places)
            draft.cells["timescale"] = Cell(parts[at].strip(" )"), cell.places)
            parted += 1
            break
    if parted:
        found.headings["timescale"] = found.headings["smt_lead"]
        text = f"“{found.headings['smt_lead']}” holds the lead and the date; they were parted for {counted(parted, 'milestone')}."
        found.notes.append(Said(Kind.HEALED, text, None, "smt_lead"))


def _part_labelled(drafts: Sequence[Draft], found: Found) -> None:
    """A lead and a date within the cell of the action, behind labels, where they have no column."""
    columns = ("smt_lead", "timescale", "status")
    absent = {c for c in columns if c not in found.headings or not any(d.text(c) for d in drafts)}
    parts = {id(draft): inline_labels(draft.text("milestone")) for draft in drafts}
    labelled = [d for d in drafts if absent & {column for column, _, _ in parts[id(d)]}]
    if len(labelled) * 2 < len(drafts) or not labelled:
        return
    for draft in labelled:
        places = draft.cells["milestone"].places
        for column, label, text in parts[id(draft)]:
            if not column:
                draft.cells["milestone"] = Cell(text, places)
            elif column in absent:
                draft.cells[column] = Cell(text, places)
                found.headings[column] = label
            else:
                draft.cells["milestone"].text += f" {label}: {text}"
    said = f"What stands behind labels within the action was parted for {counted(len(labelled), 'milestone')}."
    found.notes.append(Said(Kind.HEALED, said, None, "milestone"))


def _is_timescale(text: str) -> bool:
    return read_target(text).kind not in (
        DateKind.BLANK,
        DateKind.UNREADABLE,
        DateKind.EVENT,
        DateKind.IMPOSSIBLE,
    )


def _move_dates(drafts: Sequence[Draft], found: Found) -> None:
    """A timescale struck out with another put in its place is a baseline and a revised date."""
    for draft in drafts:
        cell = draft.cells.get("timescale")
        if cell is not None and cell.text and not live(cell.text):
            said = f"The timescale “{plain(cell.text)}” is struck out, and nothing stands in its place."
            found.notes.append(Said(Kind.LOOK, said, draft, "timescale", draft.place))
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
    plan = replace(
        read_as,
        milestones=tuple(milestones),
        columns={c: a for c, a in read_as.columns.items() if c not in absent},
        headings={**{c: h for c, h in read_as.headings.items() if c not in absent}, **found.headings},
    )  # fmt: skip
    found.notes += [
        note for place, text in document.healed for note in _healed(place, text, drafts)
    ]
    return Reading(
        plan=plan,
        kind=document.kind,
        pieces=_pieces(found),
        notes=_notes(found),
        suggestions=tuple(suggestions(plan)),
        provenance=tuple({n: c.words for n, c in draft.cells.items()} for draft in drafts),
        printed=tuple(printed),
        absent=absent,
    )


def _healed(place: Place, text: str, drafts: Sequence[Draft]) -> list[Said]:
    """What a reader of files says of a place, on each milestone that was read from there."""
    kind = Kind.LOOK if re.search("picture|missing|compare", text) else Kind.HEALED
    there = [d for d in drafts if any(place in cell.places for cell in d.cells.values())]
    milestones: Sequence[Draft | None] = there or [None]
    return [Said(kind, text, draft, "", place) for draft in milestones]


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
        return " ".join(text.split())  # what was struck out is kept in the note
    text = live(text)
    if column in _DATES or column == "status":
        text = " ".join(text.split())
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
    return tuple(pieces)


def _notes(found: Found) -> tuple[Note, ...]:
    return tuple(
        Note(s.kind, s.message, s.draft.ref if s.draft else "", s.column, s.place)
        for s in found.notes
    )


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


def _plan_words(plan: Found) -> str:
    section = plan.sections[0] if plan.sections else None
    heads = list(plan.headings.values())[:3]
    if section:
        names = sorted(section.columns.names.items())
        heads = [h for _, name in names if (h := section.columns.headings[name])][:3]
    title = f"“{section.titles[-1]}”, " if section and section.titles else ""
    return f"{title}{plan.drafts[0].place.words}, headed {', '.join(heads)} ..., {counted(len(plan.drafts), 'milestone')}"


def of_plan(plan: Plan, grids: Sequence[Grid], kind: str) -> Reading:
    """The account of a source that is a master plan already: every row of its sheets.

    ``grids`` are the sheets as they were read, from which the plan was made.
    """
    document_rows = {}
    for grid in grids:
        for number, cells in grid.numbered():
            filled = dict.fromkeys(str(c) for c in cells if c is not None and str(c).strip())
            if filled:
                document_rows[grid.name, grid.row_name(number)] = (
                    " | ".join(filled),
                    bool(grid.lines),
                )
    refs = {
        (m.where.sheet or next((g.name for g in grids), ""), m.where.row): m
        for m in plan.milestones
    }
    pieces, first = [], min((m.where.row for m in plan.milestones), default=0)
    places: dict[tuple[str, int], Place] = {}
    for (sheet, row), (text, is_text) in document_rows.items():
        words = f"line {row}" if is_text else f"sheet {sheet!r}, row {row}"
        place = places[sheet, row] = Place(0, row, words, "" if is_text else sheet)
        milestone = refs.get((sheet, row))
        left = any(row == number for number, _ in plan.left_out)
        heads = sum(plain(h) in text for h in plan.headings.values() if h)
        if milestone is not None:
            pieces.append(Piece(place, text, Use.USED, (milestone.ref,)))
        elif not left and sheet == (plan.sheet or sheet) and heads * 2 >= len(plan.headings):
            pieces.append(Piece(place, text, Use.HEADING))
        else:
            said = "above the plan" if row < first and sheet == (plan.sheet or sheet) else ""
            pieces.append(Piece(place, text, Use.LEFT_OVER, (), said))
    absent = tuple(c for c in TWELVE if c not in plan.columns)
    notes = [
        Note(Kind.LOOK, f"The document has no column for {COLUMNS[column]}.", "", column)
        for column in absent
    ]
    provenance = []
    for key, milestone in refs.items():
        words = places[key].words if key in places else ""
        provenance.append({column: words for column in plan.columns if milestone.text(column)})
    return Reading(
        plan, kind, tuple(pieces), tuple(notes), tuple(suggestions(plan)), tuple(provenance),
        tuple({} for _ in plan.milestones), absent,
    )  # fmt: skip
