"""An xlwings engine over a running LibreOffice: what stands in for Excel where there is none.

    from tests.live_office import running
    office = running()                      # started once for the whole run, ended with it
    xlwings_book = office.open(path)        # any xlwings code runs on it, unchanged

``office`` starts and ends the program, ``engine`` is the engine, on the BSD part of xlwings only.
"""

from tests.live_office.office import Office, absent, an_office, running

__all__ = ["Office", "absent", "an_office", "running"]
