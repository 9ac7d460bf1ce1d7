"""The macros of the master: vbaProject.bin from text, and a judge of what was made.

    project = vba_project(modules_in(folder), [code_name("Start"), code_name("Plan")])
    assert faults_of(project) == []

A VBA project is made when a new version of agsxl is made (``agsxl.master.build``), by pyOpenVBA. An
officer's computer never makes one: ``shipped_vba`` takes it out of the workbook that travels with agsxl.

Excel has never read a project made here while it was being made, so the judge holds the bytes against
what the formats say (MS-OVBA, MS-CFB) with readers that had no part in the making.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from agsxl.errors import OutputError, SourceError
from agsxl.resources import resource

PART = "xl/vbaProject.bin"
BOOK = "ThisWorkbook"  # the workbook's own code name
XLWINGS = "xlwings"  # the module that starts Python

# What pyOpenVBA writes otherwise than the formats say, see ``_repaired``.
_NO_CACHE = b"\xcc\x61\xff\xff\x00\x00\x00"
_END = b"\x10\x00" + bytes(4)  # a terminator, and four reserved bytes
_TOO_MANY = bytes(4)


def code_name(sheet: str) -> str:
    """The name by which the macros know a sheet; the workbook must say the same.

    >>> code_name("Change log")
    'shChangeLog'
    """
    return "sh" + "".join(word[:1].upper() + word[1:] for word in sheet.split())


def modules_in(folder: Path) -> dict[str, str]:
    """The text of each module in a folder (.bas, .cls) by its name, in the order of their names.

    >>> sorted(modules_in(Path("workbook/vba")))  # doctest: +SKIP
    ['AgsxlButtons', 'ThisWorkbook', 'xlwings']

    Raises SourceError for a character that is not plain ASCII: another code page would show another.
    """
    texts = {}
    for path in sorted(each for each in folder.iterdir() if each.suffix in (".bas", ".cls")):
        try:
            texts[path.stem] = path.read_text("ascii")
        except UnicodeDecodeError:
            raise SourceError(
                f"{path.name} has a character that is not plain ASCII; write it otherwise."
            ) from None
    return texts


def vba_project(modules: Mapping[str, str], sheets: Sequence[str]) -> bytes:
    """vbaProject.bin of some modules, for a workbook whose sheets have these code names, in order.

    >>> vba_project({"Hello": 'Sub Hello()\\nEnd Sub\\n'}, ["shPlan"])[:4]  # doctest: +SKIP
    b'\\xd0\\xcf\\x11\\xe0'

    The module ``ThisWorkbook`` is the workbook's own. The same text gives the same bytes. Raises
    OutputError where pyOpenVBA, needed only here, is not installed.
    """
    try:
        from pyopenvba import ExcelFile
    except ImportError:
        raise OutputError(
            "Macros are made by pyOpenVBA, which is not installed; type: python -m pip install "
            "'agsxl[build]'."
        ) from None
    with TemporaryDirectory() as folder:
        bare, made = Path(folder, "bare.xlsm"), Path(folder, "made.xlsm")
        _write_bare(bare, sheets)
        with ExcelFile(bare) as book:
            project = book.add_vba_project()
            for name, text in modules.items():
                if name == BOOK:
                    project.get_module(BOOK).body = _lines_of(text)
                else:
                    project.add_module(name, _lines_of(text))
            book.save(made)
        with ZipFile(made) as package:
            return _repaired(package.read(PART))


def _lines_of(text: str) -> str:
    """VBA ends a line with CR LF, whatever the text file does."""
    return "\r\n".join(text.splitlines()) + "\r\n"


def shipped_vba() -> bytes:
    """vbaProject.bin as it travels with agsxl, inside action-plan.xlsm.

    Raises SourceError where that file is missing, which only a damaged installation lacks.
    """
    return shipped_part(PART)


def shipped_part(part: str) -> bytes:
    """A part of the action-plan.xlsm that travels with agsxl. Raises SourceError where it is missing."""
    path = resource("workbook", "action-plan.xlsm")
    try:
        with ZipFile(path) as package:
            return package.read(part)
    except (OSError, KeyError, BadZipFile) as fault:
        raise SourceError(
            f"{path.name}, a part of agsxl, is missing or damaged; install agsxl again."
        ) from fault


# -- making ------------------------------------------------------------------------------------

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"


def _write_bare(path: Path, sheets: Sequence[str]) -> None:
    """The least workbook that has these code names: what pyOpenVBA reads them from."""
    numbers = range(1, len(sheets) + 1)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}"/>'
            for n in numbers
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><workbookPr codeName="{BOOK}"/><sheets>'
        + "".join(f'<sheet name="{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        + "</Relationships>",
        **{
            f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{_MAIN}"><sheetPr codeName="{name}"/>'
            "<sheetData/></worksheet>"
            for n, name in zip(numbers, sheets, strict=True)
        },
    }
    with ZipFile(path, "w", ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, text)


def _repaired(project: bytes) -> bytes:
    """The project as the formats say it must be, where pyOpenVBA 6.5.0 writes it otherwise.

    1. Without compiled code ``_VBA_PROJECT`` is seven bytes that say so (MS-OVBA 2.3.4.1).
    2. ``dir`` ends with a terminator and four reserved bytes (2.3.4.2); there are four too many.
    3. Two red entries of the directory must not follow each other (MS-CFB 2.6.4).
    """
    from pyopenvba.cfb import CFB
    from pyopenvba.vba import compress, decompress

    file = CFB.from_bytes(project)
    file.write_stream_in_storage("VBA", "_VBA_PROJECT", _NO_CACHE)
    listing = decompress(file.get_stream_in_storage("VBA", "dir"))
    if listing.endswith(_END + _TOO_MANY):
        file.write_stream_in_storage("VBA", "dir", compress(listing[: -len(_TOO_MANY)]))
    return _coloured(file.to_bytes())


class _Entry(NamedTuple):
    """An entry of a compound file's directory: a stream or a storage, in a tree with its neighbours."""

    name: str
    kind: int  # 0 for a free entry
    red: bool
    left: int
    right: int
    child: int
    offset: int  # where it stands in the file


