"""The package of a workbook: its parts, how they are related, and saving it with a few of them changed.

    package = Package(Path("action-plan.xlsm"))
    sheet = package.sheet("Plan")                      # its part, and what kind of sheet it is
    package.save(target, {sheet.part: new_bytes})      # every other part: the same compressed bytes

A part is called by its name without the slash before it ("xl/workbook.xml"), spelt as in the package;
any other spelling (backslashes, capitals, "/xl/...") finds it too. The whole file is held in memory,
so nothing that happens to it on disk can mix two states, and nobody else is kept from opening it.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import unquote

from agsxl.errors import OutputError, SourceError
from agsxl.excel.markup import Markup

EMPTY_ZIP = b"PK\x05\x06"
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CONTENT_TYPES = "[Content_Types].xml"
_LARGEST_PART = 200 * 2**20  # what a part may unpack to: a sheet of 100,000 milestones is 70 MB
_LARGEST = 280 * 2**20  # and all parts together
_ENCRYPTED_ENTRY, _NAME_IS_UTF8 = 0x1, 0x800
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_KEPT = 128 * 2**20  # of parts that were unpacked
_LARGE, _FAST, _SMALL = 4 * 2**20, 2, 6  # how hard to compress: a large part four times as fast
_FAULTS = (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)


class Relation(NamedTuple):
    """What one part (or the package) says of another: "my drawing is ..."."""

    identity: str  # "rId3"
    kind: str  # the last word of its type: "worksheet", "table", "chart"
    target: str  # the part, "" where there is none; outside the package, the address as written
    external: bool


class SheetPart(NamedTuple):
    """A sheet as the workbook names it. ``part`` is "" where the package does not have it."""

    name: str
    part: str
    kind: str  # "worksheet", "chartsheet", "dialogsheet", "xlMacrosheet"
    sheet_id: str
    visible: bool


class Package:
    """A workbook's package, read whole.

    Raises SourceError for what cannot be read: no workbook, a password, an old .xls, damage, an
    unreasonable size. What can be read but must not be written is refused by ``refuse_writing``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data = _read_file(path)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(self._data))
        except _FAULTS as fault:
            raise damaged(path, fault) from None
        self._refuse_sizes()
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._folded: dict[str, str] = {}
        self._twice: list[str] = []
        self._unpacked: dict[str, bytes] = {}  # what was read last, since it is often read again
        for entry in self._zip.infolist():
            if entry.flag_bits & _ENCRYPTED_ENTRY:
                raise SourceError(
                    f"{path.name} is protected with a password; take the password off and save it."
                )
            name = _plain_name(entry.filename)
            if name.endswith("/") or not name:
                continue
            if name.casefold() in self._folded:
                self._twice.append(name)
            self._entries[name] = entry
            self._folded[name.casefold()] = name

    @property
    def data(self) -> bytes:
        """The bytes of the whole file, as they were when it was read."""
        return self._data

    # -- parts -----------------------------------------------------------------------------------

    def parts(self) -> list[str]:
        """The names of all parts, in the order in which they are stored."""
        return list(self._entries)

    def find(self, name: str) -> str:
        """The name of a part as it is spelt here, "" where there is no such part.

        >>> package.find("/XL/worksheets\\sheet1.xml")  # doctest: +SKIP
        'xl/worksheets/sheet1.xml'
        """
        plain = posixpath.normpath(_plain_name(name))
        if plain in self._entries:
            return plain
        folded = self._folded.get(plain.casefold())
        return folded or self._folded.get(unquote(plain).casefold(), "")

    def read(self, part: str) -> bytes:
        """The bytes of a part, unpacked. Raises SourceError where it is damaged or not there."""
        part = self.find(part)
        if part not in self._unpacked:
            try:
                data = self._zip.read(self._entries[part])
            except _FAULTS as fault:
                raise damaged(self.path, fault) from None
            self._unpacked[part] = data
            while len(self._unpacked) > 1 and sum(map(len, self._unpacked.values())) > _KEPT:
                del self._unpacked[next(iter(self._unpacked))]
        return self._unpacked[part]

    def markup(self, part: str, overlay: Mapping[str, bytes] | None = None) -> Markup:
        """A part's XML, ready to be changed; from ``overlay`` where it holds that part."""
        part = self.find(part) or part
        data = overlay[part] if overlay and part in overlay else self.read(part)
        return Markup(data, part, self.path.name)

    def packed(self, part: str) -> tuple[int, int, bytes]:
        """A part as it is stored: how it was compressed, its checksum, and the compressed bytes."""
        entry = self._entries[self.find(part)]
        start = self._data_start(entry)
        return entry.compress_type, entry.CRC, self._data[start : start + entry.compress_size]

    def packed_size(self, part: str) -> int:
        """How many bytes a part takes as it is stored."""
        return self._entries[self.find(part)].compress_size

    # -- relations -------------------------------------------------------------------------------

    def relations_part(self, part: str = "") -> str:
        """The name of the part that holds a part's relations, whether it is there or not."""
        folder, file = posixpath.split(part)
        name = posixpath.join(folder, "_rels", f"{file}.rels")
        return self.find(name) or name

    def relations(
        self, part: str = "", overlay: Mapping[str, bytes] | None = None
    ) -> list[Relation]:
        """What a part is related to; the package itself where no part is named."""
        source = self.relations_part(part)
        if source not in self._entries and not (overlay and source in overlay):
            return []
        folder = posixpath.dirname(part)
        found = []
        for node in self.markup(source, overlay).root.children:
            target = node.get("Target")
            external = node.get("TargetMode") == "External"
            if not external:
                target = target.replace("\\", "/").partition("#")[0]
                whole = target if target.startswith("/") else f"{folder}/{target}"
                target = self.find(whole) or _added_name(whole, overlay)
            kind = node.get("Type").rpartition("/")[2]
            found.append(Relation(node.get("Id"), kind, target, external))
        return found

    def related(self, part: str, kind: str) -> str:
        """The first part of a kind that a part is related to, "" where there is none."""
        return next((r.target for r in self.relations(part) if r.kind == kind and r.target), "")

    def content_type(self, part: str) -> str:
        """The declared content type of a part."""
        part = self.find(part) or part
        by_extension = ""
        for node in self.markup(CONTENT_TYPES).root.children:
            if node.name == "Override" and self.find(node.get("PartName")) == part:
                return node.get("ContentType")
            if (
                node.name == "Default"
                and node.get("Extension").lower() == part.rpartition(".")[2].lower()
            ):
                by_extension = node.get("ContentType")
        return by_extension

    # -- the workbook and its sheets ---------------------------------------------------------------

    @cached_property
    def workbook(self) -> str:
        """The workbook's own part, "" where there is none."""
        return self.related("", "officeDocument") or self.find("xl/workbook.xml")

    @cached_property
    def sheets(self) -> tuple[SheetPart, ...]:
        """All sheets in the order of their tabs, also chart sheets and hidden ones."""
        if not self.workbook:
            return ()
        relations = {relation.identity: relation for relation in self.relations(self.workbook)}
        found = []
        for node in self.markup(self.workbook).root.all("sheet"):
            identity = next((v for k, v in node.attributes.items() if k.endswith("}id")), "")
            relation = relations.get(identity, Relation("", "", "", False))
            part = "" if relation.external else relation.target
            visible = node.get("state", "visible") == "visible"
            found.append(
                SheetPart(node.get("name"), part, relation.kind, node.get("sheetId"), visible)
            )
        return tuple(found)

    def sheet(self, name: str) -> SheetPart:
        """The worksheet of a name. Raises SourceError, naming those there are."""
        for sheet in self.sheets:
            if sheet.name == name and sheet.part and sheet.kind == "worksheet":
                return sheet
        there = ", ".join(repr(s.name) for s in self.sheets if s.kind == "worksheet" and s.part)
        raise SourceError(f"{self.path.name} has no sheet {name!r}; its sheets are {there}.")

    def tables(self, sheet_part: str) -> list[str]:
        """The parts of the Excel tables on a sheet."""
        return [r.target for r in self.relations(sheet_part) if r.kind == "table" and r.target]

    @cached_property
    def styles(self) -> str:
        """The part that holds the formats, "" where there is none."""
        return self.related(self.workbook, "styles")

    @cached_property
    def shared_strings(self) -> str:
        """The part that holds the shared texts, "" where there is none."""
        return self.related(self.workbook, "sharedStrings")

    @cached_property
    def calc_chain(self) -> str:
        """The part that lists the formulas in the order of their calculation, "" if none."""
        return self.related(self.workbook, "calcChain")

    @cached_property
    def date_1904(self) -> bool:
        """Whether dates are counted from 1 January 1904, as old Macs did."""
        if not self.workbook:
            return False
        properties = self.markup(self.workbook).root.find("workbookPr")
        return properties is not None and properties.flag("date1904")

    # -- writing -----------------------------------------------------------------------------------

    def refuse_writing(self) -> None:
        """Raise OutputError, or SourceError for damage, where this workbook must not be written."""
        name = self.path.name
        if not self.workbook or not self.find(CONTENT_TYPES):
            raise OutputError(
                f"{name} is not a whole workbook; open it in Excel and save it as .xlsx."
            )
        if any(relation.kind == "origin" for relation in self.relations()):
            raise OutputError(
                f"{name} is digitally signed, and a change would break the signature; take the "
                "signature off (File, Info, View Signatures) and save it, then try again."
            )
        sharing = self.markup(self.workbook).root.find("fileSharing")
        if sharing is not None and (sharing.get("reservationPassword") or sharing.get("hashValue")):
            raise OutputError(
                f"{name} asks for a password before it lets anybody change it; take that off (File, Save "
                "As, Tools, General Options) and save it, then try again."
            )
        if self._twice:
            raise OutputError(
                f"{name} holds the part {self._twice[0]} twice, so that programs disagree on what it "
                "says; open it in Excel and save it again."
            )

    def refuse_damage(self) -> None:
        """Unpack every part: a wrong checksum anywhere is damage that a copy would carry on."""
        for part in self._entries:
            self.read(part)

    def save(
        self,
        target: Path,
        replaced: Mapping[str, bytes | None],
        added: Mapping[str, bytes] | None = None,
    ) -> None:
        """Write the package to ``target`` with parts replaced (None: left out) and added at the end.

        All other entries keep their place and their bytes, compressed as they are.
        """
        with target.open("wb") as out:
            self.write(out, replaced, added)

    def write(
        self,
        out: BinaryIO,
        replaced: Mapping[str, bytes | None],
        added: Mapping[str, bytes] | None = None,
    ) -> None:
        """The same into an open file."""
        changes = {self.find(name): data for name, data in replaced.items()}
        if "" in changes:
            raise KeyError(f"no such part in {self.path.name}: {sorted(replaced)}")
        directory = []
        for entry, record in zip(self._zip.infolist(), self._directory(), strict=True):
            part = _plain_name(entry.filename)
            data = changes.get(part)
            if data is not None:
                directory.append(_write_entry(out, record, data))
            elif part not in changes:
                directory.append(_moved(record, out.tell()))
                start, end = self._extent(entry)
                out.write(memoryview(self._data)[start:end])
        for name, data in (added or {}).items():
            directory.append(_write_entry(out, _new_record(name), data))
        comment = self._zip.comment
        count, size, start = len(directory), sum(map(len, directory)), out.tell()
        out.write(b"".join(directory))
        out.write(_END.pack(EMPTY_ZIP, 0, 0, count, count, size, start, len(comment)) + comment)

    def close(self) -> None:
        """Let go of the package."""
        self._zip.close()

    def _refuse_sizes(self) -> None:
        sizes = [entry.file_size for entry in self._zip.infolist()]
        if sum(sizes) > _LARGEST or max(sizes, default=0) > _LARGEST_PART:
            self._zip.close()
            raise _too_large(self.path, sum(sizes))

    def _data_start(self, entry: zipfile.ZipInfo) -> int:
        lengths: tuple[int, int] = struct.unpack_from("<2H", self._data, entry.header_offset + 26)
        return entry.header_offset + _LOCAL.size + sum(lengths)

    def _extent(self, entry: zipfile.ZipInfo) -> tuple[int, int]:
        """Where an entry begins and ends in the file: header, data, and the descriptor behind it."""
        end = self._data_start(entry) + entry.compress_size
        sizes = (entry.CRC, entry.compress_size, entry.file_size)
        for mark in (b"PK\x07\x08", b""):
            for form in ("<3L", "<L2Q"):
                descriptor = mark + struct.pack(form, *sizes)
                if entry.flag_bits & 8 and self._data.startswith(descriptor, end):
                    return entry.header_offset, end + len(descriptor)
        return entry.header_offset, end

    def _directory(self) -> list[bytes]:
        """The records of the directory at the end of the file, as they are written there."""
        records, at = [], self._zip.start_dir
        for _ in self._zip.infolist():
            fields = _CENTRAL.unpack_from(self._data, at)
            size = _CENTRAL.size + sum(fields[10:13])
            records.append(self._data[at : at + size])
            at += size
        return records


