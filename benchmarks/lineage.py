"""How often lineage is right, and how long it takes: the figures of ``docs/lineage.md``.

    python -m benchmarks.lineage

Three measures. On the real plans of one council (where they are beside the project): every link against
a list that a person made by reading. On a later plan of the sample's council, written by hand after the
weights had been set, with what each milestone came from. On generated chains: the sample's invented
milestones, of which half are on the first plan; each year all are renumbered, some dropped, some split,
some new ones taken from the other half, and all reworded to a degree; what came from what is known.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import NamedTuple

from agsxl.ancestry import Lineage, trace
from agsxl.desk import load_plan
from agsxl.plan import Milestone, Plan

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "data" / "lineage" / "recurring.tsv"
LATER = ROOT / "tests" / "data" / "lineage" / "later.tsv"
SAMPLE = ROOT / "workbook" / "sample" / "plan.tsv"
REAL = ROOT.parent / "shared" / "plans"
# The year of each plan of the council, the oldest first, and the beginning of its file's name.
YEARS = {"2015/16": "002", "2016/17": "001", "2019/20": "000", "2021/22": "003"}
CERTAIN = "certain"


class Pair(NamedTuple):
    """Two milestones of two plans: the old plan's number and Ref, then the new one's."""

    old_plan: int
    old_ref: str
    new_plan: int
    new_ref: str


# -- the real plans ------------------------------------------------------------------------------


def read_list(path: Path = LIST) -> dict[Pair, str]:
    """What a person found by reading, and how sure that is: "certain" or "arguable"."""
    years = list(YEARS)
    with path.open(encoding="utf-8", newline="") as file:
        return {
            Pair(
                years.index(row["old plan"]),
                row["old ref"],
                years.index(row["new plan"]),
                row["new ref"],
            ): row["how sure"]
            for row in csv.DictReader(file, delimiter="\t")
        }


def real_plans() -> list[Plan]:
    """The four plans of the one council, the oldest first."""
    return [load_plan(next(REAL.glob(f"{number}_*"))) for number in YEARS.values()]


def linked(found: Lineage) -> set[Pair]:
    """Every link."""
    return {
        Pair(k.old.plan, k.old.milestone.ref, k.new.plan, k.new.milestone.ref) for k in found.links
    }


def together(found: Lineage) -> set[Pair]:
    """Every two milestones of two plans that stand in one matter."""
    return {
        Pair(one.plan, one.milestone.ref, other.plan, other.milestone.ref)
        for matter in found.matters
        for one in matter.seen
        for other in matter.seen
        if one.plan < other.plan
    }


# -- a later plan, written by hand -----------------------------------------------------------------


def hand_written() -> tuple[list[Plan], dict[Pair, str]]:
    """The sample's plan and a later one of the same council, and what came from what."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    old = [
        Milestone(
            row["Ref"],
            theme=row["Improvement Theme"],
            outcome=row["Outcome"],
            milestone=row["Milestones"],
        )
        for row in rows
        if row["Milestones"].strip()
    ]
    new, known = [], {}
    with LATER.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            new.append(Milestone(row["Ref"], milestone=row["Milestone"]))
            for how, column in (("arguable", "Perhaps from"), (CERTAIN, "Came from")):
                known |= {Pair(0, ref, 1, row["Ref"]): how for ref in row[column].split()}
    return [Plan(tuple(old)), Plan(tuple(new))], known


# -- generated chains ------------------------------------------------------------------------------

# What an officer writes instead: words of every plan, which tell nothing.
_GENERAL = (
    "arrangements", "process", "approach", "ensure", "work", "programme", "actions", "agreed",
    "progress", "support", "further", "consistent", "key", "updated", "delivered", "across",
)  # fmt: skip
_LENGTH = 3  # plans of a chain
# Each year: how many are dropped, how many become two, how many are new.
_DROPPED, _SPLIT, _NEW = 0.2, 0.1, 8


