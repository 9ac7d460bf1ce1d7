"""The words that stand around dates, as patterns: "by the end of", "was", "w/c", "TBC".

Every pattern is for normalised, lower-case text. Those in ``_WORDS`` are searched for by name with
``words``; those in ``_LINKS`` must be all that stands between two dates.
"""

from __future__ import annotations

import re
from functools import cache

_NUMBER = r"(?:\d+(?:\.5)?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|eighteen)"
_UNIT = (
    r"(?:working |calendar |week ?)?(?:hour|hr|day|week|wk|month|mth|year|yr|(?:half[- ]?)?term)"
)
_PERIOD = r"(?:day|week|fortnight|month|quarter|half[- ]year|year|term|meeting|cycle|summer|autumn|winter|spring)"
_MEETING = (
    r"(?:full|annual|town|parish|borough|district|county|cabinet|council|executive|committee|board|"
    r"scrutiny|governance|audit|standards|meeting|cycle|round|smt|cmt|slt|agm|mtg|cttee|panel|forum|"
    r"assembly|policy|resources|finance|planning|&|and|of|summit|the)"
)

_NTH = r"(?:first|second|third|fourth|latter|last|final|1st|2nd|3rd|4th)"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"

_WORDS: dict[str, str] = {
    "dashes": r"[-.\s/…]*",
    "tbc": r"\b(?:t\.?\s?b\.?\s?[cadns]\b|to be (?:confirmed|agreed|advised|announced|determined|decided|set\b|"
    r"established|scheduled|arranged|identified|defined|fixed|discussed|clarified|notified|programmed)|"
    r"soon\b|shortly|in the near future|in due course|as soon as (?:is )?(?:possible|practicable|practical|reasonably|feasible|able)|a\.?s\.?a\.?p\b|"
    r"(?:date|dates|timescales?|timeline|deadline|target)s? (?:not|to be|awaited|required|needed|unknown|tbc|pending)|"
    r"no (?:date|timescale|target|deadline|timeline|time ?frame|fixed|specific|set)|"
    r"not (?:yet )?(?:specified|set|known|stated|agreed|given|provided|available|determined|confirmed|scheduled|decided|defined|fixed|recorded|applicable)|"
    r"unspecified|unknown|undetermined|undecided|awaiting (?:a )?(?:date|confirmation)|yet to be)|"
    r"^(?:n\.?\s?/?\s?a\.?|nil|none|open|not applicable|select|please select|choose.*|\?+|tbc.*|x+|pending)$|<\s*select|[\[<(](?:date|dd/mm|insert|enter|not specified)",
    "ongoing": r"\b(?:on\s?-?\s?go(?:ing|ign|in|ng)|ong[io]+ng|continuous(?:ly)?|continual(?:ly)?|continu(?:ing|es|ed|e)|recurring|rolling|"
    r"monthly|quarterly|yearly|weekly|daily|fortnightly|termly|annually|biannual(?:ly)?|bi-?\s?(?:annual|monthly|weekly|ennial)(?:ly)?|"
    r"annual(?!\s+(?:council|meeting|general|parish|town|conference|governance|statement|report|review|audit|assembly|budget|"
    r"leave|plan|accounts|return|delivery|business|assurance|election|self|survey|update|appraisal|letter|monitoring|programme|training))|"
    r"(?:half|six|three|two)[- ]?(?:yearly|monthly|weekly)|\d+[- ]?(?:monthly|weekly|yearly)|"
    rf"(?:every|each|per)\s+(?:\w+\s+)?(?:\w+\s+)?{_PERIOD}s?|(?:every|each)\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*|"
    r"per annum|p\.a\.|throughout(?!\s+(?:the\s+)?(?:financial\s+|calendar\s+)?(?:year\s+)?\x00)|permanent(?:ly)?|perpetual(?:ly)?|in perpetuity|business as usual|bau|"
    r"as (?:and|&) when|(?:as|when|where|if)(?: and when)? (?:required|needed|necessary|appropriate)|ad[- ]?hoc|periodic(?:al)?(?:ly)?|regular(?:ly)?|"
    r"routine(?:ly)?|always|onwards?|and beyond|thereafter|standing|year[- ]round|all year|year on year|(?:once|twice|three times|four times|\d+ times) (?:a|per|each|every) \w+|indefinite(?:ly)?|no end date|until further notice|long[- ]?term ongoing)\b|[&+]\s*beyond\b|\b(?:every|each)\s+\x00",
    "start": r"\b(?:from|since|starting|starts?|commenc(?:e|es|ing|ement)|beginning|begins?|effective|w\.?e\.?f\.?|as of|with effect)"
    r"(?:\s+(?:from|on|in|at|date|by|of))*[\s:]*(?:the\s+)?(?:(?:end|beginning|start|early|mid|late)(?:\s+of)?[\s-]*)?$",
    "before": r"(?<!\bon or )(?<!\bor )\b(?:(?:before|prior to|ahead of|in advance of|(?:in (?:good )?time|in readiness|in preparation|ready|prepared) for)(?:\s+(?!by\b|end\b)[a-z&]+){0,4}|"
    r"pre|by (?:the )?(?:start|beginning) of)[\s-]*(?:the\s+)?$",
    "after": r"\b(?:beyond|upon|past|later than(?<!no later than)(?<!not later than)|"
    r"(?:after|following|post|once|subsequent to|(?:not|no|never) (?:before|earlier than|sooner than)|on completion of|on approval of|on receipt of|pending|"
    r"subject to|dependent (?:up)?on|awaiting|depending on|linked to)\b[^,;.()]*)[\s(-]*(?:the\s+)?(?:end of\s+)?$",
    "starts": rf"\b(?:from|since|starting|commencing)\s+(?:the\s+)?(?:{_MEETING}\s+){{1,4}}(?:on\s+|in\s+)?$|"
    rf"\b(?:on hold|paused|suspended|halted|stopped|closed|no|not|nothing)\b[^,;.()]{{0,20}}\b(?:until|till|before)\s+(?:{_MEETING}\s+){{0,4}}$",
    "only until": r"[\s(]*(?:until|till|til|up to|up until|to|through to)[\s:]*(?:the\s+)?",
    "end": r"\b(?:(?:very\s+)?end|eom|eoy|close|month[- ]end|year[- ]end|end[- ]of[- ](?:year|month)|last day|final day)(?:\s+(?:of|in|for))?\s*(?:the\s+|month\s+|year\s+|month of\s+|financial year\s+|calendar year\s+|municipal year\s+)?[\s-]*$",
    "vague": rf"\b(?P<vague>(?P<rough>early|earlier|beginning|mid(?:dle)?|(?:mid|half|part)[- ]?(?:point|way))|start|late|later|latter|half[- ]term|bank holiday|first day|1st day|"
    rf"(?:w(?:ee)?k|fortnight|half) \d(?:,| -)?|{_NTH} (?:week|fortnight|half|part|quarter|end|working day|{_WEEKDAY})|{_NTH} \w+ (?:days|weeks))"
    r"(?:\s+(?:of|in|through|into|part of|point of))*[\s-]*(?:the\s+)?$",
    # The same, after its month or year: "March 2024 (early)", "May 2024, week 2".
    "vague_after": r"^[\s(,:-]*(?:(?:very\s+)?(?:early|mid|middle|late|beginning|start)(?:\s+(?:in|on|of))?|(?:first|second|1st|2nd)?\s*half|"
    r"w(?:ee)?k\.?\s*[1-5]|(?:1st|2nd|3rd|4th|first|second|third|fourth|last)\s+(?:week|fortnight|half))\b[\s).]*$",
    "week": r"(?:^|(?<![a-z]))(?:w(?:k)?\s?[/.-]?\s?c(?:omm?)?\b\.?|w\s?[/.]?\s?b\b\.?|we?e?k\.?\s*(?:comm?(?:encing|encin|ences|\.)?|beg(?:inning|inn?\.?|\.)?|starting|of|from)?)[\s:.-]*(?:on\s+)?(?:the\s+)?(?:mon(?:day)?\.?,?\s+)?(?:the\s+)?$",
    "weekend": r"(?:^|(?<![a-z]))(?:w\s?/\s?e\b|we?e?k\s*-?\s*end(?:ing)?)[\s:.-]*(?:on\s+)?(?:the\s+)?(?:fri(?:day)?|sun(?:day)?|sat(?:urday)?)?,?\s*(?:the\s+)?$",
    "by": r"\b(?:by|before)[\s:]*(?:the\s+)?(?:year\s+)?$",
    "weekday": r"\b(?P<weekday>mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur|r)?(?:day)?\.?,?[\s]*(?:the\s+)?$",
    "approx": r"\b(?:approx\w*|circa|ca|around|about|roughly|provisional\w*|estimate[ds]?|est|possibly|probably|likely|indicative|tentative\w*|"
    r"hopefully|aspirational|earliest|soonest|if(?! possible)|unless|whichever|either|or later|and later|or after|or (?:there)?abouts|thereabouts|at least|"
    r"(?:towards?|near(?:ing|er)?|nearly|almost)\s+(?:the\s+)?(?:very\s+)?(?:end|close|start|beginning|middle)|(?:back|tail)[\s-]*end|approaching|near(?:er|ing)?(?:\s+to)?(?=\s*$)|clos(?:er|e|ing in) (?:to|on)(?=\s*$)|as early as|at best|best case|worst case|realistically|stretch|ambition|or so|extension (?:\w+ )?(?:requested|sought|proposed)|(?:requested|sought) (?:to|until|till)|could|might|may (?:be|have|not|need|slip|require|change|move)|should|unlikely|assum\w+)\b|(?:^|[\s(])c\.\s?(?:[a-z/]+\s+){0,3}$|(?:^|(?<!w)[\s(])c\s+$|^\W*ish\b|[?~+><=!→]",
    "waiting": r"\b(?:await\w*|pending)\b",
    # A date that was: before it, and after it.
    "old": r"\b(?:was|were|original(?:ly)?(?: (?:target|date|deadline|timescale|due date))?|prev(?:ious(?:ly)?)?|formerly|initially|as at|"
    r"(?:moved|slipped|deferred|extended|revised|changed|brought forward|delayed|postponed|amended|put back|pushed back|rescheduled) from|"
    r"instead of|rather than|not(?! (?:later|beyond|after|exceeding))|n't|missed|no longer|cancelled|superseded|old|last year)\b[^,;()]{0,30}$|\b(?:minutes?|letters?|decisions?|resolutions?|e-?mails?|memos?) (?:of|dated|from)(?:\s+the)?\s*$|\b(?:position at|based on)\s*(?:the\s+)?$",
    "not_after": r"\b(?:not (?:met|achieved|complete|done|possible|delivered|held|now|going|happening|yet|be)|missed|no longer|cancelled|superseded|was (?:the )?(?:original|old|previous)|"
    r"(?:original(?:ly)?(?: date| target| deadline)?|old (?:date|target|deadline))(?=\W*$)|but |under review|being reviewed|to date\b|(?:needs?|requires?) (?:extend|mov|revis|chang|review|amend)ing|will (?:slip|miss|be (?:late|missed|delayed|extended|revised))|won't|cannot|can't|unachievable|unrealistic|"
    r"expired|lapsed|passed|extension|slip(?:s|ped|page|ping)?|delay(?:s|ed)?|postponed|deferred|suspended|paused|withdrawn)\b|"
    r"^\W*(?:(?:date|deadline|target|timescale|this|now|needs?|is)\s+)*to be (?:re\w+|extended|amended|changed|moved)",
    # A past participle, as a fact ("Policy adopted 24 May 2017"), with at most sixty characters to the date.
    "past": r"\b(?!(?:revised|extended|deferred|moved|slipped|delayed|postponed|rescheduled|pushed|carried|proposed|expected|anticipated|planned|scheduled|required|needed|"
    r"projected|targeted|advanced|detailed|combined|related|shared|limited|integrated|based|amended|changed|(?:re-?)?arranged|intended|aimed|dedicated|continued|increased|"
    r"improved|enhanced|reduced|invited|need|feed|exceed|proceed|embed|speed|led|red|unified|joined)\b)"
    r"(?:\w\w+ed|complete|done|in place|signed off|went|held|begun|took|granted|has been|have been)\b(?!\s+(?:date|deadline|target|timescale|timetable|completion|action|plan)\b).{0,60}?$",
    "to_come": r"\b(?:quarter|year|period|month|to|be|being|get|getting|will|and|should|must|once|when|if|as|not|for)\s+(?:[a-z]+ly\s+)?$",
    "due": r"\b(?:by|to|until|till|for|due|before|deadline|target|later than)(?:\s+(?:the|very|end|close|on|in|at|of|or|latest|date|is))*[\s:-]*$",
    "done_after": r"^[\s:,.(\[-]*(?:[a-z&]+\s+){0,2}?(?:complete|completed|done|achieved|closed|implemented|delivered|finished|actioned|in place|overdue|started|commenced|begun|held|met)\b",
    "start_after": r"^[\s:,.(\[-]*(?:project |work |planned )?(?:start|commence|kick[- ]?off|begin|launch date)\w*(?:\s+date)?\W*$",
    "relative": rf"(?:\b(?:within|in|over|approx\w*|about|after|for|up to|next|by|at least|a|minimum|maximum)\s+(?:the (?:next|first)\s+)?|^|\(|[-:,;]\s*|(?<=\s))(?<!first )(?<!last )(?<!final )(?P<n>{_NUMBER}|(?<=within )an?)(?:\s*(?:-|to|/|or)\s*(?P<n2>{_NUMBER}))?[\s-]*(?:\((?:\d+|[a-z]+)\)\s*)?(?P<unit>{_UNIT})(?P<many>s|\(s\))?'?(?![a-z])(?P<link>\s*(?:time\s+)?(?:from|of|after|following|before|prior|post|on from|pre|later|to)?\b)",
    "partial": r"(?:^|\b)(?:(?P<p_end>(?:(?:by|at|before)\s+)?(?:the\s+)?(?:end|close)\s+of\s+(?:the\s+|this\s+|each\s+|current\s+)*(?P<p_what>financial year|fiscal year|calendar year|municipal year|civic year|council year|academic year|school year|year|month|quarter|term|fy|week))|"
    r"(?P<p_ye>(?:financial |calendar )?year[- ]end|month[- ]end|end[- ]of[- ]year|eoy)|"
    r"(?:later\s+|early\s+|late\s+|mid\s+|by\s+|in\s+|during\s+)?(?P<p_rel>this|next|last|current|coming|following|previous)\s+(?P<p_unit>financial year|fiscal year|calendar year|municipal year|civic year|council year|year|month|quarter|week|term|(?:mon|tues|wednes|thurs|fri)day)s?\b(?!\s+(?:council|meeting|cabinet|committee|round|review|board))|"
    r"^(?:by\s+|on\s+)?(?:the\s+)?(?P<p_day>mon|tues|wednes|thurs|fri|satur|sun)day$|^(?:by\s+|on\s+)?(?:the\s+)?(?P<p_dom>\d\d?)(?:st|nd|rd|th)(?:\s+of\s+(?:the\s+)?month)?$|^mid[- ]year$|^(?:early|late|mid)[- ](?:in the )?year$)",
    "event": r"\b(?:on|upon|at|by|to|for|as) (?:the )?(?:approval|completion|conclusion|adoption|receipt|appointment|publication|agreement|implementation|next|first|point|renewal|commencement|expiry|launch|opening|introduction|start|time|part|review|agm|each|confirmation|notification|ratification|return|sign|closure|annual|forthcoming|earliest|soonest|election|formation)\b|"
    r"\b(?:following|follow|after|once|until|till|when|subject to|depend\w*|pending|await\w*|within|prior to|before|during|immediate(?:ly)?|urgent(?:ly)?|straight ?away|right away|now|today|tomorrow|with immediate effect|forthwith|as per|in accordance with|according to|"
    r"next|agm|elections?|council|cabinet|committee|board|meeting|alongside|aligned|in line with|linked to|in conjunction|in parallel|at the same time|part of|budget setting|to coincide|coincid\w*|post|pre|by [a-z]+|should|if)\b|"
    r"\b(?:short|medium|long|near|mid|immediate)(?:er)?[\s/-]*(?:to[\s-]*(?:short|medium|long)[\s-]*)?term\b|\b(?:days?|weeks?|months?|years?)\b",
    "status": r"^(?:now |all |fully )?(?:complete[d]?|done|achieved|closed|implemented|delivered|finished|in progress|under ?way|started|commenced|met|not met|overdue|not started|superseded|"
    r"yes|no|y|on track|on target|delayed|slipped|red|amber|green|actioned|in place|in hand|action complete[d]?|already\b.*)\b",
}  # fmt: skip

