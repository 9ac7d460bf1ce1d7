"""The rules of a governance plan: one decorated function each, in one explicit catalogue.

To add a rule, write the function and its line in the module's ``CATALOGUE``; the docs page, the
tests of its bad and good rows, ``agsxl rule CODE`` and the Settings follow by themselves.
"""

from __future__ import annotations

from datetime import date

from agsxl.errors import SettingsError
from agsxl.plan import Plan
from agsxl.posts import Posts
from agsxl.rules import comments, dating, identity, leads, standing, whole, workbook
from agsxl.rules.engine import CRASHED, Context, Finding, Rule, Severity, rule_crashed, run
from agsxl.settings import Settings

__all__ = [
    "CATALOGUE", "CRASHED", "Finding", "Rule", "Severity", "check", "find_rule", "fix_of", "in_force", "title_of",
]  # fmt: skip

CATALOGUE: tuple[Rule, ...] = (
    *identity.CATALOGUE,
    *leads.CATALOGUE,
    *dating.CATALOGUE,
    *standing.CATALOGUE,
    *comments.CATALOGUE,
    *workbook.CATALOGUE,
    *whole.CATALOGUE,
)
_BY_NAME = {name: rule for rule in (*CATALOGUE, rule_crashed) for name in (rule.code, rule.name)}


def find_rule(code_or_name: str) -> Rule:
    """``find_rule("D301")`` or ``find_rule("impossible-date")``. Raises SettingsError for another."""
    rule = _BY_NAME.get(code_or_name.strip().upper()) or _BY_NAME.get(code_or_name.strip().lower())
    if rule is None:
        raise SettingsError(
            f"There is no rule {code_or_name!r}; docs/rules.md and 'agsxl rule' list those there are."
        )
    return rule


def title_of(code: str) -> str:
    """What a rule is called on screen; the code itself, for one that is not known (any more)."""
    rule = _BY_NAME.get(code)
    return rule.title if rule is not None else code


def fix_of(code: str) -> str:
    """What to do about a rule's findings, as a sentence; "" for a rule that is not known."""
    rule = _BY_NAME.get(code)
    return rule.fix[:1].upper() + rule.fix[1:] if rule is not None else ""


def in_force(settings: Settings, *, every_rule: bool = False) -> list[Rule]:
    """The rules that run: those on by default, as Settings change them, or every one."""
    chosen = []
    for rule in CATALOGUE:
        change = settings.rules.get(rule.code)
        level = change.level if change is not None else ""
        if level == "off" and not every_rule:
            continue
        if rule.on or every_rule or level:
            chosen.append(rule)
    return chosen


def check(
    plan: Plan,
    *,
    as_of: date,
    settings: Settings | None = None,
    posts: Posts | None = None,
    every_rule: bool = False,
) -> list[Finding]:
    """What the rules find in a plan on a reporting date, the must-fix first.

    >>> [f.code for f in check(plan, as_of=date(2017, 9, 30))][:1]  # doctest: +SKIP
    ['D301']

    ``settings`` and ``posts`` default to the plan's own. ``every_rule`` runs those too that are off
    by default or switched off. Raises nothing for any plan: a rule that fails becomes a finding.
    """
    chosen = settings or plan.settings
    table = posts if posts is not None else plan.posts
    return run(in_force(chosen, every_rule=every_rule), Context(plan, as_of, chosen, table))
