"""A real browser that looks at pages: headless Chromium, and axe-core on what it shows.

    first, second = looked_at([Look(page), Look(page, width=320)], tmp_path)
    first.violations        # ["image-alt (critical): Images must have alternative text: img"]

The pages of one call are looked at in one start of the browser, each in a frame of its width. They are
shown as they are but for their Content-Security-Policy, which would keep axe-core out as it keeps out
everything else; ``fetched`` looks at that.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
LIMIT = 240  # seconds


def browser() -> str:
    """Chromium's program, if it is installed; else ""."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), "")


def axe() -> str:
    """The file of axe-core that the environment names, if it is there; else ""."""
    named = os.environ.get("AGSXL_AXE", "")
    return named if named and Path(named).is_file() else ""


class Look(NamedTuple):
    """A page, and how wide the window is in which it is looked at. 320 is 1280 at 400 %."""

    page: str
    width: int = 1280


@dataclass(frozen=True)
class Seen:
    """What the browser says of a page."""

    violations: list[str]  # of axe's rules, all of them
    unsure: list[str]  # what axe leaves to a person, with its reason
    too_wide: int  # pixels that the page is wider than its window
    smallest: float  # height of the smallest letters that are shown, in pixels; in a drawing too
    crossing: list[str]  # texts of drawings of which one lies on the other


# Runs in the page that holds the frames. Nothing here is from the page that is looked at.
RUNNER = """
const said = (page, found) => found.flatMap((rule) => rule.nodes.map((node) => {
  const target = node.target.at(-1), held = page.querySelector(target);
  const why = [...node.any, ...node.all, ...node.none].map((check) => check.data && check.data.messageKey).find(Boolean);
  return `${rule.id} (${node.impact}): ${rule.help}: ${target}` + (why ? ` [${why}]` : "")
    + (held && held.closest("svg") ? " in a drawing" : "");
}));

function letters(page) {
  const sizes = [];
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    const box = holder.getBoundingClientRect();
    if (!walker.currentNode.data.trim() || !box.width || ["STYLE", "SCRIPT"].includes(holder.tagName)) continue;
    const drawing = holder.ownerSVGElement;
    const scale = drawing && drawing.viewBox.baseVal ? drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width : 1;
    sizes.push(parseFloat(page.defaultView.getComputedStyle(holder).fontSize) * scale);
  }
  return Math.min(...sizes);
}

function crossing(page) {
  const found = [];
  for (const drawing of page.querySelectorAll("svg")) {
    const texts = [...drawing.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]).filter(([, box]) => box.width);
    texts.forEach(([one, a], at) => texts.slice(at + 1).forEach(([other, b]) => {
      // The box of a text is higher than its letters are.
      const over = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (a.left < b.right - 0.5 && b.left < a.right - 0.5 && over > 0.25 * Math.min(a.height, b.height))
        found.push(`${one.textContent} / ${other.textContent}`);
    }));
    const frame = drawing.getBoundingClientRect();
    texts.filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
      .forEach(([text]) => found.push(`${text.textContent} / the edge`));
  }
  return found;
}

window.addEventListener("load", async () => {
  const results = [];
  const axe = document.getElementById("axe").textContent;
  try {
    for (const frame of document.querySelectorAll("iframe")) {
      const view = frame.contentWindow, page = view.document;
      view.eval(axe);
      const found = await view.axe.run(page, { elementRef: false });
      const box = page.scrollingElement;
      results.push({
        violations: said(page, found.violations), unsure: said(page, found.incomplete),
        too_wide: box.scrollWidth - frame.clientWidth, smallest: letters(page), crossing: crossing(page),
      });
    }
    document.getElementById("results").textContent = JSON.stringify(results);
  } catch (fault) {
    document.getElementById("results").textContent = JSON.stringify(String(fault));
  }
});
"""


def looked_at(looks: Sequence[Look], folder: Path) -> list[Seen]:
    """What the browser and axe-core say of each page, in order."""
    frames = "".join(
        f'<iframe title="{number}" style="border: 0; width: {look.width}px; height: 3000px" '
        f'srcdoc="{html.escape(POLICY.sub("", look.page))}"></iframe>'
        for number, look in enumerate(looks)
    )
    script = Path(axe()).read_text("utf-8").replace("</script", "<\\/script")
    holder = folder / "looked-at.html"
    holder.write_text(
        f'<!doctype html><meta charset="utf-8"><title>looked at</title>{frames}<pre id="results"></pre>'
        f'<script type="text/plain" id="axe">{script}</script><script>{RUNNER}</script>',
        "utf-8",
    )
    shown = started(folder, "--virtual-time-budget=60000", "--dump-dom", holder.as_uri())
    found = re.search(r'<pre id="results">(.*?)</pre>', shown, re.S)
    results: Any = json.loads(html.unescape(found[1])) if found and found[1] else "nothing came"
    assert isinstance(results, list), results
    assert len(results) == len(looks)
    return [Seen(**result) for result in results]


def printed(page: Path, folder: Path) -> Path:
    """A page on paper, as a PDF."""
    target = folder / f"{page.stem}.pdf"
    started(folder, "--no-pdf-header-footer", f"--print-to-pdf={target}", page.as_uri())
    return target


def fetched(pages: Sequence[str], folder: Path) -> list[tuple[set[str], str]]:
    """For each page: what it asked a server for, and its title in the end.

    In a page "SERVER" is put for the server's address.
    """
    asked: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = []
    try:
        for number, page in enumerate(pages):
            path = folder / f"fetching-{number}.html"
            address = f"http://127.0.0.1:{server.server_port}"
            path.write_text(page.replace("SERVER", address), "utf-8")
            asked.clear()
            shown = started(folder, "--virtual-time-budget=5000", "--dump-dom", path.as_uri())
            title = re.search(r"<title>(.*?)</title>", shown, re.S)
            found.append((set(asked), html.unescape(title[1]) if title else ""))
    finally:
        server.shutdown()
        server.server_close()
    return found


def started(folder: Path, *arguments: str) -> str:
    """What Chromium writes out, started with a profile of its own; it is ended if it takes too long."""
    running = subprocess.Popen(
        [
            browser(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--window-size=1280,3000",
            f"--user-data-dir={folder / 'profile'}", *arguments,
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        shown, said = running.communicate(timeout=LIMIT)
    finally:
        with suppress(ProcessLookupError):  # it starts others, which must not stay
            os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode == 0, said.decode("utf-8", "replace")[-2000:]
    return shown.decode("utf-8")
