"""Plans of several years beside each other: what was carried, what was dropped, what comes back, how sure."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agsxl import shapes, years
from agsxl.ancestry import CERTAIN, POSSIBLE, Became, Ending, Lineage, LinkedBy, subjects_of, trace
from agsxl.errors import SourceError
from agsxl.plan import Milestone, Plan, Where
from agsxl.report.lineage import write_lineage
from agsxl.screen.lineage import show_lineage
from agsxl.settings import Settings
from agsxl.statuses import read_status
from benchmarks.lineage import (
    CERTAIN as READ_AS_CERTAIN,
)
from benchmarks.lineage import (
    YEARS,
    hand_written,
    linked,
    make_chain,
    measure,
    read_list,
    real_plans,
    together,
)
from tests.plans import SAMPLE

# What else stands in a plan: with these, the words of a case are as rare as in a real one. No plan has
# anything like the others'.
COMPANY = {
    "X": (
        "Cemetery fees compared with those of neighbours", "Skips ordered for the depot at Harbour Road",
        "Parking permits issued online", "Allotment tenancies renewed", "Sandbags stored before the winter",
        "Bus shelters repainted", "Museum opening hours extended", "Pest treatments booked by telephone",
    ),
    "Y": (
        "Taxi drivers examined on local geography", "Beach cleaned after storms", "Tree preservation maps scanned",
        "Leisure centre roof insulated", "Dog bins emptied twice weekly", "Wedding venues licensed",
        "Market stalls wired for electricity", "Litter counted along two streets",
    ),
    "Z": (
        "Play areas fenced", "Flower beds sown with poppies", "Crematorium burner relined", "Choir hired for the gala",
        "Subway lamps replaced", "Milestone stones cast in bronze", "Hedgehog tunnels dug", "Snow ploughs greased",
    ),
}  # fmt: skip


def plan(*lines: str, mark: str = "X", company: int = 8) -> Plan:
    """``"A1: Train staff"``, "< A0" behind it for a Previous Ref, "= Complete" for a status,
    "@ Theme" for a theme; and so many milestones for company."""
    found = []
    for line in (
        *lines,
        *(f"{mark}{n}: {words}" for n, words in enumerate(COMPANY[mark][:company])),
    ):
        rest, _, theme = line.partition(" @ ")
        rest, _, status = rest.partition(" = ")
        rest, _, previous = rest.partition(" < ")
        ref, _, words = rest.partition(":")
        found.append(
            Milestone(
                ref.strip(), milestone=words.strip(), theme=theme.strip(),
                previous_ref=previous.strip(), status=read_status(status.strip()),
            )
        )  # fmt: skip
    return Plan(tuple(found))


def alone(*lines: str) -> Plan:
    return plan(*lines, company=0)


def links(found: Lineage) -> list[str]:
    """The links of what is not there for company: "A1 > B1 words"."""
    return [
        f"{k.old.milestone.ref} > {k.new.milestone.ref} {k.by}"
        for k in found.links
        if k.old.milestone.ref[0] not in "XYZ"
    ]


def near(found: Lineage) -> list[str]:
    return [
        f"{n.old.milestone.ref} ~ {n.new.milestone.ref}"
        for n in found.near
        if not {n.old.milestone.ref[0], n.new.milestone.ref[0]} & set("XYZ")
    ]


def of_two(old: Sequence[str], new: Sequence[str]) -> Lineage:
    return trace([plan(*old, mark="X"), plan(*new, mark="Y")], ["old", "new"])


# -- two plans -----------------------------------------------------------------------------------

LONE = "Policy on lone working reviewed and approved by Cabinet"
WHISTLE = "Policy on whistleblowing reviewed and approved by Cabinet"
CREWS = "e-learning taken by harbour pilots, lock keepers and ferry crews"
CASES = [
    # what it is about; the old plan, the new plan; the links
    ("unchanged", ["A1: Quay wall rebuilt"], ["A1: Quay wall rebuilt"], ["A1 > A1 ref"]),
    ("renumbered", ["A1: Quay wall rebuilt"], ["B7: Quay wall rebuilt"], ["A1 > B7 words"]),
    ("reworded", ["A1: Quay wall rebuilt by the end of May"], ["B7: By the end of May the quay wall is rebuilt"],
     ["A1 > B7 likeness"]),
    ("the plan says what it was called", ["A1: Quay wall rebuilt"], ["B7: Ferry timetable published < A1"],
     ["A1 > B7 previous ref"]),
    ("and its words agree", ["A1: Quay wall rebuilt"], ["B7: Quay wall rebuilt < A1"], ["A1 > B7 previous ref"]),
    ("it leads also where another is more like it", ["A1: Quay wall rebuilt", "A2: Quay walls of both harbours rebuilt"],
     ["B7: Quay walls of both harbours rebuilt soon < A1"], ["A1 > B7 previous ref", "A2 > B7 matter"]),
    ("but not against the very words of another", ["A1: Ferry timetable published", "A2: Quay wall rebuilt"],
     ["B7: Quay wall rebuilt < A1"], ["A2 > B7 words"]),
    ("of which of two it was called so", ["A1: Quay wall rebuilt"], ["B7: Ferry timetable < A1", "B8: Bridge painted < A1"], []),
    ("two were called so", ["A1: Quay wall rebuilt", "A1: Ferry timetable"], ["B7: Bridge painted < A1"], []),
    ("no news: the old plan's column said so already", ["A1: Quay wall rebuilt", "A2: Bridge painted < A1"],
     ["A2: Ferry timetable printed < A1"], []),
    ("no milestone was called so", ["A1: Quay wall rebuilt"], ["B7: Ferry timetable printed < A9"], []),
    ("alike as a whole, about another subject", [f"A1: {LONE}"], [f"B1: {WHISTLE}"], []),
    ("alike as a whole, about another thing", ["A1: Annual report on the museum to the Cabinet in June"],
     ["B1: Annual report on the ferry to the Cabinet in June"], []),
    ("most words the same, about another subject", [f"A1: Fraud {CREWS}"], [f"B1: GDPR {CREWS}"], []),
    ("the same subject in other words", ["A1: Constitution reviewed with the working group"],
     ["B1: Changes to the Constitution put to full Council"], ["A1 > B1 matter"]),
    ("a subject by its other names", ["A1: Gaps in data protection closed"], ["B1: Staff are ready for the GDPR"],
     ["A1 > B1 matter"]),
    ("split", ["A1: Constitution reviewed"], ["B1: Constitution adopted", "B2: Summary of the Constitution printed"],
     ["A1 > B1 matter", "A1 > B2 matter"]),
    ("joined", ["A1: Fraud awareness week held", "A2: Anti-bribery statement signed"], ["B1: Fraud and bribery e-learning"],
     ["A1 > B1 matter", "A2 > B1 matter"]),
    ("one for members, the other for staff", ["A1: Code of conduct training for employees"],
     ["B1: New code of conduct for councillors"], []),
    ("a broad subject alone", ["A1: Procurement training held"], ["B1: Procurement savings counted"], []),
    ("a broad subject in the same rare words", ["A1: Performance dashboard live on the intranet"],
     ["B1: Performance dashboards in every lift"], ["A1 > B1 matter"]),
    ("to whom both go", ["A1: Quay charter approved by the Audit and Standards Committee"],
     ["B1: Ferry fares seen by the Audit and Standards Committee"], []),
    ("to whom both go, in small letters", ["A1: Quay charter approved by audit and governance committee, with trade unions"],
     ["B1: Ferry fares brought to audit and governance committee with trade unions"], []),
    ("a committee that is itself the matter", ["A1: Terms of reference of the Harbour Lights Committee rewritten"],
     ["B1: Harbour Lights Committee wound up, terms of reference kept"], ["A1 > B1 likeness"]),
    ("two broad subjects", ["A1: Procurement savings tracked, complaints logged"],
     ["B1: Complaints system bought through procurement portal"], ["A1 > B1 matter"]),
    ("only general words", ["A1: New policy reviewed, training for all staff"],
     ["B1: Review the training of staff in the new policy on quays"], []),
    ("rare words", ["A1: Lighthouse keeper's cottage at Gull Point let to tenants"],
     ["B1: Consider the lighthouse cottage at Gull Point, with its tenants"], ["A1 > B1 matter"]),
    ("rare words that two of them have", ["A1: Lighthouse cottage at Gull Point let"],
     ["B1: Gull Point: see to the lighthouse, then its cottage, by night", "B2: Cottage or lighthouse? Visitors of Gull Point are asked"],
     ["A1 > B1 matter", "A1 > B2 matter"]),
    ("one rare word", ["A1: Lighthouse repainted in white"], ["B1: Visits to the lighthouse offered on Sundays"], []),
    ("what only the theme says", ["A1: Awareness week held @ Low awareness of fraud"], ["B1: Fraud e-learning live"], []),
    ("a theme, and no words", ["A1: Fraud e-learning live"], ["B1: @ Low awareness of fraud"], []),
    ("no words", ["A1:"], ["B1:"], []),
    ("words that say nothing", ["A1: This is what it was"], ["B1: What it was is this"], ["A1 > B1 likeness"]),
    ("nothing", [], [], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("_about", "old", "new", "expected"), CASES, ids=lambda c: c if isinstance(c, str) else ""
)
def test_what_is_linked_between_two_plans(_about, old, new, expected):
    found = of_two(old, new)
    assert links(found) == expected
    for link in found.links:
        assert 0 < link.confidence <= 1
        assert link.by is not LinkedBy.MATTER or link.confidence >= CERTAIN
    linked_on = {k.old.milestone.ref for k in found.links}
    assert [d.seen.milestone.ref for d in found.dropped if d.seen.milestone.ref[0] != "X"] == [
        m.ref for m in plan(*old, company=0).milestones if m.ref not in linked_on
    ]


NEAR = [
    ("one for members, the other for staff", "A1: Code of conduct training for employees", "B1: New code of conduct for councillors"),
    ("a broad subject alone", "A1: Procurement training held", "B1: Procurement savings counted"),
    ("what only the theme says", "A1: Awareness week held @ Low awareness of fraud", "B1: Fraud e-learning live"),
    ("alike as a whole, about another subject", f"A1: {LONE}", f"B1: {WHISTLE}"),
]  # fmt: skip


@pytest.mark.parametrize(("_about", "old", "new"), NEAR)
def test_what_is_near_is_named_and_not_counted(_about, old, new):
    found = of_two([old], [new])
    assert near(found) == ["A1 ~ B1"]
    (only,) = (d for d in found.dropped if d.seen.milestone.ref == "A1")
    assert only.nearest is not None
    assert only.nearest.new.milestone.ref == "B1"
    assert POSSIBLE <= only.nearest.confidence < CERTAIN
    assert found.matters == ()
    assert "B1" in [seen.milestone.ref for seen in found.added]


def test_a_theme_that_many_share_says_little_of_each():
    """The subject of a theme stands for its milestones less, the more of them there are."""
    few = of_two(["A1: Awareness week held @ Fraud"], ["B1: Fraud e-learning live"])
    shared = [f"A{n}: {words} @ Fraud" for n, words in enumerate(COMPANY["Z"], 1)]
    many = of_two(shared, ["B1: Fraud e-learning live"])
    assert near(few) == ["A1 ~ B1"]
    assert near(many) == []


def test_how_sure_a_link_is():
    def sure(old: list[str], new: list[str]) -> list[float]:
        return [k.confidence for k in of_two(old, new).links]

    assert sure(["A1: Quay wall rebuilt"], ["A1: Quay wall rebuilt"]) == [1.0]
    assert sure(["A1: Quay wall rebuilt"], ["B1: Quay wall rebuilt"]) == [0.95]
    assert sure(["A1: Quay wall rebuilt"], ["B1: Quay wall rebuilt < A1"]) == [0.97]
    assert sure(["A1: Quay wall rebuilt"], ["B1: Ferry timetable < A1"]) == [0.9]
    (subject,) = sure(["A1: Constitution reviewed"], ["B1: Constitution adopted"])
    (more,) = sure(
        ["A1: Constitution reviewed in Harbour House"], ["B1: Harbour House and the Constitution"]
    )
    assert CERTAIN <= subject < more < 0.9
    # A phrase tells more than its words apart.
    old = "A1: Gull Point Lighthouse opened to visitors"
    (apart,) = sure([old], ["B1: Lighthouse tickets for a point on which any gull lands"])
    (phrase,) = sure([old], ["B1: Tickets for a gull that lands on any Point Lighthouse"])
    assert apart < phrase
    # However much it shares, a matter is less sure than what a plan says itself.
    much = "lantern gull seal tower harbour quay ferry bridge pilot anchor buoy tide"
    (most,) = sure(
        [
            f"A1: {much} and sixteen cormorants upon lonely cliffs watching smugglers unload brandy kegs quietly"
        ],
        [
            f"B1: whenever eleven widows gathered beneath yellow awnings selling pickled herring cheaply near {much}"
        ],
    )
    assert most == 0.89


def test_what_is_much_less_sure_than_the_best_is_no_part_of_a_split():
    old = [
        "A1: Harbour Board at Gull Point hears of the Constitution before anybody else",
        "A2: Keepers of lanterns on Quill Tower read the Constitution aloud",
    ]
    new = [
        "B1: Constitution: after three rewrites, next steps of the Harbour Board, Gull Point",
        "B2: Quill Tower is where lantern keepers, their mates and apprentices argue about the Constitution",
    ]
    found = of_two(old, new)
    assert links(found) == ["A1 > B1 matter", "A2 > B2 matter"]
    # By itself each of the others would do.
    assert links(of_two(old[:1], new[1:])) == ["A1 > B2 matter"]


def test_of_what_is_near_the_best_is_named_for_each():
    found = of_two(
        ["A1: Procurement training held", "A2: Procurement guide printed"],
        ["B1: Procurement savings counted", "B2: Procurement portal bought"],
    )
    assert len(near(found)) == 3  # of the four, the last would tell nothing new of either


def test_a_subject_that_the_plan_is_full_of_tells_little():
    old = ["A1: Constitution reviewed by the harbour master"]
    many = [f"B{n}: Constitution, {words}" for n, words in enumerate(COMPANY["Z"] * 2)]
    assert links(of_two(old, many)) == []
    assert links(of_two(old, many[:2])) == ["A1 > B0 matter", "A1 > B1 matter"]


def test_a_word_that_the_plan_is_full_of_tells_little():
    rest = [f"C{n}: street{n}a street{n}b street{n}c" for n in range(80)]
    old = [
        f"A{n}: {words}, stored in Gull House" for n, words in enumerate((COMPANY["X"] * 2)[:12])
    ]
    new = ["B1: Snow ploughs greased, and stored in Gull House"]
    assert links(of_two([*old, *rest], new)) == []  # 12 of a hundred have it
    assert links(of_two([*old[:1], *rest], new)) == ["A0 > B1 matter"]


def test_which_of_several_that_are_as_like_it_became_is_not_said():
    wall = "Harbour wall at {} Street mended and painted by the contractor"
    old = [f"A1: {wall.format('Quay')}"]
    new = [f"B{n}: {wall.format(name)}" for n, name in enumerate(("Ferry", "Gull"))]
    assert links(of_two(old, new[:1])) == ["A1 > B0 likeness"]
    assert links(of_two(old, new)) == ["A1 > B0 matter", "A1 > B1 matter"]
    # But the very words are the very words, though two milestones have them.
    same = ["A1: Harbour wall mended", "A2: Harbour wall mended"]
    assert len(links(of_two(same, [line.replace("A", "B") for line in same]))) == 2


def test_a_ref_says_something_only_where_refs_are_kept():
    kept = ["A1: Quay wall rebuilt", "A2: Ferry timetable printed", "A3: Bridge painted"]
    old, new = [*kept, "A4: Harbour master appointed"], [*kept, "A4: Somebody is in post"]
    assert links(of_two(old, new)) == [f"A{n} > A{n} ref" for n in (1, 2, 3, 4)]
    assert of_two(old, new).links[3].confidence >= CERTAIN
    # Two are not enough to say so.
    assert "A4 > A4 ref" not in links(of_two(old[1:], new[1:]))
    # Nor where many were renumbered: those under B were.
    more = ["B1: Lanterns lit", "B2: Pier sold to the highest bidder"]
    moved = ["C1: Lanterns lit", "C2: Pier sold to the highest bidder"]
    more += ["A5: Sails mended", "A6: Ropes coiled"]
    moved += ["A5: Sails mended", "A6: Ropes coiled"]
    assert "A4 > A4 ref" in links(of_two([*old, *more[1:]], [*new, *moved[1:]]))
    assert "A4 > A4 ref" not in links(of_two([*old, *more], [*new, *moved]))


def test_a_ref_does_not_outweigh_that_each_is_about_another_subject():
    kept = ["A1: Quay wall rebuilt", "A2: Ferry timetable printed", "A3: Bridge painted"]
    old = [*kept, "A4: Review the whistleblowing policy", "A5: Harbour master appointed"]
    new = [*kept, "A4: Review the anti-fraud policy", "A5: Somebody is in post"]
    assert links(of_two(old, new)) == [f"A{n} > A{n} ref" for n in (1, 2, 3, 5)]


def test_what_is_for_staff_did_not_become_what_is_for_members_however_like_the_words_are():
    # alike as a whole, under another Ref
    staff, members = "Employees trained in juggling", "Councillors trained in juggling"
    found = of_two([f"A1: {staff}"], [f"B1: {members}"])
    assert links(found) == [] and near(found) == ["A1 ~ B1"]
    # and where Refs are kept, and the words are others
    kept = ["A1: Quay wall rebuilt", "A2: Ferry timetable printed", "A3: Bridge painted"]
    old, new = [*kept, "A4: Handbook for staff"], [*kept, "A4: Councillors away day"]
    assert links(of_two(old, new)) == [f"A{n} > A{n} ref" for n in (1, 2, 3)]


def test_where_numbers_differ_it_is_never_as_sure_as_what_the_plan_says():
    old, other = "A1: Phase 1 of the harbour works", "A1: Phase 2 of the harbour works"
    (link,) = of_two([old], [other]).links
    assert link.by is LinkedBy.REF and link.confidence == 0.89  # _MOST
    assert link.shared == ("phase", "harbour works")  # "phase 2" stands in one of them only
    (link,) = of_two([old], ["A1: The phase 1 of harbour works"]).links
    assert link.confidence > 0.89
    assert link.shared == ("phase 1 of harbour works",)


def test_what_other_plans_kept_says_nothing_of_these_two():
    first = [f"A{n}: {words}" for n, words in enumerate(COMPANY["Z"], 1)]
    third = [*first[:2], "A4: Somebody is in post"]
    found = of_three(first, [*first[:2], "A4: Harbour master appointed"], third)
    assert "A4 > A4 ref" not in links(found)


def test_what_became_of_each():
    found = of_two(
        ["A1: Quay wall rebuilt", "A2: Ferry timetable printed", "A3: Bridge painted in green by May",
         "A4: Constitution reviewed", "A5: Fraud week held", "A6: Anti-bribery statement signed"],
        ["A1: Quay wall rebuilt", "B2: Ferry timetable printed", "A3: By May the bridge is painted in green",
         "B4: Constitution adopted", "B5: The Constitution explained", "B6: Fraud and bribery e-learning"],
    )  # fmt: skip
    became = {f"{k.old.milestone.ref} > {k.new.milestone.ref}": k.became for k in found.links}
    both = (Became.RENUMBERED, Became.REWORDED)
    assert became == {
        "A1 > A1": (Became.UNCHANGED,),
        "A2 > B2": (Became.RENUMBERED,),
        "A3 > A3": (Became.REWORDED,),
        "A4 > B4": (*both, Became.SPLIT),
        "A4 > B5": (*both, Became.SPLIT),
        "A5 > B6": (*both, Became.JOINED),
        "A6 > B6": (*both, Became.JOINED),
    }


def test_what_is_somewhere_already_is_in_a_second_place_only_if_that_is_sure():
    old = ["A1: Constitution reviewed by the harbour group"]
    carried = "B1: Constitution reviewed by the harbour group"
    assert links(of_two(old, [carried, "B2: Constitution printed"])) == ["A1 > B1 words"]
    sure = "B2: Constitution explained, reviewed again by the harbour group"
    assert links(of_two(old, [carried, sure])) == ["A1 > B1 words", "A1 > B2 matter"]


def test_the_words_that_both_share():
    def shared(old: str, new: str) -> tuple[str, ...]:
        (only,) = (k for k in of_two([f"A1: {old}"], [f"B1: {new}"]).links)
        return only.shared

    assert shared(
        "Harbour lights and the Constitution", "The constitution, new harbour lights, and staff"
    ) == ("constitution", "harbour lights")
    # The subject alone, where different words name it and the rest is general.
    assert shared("GDPR policy in place", "Data protection policy in place") == ("data protection",)
    # A long run of words is cut.
    boats = "Regatta of rowing boats, skiffs, dinghies, punts, canoes and rafts"
    assert shared(boats, boats) == ("regatta of rowing boats, skiffs, dinghies, punts",)


# -- several plans -------------------------------------------------------------------------------


def of_three(first: Sequence[str], second: Sequence[str], third: Sequence[str]) -> Lineage:
    plans = [plan(*first, mark="X"), plan(*second, mark="Y"), plan(*third, mark="Z")]
    return trace(plans, ["2015", "2016", "2017"])


def test_what_skips_a_plan_and_returns():
    found = of_three(
        ["A1: Constitution reviewed"], [], ["C1: Full Council adopts its new Constitution"]
    )
    assert links(found) == ["A1 > C1 matter"]
    assert Became.RETURNED in found.links[0].became
    (matter,) = found.matters
    assert (matter.called, matter.plans) == ("constitution", (0, 2))
    words = of_three(["A1: Quay wall rebuilt"], [], ["C1: Quay wall rebuilt"])
    assert links(words) == ["A1 > C1 words"]
    assert Became.RETURNED in words.links[0].became


def test_a_link_over_a_plan_is_made_only_where_nothing_there_stands_between():
    found = of_three(
        ["A1: Constitution reviewed"],
        ["B1: Draft of the Constitution seen by officers"],
        ["C1: Full Council adopts its new Constitution"],
    )
    assert links(found) == ["A1 > B1 matter", "B1 > C1 matter"]
    (matter,) = found.matters
    assert [seen.milestone.ref for seen in matter.seen] == ["A1", "B1", "C1"]
    # What became something else as a whole goes on from there.
    carried = of_three(
        ["A1: Quay wall rebuilt"], ["B1: Quay wall rebuilt"], ["C1: Quay wall rebuilt"]
    )
    assert links(carried) == ["A1 > B1 words", "B1 > C1 words"]
    moved_on = of_three(
        ["A1: Constitution reviewed by the Harbour Board at Gull Point"],
        ["B1: Ferry timetable < A1"],
        ["C1: Harbour Board: the new Constitution, seen from Gull Point"],
    )
    assert links(moved_on) == ["A1 > B1 previous ref"]


def test_what_stands_in_the_plan_between_by_its_matter_is_not_called_back():
    found = of_three(
        ["A1: Constitution reviewed"],
        ["B1: Draft of the Constitution seen by officers"],
        ["C1: Constitution reviewed"],
    )
    assert links(found) == ["A1 > B1 matter", "A1 > C1 words", "B1 > C1 matter"]
    assert found.links[1].became == (Became.RENUMBERED,)


def test_a_milestone_that_came_from_the_plan_between_is_not_linked_over_it():
    found = of_three(
        ["A1: Constitution reviewed by the Harbour Board at Gull Point"],
        ["B1: Ferry timetable"],
        ["C1: Harbour Board: the new Constitution, seen from Gull Point < B1"],
    )
    assert links(found) == ["B1 > C1 previous ref"]


def test_two_matters_stay_two_though_one_milestone_is_about_both():
    found = of_three(
        ["A1: Constitution reviewed", "A2: Fraud week held"],
        ["B1: Fraud chapter of the Constitution written"],
        ["C1: Full Council adopts its new Constitution", "C2: Fraud e-learning"],
    )
    assert {m.called: [s.milestone.ref for s in m.seen] for m in found.matters} == {
        "constitution": ["A1", "B1", "C1"],
        "anti-fraud": ["A2", "B1", "C2"],
    }


def test_a_matter_says_where_it_stands_how_long_and_how_it_ended():
    def dated(made: Plan, day: date) -> Plan:
        return replace(made, reference=day)

    plans = [
        dated(plan("A1: Constitution reviewed = Complete"), date(2015, 12, 31)),
        dated(plan("B1: Draft of the Constitution seen by officers = On target", "B2: Constitution printed = Complete", mark="Y"), date(2017, 3, 31)),
        dated(plan("C1: Full Council adopts its new Constitution = Complete", mark="Z"), date(2019, 4, 1)),
    ]  # fmt: skip
    found = trace(plans, ["a", "b", "c"])
    assert [stage.year for stage in found.plans] == ["2015/16", "2016/17", "2019/20"]
    (matter,) = found.matters
    assert (matter.called, matter.plans, matter.years) == ("constitution", (0, 1, 2), 5)
    assert matter.ending is Ending.FINISHED
    (of_two_plans,) = trace(plans[:2]).matters
    assert (of_two_plans.years, of_two_plans.ending) == (2, Ending.OPEN)
    no_status = trace([plans[0], dated(plan("D1: Constitution", mark="Y"), date(2018, 1, 1))])
    assert no_status.matters[0].ending is Ending.UNKNOWN
    # A year that is not known makes no number of years, nor do years in the wrong order.
    assert trace([plans[1], plans[0]]).matters[0].years is None
    assert trace([replace(plans[0], reference=None), plans[1]]).matters[0].years is None


def test_the_longest_matter_comes_first():
    found = of_three(
        ["A1: Constitution reviewed", "A2: Bridge painted", "A3: Lone working policy"],
        ["B2: Bridge painted", "B3: Fraud week"],
        [
            "C1: Full Council adopts its new Constitution",
            "C2: Bridge painted",
            "C3: Fraud e-learning",
        ],
    )
    assert [(m.called, len(m.plans)) for m in found.matters] == [
        ("Bridge painted", 3), ("constitution", 2), ("anti-fraud", 2),
    ]  # fmt: skip


def test_the_weakest_link_says_how_sure_a_matter_is():
    found = of_three(
        ["A1: Constitution reviewed at Gull Point"],
        ["B1: Constitution reviewed at Gull Point"],
        ["C1: Full Council adopts its new Constitution"],
    )
    (matter,) = found.matters
    strong, weak = (k.confidence for k in found.links)
    assert matter.confidence == weak < strong


def test_a_year_in_settings_is_believed_before_the_dates():
    old = replace(plan(), reference=date(2016, 1, 1))
    new = replace(plan(mark="Y"), reference=date(2016, 1, 1), settings=Settings(year="2017/18"))
    found = trace([old, new], ["old.xlsx", "new.xlsx"])
    assert [(s.year, s.stated) for s in found.plans] == [("2015/16", False), ("2017/18", True)]
    assert [s.called for s in found.plans] == ["old.xlsx (2015/16)", "new.xlsx (2017/18)"]


# -- what was dropped -------------------------------------------------------------------------------


def test_what_was_dropped_is_said_with_how_it_was_left():
    old = plan("A1: Quay wall rebuilt = Complete", "A2: Bridge painted = Slipped", "A3: Ferry stop moved",
               "A4: Lanterns lit = Purple", "A5: Pier sold = Cancelled", "A6: Tug hired = On target")  # fmt: skip
    said = {
        "A3": "Completed. See the minutes.",
        "A2": "Completed. Nearly.",
        "A4": "Weekly monitoring by the harbour board continues.",
    }
    old = Plan(tuple(m._replace(comments=said.get(m.ref, "")) for m in old.milestones))
    found = trace([old, plan("B6: Tug hired", mark="Y")])
    assert [
        (d.seen.milestone.ref, str(d.ending), d.said)
        for d in found.dropped
        if d.seen.milestone.ref[0] == "A"
    ] == [
        ("A2", "open", ""),
        ("A3", "not known", "Completed"),
        ("A4", "not known", ""),
        ("A1", "finished", ""),
        ("A5", "finished", ""),
    ]


def test_what_is_dropped_while_its_matter_goes_on_says_so():
    found = of_two(
        ["A1: Code of conduct training for staff = On target", "A2: Code of conduct reviewed"],
        ["B1: Code of conduct for councillors"],
    )
    assert links(found) == ["A2 > B1 matter"]
    (only,) = (d for d in found.dropped if d.seen.milestone.ref == "A1")
    assert only.matter is None  # it was in no matter: it is only near
    chain = of_three(
        ["A1: Code of conduct reviewed"],
        ["B1: Code of conduct training for staff = On target", "B2: Code of conduct printed"],
        ["C1: Code of conduct for councillors"],
    )
    (dropped,) = (d for d in chain.dropped if d.seen.milestone.ref == "B1")
    assert dropped.matter is not None
    assert (dropped.matter.called, dropped.matter.plans) == ("code of conduct", (0, 1, 2))
    assert near(chain) == []  # what stands in one matter is not possible only
    ended = of_three(
        ["A1: Constitution reviewed"], ["B1: Every household is sent the Constitution"], []
    )
    (last,) = (d for d in ended.dropped if d.seen.milestone.ref == "B1")
    assert (last.matter, len(ended.matters)) == (None, 1)


def test_nothing_is_near_to_what_was_finished_where_the_other_came_from_something_else():
    old = ["A1: Procurement guide printed = Complete", "A2: Procurement portal bought = On target"]
    new = ["B2: Procurement portal bought < A2"]
    assert near(of_two(old, new)) == []
    still_open = [old[0].replace("Complete", "Slipped"), old[1]]
    assert near(of_two(still_open, new)) == ["A1 ~ B2"]


# -- what should be known before the rest is believed ----------------------------------------------

AT = {year: date(year, 6, 1) for year in (2015, 2016)}
SAYS = [
    # old, new -> the note
    (replace(plan(), reference=AT[2016]), replace(plan(mark="Y"), reference=AT[2015]),
     "b is given after a, but is of the year 2015/16, by its dates, and a of 2016/17: give the oldest plan first."),
    (replace(plan(), settings=Settings(year="2016/17")), replace(plan(mark="Y"), settings=Settings(year="2015/16")),
     "b is given after a, but is of the year 2015/16, and a of 2016/17: give the oldest plan first."),
    (alone("A1: Quay wall rebuilt = Complete", "A2: Bridge painted"), alone("A1: Quay wall rebuilt = Complete"),
     "How these milestones ended is not known, because they have no status that can be read: 1 of 2 in a."),
    (alone("A1: Quay wall rebuilt"), replace(alone("A1: Quay wall rebuilt"), reference=AT[2015]),
     "Which year these are of is not known, because they have no certain dates: a."),
    (alone("A1: Quay wall rebuilt"), Plan(()), "Without any milestone: b."),
    (plan(), plan(mark="Y"), "Nothing could be linked between a and b."),
    (plan("A1: Constitution drafted"), plan("B1: Every household is sent the Constitution", mark="Y"),
     "No milestone is in the same words, or in like ones, in both of these; what links them is only what they are about: a and b."),
    (replace(plan(), settings=Settings(council="Wexcombe Borough Council")),
     replace(plan(), settings=Settings(council="Upper Sedge District Council")),
     "These are plans of different councils: Upper Sedge District Council, Wexcombe Borough Council."),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "note"), SAYS, ids=[each[2][:30] for each in SAYS])
def test_notes(old, new, note):
    assert note in trace([old, new], ["a", "b"]).notes


def test_where_there_is_nothing_to_note_there_is_no_note():
    year = Settings(year="2015/16", council="Wexcombe Borough Council")
    whole = replace(alone("A1: Quay wall rebuilt = Complete"), settings=year)
    assert trace([whole, whole], ["a", "b"]).notes == ()


def test_names():
    twice = trace([plan(), plan()], ["plan.xlsx", "plan.xlsx"])
    assert [s.name for s in twice.plans] == ["plan.xlsx (plan 1)", "plan.xlsx (plan 2)"]
    assert [s.name for s in trace([plan(), plan()]).plans] == ["(plan 1)", "(plan 2)"]
    named = trace([replace(plan(), file="old.csv"), replace(plan(), file="new.csv")])
    assert [s.name for s in named.plans] == ["old.csv", "new.csv"]
    with pytest.raises(ValueError, match="zip"):
        trace([plan(), plan()], ["one"])
    assert trace([]) == Lineage((), (), (), (), (), (), ())


def test_a_plan_is_called_by_its_year_where_no_other_is_of_it():
    year = [replace(plan(), reference=day) for day in (AT[2015], AT[2016], AT[2016])]
    found = trace(year, ["a", "b", "c"])
    assert [found.short(n) for n in range(3)] == ["2015/16", "b", "c"]


def test_a_record_that_stands_twice_is_two_milestones():
    """A plan made in Python may hold one record twice, and one record may stand in two plans."""
    bridge, wall = (Milestone(f"A{n}", milestone=words, status=read_status("Slipped"))
                    for n, words in enumerate(("Bridge painted", "Quay wall rebuilt")))  # fmt: skip
    twice = Plan((bridge, bridge, wall))
    assert len(trace([twice, twice]).links) == 3
    assert [d.seen.plan for d in trace([twice, Plan((wall,)), twice]).dropped] == []
    ends = trace([Plan((bridge,)), twice, Plan(())])
    assert [(d.seen.plan, d.seen.milestone.ref) for d in ends.dropped] == [
        (1, "A0"),
        (1, "A0"),
        (1, "A1"),
    ]


# -- subjects ------------------------------------------------------------------------------------

SUBJECTS = [
    ("AGS approved; statement of accounts signed", "annual governance statement, statement of accounts"),
    ("Local Code of Corporate Governance refreshed", "local code of governance"),
    ("Register of members' interests online", "registers of interests"),
    ("Whistle-blowing and anti-money laundering", "whistleblowing, money laundering"),
    ("Corruption, bribery and fraud", "anti-fraud"),
    ("Training programme for newly elected members", "member training"),
    ("Councillor induction", "member training"),
    ("Governance of significant partnerships", "partnership governance"),
    ("Contracts register kept by contract managers", "contract management"),
    ("Purchase cards withdrawn", "purchase cards"),
    ("Budget holders trained", "budget management"),
    ("RIPA, section 106 and carbon", "surveillance, planning obligations, climate change"),
    ("Business continuity plan tested", "business continuity"),
    ("Retention schedule agreed", "records management"),
    ("DBS checks of ex-offenders", "ex-offenders"),
    ("Library of policies", "policy register"),
    # Near to a subject, and not about it.
    ("The constituency boundary", ""),
    ("Partners in crime", ""),
    ("Staff and members work together", ""),
    ("Peer on peer abuse in schools", ""),
    ("Parishioners were defrauded", ""),
    ("Continuity of care", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "names"), SUBJECTS)
def test_what_a_text_is_about(text, names):
    assert ", ".join(sorted(subjects_of(text))) == ", ".join(
        sorted(filter(None, names.split(", ")))
    )


# -- properties ------------------------------------------------------------------------------------


@st.composite
def chains(draw: Callable) -> list[Plan]:
    return make_chain(draw(st.sampled_from([0.0, 0.2, 0.5, 0.8])), draw(st.integers(0, 500))).plans


@given(chains())
@settings(max_examples=12, deadline=None)
def test_every_milestone_is_accounted_for(plans):
    found = trace(plans)
    onward = {(k.old.plan, k.old.milestone.ref) for k in found.links}
    back = {(k.new.plan, k.new.milestone.ref) for k in found.links}
    dropped = {(d.seen.plan, d.seen.milestone.ref) for d in found.dropped}
    added = {(s.plan, s.milestone.ref) for s in found.added}
    last = len(plans) - 1
    every = {(n, m.ref) for n, p in enumerate(plans) for m in p.milestones}
    assert onward | dropped == {each for each in every if each[0] < last}
    assert back | added == {each for each in every if each[0] > 0}
    assert not onward & dropped
    assert not back & added
    assert all(k.old.plan < k.new.plan and 0 < k.confidence <= 1 for k in found.links)
    assert len(linked(found)) == len(found.links)  # none twice
    assert not linked(found) & {
        (n.old.plan, n.old.milestone.ref, n.new.plan, n.new.milestone.ref) for n in found.near
    }
    for matter in found.matters:
        assert len(matter.plans) > 1
        assert matter.called
        assert list(matter.seen) == sorted(matter.seen, key=lambda s: s.plan)
    assert linked(found) <= together(found)
    groups = [{(s.plan, s.milestone.ref) for s in m.seen} for m in found.matters]
    assert not any(one < other for one in groups for other in groups)


@given(chains())
@settings(max_examples=8, deadline=None)
def test_the_same_plan_twice_is_carried_whole(plans):
    found = trace([plans[0], plans[0]])
    assert len(found.links) == len(plans[0].milestones)
    assert (found.dropped, found.added, found.near) == ((), (), ())
    assert all(k.old.milestone is k.new.milestone for k in found.links)
    assert {k.became for k in found.links} == {(Became.UNCHANGED,)}


@given(st.integers(0, 500))
@settings(max_examples=8, deadline=None)
def test_what_says_its_previous_ref_is_found_whatever_its_words(seed):
    chain = make_chain(0.8, seed)
    early, late = chain.plans[:2]
    refs = {origin: ref for ref, origin in chain.origins[0].items()}
    times = [list(chain.origins[1].values()).count(o) for o in chain.origins[1].values()]
    carried = Plan(
        tuple(
            m._replace(previous_ref=refs.get(origin, "") if count == 1 else "")
            for m, origin, count in zip(
                late.milestones, chain.origins[1].values(), times, strict=True
            )
        )
    )
    expected = {(m.previous_ref, m.ref) for m in carried.milestones if m.previous_ref}
    assert expected
    said = {
        (k.old.milestone.ref, k.new.milestone.ref): k.confidence
        for k in trace([early, carried]).links
        if k.by is LinkedBy.PREVIOUS_REF
    }
    assert set(said) == expected
    assert min(said.values()) >= 0.9


def test_how_often_it_is_right_on_generated_chains():
    """Less than docs/lineage.md says, so that chance does not make it fail; far more than by chance."""
    little, half = measure(0.2, range(4)), measure(0.4, range(4))
    assert little.found / little.went_on > 0.88
    assert little.right / little.links > 0.93
    assert half.found / half.went_on > 0.5
    assert (half.right + half.same_theme) / half.links > 0.9


def test_how_often_it_is_right_on_a_plan_written_by_hand():
    plans, known = hand_written()
    said = linked(trace(plans, ["the sample", "a later plan"]))
    sure = {pair.new_ref for pair, how in known.items() if how == READ_AS_CERTAIN}
    assert len(sure) == 40
    assert len({pair.new_ref for pair in said if known.get(pair) == READ_AS_CERTAIN}) >= 27
    assert sum(pair in known for pair in said) >= 0.87 * len(said)


# -- the real plans ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Lineage:
    return trace(real_plans(), list(YEARS))


@pytest.mark.real
def test_what_recurs_in_the_plans_of_one_council(real):
    known, pairs, links = read_list(), together(real), linked(real)
    sure = {pair for pair, how in known.items() if how == READ_AS_CERTAIN}
    assert len(sure) == 36
    assert sure <= pairs
    assert links <= set(known)  # no link that is not on the list
    assert len(pairs - set(known)) <= 2
    called = {m.called: m for m in real.matters}
    assert called["constitution"].plans == (0, 1, 3)
    assert called["anti-fraud"].plans == (0, 2, 3)
    assert called["partnership governance"].plans == (1, 2, 3)
    assert called["ex-offenders"].plans == (2, 3)
    assert (called["constitution"].years, called["constitution"].ending) == (7, Ending.FINISHED)
    assert [s.year for s in real.plans] == list(YEARS)


@pytest.mark.real
def test_what_was_dropped_from_the_plans_of_one_council(real):
    left_open = [
        (d.seen.plan, d.seen.milestone.ref) for d in real.dropped if d.ending is Ending.OPEN
    ]
    assert left_open == [
        (2, r) for r in ("1.2", "3.2", "3.5", "4.1", "6.4", "6.5", "6.6", "7.1", "7.2")
    ]
    assert {d.seen.milestone.ref for d in real.dropped if d.said} == {
        "1.3",
        "3.4",
        "6.1",
        "6.7",
        "7.3",
        "7.4",
    }


@pytest.mark.real
def test_between_two_councils_only_the_subject_can_be_the_same(real):
    from agsxl.desk import load_plan
    from benchmarks.lineage import REAL

    other = load_plan(next(REAL.glob("004_*")))
    for each in real_plans():
        found = trace([each, other])
        assert all(k.by is LinkedBy.MATTER for k in found.links)
        assert len(found.links) <= 12
        assert any("what links them is only what they are about" in n for n in found.notes)


# -- the job, the page, the shape, the workbook ------------------------------------------------------


def written(folder: Path, name: str, made: Plan) -> Path:
    """A plan as a CSV that is read as it stands."""
    rows = ["Ref\tImprovement Theme\tMilestones\tTimescale\tSMT Lead\tStatus"]
    rows += [
        f"{m.ref}\tA\t{m.milestone}\t31/12/2017\tHead of Legal\t{m.status.raw}"
        for m in made.milestones
    ]
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(rows), "utf-8")
    return path


def test_the_job(tmp_path):
    steps = []
    old = written(tmp_path / "2016", "plan.tsv", plan("A1: Constitution reviewed = Complete"))
    new = written(tmp_path / "2017", "plan.tsv", plan("B1: Constitution adopted", mark="Y"))
    found = years.lineage([old, str(new)], progress=steps.append)
    assert links(found) == ["A1 > B1 matter"]
    assert [s.name for s in found.plans] == ["2016/plan.tsv", "2017/plan.tsv"]
    assert steps[-1] == "Holding the plans beside each other"
    with pytest.raises(SourceError, match="two plans or more"):
        years.lineage([old])
    with pytest.raises(SourceError, match="There is no file"):
        years.lineage([old, tmp_path / "gone.xlsx"])


def test_a_sheet_is_asked_for_only_of_workbooks(tmp_path):
    text = written(tmp_path, "old.tsv", plan())
    assert len(years.lineage([text, SAMPLE], sheet="Improvement plan 2026-27").plans) == 2
    with pytest.raises(SourceError, match="no sheet"):
        years.lineage([text, SAMPLE], sheet="Elsewhere")


def test_a_rolled_plan_has_everything_that_was_carried(tmp_path):
    rolled = years.roll(SAMPLE, "2027/28", tmp_path / "next.xlsx", as_of=date(2027, 3, 31))
    found = years.lineage([SAMPLE, rolled.file])
    carried = {(each.ref, each.new_ref) for each in rolled.carried}
    assert carried
    assert {(k.old.milestone.ref, k.new.milestone.ref) for k in found.links} == carried
    assert min(k.confidence for k in found.links) >= 0.9
    assert found.added == ()
    assert {d.ending for d in found.dropped} == {Ending.FINISHED}


def test_texts_are_traced_without_what_is_slow_to_import(tmp_path):
    """A whole process within a second: docs/lineage.md."""
    old = written(tmp_path, "old.tsv", plan("A1: Constitution reviewed"))
    new = written(tmp_path, "new.tsv", plan("B1: Constitution adopted", mark="Y"))
    code = (
        "import sys; from agsxl.years import lineage; lineage(sys.argv[1:]);"
        "print([n for n in ('pandas', 'openpyxl', 'lxml', 'docx', 'xlsxwriter', 'jinja2') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, old, new], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def page() -> Lineage:
    """Three plans with everything in them."""
    plans = [
        plan("A1: Constitution reviewed = Complete", "A2: Bridge painted = Slipped", "A3: Procurement guide = On target",
             "A4: Fraud week held", company=2),
        plan("B1: Draft of the Constitution seen by officers = On target", "B2: Ferry stop moved = Complete", company=2, mark="Y"),
        plan("C1: Full Council adopts its new Constitution = Part complete", "C2: Procurement portal", "C3: Quay wall rebuilt", company=0, mark="Z"),
    ]  # fmt: skip
    years = ("2015/16", "2016/17", "2017/18")
    made = [
        replace(each, settings=Settings(year=year)) for each, year in zip(plans, years, strict=True)
    ]
    return trace(made, ["first.xlsx", "second.xlsx", "third.xlsx"])


def test_the_page_in_a_terminal(page):
    said = show_lineage(page)
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "ON THE PLAN FOR YEARS: 1 matter in 3 plans or more" in lines
    assert any(
        line.startswith("constitution 3 3 2015/16: A1; 2016/17: B1; 2017/18: C1 Part complete")
        for line in lines
    )
    caution = "Below 70% they share a subject or a few telling words, and no more: read them"
    assert page.matters[0].confidence < 0.7 and caution in " ".join(lines)
    same = plan("A1: Quay wall rebuilt", company=0)
    assert "Below 70%" not in show_lineage(trace([same, same], ["first", "second"]))
    assert "IN NO LATER PLAN: 2 left open, 1 finished, 5 not known how they ended" in lines
    assert "2015/16 A2 Slipped Bridge painted" in lines
    assert any(
        line.startswith("2015/16 A3 On target Procurement guide 2017/18 C2") for line in lines
    )
    assert "Finished, second.xlsx (2016/17): B2." in lines
    assert "third.xlsx (2017/18): 1 of 3 stood in an earlier plan, 2 are new." in lines
    assert "1 link: 1 about the same matter; 1 renumbered, 1 reworded." in lines
    assert any(line.startswith("POSSIBLE, AND NOT COUNTED: 1") for line in lines)
    assert said.index("ON THE PLAN FOR YEARS") < said.index("IN NO LATER PLAN")
    assert max(map(len, said.splitlines())) <= 140


def test_the_page_of_plans_in_which_nothing_recurs_or_nothing_was_dropped():
    apart = show_lineage(
        trace([alone("A1: Bridge painted"), alone("B1: Constitution")], ["a", "b"])
    )
    assert "Nothing was found that stands in two plans." in apart
    whole = show_lineage(trace([alone("A1: Bridge painted")] * 2, ["a", "b"]))
    assert "IN TWO PLANS: 1 matter" in whole
    assert "Nothing was dropped" in whole
    assert "POSSIBLE" not in whole
    assert "1 link: 1 same Ref; 1 unchanged." in whole


def test_a_long_page_says_how_much_more_there_is():
    words = [f"A{n}: {word} painted" for n, word in enumerate("abcdefghijklmnopqrstuvwxyz", 1)]
    named = [line.replace(": ", ": harbour-") + " = Slipped" for line in words]
    said = show_lineage(trace([alone(*named), alone("B1: Constitution")], ["a", "b"]))
    assert "and 11 more; '--out lineage.xlsx' lists every one." in said


def test_the_shape(page):
    shape = shapes.lineage_shape(page)
    assert list(shape) == ["plans", "matters", "links", "dropped", "added", "near", "notes"]
    assert shape["plans"][0] == {
        "name": "first.xlsx",
        "milestones": 6,
        "year": "2015/16",
        "stated": True,
    }
    (matter,) = shape["matters"]
    assert {k: v for k, v in matter.items() if k != "milestones"} == {
        "called": "constitution", "plans": [0, 1, 2], "years": 3, "confidence": page.matters[0].confidence, "ending": "open",
    }  # fmt: skip
    assert [(m["plan"], m["ref"]) for m in matter["milestones"]] == [
        (0, "A1"),
        (1, "B1"),
        (2, "C1"),
    ]
    first = shape["links"][0]
    assert (first["old"]["ref"], first["new"]["ref"], first["by"], first["became"]) == (
        "A1", "B1", "matter", ["renumbered", "reworded"],
    )  # fmt: skip
    assert first["shared"] == ["constitution"]
    dropped = {each["ref"]: each for each in shape["dropped"]}
    assert dropped["A2"]["ending"] == "open"
    assert dropped["A2"]["status"] == {"raw": "Slipped", "value": "off target"}
    assert (dropped["A2"]["nearest"], dropped["A2"]["matter"], dropped["A2"]["said"]) == (
        None,
        None,
        "",
    )
    assert dropped["A3"]["nearest"]["new"]["ref"] == "C2"
    assert shape["near"] == [dropped["A3"]["nearest"]]
    assert "C3" in [each["ref"] for each in shape["added"]]


def test_the_workbook(page, tmp_path):
    made = write_lineage(tmp_path / "lineage.xlsx", page, as_of=date(2018, 3, 31))
    book = openpyxl.load_workbook(made)
    assert book.sheetnames == ["Recurring", "Links", "Dropped", "New", "Possible"]

    def rows(name: str) -> list[dict[str, object]]:
        sheet = book[name]
        (table,) = sheet.tables.values()
        heads, *rest = ([cell.value for cell in row] for row in sheet[table.ref])
        return [dict(zip(heads, row, strict=True)) for row in rest]

    (matter,) = rows("Recurring")
    assert matter == {
        "Matter": "constitution", "Plans": 3, "Years": 3,
        "Refs in 2015/16": "A1", "Refs in 2016/17": "B1", "Refs in 2017/18": "C1",
        "How it stood in the last of them": "Open", "Status there": "Part complete",
        "In its words": "Full Council adopts its new Constitution", "Confidence": round(page.matters[0].confidence * 100),
    }  # fmt: skip
    assert [(r["Old Ref"], r["New Ref"], r["Linked by"]) for r in rows("Links")] == [
        ("A1", "B1", "About the same matter"), ("B1", "C1", "About the same matter"),
    ]  # fmt: skip
    dropped = rows("Dropped")
    assert [r["Ref"] for r in dropped][:2] == ["A2", "A3"]
    assert (dropped[0]["How it was left"], dropped[0]["Possibly now"]) == ("Open", None)
    assert (dropped[1]["Last seen in"], dropped[1]["Possibly now"]) == ("2015/16", "C2 in 2017/18")
    assert [r["Ref"] for r in rows("New")] == [s.milestone.ref for s in page.added]
    assert [(r["Old Ref"], r["New Ref"], r["What both say"]) for r in rows("Possible")] == [
        ("A3", "C2", "procurement")
    ]


def test_a_workbook_in_which_there_is_nothing(tmp_path):
    nothing = trace([alone("A1: Bridge painted")] * 2, ["a", "b"])
    book = openpyxl.load_workbook(
        write_lineage(tmp_path / "lineage.xlsx", nothing, as_of=date(2018, 3, 31))
    )
    for sheet, said in (("Dropped", "Every milestone of an earlier plan is in a later one"),
                        ("New", "Every milestone was in an earlier plan"), ("Possible", "Nothing else comes near")):  # fmt: skip
        assert said in [cell.value for row in book[sheet].iter_rows() for cell in row]


def test_texts_that_look_like_formulas_stay_texts(tmp_path):
    odd = alone("A1: =1+1 constitution", "=A2: <b>Bridge</b> painted = Slipped")
    new = alone("B1: constitution", "B2: Ferry")
    book = openpyxl.load_workbook(
        write_lineage(
            tmp_path / "lineage.xlsx", trace([odd, new], ["=a", "b"]), as_of=date(2018, 3, 31)
        )
    )
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "=1+1 constitution" in [cell.value for cell in cells]


def test_a_milestone_without_ref_or_words_is_called_by_its_row(tmp_path):
    made = Plan((Milestone(where=Where(row=7)), Milestone("A2", milestone="Bridge painted")))
    found = trace([made, made], ["a", "b"])
    assert len(found.links) == len(made.milestones)
    assert "The milestone in row" in show_lineage(found)
    write_lineage(tmp_path / "lineage.xlsx", found, as_of=date(2018, 3, 31))
