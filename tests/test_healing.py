"""The small parts of reading a document: healing, keys, labels, headings, dates moved in their cell."""

from __future__ import annotations

import doctest
import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agsxl.documents import columns, dating, healing, keys, labels
from agsxl.documents.columns import Usual, read_columns, same_headings
from agsxl.documents.dating import moved
from agsxl.documents.healing import (
    Vocabulary,
    continues,
    former,
    is_debris,
    items,
    join,
    lettered,
    live,
    struck,
    unwrap,
)
from agsxl.documents.keys import Keys
from agsxl.documents.labels import read_label
from agsxl.documents.suggesting import says_done
from agsxl.documents.tables import bare_ref, is_page_number, is_ref


@pytest.mark.parametrize(
    "module", [columns, dating, healing, keys, labels, *map(importlib.import_module, (
        "agsxl.documents.document", "agsxl.documents.text", "agsxl.documents.reading", "agsxl.documents.suggesting",
    ))],
    ids=lambda module: module.__name__.split(".")[-1],
)  # fmt: skip
def test_the_examples_in_the_docstrings_are_true(module):
    tried = doctest.testmod(module)
    assert tried.attempted > 0
    assert tried.failed == 0


# -- cells -------------------------------------------------------------------------------------

UNWRAPPED = {
    "<ul> <li>a) Adopt it</li> </ul>": "a) Adopt it",
    "<ul><li>one</li><li>two</li></ul>": "one\ntwo",
    "<p>First.</p> <p>Second.</p>": "First.\nSecond.",
    "codes &amp; protocols": "codes & protocols",
    "on the 1 <sup>st</sup> of May": "on the 1st of May",
    "as agreed<sup>2</sup>": "as agreed",
    "<del>old</del> <ins>new</ins>": "~~old~~ <u>new</u>",
    "<strike>old</strike> kept": "~~old~~ kept",
    "**10 |** Page": "10 | Page",
    "*** Lead:**": "* Lead:",
    "multi- agency and re- use": "multi-agency and re-use",
    "short- and long-term": "short- and long-term",
    "in 2016- 17 (baseline: - 14%)": "in 2016-17 (baseline: -14%)",
    "pre-\u00a0 \u00a0election": "pre-election",
    "a < b and b > c": "a < b and b > c",
    'see <a href="x">the page</a>': "see the page",
    "line<br/>break": "line\nbreak",
}


@pytest.mark.parametrize(("written", "plain"), UNWRAPPED.items())
def test_markup_is_taken_out_of_a_cell(written, plain):
    assert unwrap(written) == plain
    assert unwrap(plain) == plain


@pytest.mark.parametrize(
    ("text", "now", "before", "gone"),
    [
        ("~~SD~~ <u>RB</u>", "RB", "SD", ["SD"]),
        ("Dec 201~~5~~<u>6</u>", "Dec 2016", "Dec 2015", ["5"]),
        ("~~31/1/~~~~17~~ 30/09/17", "30/09/17", "31/1/~~17 30/09/17".replace("~~", ""), ["31/1/17"]),
        ("as it was", "as it was", "as it was", []),
    ],
)  # fmt: skip
def test_a_tracked_change_is_read_both_ways(text, now, before, gone):
    assert (live(text), former(text), struck(text)) == (now, before, gone)


@pytest.mark.parametrize("text", ["•", "9.044", "0110615", " • ", "|", "..."])
def test_debris_is_what_no_one_wrote(text):
    assert is_debris(text)


@pytest.mark.parametrize("text", ["2015", "4.5 %", "12", "A", "5%", "31/03/17", "1a", "TBC", "1.2"])
def test_a_number_that_may_mean_something_is_no_debris(text):
    assert not is_debris(text)


LETTERS = {
    "a) Adopt it": ("a", "Adopt it"),
    "(b) Adopt it": ("b", "Adopt it"),
    "c. Adopt it": ("c", "Adopt it"),
    "• d) Adopt it": ("d", "Adopt it"),
    "Adopt it": ("", "Adopt it"),
    "A. Smith to report": ("", "A. Smith to report"),
    "e-learning": ("", "e-learning"),
}


