"""Healing text that a page has broken: what a person wrote, out of what a program left of it.

Pure functions on strings. ``unwrap`` takes markup out of a cell but for struck and inserted text;
``join`` puts together a cell that goes on over a page; ``Vocabulary.mend`` joins a heading that was
split over cells ("Princi", "ple 1"); ``continues`` says how much a text looks like the rest of
another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import unescape

_STRIKE = re.compile(r"</?(?:s|del|strike)(?:\s[^<>]*)?>", re.I)
_BREAK = re.compile(r"\s*(?:<br\s*/?>|</(?:p|li|div|tr|h[1-6])>|<(?:p|li|div|h[1-6])(?:\s[^<>]*)?>)\s*", re.I)  # fmt: skip
_RAISED = re.compile(r"(?<=\d)\s*<sup>\s*(st|nd|rd|th)\s*</sup>", re.I)
_FOOTNOTE = re.compile(r"<sup>\s*\[?\d{1,3}\]?\s*</sup>", re.I)
_TAG = re.compile(r"</?(?!u>)[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>", re.I)
_INSERTED = re.compile(r"</?(?:u|ins)(?:\s[^<>]*)?>", re.I)
_EMPTY_MARKS = re.compile(r"~~\s*~~|<u>\s*</u>")
_MARKS = re.compile(r"~~|</?u>")
_STRUCK = re.compile(r"~~(.*?)~~", re.S)
_BOLD = re.compile(r"\*\*(.+?)\*\*|__(.+?)__", re.S)
_SPACES = re.compile(r"[ \t\u00a0\u2007\u200b\u202f\ufeff]+")
_BROKEN_HYPHEN = re.compile(r"(?<=[a-z])- (?!(?:and|or|to)\b)(?=[a-z])")
_BROKEN_NUMBER = re.compile(r"(?<=\d)- (?=\d)|(?<=: )- (?=\d)")  # "2016- 17", ": - 14%"
_LISTED = re.compile(r"\s*(?:[-–•*▪●o]|\d{1,2}[.)]|\(?[a-z]{1,2}[.)]|\([ivx]+\)|[ivx]+[.)])\s+")
_LETTERED = re.compile(r"\s*(?:[•▪●*–-]\s*)?\(?([a-zA-Z]|[ivx]{2,4})[).]\s*(?=\S)")
_TERMINAL = re.compile(r"[.!?:;][\"'”’)\]]*$")
_OPEN_WORD = re.compile(
    r"\b(?:the|a|an|of|and|or|to|in|on|for|with|by|from|at|as|is|are|was|were|be|been|has|have|had|will|"
    r"that|which|their|its|this|these|our|into|not|more|re|including|through|between|within|per|via|both|"
    r"than|who|should|would|could|can|may|due)$",
    re.I,
)
_BULLETS = "•▪●■◦‣·"
_DEBRIS = re.compile(rf"[{_BULLETS}*|_~\s.,;:'`-]+|\d\.\d{{3}}|0\d{{5,8}}")
# What is left of a long English word when it is broken near its end; and letters that none ends in.
_ENDS = re.compile(
    r"[a-z]{0,3}(?:[ts]ions?|ations?|ments?|ness|ances?|ences?|ilit(?:y|ies)|ships?|ible|ally|ated|ates|ties|atives?)|"
    r"ings|[tnrlsd]ing"
)
_UNBEGUN = re.compile(r"[lmr][bcdfgjkmpqstvwxz]|n[bcdfgjkpqstvwxz]|c[kt]|[bdgt][bcdgkmpt]")
_UNENDED = re.compile(r"[A-Za-z]{3,}(?:[ivjq]|nc)$")
# Words that begin a line as often as any: what stands above one of them is whole.
_LITTLE = frozenset(
    ("a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "has", "if", "in", "is", "it", "its", "key",
     "may", "new", "no", "not", "now", "of", "off", "on", "one", "or", "our", "out", "own", "per", "set", "six",
     "so", "ten", "the", "to", "two", "up", "use", "via", "was", "we", "all", "any", "can", "due", "end", "he",
     "her", "his", "how", "let", "old", "run", "she", "who", "why", "yet", "day", "get", "had", "did",
     "able", "too", "man", "tax", "car", "law", "map", "way", "big", "few", "low", "pay", "say", "see", "try", "ask",
     "add", "aim", "bid", "buy", "cut", "far", "fit", "gap", "lot", "met", "sum", "top", "won", "yes", "ago", "act",
     "age", "air", "art", "bar", "bus", "cap", "mid", "non", "pre", "sub", "ex", "co", "us", "mtg", "mgr",
     "etc", "eg", "ie", "re", "vs", "ii", "iii", "iv", "vi", "about", "across", "action", "after", "against", "agreed", "also", "been", "before", "being", "between",
     "both", "budget", "carried", "committee", "community", "complete", "completed", "council", "councillors",
     "current", "during", "each", "effective", "ensure", "following", "from", "further", "given", "governance",
     "have", "held", "help", "including", "information", "into", "issues", "local", "made", "management",
     "meeting", "meetings", "members", "monitoring", "more", "must", "need", "needs", "officer", "officers",
     "ongoing", "only", "other", "over", "part", "performance", "place", "plan", "plans", "policies", "policy",
     "process", "processes", "progress", "project", "projects", "provide", "public", "regular", "regularly",
     "relevant", "report", "reported", "reporting", "reports", "required", "review", "reviewed", "risk", "risks",
     "roles", "scrutiny", "service", "services", "should", "staff", "standards", "strategic", "strategy", "such",
     "support", "system", "systems", "take", "taken", "team", "that", "their", "them", "there", "these", "they",
     "this", "those", "through", "training", "under", "until", "used", "using", "well", "were", "what", "when",
     "where", "which", "while", "will", "with", "within", "without", "work", "working", "would", "year")
)  # fmt: skip
# Words that stand in the headings of governance plans everywhere; the document's own come on top.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        a about accountable accountability action actions all an and annual are area areas
        arrangements as at audit be behaving benefits best by capability capacity clear code
        community comprehensive conduct control core council councils culture decision decisions
        define defining delivery demonstrating determining developing economic effective effectively
        effectiveness engagement engaging ensure ensuring environmental ethical financial for from
        functions good governance have high implementing improve improvement in including individuals
        information informed integrity internal intended interventions into is issue its leadership
        local managing management members necessary of officers on open openness optimise or outcome
        outcomes partnership people performance plan possible practices principle principles provide
        public purpose reporting require respecting responsible responsive risk risks robust roles
        rule scrutiny service services social stakeholder stakeholders standards statement strong
        sustainable take taking terms that the their theme through to together transparency
        transparent values vision with within work working objective key lead
        """,
    )
)


