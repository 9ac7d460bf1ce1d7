r"""The registry of Windows, read with an officer's own rights; on other systems there is none.

    values(r"HKCU\Software\Microsoft\Office\16.0\Excel\Security")     # {"vbawarnings": 2}
    subkeys(r"HKCU\Software\Microsoft\Office\16.0\Excel\Security")    # ("Trusted Locations", ...)

Raises PermissionError where Windows does not show a key.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import winreg

    def values(key: str) -> dict[str, int | str] | None:
        """The numbers and texts of a key, their names in small letters; None for no such key."""
        try:
            with _opened(key) as opened:
                count = winreg.QueryInfoKey(opened)[1]
                found = [winreg.EnumValue(opened, number) for number in range(count)]
        except FileNotFoundError:
            return None
        return {name.lower(): data for name, data, _ in found if isinstance(data, int | str)}

    def subkeys(key: str) -> tuple[str, ...]:
        """The names of the keys below a key."""
        try:
            with _opened(key) as opened:
                count = winreg.QueryInfoKey(opened)[0]
                return tuple(winreg.EnumKey(opened, number) for number in range(count))
        except FileNotFoundError:
            return ()

    def _opened(key: str) -> winreg.HKEYType:
        # A 32-bit Python would be shown other keys of HKLM\SOFTWARE than Defender and Office use.
        hive, _, path = key.partition("\\")
        root = {"HKCU": winreg.HKEY_CURRENT_USER, "HKLM": winreg.HKEY_LOCAL_MACHINE}[hive]
        return winreg.OpenKey(root, path, access=winreg.KEY_READ | winreg.KEY_WOW64_64KEY)

else:

    def values(key: str) -> dict[str, int | str] | None:
        """None: there is no registry."""
        return None

    def subkeys(key: str) -> tuple[str, ...]:
        """Nothing: there is no registry."""
        return ()
