"""Installing on a council laptop: the workbook's buttons find this Python, and what stands in their way.

    install()                                  # the workbook's buttons start this Python from now on
    found = doctor("action-plan.xlsm")         # what may run, what may not, and the remedy for each
    print("\\n".join(lines_of(found)))
    print(letter_to_it(found))                 # what to ask IT for, word for word
    remove()                                   # takes back what install wrote, and nothing else

The workbook carries its own macros. All that its buttons need besides is where Python is, which xlwings
reads from a text file in the officer's own home folder. Nothing here asks for an administrator's rights,
changes a security setting or reaches the network.
"""

from __future__ import annotations

from agsxl.addin.checked import Checked, State
from agsxl.addin.checks import doctor
from agsxl.addin.installing import Installed, Removed, install, remove
from agsxl.addin.machine import Machine, ThisMachine
from agsxl.addin.saying import letter_to_it, lines_of

__all__ = [
    "Checked",
    "Installed",
    "Machine",
    "Removed",
    "State",
    "ThisMachine",
    "doctor",
    "install",
    "letter_to_it",
    "lines_of",
    "remove",
]
