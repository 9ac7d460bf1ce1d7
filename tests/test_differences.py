"""Two plans without a common ancestor: which milestone became which, how sure, and what changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agsxl import desk
from agsxl.dates import read_target
from agsxl.differences import LIKE, NEAR, By, Differences, _candidates, diff
from agsxl.plan import Milestone, Plan
from agsxl.statuses import read_status
from tests.plans import REAL, plan_of
from tests.test_merging import milestones


def plan(*lines: str) -> Plan:
    """``"A1: Train staff"``, and "< A0" behind it for a Previous Ref."""
    found = []
    for line in lines:
        words, _, previous = line.partition("<")
        found += [m._replace(previous_ref=previous.strip()) for m in milestones(words)]
    return Plan(tuple(found))


def pairs(found: Differences) -> list[str]:
    return [f"{p.old.ref} > {p.new.ref} {p.by}" for p in found.pairs]


def refs(found: tuple[Milestone, ...]) -> str:
    return " ".join(m.ref for m in found)


TRAIN = "Train all budget holders in devolved budget management"
TRAINED = "Devolved budget management training for all budget holders"
POLICY = "Policy for lone workers approved by Cabinet"
POLICIES = "Lone workers policy to be approved by Cabinet"
REGISTER = "Contract register published"
CASES = [
    # old, new -> pairs, added, withdrawn
    (["A1: One", "A2: Two"], ["A2: Two", "A1: One"], ["A2 > A2 ref", "A1 > A1 ref"], "", ""),
    # Every Ref shifted by one: renumbered, not everything changed.
    (["A1: One", "A2: Two", "A3: Three"], ["A1: New", "A2: One", "A3: Two", "A4: Three"],
     ["A1 > A2 words", "A2 > A3 words", "A3 > A4 words"], "A1", ""),
    # ... and one of them reworded too; the Refs no longer say anything.
    ([f"A1: {REGISTER}", f"A2: {TRAIN}", f"A3: {POLICY}"], ["A1: New", f"A2: {REGISTER}", f"A3: {TRAINED}", f"A4: {POLICY}"],
     ["A1 > A2 words", "A2 > A3 likeness", "A3 > A4 words"], "A1", ""),
    # Every Ref shifted and every milestone reworded.
    ([f"A1: {TRAIN}", f"A2: {POLICY}"], [f"A1: {REGISTER}", f"A2: {TRAINED}", f"A3: {POLICIES}"],
     ["A1 > A2 likeness", "A2 > A3 likeness"], "A1", ""),
    # Where Refs still say something, a milestone may be reworded out of all likeness.
    (["A1: One", "A2: Appoint an officer"], ["A1: One", "A2: Somebody is in post"],
     ["A1 > A1 ref", "A2 > A2 ref"], "", ""),
    # Where they do not, it is another milestone; elsewhere in the plan they still do.
    (["A1: One", "A2: Two", "A3: Appoint an officer", "B1: Four"], ["A1: Two", "A2: One", "A3: Somebody is in post", "B1: Fore"],
     ["A2 > A1 words", "A1 > A2 words", "B1 > B1 ref"], "A3", "A3"),
    # The same Ref outweighs words that are only a little more like.
    ([f"A1: {TRAIN}"], ["A1: Train all budget holders in managing budgets", "A2: Train all staff and budget holders in devolved management"],
     ["A1 > A1 ref"], "A2", ""),
    # The plan says itself what it was called.
    (["A1: One", "A2: Two"], ["A1: One", "B7: Something else < A2"], ["A1 > A1 ref", "A2 > B7 previous ref"], "", ""),
    (["A1: One"], ["B7: Other < A1", "B8: Others < A1"], [], "B7 B8", "A1"),  # of which?
    (["A1: One", "A1: Two"], ["B7: Other < A1"], [], "B7", "A1 A1"),
    # What was in that column before is no news: A2 was A1 once, and is A2 still.
    (["A1: One", "A2: Two < A1"], ["A2: Quite another < A1"], ["A2 > A2 ref"], "", "A1"),
    # Nothing alike.
    ([f"A1: {TRAIN}"], [f"B1: {REGISTER}"], [], "B1", "A1"),
    (["A1:"], ["A2:"], [], "A2", "A1"),
    ([": Ref to follow"], [": Something else"], [], "", ""),
    (["A1: One", "A2: One"], ["B1: One", "B2: One"], ["A1 > B1 likeness", "A2 > B2 likeness"], "", ""),
    ([], ["A1: One"], [], "A1", ""),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]} -> {c[1]}")
def test_which_became_which(case):
    old, new, expected, added, withdrawn = case
    found = diff(plan(*old), plan(*new))
    assert pairs(found) == expected
    assert (refs(found.added), refs(found.withdrawn)) == (added, withdrawn)
    assert all(0 < p.confidence <= 1 for p in found.pairs)
    assert bool(found) == (sorted(old) != sorted(new))  # the order is no difference


def test_how_sure_a_pair_is():
    def sure(old: list[str], new: list[str]) -> list[float]:
        return [p.confidence for p in diff(plan(*old), plan(*new)).pairs]

    assert sure(["A1: One"], ["A1: One"]) == [1.0]
    assert sure(["A1: One"], ["A2: One"]) == [0.95]
    assert sure(["A1: One"], ["A2: Other < A1"]) == [0.9]
    (reworded,) = sure([f"A1: {TRAIN}"], [f"A1: {TRAINED}"])
    (rewritten,) = sure([f"A1: {TRAIN}"], [f"A1: {REGISTER}"])
    (alike,) = sure([f"A1: {TRAIN}"], [f"B1: {TRAINED}"])
    assert 1 > reworded > alike > rewritten == 0.5
    # Another that is as like halves it; one that is a little less like takes some off.
    (_, second) = sure(["A1: One", f"A2: {TRAIN}"], ["A1: One", f"B1: {TRAINED}", f"B2: {TRAINED}"])
    assert second == pytest.approx(alike / 2, abs=0.01)
    (_, clearer) = sure(
        ["A1: One", f"A2: {TRAIN}"], ["A1: One", f"B1: {TRAINED}", f"B2: {TRAINED} soon"]
    )
    assert second < clearer < alike
    # Several with one Ref and the same words, and not alike: only their order tells them apart.
    assert sure(["A1: One|x", "A1: One|y"], ["A1: One|x", "A1: One|z"]) == [1.0, 0.5]


def test_fields_that_agree_decide_between_two_that_are_as_like():
    old = milestones(f"A1: {TRAIN}")[0]._replace(outcome="Good budgets", theme="A")
    new = [m._replace(theme="A") for m in milestones(f"B1: {TRAINED}", f"B2: {TRAINED}")]
    new[1] = new[1]._replace(outcome="Good budgets")
    found = diff(Plan((old,)), Plan(tuple(new)))
    assert pairs(found) == ["A1 > B2 likeness"]
    assert refs(found.added) == "B1"


def test_what_is_not_like_enough_is_named_with_its_likeness():
    old = plan("A1: Consultation with all budget holders", f"A2: {POLICY}")
    new = plan(
        "B1: Contract register", "B2: Consult all budget holders and members on the new scheme"
    )
    found = diff(old, new)
    assert pairs(found) == []
    assert (refs(found.added), refs(found.withdrawn)) == ("B1 B2", "A1 A2")
    ((was, now, likeness),) = found.near
    assert (was.ref, now.ref) == ("A1", "B2")
    assert NEAR / 100 <= likeness < LIKE / 100


def test_the_nearest_is_the_one_whose_words_are_most_like():
    old = milestones("A1: Consultation with all budget holders")[0]._replace(theme="A", outcome="B")
    near, nearer = milestones(
        "B1: Consult all budget holders and members on the new scheme",
        "B2: Consult with many other budget people",
    )
    near = near._replace(theme="A", outcome="B", source="C")  # its fields speak for it
    old = old._replace(source="C")
    found = diff(
        Plan((old,)),
        Plan(
            (
                near,
                nearer._replace(
                    theme="Z",
                    outcome="Z",
                    source="Z",
                    member_lead="Z",
                    timescale=read_target("TBC"),
                ),
            )
        ),
    )
    assert pairs(found) == []
    assert [n.new.ref for n in found.near] == ["B2"]


def test_a_partner_that_is_taken_is_no_near_candidate():
    old = plan(
        "A1: Consultation with all budget holders",
        "A2: Consult all budget holders and members on the scheme",
    )
    found = diff(old, plan("B2: Consult all budget holders and members on the new scheme"))
    assert pairs(found) == ["A2 > B2 likeness"]
    assert (refs(found.withdrawn), found.near) == ("A1", ())


MOVES = [
    # timescale, baseline, revised of the old and of the new -> the columns that moved, by how much
    (("30/04/17", "", ""), ("30/04/2017", "", ""), []),
    (("30/04/17", "", ""), ("31/05/17", "", ""), [("timescale", 31)]),
    (("30/04/17", "", ""), ("30/04/17", "", "31/03/2018"), [("revised", 335)]),
    (("30/04/17", "", "31/03/2018"), ("30/04/17", "", "30/06/18"), [("revised", 91)]),
    (("30/04/17", "", "31/03/2018"), ("30/04/17", "", ""), [("revised", -335)]),
    (("30/04/17", "31/05/2017", ""), ("30/04/17", "31/05/2017", "30/06/17"), [("revised", 30)]),
    (("30/04/17", "", ""), ("30/04/17", "30/04/2017", ""), [("baseline", 0)]),
    (("30/04/17", "", ""), ("30/04/17", "", "June"), [("revised", None)]),
    (("TBC", "", ""), ("30/04/17", "", ""), [("timescale", None)]),
    (("TBC", "", ""), ("TBC", "", "30/04/17"), [("revised", None)]),
    (("30/04/17", "June", ""), ("30/04/17", "30/06/2017", ""), [("baseline", None)]),
]  # fmt: skip


@pytest.mark.parametrize("case", MOVES, ids=lambda c: f"{c[0]} -> {c[1]}")
def test_how_far_dates_moved(case):
    columns = ("timescale", "baseline", "revised")
    old, new = (plan_of(dict(zip(columns, side, strict=True))) for side in case[:2])
    found = diff(old, new)
    (only,) = found.pairs
    assert [(edit.column, edit.days) for edit in only.moved] == case[2]
    assert len(found.moved) == bool(case[2])


def test_what_changed_in_each_pair():
    old = plan_of({"ref": "A1", "milestone": TRAIN}, {"ref": "A2", "milestone": POLICY})
    new = plan_of(
        {"ref": "A1", "milestone": TRAINED, "status": "Complete", "comments": "All done."},
        {"ref": "A3", "milestone": POLICY, "status": "On track"},
    )
    found = diff(old, new)
    assert [[edit[:3] for edit in p.edits] for p in found.pairs] == [
        [("milestone", TRAIN, TRAINED), ("status", "On target", "Complete"),
         ("comments", "Dates are agreed with the trainer.", "All done.")],
        [("ref", "A2", "A3")],
    ]  # fmt: skip
    assert [p.new.ref for p in found.reworded] == ["A1"]
    assert [p.new.ref for p in found.renumbered] == ["A3"]
    assert [p.new.ref for p in found.changed] == ["A1", "A3"]
    assert found.moved == ()


def test_a_plan_and_itself_do_not_differ():
    same = plan_of({"ref": "A1"}, {"ref": "A2"})
    found = diff(same, plan_of({"ref": "A1"}, {"ref": "A2"}))
    assert not found
    assert (len(found.pairs), found.changed) == (2, ())


# -- generated plans ---------------------------------------------------------------------------

WORDS = (
    "budget", "policy", "register", "training", "cabinet", "audit", "risk", "review", "contract",
    "staff", "digital", "housing",
)  # fmt: skip


@st.composite
def renumbered_copy(draw: Callable) -> tuple[Plan, Plan, set[str]]:
    """A plan with a text of its own for each milestone, and a copy: renumbered, shuffled, some gone,
    some new. And the texts of those that are in both."""
    sentences = draw(
        st.lists(
            st.lists(st.sampled_from(WORDS), min_size=3, max_size=8).map(" ".join),
            unique=True, min_size=1, max_size=14,
        )
    )  # fmt: skip
    cut = draw(st.integers(0, len(sentences)))
    here, new = sentences[:cut], sentences[cut:]
    old = [Milestone(f"A{k}", milestone=text) for k, text in enumerate(here, 1)]
    stays = [text for text in here if draw(st.booleans())]
    after = draw(st.permutations([*stays, *new]))
    first = draw(st.integers(1, 5))
    copy = [Milestone(f"A{k}", milestone=text) for k, text in enumerate(after, first)]
    return Plan(tuple(old)), Plan(tuple(copy)), set(stays)


@settings(deadline=None, max_examples=300)
@given(renumbered_copy())
def test_every_milestone_that_stays_is_found_again(copied):
    old, new, stays = copied
    found = diff(old, new)
    itself = {p.old.milestone for p in found.pairs if p.old.milestone == p.new.milestone}
    assert itself == stays
    # Each stands once, as a pair or as added or withdrawn.
    assert sorted(m.ref for m in (*(p.old for p in found.pairs), *found.withdrawn)) == sorted(
        m.ref for m in old.milestones
    )
    assert sorted(m.ref for m in (*(p.new for p in found.pairs), *found.added)) == sorted(
        m.ref for m in new.milestones
    )
    for made in found.pairs:
        if made.by is By.LIKENESS:
            assert made.confidence <= 1.0
    assert diff(old, new) == found


# -- size --------------------------------------------------------------------------------------


def reworded(count: int) -> tuple[Plan, Plan]:
    """A plan, and one in which every milestone has another Ref and other words."""
    random = Random(7)
    names = [f"{random.choice(WORDS)}{random.randint(1, 60)}" for _ in range(300)]
    old, new = [], []
    for k in range(count):
        words = random.choices(names, k=random.randint(8, 14))
        old.append(Milestone(f"A{k}", milestone=" ".join(words)))
        new.append(Milestone(f"B{k}", milestone=" ".join(["agreed", *reversed(words)])))
    random.shuffle(new)
    return Plan(tuple(old)), Plan(tuple(new))


def test_a_plan_that_is_reworded_throughout_is_found_again():
    old, new = reworded(400)
    found = diff(old, new)
    assert [p.old.ref[1:] for p in found.pairs] == [m.ref[1:] for m in new.milestones]


def test_many_that_are_all_alike_are_each_paired_once():
    old = Plan(tuple(Milestone(f"A{k}", milestone=f"{TRAIN} ({k})") for k in range(60)))
    new = Plan(tuple(Milestone(f"B{k}", milestone=f"{TRAINED} ({k})") for k in range(60)))
    found = diff(old, new)
    assert len({p.old.ref for p in found.pairs}) == len(found.pairs) == 60
    assert len(_candidates(old.milestones, new.milestones, {})) <= 60 * 20  # of 60 times 60
    assert sorted(p.confidence for p in found.pairs)[40] < 0.6  # but for what was left at last


# -- a real plan -------------------------------------------------------------------------------


@pytest.mark.real
def test_a_real_plan_and_a_copy_that_was_worked_on():
    plan = desk.load_plan(REAL)
    rows = list(plan.milestones)
    assert not diff(plan, plan)
    seen = {m.milestone for m in rows}
    # The section F gets a new milestone in front: every Ref below it moves by one.
    copy = []
    for m in rows:
        if m.ref[0] == "F":
            copy.append(m._replace(ref=f"F{int(m.ref[1:]) + 1}"))
        elif m.ref != "B4":
            copy.append(m)
    first = next(i for i, m in enumerate(copy) if m.ref[0] == "F")
    copy.insert(first, Milestone("F1", milestone="Pilot the new induction with two teams"))
    done = next(i for i, m in enumerate(copy) if m.ref == "C2")
    copy[done] = copy[done]._replace(status=read_status("No longer required"))
    at = next(i for i, m in enumerate(copy) if m.ref == "A7")
    copy[at] = copy[at]._replace(milestone=copy[at].milestone + ", and report on it to members")
    Random(3).shuffle(copy)
    found = diff(plan, replace(plan, milestones=tuple(copy)))
    assert (refs(found.added), refs(found.withdrawn)) == ("F1", "B4")
    assert {p.new.ref for p in found.renumbered} == {m.ref for m in copy if m.ref[0] == "F"} - {
        "F1"
    }
    assert [p.new.ref for p in found.reworded] == ["A7"]
    assert [(p.new.ref, e.column) for p in found.changed for e in p.edits if e.column != "ref"] in (
        [("A7", "milestone"), ("C2", "status")], [("C2", "status"), ("A7", "milestone")],
    )  # fmt: skip
    assert len(seen) < len(rows)  # this plan has the same words more than once
