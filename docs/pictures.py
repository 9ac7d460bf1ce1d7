"""Makes docs/pictures/*.png: each sheet of the master workbook, as an officer sees it, and the committee pack.

    python docs/pictures.py

The sample plan becomes a master, Check, Slippage and Chase fill its sheets, LibreOffice makes a PDF of it,
and each sheet's first page becomes a picture without its margins. The pack is that of the sample after three
invented reports. Needs LibreOffice (soffice).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import date, datetime, time
from pathlib import Path

import pdfplumber
from PIL import Image, ImageChops

from agsxl import desk, updating
from agsxl.edits import ChangeSet
from agsxl.excel.file import open_book
from agsxl.layout.chaselog import chasers_sheet
from agsxl.layout.checks import checks_sheet
from agsxl.layout.slippage import slippage_sheet
from agsxl.master.sheets import new_master, sheet_names
from agsxl.packing import committee_pack
from agsxl.rounds import ChaseLog, plan_letters
from agsxl.words import spoken

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parent / "workbook" / "sample-plan.xlsx"
WIDE, WIDEST = 1500, 2900  # pixels; the plan has many columns
_TALL = 1000  # of a long list, the top is enough


def filled_master(folder: Path) -> Path:
    """The sample as a master, with what its buttons put onto its sheets."""
    plan = desk.load_plan(SAMPLE)
    day = plan.settings.reporting_date or date(2026, 9, 30)
    path = new_master(folder / "master.xlsm", plan, as_of=day)
    plan = desk.load_plan(path)
    log = ChaseLog()
    letters = plan_letters(
        desk.chase(plan, as_of=day), log, round=log.round_for(day), as_of=day, posts=plan.posts,
        settings=plan.settings,
    )  # fmt: skip
    sheets = (
        checks_sheet(desk.check(plan, as_of=day), plan, as_of=day),
        slippage_sheet(desk.slippage(plan, as_of=day), plan),
        chasers_sheet(letters, log, log.round_for(day)),
    )
    with open_book(path) as book:
        book.apply(ChangeSet(sheets=sheets))
    return path


# What is agreed of the sample between its reports: the day, the milestone's Ref, its new date.
_MOVES = (
    (date(2026, 7, 6), "P4", "2027-01-31"), (date(2026, 7, 20), "J5", "2026-08-31"),
    (date(2026, 8, 4), "B5", "2026-12-31"), (date(2026, 9, 7), "P4", "2027-03-31"),
    (date(2026, 9, 9), "C4", "2027-02-28"),
)  # fmt: skip
_REPORTS = (date(2026, 6, 30), date(2026, 7, 31), date(2026, 8, 31))


def pack_of_sample(folder: Path) -> Path:
    """The Word document of the pack after three reports, each with what was agreed since the one before."""
    plan = folder / "action-plan.xlsx"
    desk.new_plan(plan, SAMPLE, as_of=_REPORTS[0])
    moves = list(_MOVES)
    for day in (*_REPORTS, date(2026, 9, 30)):
        while moves and moves[0][0] <= day:
            when, ref, to = moves.pop(0)
            updating.rebaseline(
                plan, ref, to, reason="Agreed with the service", approved_by="Audit and Standards Committee",
                now=datetime.combine(when, time(9)),
            )  # fmt: skip
        if day in _REPORTS:
            label = f"Committee, {spoken(day)}"
            updating.snapshot(plan, label, as_of=day, now=datetime.combine(day, time(17)))
    done = committee_pack(
        plan, as_of=date(2026, 9, 30), out=folder / "pack", now=datetime(2026, 9, 30, 17)
    )
    return done.files[0]


def pack_pictures(pdf: Path) -> dict[str, Image.Image]:
    """The pack's first page, and the page of the trend."""
    found = {}
    with pdfplumber.open(pdf) as pages:
        for page in pages.pages:
            text = page.extract_text() or ""
            name = "pack" if page.page_number == 1 else ""
            if "Milestone trend" in text and "stayed" not in text:
                name = name or "pack-trend"
            if name and name not in found:
                drawn = page.to_image(resolution=110).original.convert("RGB")
                found[name] = trimmed(drawn)
    return found


def as_pdf(workbook: Path, folder: Path) -> Path:
    """The workbook as LibreOffice prints it."""
    profile = (folder / "profile").as_uri()
    subprocess.run(
        ["soffice", f"-env:UserInstallation={profile}", "--headless", "--norestore", "--convert-to",
         "pdf", "--outdir", str(folder), str(workbook)],
        check=True, timeout=180, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return folder / f"{workbook.stem}.pdf"


def pictures(pdf: Path) -> dict[str, Image.Image]:
    """A picture of each sheet's first page, by the name in its footer; of the Dashboard both pages."""
    found: dict[str, Image.Image] = {}
    with pdfplumber.open(pdf) as pages:
        for page in pages.pages:
            footer = page.crop((0, page.height - 60, page.width, page.height)).extract_text() or ""
            name = footer.splitlines()[-1].split(" Page ")[0].strip() if footer else ""
            if name not in sheet_names():
                continue
            name = name.lower()
            if name == "dashboard" and name in found:
                name = "dashboard-figures"
            if name not in found:
                whole = page.crop((0, 0, page.width, page.height - 45))
                wide = WIDEST if name == "plan" else WIDE
                drawn = whole.to_image(resolution=round(wide / float(page.width) * 72 * 1.1))
                found[name] = trimmed(drawn.original.convert("RGB"))
    return found


def trimmed(image: Image.Image) -> Image.Image:
    """A picture without its white margins, and not taller than one can take in."""
    white = Image.new("RGB", image.size, "white")
    box = ImageChops.difference(image, white).getbbox() or (0, 0, *image.size)
    left, top, right, bottom = box
    bottom = min(bottom, top + _TALL, image.height - 12)
    return image.crop(
        (max(left - 12, 0), max(top - 12, 0), min(right + 12, image.width), bottom + 12)
    )


def main() -> int:
    """Make every picture; the exit code."""
    target = HERE / "pictures"
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = pictures(as_pdf(filled_master(folder), folder))
        made |= pack_pictures(as_pdf(pack_of_sample(folder), folder))
        for sheet, image in made.items():
            path = target / f"{sheet}.png"
            image.quantize(64).save(path, optimize=True)
            print(f"Made {path.relative_to(HERE.parent)}, {image.width} x {image.height}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