COUNT_WORDS = {
    "a": 1, "an": 1,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "eighteen": 18,
}  # fmt: skip

_RANGE_LINK = (
    r"[\s,]*(?:-+|to|until|till|til|through|thru|up to|onwards to|ending|ends|end)\s*(?:-\s*)?(?P<{0}>(?:the\s+)?(?:very\s+)?"
    r"(?:end|late|mid(?:dle)?|early|beginning|start)(?:\s+of)?[\s-]*)?(?:the\s+)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)(?:day)?,?\s*)?(?:the\s+)?"
)
_LINKS: dict[str, str] = {
    "range": _RANGE_LINK.format("link_end"),
    "and": rf"[\s,]*(?:and|&)\s*(?:the\s+)?(?P<and_end>(?:the\s+)?end(?:\s+of)?\s+)?(?:the\s+)?(?:{_WEEKDAY},?\s*)?(?:the\s+)?",
    "slash": r"\s*/\s*",
    "list": r"\s*(?:and|&|,|;|/|or|then|\+|\||and then|, and)?\s*(?:then\s+|by\s+|on\s+|in\s+|the\s+|(?:mon|tues|wednes|thurs|fri|satur|sun)(?:day)?,?\s*)*",
    "aside": r"[\s,(\[:;]*(?:-\s*)?(?:i\.?e\.?|by|the|end of|in|of|ending|year ending|fy|for|financial year)?[\s:(]*(?:end of\s+)?",
    # How a date was reckoned: "(one year on from inspection)". A bare length of time may be how long it takes.
    "reckoning": rf"\s*\((?:i\.?e\.?,?\s+|within\s+|which is\s+)?{_NUMBER}[\s-]*{_UNIT}s?'?\s+(?:on from|on after|after|following|post)\s+(?:the\s+)?[a-z][a-z\s-]*\)\W*",
    "year": rf"[\s,(]*(?:{_MEETING}[\s,]*){{0,4}}(?:in|of)?\s*",
}  # fmt: skip


