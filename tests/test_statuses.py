"""Reading a status: no value claims more than the words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agsxl.statuses import Status, StatusValue, read_status

CORPUS = Path(__file__).parent / "data" / "statuses.tsv"

# What says each value.
SAYS = {
    "complete": (
        "Complete", "Completed", "Complete.", "Achieved", "Done", "Closed", "Implemented", "COMPLETED 31/03/18",
        "Completed - March 2019", "Fully implemented", "All actions completed", "Now complete", "100% complete",
        "Complete (on going)", "Completed late", "Completed – delayed by covid", "Was completed in May",
        "Has been completed", "These actions are all complete", "Green: recommendation achieved – monitoring no longer required", "Status: Complete",
    ),
    "part complete": (
        "Part complete", "Partly achieved", "Partially implemented", "Completed in part", "75% complete",
        "Phase 1 complete, phase 2 underway", "Mostly complete", "2 of 5 complete", "Virtually complete",
        "Not fully implemented", "80% of the actions completed", "Complete except training", "All but one action completed", "Draft completed",
    ),
    "in progress": (
        "In progress", "Ongoing", "On-going", "Underway", "Under way", "Not complete", "Not yet completed",
        "Hasn't been completed", "Incomplete", "Work in progress", "Commenced", "Nearing completion",
    ),
    "on target": (
        "On target", "On track", "Ongoing - on target", "Amber – on track", "On target to complete by March",
    ),
    "off target, recovery planned": (
        "Off target but recovery plans in place", "Off target - recovery plan agreed",
        "Behind schedule, corrective action under way", "off target but action being taken to ensure delivery",
    ),
    "off target": (
        "Off target and no action yet agreed", "Time delay", "Slipped", "Behind schedule", "Overdue", "Not met",
        "Not on target", "No longer on track", "Delayed due to staffing", "In progress but delayed", "Red - off target",
        "Off target. Recovery plan needed", "Off target - recovery plan not yet agreed", "Late",
        "Off target, awaiting recovery plan", "Delayed: recovery plan to follow", "Delayed by Recovery Team",
        "Off target, cannot be recovered", "Slippage due to covid recovery work", "Behind track",
    ),
    "not started": ("Not started", "Not yet started", "Not-started", "Yet to start", "Hasn't started", "Not commenced"),
    "superseded": (
        "Cancelled", "Withdrawn", "No longer required", "merged into B4", "Superseded by A3", "Replaced by action 12",
        "Closed - no longer relevant", "Cancelled - not completed", "This has been withdrawn",
    ),
    "unknown": (
        "Green", "Red", "Amber", "R", "Amber/Green", "RAG: Green", "TBC", "Complete?", "On target?", "?", "31/03/2020",
        "To be completed", "Awaiting completion", "Will be complete by year end", "Never completed", "No work done",
        "Failed to complete", "Complete by March", "If completed", "Should be on target", "Was on target",
        "Unlikely to be on target", "Will get back on track", "No slippage", "Not delayed", "No longer overdue",
        "Not ongoing", "Should be underway", "Not cancelled", "May be withdrawn", "Funding withdrawn",
        "Meeting cancelled, rearranged", "Not required until 2019", "To be merged with A4", "On hold", "Deferred",
    ),
    "": ("", "   ", "-", "–", "..."),
}  # fmt: skip


@pytest.mark.parametrize(("value", "words"), [(v, w) for v, all_ in SAYS.items() for w in all_])
def test_words_say_no_more_than_they_do(value, words):
    assert read_status(words) == Status(StatusValue(value), words.strip())
    assert read_status(words.upper()).value == value


@pytest.mark.parametrize("value", StatusValue)
def test_what_a_value_is_called_is_read_as_that_value(value):
    """Settings and the master's Lists offer these very words."""
    assert read_status(str(value)).value == value
    assert read_status(str(value).capitalize()).value == value


def test_an_empty_cell_says_nothing():
    assert read_status(None) == Status(StatusValue.BLANK, "")


def test_a_colour_is_read_only_by_the_officer_s_mapping():
    colours = {"amber": "on target", "red": "off target"}
    assert read_status("Amber", colours=colours).value == "on target"
    assert read_status("RED", colours=colours).value == "off target"
    assert read_status("Green", colours=colours).value == "unknown"
    assert (
        read_status("Amber - overdue", colours=colours).value == "off target"
    )  # the words, not the colour


def test_only_complete_and_superseded_have_ended():
    ended = {value for value in StatusValue if Status(value).ended}
    assert ended == {"complete", "superseded"}


@given(st.text(max_size=80) | st.integers() | st.floats() | st.booleans() | st.none())
def test_anything_can_be_read(cell):
    status = read_status(cell)
    assert isinstance(status.value, StatusValue)
    if isinstance(cell, str):
        assert status.raw == cell.strip()


@given(
    hedge=st.sampled_from(["not", "to be", "will be", "should be", "never", "unlikely to be", "may be", "if"]),
    word=st.sampled_from(
        ["complete", "completed", "implemented", "on target", "on track", "withdrawn", "cancelled", "in progress"]
    ),
)  # fmt: skip
def test_a_denied_or_future_state_is_never_that_state(hedge, word):
    assert read_status(f"{hedge} {word}").value != read_status(word).value


def test_the_corpus():
    wrong = []
    for line in CORPUS.read_text(encoding="utf-8").split("\n")[1:]:
        if line:
            phrase, values, _ = line.split("\t")
            phrase = phrase.replace("\\s", " ")
            found = read_status(phrase).value
            if found not in values.split("|"):
                wrong.append(f"{phrase!r} is {values}, not {found.value!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "Closed - not implemented",
        "Implemented? No",
        "Complete: No",
        "Complete - N",
        "Completed but not approved",
        "Complete - not yet published",
        "Complete (not verified)",
        "Done - rejected by Cabinet",
    ],
)
def test_what_is_denied_behind_it_is_not_complete(text):
    assert read_status(text).value != "complete"


@pytest.mark.parametrize(
    "text", ["Complete. No further action", "Closed - no issues found", "Complete - nothing to add"]
)
def test_what_only_says_no_more_is_complete(text):
    assert read_status(text).value == "complete"
