"""How well tables without rules are read from PDFs: the score, on plans laid out in many ways.

    python -m benchmarks.unruled tuned            # letter by letter, the layouts that were tuned on
    python -m benchmarks.unruled held             # other layouts, words and seeds
    python -m benchmarks.unruled office           # by LibreOffice: Word documents and sheets, printed
    python -m benchmarks.unruled fresh            # all of these, with seeds that nobody looked at
    python -m benchmarks.unruled tuned --show 3   # what came out wrong in the first three

A milestone is right if its every field is, but for line breaks. A plan is right if all its
milestones are and nothing is left over. "Named" counts the wrong ones that the import report names
as rows to look at; "warned" how many rows it names that were right.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agsxl.documents.account import Reading
from agsxl.documents.reading import read
from agsxl.documents.recognise import read_document
from agsxl.errors import AgsxlError
from tests.files import by_office
from tests.papers import Paper, folded, width_of

# -- invented plans --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """What a plan is made of."""

    themes: tuple[str, ...]
    verbs: tuple[str, ...]
    things: tuple[str, ...]
    more: tuple[str, ...]
    leads: tuple[str, ...]
    dates: tuple[str, ...]
    statuses: tuple[str, ...]
    news: tuple[str, ...]
    heads: tuple[dict[str, str], ...]


TUNED = Words(
    themes=("Procurement", "Member training and development", "Risk management is not yet part of how services plan",
            "Information governance", "Partnerships"),
    verbs=("Adopt", "Publish", "Review", "Refresh", "Agree", "Test", "Implement", "Report on", "Train all staff in"),
    things=("the code of conduct", "the contracts register", "a strategy for the estate", "the scheme of delegation",
            "a protocol with parish councils", "the whistleblowing policy", "the Local Code", "a skills audit"),
    more=("for all members", "with partner bodies", "across the Council", "in every directorate",
          "and report to the Audit Committee", "before the budget is set", "so that Cabinet can decide",
          "using the new IT system", "(see the Peer Review)"),
    leads=("Head of Finance", "Monitoring Officer", "Director of Housing Services", "Chief Executive",
           "Internal Audit Manager", "Head of Legal and Democratic Services", "Head of HR", "Chief Executive / Monitoring Officer"),
    dates=("31/03/2022", "30 June 2022", "September 2022", "Ongoing", "01/12/22", "December 2022", "TBC", "Q2 2022/23", "By 31 March 2023"),
    statuses=("Complete", "On target", "Not started", "Part complete", "Off target but recovery plans in place"),
    news=("The first draft was considered by members in June.", "A working group has met twice.", "Members asked for more detail",
          "Two services have still to reply, and were reminded in May.", "Consultation ended in the spring of 2022.",
          "The contract was let", "Cabinet agreed the approach on 4 May 2022 and asked for a further report.",
          "HR is reviewing the policy with the unions and expects to finish in the summer."),
    heads=(
        {"ref": "Ref", "theme": "Area for improvement", "milestone": "Action", "smt_lead": "Lead officer",
         "timescale": "Timescale", "comments": "Progress", "status": "Status"},
        {"ref": "No.", "theme": "Issue", "milestone": "Action planned", "smt_lead": "Owner",
         "timescale": "By when", "comments": "Progress update", "status": "RAG status"},
    ),
)  # fmt: skip
HELD = Words(
    themes=("Ethical standards", "Business continuity", "Shared services and how they are overseen",
            "Data quality", "Scrutiny of major projects needs to start earlier", "Equality"),
    verbs=("Establish", "Consult on", "Write", "Deliver", "Complete", "Introduce", "Monitor", "Map", "Develop"),
    things=("a register of gifts", "the annual plan", "training for new councillors", "an asset strategy",
            "succession planning", "GDPR guidance", "the Medium Term Financial Plan", "a lessons learned log", "committee workplans"),
    more=("by each service", "to the Standards Committee", "and publish the results", "within existing budgets",
          "as the External Auditor recommended", "for consideration by Full Council", "across all sites",
          "which Members will approve", "- including schools"),
    leads=("S151 Officer", "Assistant Director (Governance)", "Head of People", "Clerk to the Council",
           "Service Manager, Customers", "Corporate Director of Resources", "Solicitor"),
    dates=("May 2023", "30/09/23", "31st October 2023", "Immediate", "Quarter 3 2023/24", "ongoing", "End of March 2024", "31.12.2023"),
    statuses=("Completed", "In progress", "Not yet started", "Delayed", "On track"),
    news=("Draft with the Corporate Board", "The policy was approved in July and is on the intranet.", "Work has slipped because the post is vacant.",
          "Phase 1 is finished; phase 2 begins in the autumn.", "Nothing to report.", "Auditors tested a sample of 20 cases and found no errors.",
          "Awaiting government guidance, which was expected by Easter.", "Reported quarterly"),
    heads=(
        {"ref": "Action no", "theme": "Theme", "milestone": "Improvement action", "smt_lead": "Responsible officer",
         "timescale": "Target date", "comments": "Current position", "status": "Status"},
        {"ref": "Ref", "theme": "Governance issue", "milestone": "Agreed action", "smt_lead": "Lead",
         "timescale": "Due date", "comments": "Comments", "status": "Progress status"},
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How a plan is laid out."""

    seed: int
    columns: tuple[str, ...]
    refs: str = "printed"  # "printed", "none", "areas" (1, 2, ... for each theme)
    themes: str = "each"  # "each" row, "first" row of each, "none"
    rules: str = "none"
    size: float = 9.0
    leading: float = 1.2
    gap: float = 3.0
    pad: float = 4.0
    set_at: str = "top"
    dates: str = "left"
    breaks: bool = True
    repeat: bool = True
    tall: bool = False  # portrait
    longest: int = 3  # sentences of progress
    bullets: bool = False
    blanks: float = 0.1
    font: str = "Liberation Sans"
    kind: str = "paper"