def is_workbook(path: Path) -> bool:
    """Whether a file's first bytes are those of a workbook, whatever its name says."""
    with path.open("rb") as file:
        head = file.read(8)
    return head.startswith((ZIP, EMPTY_ZIP)) or head == OLE


def damaged(path: Path, fault: BaseException) -> SourceError:
    """The error for a file that cannot be read, with the first line of what was found wrong."""
    said = str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__
    return SourceError(
        f"{path.name} is damaged and cannot be read ({said}); open it in Excel, let it repair the "
        "file and save it, or take the last backup."
    )


def _too_large(path: Path, size: int) -> SourceError:
    return SourceError(
        f"{path.name} unpacks to {size / 2**20:,.0f} MB, more than any plan needs, and was "
        "not opened; copy the plan's sheet into a new workbook."
    )


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(8)
        if head == OLE:
            data = head + file.read(2**20)
            if "EncryptedPackage".encode("utf-16-le") in data:
                raise SourceError(
                    f"{path.name} is protected with a password; take the password off (File, Info, "
                    "Protect Workbook) and save it."
                )
            raise SourceError(
                f"{path.name} is a workbook of an old kind (.xls); open it in Excel and save it as .xlsx."
            )
        if not head.startswith(b"PK"):
            raise SourceError(f"{path.name} is not a workbook; save it from Excel as .xlsx.")
        size = file.seek(0, io.SEEK_END)
        if size > _LARGEST:
            raise _too_large(path, size)
        file.seek(0)
        return file.read()


