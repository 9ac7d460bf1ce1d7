"""What a button starts, in a process of its own, and a note of how it ended.

    python -m tests.live_office.pressed NOTE COMMAND --wb=action-plan.xlsm --from_xl=1

It stands in for what ``RunPython`` of xlwings starts on Windows and macOS. Whoever waits for the note reads
there what the officer was told, or the traceback that none may see.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from urllib.parse import unquote


def main() -> None:
    """Run the command on the workbook that called."""
    note, command = Path(unquote(sys.argv[1])), unquote(sys.argv[2])
    try:
        from tests.live_office.child import attach

        attach()
        from tests.live_office import engine

        exec(command, {})  # what xlwings does with it
        said = "\n".join(prompt for prompt, _ in engine._office.alerts)
    except BaseException:
        said = traceback.format_exc()
    # Written beside and put in place whole: whoever waits for it reads all of it.
    beside = note.with_suffix(".part")
    beside.write_text(said, "utf-8")
    beside.replace(note)


if __name__ == "__main__":
    main()