Milestone = dict[str, str]


def made(words: Words, look: Look) -> list[Milestone]:
    """The milestones of an invented plan."""
    rng = random.Random(f"{look.seed} {words.themes[0]}")
    plan: list[Milestone] = []
    for area, theme in enumerate(rng.sample(words.themes, rng.randint(2, 4)), 1):
        for number in range(1, rng.randint(2, 5)):
            action = " ".join(
                [rng.choice(words.verbs), rng.choice(words.things), *rng.sample(words.more, rng.randint(0, 4))]
            ) + rng.choice(("", "", "."))  # fmt: skip
            news = [
                s if s.endswith(".") else f"{s}."
                for s in rng.sample(words.news, rng.randint(0, look.longest))
            ]
            if news and rng.random() < 0.4:
                news[-1] = news[-1].rstrip(".")
            bullets = look.bullets and len(news) > 1 and rng.random() < 0.6
            text = "\n".join(f"\u2022 {s}" for s in news) if bullets else " ".join(news)
            if look.bullets and not bullets and len(news) > 1 and rng.random() < 0.5:
                text = "\n".join(news)  # paragraphs
            plan.append(
                {
                    "ref": {"printed": f"{area}.{number}", "areas": f"{area}." if number == 1 else "", "none": ""}[look.refs],
                    "theme": theme if look.themes == "each" or (look.themes == "first" and number == 1) else "",
                    "carried": theme, "milestone": action, "smt_lead": rng.choice(words.leads),
                    "timescale": rng.choice(words.dates), "comments": text if rng.random() > look.blanks else "",
                    "status": rng.choice(words.statuses) if rng.random() > look.blanks / 2 else "",
                }
            )  # fmt: skip
    return plan


_SHARE = {"ref": 5, "theme": 15, "milestone": 24, "smt_lead": 13, "timescale": 11, "status": 11, "comments": 28}  # fmt: skip


def _ways(rng: random.Random, seed: int, **choices: Sequence[Any]) -> Look:
    refs = rng.choice(("printed", "printed", "printed", "none", "areas"))
    themes = rng.choice(("each", "first", "none")) if refs != "areas" else "first"
    columns = ["milestone", "smt_lead", "timescale", "status", "comments"]
    if rng.random() < 0.2:
        columns.remove(rng.choice(("status", "comments")))
    if rng.random() < 0.25 and "comments" in columns and "status" in columns:
        columns.remove("status")
        columns.append("status")
    if themes != "none":
        columns.insert(0, "theme")
    if refs != "none":
        columns.insert(0, "ref")
    return Look(
        seed, tuple(columns), refs, themes, **{name: rng.choice(c) for name, c in choices.items()}
    )


