"""Where the mail password comes from: the environment or the system's own keyring, never a file.

password_for("mail.example", "governance")      # None where nobody has kept one
remember_password("mail.example", "governance", typed)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from agsxl.errors import SettingsError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_T = TypeVar("_T")

VARIABLE = "AGSXL_MAIL_PASSWORD"
_OTHERWISE = f"give the password in the environment variable {VARIABLE}"


def password_for(server: str, user: str) -> str | None:
    """The password of a user of a mail server, or None where none is kept.

    >>> os.environ["AGSXL_MAIL_PASSWORD"] = "sesame"  # doctest: +SKIP
    >>> password_for("mail.example", "governance")  # doctest: +SKIP
    'sesame'

    The environment goes before the keyring, which knows it as "agsxl mail.example". Raises
    SettingsError where the keyring is not there, is locked, or fails.
    """
    if not user:
        return None
    return os.environ.get(VARIABLE) or _ask(
        lambda ring: ring.get_password(_service(server), user), "be read from"
    )


def remember_password(server: str, user: str, password: str) -> None:
    """Keep a password in the system's keyring, in the place of the one that was there.

    >>> remember_password("mail.example", "governance", "sesame")  # doctest: +SKIP

    Raises SettingsError where no password was typed, there is no keyring, it is locked, it would keep
    the password in the clear, or it does not give back what it was given.
    """
    if not password:
        raise SettingsError("No password was typed, so none was kept; run this again and type it.")

    def keep(ring: KeyringBackend) -> bool:
        # What comes with the keyring package asks the system to keep the secret. A backend from
        # elsewhere may write it into a plain file; one says so in its name.
        first = next(iter(getattr(ring, "backends", ())), ring)
        if "plaintext" in type(first).__name__.casefold():
            return False
        ring.set_password(_service(server), user, password)
        return ring.get_password(_service(server), user) == password

    if not _ask(keep, "be kept in"):
        raise SettingsError(
            "The keyring of this computer does not keep secrets, so the mail password was not kept; "
            f"have one set up by IT, or {_OTHERWISE}."
        )


def _service(server: str) -> str:
    return f"agsxl {server.strip().casefold()}"


def _ask(question: Callable[[KeyringBackend], _T], done: str) -> _T:
    """Ask the keyring; whatever goes wrong is one sentence, and says nothing of the password."""
    try:
        import keyring
        from keyring.errors import KeyringLocked, NoKeyringError
    except ImportError:
        raise SettingsError(
            f"The mail password cannot {done} the keyring because the Python package keyring is not "
            f"installed; install it, or {_OTHERWISE}."
        ) from None
    try:
        return question(keyring.get_keyring())
    except NoKeyringError:
        why = "this computer has none; have one set up by IT"
    except KeyringLocked:
        why = "it is locked; unlock it"
    except Exception as fault:  # each system's keyring has its own errors
        why = f"it failed ({type(fault).__name__}); try again"
    raise SettingsError(f"The mail password cannot {done} the keyring: {why}, or {_OTHERWISE}.")