@pytest.mark.parametrize(("text", "parted"), LETTERS.items())
def test_the_letter_of_an_action_is_told_from_its_words(text, parted):
    assert lettered(text) == parted


LISTS = {
    "a) One\nb) Two": ["a", "b"],
    "1. One\n2. Two\n3. Three": ["1", "2", "3"],
    "i) One\nii) Two": ["i", "ii"],
    "a) One": [],
    "To review: a) one\nb) two": [],
    "a) One\nc) Three": [],
    "One\nTwo": [],
}


@pytest.mark.parametrize(("text", "marks"), LISTS.items())
def test_a_cell_is_a_list_if_it_is_nothing_else(text, marks):
    assert [mark for mark, _ in items(text)] == marks


# -- over a page -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("through an e-", "learning module", "through an e-learning module"),
        ("short-", "and long-term", "short- and long-term"),
        ("identifiable strategic", "approach", "identifiable strategic approach"),
        ("", "approach", "approach"),
        ("Agreed:", "• first", "Agreed:\n• first"),
    ],
)
def test_two_parts_of_a_cell_are_joined_as_they_were(before, after, whole):
    assert join(before, after) == whole


@given(st.text(max_size=30), st.text(max_size=30))
def test_joining_loses_nothing(before, after):
    letters = join(before, after)
    assert letters.replace(" ", "").replace("\n", "") == (before + after).replace(" ", "").replace(
        "\n", ""
    )


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("clearly identifiable strategic", "approach to engagement"),
        ("Head of", "Finance"),
        ("(council tax, reporting", "function), with further investment."),
        ("agreed by the", "Cabinet in May"),
    ],
)
def test_what_goes_on_is_told(before, text):
    assert continues(before, text) > 0


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("Agreed by Cabinet.", "Review the code"),
        ("Adopt the code", "b) Train members"),
        ("Adopt the code", "• Train members"),
        ("", "Review the code"),
    ],
)
def test_what_begins_anew_is_told(before, text):
    assert continues(before, text) < 0


@pytest.mark.parametrize(
    ("cells", "whole"),
    [
        (["Princi", "ple 2: Managing", "risks"], "Principle 2: Managing risks"),
        (["Princ", "iple 3: High standards of", "conduct", "•"], "Principle 3: High standards of conduct"),
        (["Prin", "ciple 4: Transpare", "ency for resid", "dents"], "Principle 4: Transparency for residents"),
        (["Princi", "ple 5: work together", "constantly a", "and well"], "Principle 5: work together constantly and well"),
        (["Theme A", "Finance"], "Theme A Finance"),
    ],
)  # fmt: skip
def test_a_heading_cut_by_the_cells_of_a_table_is_mended(cells, whole):
    words = Vocabulary(["Our residents want transparency and work together constantly."])
    assert words.mend(cells) == whole


@pytest.mark.parametrize("text", ["3", "Page 3", "Page 3 of 9", "3 | Page", "**10 |** Page", "- 4 -", "5 | P a g e", "## **21 |** Page"])  # fmt: skip
def test_the_number_of_a_page_is_known(text):
    assert is_page_number(text.lstrip("# "))


@pytest.mark.parametrize("text", ["Page", "3 members", "Complete", "Web page 3 updated", "AGS 2016/17"])  # fmt: skip
def test_and_a_line_with_words_is_none(text):
    assert not is_page_number(text)


# -- refs, labels, headings --------------------------------------------------------------------


@pytest.mark.parametrize(("text", "bare"), [("1.", "1"), ("1a", "1a"), ("AGS 2.1", "AGS 2.1"), ("(b)", "b"), ("A12", "A12"), ("2022/23-04", "2022/23-04"), ("10.", "10")])  # fmt: skip
def test_a_ref_is_known(text, bare):
    assert is_ref(text)
    assert bare_ref(text) == bare


@pytest.mark.parametrize("text", ["Finance", "Princi", "Improvement area", "31 March 2017 or later", ""])  # fmt: skip
def test_a_word_is_no_ref(text):
    assert not is_ref(text)


