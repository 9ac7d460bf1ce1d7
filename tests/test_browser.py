"""The web page of a pack in a real browser: axe-core on it, its width, its letters, on paper, and offline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pdfplumber
import pytest

from agsxl.packing import committee_pack
from agsxl.pages import Bars, Line, Pages, Section, Series, Tone, Trend
from agsxl.report import web
from agsxl.report.web import web_page, write_web
from tests.browser import POLICY, Look, Seen, fetched, looked_at, printed
from tests.plans import SAMPLE
from tests.test_web import ALMOST_NOTHING, DAYS, EVERYTHING, HOSTILE, MOVES

pytestmark = pytest.mark.browser

MANY = (
    Bars("Many", "Bars of every length.", tuple(f"Theme {n}" for n in range(14)),
         tuple(Series(tone.title(), tone, tuple(4 ** (n % 7) for n in range(14))) for tone in Tone)),
    Trend("Thirty", "Thirty lines.", tuple(date(2024 + n // 12, n % 12 + 1, 28) for n in range(14)),
          tuple(Line(f"B{n}", (date(2025, 1 + n % 3, 1),) * (7 + n % 8) + (None,) * (7 - n % 8), bool(n % 2)) for n in range(30))),
    Trend("Twenty years", "Two dates twenty years apart.", DAYS[:2], (Line("A1", (DAYS[0], date(2046, 1, 1))), Line("A2", (DAYS[0], None)))),
    Trend("One date", "One reporting date.", DAYS[:1], (Line("A1", DAYS[:1]), Line("A long name of a milestone", DAYS[1:2]))),
)  # fmt: skip
CHARTS = replace(
    EVERYTHING, sections=tuple(Section(f"c{n}", each.title, each.title, (), None, each) for n, each in enumerate(MANY))
)  # fmt: skip
EVERY: Mapping[str, Pages] = {
    "everything": EVERYTHING,
    "almost nothing": ALMOST_NOTHING,
    "hostile": HOSTILE,
    "charts": CHARTS,
}
WIDTHS = (1280, 760, 320)  # a desk, a tablet, and 400 % on a desk
LOOKS = [*((name, width) for name in EVERY for width in WIDTHS), ("the sample", 1280)]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, int], Seen]:
    """Every page at every width, and as agsxl makes it without a template, looked at in one go."""
    folder = tmp_path_factory.mktemp("seen")
    made = {name: web_page(pages)[0] for name, pages in EVERY.items()}
    made["the sample"] = web_page(committee_pack(SAMPLE).pages)[0]
    looks = {(name, width): Look(made[name], width) for name, width in LOOKS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web, "resource", lambda *_: folder / "none.html")
        looks["built in", 1280] = Look(web_page(EVERYTHING)[0])
    return dict(zip(looks, looked_at(list(looks.values()), folder), strict=True))  # fmt: skip


PAGES = pytest.mark.parametrize("name, width", LOOKS)


@PAGES
def test_axe_finds_nothing_wrong(seen, name, width):
    assert seen[name, width].violations == []


def test_axe_finds_nothing_wrong_without_the_template(seen):
    assert seen["built in", 1280].violations == []
    assert seen["built in", 1280].too_wide <= 0


# What axe leaves to a person, and why it may stay so:
TOLERATED = (
    # letters over the shapes of a drawing: test_drawing measures their colours against the ground
    re.compile(r"color-contrast .* \[bgOverlap\] in a drawing"),
    re.compile(r"color-contrast .* \[elmPartiallyObscu\w+\] in a drawing"),
    # a single letter or figure may be no text: it has the colour of all others of its kind
    re.compile(r"color-contrast .* \[(shortTextContent|nonBmp)\]"),
)
# Cells that are shown when the table is scrolled. They look as those that are seen, and of the page of
# everything all are seen at 1280.
SCROLLED = (
    re.compile(r"color-contrast .* > (td|th|\.)\S* \[elmPartiallyObscu\w+\]"),
    re.compile(r"color-contrast .*table.* \[elmPartiallyObscu\w+\]"),
    re.compile(r"color-contrast .*\.(date|figure|total|long)\S* \[elmPartiallyObscu\w+\]"),
)


@PAGES
def test_what_axe_is_not_sure_of_is_known(seen, name, width):
    tolerated = TOLERATED if (name, width) == ("everything", 1280) else TOLERATED + SCROLLED
    unknown = [
        said for said in seen[name, width].unsure if not any(each.match(said) for each in tolerated)
    ]
    assert unknown == []


@PAGES
def test_the_page_is_never_wider_than_its_window(seen, name, width):
    assert seen[name, width].too_wide <= 0


@PAGES
def test_no_letters_are_too_small_to_read(seen, name, width):
    assert seen[name, width].smallest >= 11


@pytest.mark.parametrize("name, width", [look for look in LOOKS if look[0] != "hostile"])
def test_no_text_of_a_drawing_lies_on_another_or_beyond_its_edge(seen, name, width):
    assert seen[name, width].crossing == []


# -- the checks themselves ---------------------------------------------------------------------------

BAD = (
    "<!doctype html><html{lang}><head><meta charset='utf-8'><title>Bad</title><style>{style}</style></head>"
    "<body><main><h1>Bad</h1>{body}</main></body></html>"
)
WIDE_TABLE = f"<table><tr><th scope='col'>Ref</th></tr><tr><td>{'wide ' * 60}</td></tr></table>"
FAULTS: Mapping[str, Mapping[str, str]] = {
    "html-has-lang": {"lang": ""},
    "image-alt": {"body": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">'},
    "svg-img-alt": {"body": '<svg role="img" width="9" height="9"></svg>'},
    "color-contrast": {"body": '<p style="color: #999999">Not easy to read</p>'},
    "scrollable-region-focusable": {
        "body": f'<div style="overflow: auto; white-space: nowrap">{WIDE_TABLE}</div>'
    },
    "link-name": {"body": '<a href="#a"></a>'},
    "heading-order": {"body": "<h4>Too deep</h4>"},
    "region": {"body": "</main><p>Outside</p><main>"},
}


def bad(lang: str = ' lang="en-GB"', style: str = "", body: str = "") -> str:
    return BAD.format(lang=lang, style=style, body=body)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Seen]:
    two = '<svg role="img" aria-label="x" viewBox="0 0 300 40" width="300"><text y="{}">One text</text><text y="{}">Other text</text></svg>'
    pages = {name: bad(**fault) for name, fault in FAULTS.items()} | {
        "good": bad(body=f"<p>Nothing is wrong here.</p>{two.format(15, 35)}"),
        "too wide": bad(body='<p style="width: 700px">Too wide</p>'),
        "too small": bad(body='<p style="font-size: 8px">Small</p>'),
        "small in a drawing": bad(style="svg { width: 100px }", body=two.format(15, 35)),
        "crossing": bad(body=two.format(15, 19)),
        "beyond": bad(body=two.format(-20, 15)),
    }  # fmt: skip
    looks = [Look(page, 320 if "wide" in name else 1280) for name, page in pages.items()]
    return dict(zip(pages, looked_at(looks, tmp_path_factory.mktemp("bad")), strict=True))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_page_is_found(spoilt, fault):
    assert any(said.startswith(f"{fault} (") for said in spoilt[fault].violations)


def test_a_good_page_is_not_called_bad(spoilt):
    good = spoilt["good"]
    assert (good.violations, good.crossing) == ([], [])
    assert good.too_wide <= 0
    assert good.smallest >= 11


def test_the_other_checks_find_what_they_look_for(spoilt):
    assert spoilt["too wide"].too_wide > 0
    assert spoilt["too small"].smallest == 8
    assert spoilt["small in a drawing"].smallest < 8
    assert spoilt["crossing"].crossing == ["One text / Other text"]
    assert spoilt["beyond"].crossing == ["One text / the edge"]


# -- offline -----------------------------------------------------------------------------------------

REACHING = (
    '<img alt="x" src="SERVER/picture.png"><link rel="stylesheet" href="SERVER/look.css">'
    '<iframe title="x" src="SERVER/frame"></iframe><script src="SERVER/code.js"></script>'
    "<style>@font-face { font-family: Far; src: url(SERVER/font.woff2) } p { font-family: Far }</style>"
    "<script>document.title = 'ran'; fetch('SERVER/data')</script>"
)


def test_the_browser_keeps_the_page_to_itself(tmp_path):
    made, _ = web_page(EVERYTHING)
    reaching = made.replace("</main>", f"</main>{REACHING}")
    kept, free, hostile = fetched(
        [reaching, POLICY.sub("", reaching), web_page(HOSTILE)[0]], tmp_path
    )
    assert kept == (set(), f"{EVERYTHING.title}, {EVERYTHING.council}")
    # Without the policy all of it happens, so it is the policy that prevents it.
    wanted = {"/picture.png", "/look.css", "/frame", "/code.js", "/font.woff2", "/data"}
    assert (free[0] & wanted, free[1]) == (wanted, "ran")
    assert hostile[1] != "ran"


# -- on paper ----------------------------------------------------------------------------------------


def test_on_paper_headings_repeat_and_wide_tables_lie_on_their_side(tmp_path):
    milestone = "\n".join(("first line", *"bcdef", "last line"))
    rows = tuple((f"A{n}", milestone, *MOVES.rows[0][2:]) for n in range(1, 61))
    wide = Section("moves", "Date moves", "Date moves", (), replace(MOVES, rows=rows))
    themes = tuple(f"Theme {n}, whose name takes two lines of the chart" for n in range(20))
    tall = Bars("Tall", "Twenty themes.", themes, (Series("Complete", Tone.GOOD, (3,) * 20),))
    drawn = Section("twenty", "Twenty themes", "Twenty", (), MOVES, tall)
    pages = replace(
        EVERYTHING, sections=(EVERYTHING.sections[0], wide, drawn, EVERYTHING.sections[4])
    )
    path, _ = write_web(tmp_path / "pack.html", pages)
    with pdfplumber.open(printed(path, tmp_path)) as paper:
        sheets = [(page.width > page.height, page.extract_text() or "") for page in paper.pages]
    assert not sheets[0][0]
    assert "What matters" in sheets[0][1]
    turned = [text for on_its_side, text in sheets if on_its_side]
    (charted,) = (text for text in turned if "Twenty themes" in text)
    assert all(f"Theme {n}," in charted for n in range(20))  # on one page with its heading
    turned = turned[: turned.index(charted)]
    assert len(turned) >= 4
    for text in turned:
        headings = " ".join(text.split("A")[0].split())
        assert all(word in headings for word in ("Ref", "Milestone", "lead", "Days"))
    every = "\n".join(text for _, text in sheets)
    assert [int(ref) for ref in re.findall(r"^A(\d+) first", every, re.M)] == list(range(1, 61))
    for text in turned:  # each row is whole on one page
        assert text.count("first line") == text.count("last line") > 0
    assert not sheets[-1][0]
    assert "Skip to the report" not in every
    assert "Back to contents" not in every
    for number, (_, text) in enumerate(sheets, 1):
        assert text.rstrip().endswith(f"Page {number}")
