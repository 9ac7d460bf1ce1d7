"""Plans of several years held beside each other: what was carried, what was dropped, what comes back.

    found = trace([plan_2015, plan_2016, plan_2019])
    found.links[0]       # Link(old=Seen(0, ...), new=Seen(1, ...), by="likeness", confidence=0.86, ...)
    found.matters[0]     # what has been on the plan longest: a Matter, in which plans, how it ended
    found.dropped        # what is in no later plan, and whether it was finished
    found.near           # possible, for a person to look at; never counted

``differences.diff`` pairs two plans strictly, and what it is sure of is linked here too. Over years
the same matter is worded anew, becomes three milestones, or skips a plan and returns. Then the subject
decides (``subjects_of``: what councils' governance plans are about), with the rare words and phrases
that both sides share; words that stand in every plan ("review", "training") hardly count. Those words
are given with every link, so that an officer can judge.

How often this is right, and how that was measured: ``docs/lineage.md``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from itertools import pairwise
from math import log, sqrt
from typing import NamedTuple, TypeAlias

from agsxl.differences import LIKE, NEAR, By, Pair, diff
from agsxl.plan import Milestone, Plan
from agsxl.settings import year_of
from agsxl.statuses import StatusValue, read_status
from agsxl.texts import listed

CERTAIN = 0.6  # from this confidence on two milestones are linked
POSSIBLE = 0.45  # from this one on they are worth a look
THIN = 0.7  # below this one they share a subject or a few telling words, and no more


class LinkedBy(StrEnum):
    """What a link was made by. Each compares equal to its words."""

    REF = "ref"  # the same Ref, in plans that keep their Refs
    WORDS = "words"  # the same words
    PREVIOUS_REF = "previous ref"  # the new plan says what it was called
    LIKENESS = "likeness"  # the words as a whole are alike
    MATTER = "matter"  # the subject and rare words are the same, the rest is worded anew


class Became(StrEnum):
    """What became of a milestone from one plan to the other. Each compares equal to its words."""

    UNCHANGED = "unchanged"  # the same Ref and the same words
    RENUMBERED = "renumbered"
    REWORDED = "reworded"
    SPLIT = "split"  # one became several
    JOINED = "joined"  # several became one
    RETURNED = "returned"  # a plan between the two does not have it


class Ending(StrEnum):
    """How a milestone stood when it was last seen. Each compares equal to its words."""

    FINISHED = "finished"  # complete or superseded, as its status says
    OPEN = "open"
    UNKNOWN = "not known"  # it has no status, or one that cannot be read


# The words for these that an officer reads.
HOW: Mapping[str, str] = {
    LinkedBy.REF: "Same Ref",
    LinkedBy.WORDS: "Same words",
    LinkedBy.PREVIOUS_REF: "Previous Ref",
    LinkedBy.LIKENESS: "Words much alike",
    LinkedBy.MATTER: "About the same matter",
}
WHAT: Mapping[str, str] = {
    Became.UNCHANGED: "Unchanged",
    Became.RENUMBERED: "Renumbered",
    Became.REWORDED: "Reworded",
    Became.SPLIT: "Split",
    Became.JOINED: "Joined from several",
    Became.RETURNED: "Back after a plan without it",
}
LEFT: Mapping[str, str] = {
    Ending.FINISHED: "Finished",
    Ending.OPEN: "Open",
    Ending.UNKNOWN: "Not known",
}


class Seen(NamedTuple):
    """A milestone in one of the plans; ``plan`` counts from 0, in the order they were given."""

    plan: int
    milestone: Milestone


class Stage(NamedTuple):
    """One of the plans: what it is called, how many milestones it has, and the financial year it is of.

    ``year`` is that of its Settings, else the one that holds the middle of its certain dates, else
    "". ``stated`` says whether Settings said it.
    """

    name: str
    milestones: int
    year: str = ""
    stated: bool = False

    @property
    def called(self) -> str:
        """Its name, and the year if it is known: "plan.xlsx (2015/16)"."""
        return (
            f"{self.name} ({self.year})" if self.year and self.year not in self.name else self.name
        )


class Link(NamedTuple):
    """A milestone of one plan that is in a later one. ``confidence`` is from 0 to 1.

    ``shared`` are the subject and the words that both have, the most telling first, as the new plan
    writes them.
    """

    old: Seen
    new: Seen
    by: LinkedBy
    confidence: float
    shared: tuple[str, ...]
    became: tuple[Became, ...]


class Near(NamedTuple):
    """Two milestones that may be about one matter: for a person to look at, never counted."""

    old: Seen
    new: Seen
    confidence: float
    shared: tuple[str, ...]


class Matter(NamedTuple):
    """What stands in two plans or more: all its milestones, the oldest plan first.

    ``called`` is its subject, or the telling words that its milestones share. ``confidence`` is that
    of the weakest link without which it would fall apart. ``years`` counts financial years from the first plan
    to the last, both included; None where either is not known. ``ending`` is how it stood in the
    last: finished where every milestone of it there was, open where any is.
    """

    called: str
    seen: tuple[Seen, ...]
    confidence: float
    years: int | None
    ending: Ending

    @property
    def plans(self) -> tuple[int, ...]:
        """The plans it stands in, the oldest first."""
        return tuple(sorted({each.plan for each in self.seen}))


class Dropped(NamedTuple):
    """A milestone that no later plan has. ``nearest`` is what could be it, to look at.

    ``matter`` is what it stood in with others, where a later plan has that: the matter goes on, and
    this milestone of it does not.
    ``said`` is the beginning of its comments where it has no status and they begin as one
    ("Completed."). It is shown, and changes nothing of ``ending``: a comment is no status.
    """

    seen: Seen
    ending: Ending
    nearest: Near | None
    matter: Matter | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Lineage:
    """Everything that was found.

    ``links`` in the order of the plans, ``matters`` the longest on the plan first, ``dropped`` those
    that were left open first. ``added`` are milestones of every plan but the first that no earlier
    one has. ``notes`` are sentences on what should be known before the rest is believed.
    """

    plans: tuple[Stage, ...]
    links: tuple[Link, ...]
    matters: tuple[Matter, ...]
    dropped: tuple[Dropped, ...]
    added: tuple[Seen, ...]
    near: tuple[Near, ...]
    notes: tuple[str, ...]

    def short(self, plan: int) -> str:
        """The shortest that a plan can be called: its year where no other is of it, else its name."""
        year = self.plans[plan].year
        return (
            year
            if year and [s.year for s in self.plans].count(year) == 1
            else self.plans[plan].name
        )


def trace(plans: Sequence[Plan], names: Sequence[str] | None = None) -> Lineage:
    """Which milestone became which over several plans, given oldest first.

    >>> old = Plan((Milestone("1a", milestone="Review the constitution"),))
    >>> new = Plan((Milestone("7", milestone="Put the changes to the Constitution to Council"),))
    >>> [(k.by, k.shared) for k in trace([old, new], ["2016", "2021"]).links]
    [(<LinkedBy.MATTER: 'matter'>, ('constitution',))]

    ``names`` are what the plans are called (their files' names where left out). First come the links
    that are certain of themselves: the Previous Ref that the new plan gives, the same words, words
    that are alike as a whole. Then those that share a subject or telling words: their confidence
    rises with how rare and how many these are and falls where one is for members and the other for
    staff. Below ``CERTAIN`` nothing is linked by these; down to ``POSSIBLE`` it is in ``near``.

    A milestone may have several links into one plan: it was split. A link over a plan in between is
    made only where nothing in that plan stands between the two. Raises ValueError where there are not
    as many names as plans.
    """
    return _Tracing(plans, names).lineage()


# -- what governance plans are about -----------------------------------------------------------

# Each subject, and the words that mean it. Two milestones about one of these are about one matter even
# where they share no other word; general words ("website", "culture") are none. Broad on purpose: taken
# from what annual governance statements report on, not from any council's plan. A line a subject; a star
# marks one that is so broad that two milestones may well be about different sides of it.
_SUBJECTS = r"""
annual governance statement: annual governance statement|\bAGS\b
local code of governance: (?:local )?code of (?:corporate )?governance
constitution: \bconstitution
scheme of delegation: schemes? of delegation|delegated (?:powers|decisions)
code of conduct: codes? of conduct
registers of interests: registers? of (?:members['’]? )?interests?|declarations? of interests?|gifts and hospitality|related part(?:y|ies)
ethical standards*: ethical standards|standards (?:committee|regime|complaints)
whistleblowing: whistle[- ]?blow
anti-fraud: \bfraud|\bbriber|\bcorruption
money laundering: money[- ]launder
internal audit*: internal audit (?:plan|charter|service|function|strategy|resource|provision)
audit recommendations*: (?:audit|outstanding|agreed|implementation of|tracking) recommendations|recommendation tracker
assurance statements*: assurance (?:statement|framework|map)
scrutiny*: overview and scrutiny|scrutiny (?:function|committee|review|arrangements|panel)
member training: (?:members?|councillors?)['’]?(?:\W+\w+){0,4}?\W+(?:training|development|induction)\b|\b(?:training|induction|development)\b(?:\W+\w+){0,6}?\W+(?:members|councillors)\b
decision reports: report[- ](?:writing|authors?|templates?)|decision reports?|(?:training|guidance)(?:\W+\w+){0,4}?\W+decision[- ](?:making|makers)
partnership governance: partnerships?['’]?\W+(?:\w+\W+){0,2}?governance|governance\W+(?:\w+\W+){0,4}?partnerships?\b|(?:significant|strategic|key) partnerships?|partnerships? (?:register|protocol|framework|toolkit)
council companies*: arm['’]?s[- ]length|council[- ]owned compan|wholly[- ]owned|shareholder|trading compan
contract management: contract (?:management|managers?|monitoring)|contracts? register|manag\w+ (?:of )?(?:key |major )?contracts
procurement*: \bprocurement|contract (?:procedure|standing) (?:rules|orders)|purchasing
commissioning strategy: commissioning (?:and \w+ )?strategy|(?:strategy|approach)(?:\W+\w+){0,3}?\W+(?:to|for|on|and) commissioning
commissioning*: \bcommissioning
financial regulations: financial (?:procedure|regulations?|rules|procedural)
budget management*: budget(?:ary)? (?:management|monitoring|holders?|setting|control|manag\w+)
medium-term financial strategy: medium[- ]term financial|\bMTF[SP]\b
treasury management: treasury
capital programme*: capital (?:programme|strategy|projects?|reporting|monitoring|schemes?)
statement of accounts: statement of accounts|final accounts|clos\w+ (?:down )?(?:of )?(?:the )?accounts
asset management*: asset (?:management|register|disposal)|valuation of assets|(?:estates?|property) strategy
grants*: grants? (?:register|funding|scheme|conditions)|external grants
debt recovery*: debt (?:recovery|management|collection)|arrears|income collection
purchase cards: (?:purchas\w+|procurement|credit) cards?|petty cash
value for money*: value for money|\bvfm\b
risk management*: risk (?:management|registers?|appetite|maturity|strategy)|(?:strategic|corporate) risks?\b|risk and opportunity
performance management*: performance (?:management|framework|indicators?|monitoring)|performance,? risk
performance information*: performance (?:information|data|reporting|dashboards?)
project management*: (?:project|programme) (?:management|boards?|and project)|business cases?|benefits realisation
business continuity: business continuity|continuity plan\w*|continuity arrangements|disaster recovery|emergency plan\w*
health and safety: health (?:and|&) safety|fire (?:safety|risk)|asbestos|legionella
lone working: lone work
safeguarding*: safeguarding|child sexual exploitation
modern slavery: modern slavery|human trafficking|\bslavery
data protection: data protection|\bGDPR\b|information governance|information security|data breach|IG toolkit
cyber security: cyber|ransomware|(?:IT|ICT) security|penetration test
freedom of information: freedom of information|\bFOI|publication scheme|transparency code
records management*: records? management|retention (?:schedule|policy)|document retention|record keeping
complaints*: \bcomplaints?\b
workforce planning*: workforce (?:strategy|plan\w*|development)|succession plan|people strategy
appraisals: appraisals?\b|personal development review|\bPDRs?\b
sickness absence: sickness|absence management
job descriptions: job descriptions?
recruitment*: \brecruitment|right to work
ex-offenders: ex[- ]?offenders?|disclosure and barring|\bDBS\b
equality*: equalit(?:y|ies)|equality impact
community engagement: (?:community|public|resident) engagement|engagement strategy|consultation (?:strategy|policy|framework)|communications? (?:and \w+ )?strategy
peer review: peer review|corporate peer
policy register: polic(?:y|ies) (?:register|pipeline|library)|(?:register|pipeline|library|schedule) of (?:\w+ )?polic(?:y|ies)|polic(?:y|ies)(?: and \w+)? reviews\b
surveillance: \bRIPA\b|surveillance|investigatory powers
planning obligations: section 106|\bs\.?106|infrastructure levy
climate change*: climate|carbon
"""


class _Subject(NamedTuple):
    name: str
    broad: bool
    pattern: re.Pattern[str]


@cache
def _subjects() -> Mapping[str, _Subject]:
    found = {}
    for line in _SUBJECTS.strip().splitlines():
        name, _, pattern = line.partition(": ")
        plain = name.rstrip("*")
        found[plain] = _Subject(plain, name != plain, re.compile(pattern, re.I))
    return found


@lru_cache(maxsize=8192)
def subjects_of(text: str) -> frozenset[str]:
    """The subjects that a text is about: ``subjects_of("Anti-fraud training")`` is {"anti-fraud"}."""
    return frozenset(s.name for s in _subjects().values() if s.pattern.search(text))


# To whom something goes is not what it is about: "approved by the Audit and Standards Committee".
_BODIES = re.compile(
    r"\b(?:[Bb]y|[Tt]o|[Ww]ith|[Aa]t|[Bb]efore)\s+(?:the\s+|all\s+)?"
    r"(?:(?:[A-Z][\w'\u2019-]*|and|of|&|audit|standards|governance|overview|scrutiny|planning|licensing"
    r"|employment|executive|management|select)\s+){0,5}?"
    r"(?:[Ss]ub-?[Cc]ommittees?|[Cc]ommittees?|[Pp]anel|[Bb]oard|[Cc]abinet|trade unions?)\b"
)


def _without_bodies(text: str) -> str:
    """The text with the bodies that it goes to blanked, every other word in its place."""
    return _BODIES.sub(lambda found: " " * len(found[0]), text)


# Whom it is for: "training for members" and "training for staff" are two matters.
_MEMBERS = re.compile(r"\b(?:members?|councillors?)\b", re.I)
_STAFF = re.compile(r"\b(?:staff|employees?|officers?|managers?|authors)\b", re.I)


def _audience(text: str) -> str:
    members, staff = bool(_MEMBERS.search(text)), bool(_STAFF.search(text))
    return "" if members == staff else "members" if members else "staff"


# -- words -------------------------------------------------------------------------------------

_LITTLE_WORDS = """a about across all also an and any are as at be been between both by can do does each eg etc
    for from has have how ie if in including into is it its made may more most must no not of on or
    other our out over own re so such than that the their them then there these they this those
    through to under up use used via was we were what when where whether which while whilst who will
    with within would you your"""
# Words that stand in every plan: they say what is done, or by whom, hardly what it is about.
_EVERYWHERE = """access accurate achieve act action activity address adopt advice against agree annual annually
    appoint approach appropriate approval approve april area arrange arrangement assess
    assurance assure august autumn available aware awareness based board business cabinet call
    carry change clarity clear close committee communicate communication complete completed
    compliance comply conduct confirm consider consistent consult continue control core
    corporate council councillor cover create culture current data date day deal december decide
    decision define deliver demonstrate department design detail develop development director
    directorate document draft due effective effectiveness element embed employee end ensure
    establish evidence existing february first follow following form framework full further
    future give given good governance group guidance head held help hold identify implement
    implementation improve improvement include increase inform information initial introduce
    involve issue item january join joint july june keep key lead learn level link list local
    main maintain make making manage management manager mandatory march may measure meet meeting
    member monitor month name need new next note november number objective october officer
    ongoing operate operational opportunity option organisation outcome oversight part people
    performance place plan planning policy position post practice prepare present principle
    priority procedure process produce profile programme progress project promote propose
    provide public publish purpose quality quarter reduce reference refresh regular relation
    relevant report request require requirement resource respect respective responsibility
    responsible result review revise revised risk robust role run schedule second section sector
    seek send september service set spring staff standard start statement status strategic
    strategy strengthen structure summer supplement support system take target team term third
    three time timely together training two understand understood undertake update value vision
    way web website wide wider winter work working write written year"""
_ENDINGS = (
    ("ies", "y"), ("sses", "ss"), ("ations", "at"), ("ation", "at"), ("ating", "at"), ("ated", "at"),
    ("ments", "ment"), ("ings", ""), ("ing", ""), ("ers", "er"), ("edly", ""), ("ed", ""),
)  # fmt: skip
_SHORTEST = 3  # letters that are left of a word without its ending


@lru_cache(maxsize=16384)
def _stem(word: str) -> str:
    """What the forms of a word have in common: "reviews", "reviewed" and "reviewing" are "review"."""
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            word = word[: -len(ending)] + instead
            break
    else:
        if len(word) > _SHORTEST and word.endswith("s") and not word.endswith(("ss", "us", "is")):
            word = word[:-1]
    if len(word) > _SHORTEST and word[-1] == word[-2] and word[-1] in "bdgmnprt":
        word = word[:-1]  # "planned", "planning"
    if len(word) > _SHORTEST + 1 and word.endswith("e"):
        word = word[:-1]
    return word[:-1] + "i" if len(word) > _SHORTEST and word.endswith("y") else word


@cache
def _little() -> frozenset[str]:
    return frozenset(_LITTLE_WORDS.split())


@cache
def _everywhere() -> frozenset[str]:
    return frozenset(map(_stem, _EVERYWHERE.split()))


_WORD = re.compile(r"[^\W_]+")
_OWNED = re.compile(r"['\u2019]s\b|['\u2019]")


class _Word(NamedTuple):
    """A word that says something: its stem, and where it stands in the text."""

    stem: str
    start: int
    end: int


def _words(text: str) -> tuple[_Word, ...]:
    found = []
    for match in _WORD.finditer(_OWNED.sub(lambda m: " " * len(m[0]), text)):
        word = match[0].casefold()
        if len(word) > 1 and word not in _little() and not word.isdigit():
            found.append(_Word(_stem(word), match.start(), match.end()))
    return tuple(found)


@cache
def _named(subject: str) -> frozenset[str]:
    """The words of a subject's name: where two share the subject, these have had their say."""
    return frozenset(word.stem for word in _words(subject))


_Term: TypeAlias = "str | tuple[str, str]"  # a stem, or two that follow each other


@dataclass(slots=True, eq=False)
class _Read:
    """A milestone as it is compared: its words in their order, its terms, subjects and context.

    ``dilution`` is what its theme says of this one milestone: less, the more of them share it.
    """

    plan: int
    place: int
    milestone: Milestone
    words: tuple[_Word, ...]
    terms: frozenset[_Term]
    subjects: frozenset[str]
    context: frozenset[str]
    audience: str
    dilution: float
    weight: float = 0.0  # of all its words, once the weights are known

    @property
    def seen(self) -> Seen:
        return Seen(self.plan, self.milestone)


def _read(number: int, plan: Plan) -> list[_Read]:
    under = Counter((m.theme, m.outcome) for m in plan.milestones)
    found = []
    for place, milestone in enumerate(plan.milestones):
        text = _without_bodies(milestone.milestone)
        words = _words(text)
        stems = [word.stem for word in words]
        own = subjects_of(text)
        about = subjects_of(milestone.theme) | subjects_of(milestone.outcome)
        found.append(
            _Read(
                number, place, milestone, words,
                terms=frozenset[_Term](stems) | frozenset(pairwise(stems)),
                subjects=own,
                context=about - own,
                audience=_audience(milestone.milestone),
                dilution=1 / sqrt(under[milestone.theme, milestone.outcome]),
            )
        )  # fmt: skip
    return found


# -- how telling a word is ---------------------------------------------------------------------

_HARDLY = 0.25  # what a word of every plan counts
_PHRASE = 0.5  # what a phrase counts beside its words
_BROAD = 0.55  # what a broad subject counts
_A_FEW = 4  # milestones of one plan that may have a word or a subject, and it is telling


def _few(count: int) -> float:
    """What is left of a weight where so many milestones of one plan have it."""
    return min(1.0, sqrt(_A_FEW / count))


class _Weights:
    """How telling terms and subjects are: the rarer in the plan that has most of them, the more."""

    def __init__(self, plans: Sequence[Sequence[_Read]]) -> None:
        self.terms: dict[_Term, float] = {}
        self._subjects: dict[str, float] = {}
        self.general: set[_Term] = set()
        self.most: Counter[_Term] = Counter()  # milestones of one plan that have it
        general = _everywhere()
        for plan in plans:
            whole = log(len(plan) + 1)
            for term, count in Counter(t for read in plan for t in read.terms).items():
                parts = (term,) if isinstance(term, str) else term
                kept = sum(part not in general for part in parts) / len(parts)
                rare = log((len(plan) + 1) / count) / whole * _few(count)
                rare *= _HARDLY + (1 - _HARDLY) * kept
                if isinstance(term, tuple):
                    rare *= _PHRASE
                if not kept:
                    self.general.add(term)
                self.terms[term] = min(rare, self.terms.get(term, rare))
                self.most[term] = max(count, self.most[term])
            for name, count in Counter(s for read in plan for s in read.subjects).items():
                weight = (_BROAD if _subjects()[name].broad else 1.0) * _few(count)
                self._subjects[name] = min(weight, self._subjects.get(name, weight))
        for read in (each for plan in plans for each in plan):
            read.weight = self.of(t for t in read.terms if isinstance(t, str))

    def of(self, terms: Iterable[_Term]) -> float:
        return sum(self.terms[term] for term in terms)

    def subject(self, name: str) -> float:
        return self._subjects.get(name, 0.0)


# -- how sure it is that two are about one matter ------------------------------------------------

_HALF = 0.6  # evidence that makes it as likely as not, nearly: a telling subject alone is 1
_LEXICAL = 0.8  # what shared words count beside a shared subject
_CONTEXT = 0.7  # what a subject counts that one has in its theme or outcome only
_OTHERS = 0.8  # what is left where one is for members and the other for staff
_BY_ITSELF = 0.3  # what shared words count that are next to nothing of either milestone
_ELSEWHERE = 0.5  # what two can be at most that are each about another subject
_MOST = 0.89  # what only shares words is never as sure as what the plan says itself


class _Likely(NamedTuple):
    """Two milestones that could be about one matter."""

    old: _Read
    new: _Read
    confidence: float
    subjects: frozenset[str]


def _judge(old: _Read, new: _Read, weights: _Weights) -> _Likely:
    """How sure it is: the subjects that both have, then how telling the other words are that they share."""
    both = old.subjects & new.subjects
    evidence = sum(weights.subject(name) for name in both)
    for one, other in ((old, new), (new, old)):
        aside = one.context & other.subjects
        evidence += sum(weights.subject(name) * _CONTEXT * one.dilution for name in aside)
    evidence += _LEXICAL * _words_in_common(old, new, both, weights)
    sure = min(_MOST, evidence / (evidence + _HALF))
    if _for_others(old, new):
        sure *= _OTHERS
    if not both and old.subjects and new.subjects:
        sure = min(sure, _ELSEWHERE)
    return _Likely(old, new, round(sure, 2), both)


def _words_in_common(old: _Read, new: _Read, subjects: frozenset[str], weights: _Weights) -> float:
    """How telling the words are that both have, more where they are much of the shorter one.

    The words of a shared subject's name have had their say already.
    """
    said = frozenset[str]().union(*map(_named, subjects))
    words = every = 0.0
    telling = False
    for term in old.terms & new.terms:
        if said and _is_said(term, said):
            continue
        every += weights.terms[term]
        if isinstance(term, str):
            words += weights.terms[term]
        telling = telling or term not in weights.general
    if not telling:
        return 0.0  # however many words of every plan they share, these do not make them one matter
    return every * (_BY_ITSELF + words / min(old.weight, new.weight))


def _is_said(term: _Term, said: frozenset[str]) -> bool:
    return term in said if isinstance(term, str) else said.issuperset(term)


# -- tracing -------------------------------------------------------------------------------------

_KEEP = 0.8  # of those that are sure, so many must have kept their Ref for a Ref to say something
_FEWEST = 3  # and so many must there be
_SAID = 0.97  # the plan says what it was called, and the words agree
_SAID_ONLY = 0.9  # the words do not
_MUCH = 0.6  # of the telling words, so much must be the same where words are alike as a whole
_SPLIT_OFF = 0.7  # how sure it must be that what is somewhere already is in a second place too
_BEHIND = 0.15  # what is so much less sure than the best is no part of a split
_RARE = 12  # milestones of one plan that may have a term by which candidates are looked for
_TELLING = 0.45  # what a subject must count for that: with less, it alone makes nothing possible

_Key = tuple[int, int, str]  # plan, place, and the subject, or "" for the milestone as a whole


@dataclass(slots=True)
class _Made:
    """A link while it is made; ``keys`` are the subjects it holds together, "" the whole milestone."""

    old: _Read
    new: _Read
    by: LinkedBy
    confidence: float
    keys: frozenset[str]

    @property
    def whole(self) -> bool:
        """Whether one became the other, and not only what it is about."""
        return self.by is not LinkedBy.MATTER


class _Tracing:
    """One run over several plans."""

    def __init__(self, plans: Sequence[Plan], names: Sequence[str] | None) -> None:
        self.plans = tuple(plans)
        called = names if names is not None else [plan.file for plan in plans]
        times = Counter(called)
        self.stages = tuple(
            _stage(name if name and times[name] == 1 else f"{name} (plan {number})".strip(), plan)
            for number, (name, plan) in enumerate(zip(called, plans, strict=True), 1)
        )
        self.reads = [_read(number, plan) for number, plan in enumerate(plans)]
        self.weights = _Weights(self.reads)
        self.made: list[_Made] = []
        self.near: list[_Likely] = []
        self.onward: dict[tuple[int, int], list[_Made]] = {}
        self.back: dict[tuple[int, int], list[_Made]] = {}
        self.groups = _Groups()

    def lineage(self) -> Lineage:
        count = len(self.plans)
        for gap in range(1, count):
            for first in range(count - gap):
                self._pair_wholes(first, first + gap)
                self._pair_matters(first, first + gap)
        near, matters = self._nearest(), self._matters()
        links = sorted(self.made, key=lambda m: (m.old.plan, m.new.plan, m.old.place, m.new.place))
        return Lineage(
            plans=self.stages,
            links=tuple(self._link(made) for made in links),
            matters=matters,
            dropped=self._dropped(near, matters),
            added=tuple(r.seen for rs in self.reads[1:] for r in rs if not self._from(r)),
            near=tuple(near),
            notes=tuple(self._notes()),
        )

    # What is linked already

    def _to(self, read: _Read) -> list[_Made]:
        return self.onward.get((read.plan, read.place), [])

    def _from(self, read: _Read) -> list[_Made]:
        return self.back.get((read.plan, read.place), [])

    def _whole_to(self, read: _Read, plan: int) -> bool:
        """Whether it became something in a plan, or in one before it."""
        return any(m.whole and m.new.plan <= plan for m in self._to(read))

    def _whole_from(self, read: _Read, plan: int) -> bool:
        return any(m.whole and m.old.plan >= plan for m in self._from(read))

    def _add(self, made: _Made) -> None:
        self.made.append(made)
        old, new = made.old, made.new
        self.onward.setdefault((old.plan, old.place), []).append(made)
        self.back.setdefault((new.plan, new.place), []).append(made)
        for key in made.keys:
            self.groups.join((old.plan, old.place, key), (new.plan, new.place, key))

    # What became what as a whole

    def _pair_wholes(self, first: int, second: int) -> None:
        old = [r for r in self.reads[first] if not self._whole_to(r, second)]
        new = [r for r in self.reads[second] if not self._whole_from(r, first)]
        if second == first + 1:
            self._pair_by_previous_ref(old, new)
            old = [r for r in old if not self._to(r)]
            new = [r for r in new if not self._whole_from(r, first)]
        if not old or not new:
            return
        by_old, by_new = _Found(old), _Found(new)
        found = diff(*(Plan(tuple(r.milestone for r in side)) for side in (old, new)))
        kept = self._keep_refs(first, second, found.pairs)
        for pair in found.pairs:
            one, other = by_old.take(pair.old), by_new.take(pair.new)
            same = _folded(pair.old.milestone) == _folded(pair.new.milestone)
            if pair.by is By.REF and not same and _likeness_of(pair.confidence) < LIKE:
                if kept and not _about_others(one, other) and not _for_others(one, other):
                    self._whole(one, other, LinkedBy.REF, max(CERTAIN, pair.confidence))
            elif same or (pair.confidence >= CERTAIN and self._about_the_same(one, other)):
                most = 1.0 if _numbers(one) == _numbers(other) else _MOST
                self._whole(one, other, LinkedBy(str(pair.by)), min(most, pair.confidence))
            else:
                self.near.append(_Likely(one, other, POSSIBLE, frozenset()))

    def _whole(self, old: _Read, new: _Read, by: LinkedBy, confidence: float) -> None:
        self._add(_Made(old, new, by, confidence, old.subjects | new.subjects | {""}))

    def _pair_by_previous_ref(self, old: Sequence[_Read], new: Sequence[_Read]) -> None:
        """What the new plan says itself. It leads, unless the very words stand elsewhere in the old one."""
        by_ref: dict[str, list[_Read]] = {}
        for read in old:
            by_ref.setdefault(_folded(read.milestone.ref), []).append(read)
        said = Counter(_folded(r.milestone.previous_ref) for r in new)
        worded = Counter(_folded(r.milestone.milestone) for r in old)
        for read in new:
            previous = _folded(read.milestone.previous_ref)
            here = by_ref.get(previous, [])
            if not previous or len(here) != 1 or said[previous] != 1:
                continue
            own = by_ref.get(_folded(read.milestone.ref), [])
            if any(_folded(r.milestone.previous_ref) == previous for r in own):
                continue  # it stood in the old plan's column already: about a renumbering before that
            before = here[0].milestone
            agree = _likeness(before.milestone, read.milestone.milestone) >= NEAR
            if not agree and worded[_folded(read.milestone.milestone)]:
                continue
            self._whole(here[0], read, LinkedBy.PREVIOUS_REF, _SAID if agree else _SAID_ONLY)

    def _keep_refs(self, first: int, second: int, pairs: Sequence[Pair]) -> bool:
        """Whether a Ref of one plan still says which milestone it is in the other."""
        sure = [
            (m.old.milestone, m.new.milestone)
            for m in self.made
            if m.whole and (m.old.plan, m.new.plan) == (first, second)
        ]
        sure += [
            (p.old, p.new)
            for p in pairs
            if p.by is not By.REF
            or _folded(p.old.milestone) == _folded(p.new.milestone)
            or _likeness_of(p.confidence) >= LIKE
        ]
        same = sum(_folded(old.ref) == _folded(new.ref) for old, new in sure)
        return same >= _FEWEST and same >= _KEEP * len(sure)

    def _about_the_same(self, old: _Read, new: _Read) -> bool:
        """Whether two that are alike as a whole are also alike in what tells: "Review the policy on
        lone working" is very like "Review the policy on whistleblowing"."""
        if _about_others(old, new) or _for_others(old, new):
            return False
        whole = old.weight + new.weight
        shared = self.weights.of(t for t in old.terms & new.terms if isinstance(t, str))
        return not whole or 2 * shared / whole >= _MUCH

    # What is about the same

    def _pair_matters(self, first: int, second: int) -> None:
        likely = [
            judged
            for old, new in self._candidates(first, second)
            if (judged := _judge(old, new, self.weights)).confidence >= POSSIBLE
        ]
        best: dict[tuple[int, int], float] = {}
        for each in likely:
            for where in ((first, each.old.place), (second, each.new.place)):
                best[where] = max(best.get(where, 0.0), each.confidence)
        for each in sorted(likely, key=lambda e: (-e.confidence, e.old.place, e.new.place)):
            best_of_either = min(best[first, each.old.place], best[second, each.new.place])
            if each.confidence >= max(self._least(each), best_of_either - _BEHIND):
                keys = each.subjects or frozenset({""})
                self._add(_Made(each.old, each.new, LinkedBy.MATTER, each.confidence, keys))
            else:
                self.near.append(each)

    def _least(self, likely: _Likely) -> float:
        """How sure a link must be: more where one of the two became something else as a whole."""
        old, new = likely.old, likely.new
        elsewhere = self._whole_to(old, new.plan) or self._whole_from(new, old.plan)
        return _SPLIT_OFF if elsewhere else CERTAIN

    def _candidates(self, first: int, second: int) -> Iterator[tuple[_Read, _Read]]:
        """The pairs that have a subject or a rare term in common, and are not linked as it is."""
        beside = second == first + 1
        by_term: dict[_Term, list[_Read]] = {}
        by_subject: dict[str, list[_Read]] = {}
        for new in self.reads[second]:
            if not beside and self._whole_from(new, first):
                continue  # what it was in between goes on from there
            for name in new.subjects | new.context:
                if self.weights.subject(name) >= _TELLING:
                    by_subject.setdefault(name, []).append(new)
            for term in new.terms:
                if self.weights.most[term] <= _RARE:
                    by_term.setdefault(term, []).append(new)
        found = []
        for old in self.reads[first]:
            gone_on = self._whole_to(old, second)
            if gone_on and not beside:
                continue
            others: dict[int, _Read] = {}
            for name in old.subjects | old.context:
                others.update((r.place, r) for r in by_subject.get(name, ()))
            for term in old.terms:
                others.update((r.place, r) for r in by_term.get(term, ()))
            for new in others.values():
                if gone_on and self._whole_from(new, first):
                    continue
                if beside or not self._joined(old, new):
                    found.append((old, new))
        yield from found  # all of them before the first is linked

    def _joined(self, old: _Read, new: _Read) -> bool:
        """Whether something in a plan between the two stands for both."""
        keys = (old.subjects & new.subjects) | {""}
        return any(
            self.groups.joined((old.plan, old.place, key), (new.plan, new.place, key))
            for key in keys
        )

    # What is said of it

    def _nearest(self) -> list[Near]:
        """What is worth a look: the best for a milestone that has no link in that direction."""
        taken: set[tuple[int, int, bool]] = set()
        found = []
        for each in sorted(self.near, key=lambda e: (-e.confidence, e.old.plan, e.old.place)):
            old, new = each.old, each.new
            if self._joined(old, new):
                continue
            # Of one that went on, or came from something, nothing is missing; nor of one that was finished.
            wanted = []
            if not self._to(old) and (
                _ending(old.milestone) is not Ending.FINISHED or not self._from(new)
            ):
                wanted.append((old.plan, old.place, True))
            if not self._from(new):
                wanted.append((new.plan, new.place, False))
            if any(place not in taken for place in wanted):
                taken.update(wanted)
                found.append(Near(old.seen, new.seen, each.confidence, self._shared(old, new)))
        return found

    def _link(self, made: _Made) -> Link:
        old, new = made.old, made.new
        became = []
        if _folded(old.milestone.ref) != _folded(new.milestone.ref):
            became.append(Became.RENUMBERED)
        if _folded(old.milestone.milestone) != _folded(new.milestone.milestone):
            became.append(Became.REWORDED)
        if sum(other.new.plan == new.plan for other in self._to(old)) > 1:
            became.append(Became.SPLIT)
        if sum(other.old.plan == old.plan for other in self._from(new)) > 1:
            became.append(Became.JOINED)
        if new.plan - old.plan > 1 and not self._between(old, new):
            became.append(Became.RETURNED)
        shared = self._shared(old, new)
        return Link(
            old.seen, new.seen, made.by, made.confidence, shared,
            tuple(became) or (Became.UNCHANGED,),
        )  # fmt: skip

    def _between(self, old: _Read, new: _Read) -> bool:
        """Whether either is linked with anything in the plans between them."""
        return any(m.new.plan < new.plan for m in self._to(old)) or any(
            m.old.plan > old.plan for m in self._from(new)
        )

    def _shared(self, old: _Read, new: _Read) -> tuple[str, ...]:
        """The subjects and the words that both have, as the new plan writes them."""
        subjects = sorted(old.subjects & new.subjects, key=lambda n: (-self.weights.subject(n), n))
        said = frozenset[str]().union(*map(_named, subjects))
        common = {t for t in old.terms & new.terms if isinstance(t, str)}
        text = new.milestone.milestone
        numbers = set(_numbers(old))
        runs: list[list[_Word]] = []
        last = -2
        for number, word in enumerate(new.words):
            if word.stem in common:
                between = text[runs[-1][-1].end : word.start] if number == last + 1 else ""
                if number != last + 1 or not numbers.issuperset(re.findall(r"\d+", between)):
                    runs.append([])
                runs[-1].append(word)
                last = number
        weighed: dict[str, float] = {}
        for run in runs:
            stems = {word.stem for word in run}
            if stems <= said or not stems - _everywhere():
                continue  # named by the subject, or too general to tell anything
            phrase = text[run[0].start : run[min(len(run), _LONGEST_RUN) - 1].end].lower()
            weighed.setdefault(" ".join(phrase.split()), self.weights.of(stems))
        phrases = sorted(weighed, key=lambda phrase: (-weighed[phrase], phrase))
        return (*subjects, *phrases[:_MOST_WORDS])

    def _matters(self) -> tuple[Matter, ...]:
        """What stands in two plans or more, once each: a group inside another is that other."""
        groups: dict[_Key, set[tuple[int, int]]] = {}
        for made in self.made:
            for key in made.keys:
                group = groups.setdefault(
                    self.groups.find((made.old.plan, made.old.place, key)), set()
                )
                group |= {(r.plan, r.place) for r in (made.old, made.new)}
        # By subject before as a whole: of two that hold the same milestones the first is kept.
        ordered = sorted(groups.items(), key=lambda g: (-len(g[1]), not g[0][2], g[0]))
        kept: list[set[tuple[int, int]]] = []
        inside: dict[tuple[int, int], list[int]] = {}
        for _, group in ordered:
            some = next(iter(group))
            if any(group <= kept[number] for number in inside.get(some, ())):
                continue
            for place in group:
                inside.setdefault(place, []).append(len(kept))
            kept.append(group)
        matters = [(self._matter(sorted(group)), min(group)) for group in kept]
        matters.sort(
            key=lambda found: (
                -len(found[0].plans),
                found[0].plans[0] - found[0].plans[-1],
                -found[0].confidence,
                found[1],
            )
        )
        return tuple(matter for matter, _ in matters)

    def _matter(self, places: Sequence[tuple[int, int]]) -> Matter:
        reads = [self.reads[plan][place] for plan, place in places]
        own = set(places)
        links = [
            m
            for read in reads
            for m in self._to(read)
            if (m.new.plan, m.new.place) in own
        ]  # fmt: skip
        endings = {_ending(r.milestone) for r in reads if r.plan == reads[-1].plan}
        return Matter(
            called=self._called(reads, links),
            seen=tuple(read.seen for read in reads),
            confidence=_weakest(links),
            years=_years_between(self.stages[reads[0].plan], self.stages[reads[-1].plan]),
            ending=next(e for e in (Ending.OPEN, Ending.UNKNOWN, Ending.FINISHED) if e in endings),
        )

    def _called(self, reads: Sequence[_Read], links: Sequence[_Made]) -> str:
        """What it is called: where one milestone became the other its words; else the subject that
        most have, else the most telling words of the surest link."""
        newest = reads[-1].milestone
        if all(made.whole for made in links):
            return _beginning(newest.milestone) or newest.called
        counts = Counter(name for read in reads for name in read.subjects)
        everyone = [name for name, count in counts.items() if count == len(reads)]
        most = [name for name, count in counts.items() if 2 * count > len(reads)]
        for names in (everyone, most):
            if names:
                return min(names, key=lambda n: (-counts[n], -self.weights.subject(n), n))
        surest = max(links, key=lambda m: m.confidence)
        words = self._shared(surest.old, surest.new)
        return ", ".join(words[:2]) or _beginning(newest.milestone)

    def _dropped(self, near: Sequence[Near], matters: Sequence[Matter]) -> tuple[Dropped, ...]:
        goes_on = {
            (seen.plan, id(seen.milestone)): matter
            for matter in reversed(matters)
            for seen in matter.seen
            if seen.plan < matter.plans[-1]
        }
        nearest: dict[tuple[int, int], Near] = {}
        for each in near:
            nearest.setdefault((each.old.plan, id(each.old.milestone)), each)
        order = (Ending.OPEN, Ending.UNKNOWN, Ending.FINISHED)
        found = []
        for read in (each for reads in self.reads[:-1] for each in reads):
            if not self._to(read):
                ending = _ending(read.milestone)
                said = _said(read.milestone) if ending is Ending.UNKNOWN else ""
                same = read.plan, id(read.milestone)
                found.append(Dropped(read.seen, ending, nearest.get(same), goes_on.get(same), said))
        return tuple(sorted(found, key=lambda d: (order.index(d.ending), d.seen.plan)))

    def _notes(self) -> Iterator[str]:
        """What should be known before the rest is believed."""
        for early, late in pairwise(self.stages):
            if early.year and late.year and late.year < early.year:
                dates = "" if early.stated and late.stated else ", by its dates"
                yield (
                    f"{late.name} is given after {early.name}, but is of the year {late.year}{dates}, and "
                    f"{early.name} of {early.year}: give the oldest plan first."
                )
        bare, undated, empty = [], [], []
        for stage, plan in zip(self.stages, self.plans, strict=True):
            unread = sum(_ending(m) is Ending.UNKNOWN for m in plan.milestones)
            if not plan.milestones:
                empty.append(stage.called)
            elif unread:
                bare.append(f"{unread:,} of {len(plan.milestones):,} in {stage.called}")
            if plan.milestones and not stage.year:
                undated.append(stage.name)
        if empty:
            yield f"Without any milestone: {listed(empty)}."
        if bare:
            yield (
                "How these milestones ended is not known, because they have no status that can be read: "
                f"{listed(bare)}."
            )
        if undated:
            yield f"Which year these are of is not known, because they have no certain dates: {listed(undated)}."
        apart, other_words = [], []
        for number, (early, late) in enumerate(pairwise(self.stages)):
            between = [m for m in self.made if (m.old.plan, m.new.plan) == (number, number + 1)]
            if not between and early.milestones and late.milestones:
                apart.append(f"{early.called} and {late.called}")
            elif between and not any(made.whole for made in between):
                other_words.append(f"{early.called} and {late.called}")
        if apart:
            yield f"Nothing could be linked between {'; '.join(apart)}."
        if other_words:
            yield (
                "No milestone is in the same words, or in like ones, in both of these; what links them is only "
                f"what they are about: {'; '.join(other_words)}."
            )
        councils = {plan.settings.council for plan in self.plans if plan.settings.council}
        if len(councils) > 1:
            yield f"These are plans of different councils: {listed(sorted(councils))}."


_LONGEST_RUN = 6  # words of a phrase that is shown
_LONGEST_SAID = 4  # words of a comment that is nothing but a status
_MOST_WORDS = 5  # phrases that are shown of a link


def _about_others(old: _Read, new: _Read) -> bool:
    """Whether each is about a subject, and no subject is common to both."""
    return bool(old.subjects and new.subjects and not old.subjects & new.subjects)


def _for_others(old: _Read, new: _Read) -> bool:
    """Whether one is for members and the other for staff."""
    return {old.audience, new.audience} == {"members", "staff"}


def _numbers(read: _Read) -> list[str]:
    """The numbers of its words: phase 1 is not phase 2, however like the words are."""
    return re.findall(r"\d+", read.milestone.milestone)


class _Found:
    """Milestones as they were read, found again by the records themselves, each once."""

    def __init__(self, reads: Sequence[_Read]) -> None:
        self._reads: dict[int, list[_Read]] = {}
        for read in reversed(reads):
            self._reads.setdefault(id(read.milestone), []).append(read)

    def take(self, milestone: Milestone) -> _Read:
        return self._reads[id(milestone)].pop()


class _Groups:
    """What is linked with what, also through others."""

    def __init__(self) -> None:
        self._above: dict[_Key, _Key] = {}

    def find(self, key: _Key) -> _Key:
        while (above := self._above.get(key, key)) != key:
            self._above[key] = self._above.get(above, above)
            key = above
        return key

    def join(self, one: _Key, other: _Key) -> None:
        first, second = sorted((self.find(one), self.find(other)))
        self._above[second] = first

    def joined(self, one: _Key, other: _Key) -> bool:
        return self.find(one) == self.find(other)


def _weakest(links: Sequence[_Made]) -> float:
    """The confidence of the weakest link that is needed to hold all of them together."""
    groups = _Groups()
    weakest = 1.0
    for made in sorted(links, key=lambda m: -m.confidence):
        one, other = (made.old.plan, made.old.place, ""), (made.new.plan, made.new.place, "")
        if not groups.joined(one, other):
            groups.join(one, other)
            weakest = made.confidence
    return weakest


def _ending(milestone: Milestone) -> Ending:
    if milestone.status.ended:
        return Ending.FINISHED
    unread = milestone.status.value in (StatusValue.BLANK, StatusValue.UNKNOWN)
    return Ending.UNKNOWN if unread else Ending.OPEN


def _said(milestone: Milestone) -> str:
    """The first words of the comments, where they are a status that could be read."""
    first = re.split(r"[.;:,\n\u2013-]", milestone.comments, maxsplit=1)[0].strip()
    if len(first.split()) > _LONGEST_SAID:
        return ""
    unread = read_status(first).value in (StatusValue.BLANK, StatusValue.UNKNOWN)
    return "" if unread else first


def _stage(name: str, plan: Plan) -> Stage:
    stated = plan.settings.year
    middle = year_of(plan.reference) if plan.reference is not None else ""
    return Stage(name, len(plan.milestones), stated or middle, bool(stated))


def _years_between(first: Stage, last: Stage) -> int | None:
    """How many financial years from one plan to the other, both included, where that is known."""
    if not first.year or not last.year or last.year < first.year:
        return None
    return int(last.year[:4]) - int(first.year[:4]) + 1


def _beginning(text: str) -> str:
    words = text.split()
    return " ".join(words[:_LONGEST_RUN]) + (" …" if len(words) > _LONGEST_RUN else "")


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _likeness_of(confidence: float) -> float:
    """The likeness, of 100, behind the confidence that ``diff`` gives two with the same Ref."""
    return (confidence - 0.5) * 200


def _likeness(one: str, other: str) -> float:
    """How like two texts are, of 100, in whatever order their words stand."""
    from rapidfuzz import fuzz

    return fuzz.token_sort_ratio(_folded(one), _folded(other))
