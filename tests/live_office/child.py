"""A child process with LibreOffice in Excel's place, as RunPython starts one from a button.

    python -m tests.live_office.child "import agsxl.macros; agsxl.macros.check()" --wb=plan.xlsm --from_xl=1

It finds the office that its parent started (``AGSXL_TEST_PIPE``), makes it the engine of xlwings, and runs
the command: ``xlwings.Book.caller()`` takes its usual way by the arguments. What the officer would be
told in a message is printed.
"""

from __future__ import annotations

import os
import sys


def attach() -> None:
    """Make the office of the parent process the engine of xlwings in this one."""
    from agsxl.excel.running import load_xlwings
    from tests.live_office.office import PIPE, Office, absent

    load_xlwings()  # without what it does not need, as the product loads it
    why = absent()
    if why:
        sys.exit(why)
    from tests.live_office import engine

    engine.install(Office(os.environ[PIPE]))


def main() -> None:
    """Run the command of the first argument."""
    attach()
    exec(sys.argv[1], {"__name__": "__main__"})
    from tests.live_office import engine

    for prompt, _ in engine._office.alerts:
        print(prompt)


if __name__ == "__main__":
    main()