LABELS = {
    "Improvement area: Being clear": ("theme", "Being clear", ""),
    "Link to corporate code principles: Be open": ("principles", "Be open", ""),
    "Principle A and E": ("principles", "A, E", ""),
    "Principle 3: Standards": ("principles", "Principle 3: Standards", "3"),
    "12. Action": ("milestone", "", "12"),
    "Action 3: Adopt it": ("milestone", "Adopt it", "3"),
    "Theme B: Finance": ("theme", "B: Finance", "B"),
    "Senior Lead: Director of Law": ("smt_lead", "Director of Law", ""),
    "Evidence of complete:": ("comments", "", ""),
    "Objective 2 - Be fair": ("outcome", "Be fair", "2"),
}


@pytest.mark.parametrize(("text", "parted"), LABELS.items())
def test_a_label_names_its_column(text, parted):
    label = read_label(text)
    assert label is not None
    assert (label.column, label.text, label.number) == parted


@pytest.mark.parametrize("text", ["Key", "No", "Adopt the new code by June", "ok", "Westmere District Council", "The policy will be agreed: see below"])  # fmt: skip
def test_a_line_without_a_label_is_none(text):
    assert read_label(text) is None


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["", "Issue", "Action", "Owner", "Due"], ["ref", "theme", "milestone", "smt_lead", "timescale"]),
        (["Ref", "What we will do", "Who", "By when", "How we are doing"], ["ref", "milestone", "smt_lead", "timescale", "comments"]),
        (["Principle", "Issue", "Action", "Lead", "Due"], ["principles", "theme", "milestone", "smt_lead", "timescale"]),
        (["Principle", "Significant weakness", "Action", "Lead"], ["principles", "theme", "milestone", "smt_lead"]),
        (["Governance issue", "Lead", "Update", "Date"], ["milestone", "smt_lead", "comments", "timescale"]),
        (["Ref", "Action", "Priority", "Lead", "Due"], ["ref", "milestone", "Priority", "smt_lead", "timescale"]),
    ],
)  # fmt: skip
def test_the_columns_of_a_heading_row_are_known(cells, names):
    found = read_columns(cells)
    assert found is not None
    assert [found.names[index] for index in range(len(cells))] == names


@pytest.mark.parametrize(
    "cells",
    [
        ["Version", "Author", "Date", "Changes"],
        ["Risk", "Likelihood", "Impact", "Score"],
        ["Principle A", "Senior Lead: Director", "Status: Complete"],
        ["1a", "Adopt the code", "CW", "16/12/16", "Agreed in May."],
        ["Initials", "Name", "Post"],
        ["15. Action", "Update the strategy", ""],
        ["Action", "Lead", "Notes " * 40],
        ["Action"],
    ],
)
def test_and_any_other_row_heads_no_plan(cells):
    assert read_columns(cells) is None


def test_the_same_headings_on_another_page_are_the_same_table():
    one = read_columns(["", "Issue", "Action", "Owner (see key)", "Due"])
    two = read_columns(["Issue", "Action", "Owner", "Due"])
    other = read_columns(["Ref", "Recommendation", "Response", "Officer", "Deadline", "Status"])
    assert one is not None and two is not None and other is not None
    few = read_columns(["Issue", "Update"])
    assert few is not None
    assert not same_headings(one, few)
    assert same_headings(one, two)
    assert not same_headings(one, other)


def test_a_heading_that_is_longer_on_most_pages_has_swallowed_nothing():
    usual = Usual()
    for heading in ["Owner (see key at end)"] * 5 + ["Owner"] * 3:
        usual.add("smt_lead", heading)
    assert usual.swallowed("smt_lead", "Owner (see key at end)") == ""
    assert usual.swallowed("smt_lead", "Owner") == ""
    assert usual.completes("smt_lead", "Owner", "(see key", first=False)
    assert not usual.completes("smt_lead", "Owner", "Head of Law", first=False)


# -- keys --------------------------------------------------------------------------------------

KEYS = {
    "RB = Rosa Bell, head of roads": ("RB", "Rosa Bell", "head of roads"),
    "CW – Cath Wood, monitoring officer": ("CW", "Cath Wood", "monitoring officer"),
    "TL: Town Clerk (Tom Lund)": ("TL", "Tom Lund", "Town Clerk"),
    "- MO = Monitoring Officer": ("MO", "", "Monitoring Officer"),
    "AB = Ann Best": ("AB", "Ann Best", ""),
    "PK - Priya Kaur - Head of Finance": ("PK", "Priya Kaur", "Head of Finance"),
}