def looks_tuned() -> list[Look]:
    """The layouts that the reader was tuned on."""
    rng = random.Random("tuned")
    return [
        _ways(
            rng, seed, rules=("none", "none", "none", "heads", "rows", "zebra", "columns", "booktabs"), size=(8.0, 9.0, 10.0),
            leading=(1.1, 1.2, 1.35), gap=(0.0, 0.0, 1.5, 3.0, 6.0), pad=(1.5, 3.0, 5.0),
            set_at=("top", "top", "top", "middle", "foot"), dates=("left", "left", "right"), breaks=(True, False),
            repeat=(True, True, False), tall=(False, False, True), longest=(1, 3, 4), bullets=(False, False, True),
            blanks=(0.0, 0.1, 0.3),
        )
        for seed in range(120)
    ]  # fmt: skip


def looks_held() -> list[Look]:
    """Other layouts, which nobody looked at while the reader was made better."""
    rng = random.Random("held out")
    return [
        _ways(
            rng, seed, rules=("none", "none", "none", "heads", "rows", "zebra", "columns", "booktabs"), size=(7.0, 8.5, 11.0),
            leading=(1.0, 1.15, 1.25, 1.5), gap=(0.0, 0.5, 1.0, 2.0, 4.0, 8.5), pad=(1.0, 2.0, 4.0, 6.0),
            set_at=("top", "top", "top", "middle", "foot"), dates=("left", "centre", "right"), breaks=(True, False),
            repeat=(True, True, False), tall=(False, False, True), longest=(2, 3, 5), bullets=(False, False, True),
            blanks=(0.0, 0.15, 0.3),
        )
        for seed in range(1000, 1120)
    ]  # fmt: skip


def looks_office() -> list[Look]:
    """Layouts for LibreOffice: Word documents without borders, and sheets printed without a grid."""
    rng = random.Random("office")
    return [
        _ways(
            rng, seed, kind=("docx", "docx", "docx", "xlsx"), rules=("none", "none", "none", "rows", "heads"),
            font=("Liberation Sans", "Liberation Serif", "DejaVu Sans Condensed"), size=(8.0, 9.0, 10.0, 11.0),
            leading=(1.0, 1.0, 1.15), gap=(0.0, 0.0, 2.0, 4.0), pad=(1.0, 3.0, 5.4), set_at=("top", "top", "top", "middle", "foot"),
            dates=("left", "left", "right", "centre"), breaks=(True, False), repeat=(True, True, False),
            tall=(False, False, True), longest=(2, 3, 4), bullets=(False, False, True), blanks=(0.0, 0.1, 0.3),
        )
        for seed in range(2000, 2080)
    ]  # fmt: skip


def looks_fresh() -> list[Look]:
    """Layouts for the last word on the score: nobody looked at what came out wrong in them."""
    rng = random.Random("fresh")
    return [
        _ways(
            rng, seed, kind=("paper", "docx", "docx", "xlsx"), rules=("none", "none", "none", "rows", "heads"),
            font=("Liberation Serif", "DejaVu Sans Condensed", "DejaVu Serif", "Liberation Sans"), size=(7.5, 9.0, 10.0, 12.0),
            leading=(1.0, 1.08, 1.3), gap=(0.0, 1.0, 2.5, 5.0), pad=(1.2, 2.5, 5.4), set_at=("top", "top", "top", "middle", "foot"),
            dates=("left", "left", "right", "centre"), breaks=(True, False), repeat=(True, True, False),
            tall=(False, True), longest=(1, 3, 5), bullets=(False, False, True), blanks=(0.0, 0.1, 0.35),
        )
        for seed in range(5000, 5160)
    ]  # fmt: skip


_SETS = {
    "tuned": (TUNED, looks_tuned), "held": (HELD, looks_held), "office": (HELD, looks_office), "fresh": (TUNED, looks_fresh),
}  # fmt: skip


# -- on paper --------------------------------------------------------------------------------------


def _table(
    words: Words, look: Look, plan: Sequence[Milestone]
) -> tuple[list[str], list[list[str]]]:
    heads = words.heads[look.seed % 2]
    rows = [[m[c] for c in look.columns] for m in plan]
    return [heads[c] for c in look.columns], rows


