"""The ribbon tab "Action plan", put into a workbook.

    package = with_ribbon(package, shipped_ribbon())

The tab is a part of its own beside the workbook's, which XlsxWriter does not know. Its buttons call the
macros ``Ribbon_Check`` and so on (``workbook/vba/AgsxlButtons.bas``).
"""

from __future__ import annotations

import io
import re
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from agsxl.master.vba import shipped_part

PART = "customUI/customUI14.xml"
KIND = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
NAMESPACE = "http://schemas.microsoft.com/office/2009/07/customui"
_ROOT = "_rels/.rels"
_DATE = (1980, 1, 1, 0, 0, 0)  # the same bytes on any day


def with_ribbon(package: bytes, ribbon: str) -> bytes:
    """A workbook (.xlsm, as bytes) with a ribbon tab; one that has a tab already gets this one instead.

    >>> book = with_ribbon(workbook_bytes(plan, macros=shipped_vba()), shipped_ribbon())  # doctest: +SKIP

    Every other part stays as it is. The same workbook gives the same bytes.
    """
    out = io.BytesIO()
    with ZipFile(io.BytesIO(package)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename == PART:
                continue
            content = old.read(part)
            if part.filename == _ROOT:
                content = _related(content.decode("utf-8")).encode("utf-8")
            new.writestr(_info(part.filename), content)
        new.writestr(_info(PART), ribbon)
    return out.getvalue()


def shipped_ribbon() -> str:
    """The ribbon as it travels with agsxl, inside action-plan.xlsm. Raises SourceError as shipped_vba."""
    return shipped_part(PART).decode("utf-8")


def _info(name: str) -> ZipInfo:
    info = ZipInfo(name, _DATE)
    info.compress_type = ZIP_DEFLATED
    return info


def _related(relationships: str) -> str:
    """The package's relationships with the tab among them. XML parts need no content type of their own."""
    rest = re.sub(rf'<Relationship [^>]*Type="{re.escape(KIND)}"[^>]*/>', "", relationships)
    added = f'<Relationship Id="agsxlRibbon" Type="{KIND}" Target="{PART}"/>'
    return rest.replace("</Relationships>", f"{added}</Relationships>")
