"""Made-up plans of any size, as workbooks: varied, with the defects that real ones have.

    python -m benchmarks.plans 10000 plan.xlsx

The same number of rows gives the same plan every time. Hardly a comment or a milestone is like
another, so that nothing is quick only because it was read before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar

AS_OF = date(2026, 9, 30)
HEADINGS = (
    "Ref", "Improvement Theme", "Outcome", "Source", "Milestones", "Officer or Member action",
    "Timescale", "Member Lead", "SMT Lead", "Status", "Revised target date", "Comments",
)  # fmt: skip
_WIDTHS = (7, 28, 36, 20, 48, 12, 14, 20, 28, 22, 14, 60)
HEADING_ROW = 3

Cell = str | date | None
Row = list[Cell]
_T = TypeVar("_T")

_AREAS = (
    "Financial management", "Procurement and contracts", "Information governance", "Risk management",
    "Member development", "Workforce planning", "Complaints handling", "Counter-fraud", "Asset management",
    "Performance reporting", "Partnership working", "Business continuity", "Scrutiny", "Project delivery",
    "Health and safety", "Customer access", "Digital services", "Ethical standards", "Debt recovery",
    "Decision making", "Equalities", "Internal audit follow-up", "Safeguarding", "Climate action",
)  # fmt: skip
_BODIES = (
    "Cabinet", "Council", "the Audit Committee", "the Governance Committee", "the Senior Management Team",
    "the Scrutiny Board", "the Staffing Panel", "the Standards Sub-Committee", "the Programme Board",
    "the Capital Group", "the Joint Staff Forum", "the Shared Service Board",
)  # fmt: skip
_THINGS = (
    "contract register", "scheme of delegation", "risk register", "induction pack", "retention schedule",
    "gifts and hospitality register", "whistleblowing policy", "budget manual", "officer code of conduct",
    "business continuity plan", "asset register", "partnership protocol", "data sharing agreement",
    "procurement strategy", "complaints procedure", "report template", "grants register", "fraud response plan",
    "performance scorecard", "lone working policy", "equality assessment guide", "debt write-off procedure",
    "forward plan", "commissioning toolkit", "training needs survey", "project gateway checklist",
)  # fmt: skip
_SERVICES = (
    "Planning", "Housing", "Revenues", "Environmental Health", "Leisure", "Parks", "Waste", "Legal",
    "Democratic Services", "Finance", "Property", "Licensing", "Economic Growth", "Communications",
    "Human Resources", "Elections", "Building Control", "Benefits", "Parking", "Customer Services",
)  # fmt: skip
_DOINGS = (
    "reviewed", "rewritten in plain English", "approved by {body}", "published on the intranet",
    "tested with three services", "rolled out to {service}", "brought up to date", "sent out for consultation",
    "reported to {body}", "moved to the new system", "checked by internal audit", "adopted in {service}",
    "explained to all managers in {service}", "signed off by {body}", "compared with two neighbouring councils",
)  # fmt: skip
_POSTS = (
    "Chief Executive", "Director of Resources", "Director of Place", "Head of Legal", "Head of Finance",
    "Monitoring Officer", "Head of People", "Head of Digital", "Head of Procurement", "Head of Internal Audit",
    "Head of Customer Services", "Head of Housing", "Head of Planning", "Democratic Services Manager",
    "Head of Property", "Head of Communities", "Interim Transformation Manager", "Head of Revenues",
    "Health and Safety Manager", "Head of Environment", "Data Protection Officer", "Insurance Manager",
    "Head of Regulatory Services", "Head of Leisure", "Elections Manager", "Head of Policy",
)  # fmt: skip
_PORTFOLIOS = (
    "Leader", "Deputy Leader", "Resources", "Place", "Housing", "Communities", "Environment",
    "Customers and Digital", "Growth", "Governance",
)  # fmt: skip
_SOURCES = (
    "Annual Governance Statement 2024/25", "Annual Governance Statement 2025/26", "External audit letter",
    "Internal audit", "Peer challenge", "Scrutiny review", "Ombudsman decision", "Self-assessment",
    "Cabinet request", "Staff survey", "Risk review",
)  # fmt: skip
_OPEN = (
    ("On target", 56), ("Off target but recovery plans in place", 24), ("In progress", 8),
    ("Not started", 5), ("Off target and no action yet agreed", 3), ("On track", 2), ("No longer required", 2),
)  # fmt: skip


class Defects(NamedTuple):
    """How many rows in a thousand have each defect."""

    impossible_date: int = 8
    no_status: int = 12
    no_lead: int = 4
    misspelt_lead: int = 5
    same_ref: int = 2
    other_theme: int = 4
    no_source: int = 25
    no_outcome: int = 3
    markup: int = 8
    dangling: int = 10
    odd_status: int = 3
    joint_lead: int = 6


class _Writer:
    """One plan being made up."""

    def __init__(self, rows: int, seed: int) -> None:
        self.random = Random(seed)
        self.rows = rows
        self.defects = Defects()
        self.refs: list[str] = []
        self.comments: set[str] = set()

    def one(self, choices: Sequence[_T]) -> _T:
        return choices[int(self.random.random() * len(choices))]

    def happens(self, in_a_thousand: float) -> bool:
        return self.random.random() * 1000 < in_a_thousand

    def day(self, earliest: int, latest: int) -> date:
        """A working day so many days after the reporting date (before it, where negative)."""
        found = AS_OF + timedelta(days=self.random.randint(earliest, latest))
        return found - timedelta(days=max(0, found.weekday() - 4))

    # -- the rows ------------------------------------------------------------------------------

    def plan(self) -> Iterator[Row]:
        themes = max(4, round(1.2 * self.rows**0.5))
        for theme in range(themes):
            letters = _letters(theme)
            heading = f"{letters}: {_AREAS[theme % len(_AREAS)]}"
            if theme >= len(_AREAS):
                heading += f" in {_SERVICES[theme // len(_AREAS) % len(_SERVICES)]}"
            first, last = theme * self.rows // themes, (theme + 1) * self.rows // themes
            left = 0
            outcome = portfolio = post = source = ""
            for number in range(1, last - first + 1):
                if not left:  # an outcome has a handful of milestones, and mostly one lead
                    left = self.random.randint(2, 7)
                    outcome = self.outcome()
                    portfolio, post, source = (
                        self.one(_PORTFOLIOS),
                        self.one(_POSTS),
                        self.one(_SOURCES),
                    )
                left -= 1
                ref = f"{letters}{number}"
                yield self.milestone(ref, heading, outcome, source, portfolio, post)
                self.refs.append(ref)

    def outcome(self) -> str:
        thing, service, body = self.one(_THINGS), self.one(_SERVICES), self.one(_BODIES)
        return self.one(
            (
                f"{service} relies on one {thing} that is kept up to date",
                f"Members and managers in {service} know what the {thing} asks of them",
                f"{body[0].upper()}{body[1:]} can see from the {thing} that {service} is well governed",
                f"The {thing} meets the standard that {body} set for {service}",
            )
        )

    def milestone(
        self, ref: str, theme: str, outcome: str, source: str, portfolio: str, post: str
    ) -> Row:
        defects, happens = self.defects, self.happens
        complete = happens(600)
        due = self.due(complete)
        timescale = self.timescale(due)
        status = self.status(complete)
        revised, said = self.revised(due, status)
        comment = None
        if happens(480) or said:
            comment = self.comment(complete, said)
            while comment in self.comments:
                comment = self.comment(complete, said)
            self.comments.add(comment)
        if happens(defects.same_ref) and self.refs:
            ref = self.refs[-1]
        if happens(defects.other_theme):
            theme = f"{self.one('ABCDEF')}: {self.one(_AREAS)}"
        if happens(defects.misspelt_lead):
            post = self.misspelt(post)
        elif happens(defects.joint_lead):
            post = f"{post} / {self.one(_POSTS)}"
        return [
            ref,
            theme,
            None if happens(defects.no_outcome) else outcome,
            None if happens(defects.no_source) else source,
            self.action(),
            "Member" if happens(140) else "Officer",
            timescale,
            portfolio,
            None if happens(defects.no_lead) else post,
            status,
            revised,
            comment,
        ]

    def action(self) -> str:
        thing, service = self.one(_THINGS), self.one(_SERVICES)
        doing = self.one(_DOINGS).format(body=self.one(_BODIES), service=self.one(_SERVICES))
        text = f"{thing[0].upper()}{thing[1:]} for {service} {doing}"
        if self.happens(150):
            text += f", with at least {self.random.randint(55, 99)}% of staff trained"
        return text

    def status(self, complete: bool) -> str | None:
        if self.happens(self.defects.no_status):
            return None
        if self.happens(self.defects.odd_status):
            return self.one(("See comments", "Amber", "Complete (ongoing)", "tbc", "With Legal"))
        if complete:
            return "Completed" if self.happens(30) else "Complete"
        words, weights = zip(*_OPEN, strict=True)
        return str(self.random.choices(words, weights)[0])

    def misspelt(self, post: str) -> str:
        at = self.random.randint(1, len(post) - 2)
        return post[:at] + post[at + 1] + post[at] + post[at + 2 :]

    # -- dates -----------------------------------------------------------------------------------

    def due(self, complete: bool) -> date:
        late = not complete and self.happens(120)
        return self.day(-540, -5) if complete or late else self.day(-5, 420)

    def timescale(self, day: date) -> Cell:
        if self.happens(self.defects.impossible_date):
            return self.one(
                (
                    f"31/11/{day:%y}",
                    f"30/02/{day:%Y}",
                    f"{day:%d}/13/{day:%Y}",
                    f"31st June {day:%Y}",
                )
            )
        if self.happens(15):
            return None
        kind = self.random.random()
        if kind < 0.56:
            return day
        if kind < 0.70:
            return f"{day:%d/%m/%y}"
        if kind < 0.82:
            return f"{day:%d/%m/%Y}"
        return self.phrase(day)

    def phrase(self, day: date) -> str:
        monday = day - timedelta(days=day.weekday())
        quarter = (day.month - 4) % 12 // 3 + 1
        starts = day.year - (day.month < 4)
        return self.one(
            (
                f"w/c {monday.day} {monday:%B %Y}",
                f"{day:%B %Y}",
                f"{day:%b %Y}",
                f"End of {day:%B %Y}",
                f"by {day.day} {day:%b %Y}",
                f"{_ordinal(day.day)} {day:%B %Y}",
                f"Q{quarter} {starts}/{(starts + 1) % 100:02}",
                f"{starts}/{(starts + 1) % 100:02}",
                f"{day:%d/%m/%y} {self.one(_BODIES).removeprefix('the ')}",
                f"{day:%d/%m/%Y} and quarterly after that",
                f"{day:%B} {self.one(_BODIES).removeprefix('the ')}",
                f"{self.one(('Spring', 'Summer', 'Autumn', 'Winter'))} {day.year}",
                f"mid {day:%B %Y}",
                f"{day:%b} to {day + timedelta(days=70):%b %Y}",
                f"On approval by {self.one(_BODIES)}",
                f"Within {self.random.randint(2, 9)} months of the peer challenge",
                "TBC",
                "Ongoing",
            )
        )

    def revised(self, due: date, status: str | None) -> tuple[Cell, date | None]:
        """The revised date's cell, and the new date that the comment speaks of (None: of none)."""
        off = status is not None and status.startswith("Off target")
        if not self.happens(850 if off else 105):
            return None, (self.day(10, 300) if self.happens(8) else None)
        day = due + timedelta(days=self.random.randint(20, 330))
        day -= timedelta(days=max(0, day.weekday() - 4))
        said = day if self.happens(550) else None
        if said is not None and self.happens(60):
            said += timedelta(days=31)
        kind = self.random.random()
        if kind < 0.55:
            return day, said
        if kind < 0.9:
            return f"{day:%d/%m/%Y}", said
        return self.one((f"{day:%B %Y}", f"End of {day:%b %Y}", "TBC", f"{day:%B}")), said

    # -- comments --------------------------------------------------------------------------------

    def comment(self, complete: bool, said: date | None) -> str:
        parts = [self.done() if complete else self.doing()]
        if said is not None:
            spoken = self.one((f"{said:%d/%m/%y}", f"{said.day} {said:%B %Y}", f"{said:%B %Y}"))
            parts.append(
                self.one(
                    (
                        f"A new target date of {spoken} was agreed.",
                        f"Now expected to finish by {spoken}.",
                        f"{self.one(_BODIES)} moved this to {spoken}.".replace("the ", "The ", 1),
                        f"Revised target date of {spoken}, because {self.one(_SERVICES)} lost a member of staff.",
                    )
                )
            )
        elif self.happens(300):
            parts.append(self.doing())
        if self.happens(90) and self.refs:
            ref = self.one(self.refs[-60:])
            parts.append(
                self.one((f"See {ref} above.", f"Depends on {ref}.", f"Linked to milestone {ref}."))
            )
        elif self.happens(self.defects.dangling):
            parts.append(f"See milestone Z{self.random.randint(700, 999)}.")
        text = " ".join(parts)
        if self.happens(self.defects.markup):
            text = self.one(
                (f"<u>{text}</u>", text.replace(" and ", " &amp; "), f"{text} ~~Old text~~")
            )
        return text

    def done(self) -> str:
        day = self.day(-500, -3)
        thing, service, body = self.one(_THINGS), self.one(_SERVICES), self.one(_BODIES)
        minute = self.random.randint(11, 480)
        return self.one(
            (
                f"Approved by {body} on {day.day} {day:%B %Y} (minute {minute}).",
                f"The {thing} went live for {service} on {day:%d/%m/%Y}; {minute} staff have used it so far.",
                f"Complete. {minute} responses were received and {body} noted them in {day:%B}.",
                f"Published {day:%d/%m/%y} after comments from {service} were taken in.",
                f"Internal audit tested {minute} cases in {day:%B %Y} and gave substantial assurance.",
                f"{service} confirmed by email on {_ordinal(day.day)} {day:%B} that the {thing} is in use.",
            )
        )

    def doing(self) -> str:
        past, soon = self.day(-120, -2), self.day(-20, 200)
        thing, service, body = self.one(_THINGS), self.one(_SERVICES), self.one(_BODIES)
        number = self.random.randint(2, 97)
        return self.one(
            (
                f"Draft {thing} shared with {service} on {past:%d/%m/%y}; {number} points are still open.",
                f"Will be reported to {body} on {soon.day} {soon:%B %Y}.",
                f"{number}% of {service} staff have completed the module, against 90% planned.",
                f"The supplier of the {thing} is {number} days behind schedule; a meeting is due on {soon:%d/%m/%Y}.",
                f"Two posts in {service} are vacant, so the {thing} waits until {soon:%B}.",
                f"{body[0].upper()}{body[1:]} asked on {past.day} {past:%b} for {number} further examples.",
                f"Work has begun; {service} is to return its part by the end of {soon:%B %Y}.",
                f"Procurement started in {past:%B %Y}, reference {number}/{past:%y}.",
            )
        )