def on_paper(words: Words, look: Look, plan: Sequence[Milestone], path: Path) -> Path:
    """The plan as a PDF made letter by letter."""
    paper = Paper(595 if look.tall else 842, 842 if look.tall else 595, look.size)
    paper.leading = look.leading
    paper.footer = "Page #"
    paper.say("Aldwick District Council: governance action plan", look.size + 4)
    if look.seed % 3:
        paper.say("This plan was agreed by the Audit Committee and says what will be done, by whom and by when.")  # fmt: skip
    heads, rows = _table(words, look, plan)
    room = paper.width - 2 * paper.margin
    share = [_SHARE[c] for c in look.columns]
    widths = [room * s / sum(share) for s in share]
    for index, column in enumerate(look.columns):  # no word may be wider than its column
        if column in ("ref", "timescale", "status", "smt_lead"):
            longest = max(
                width for row in [heads, *rows] for width in [_widest(row[index], look.size)]
            )
            widths[index] = max(widths[index], longest + 2 * look.pad + 1)
    spare = room - sum(widths)
    wide = [i for i, c in enumerate(look.columns) if c in ("milestone", "comments", "theme")]
    for index in wide:
        widths[index] += spare * share[index] / sum(share[i] for i in wide)
    aligns = [look.dates if c == "timescale" else "left" for c in look.columns]
    paper.table(
        heads, rows, widths, rules=look.rules, pad=look.pad, gap=look.gap, set_at=look.set_at,
        repeat=look.repeat, breaks=look.breaks, aligns=aligns,
    )  # fmt: skip
    if look.seed % 2:
        paper.y += 20
        paper.say(
            "The plan is reviewed every quarter by the Corporate Governance Group of officers."
        )
    return paper.save(path)


def _widest(text: str, size: float) -> float:
    return max((width_of(word, size) for word in text.split()), default=0.0)


def as_docx(words: Words, look: Look, plan: Sequence[Milestone], path: Path) -> Path:
    """The plan as a Word document whose table has no borders, or horizontal ones."""
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.enum.table import WD_ALIGN_VERTICAL
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import parse_xml
    from docx.shared import Cm, Pt

    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    word = docx.Document()
    section = word.sections[0]
    if not look.tall:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Cm(29.7), Cm(21)
    else:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.5)
    style = word.styles["Normal"]
    style.font.name, style.font.size = look.font, Pt(look.size)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    style.paragraph_format.line_spacing = look.leading
    word.add_heading("Aldwick District Council: governance action plan", 1)
    word.add_paragraph("This plan was agreed by the Audit Committee.")
    heads, rows = _table(words, look, plan)
    table = word.add_table(rows=1 + len(rows), cols=len(heads))
    table.autofit = False
    room = (18.0 if look.tall else 26.7) * 28.35
    share = [_SHARE[c] for c in look.columns]
    fixed = {
        i: max(_widest(row[i], look.size) for row in [heads, *rows]) * 1.12 + 2 * look.pad + 2
        for i, c in enumerate(look.columns)
        if c in ("ref", "timescale", "status", "smt_lead")
    }
    widths = [max(room * s / sum(share), fixed.get(i, 0)) for i, s in enumerate(share)]
    rest = room - sum(w for i, w in enumerate(widths) if i in fixed)
    wide = sum(s for i, s in enumerate(share) if i not in fixed)
    widths = [w if i in fixed else rest * share[i] / wide for i, w in enumerate(widths)]
    properties = table._tbl.tblPr
    margins = "".join(
        f'<w:{side} w:w="{int(20 * size)}" w:type="dxa"/>'
        for side, size in (("top", look.gap), ("left", look.pad), ("bottom", look.gap), ("right", look.pad))
    )  # fmt: skip
    if look.rules == "rows":
        properties.append(
            parse_xml(f'<w:tblBorders {w}><w:insideH w:val="single" w:sz="4" w:color="000000"/></w:tblBorders>')
        )  # fmt: skip
    properties.append(parse_xml(f"<w:tblCellMar {w}>{margins}</w:tblCellMar>"))
    at = {
        "top": WD_ALIGN_VERTICAL.TOP,
        "middle": WD_ALIGN_VERTICAL.CENTER,
        "foot": WD_ALIGN_VERTICAL.BOTTOM,
    }[look.set_at]
    for number, texts in enumerate([heads, *rows]):
        row = table.rows[number]
        kind = row._tr.get_or_add_trPr()
        if not look.breaks:
            kind.append(parse_xml(f"<w:cantSplit {w}/>"))
        if not number and look.repeat:
            kind.append(parse_xml(f"<w:tblHeader {w}/>"))
        for index, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            cell.width = Pt(widths[index])
            if number:
                cell.vertical_alignment = at
            elif look.rules == "heads":
                cell._tc.get_or_add_tcPr().append(
                    parse_xml(f'<w:shd {w} w:val="clear" w:color="auto" w:fill="D9D9D9"/>')
                )
            for line, part in enumerate(text.split("\n")):
                paragraph = cell.add_paragraph() if line else cell.paragraphs[0]
                run = paragraph.add_run(part)
                run.bold = not number and bool(look.seed % 2)
                if number and look.columns[index] == "timescale" and look.dates != "left":
                    paragraph.alignment = {
                        "right": WD_ALIGN_PARAGRAPH.RIGHT, "centre": WD_ALIGN_PARAGRAPH.CENTER,
                    }[look.dates]  # fmt: skip
    word.save(str(path))
    return path