def sample_milestones() -> list[Milestone]:
    """The invented milestones of the sample, with their themes."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    named = {name.casefold(): name for name in rows[0]}
    theme, words = named["improvement theme"], named["milestones"]
    return [Milestone(theme=row[theme], milestone=row[words]) for row in rows if row[words].strip()]


def reword(text: str, share: float, draw: Random) -> str:
    """A text in which so many of the words are others, and two parts of it have changed places."""
    words = text.split()
    for place in draw.sample(range(len(words)), round(share * len(words))):
        words[place] = draw.choice(_GENERAL)
    if share and len(words) > 3:
        cut = draw.randrange(1, len(words))
        words = words[cut:] + words[:cut]
    return " ".join(words)


@dataclass
class Chain:
    """Plans of years that follow each other, and what each milestone of them came from."""

    plans: list[Plan] = field(default_factory=list)
    origins: list[dict[str, int]] = field(default_factory=list)  # of each plan: Ref to origin


def make_chain(share: float, seed: int) -> Chain:
    """A chain in which each year so many of the words are others."""
    draw = Random(seed)
    every = list(enumerate(sample_milestones()))
    draw.shuffle(every)
    here, waiting = every[: len(every) // 2], every[len(every) // 2 :]
    chain = Chain()
    for year in range(_LENGTH):
        if year:
            here = [each for each in here if draw.random() > _DROPPED]
            here = [
                (origin, m._replace(milestone=reword(m.milestone, share, draw)))
                for origin, m in here
                for _ in range(1 + (draw.random() < _SPLIT))
            ]
            here += [waiting.pop() for _ in range(min(_NEW, len(waiting)))]
            draw.shuffle(here)
        refs = [f"{'ABC'[year]}{number}" for number in range(1, len(here) + 1)]
        chain.plans.append(
            Plan(tuple(m._replace(ref=ref) for ref, (_, m) in zip(refs, here, strict=True)))
        )
        chain.origins.append({ref: origin for ref, (origin, _) in zip(refs, here, strict=True)})
    return chain


class Score(NamedTuple):
    """Of one chain: milestones that went on, those of them with a link to what they became, all links,
    those that are right, and those that are not but stay within the theme."""

    went_on: int
    found: int
    links: int
    right: int
    same_theme: int


def score(chain: Chain, found: Lineage) -> Score:
    """Hold the links against what is known."""
    went_on = hit = 0
    pairs = together(found)
    for early, late in ((n, n + 1) for n in range(len(chain.plans) - 1)):
        for ref, origin in chain.origins[early].items():
            became = [r for r, o in chain.origins[late].items() if o == origin]
            went_on += bool(became)
            hit += any(Pair(early, ref, late, r) in pairs for r in became)
    right = theme = 0
    for link in found.links:
        old, new = link.old, link.new
        same = (
            chain.origins[old.plan][old.milestone.ref] == chain.origins[new.plan][new.milestone.ref]
        )
        right += same
        theme += not same and old.milestone.theme == new.milestone.theme
    return Score(went_on, hit, len(found.links), right, theme)


def measure(share: float, seeds: Sequence[int]) -> Score:
    """The sum over several chains."""
    scores = []
    for seed in seeds:
        chain = make_chain(share, seed)
        scores.append(score(chain, trace(chain.plans, ["first", "second", "third"])))
    return Score(*(sum(values) for values in zip(*scores, strict=True)))


# -- the figures ------------------------------------------------------------------------------------


def _real_figures() -> None:
    if not REAL.exists():
        print("The real plans are not beside the project.")
        return
    known = read_list()
    began = perf_counter()
    found = trace(real_plans(), list(YEARS))
    seconds = perf_counter() - began
    sure = [pair for pair, how in known.items() if how == CERTAIN]
    pairs = together(found)
    print(f"Four real plans, read and traced in {seconds:.2f} s")
    print(f"  certain on the list: {len(sure)}, found: {sum(pair in pairs for pair in sure)}")
    for name, said in (("links", linked(found)), ("pairs in matters", pairs)):
        counts = Counter(known.get(pair, "not on the list") for pair in said)
        print(f"  {name}: {len(said)}, {dict(counts)}")
    print(f"  matters: {len(found.matters)}, possible: {len(found.near)}")


def _hand_written_figures() -> None:
    plans, known = hand_written()
    found = trace(plans, ["the sample", "a later plan"])
    sure = {pair.new_ref for pair, how in known.items() if how == CERTAIN}
    said = linked(found)
    hit = {pair.new_ref for pair in said if known.get(pair) == CERTAIN}
    counts = Counter(known.get(pair, "not on the list") for pair in said)
    nearby = {n.new.milestone.ref for n in found.near}
    print(f"A later plan, written by hand: {len(plans[1].milestones)} milestones")
    print(f"  came from an earlier one: {len(sure)}, linked with it: {len(hit)}")
    print(f"  of the rest possible: {len((sure - hit) & nearby)}")
    print(f"  links: {len(said)}, {dict(counts)}")


def _other_council() -> None:
    """No link between two councils' plans can be right, though both may be about one subject."""
    for path in REAL.glob("004_*"):
        other = load_plan(path)
        for year, plan in zip(YEARS, real_plans(), strict=True):
            found = trace([plan, other], [year, "another council"])
            surest = max((link.confidence for link in found.links), default=0.0)
            print(
                f"  {year} and another council's plan: {len(found.links)} links, the surest {surest:.2f}"
            )


def _generated_figures() -> None:
    print("Generated chains, ten of each")
    print("  words that are others   went on  found   links  right  else in the theme")
    for share in (0.0, 0.2, 0.4, 0.6, 0.8):
        s = measure(share, range(10))
        print(
            f"  {share:21.0%}   {s.went_on:7} {s.found / s.went_on:6.0%} {s.links:7} "
            f"{s.right / s.links:6.0%} {s.same_theme / s.links:17.0%}"
        )


def _times() -> None:
    from benchmarks.plans import write_plan

    with tempfile.TemporaryDirectory() as folder:
        plans = []
        for seed in range(4):
            path = Path(folder) / f"{seed}.xlsx"
            write_plan(path, 1_000, seed=seed)
            plans.append(load_plan(path))
    began = perf_counter()
    found = trace(plans, ["1", "2", "3", "4"])
    print(
        f"Four generated plans of 1,000 milestones: {perf_counter() - began:.1f} s, {len(found.links):,} links"
    )


def main() -> int:
    """Print every figure."""
    _real_figures()
    _other_council()
    _hand_written_figures()
    _generated_figures()
    _times()
    return 0


if __name__ == "__main__":
    sys.exit(main())
