"""Reading a timescale: what somebody typed into a "By when" cell, as dates.

``read_target`` is the whole of it for a cell; ``find_dates`` finds the dates in a sentence.
"""

from agsxl.dates._read import find_dates, read_target
from agsxl.dates._target import Kind, Target

__all__ = ["Kind", "Target", "find_dates", "read_target"]