_NOTHING = 0xFFFFFFFF
_LAST_SECTOR = 0xFFFFFFFA  # from here on a number is no sector
_RED, _BLACK = 0, 1
_COLOUR = 67  # where the colour stands in an entry


def _directory(file: bytes) -> list[_Entry]:
    """The directory of a compound file, in its own order (MS-CFB 2.6)."""
    size: int = 1 << struct.unpack_from("<H", file, 30)[0]
    table: list[int] = []  # which sector follows which
    for sector in struct.unpack_from("<109I", file, 76):
        if sector < _LAST_SECTOR:
            table += struct.unpack_from(f"<{size // 4}I", file, (sector + 1) * size)
    entries = []
    sector = struct.unpack_from("<I", file, 48)[0]
    while sector < _LAST_SECTOR:
        for offset in range((sector + 1) * size, (sector + 2) * size, 128):
            length, kind, colour = struct.unpack_from("<HBB", file, offset + 64)
            name = file[offset : offset + max(length - 2, 0)].decode("utf-16-le")
            left, right, child = struct.unpack_from("<III", file, offset + 68)
            entries.append(_Entry(name, kind, colour == _RED, left, right, child, offset))
        sector = table[sector]
    return entries


def _coloured(file: bytes) -> bytes:
    """The same file with its directory's trees in valid colours.

    They are balanced already, so all is black but the deepest row, which is red where it is not full.
    """
    entries = _directory(file)
    made = bytearray(file)
    made[entries[0].offset + _COLOUR] = _BLACK
    for storage in entries:
        rows = list(_rows_of(entries, storage.child))
        for depth, row in enumerate(rows):
            red = depth == len(rows) - 1 and len(row) < 2**depth
            for number in row:
                made[entries[number].offset + _COLOUR] = _RED if red else _BLACK
    return bytes(made)


def _rows_of(entries: Sequence[_Entry], root: int) -> Iterator[list[int]]:
    """The entries of a tree, row by row from its root."""
    row = [root] if root != _NOTHING else []
    while row:
        yield row
        row = [n for i in row for n in (entries[i].left, entries[i].right) if n != _NOTHING]


# -- judging -----------------------------------------------------------------------------------


def faults_of(project: bytes) -> list[str]:
    """What is wrong with a vbaProject.bin, one sentence each; nothing where it is sound.

    >>> faults_of(shipped_vba())  # doctest: +SKIP
    []

    Read by oletools, which did not make it. Raises OutputError where oletools is not installed.
    """
    try:
        import olefile  # comes with oletools
        from oletools.olevba import decompress_stream
    except ImportError:
        raise OutputError(
            "Macros are judged by oletools, which is not installed; type: python -m pip install "
            "'agsxl[build]'."
        ) from None
    if not olefile.isOleFile(project):
        return ["This is no compound file."]
    found = list(_tree_faults(_directory(project)))
    if found:  # what stands in a faulty directory cannot be read
        return found
    with olefile.OleFileIO(project) as file:
        found += [
            f"The compound file is not as it must be ({text})." for _, text in file.parsing_issues
        ]

        def stream(name: str) -> bytes:
            with file.openstream(name) as opened:
                return bytes(opened.read())

        if stream("VBA/_VBA_PROJECT") != _NO_CACHE:
            found.append("_VBA_PROJECT does not say that there is no compiled code.")
        listed = _Listing(bytes(decompress_stream(bytearray(stream("VBA/dir")))))
        found += listed.faults
        declared = re.findall(
            r"^(?:Document|Module|Class)=([^/\r\n]+)", stream("PROJECT").decode("cp1252"), re.M
        )
        if declared != [module.name for module in listed.modules]:
            found.append("PROJECT and dir do not name the same modules in the same order.")
        names = stream("PROJECTwm")
        for module in listed.modules:
            text = decompress_stream(
                bytearray(stream(f"VBA/{module.stream}")[module.offset :])
            ).decode("cp1252")
            if not text.startswith(f'Attribute VB_Name = "{module.name}"\r\n'):
                found.append(f"The text of {module.name} does not begin with its name.")
            if re.search(r"(?<!\r)\n|\r(?!\n)", text):
                found.append(f"A line of {module.name} does not end with CR LF.")
            if module.name.encode("utf-16-le") not in names:
                found.append(f"PROJECTwm does not name {module.name}.")
    return found