def _letters(theme: int) -> str:
    first, second = divmod(theme, 26)
    return (chr(64 + first) if first else "") + chr(65 + second)


def _ordinal(day: int) -> str:
    suffix = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def write_plan(path: Path, rows: int, variant: str = "", *, seed: int = 2026) -> None:
    """Write a plan of so many milestones.

    In the variant "hidden" one row is hidden, as a filter leaves it; in "formulas" the officer has
    added a column of formulas.
    """
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"title": "Action plan", "created": datetime(2026, 9, 1)})
    heading = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#DDE6F0"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    dated = book.add_format({"num_format": "dd/mm/yyyy", "valign": "top"})
    sheet = book.add_worksheet("Action plan")
    sheet.write(0, 0, "Annual Governance Statement: action plan")
    for column, (name, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write(HEADING_ROW - 1, column, name, heading)
    for row, cells in enumerate(_Writer(rows, seed).plan(), HEADING_ROW):
        for column, cell in enumerate(cells):
            if isinstance(cell, date):
                sheet.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), dated)
            elif cell is None:
                sheet.write_blank(row, column, None, wrapped)
            else:
                sheet.write_string(row, column, cell, wrapped)
    sheet.freeze_panes(HEADING_ROW, 1)
    sheet.autofilter(HEADING_ROW - 1, 0, HEADING_ROW + rows - 1, len(HEADINGS) - 1)
    if variant == "formulas":
        sheet.write(HEADING_ROW - 1, len(HEADINGS), "Done", heading)
        for row in range(HEADING_ROW, HEADING_ROW + rows):
            formula = f'=IF(LEFT(J{row + 1},8)="Complete",1,0)'
            sheet.write_formula(row, len(HEADINGS), formula, wrapped, 0)
    if variant == "hidden":
        sheet.set_row(HEADING_ROW, None, None, {"hidden": True})
    book.close()


if __name__ == "__main__":
    write_plan(Path(sys.argv[2]), int(sys.argv[1]), *sys.argv[3:4])