def unwrap(text: str) -> str:
    """A cell without markup: only ``~~struck~~`` and ``<u>inserted</u>`` stay, one space a gap.

    >>> unwrap("<ul> <li>a) Review codes &amp; protocols on the 1 <sup>st</sup> of May</li> </ul>")
    'a) Review codes & protocols on the 1st of May'

    A paragraph, a list item and a line break each end in a line break.
    """
    if "<" in text:
        text = _RAISED.sub(r"\1", text)
        text = _FOOTNOTE.sub("", text)
        text = _STRIKE.sub("~~", text)
        text = _INSERTED.sub(lambda m: "</u>" if m.group().startswith("</") else "<u>", text)
        text = _BREAK.sub("\n", text)
        text = _TAG.sub("", text)
    if "&" in text:
        text = unescape(text)
    text = _BOLD.sub(lambda m: m[1] or m[2], text)
    text = re.sub(r"(?<!\w)\*\*|\*\*(?!\w)", "", text)
    text = _EMPTY_MARKS.sub(" ", text)
    text = _SPACES.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _BROKEN_HYPHEN.sub("-", text)
    text = _BROKEN_NUMBER.sub("-", text)
    return re.sub(r" *\n[ \n]*", "\n", text).strip()


def live(text: str) -> str:
    """What stands: inserted text kept, struck text dropped: ``live("~~SD~~ <u>RB</u>")`` is "RB"."""
    if "~~" not in text and "<" not in text:
        return text
    return _SPACES.sub(" ", _MARKS.sub("", _STRUCK.sub("", text))).strip()


def former(text: str) -> str:
    """What stood before a tracked change: ``former("Dec 201~~5~~<u>6</u>")`` is "Dec 2015"."""
    return _SPACES.sub(" ", _MARKS.sub("", re.sub(r"<u>.*?</u>", "", text, flags=re.S))).strip()


def struck(text: str) -> list[str]:
    """The pieces that were struck out, in order, one that was struck in two strokes as one.

    >>> struck("~~31/1/~~~~17~~ 30/09/17")
    ['31/1/17']
    """
    joined = text.replace("~~~~", "")
    return [_MARKS.sub("", found).strip() for found in _STRUCK.findall(joined) if found.strip()]


