"""xlwings.conf, the text file in which a workbook's macros look up their Python: read, and one line put in.

    conf = with_python(b'"SHOW CONSOLE","True"\\r\\n', "INTERPRETER_WIN", r"C:\\Python\\python.exe", newline="\\r\\n")
    setting(conf, "interpreter_win")            # 'C:\\\\Python\\\\python.exe'
    without_python(conf)                        # b'"SHOW CONSOLE","True"\\r\\n'

The macros read the file as a row of values, name and value by turns, and take the first of a name,
capitals or not. So agsxl puts its lines first, and every other byte stays as it is: a setting that
stood there before takes effect again when agsxl's lines are taken away. Knows no file.
"""

from __future__ import annotations

import re

# Names the macros never ask for. They tell people whose the lines are; the path again, in the first
# one's value, tells ``without_python`` that nobody has put a line of another Python below it.
_OURS, _NEW = "WRITTEN BY AGSXL ADDIN INSTALL", "FILE MADE BY AGSXL ADDIN INSTALL"
_SCRIPT = "SCRIPT COPIED BY AGSXL ADDIN INSTALL"
_WRITTEN = re.compile(
    rb'"(?:WRITTEN|(?P<new>FILE MADE)) BY AGSXL ADDIN INSTALL","(?P<python>[^"\r\n]*)"(?:\r\n|\r|\n)'
    rb'(?:"SCRIPT COPIED BY AGSXL ADDIN INSTALL","[^"\r\n]*"(?:\r\n|\r|\n))?'
    rb'(?:"INTERPRETER_(?:WIN|MAC)","(?P=python)"(?:\r\n|\r|\n))?'
)
# One value of VBA's Input statement: in quotes, or up to a comma or the end of the line.
_VALUE = re.compile(
    r'[ \t]*(?:"(?P<quoted>[^"]*)"?[^,\r\n]*|(?P<bare>[^,\r\n]*))(?P<end>,|\r\n|\r|\n|$)'
)


def settings_of(conf: bytes) -> list[tuple[str, str]]:
    """Names and values in order, as the macros pair them: an empty line counts as a value.

    >>> settings_of(b'"A","1"\\r\\n"B","2"\\r\\n')
    [('A', '1'), ('B', '2')]
    >>> settings_of(b'"A","1"\\r\\n\\r\\n"B","2"\\r\\n')
    [('A', '1'), ('', 'B')]
    """
    text, values, at = conf.decode("cp1252", "replace"), [], 0
    while at < len(text):
        found = _VALUE.match(text, at)
        assert found  # every part of it may be empty
        values.append(found["quoted"] if found["quoted"] is not None else found["bare"].rstrip())
        at = found.end()
    return list(zip(values[::2], values[1::2], strict=False))


def setting(conf: bytes, name: str) -> str | None:
    """The value the macros would find for a name; None where they would find none."""
    wanted = name.lower()
    return next((value for key, value in settings_of(conf) if key.lower() == wanted), None)


def with_python(
    conf: bytes | None, name: str, python: str, *, newline: str, script: str = ""
) -> bytes:
    """The file with agsxl's lines first. None stands for a file that is not there yet.

    ``python`` is plain ASCII without quotes; ``script`` names the file that was copied as well.
    Doing it again changes nothing.
    """
    marker = _NEW if conf is None or was_made_by_agsxl(conf) else _OURS
    lines = [(marker, python), *([(_SCRIPT, script)] if script else []), (name, python)]
    ours = "".join(f'"{name}","{value}"{newline}' for name, value in lines)
    return ours.encode("ascii") + without_python(conf or b"")


def without_python(conf: bytes) -> bytes:
    """The file without agsxl's lines, wherever another program may have moved them to."""
    return _WRITTEN.sub(b"", conf)


def is_ours(conf: bytes) -> bool:
    """Whether the file holds lines of agsxl."""
    return bool(_WRITTEN.search(conf))


def was_made_by_agsxl(conf: bytes) -> bool:
    """Whether the file was not there before agsxl wrote it."""
    return any(found["new"] for found in _WRITTEN.finditer(conf))


def script_copied(conf: bytes) -> str:
    """The name of the script that agsxl copied with these lines, or ""."""
    return setting(conf, _SCRIPT) or ""