@pytest.mark.parametrize(("line", "entry"), KEYS.items())
def test_a_line_of_a_key_is_known(line, entry):
    key = Keys()
    assert key.read(line)
    (found,) = key.entries.values()
    assert (found.initials, found.person, found.post) == entry


@pytest.mark.parametrize("line", ["AGS 2016/17 action plan: update January 2017", "CFO and S151 agreed it", "The MO reported it", "Status: Complete"])  # fmt: skip
def test_a_line_with_capitals_is_no_key(line):
    assert not Keys().read(line)


@pytest.mark.parametrize(
    ("cell", "raw", "people"),
    [
        ("RB", "RB", "Rosa Bell"),
        ("SDR B", "RB", "Rosa Bell"),
        ("SDN S", "NS", "Nia Stone"),
        ("~~SD~~ RB", "RB", "Rosa Bell"),
        ("RB/NS", "RB/NS", "Rosa Bell / Nia Stone"),
        ("RB and NS", "RB and NS", "Rosa Bell / Nia Stone"),
        ("~~SD~~", None, None),
        ("XY", None, None),
        ("Head of Law", None, None),
    ],
)
def test_initials_are_resolved_and_who_is_struck_out_is_left_out(cell, raw, people):
    key = Keys()
    assert key.read(
        "RB = Rosa Bell, head of roads ~~SD = Sam Dean, director~~ NS = Nia Stone, clerk"
    )
    lead = key.resolve(cell)
    assert (lead.raw if lead else None, lead.person if lead else None) == (raw, people)


# -- dates -------------------------------------------------------------------------------------

MOVED = {
    "31/1/1730/09/17": ("31/1/17", "30/09/17"),
    "31/03/201730/06/201730/09/2017": ("31/03/2017", "30/09/2017"),
    "Dec 16Mar 17": ("Dec 16", "Mar 17"),
    "~~31/1/17~~ <u>30/09/17</u>": ("31/1/17", "30/09/17"),
    "~~31/03/17~~ ~~30/06/17~~ 30/09/17": ("31/03/17", "30/09/17"),
    "Dec 201~~5~~<u>6</u>": ("Dec 2015", "Dec 2016"),
    "~~31/1/17~~~~30/06/17~~<u>30/09/17</u>": ("31/1/17", "30/09/17"),  # by two people
    "31/03/2021 (revised to 30/09/2021)": ("31/03/2021", "30/09/2021"),
    "March 2021\nRevised: September 2021": ("March 2021", "September 2021"),
    "30/06/2021 (was 31/03/2021)": ("31/03/2021", "30/06/2021"),
}


@pytest.mark.parametrize(("cell", "dates"), MOVED.items())
def test_a_date_moved_in_its_cell_is_two_dates(cell, dates):
    found = moved(cell)
    assert found is not None
    assert (found.timescale, found.revised) == dates


@pytest.mark.parametrize(
    "cell",
    [
        "31/10/16 then ongoing", "12/16", "16/12/16", "2017/18", "March 2022\nJune 2022", "01/04/2019 to 31/03/2020",
        "Q1 2017/18", "~~Dec 2015~~ Ongoing", "", "TBC", "March 2022 June 2022", "31 March 2017", "10-21 February 2020",
    ],
)  # fmt: skip
def test_any_other_timescale_is_left_alone(cell):
    assert moved(cell) is None


# -- suggestions -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Complete.", "Completed. Adopted by Council in May.", "Completed and reviewed annually.", "Achieved", "Completed: see 1b above.", "Complete. All staff trained."])  # fmt: skip
def test_a_comment_that_says_done_throughout(text):
    assert says_done(text)


@pytest.mark.parametrize(
    "text",
    [
        "Completed a service redesign with final implementation in January.",
        "Completed. The last phase is outstanding.",
        "Achieved. The register will be delivered in early 2017.",
        "Agreed at Cabinet in September.",
        "Complete for adults; children's services to follow by May 2020.",
        "Nearly complete.",
        "",
    ],
)
def test_a_first_word_proves_nothing(text):
    assert not says_done(text)
