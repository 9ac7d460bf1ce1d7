"""A milestone while it is being read: cells that can still grow over a page, and are shared below."""

from __future__ import annotations

from dataclasses import dataclass, field

from agsxl.documents.document import Place
from agsxl.documents.healing import join


@dataclass(slots=True, eq=False)
class Cell:
    """A value in the making: its parts so far as one text, and where each was read.

    One cell is shared by all the milestones below a theme, so that what a page break cut off
    comes to every one of them.
    """

    text: str = ""
    places: list[Place] = field(default_factory=list)

    def add(self, text: str, place: Place) -> None:
        """Put a further part to it."""
        self.text = join(self.text, text)
        if place not in self.places:
            self.places.append(place)

    @property
    def words(self) -> str:
        """Where it was read, for a person."""
        return "; ".join(place.words for place in self.places)


@dataclass(slots=True, eq=False)
class Draft:
    """A milestone in the making.

    ``cells`` go by the column's name, or the heading of a column that agsxl does not know.
    ``number`` is what is printed in its own row, ``area`` what is carried down to it, ``group``
    tells the areas apart where they have no number, ``heading`` is the number of the heading above,
    ``letter`` stands before its action. ``unsure`` says, by column, what cannot be told.
    """

    place: Place
    cells: dict[str, Cell] = field(default_factory=dict)
    number: str = ""
    area: str = ""
    group: int = 0
    heading: str = ""
    begins_area: bool = False  # its number is that of the area, which its own row names
    letter: str = ""
    ref: str = ""
    unsure: dict[str, str] = field(default_factory=dict)

    def text(self, column: str) -> str:
        """What it has in a column so far."""
        cell = self.cells.get(column)
        return cell.text if cell is not None else ""

    def add(self, column: str, text: str, place: Place) -> None:
        """Put (more) text into a column."""
        self.cells.setdefault(column, Cell()).add(text, place)
