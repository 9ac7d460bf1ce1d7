"""Sending through a mail server, so that after every message it is known what became of it.

    way = Smtp("mail.example", user="governance", password=password_for("mail.example", "governance"))
    result = way.send(message, now=now)      # Result(state=<State.SENT>, ...)
    way.close()

One line to the server serves all messages, and is opened again where it breaks. The steps of SMTP are
taken one by one, because only then is it known whether the server can have a message: it cannot
before the final dot, and may from the dot on until its answer. The server's certificate is always
verified, and a password never goes over a line that is not encrypted.
"""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ParamSpec

from agsxl.errors import SettingsError
from agsxl.mail.ways import UNKNOWN, Result, State, addresses, nothing, wire

if TYPE_CHECKING:
    from agsxl.mail.messages import Message


_P = ParamSpec("_P")


class Security(StrEnum):
    """How the line is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
# So often in a row may the line break before the server is left alone for this run.
_MOST_BREAKS = 2
_PIECE = 2**16
_MOST_SAID = 200  # of what a server says, characters that are shown
_TAKEN = (250, 251, 252)
_GO_ON, _ASKS, _LOGGED_IN = 354, 334, 235
_BUSY = 421  # the server says that it closes the line
_UNKNOWN_USER = 530


class _Refused(Exception):
    """The server will not take this message; the line is in order."""


class _Broken(Exception):
    """The line broke before the server can have had the message."""


class _Over(Exception):
    """Nothing can be sent in this run."""


class Smtp:
    """A mail server.

    >>> way = Smtp("mail.wexcombe.example", user="governance", password="sesame")
    >>> way
    Smtp('mail.wexcombe.example', 587, security='starttls')

    ``security`` is "starttls" (the default), "tls" from the first byte on, or "none". ``port`` is the
    usual one where none is given: 587, 465 or 25. ``timeout`` is how many seconds each step may take,
    ``receipt`` how many the answer to a whole message may: servers look through it first, and to
    give up early is not to know. Certificates are those of the system, or of the file that the
    environment variable SSL_CERT_FILE names.

    Raises SettingsError for settings with which nothing could be sent, or only unsafely.
    """

    def __init__(
        self,
        server: str,
        port: int | None = None,
        *,
        security: str = Security.STARTTLS,
        user: str = "",
        password: str | None = None,
        timeout: float = 30.0,
        receipt: float = 300.0,
    ) -> None:
        self.server = server.strip()
        if not self.server or re.search(r"\s", self.server):
            raise SettingsError(
                "No mail server is named; enter its name as Mail server on the Settings sheet."
            )
        if security not in list(Security):
            raise SettingsError(
                f"Mail security is {security!r}; it can be starttls, tls or none: correct it on the "
                "Settings sheet."
            )
        self.security = Security(security)
        self.port = PORTS[self.security] if port is None else port
        if not 0 < self.port < 2**16:
            raise SettingsError(
                f"Mail port is {port}; a port is a number from 1 to 65535: correct it on the Settings "
                "sheet."
            )
        if user and self.security is Security.NONE:
            raise SettingsError(
                "Mail security is none, and a password is never sent over a line that is not "
                "encrypted; set Mail security to starttls or tls, or leave Mail user empty."
            )
        if user and password is None:
            raise SettingsError(
                f"No password is known for the mail server {self.server}; run agsxl mail-password, or "
                "leave Mail user empty if the server wants none."
            )
        self._user, self._password = user, password or ""
        self._timeout, self._receipt = timeout, receipt
        self._client: smtplib.SMTP | None = None
        self._served = False  # whether the open line has served a message, if only to refuse it
        self._breaks = 0  # how often in a row the line has broken
        self._over = ""  # why nothing more is tried

    def __repr__(self) -> str:
        return f"Smtp({self.server!r}, {self.port}, security={self.security.value!r})"

    # -- one message ---------------------------------------------------------------------------

    def send(
        self, message: Message, *, now: datetime, begin: Callable[[], None] = nothing
    ) -> Result:
        """Send one message; see ``Way``.

        >>> way.send(message, now=now).state  # doctest: +SKIP
        <State.SENT: 'sent'>

        A line that has served an earlier message and broken since is opened anew, once.
        """
        while True:
            fresh = not self._served
            try:
                if self._over:
                    raise _Over(self._over)
                result = self._hand_over(self._line(), message, now, begin)
            except _Refused as fault:
                self._served, self._breaks = True, 0
                self._reset()
                return Result(message.key, State.FAILED, str(fault))
            except _Over as fault:
                self._drop()
                self._over = str(fault)
                return Result(message.key, State.FAILED, self._over)
            except _Broken as fault:
                self._drop()
                if not fresh:
                    continue
                self._broke()
                return Result(message.key, State.FAILED, str(fault))
            except BaseException:  # the journal cannot be written, or the officer broke off
                self._drop()
                raise
            if result.state is State.UNKNOWN:
                self._drop()
                self._broke()
            else:
                self._served, self._breaks = True, 0
            return result

    def close(self) -> None:
        """Take leave of the server, if there is a line to it."""
        if self._client is not None and self._client.sock is not None:
            with suppress(OSError):
                self._client.sock.settimeout(min(self._timeout, 5))
                self._client.quit()
        self._drop()

    def _hand_over(
        self, client: smtplib.SMTP, message: Message, now: datetime, begin: Callable[[], None]
    ) -> Result:
        data = wire(message.as_email(draft=False, now=now))
        international = not data.isascii()  # all but the headers has been made ASCII
        if international and not client.has_extn("smtputf8"):
            raise _Refused(
                f"The mail server {self.server} takes no address with letters other than A to Z before "
                "the @; enter another address on the Posts sheet."
            )
        self._offer(client, message, len(data), international)
        refused = self._address(client, *addresses(message))
        self._take(client, data)
        begin()
        code, said = self._receive(client)
        if code in _TAKEN:
            why = (
                f"The mail server {self.server} refused {_listed(refused)}; the others have it. Correct "
                "the address on the Posts sheet."
                if refused
                else ""
            )
            return Result(message.key, State.SENT, why, tuple(refused))
        if 400 <= code < 600:
            raise _Refused(
                f"The mail server {self.server} did not take the message {_quoted(code, said)}; "
                f"{_remedy(code, 'ask IT what it refuses, or send it as a draft')}."
            )
        return Result(message.key, State.UNKNOWN, UNKNOWN)

    def _offer(
        self, client: smtplib.SMTP, message: Message, size: int, international: bool
    ) -> None:
        """Say who it comes from and how large it is."""
        assert message.sender is not None, "send_all lets none pass that comes from nobody"
        sender = _in_ascii(message.sender.address)
        options = ["SMTPUTF8"] if international else []
        if client.has_extn("size"):
            most = client.esmtp_features["size"]
            if most.isdecimal() and 0 < int(most) < size:
                raise _Refused(
                    f"It has {_megabytes(size)}, and the mail server {self.server} takes at most "
                    f"{_megabytes(int(most))}; ask IT to let more through, or send a draft without the workbook."
                )
            options.append(f"SIZE={size}")
        code, said = self._step(client.mail, sender, options)
        if code == _UNKNOWN_USER:
            raise _Over(
                f"The mail server {self.server} wants to know who sends {_quoted(code, said)}; enter Mail "
                "user and Mail security on the Settings sheet."
            )
        if code not in _TAKEN:
            remedy = _remedy(code, "correct the Sender address on the Settings sheet, or ask IT")
            raise _Refused(
                f"The mail server {self.server} does not let you send {_quoted(code, said)}; {remedy}."
            )

    def _address(
        self, client: smtplib.SMTP, to: tuple[str, ...], copied: tuple[str, ...]
    ) -> dict[str, str]:
        """Say who it goes to; those whom the server refuses, each with its reason."""
        refused: dict[str, str] = {}
        worst = 0
        for address in (*to, *copied):
            code, said = self._step(client.rcpt, _in_ascii(address))
            if code not in _TAKEN:
                refused[address] = _quoted(code, said)
                worst = max(worst, code)
        if all(address in refused for address in to):
            raise _Refused(
                f"The mail server {self.server} refused {_listed(refused)}; "
                f"{_remedy(worst, 'correct the address on the Posts sheet')}."
            )
        return refused

    def _take(self, client: smtplib.SMTP, data: bytes) -> None:
        """Hand over everything but the final dot. Without it a server must forget the message."""
        code, said = self._step(client.docmd, "DATA")
        if code != _GO_ON:
            remedy = _remedy(code, "ask IT what it refuses, or send it as a draft")
            raise _Refused(
                f"The mail server {self.server} did not take the message {_quoted(code, said)}; {remedy}."
            )
        dotted = re.sub(rb"(?m)^\.", b"..", data)
        for at in range(0, len(dotted), _PIECE):  # each piece has its own time
            self._push(client, dotted[at : at + _PIECE])
        if self._spoke(client):
            raise _Broken(self._broke_off())

    def _spoke(self, client: smtplib.SMTP) -> bool:
        """Whether the server has closed the line, or said something out of turn, in the meantime."""
        sock = client.sock
        assert sock is not None
        try:
            sock.settimeout(0)
            sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        finally:
            sock.settimeout(self._timeout)
        return True

    def _receive(self, client: smtplib.SMTP) -> tuple[int, bytes]:
        """Set the final dot and wait for the answer; code 0 where none comes."""
        try:
            assert client.sock is not None
            client.sock.settimeout(self._receipt)
            client.send(b".\r\n")
            answer = client.getreply()
            client.sock.settimeout(self._timeout)
        except OSError:
            return 0, b""
        return answer

    # -- the line ------------------------------------------------------------------------------

    def _push(self, client: smtplib.SMTP, data: bytes) -> None:
        try:
            client.send(data)
        except OSError as fault:
            raise _Broken(self._broke_off(fault)) from None

    def _step(
        self, command: Callable[_P, tuple[int, bytes]], *args: _P.args, **kwargs: _P.kwargs
    ) -> tuple[int, bytes]:
        """One command and its answer. Raises _Broken where the line does not hold."""
        try:
            code, said = command(*args, **kwargs)
        except OSError as fault:  # all of smtplib's and ssl's errors are such
            raise _Broken(self._broke_off(fault)) from None
        if code == _BUSY:
            raise _Broken(
                f"The mail server {self.server} closed the line {_quoted(code, said)}; try again later."
            )
        if not 200 <= code < 600:
            raise _Broken(self._unfit())
        return code, said

    def _line(self) -> smtplib.SMTP:
        """The open line, opened if there is none. Raises _Over where that cannot be."""
        if self._client is None:
            place = self._place()
            try:
                self._client = self._opened()
            except ssl.SSLCertVerificationError as fault:
                raise _Over(
                    f"Nothing was sent, because the certificate of {place} cannot be verified "
                    f"({fault.verify_message.rstrip('.')}); ask IT for the name that it is made out to, or for the "
                    "file of certificates to name in the environment variable SSL_CERT_FILE."
                ) from None
            except ssl.SSLError as fault:
                raise _Over(
                    f"No encrypted line to {place} could be made ({fault.reason or 'no answer'}); check "
                    "Mail security and Mail port on the Settings sheet, or ask IT."
                ) from None
            except smtplib.SMTPResponseException as fault:
                raise _Over(self._unfit(fault)) from None
            except (OSError, UnicodeError) as fault:  # a name may be none that the internet knows
                raise _Over(
                    f"The mail server {place} did not answer ({self._reason(fault)}); check Mail server, "
                    "Mail port and Mail security on the Settings sheet and your connection, then try "
                    "again."
                ) from None
        return self._client

    def _opened(self) -> smtplib.SMTP:
        context = None if self.security is Security.NONE else ssl.create_default_context()
        with ExitStack() as stack:
            # A name is given because to look up that of this computer can take long; what is said
            # to the server is the line's own address, and that is known only once there is a line.
            client: smtplib.SMTP = (
                smtplib.SMTP_SSL(
                    self.server, self.port, "localhost", timeout=self._timeout, context=context
                )
                if self.security is Security.TLS
                else smtplib.SMTP(self.server, self.port, "localhost", self._timeout)
            )
            stack.callback(client.close)
            assert client.sock is not None
            # The dot goes alone, and would wait for the answer to what went before.
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.local_hostname = _literal(client.sock)
            client.ehlo_or_helo_if_needed()
            if self.security is Security.STARTTLS:
                if not client.has_extn("starttls"):
                    raise _Over(
                        f"Nothing was sent, because the mail server {self._place()} offers no encrypted "
                        "line (STARTTLS); check Mail port, or ask IT which Mail security it wants."
                    )
                client.starttls(context=context)
                client.ehlo_or_helo_if_needed()
            if self._user:
                self._log_in(client)
            stack.pop_all()
        return client

    def _log_in(self, client: smtplib.SMTP) -> None:
        """By hand, since smtplib knows no password with a pound sign (bpo-29750)."""
        offered = client.esmtp_features.get("auth", "").upper().split()
        user, password = self._user.encode(), self._password.encode()
        if "PLAIN" in offered:
            code, said = client.docmd("AUTH", "PLAIN " + _coded(b"\0" + user + b"\0" + password))
        elif "LOGIN" in offered:
            code, said = client.docmd("AUTH", "LOGIN")
            for secret in (user, password):
                if code == _ASKS:
                    code, said = client.docmd(_coded(secret))
        else:
            raise _Over(
                f"The mail server {self.server} takes no user and password"
                f"{' (it offers ' + ', '.join(offered) + ')' if offered else ''}; leave Mail user empty, "
                "or write drafts and send them from your own mailbox, or ask IT."
            )
        if code != _LOGGED_IN:
            correct = (
                "check Mail user on the Settings sheet, and keep the password anew with agsxl "
                "mail-password"
            )
            raise _Over(
                f"The mail server {self.server} does not accept the user and password "
                f"{_quoted(code, said)}; {_remedy(code, correct)}."
            )

    def _drop(self) -> None:
        """Let go of the line without a word."""
        client, self._client, self._served = self._client, None, False
        if client is not None:
            with suppress(OSError):
                client.close()

    def _reset(self) -> None:
        """Take back what was begun, so that the next message starts afresh."""
        client = self._client
        if client is not None:
            try:
                self._step(client.docmd, "RSET")
            except _Broken:
                self._drop()

    def _broke(self) -> None:
        """Remember that the line broke under a message that nothing else was wrong with."""
        self._breaks += 1
        if self._breaks >= _MOST_BREAKS:
            self._over = (
                f"The line to the mail server {self.server} broke {_MOST_BREAKS} times in a row, so this "
                "message was not tried; try again later, or ask IT."
            )

    # -- what is said --------------------------------------------------------------------------

    def _place(self) -> str:
        return f"{self.server}, port {self.port},"

    def _broke_off(self, fault: OSError | None = None) -> str:
        return (
            f"The line to the mail server {self.server} broke before it had the message "
            f"({self._reason(fault)}); try again later."
        )

    def _unfit(self, fault: smtplib.SMTPResponseException | None = None) -> str:
        """What is said of a server that does not greet as one, or answers what no server does."""
        if fault is None or not 400 <= fault.smtp_code < 600:
            return (
                f"What answers at {self._place()} is no mail server; check Mail server and Mail port on "
                "the Settings sheet."
            )
        said = fault.smtp_error
        quoted = _quoted(fault.smtp_code, said if isinstance(said, bytes) else said.encode())
        return f"The mail server {self._place()} takes no messages now {quoted}; try again later, or ask IT."

    def _reason(self, fault: BaseException | None) -> str:
        """Why nothing came back, in plain words."""
        causes = []
        while fault is not None:
            causes.append(fault)
            fault = fault.__context__
        if any(isinstance(cause, TimeoutError) for cause in causes):
            return f"nothing came back within {self._timeout:g} seconds"
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return "nothing listens there"
        if any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes):
            return "there is no server of that name"
        return "the server closed the line"


def _literal(line: socket.socket) -> str:
    """The address of this end of the line, as a computer without a name presents itself."""
    address = str(line.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _coded(secret: bytes) -> str:
    return base64.b64encode(secret).decode("ascii")


def _in_ascii(address: str) -> str:
    """An address with its domain as the network spells it."""
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"


def _quoted(code: int, said: bytes) -> str:
    """What the server said, on one line: ``("550 No such user")``."""
    text = " ".join(said.decode("utf-8", "replace").split())
    text = "".join(letter for letter in text if letter.isprintable())
    return f'("{code} {text[:_MOST_SAID]}")'


def _listed(refused: dict[str, str]) -> str:
    return ", ".join(f"{address} {why}" for address, why in refused.items())


def _remedy(code: int, correct: str) -> str:
    """What to do: a code below 500 says that the fault will pass."""
    return "try again later" if code < 500 else correct


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MB"
