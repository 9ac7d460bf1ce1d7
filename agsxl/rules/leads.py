"""L: who answers for a milestone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from agsxl.plan import Milestone
from agsxl.posts import VACANT, Posting, Posts, address_fault, post_key
from agsxl.rules.engine import Context, Report, Reports, Severity, rule

_TABLE = Posts(
    (
        Posting("Head of Finance", "Ada Byrne", ends=date(2017, 1, 31)),
        Posting("Chief Executive", "Joan Hartley"),
    )
)
_AWAY = Posts(
    (
        Posting("Head of Finance", "Ada Byrne", leave_to=date(2017, 10, 31)),
        Posting("Head of Audit", "Kit Low", ends=date(2017, 1, 31), deputy="Chief Executive"),
        Posting(
            "Head of Legal", "Joan Hartley", leave_to=date(2017, 10, 31), deputy="Chief Executive"
        ),
        Posting("Chief Executive", "Rhys Moor"),
    )
)
_SHARED = Posts(
    (
        Posting("Head of Finance", "Ada Byrne"),
        Posting("Head of Finance", "Bo Day"),
        Posting("Head of Legal", "Joan Hartley", starts=date(2015, 1, 1)),
        Posting("Head of Legal", "Cy Fox", starts=date(2017, 1, 1)),
        Posting("Chief Executive", "Rhys Moor", ends=date(2017, 6, 30)),
        Posting("Chief Executive", "Mary Oake", starts=date(2017, 7, 1)),
    )
)
_ADDRESSES = Posts(
    (
        Posting("Head of Finance", "Ada Byrne"),
        Posting("Head of Legal", "Joan Hartley", "joan at wexcombe"),
        Posting("Chief Executive", "Rhys Moor", "rhys@wexcombe.example"),
    )
)
_ACTING = re.compile(r"\b(?:interim|acting|temporary)\b", re.I)


@rule(
    "L201", "missing-smt-lead", "No SMT lead", Severity.ERROR, column="smt_lead",
    bad=[{"smt_lead": ""}], good=[{"smt_lead": "Chief Executive"}],
)  # fmt: skip
def missing_smt_lead(milestone: Milestone, context: Context) -> Reports:
    """Every milestone has an SMT lead.

    Why: nobody is asked about it.
    Fix: enter the post that answers for it.
    """
    if milestone.smt_lead.posts or not context.plan.has("smt_lead"):
        return None
    return Report(f"{milestone.called} has no SMT lead, so nobody is asked about it.")


@rule(
    "L202", "lead-without-post", "Lead not in the Posts table", Severity.WARNING, column="smt_lead",
    bad=[{"smt_lead": "Head of Legal"}], good=[{"smt_lead": "chief  executive"}], posts=_TABLE,
)  # fmt: skip
def lead_without_post(milestone: Milestone, context: Context) -> Reports:
    """Where there is a Posts table, every lead is in it.

    Why: agsxl cannot tell who holds the post, nor where to send the email.
    Fix: add the post to the Posts sheet, or correct the lead's name on the plan.
    """
    if not context.posts:
        return None
    return [
        Report(f"{post!r} is not in the Posts table.", value=post)
        for post in milestone.smt_lead.posts
        if not context.posts.of(post)
    ]


@rule(
    "L203", "lead-near-miss", "Lead spelt two ways", Severity.WARNING, column="smt_lead",
    bad=[[{"smt_lead": "Head of Shared Finance"}, {"ref": "A2", "smt_lead": "Head of Shared Finance"},
          {"ref": "A3", "smt_lead": "Head of Shared Fianance"}]],
    good=[[{"smt_lead": "Interim Corporate Governance Manager"},
           {"ref": "A2", "smt_lead": "Interim Corporate Improvement Manager"}],
          [{"smt_lead": "Head of HR"}, {"ref": "A2", "smt_lead": "Head of IT"}]],
)  # fmt: skip
def lead_near_miss(context: Context) -> Iterator[Report]:
    """No lead is a misspelling of another.

    Why: the misspelt one gets a chaser list of its own, and nobody answers it.
    Fix: correct the spelling; if they are two posts, add both to the Posts sheet.
    """
    leads = context.leads
    for name, meant in near_misses({n: len(m) for n, m in leads.items()}, context.posts):
        for milestone in leads[name]:
            yield Report(
                f"{name!r} is probably {meant!r}.",
                suggestion=meant,
                milestone=milestone,
                value=name,
            )


def near_misses(uses: dict[str, int], posts: Posts) -> list[tuple[str, str]]:
    """The (misspelt, meant) pairs among names and how often each is used.

    Two names are a near miss only if a single word differs, by one slip of the keyboard (two in a
    long word), and one name is rare beside the other. Two posts of the table never are.
    """
    words = {name: re.findall(r"[\w']+", post_key(name)) for name in uses}
    buckets: dict[tuple[int, str, str], list[str]] = {}
    for name, split in words.items():
        for gap, word in enumerate(split):
            # Names that agree in all words but this one meet, if the words begin or end alike.
            rest = " ".join(split[:gap] + split[gap + 1 :])
            if rest and len(word) >= _SHORTEST and not any(c.isdigit() for c in word):
                for ending in (f"^{word[:2]}", f"{word[-2:]}$"):
                    buckets.setdefault((gap, rest, ending), []).append(name)
    found: dict[str, str] = {}
    for (gap, _, _), names in buckets.items():
        if len(names) > _MOST_ALIKE:
            continue  # hundreds of names of one pattern are no misspellings of one another
        for rare in names:
            for usual in names:
                if rare in found or uses[rare] > uses[usual] or posts.of(rare):
                    continue
                if uses[rare] == uses[usual] and not posts.of(usual):
                    continue
                if _slip(words[rare][gap], words[usual][gap]):
                    found[rare] = usual
    return list(found.items())


_SHORTEST, _MOST_ALIKE = 5, 60


def _slip(one: str, two: str) -> bool:
    from rapidfuzz.distance import OSA  # only where two leads differ in a single word

    distance = OSA.distance(one, two)
    return distance == 1 or (distance == 2 and min(len(one), len(two)) >= 8)


@rule(
    "L204", "interim-or-acting-lead", "Interim or acting lead", Severity.NOTE, column="smt_lead",
    bad=[{"smt_lead": "Interim Head of Legal"}], good=[{"smt_lead": "Head of Legal"}],
)  # fmt: skip
def interim_or_acting_lead(context: Context) -> Iterator[Report]:
    """A milestone rests on an interim or acting post.

    Why: when the interim leaves, the milestone has nobody. One line a post.
    Fix: nothing today; name the permanent post when there is one, and enter the dates on Posts.
    """
    for name, milestones in context.leads.items():
        if _ACTING.search(name):
            yield Report(
                f"{name} answers for {len(milestones)} of the plan's milestones.",
                milestone=milestones[0],
                value=name,
            )


@rule(
    "L205", "missing-member-lead", "No member lead", Severity.NOTE, column="member_lead",
    bad=[{"member_lead": ""}], good=[{"member_lead": "Leader"}],
)  # fmt: skip
def missing_member_lead(milestone: Milestone, context: Context) -> Reports:
    """Every milestone has a member lead.

    Why: no councillor is accountable for it before the committee.
    Fix: enter the portfolio.
    """
    if milestone.member_lead or not context.plan.has("member_lead"):
        return None
    return Report(f"{milestone.called} has no member lead.")


@rule(
    "L206", "joint-leads", "Two leads for one milestone", Severity.NOTE, column="smt_lead",
    bad=[{"smt_lead": "Head of Legal / Head of Finance"}],
    good=[{"smt_lead": "Head of HR/OD"}, {"smt_lead": "Director of Development, Enterprise and Communities"}],
)  # fmt: skip
def joint_leads(milestone: Milestone, context: Context) -> Reports:
    """A milestone has one SMT lead.

    Why: what two people answer for, neither does. Each of them is chased, and either may answer.
    Fix: agree who leads, and mention the other in the comments.
    """
    posts = milestone.smt_lead.posts
    if len(posts) < 2:
        return None
    return Report(f"{' and '.join(posts)} are both asked about {milestone.called}.")


@rule(
    "L207", "post-vacant", "Nobody in the post", Severity.WARNING, column="smt_lead",
    bad=[{"smt_lead": "Head of Finance"}, {"smt_lead": "Head of Audit"}],
    good=[{"smt_lead": "Chief Executive"}, {"smt_lead": "Head of Legal"}], posts=_AWAY,
)  # fmt: skip
def post_vacant(context: Context) -> Iterator[Report]:
    """On the reporting date somebody holds every lead's post, and somebody answers for it.

    Why: a chaser to an empty post is not read. It goes to the deputy the table names; where that
    one is away too, or none is named, nobody is asked at all.
    Fix: enter who holds the post, or a deputy, on the Posts sheet.
    """
    for name, milestones in _asked(context):
        answering = context.posts.answerers(name, context.as_of)
        if answering.people and answering.why != VACANT:
            continue  # somebody is there, or deputises while the holder is away
        if answering.people:
            who = " and ".join(p.person for p in answering.people)
            deputises = "deputises" if len(answering.people) == 1 else "deputise"
            said = f"Nobody holds the post {name!r} on the reporting date; {who} {deputises}."
        else:
            said = context.posts.why_nobody(name, context.as_of)
        yield Report(said, milestone=milestones[0], value=name)


def _asked(context: Context) -> Iterator[tuple[str, list[Milestone]]]:
    """The leads of open milestones who are in the posts table, with their milestones."""
    for name, milestones in context.leads.items():
        if context.posts.of(name) and any(m.open for m in milestones):
            yield name, milestones


@rule(
    "L208", "two-people-in-a-post", "Two people in one post", Severity.WARNING, column="smt_lead",
    bad=[{"smt_lead": "Head of Finance"}, {"smt_lead": "Head of Legal"}], good=[{"smt_lead": "Chief Executive"}],
    posts=_SHARED,
)  # fmt: skip
def two_people_in_a_post(context: Context) -> Iterator[Report]:
    """On the reporting date the Posts table has one person in each lead's post.

    Why: the one who left may still be asked, or each leaves the answer to the other. One line a post.
    Fix: enter when the earlier one left, on the Posts sheet. In a job share leave both, with the same
    first day or none; both are asked, and either may answer.
    """
    for name, milestones in _asked(context):
        there = [p.person for p in context.posts.overlapping(name, context.as_of)]
        if len(there) < 2:
            continue
        asked = [p.person for p in context.posts.answerers(name, context.as_of).people]
        who = (
            f"{' and '.join(asked)} {'is' if len(asked) == 1 else 'are'} asked"
            if asked
            else "nobody is asked"
        )
        yield Report(
            f"The Posts table has {' and '.join(there)} in the post {name!r} on the reporting date; {who}.",
            milestone=milestones[0],
            value=name,
        )


@rule(
    "L209", "lead-without-address", "Lead without an email address", Severity.WARNING, column="smt_lead",
    bad=[{"smt_lead": "Head of Finance"}, {"smt_lead": "Head of Legal"}], good=[{"smt_lead": "Chief Executive"}],
    posts=_ADDRESSES,
)  # fmt: skip
def lead_without_address(context: Context) -> Iterator[Report]:
    """Where the Posts table gives anybody an address, whoever answers for a lead has one that works.

    Why: no chaser can be sent to them.
    Fix: enter one address on the Posts sheet, such as ada.byrne@wexcombe.example, without the name.
    """
    if not any(p.email for p in context.posts):
        return
    for name, milestones in _asked(context):
        for person in context.posts.answerers(name, context.as_of).people:
            fault = address_fault(person)
            if fault:
                yield Report(fault, milestone=milestones[0], value=name)


CATALOGUE = (
    missing_smt_lead, lead_without_post, lead_near_miss, interim_or_acting_lead,
    missing_member_lead, joint_leads, post_vacant, two_people_in_a_post, lead_without_address,
)  # fmt: skip