def _tree_faults(entries: Sequence[_Entry]) -> Iterator[str]:
    """What Windows could not search: each storage's tree is ordered by name, red and black."""
    reached = {0}

    def walk(number: int, low: _Key | None, high: _Key | None, after_red: bool) -> Iterator[str]:
        if number == _NOTHING:
            return
        entry = entries[number]
        if number in reached:
            yield f"The directory has {entry.name} in two places."
            return
        reached.add(number)
        key = _key(entry.name)
        if (low is not None and key <= low) or (high is not None and key >= high):
            yield f"The directory has {entry.name} in the wrong place."
        if entry.red and after_red:
            yield f"The directory has the red entry {entry.name} after a red one."
        yield from walk(entry.left, low, key, entry.red)
        yield from walk(entry.right, key, high, entry.red)
        yield from whole(entry)

    def blacks(number: int) -> set[int]:
        """How many black entries stand on the ways down to the leaves: the same on each, if all is well."""
        if number == _NOTHING:
            return {0}
        below = blacks(entries[number].left) | blacks(entries[number].right)
        return {count + (not entries[number].red) for count in below}

    def whole(storage: _Entry) -> Iterator[str]:
        found = list(walk(storage.child, None, None, False))
        yield from found
        if not found and len(blacks(storage.child)) > 1:  # a faulty tree may be a ring: not counted
            yield f"The directory of {storage.name} has not as many black entries on every way."

    yield from whole(entries[0])
    for number, entry in enumerate(entries):
        if entry.kind and number not in reached:
            yield f"The directory has {entry.name} where nothing leads to it."


_Key = tuple[int, str]


def _key(name: str) -> _Key:
    """The order of names in a compound file: by length, then in capitals."""
    return len(name.encode("utf-16-le")), name.upper()


class _Module(NamedTuple):
    """A module as the ``dir`` stream lists it."""

    name: str
    stream: str
    offset: int  # where its text begins in its stream


# The records of ``dir`` that are looked at (MS-OVBA 2.3.4.2), and the library that IRibbonControl is in.
_CODE_PAGE, _LIBRARY, _VERSION, _TERMINATOR = 0x03, 0x0D, 0x09, 0x10
_MODULE, _STREAM, _OFFSET = 0x19, 0x1A, 0x31
_OFFICE_LIBRARY = b"{2DF8D04C-5BFA-101B-BDE5-00AA0044DE52}"


class _Listing:
    """The ``dir`` stream: the modules, the libraries, and what is wrong with it."""

    def __init__(self, raw: bytes) -> None:
        self.modules: list[_Module] = []
        self.faults: list[str] = []
        place, libraries = 0, b""
        while place + 6 <= len(raw):
            record, length = struct.unpack_from("<HI", raw, place)
            if record == _VERSION:  # the one record whose length is not what it says (2.3.4.2.1.11)
                length = 6
            body = raw[place + 6 : place + 6 + length]
            place += 6 + length
            if record == _LIBRARY:
                libraries += body
            elif record == _CODE_PAGE and body != struct.pack("<H", 1252):
                self.faults.append("The code page is not 1252.")
            elif record == _MODULE:
                self.modules.append(_Module(body.decode("cp1252"), "", 0))
            elif record == _STREAM:
                self.modules[-1] = self.modules[-1]._replace(stream=body.decode("cp1252"))
            elif record == _OFFSET:
                offset = struct.unpack("<I", body)[0]
                self.modules[-1] = self.modules[-1]._replace(offset=offset)
            elif record == _TERMINATOR:
                break
        if place != len(raw):
            self.faults.append(f"dir goes on for {len(raw) - place} bytes after its end.")
        if _OFFICE_LIBRARY not in libraries:
            self.faults.append("The Office library, where IRibbonControl is, is not referred to.")
