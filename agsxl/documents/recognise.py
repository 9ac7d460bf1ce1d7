"""What a file is, by what is in it and never by its name; and the reader for it.

>>> kind_of(b"%PDF-1.7 ...", "plan.doc")
'pdf'

What cannot be a plan is refused in one plain sentence that says what it is and what to do.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from agsxl.documents.delimited import decode
from agsxl.documents.document import Document
from agsxl.errors import NoPlanError, SourceError

ZIP, EMPTY_ZIP, OLE = b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOOK = 2**21  # how far into a file is looked for what tells its kind
_PICTURES = (
    (b"\x89PNG", "a picture (PNG)"), (b"\xff\xd8\xff", "a picture (JPEG)"), (b"GIF8", "a picture (GIF)"),
    (b"II*\x00", "a picture (TIFF)"), (b"MM\x00*", "a picture (TIFF)"), (b"BM", "a picture (BMP)"),
)  # fmt: skip
_HTML = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table|div)\b", re.I | re.S
)
_HTML_TABLE = re.compile(r"<table\b.*<t[dh]\b", re.I | re.S)
_TEXTS = ("html", "markdown", "text", "mht")


def read_document(path: Path) -> Document:
    """The blocks of a published document: .docx, .pdf, .html, .xls, .ods, Markdown or text.

    Raises SourceError for what cannot be read (a password, damage, a kind that is none of these),
    and NoPlanError for a document without any text. A modern workbook (.xlsx) is read by
    ``excel.open_book``; its sheets become a document by ``sheets.document_of``.
    """
    data = path.read_bytes()
    kind = kind_of(data, path.name)
    if kind == "docx":
        from agsxl.documents.docx import read_docx

        return _with_text(read_docx(path))
    if kind == "pdf":
        from agsxl.documents.pdf import read_pdf

        return _with_text(read_pdf(path))
    if kind in ("xls", "ods", "xlsb", "xlsx"):
        from agsxl.documents.sheets import document_of, read_sheets

        return _with_text(document_of(read_sheets(path), path.name, kind))
    return read_text_document(data, kind, path.name)


def read_text_document(data: bytes, kind: str, file: str) -> Document:
    """The document in the bytes of an HTML page, a Markdown file or any other text."""
    from agsxl.documents.html import read_html
    from agsxl.documents.text import read_text

    if kind == "mht":
        return _with_text(read_html(_page_of_archive(data, file), file))
    text = _declared(data) if kind == "html" else decode(data)
    if kind == "html":
        return _with_text(read_html(text, file))
    if kind == "markdown":
        from agsxl.documents.markdown import read_markdown

        return _with_text(read_markdown(text, file))
    return _with_text(read_text(text, file))


def _with_text(document: Document) -> Document:
    if not document.blocks:
        raise NoPlanError(f"{document.file} holds no text at all, so no plan either.")
    return document


def kind_of(data: bytes, file: str) -> str:
    """ "docx", "pdf", "xlsx", "xlsb", "xls", "ods", "html", "mht", "markdown" or "text".

    Raises SourceError for what agsxl does not read, saying what it is.
    """
    if data.startswith((ZIP, EMPTY_ZIP)):
        return _kind_of_package(data, file)
    if data.startswith(OLE):
        return _kind_of_ole(data, file)
    if b"%PDF-" in data[:1024]:
        return "pdf"
    for mark, what in _PICTURES:
        if data.startswith(mark):
            raise SourceError(
                f"{file} is {what}, not a document with text; ask for the document itself, or have "
                "the text recognised (OCR) and save that."
            )
    if data[:64].lstrip().startswith(b"{\\rtf"):
        raise _unread(file, "a Rich Text document (RTF)", "Word", ".docx")
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError(
            f"{file} is neither a workbook nor text, nor another document that agsxl reads; open it in "
            "the program that made it and save it as .docx, .pdf, .xlsx or .csv."
        )
    return _kind_of_text(decode(data[:_LOOK]), file)


def _unread(file: str, what: str, program: str, instead: str) -> SourceError:
    return SourceError(
        f"{file} is {what}, which agsxl does not read; open it in {program} and save it as {instead}."
    )


def _kind_of_package(data: bytes, file: str) -> str:
    from io import BytesIO

    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            names = {name.replace("\\", "/").lstrip("/").lower() for name in package.namelist()}
            form = package.read("mimetype")[:200].decode("latin-1") if "mimetype" in names else ""
            manifest = package.read("META-INF/manifest.xml") if "opendocument" in form else b""
    except Exception:  # of zipfile or zlib, as the damage will have it
        raise SourceError(
            f"{file} is damaged: it begins as a Word document or a workbook does, but its end is "
            "missing or broken; ask for it again, or take the last backup."
        ) from None
    if b"encryption-data" in manifest:
        raise SourceError(
            f"{file} is protected with a password; take the password off and save it."
        )
    if "opendocument.spreadsheet" in form:
        return "ods"
    if "opendocument.text" in form:
        raise _unread(file, "an OpenDocument text (.odt)", "Word or LibreOffice", ".docx")
    if "opendocument" in form:
        raise _unread(file, "an OpenDocument file without a text or sheet", "LibreOffice", ".docx")
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if any(name.startswith("word/") for name in names):
        return "docx"
    if any(name.startswith("ppt/") for name in names):
        raise _unread(file, "a PowerPoint presentation", "PowerPoint", ".pdf")
    if "[content_types].xml" in names:
        return "xlsx"  # a package with parts of other names; the workbook reader says what it is
    raise SourceError(
        f"{file} is a zip archive and no document; unpack it and name the plan that is in it."
    )


def _kind_of_ole(data: bytes, file: str) -> str:
    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if holds("EncryptedPackage"):
        raise SourceError(
            f"{file} is protected with a password; take the password off (File, Info, Protect) and "
            "save it."
        )
    if holds("WordDocument"):
        raise _unread(file, "a Word document of an old kind (.doc)", "Word", ".docx")
    if holds("PowerPoint Document"):
        raise _unread(file, "a PowerPoint presentation of an old kind (.ppt)", "PowerPoint", ".pdf")
    if holds("Workbook") or holds("Book"):
        return "xls"
    if holds("__substg1.0_"):
        raise SourceError(
            f"{file} is an Outlook message, not a plan; save the plan that is attached to it."
        )
    raise SourceError(
        f"{file} is a file of an old Office program that holds no workbook; open it in the program "
        "that made it and save it as .docx or .xlsx."
    )


def _kind_of_text(text: str, file: str) -> str:
    start = text[:4096].lstrip("\ufeff \t\r\n")
    if start.startswith("<?xml") or start.startswith("<?mso"):
        if "Excel.Sheet" in start or "schemas-microsoft-com:office:spreadsheet" in start:
            raise _unread(file, "an Excel workbook kept as XML", "Excel", ".xlsx")
        if "Word.Document" in start or "schemas.microsoft.com/office" in start:
            raise _unread(file, "a Word document kept as XML", "Word", ".docx")
        if not _HTML.match(re.sub(r"<\?.*?\?>", "", start)):
            raise _unread(file, "an XML file", "the program that made it", ".docx, .xlsx or .csv")
        return "html"
    if re.match(
        r"(?:[A-Za-z-]+:.*\r?\n(?:[ \t].*\r?\n)*)*?content-type:\s*multipart/related", start, re.I
    ):
        return "mht"
    if _HTML.match(start):
        return "html"
    from agsxl.documents.markdown import has_markdown_table

    if has_markdown_table(text):
        return "markdown"
    if _HTML_TABLE.search(text):
        return "html" if text.count("<") > 20 and not re.search(r"\n\|", text) else "markdown"
    if start.startswith(("{", "[")) and _is_json(text):
        raise SourceError(
            f"{file} is JSON, not a plan; name the document or workbook that it was made from."
        )
    return "text"


def _is_json(text: str) -> bool:
    import json

    try:
        json.loads(text)
    except ValueError:
        return False
    return True


_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([A-Za-z0-9_:-]+)""", re.I)


def _declared(data: bytes) -> str:
    """A page's text in the encoding that it declares, if that is right; else as any text."""
    found = _CHARSET.search(data[:4096])
    if found and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        name = found[1].decode("ascii")
        # what is declared as Latin-1 is Windows-1252 on the web
        name = "cp1252" if name.lower() in ("iso-8859-1", "latin1", "us-ascii") else name
        try:
            return data.decode(name)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


def _page_of_archive(data: bytes, file: str) -> str:
    """The page inside a web archive (.mht), as a browser saves it in a single file."""
    from email import message_from_bytes, policy

    for part in message_from_bytes(data, policy=policy.default).walk():
        if part.get_content_type() == "text/html":
            body = part.get_payload(decode=True)
            if isinstance(body, bytes):
                return _declared(body)
    raise NoPlanError(f"{file} is a saved web page without any text in it, so no plan either.")