@cache
def words(name: str) -> re.Pattern[str]:
    return re.compile(_WORDS[name])


@cache
def links(name: str) -> re.Pattern[str]:
    return re.compile(_LINKS[name])


TIME = re.compile(
    r"(?:"
    r"(?<=\d)t\d\d:\d\d(?::\d\d(?:\.\d+)?)?z?|\b(?:at\s+)?(?:\d{1,2}(?:[:.]\d\d)?\s?(?:am|pm|noon)\b|\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?z?\b|\d{4}\s?hrs\b)"
    r"|\b(?:at\s+)?(?:12\s+)?(?:noon|midnight|midday)\b|\bclose of (?:play|business)\b|\bco[bp]\b)"
)
# A text without any of these holds no time of day; to look for them is quicker than the pattern.
TIME_MARKS = (
    *(":", "noon", "midnight", "midday", "hrs", "close of ", "cob", "cop", " am", " pm"),
    *(f"{digit}{half}" for digit in range(10) for half in ("am", "pm")),
)
# Words that may stand beside a year and leave it a year. "Budget 2019" is no 31 December 2019.
YEAR_WORDS = re.compile(
    r"\b(?:during|within|throughout|in|by|for|over|the|course|of|to|be|end|ends?|ending|year|years?|financial|calendar|fy|phase|stage|"
    r"deferred|moved|extended|carried|forward|c/f|revised|rescheduled|postponed|now|target|due|date|deadline|complete|completed|completion|delivery|deliver|and|on|at|early|1|2|3|4|5)\b"
)
FILLER = re.compile(
    r"\b(?:w\s?/?\s?[cbe]|week|commencing|ending|beginning|from|until|before|after|during|between|00:00(?::00)?|by|the|of|on|in|at|for|to|be|due|date|deadline|target|end|no later than|not later than|and|a|is|"
    r"mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"
)


ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\b[\w.+-]{1,64}@[a-z][\w.-]*")
