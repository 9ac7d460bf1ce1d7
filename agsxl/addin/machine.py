"""What is asked of the computer: the one seam between the checks and Windows, macOS or Linux.

    machine = ThisMachine()
    machine.values(r"HKCU\\Software\\Microsoft\\Office\\16.0\\Excel\\Security")   # {"vbawarnings": 2}

Everything is read, nothing is written. Tests put a table of files and registry keys in its place.
"""

from __future__ import annotations

import os
import platform
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import NamedTuple, Protocol

from agsxl.addin import registry


class System(StrEnum):
    """An operating system, by the name a person knows."""

    WINDOWS = "Windows"
    MACOS = "macOS"
    LINUX = "Linux"


class Package(NamedTuple):
    """A Python package as this Python finds it. ``fault`` is why it cannot be imported, "" if it can.

    ``version`` is "" where it does not say; ``place`` is its folder.
    """

    version: str = ""
    fault: str = ""
    place: str = ""


Values = Mapping[str, int | str]


class Machine(Protocol):
    """A computer, as far as the checks look at it.

    Whatever the computer refuses to show is an OSError: the check then says that it is not known.
    """

    @property
    def system(self) -> System:
        """Which operating system it is."""

    @property
    def home(self) -> str:
        """The officer's home folder."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment variables."""

    @property
    def python(self) -> str:
        """The full path of the Python that runs now."""

    @property
    def version(self) -> str:
        """Its version, "3.12.4"."""

    @property
    def bits(self) -> int:
        """32 or 64."""

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None where there is no such file."""

    def is_there(self, path: str) -> bool:
        """Whether there is such a file or folder."""

    def same_file(self, one: str, other: str) -> bool:
        """Whether two paths lead to one file."""

    def on_path(self, name: str) -> tuple[str, ...]:
        """Every program of that name that a terminal would find, the one it would start first."""

    @property
    def scripts(self) -> tuple[str, ...]:
        """The folders into which pip puts the commands of this Python."""

    def package(self, name: str, module: str = "") -> Package:
        """A Python package, after trying to import it, or a module of it of another name."""

    def values(self, key: str) -> Values | None:
        """The values of a registry key, names in small letters; None where there is no such key."""

    def subkeys(self, key: str) -> tuple[str, ...]:
        """The names of the keys below a registry key."""


@dataclass(frozen=True)
class ThisMachine:
    """The computer that agsxl runs on.

    >>> ThisMachine().bits in (32, 64)
    True
    """

    system: System = field(default_factory=lambda: _system())
    home: str = field(default_factory=lambda: str(Path.home()))
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    python: str = field(default_factory=lambda: sys.executable)
    version: str = field(default_factory=platform.python_version)
    bits: int = 8 * struct.calcsize("P")

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None where there is no such file."""
        try:
            return Path(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def is_there(self, path: str) -> bool:
        """Whether there is such a file or folder."""
        try:
            Path(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def same_file(self, one: str, other: str) -> bool:
        """Whether two paths lead to one file.

        Folders are followed, the file itself is not: the Python of a virtual environment is often a
        link to the one it was made from, and knows other packages.
        """
        return _place(one) == _place(other)

    def on_path(self, name: str) -> tuple[str, ...]:
        """Every program of that name on the PATH."""
        names = [name]
        if self.system is System.WINDOWS:
            endings = self.environ.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";")
            names = [name + ending.lower() for ending in endings if ending]
        found = (
            Path(folder, each)
            for folder in self.environ.get("PATH", "").split(os.pathsep)
            if folder
            for each in names
        )
        return tuple(dict.fromkeys(str(p) for p in found if p.is_file() and os.access(p, os.X_OK)))

    @property
    def scripts(self) -> tuple[str, ...]:
        """The folders into which pip puts the commands of this Python: for all, and for one user."""
        import sysconfig

        user = sysconfig.get_preferred_scheme("user")
        return sysconfig.get_path("scripts"), sysconfig.get_path("scripts", user)

    def package(self, name: str, module: str = "") -> Package:
        """A Python package, after trying to import it, or a module of it of another name."""
        from importlib import import_module, metadata

        try:
            found = import_module(module or name)
        except Exception as fault:  # a package may raise anything while it is imported
            return Package(fault=f"{type(fault).__name__}: {fault}")
        file = getattr(found, "__file__", None)
        place = str(Path(file).parent) if file else ""
        try:
            return Package(metadata.version(name), place=place)
        except metadata.PackageNotFoundError:
            return Package(str(getattr(found, "__version__", "")), place=place)

    def values(self, key: str) -> Values | None:
        """The values of a registry key, names in small letters; None where there is no such key."""
        return registry.values(key)

    def subkeys(self, key: str) -> tuple[str, ...]:
        """The names of the keys below a registry key."""
        return registry.subkeys(key)


def _system() -> System:
    return {"win32": System.WINDOWS, "darwin": System.MACOS}.get(sys.platform, System.LINUX)


def _place(path: str) -> str:
    return os.path.normcase(Path(path).parent.resolve() / Path(path).name)


def place_of(machine: Machine, *parts: str) -> PurePath:
    """A path as that computer's system writes it.

    >>> str(place_of(ThisMachine(system=System.WINDOWS), "C:/Plans", "plan.xlsm"))
    'C:\\\\Plans\\\\plan.xlsm'
    """
    return (PureWindowsPath if machine.system is System.WINDOWS else PurePosixPath)(*parts)
