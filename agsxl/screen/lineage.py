"""What a person sees of several years' plans: what has been there for years, what was dropped, what links them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from agsxl.ancestry import HOW, THIN, WHAT, Became, Dropped, Ending, Lineage, Link, Matter
from agsxl.screen import Lines, paragraph, table
from agsxl.screen.updating import shown
from agsxl.texts import counted, listed

_MOST = 15  # rows of a table: the page is to be read, the workbook holds the rest
_MOST_POSSIBLE = 8


def show_lineage(found: Lineage) -> str:
    """The whole page: what has been on the plan for years first."""
    return "\n".join(_page(found))


def _page(found: Lineage) -> Lines:
    stages = [f"{s.called}, {counted(s.milestones, 'milestone')}" for s in found.plans]
    yield from paragraph(f"{counted(len(stages), 'plan')}: {'; '.join(stages)}.")
    for note in found.notes:
        yield from paragraph(f"Note: {note}")
    yield from _recurring(found)
    yield from _dropped(found)
    yield from _steps(found)
    yield from _possible(found)


def _recurring(found: Lineage) -> Lines:
    """What stands in three plans or more; where nothing does, what stands in two."""
    most = max((len(matter.plans) for matter in found.matters), default=0)
    least = 3 if most > 2 else 2
    long = [matter for matter in found.matters if len(matter.plans) >= least]
    yield ""
    if not long:
        yield "Nothing was found that stands in two plans."
        return
    if least == 2:
        yield f"IN TWO PLANS: {counted(len(long), 'matter')}"
    else:
        short = len(found.matters) - len(long)
        yield f"ON THE PLAN FOR YEARS: {counted(len(long), 'matter')} in 3 plans or more" + (
            f", {short:,} in two" if short else ""
        )
    yield from table(
        ("Matter", "Plans", "Years", "Where", "At last", "Sure"),
        [
            (
                matter.called,
                str(len(matter.plans)),
                str(matter.years) if matter.years is not None else "not known",
                _where(found, matter),
                _at_last(matter),
                _sure(matter.confidence),
            )
            for matter in long[:_MOST]
        ],
    )
    yield from _more(len(long) - _MOST)
    if any(matter.confidence < THIN for matter in long[:_MOST]):
        yield from paragraph(
            f"Below {THIN:.0%} they share a subject or a few telling words, and no more: read them before you say "
            "that one became the other."
        )


def _where(found: Lineage, matter: Matter) -> str:
    """ "2015/16: 4a; 2016/17: 1a, 3e"."""
    return "; ".join(
        f"{found.short(n)}: "
        + listed([seen.milestone.called for seen in matter.seen if seen.plan == n], 4)
        for n in matter.plans
    )


def _at_last(matter: Matter) -> str:
    """The statuses it had in the last plan, as written."""
    last = matter.seen[-1].plan
    raw = [seen.milestone.status.raw for seen in matter.seen if seen.plan == last]
    return listed(list(dict.fromkeys(text or "no status" for text in raw)), 3)


def _sure(confidence: float) -> str:
    return f"{confidence:.0%}"


def _dropped(found: Lineage) -> Lines:
    counts = Counter(dropped.ending for dropped in found.dropped)
    yield ""
    if not found.dropped:
        yield "Nothing was dropped: every milestone of an earlier plan is in a later one."
        return
    yield (
        f"IN NO LATER PLAN: {counts[Ending.OPEN]:,} left open, {counts[Ending.FINISHED]:,} finished, "
        f"{counts[Ending.UNKNOWN]:,} not known how they ended"
    )
    unfinished = [d for d in found.dropped if d.ending is Ending.OPEN]
    if unfinished:
        yield "Left open:"
        yield from table(
            ("Last seen", "Ref", "Status", "Milestone", "Possibly now"),
            [
                (
                    found.short(d.seen.plan),
                    d.seen.milestone.called,
                    d.seen.milestone.status.raw,
                    shown(d.seen.milestone.milestone),
                    _now(found, d),
                )
                for d in unfinished[:_MOST]
            ],
        )
        yield from _more(len(unfinished) - _MOST)
    for ending, words in (
        (Ending.FINISHED, "Finished"),
        (Ending.UNKNOWN, "Not known how it ended"),
    ):
        for number, stage in enumerate(found.plans):
            rest = [d for d in found.dropped if d.ending is ending and d.seen.plan == number]
            if rest:
                yield from paragraph(f"{words}, {stage.called}: {listed([_ref(d) for d in rest])}.")


def _now(found: Lineage, dropped: Dropped) -> str:
    """Where it could be now: a milestone to look at, or those with which its matter goes on."""
    if dropped.nearest is not None:
        return f"{found.short(dropped.nearest.new.plan)} {dropped.nearest.new.milestone.called}"
    if dropped.matter is not None:
        last = dropped.matter.seen[-1]
        return f"{found.short(last.plan)} {last.milestone.called} is about it"
    return ""


def _ref(dropped: Dropped) -> str:
    """Its Ref, and what its comments say where there is no status."""
    called = dropped.seen.milestone.called
    return f"{called} (its comments begin {dropped.said!r})" if dropped.said else called


def _more(number: int) -> Lines:
    if number > 0:
        yield f"  and {number:,} more; '--out lineage.xlsx' lists every one."


def _steps(found: Lineage) -> Lines:
    """From each plan to the next: how many went on, and how; how many are new."""
    yield ""
    yield "FROM PLAN TO PLAN"
    for late in range(1, len(found.plans)):
        links = [k for k in found.links if k.new.plan == late]
        by = Counter(_inside(HOW[k.by]) for k in links)
        new = sum(seen.plan == late for seen in found.added)
        stage = found.plans[late]
        yield from paragraph(
            f"{stage.called}: {stage.milestones - new:,} of {stage.milestones:,} stood in an earlier plan, "
            f"{new:,} are new.",
            2,
        )
        if links:
            yield from paragraph(
                f"{counted(len(links), 'link')}: {_counts(by)}; {_counts(_became(links))}.",
                4,
            )


def _became(links: Sequence[Link]) -> dict[str, int]:
    """What became of how many milestones. Those that were split are counted once, as are those that
    several were joined into."""
    counts = {}
    for what in Became:
        marked = [link for link in links if what in link.became]
        one = {id((k.new if what is Became.JOINED else k.old).milestone) for k in marked}
        counts[_inside(WHAT[what])] = len(one if what in (Became.SPLIT, Became.JOINED) else marked)
    return counts


def _inside(words: str) -> str:
    """Words as they stand inside a sentence: "same Ref"."""
    return words[0].lower() + words[1:]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)


def _possible(found: Lineage) -> Lines:
    if not found.near:
        return
    yield ""
    yield f"POSSIBLE, AND NOT COUNTED: {len(found.near):,} to look at"
    yield from table(
        ("From", "To", "Both say", "From", "To"),
        [
            (
                f"{found.short(near.old.plan)} {near.old.milestone.called}",
                f"{found.short(near.new.plan)} {near.new.milestone.called}",
                listed(list(near.shared), 3),
                shown(near.old.milestone.milestone),
                shown(near.new.milestone.milestone),
            )
            for near in found.near[:_MOST_POSSIBLE]
        ],
    )
    yield from _more(len(found.near) - _MOST_POSSIBLE)