def plain(text: str) -> str:
    """All the words without marks, the struck ones too, on one line: for looking at."""
    return " ".join(_MARKS.sub("", text).split())


def lettered(text: str) -> tuple[str, str]:
    """The letter of an action and the action without it.

    >>> lettered("b) Adopt the code")
    ('b', 'Adopt the code')
    >>> lettered("Adopt the code")
    ('', 'Adopt the code')
    """
    bare = _MARKS.sub("", text)
    found = _LETTERED.match(bare)
    if found is None or (found[1].isupper() and "." in found.group()):
        return "", text
    letter = found[1]
    if text.startswith(bare[: found.end()]):
        return letter.lower(), text[found.end() :].strip()
    return letter.lower(), re.sub(
        r"^((?:~~|<u>)*)\s*[^\w(]*\(?\w{1,4}[).]\s*", r"\1", text, count=1
    ).strip()


def items(text: str, *, inline: bool = False) -> list[tuple[str, str]]:
    """The items of a cell that is a list and nothing else: ``[("a", "Adopt it"), ("b", "Publish it")]``.

    Each begins a line, or with ``inline`` may also stand behind the other: "a) May 2020 b) June 2020".

    >>> items("a) Adopt the code\\nb) Publish it")
    [('a', 'Adopt the code'), ('b', 'Publish it')]
    >>> items("Review the codes: a) members; b) officers")
    []
    """
    found: list[tuple[str, int, int]] = []
    for mark in (_INLINE_MARK if inline else _ITEM_MARK).finditer(text):
        if not found and mark.start() != 0:
            return []
        name = mark["mark"].lower()
        wanted = _follows(found[-1][0]) if found else ("a", "1", "i")
        if name in wanted:
            found.append((name, mark.start(), mark.end()))
        elif not found:
            return []
    if not found:
        return []
    ends = [start for _, start, _ in found[1:]] + [len(text)]
    parts = [
        (name, text[at:end].strip(" \n;")) for (name, _, at), end in zip(found, ends, strict=True)
    ]
    return parts if len(parts) > 1 and all(len(part) > 2 for _, part in parts) else []


_ITEM_MARK = re.compile(r"(?:^|\n)[ ~]*\(?(?P<mark>[a-z]|[ivx]{2,4}|\d{1,2})[.)]\s*(?=[\S])", re.M)
_INLINE_MARK = re.compile(r"(?:^|(?<=\s))\(?(?P<mark>[a-z]|[ivx]{2,4}|\d{1,2})[.)]\s*(?=[\S])")
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")


def _follows(mark: str) -> tuple[str, ...]:
    """What the next item is marked: after "i", which is also a letter, "ii" or "j"."""
    after = [str(int(mark) + 1)] if mark.isdigit() else []
    if len(mark) == 1 and mark.isalpha():
        after.append(chr(ord(mark) + 1))
    if mark in _ROMAN[:-1]:
        after.append(_ROMAN[_ROMAN.index(mark) + 1])
    return tuple(after)


def without_bullet(text: str) -> str:
    """A text without the one bullet before it; a list of several keeps its own."""
    bare = text.lstrip(_BULLETS + " ")
    return bare if bare and not any(mark in bare for mark in _BULLETS) else text


def listed_item(text: str) -> bool:
    """Whether a text begins with the mark of a list's item: "b)", "2." or a bullet."""
    return bool(_LISTED.match(_MARKS.sub("", text)))


def is_debris(text: str) -> bool:
    """What a scanner leaves where nothing was printed: a lone bullet, "9.044", "0110615"."""
    return bool(_DEBRIS.fullmatch(text))


def ended(text: str) -> bool:
    """Whether a text ends as a sentence does."""
    return bool(_TERMINAL.search(plain(text)))


def continues(before: str, text: str) -> float:
    """How much a text looks like the rest of the one before: above 0 yes, below 0 no.

    >>> continues("no clearly identifiable strategic", "approach to engagement") > 0
    True
    >>> continues("Agreed by Cabinet.", "Review the code") < 0
    True
    """
    first, rest = plain(before), plain(text)
    if not rest:
        return 0.0
    if not first:
        return -1.0
    if listed_item(text):
        return -2.0
    score = 0.0
    start = rest.lstrip("\"'“‘")[:1]
    if start.islower() or rest[0] in ",;:.)%/&" or rest.startswith("– "):
        score += 2
    if _OPEN_WORD.search(first) or first.endswith((",", "-", "–", "/", "(")):
        score += 2
    if first.count("(") > first.count(")") and rest.count(")") >= rest.count("("):
        score += 1
    if ended(first):
        score -= 1.5
    elif start.isupper():
        score -= 0.5
    return score


