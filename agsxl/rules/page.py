"""``docs/rules.md``, made from the catalogue: ``python -m agsxl.rules.page`` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agsxl.rules import CATALOGUE, Rule
from agsxl.rules.engine import Example, Row, rule_crashed
from agsxl.words import SEVERITIES

GROUPS = {
    "I": "Refs, themes and milestones",
    "L": "Leads and posts",
    "D": "Dates",
    "S": "Statuses",
    "C": "Comments",
    "W": "The workbook",
    "P": "The plan as a whole",
}


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Data queries: what agsxl looks for\n"
    yield (
        "Made from the rules themselves by `python -m agsxl.rules.page`; do not edit. `agsxl rule D301` shows\n"
        "one in the terminal. A rule is switched on or off, or given another severity, in the plan's Settings\n"
        "sheet (`Rule D301`, `off`, and why) or in `agsxl.toml`; the reason is shown with every check.\n"
    )
    yield "| code | data query | severity | default | asked of the lead |"
    yield "|---|---|---|---|---|"
    for rule in CATALOGUE:
        link = f"[{rule.code}](#{rule.code.lower()}-{rule.name})"
        asked = "yes" if rule.lead else ""
        state = "on" if rule.on else "off"
        yield f"| {link} | {rule.title} | {SEVERITIES[rule.severity]} | {state} | {asked} |"
    for letter, title in GROUPS.items():
        yield f"\n## {title}"
        for rule in CATALOGUE:
            if rule.code.startswith(letter):
                yield from _entry(rule)
    yield "\n## agsxl itself"
    yield from _entry(rule_crashed)
    yield ""


def _entry(rule: Rule) -> Iterator[str]:
    yield f"\n### {rule.code} {rule.name}\n"
    yield f"**{rule.title}.** {rule.statement}\n"
    yield f"- *Why*: {rule.why}"
    yield f"- *What to do*: {rule.fix}"
    if rule.bad:
        yield f"- Found in: {'; '.join(_example(e) for e in rule.bad)}"
    if rule.good:
        yield f"- Not in: {'; '.join(_example(e) for e in rule.good)}"


def _example(example: Example) -> str:
    rows = [example] if isinstance(example, dict) else list(example)
    return " then ".join(_row(row) for row in rows)  # type: ignore[arg-type]


_SPECIAL = {
    "_hidden": "hidden row",
    "_merge": "merged",
    "_only": "row with only",
    "_without": "no column",
    "_also": "a further column",
}


def _row(row: Row) -> str:
    return "`" + ", ".join(f"{_SPECIAL.get(k, k)}: {v or '(blank)'}" for k, v in row.items()) + "`"


if __name__ == "__main__":
    target = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
    target.write_text(page(), encoding="utf-8")
    print(f"written: {target}")