def as_sheet(words: Words, look: Look, plan: Sequence[Milestone], path: Path) -> Path:
    """The plan as a sheet that is printed without a grid, fitted to the page's width."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"strings_to_numbers": False})
    page = book.add_worksheet("Plan")
    if not look.tall:
        page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    at = {"top": "top", "middle": "vcenter", "foot": "bottom"}[look.set_at]
    base = {"text_wrap": True, "valign": at, "font_name": look.font, "font_size": look.size}
    plain = book.add_format(base | ({"bottom": 1} if look.rules == "rows" else {}))
    aligned = book.add_format(
        base | {"align": look.dates.replace("centre", "center")} | ({"bottom": 1} if look.rules == "rows" else {})
    )  # fmt: skip
    head = book.add_format(
        base | {"bold": True} | ({"bg_color": "#D9D9D9"} if look.rules == "heads" else {})
    )
    heads, rows = _table(words, look, plan)
    for index in range(len(heads)):
        page.set_column(index, index, _chars(index, look, [heads, *rows]))
        page.write_string(2, index, heads[index], head)
    page.write_string(0, 0, "Aldwick District Council: governance action plan")
    if look.repeat:
        page.repeat_rows(2)
    for number, texts in enumerate(rows, 3):
        # What no program has fitted: a row as high as its longest cell, and now and then higher.
        tall = max(
            len(folded(text, _room(index, look, [heads, *rows]), look.size))
            for index, text in enumerate(texts)
        )
        page.set_row(number, tall * look.size * 1.3 + look.gap)
        for index, text in enumerate(texts):
            page.write_string(
                number, index, text, aligned if look.columns[index] == "timescale" else plain
            )
    book.close()
    return path


def _chars(index: int, look: Look, rows: Sequence[Sequence[str]]) -> float:
    """How wide a column of a sheet is, in letters."""
    longest = max(len(word) for row in rows for word in [*row[index].split(), ""])
    return max(_SHARE[look.columns[index]] * 1.3, longest * 1.3 * look.size / 11 + 1)


def _room(index: int, look: Look, rows: Sequence[Sequence[str]]) -> float:
    """That in points, and somewhat less: a program breaks lines where it likes."""
    return _chars(index, look, rows) * 4.6


# -- the score -------------------------------------------------------------------------------------


def _flat(text: str) -> str:
    return " ".join(text.replace("\u2022", " ").split())


def wanted(look: Look, plan: Sequence[Milestone]) -> list[dict[str, str]]:
    """What must be read."""
    fields = [c for c in look.columns if c not in ("ref", "theme")]
    found = []
    for milestone in plan:
        own = {c: _flat(milestone[c]) for c in fields}
        if "theme" in look.columns:
            own["theme"] = _flat(milestone["carried"])
        if look.refs == "printed":
            own["ref"] = milestone["ref"]
        found.append(own)
    return found


def got(look: Look, reading: Reading) -> list[dict[str, str]]:
    """What was read."""
    found = []
    for m in reading.plan.milestones:
        whole = {
            "ref": m.ref, "theme": m.theme, "milestone": m.milestone, "smt_lead": m.smt_lead.raw,
            "timescale": m.timescale.raw, "status": m.status.raw, "comments": m.comments,
        }  # fmt: skip
        own = {c: _flat(whole[c]) for c in look.columns if c != "ref"}
        if look.refs == "printed":
            own["ref"] = m.ref
        found.append(own)
    return found


def pages_of(kind: str, folder: Path) -> list[tuple[Look, list[Milestone], Path]]:
    """The plans of a set, each laid out; what lies there from the last time is used again."""
    words, looks = _SETS[kind]
    made_of = [(look, made(words, look)) for look in looks()]
    papers = [(look, plan, folder / kind / f"{look.seed}.pdf") for look, plan in made_of]
    folder = folder / kind
    if folder.exists():
        return papers
    folder.mkdir(parents=True)
    for look, plan, path in papers:
        if look.kind == "paper":
            on_paper(words, look, plan, path)
    for of, maker in (("docx", as_docx), ("xlsx", as_sheet)):
        sources = [
            maker(words, look, plan, folder / f"{look.seed}.{of}")
            for look, plan in made_of
            if look.kind == of
        ]
        if sources:
            by_office(sources, "pdf", folder)
    return papers


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the score of a set."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("set", choices=[*_SETS])
    parser.add_argument("--show", type=int, default=0, metavar="N")
    parser.add_argument("--keep", type=Path, help="a folder for the PDFs, used again")
    parser.add_argument("--only", type=int)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        papers = pages_of(asked.set, asked.keep or Path(temporary))
        _score(papers, asked.show, asked.only)


def _score(papers: list[tuple[Look, list[Milestone], Path]], show: int, only: int | None) -> None:
    began = time.process_time()
    totals: Counter[str] = Counter()
    by: dict[str, Counter[str]] = {}
    for look, plan, path in papers:
        if only is not None and look.seed != only:
            continue
        want = wanted(look, plan)
        try:
            reading = read(read_document(path))
            have, left = (
                got(look, reading),
                [
                    p.text
                    for p in reading.pieces
                    if p.use == "left over" and p.said not in ("page number", "running title")
                ],
            )
            named = {
                n.ref
                for n in reading.notes
                if n.kind == "please look" and n.ref and "in doubt" in n.message
            }
            refs = [m.ref for m in reading.plan.milestones]
            general = any("no rules divide" in n.message for n in reading.notes)
        except AgsxlError as fault:
            have, left, named, refs, general = [], [str(fault)], set(), [], True
        pool = list(want)
        right = 0
        for one, ref in zip(have, refs, strict=True):
            if one in pool:
                pool.remove(one)
                right += 1
                totals["warned"] += ref in named
            else:
                totals["wrong"] += 1
                totals["named"] += ref in named
        whole = right == len(want) == len(have) and have == want
        totals["milestones"] += len(want)
        totals["right"] += right
        totals["plans"] += 1
        totals["whole"] += whole
        totals["silent"] += not whole and not general and not named
        for name in (
            "rules",
            "set_at",
            "gap",
            "refs",
            "themes",
            "breaks",
            "repeat",
            "dates",
            "tall",
            "kind",
            "bullets",
            "leading",
        ):
            slot = by.setdefault(f"{name}={getattr(look, name)}", Counter())
            slot["plans"] += 1
            slot["whole"] += whole
        if not whole and show > 0:
            show -= 1
            print(f"\n{path} {look}")
            print("  left:", left)
            for one in have:
                if one not in want:
                    near = min(pool, key=lambda w: sum(w[c] != one[c] for c in w), default={})
                    print(
                        "  got ", {c: (t, near.get(c)) for c, t in one.items() if near.get(c) != t}
                    )
            for one in pool:
                print("  want", one.get("ref"), one["milestone"])
        elif not whole:
            print(look.seed, end=" ")
    print()
    for name in sorted(by):
        print(f"  {name:24} {by[name]['whole']:3} of {by[name]['plans']}")
    print(f"milestones {totals['right']} of {totals['milestones']}; plans {totals['whole']} of {totals['plans']}; "
          f"wrong rows {totals['wrong']}, named {totals['named']}; right rows warned of {totals['warned']}; "
          f"plans wrong in silence {totals['silent']}; {time.process_time() - began:.0f} s")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