def never_ends(text: str) -> bool:
    """Whether a text's last word breaks off in letters in which no word ends: "Responsi", "complianc"."""
    return bool(_UNENDED.search(text))


def is_ending(text: str) -> bool:
    """Whether a text begins with what is no word, but the end of one: "ment of", "nt"."""
    found = re.match(r"[a-z]+(?![\w'’-])", text)
    if found is None or found.group() in _LITTLE:
        return False
    word = found.group()
    return len(word) < 4 or bool(_ENDS.fullmatch(word) or _UNBEGUN.match(word))


def join(before: str, text: str) -> str:
    """Two parts of one cell as one text; a word hyphenated or broken at the line's end becomes whole.

    >>> join("delivered through an e-", "learning module")
    'delivered through an e-learning module'
    """
    if not before or not text:
        return before or text
    if re.search(r"\w-$", before) and text[0].islower() and not re.match(r"(?:and|or|to)\b", text):
        return before + text
    if re.match(r"[,;:.)](?:\s|$)|/\w", text):
        return before + text
    if text[0].islower() and never_ends(before):
        return before + text
    if re.search(r"(?<!\w)[A-Za-z]{4,}$", before) and is_ending(text) and len(text.split()[0]) != 3:
        return before + text
    return f"{before}{_seam(before, text)}{text}"


def _seam(before: str, text: str) -> str:
    """A new list item or paragraph keeps its line break."""
    return "\n" if listed_item(text) and text[:1] in _BULLETS + "-–*" else " "


def first_sentence(text: str) -> tuple[str, str]:
    """A text's first sentence and the rest: ``("Ends here.", "Another one.")``."""
    found = re.search(r"(?<=[a-z0-9)%][.!?])\s+(?=[A-Z\"'“‘])", text)
    return (text[: found.start()], text[found.end() :]) if found else (text, "")


class Vocabulary:
    """The words of a document's whole cells, by which a word that two cells split is known.

    >>> Vocabulary(["The people of Westmere"]).mend(["Princi", "ple 1: serve the people of Westme", "re"])
    'Principle 1: serve the people of Westmere'
    """

    def __init__(self, texts: Iterable[str]) -> None:
        found = {w.lower() for t in texts for w in re.findall(r"[A-Za-z][A-Za-z'’]*", plain(t))}
        self._words = found | _COMMON
        self._prefixes = {w[:n] for w in self._words for n in range(4, len(w) + 1)}

    def mend(self, cells: Sequence[str]) -> str:
        """The text of a heading whose words were cut where the cells of a table meet."""
        text = ""
        for cell in cells:
            cell = cell.strip()
            if is_debris(cell) or not cell:
                continue
            text = self._meet(text, cell) if text else cell
        return text

    def _meet(self, left: str, right: str) -> str:
        if right[0] in ",;:.)":
            return left + right
        last = re.search(r"[A-Za-z'’]+$", left)
        first = re.match(r"[A-Za-z'’]+", right)
        if last is None or first is None or not right[0].islower():
            return f"{left} {right}"
        one, two = last.group(), first.group()
        ways = [(self._whole(one) + self._whole(two), f"{left} {right}")]
        for overlap in range(min(len(one), len(two), 3) + 1):
            # A letter on the border between two cells is read in both of them.
            if one[len(one) - overlap :].lower() == two[:overlap].lower():
                whole = 2 * self._whole(one + two[overlap:]) - 0.05 * overlap
                ways.append((whole, left + right[overlap:]))
        return max(ways, key=lambda way: way[0])[1]

    def _whole(self, word: str) -> float:
        """How sure it is that a word is one: 1 where it stands elsewhere too."""
        word = word.lower()
        if len(word) == 1:
            return 0.9 if word == "a" else -1.0
        if word in self._words:
            return 1.0
        known = max((n for n in range(4, len(word) + 1) if word[:n] in self._prefixes), default=0)
        if known == len(word):  # the beginning of some word
            return 0.3
        if known >= len(word) - 2:  # an ending of its own: "accountab-le"
            return 0.6
        return 0.1 if len(word) > 6 else 0.0
