"""The pack as one web page: everything in the one file, and nothing that runs.

    written, notes = write_web("pack.html", pages, workbook="pack.xlsx")

A page that a council may publish: headings, tables with named rows and columns, charts whose words are
words, readable on a telephone and on paper. It fetches nothing and runs nothing, and tells the browser
to hold it to that.

How it looks is the officer's: ``templates/pack/pack.html`` is Jinja2, in its sandbox, with marks for what
is filled in. What stands on the pages is made here and checked afterwards, so that no template can
leave a figure out. One that cannot be used is not: agsxl's own takes its place, and a note says why.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from agsxl.pages import Cell, Pages, Section, Table, Toned, first_rows, left_out, shown
from agsxl.report.charts import TINTS
from agsxl.report.drawing import NARROW, WIDE, drawn
from agsxl.report.placing import placed
from agsxl.report.sheets import writable
from agsxl.resources import resource
from agsxl.words import spoken

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_UPRIGHT = 5  # columns; a table with more is printed on a page on its side
_SCREEN = 32  # letters' heights: a wider table cannot be seen whole on a telephone
_FILLING = 15  # rows; a table with fewer needs no upright page of its own
# Nothing is fetched and nothing runs; a picture or a font of a template is in the file itself.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def write_web(
    path: str | Path, pages: Pages, *, template: Path | None = None, workbook: str = ""
) -> tuple[Path, tuple[str, ...]]:
    """Write the pages as one web page, whole or not at all; with it, notes on the template.

    >>> write_web("pack.html", pages, workbook="pack.xlsx")  # doctest: +SKIP
    (PosixPath('pack.html'), ())

    ``template`` is the officer's own; without it the one in ``templates/pack`` is used. ``workbook`` is the
    name of the pack's workbook: where a table has more than 250 rows, the page says that they all
    stand there. The same pages and template give the same bytes. Raises OutputError where the file
    cannot be written; a template that cannot be used raises nothing, and a note says what is wrong.
    """
    target = Path(path)
    page, notes = web_page(pages, template=template, workbook=workbook)
    with placed(target) as beside:
        beside.write_bytes(_sealed(page).encode("utf-8"))
    return target, notes


_SEAL = "\n<!-- As agsxl made it: {} -->\n"


def _sealed(page: str) -> str:
    """The page with a last line by which it is known again that nobody changed it since."""
    page = page.rstrip("\n")
    return page + _SEAL.format(sha256(page.encode("utf-8")).hexdigest())


def is_as_made(path: Path) -> bool:
    """Whether a web page is one that ``write_web`` made and nobody changed since.

    >>> is_as_made(Path("pack.html"))  # doctest: +SKIP
    True

    Raises nothing: what cannot be read is not.
    """
    try:
        page = path.read_bytes().decode("utf-8").replace("\r\n", "\n")  # as a transfer may make it
    except (OSError, UnicodeDecodeError):
        return False
    begin = page.rfind(_SEAL.partition("{")[0])
    return begin >= 0 and page == _sealed(page[:begin])


def web_page(
    pages: Pages, *, template: Path | None = None, workbook: str = ""
) -> tuple[str, tuple[str, ...]]:
    """The web page as text, and the notes on its template, as ``write_web`` has them.

    >>> web_page(pages)[0][:15]  # doctest: +SKIP
    '<!doctype html>'
    """
    marks = _marks(pages, workbook)
    notes: list[str] = []
    for path in (*([template] if template else []), resource("templates", "pack/pack.html")):
        try:
            return _laid_out(path, marks), tuple(notes)
        except _Unusable as fault:
            notes.append(
                f"{path} {fault}, so the web page has the look that agsxl gives it; correct the file "
                "or put back the one agsxl came with."
            )
    return _environment().from_string(_PLAIN).render(marks), tuple(notes)


# -- what stands on the page -------------------------------------------------------------------------


class _Shown(NamedTuple):
    """A cell as it is shown, and what its style is called."""

    text: str
    style: str


def _marks(pages: Pages, workbook: str) -> Mapping[str, object]:
    """What a template can fill in, by the names of its marks."""
    facts = {
        "title": writable(pages.title),
        "subtitle": writable(pages.subtitle),
        "council": writable(pages.council),
        "date": spoken(pages.as_of),
    }
    lines = [(writable(label), writable(value)) for label, value in pages.about]
    sections = _sections(pages.sections, workbook)
    policy, style = _safe(POLICY), _safe(_STYLE + _tints())
    return facts | {
        "head": _filled(_HEAD, policy=policy, style=style, **facts),
        "about": _filled(_ABOUT, lines=lines),
        "contents": _filled(_CONTENTS, sections=sections),
        "pack": _filled(_PACK, sections=sections),
    }


def _sections(sections: Sequence[Section], workbook: str) -> list[Mapping[str, Any]]:
    sideways = _sideways(sections)
    return [
        _section(section, workbook) | {"sideways": turned}
        for section, turned in zip(sections, sideways, strict=True)
    ]


def _sideways(sections: Sequence[Section]) -> list[bool]:
    """Which sections are printed on pages that lie on their side: those with wide tables.

    A short one stands on the page of what comes after it, and after the last on that of what is
    before it, so that no page is turned for a few lines. The first is the cover's.
    """
    turned = [_turns(section) for section in sections]
    known = [way for way in turned if way is not None]
    following = known[-1] if known else False
    ways = []
    for way in reversed(turned):
        following = following if way is None else way
        ways.append(following)
    ways.reverse()
    return [bool(turned[0]), *ways[1:]] if sections else []


def _turns(section: Section) -> bool | None:
    """Whether a section needs a page on its side, or an upright one; None where it is short."""
    table = section.table
    if table and table.rows and len(table.columns) > MOST_UPRIGHT:
        return True
    return False if section.chart or (table and len(table.rows) >= _FILLING) else None


def _section(section: Section, workbook: str) -> dict[str, Any]:
    table, chart = section.table, section.chart
    key = f"{section.key}-chart"
    return {
        "key": section.key,
        "heading": writable(section.heading),
        "sentences": [writable(sentence) for sentence in section.sentences],
        "points": section.points,
        "decision": section.decision and table is not None and bool(table.rows),
        "chart": chart
        and {
            "title": writable(chart.title),
            "wide": _safe(drawn(chart, name=key, width=WIDE)),
            "narrow": _safe(drawn(chart, name=f"{key}-narrow", width=NARROW)),
        },
        "nothing": writable(table.nothing) if table and not table.rows else "",
        "table": _table(table, section, workbook) if table and table.rows else None,
    }


def _table(table: Table, section: Section, workbook: str) -> Mapping[str, Any]:
    rows = first_rows(table)
    _, *others = zip(*rows, strict=True)
    figures = [False, *map(_are_figures, others)]  # the first column names its row, "1.2" too
    total = sum(column.width for column in table.columns)
    return {
        "caption": writable(table.caption),
        "columns": [
            {
                "heading": writable(column.heading),
                "share": f"{100 * column.width / total:.1f}",
                "style": " ".join(
                    filter(None, ("figure" if are_figures else "", _breaking(column.heading)))
                ),
                "entry": column.entry,
            }
            for column, are_figures in zip(table.columns, figures, strict=True)
        ],
        # In letters' heights, of which a character takes about half: narrower would make towers of
        # short words, and wider would set the figures of a small table far apart.
        "least": f"{total * 0.5:g}",
        "most": f"{total * 0.9:g}",
        "scrolls": total * 0.5 >= _SCREEN,
        "rows": [
            [
                _Shown("", "entry") if column.entry else _shown(cell, are_figures)
                for cell, column, are_figures in zip(row, table.columns, figures, strict=True)
            ]
            for row in rows
        ],
        "total": table.total,
        "more": writable(left_out(table, section.sheet, workbook)),
    }


def _shown(cell: Cell, among_figures: bool) -> _Shown:
    text = writable(shown(cell))
    kind = ""
    if isinstance(cell, Toned):
        kind = f"tone-{cell.tone}"
    elif isinstance(cell, date):
        kind = "date"
    elif among_figures:
        kind = "figure"
    return _Shown(text, " ".join(filter(None, (kind, _breaking(text)))))


def _breaking(text: str) -> str:
    """The style of a text with a word so long that it may be broken anywhere; no other word is."""
    return "long" if len(text) > _LONG and max(map(len, text.split()), default=0) > _LONG else ""


_FIGURE = re.compile(r"[+−-]?[\d,.]+ ?%?")
_LONG = 24  # characters of a word
_SHORT = 20  # characters of "not known" and its like, which may stand among figures


def _are_figures(cells: Sequence[Cell]) -> bool:
    """True where a column is read as figures: some are, and what else it says is short."""
    texts = [cell for cell in cells if isinstance(cell, str)]
    if any(isinstance(cell, date | Toned) for cell in cells) or any(
        len(text) > _SHORT for text in texts
    ):
        return False
    return len(texts) < len(cells) or any(_FIGURE.fullmatch(text) for text in texts)


_HEAD = """\
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}{% if council %}, {{ council }}{% endif %}</title>
<style>{{ style }}</style>"""

_ABOUT = """\
<dl class="about">
{% for label, value in lines %}
<div><dt>{{ label }}</dt><dd>{{ value }}</dd></div>
{% endfor %}
</dl>"""

_CONTENTS = """\
<nav class="contents" aria-labelledby="the-contents">
<h2 id="the-contents" tabindex="-1">Contents</h2>
<ol>
{% for section in sections %}
<li><a href="#{{ section.key }}">{{ section.heading }}</a>{% if section.decision %} (for decision){% endif %}</li>
{% endfor %}
</ol>
</nav>"""

# No white space may come between a cell's tags and its text: it is shown as it was typed.
_PACK = """\
<div class="pack">
{% for section in sections %}
<section{% if section.sideways %} class="sideways"{% endif %} aria-labelledby="{{ section.key }}">
<h2 id="{{ section.key }}" tabindex="-1">{{ section.heading }}</h2>
{% if section.decision %}
<p class="decision">For decision</p>
{% endif %}
{% if section.points %}
<ul class="said">
{% for sentence in section.sentences %}
<li>{{ sentence }}</li>
{% endfor %}
</ul>
{% else %}
{% for sentence in section.sentences %}
<p class="said">{{ sentence }}</p>
{% endfor %}
{% endif %}
{% if section.chart %}
<figure>
<figcaption>{{ section.chart.title }}</figcaption>
<div class="wide">{{ section.chart.wide }}</div>
<div class="narrow">{{ section.chart.narrow }}</div>
</figure>
{% endif %}
{% if section.nothing %}
<p class="said">{{ section.nothing }}</p>
{% endif %}
{% if section.table %}
{% set table = section.table %}
{% if table.more %}
<p class="said">{{ table.more }}</p>
{% endif %}
{% if table.scrolls %}
<p class="telephone">Scroll this table sideways to see all its columns.</p>
{% endif %}
<div class="scroll" role="group" aria-labelledby="{{ section.key }}-table" tabindex="0">
<table style="min-width: {{ table.least }}em; max-width: {{ table.most }}em">
<caption><span id="{{ section.key }}-table">{{ table.caption }}</span></caption>
<colgroup>{% for column in table.columns %}<col style="width: {{ column.share }}%">{% endfor %}</colgroup>
<thead>
<tr>{% for column in table.columns %}<th scope="col"{% if column.style %} class="{{ column.style }}"{% endif %}>{{ column.heading }}{% if column.entry %} <span class="hint">(to fill in)</span>{% endif %}</th>{% endfor %}</tr>
</thead>
<tbody>
{% for row in table.rows %}
<tr{% if table.total and loop.last %} class="total"{% endif %}>{% for cell in row %}{% if loop.first %}<th scope="row"{% if cell.style %} class="{{ cell.style }}"{% endif %}>{{ cell.text }}</th>{% else %}<td{% if cell.style %} class="{{ cell.style }}"{% endif %}>{{ cell.text }}</td>{% endif %}{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
</div>
{% endif %}
<p class="back"><a href="#the-contents">Back to contents</a></p>
</section>
{% endfor %}
</div>"""

# What makes the page readable; a template's own rules come after it, and may say otherwise.
_STYLE = """
:root {
  color-scheme: light;
  --letters: Arial, "Liberation Sans", Helvetica, sans-serif;
  --ink: #1a1a1a; --quiet: #595959; --accent: #1f3864; --band: #e8edf4; --link: #0b4f9e; --focus: #b35900;
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; font: 1rem/1.5 var(--letters); color: var(--ink); background: #ffffff; overflow-wrap: anywhere; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
h1, h2, .about dt, .decision, figcaption, caption { color: var(--accent); }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 0.5rem; }
h2 { font-size: 1.375rem; line-height: 1.3; margin: 0 0 0.5rem; }
.council { font-weight: bold; margin: 0; }
.subtitle { font-size: 1.125rem; margin: 0 0 1rem; }
header { border-bottom: 4px solid var(--accent); padding-bottom: 0.5rem; }
.about { margin: 0; }
.about div { display: flex; flex-wrap: wrap; column-gap: 1rem; padding: 0.15rem 0; }
.about dt { flex: 0 0 11rem; font-weight: bold; }
.about dd { flex: 1 1 14rem; margin: 0; }
.contents { margin: 1.5rem 0; }
.contents ol { margin: 0; padding-left: 1.75rem; }
.contents li { padding: 0.15rem 0; }
section { border-top: 2px solid var(--band); margin-top: 2rem; padding-top: 1.25rem; }
.said { max-width: 46rem; margin: 0 0 0.75rem; }
.said li { margin-bottom: 0.4rem; }
p.said, .said li { white-space: pre-line; }
.decision { display: inline-block; font-weight: bold; border: 2px solid var(--accent); padding: 0.15rem 0.6rem; margin: 0 0 0.75rem; }
figure { margin: 1rem 0 1.5rem; }
figcaption, caption { font-weight: bold; text-align: left; padding: 0 0 0.4rem; }
figcaption + div { padding-top: 0.4rem; }
.chart { display: block; width: 100%; height: auto; font-family: var(--letters); }
.wide { max-width: 52rem; }
.narrow { display: none; max-width: 24rem; }
.telephone { display: none; margin: 0 0 0.5rem; color: var(--quiet); }
.scroll { overflow-x: auto; margin: 0 0 1rem; }
caption span { position: sticky; left: 0; display: inline-block; max-width: calc(100vw - 3rem); }
table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; line-height: 1.4; }
th, td { border: 1px solid #8a8a8a; padding: 0.35rem 0.5rem; text-align: left; text-align: start; vertical-align: top; white-space: pre-wrap; overflow-wrap: normal; unicode-bidi: plaintext; }
.long { overflow-wrap: anywhere; }
thead th { background: var(--band); white-space: normal; vertical-align: bottom; unicode-bidi: isolate; }
th .hint { font-weight: normal; }
tbody th { font-weight: bold; }
.date { white-space: nowrap; }
th.figure, td.figure { text-align: right; font-variant-numeric: tabular-nums; }
.total th, .total td { border-top: 3px double var(--ink); font-weight: bold; }
.entry { height: 3.5rem; border: 2px solid var(--ink); }
.back { font-size: 0.9375rem; }
footer { border-top: 2px solid var(--band); margin-top: 2rem; color: var(--quiet); font-size: 0.9375rem; }
@media screen and (max-width: 50rem) {
  .wide { display: none; }
  .narrow { display: block; }
}
@media screen and (max-width: 30rem) {
  .telephone { display: block; }
}
@page { size: A4; margin: 16mm 15mm; @bottom-right { content: "Page " counter(page); font: 9pt Arial, sans-serif; } }
@page sideways { size: A4 landscape; margin: 14mm 15mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  .skip, .back, .contents { display: none; }
  section { border: 0; margin-top: 1.25rem; padding-top: 0; }
  .sideways { page: sideways; }
  .scroll { overflow: visible; padding: 0 1px; }
  table { font-size: 9pt; min-width: 0 !important; max-width: none !important; }
  caption span { position: static; max-width: none; }
  .chart { max-height: 235mm; }
  .sideways .chart { max-height: 145mm; }
  tr { break-inside: avoid; }
  h1, h2, figcaption, caption, .decision, .said:has(+ .scroll), .said:has(+ figure) { break-after: avoid; }
  .total { break-before: avoid; }
  a { color: inherit; text-decoration: none; }
  thead th, [class*="tone-"] { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def _tints() -> str:
    return "".join(f".tone-{tone} {{ background: {tint}; }}\n" for tone, tint in TINTS.items())


# -- templates ---------------------------------------------------------------------------------------

# For a copy of agsxl whose templates are damaged: the same page, nothing added to its look.
_PLAIN = """\
<!doctype html>
<html lang="en-GB">
<head>
{{ head }}
</head>
<body>
<a class="skip" href="#pack">Skip to the report</a>
<header>
{% if council %}
<p class="council">{{ council }}</p>
{% endif %}
<h1>{{ title }}</h1>
<p class="subtitle">{{ subtitle }}</p>
{{ about }}
</header>
{{ contents }}
<main id="pack" tabindex="-1">
{{ pack }}
</main>
</body>
</html>
"""


class _Unusable(Exception):
    """A template cannot be used; what is said of it follows its name in a sentence."""


@cache
def _environment() -> Environment:
    """Jinja2 as an officer's file is given to it: it can reach no file and nothing of the program."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip


@cache
def _template(source: str) -> Any:
    return _environment().from_string(source)


def _filled(source: str, **values: object) -> object:
    """One of the templates of this module, filled in: markup, everything else in it escaped."""
    return _safe(_template(source).render(values))


def _safe(markup: str) -> object:
    from markupsafe import Markup  # Jinja2's own

    return Markup(markup)


def _laid_out(path: Path, marks: Mapping[str, object]) -> str:
    """The page by a template file. Raises _Unusable."""
    from jinja2 import TemplateSyntaxError

    try:
        source = path.read_bytes().decode("utf-8-sig")  # Notepad may begin a file with a mark
    except OSError:
        raise _Unusable("is not there or cannot be read") from None
    except UnicodeDecodeError:
        raise _Unusable("is not saved as UTF-8") from None
    try:
        page = _environment().from_string(source).render(marks)
    except TemplateSyntaxError as fault:
        raise _Unusable(f"cannot be understood (line {fault.lineno}: {_brief(fault)})") from None
    # Whatever an officer's template can do wrong is a fault of that file, and is said of it: the list
    # of what Python may raise has no end.
    except Exception as fault:
        line = _line(fault)
        raise _Unusable(f"cannot be filled in ({line}{_brief(fault)})") from None
    wrong = next(_wrong(page, marks), "")
    if wrong:
        raise _Unusable(wrong)
    return page


def _brief(fault: BaseException) -> str:
    said = " ".join(writable(str(fault)).split()) or type(fault).__name__
    return said.rstrip(".")


def _line(fault: BaseException) -> str:
    """Where in a template something went wrong, "line 7: "; "" where it is not known."""
    frames = traceback.extract_tb(fault.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == "<template>"]
    return f"line {lines[-1]}: " if lines else ""


# Elements that run or fetch something, and attributes that name what is fetched.
_RUNNING = frozenset(("script", "iframe", "object", "embed", "link", "base", "form"))
_FETCHED = ("src", "srcset", "poster", "background", "href", "xlink:href")
_INSIDE = re.compile(r"\s*(?:data:|#)", re.I)
_ELSEWHERE = re.compile(r"@import|(?:url|image-set)\((?!\s*[\"']?\s*(?:data:|#))", re.I)


def _wrong(page: str, marks: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with a page that a template made, said of the template."""
    from lxml import etree, html

    for mark in ("head", "pack"):
        if page.count(str(marks[mark])) != 1:
            yield f"does not have the mark {{{{ {mark} }}}} once, as it is"
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    tree = html.document_fromstring(page.encode("utf-8"), parser=parser)
    if [first.get("charset") for first in tree.xpath("/html/head/*[1]")] != ["utf-8"]:
        yield "does not have the mark {{ head }} as the first thing in its <head>"
    if len(tree.xpath("//main")) != 1 or not tree.xpath("//main//div[@class='pack']"):
        yield "does not have the mark {{ pack }} inside its one <main>"
    if [heading.text_content().strip() != "" for heading in tree.xpath("//h1")] != [True]:
        yield "does not have one heading <h1> that says something"
    if not tree.get("lang"):
        yield 'does not name its language, as <html lang="en-GB"> does'
    for element in tree.iter(etree.Element):
        said = _reaching(str(element.tag), element.attrib, element.text or "")
        if said:
            yield f"has {said}; the page runs nothing and has everything in the one file"


def _reaching(tag: str, attributes: Mapping[str, str], text: str) -> str:
    """What of an element would run, or fetch from elsewhere; "" for nothing."""
    if tag in _RUNNING or attributes.get("http-equiv", "").casefold() == "refresh":
        return f"an element <{tag}>"
    for name, value in attributes.items():
        if name.startswith("on") or value.strip().casefold().startswith("javascript:"):
            return f"something that runs, <{tag} {name}>"
        if name in _FETCHED and tag != "a" and not _INSIDE.match(value):
            return f"something from elsewhere, <{tag} {name}>"
        if name == "style" and _ELSEWHERE.search(value):
            return f"something from elsewhere, <{tag} style>"
    return (
        "something from elsewhere, in its <style>"
        if tag == "style" and _ELSEWHERE.search(text)
        else ""
    )
