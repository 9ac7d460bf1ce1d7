"""What a person sees of a chase round: who is written to, what went out, who has answered."""

from __future__ import annotations

from collections import Counter

from agsxl.layout.chaselog import LEVELS, STATES
from agsxl.rounds import Answered, Held, LineStatus, State
from agsxl.screen import Lines, heading, kept_as_it_was, paragraph, table
from agsxl.sending import Chased, Forgotten, Standing
from agsxl.settings import SMTP
from agsxl.texts import counted, listed
from agsxl.words import spoken

_ANSWERS = {
    Answered.NONE: "Nothing yet",
    Answered.PART: "In part",
    Answered.ALL: "Answered",
}


def chased(done: Chased) -> Lines:
    """A round: its messages and what became of each, then what is wrong, then the files."""
    yield from heading(done.plan, done.day)
    yield from paragraph(f"Round {done.round.name}.")
    if done.without_lead:
        refs = listed([m.ref for m in done.without_lead])
        yield from paragraph(f"Nobody can be asked about {refs}: no SMT lead.")
    if done.messages:
        yield ""
        yield from table(
            ("Asked", "Message", "How it stands", "SMT lead", "To", "Copied to"),
            [
                (
                    str(m.milestones),
                    LEVELS[m.level],
                    _stands(done, m.key),
                    m.lead,
                    "; ".join(p.name or p.address for p in m.to) or "(nobody)",
                    "; ".join(p.name or p.address for p in m.copied),
                )
                for m in done.messages
            ],
        )
    elif not done.notes:
        yield "No lead has anything to answer."
    yield from _trouble(done)
    for note in done.notes:
        yield from paragraph(note)
    if done.files:
        yield ""
        yield "Written:"
        yield from (f"  {path}" for path in done.files)


def _stands(done: Chased, key: str) -> str:
    line = done.log.line(key)
    if line is None:
        return "Not in the chase log"
    if line.state is State.DRAFTED and not any(person.address for person in line.to):
        return "No address"
    if line.state is State.DRAFTED and line.previewed is not None:
        return "Previewed"
    if line.state is State.SENT and line.sent is not None:
        return f"Sent {line.sent:%d/%m/%Y %H:%M}"
    return STATES[line.state]


def _trouble(done: Chased) -> Lines:
    """One line for each thing that stands in the way of a message."""
    said = [f"{lead}: {fault}" for lead, fault in done.faults]
    leads = {m.key: m.lead for m in done.messages}
    said += [f"{leads.get(r.key, r.key)}: {r.why}" for r in done.results if r.why]
    if done.results:
        counts = Counter(str(r.state) for r in done.results)
        yield ""
        how = "sent" if done.plan.settings.send_by == SMTP else "entered as sent"
        unknown = f", {counts['unknown']} not known whether sent" if counts["unknown"] else ""
        yield f"{counts['sent']} {how}, {counts['failed']} not sent{unknown}."
    sent = sum(why is Held.SENT for why in done.held_back.values())
    if sent:
        yield f"{counted(sent, 'message')} sent before."
    faulty = {lead for lead, _ in done.faults}
    said += [
        f"{lead}: {why.value}"
        for lead, why in done.held_back.items()
        if why is not Held.SENT and lead not in faulty
    ]
    if said:
        yield ""
        yield "To look at:"
        for sentence in dict.fromkeys(said):
            yield from paragraph(sentence, 2)


def standing(found: Standing) -> Lines:
    """Who has answered in a round: those who said nothing first."""
    yield from heading(found.plan, found.day)
    counts = Counter(lead.answer for lead in found.leads)
    sent = sum(lead.state is State.SENT for lead in found.leads)
    yield from paragraph(
        f"Round {found.round.name} of {spoken(found.round.day)}: {counted(len(found.leads), 'lead')} asked, "
        f"{sent} sent, {counts[Answered.ALL]} answered, {counts[Answered.PART]} in part, "
        f"{counts[Answered.NONE]} nothing yet."
    )
    yield ""
    yield from table(
        ("Answered", "How it stands", "Silent for", "Sent", "SMT lead", "To", "Next"),
        [_status_row(lead) for lead in found.leads],
    )
    sending = sum(lead.state is State.SENDING for lead in found.leads)
    if sending:
        yield ""
        yield from paragraph(
            f"{counted(sending, 'message')} in the hands of a run: wait for it or, if it was broken off, give "
            "--send again, which finds out what went."
        )
    drafted = sum(lead.state is State.DRAFTED for lead in found.leads)
    if drafted:
        yield ""
        yield from paragraph(
            f"{counted(drafted, 'message')} drafted and not entered as sent: what is answered to those is not "
            "counted. Send them with --send, or say that one was sent with --sent LEAD."
        )
    troubled = [lead for lead in found.leads if lead.trouble]
    if troubled:
        yield ""
        for lead in troubled:
            yield from paragraph(f"{lead.lead}: {lead.trouble}", 2)


def _status_row(lead: LineStatus) -> tuple[str, ...]:
    copied = listed([p.name or p.address for p in lead.copied_next])
    return (
        f"{lead.answered} of {lead.asked}",
        _ANSWERS[lead.answer],
        counted(lead.silent, "round") if lead.silent else "",
        f"{lead.sent:%d/%m/%Y}" if lead.sent is not None else STATES[lead.state],
        lead.lead,
        "; ".join(p.name or p.address for p in lead.to) or "(nobody)",
        f"{copied} copied in" if copied else "",
    )


def forgotten(done: Forgotten) -> Lines:
    """What was taken out, and where it still is."""
    if done.person:
        yield from paragraph(
            f"{counted(done.lines, 'line')} of the chase log and {counted(len(done.cells), 'cell')} of the "
            f"Posts sheet no longer hold {done.person}."
        )
    if done.old_lines:
        yield from paragraph(
            f"{counted(done.old_lines, 'line')} of the chase log were older than Settings keep; their counts stay."
        )
    if done.elsewhere:
        sheets = [f"{sheet} ({listed(list(cells), 5)})" for sheet, cells in done.elsewhere.items()]
        yield from paragraph(
            f"{done.person} is still named where it says what was done and agreed, which this leaves as it is: "
            f"{'; '.join(sheets)}."
        )
    if not done.person and not done.old_lines:
        yield "Nothing in the chase log is older than Settings keep."
    if done.receipt is not None:
        yield from kept_as_it_was(done.receipt)
    if done.backups:
        yield ""
        yield from paragraph(
            "These copies of the plan still hold what was taken out; delete them when you no longer need "
            "them, or run this again with --backups:"
        )
        yield from (f"  {path}" for path in done.backups)
    if done.folders:
        yield ""
        yield from paragraph(
            "These folders hold messages of earlier rounds, with names and addresses; delete them when you no "
            "longer need them, and what else you wrote with --out:"
        )
        yield from (f"  {path}" for path in done.folders)