def _plain_name(name: str) -> str:
    return name.replace("\\", "/").lstrip("/")


def _added_name(name: str, overlay: Mapping[str, bytes] | None) -> str:
    """The name of a part that this very write adds, and that the package does not have yet."""
    plain = posixpath.normpath(_plain_name(name))
    return plain if overlay and plain in overlay else ""


# -- the records of a zip file --------------------------------------------------------------------


def _new_record(name: str) -> bytes:
    """A directory record for a part that is added; dated as Excel dates all of its parts."""
    raw = name.encode()
    flags = 0 if name.isascii() else _NAME_IS_UTF8
    first_day = 1 << 5 | 1  # 1 January 1980: the same bytes whenever it is written
    sizes = (0, 0, 0)
    head = (b"PK\x01\x02", 20, 20, flags, zipfile.ZIP_DEFLATED, 0, first_day, *sizes)
    return _CENTRAL.pack(*head, len(raw), 0, 0, 0, 0, 0, 0) + raw


def _write_entry(out: BinaryIO, record: bytes, data: bytes) -> bytes:
    """Write a part's new contents under the name that its record gives; return the new record."""
    fields = _CENTRAL.unpack_from(record)
    flags, time, day, name_length = fields[3] & _NAME_IS_UTF8, fields[5], fields[6], fields[10]
    name = record[_CENTRAL.size : _CENTRAL.size + name_length]
    packer = zlib.compressobj(_FAST if len(data) > _LARGE else _SMALL, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    sizes = (zlib.crc32(data), len(packed), len(data))
    common = (20, flags, zipfile.ZIP_DEFLATED, time, day, *sizes, len(name))
    at = out.tell()
    out.write(_LOCAL.pack(ZIP, *common, 0) + name)
    out.write(packed)
    attributes = fields[14:16]
    return _CENTRAL.pack(b"PK\x01\x02", fields[1], *common, 0, 0, 0, *attributes, at) + name


def _moved(record: bytes, offset: int) -> bytes:
    """A record of the directory for an entry that now begins elsewhere in the file."""
    fields = _CENTRAL.unpack_from(record)
    if fields[16] != 0xFFFFFFFF:
        return record[:42] + struct.pack("<L", offset) + record[46:]
    # Zip64: the place is in an extra field, behind the sizes that do not fit either.
    start = at = _CENTRAL.size + fields[10]
    while at < start + fields[11]:
        kind, length = struct.unpack_from("<2H", record, at)
        if kind == 1:
            place = at + 4 + 8 * (fields[8:10].count(0xFFFFFFFF))
            return record[:place] + struct.pack("<Q", offset) + record[place + 8 :]
        at += 4 + length
    raise AssertionError("zipfile reads no zip64 entry without its extra field")
