"""A real mail server on this computer, as well or ill behaved as a test wants it.

    with mail_server() as server:                         # STARTTLS, a user and a password
        Smtp("localhost", server.port, user=USER, password=PASSWORD).send(message, now=NOW)
        server.got[0].email["Subject"]

    with mail_server(troubles={2: "half: drop"}) as server: ...

A trouble is where and what: "MAIL", "RCPT", "DATA", "half" (of the data) or "dot" (after the final
one), then "drop" (the line), "sleep 5" (seconds) or what is answered instead. It befalls the message of
that number, or every message where the number is 0.

``python -m tests.mailserver FILE`` serves in a process of its own, for tests that kill others.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import ssl
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any, NamedTuple

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from agsxl.mail.messages import Attachment, Message
from agsxl.rounds import Addressee

USER, PASSWORD = "governance@wexcombe.example", "a pound £ or two"
NOW = datetime(2026, 10, 1, 9, 30, tzinfo=timezone(timedelta(hours=1)))
OFFICER = Addressee("Ann Lee", "governance@wexcombe.example")
AUTHORITY = trustme.CA()


def message(number: int = 1, **other: Any) -> Message:
    """A message like those that agsxl composes, to a lead of that number."""
    given = {
        "key": f"September 2026, post {number}",
        "lead": f"Head of Department {number}",
        "to": (Addressee(f"Lead {number}", f"lead{number}@wexcombe.example"),),
        "copied": (),
        "sender": OFFICER,
        "reply_to": OFFICER.address,
        "subject": f"{number} milestones for you to update by Friday 9 October 2026",
        "text": f"Dear Lead {number}\n\n.\n.. dots begin these lines\nZoë's café: £{number}\n",
        "html": f"<p>Dear Lead {number}</p>\n<p>Zoë's café: £{number}</p>\n",
        "message_id": f"<agsxl.{number}@wexcombe.example>",
        "attachments": (
            Attachment(f"Head of Department {number}.xlsx", b"PK\x03\x04\r\n.\r\n\x00"),
        ),
    }
    return Message(**{**given, **other})


class Got(NamedTuple):
    """A message as the server got it."""

    sender: str
    to: tuple[str, ...]
    data: bytes

    @property
    def email(self) -> EmailMessage:
        email = BytesParser(policy=default).parsebytes(self.data)
        assert isinstance(email, EmailMessage) and not email.defects
        return email


class MailServer:
    """What the server is told to do, and what it saw."""

    def __init__(
        self,
        troubles: Mapping[int, str] | None = None,
        refused: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self.troubles = dict(troubles or {})
        self.refused = dict(refused or {})
        self.log = log
        self.got: list[Got] = []
        self.lines = 0  # connections
        self.asked = 0  # messages begun
        self.logins: list[tuple[bytes, bytes]] = []
        self.mechanisms: list[str] = []
        self.names: list[str] = []  # by which clients presented themselves
        self.heard = bytearray()  # every byte that came in the clear
        self.port = 0

    def deed(self, point: str) -> str:
        where, _, deed = (self.troubles.get(self.asked) or self.troubles.get(0, "")).partition(": ")
        return deed if where == point else ""

    # -- aiosmtpd's hooks

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, said: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.names.append(hostname)
        return said

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes) and envelope.mail_from
        self.got.append(Got(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content))
        if self.log:
            with self.log.open("ab", buffering=0) as file:
                file.write(self.got[-1].email["Message-ID"].encode() + b"\n")
        deed = self.deed("dot")
        if deed.startswith("sleep"):
            await asyncio.sleep(float(deed[6:]))
        elif deed == "drop":
            server.transport.abort()
            await asyncio.sleep(60)  # until it is cancelled, because the line is gone
        elif deed:
            if deed[0] in "45":
                self.got.pop()
            return deed
        return "250 OK"

    async def auth_XOAUTH2(self, server: SMTP, said: list[bytes]) -> AuthResult:
        return AuthResult(success=False)

    def log_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.mechanisms.append(mechanism)
        self.logins.append((data.login, data.password))
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)


class _Line(SMTP):
    """One line to the server, with its troubles."""

    def __init__(self, post: MailServer, **given: Any) -> None:
        super().__init__(post, **given)
        self.post = post

    def connection_made(self, transport: Any) -> None:
        self.post.lines += self._original_transport is None
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._original_transport is None:
            self.post.heard += data
        super().data_received(data)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self.post.asked += 1
        if not await self._trouble("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not await self._trouble("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if await self._trouble("DATA"):
            return
        deed = self.post.deed("half")
        if not deed:
            await super().smtp_DATA(arg)
        elif deed == "drop":
            await self.push("354 Go on")
            await self._reader.readexactly(1000)
            self.transport.abort()
        else:  # it speaks out of turn, and then only listens
            await self.push("354 Go on")
            await self.push(deed)
            while await self._reader.read(1000):
                pass

    async def _trouble(self, point: str) -> bool:
        """Do what is to be done there; whether that was all."""
        deed = self.post.deed(point)
        if deed.startswith("sleep"):
            await asyncio.sleep(float(deed[6:]))
        elif deed == "drop":
            self.transport.abort()
            return True
        elif deed:
            await self.push(deed)
            if deed.startswith("421"):
                self.transport.close()
            return True
        return False


def server_context(name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(name).configure_cert(context)
    return context


@contextlib.contextmanager
def mail_server(
    *,
    starttls: bool = True,
    tls: bool = False,
    auth: bool = True,
    without: tuple[str, ...] = ("XOAUTH2",),
    name: str = "localhost",
    utf8: bool = True,
    largest: int = 2**25,
    **post: Any,
) -> Iterator[MailServer]:
    """A server in a thread. ``without`` are ways to log in that it does not offer."""
    server = MailServer(**post)
    encrypted = server_context(name) if tls or starttls else None

    def line() -> _Line:
        return _Line(
            server,
            hostname="mail.wexcombe.example",
            tls_context=encrypted if starttls and not tls else None,
            require_starttls=starttls and not tls,
            authenticator=server.log_in,
            auth_required=auth,
            auth_require_tls=starttls and not tls,
            auth_exclude_mechanism=without,
            enable_SMTPUTF8=utf8,
            data_size_limit=largest,
        )

    with _serving(line, server, encrypted if tls else None):
        yield server


@contextlib.contextmanager
def _serving(line: Any, server: MailServer, context: ssl.SSLContext | None) -> Iterator[None]:
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # a line that is aborted leaves complaints
    listening = loop.run_until_complete(
        loop.create_server(line, "127.0.0.1", 0, ssl=context, reuse_address=True)
    )
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        listening.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()


def main() -> None:
    """Serve in the clear, and append the id of each message to a file; until nobody listens to us."""
    with mail_server(
        starttls=False, auth=False, log=Path(sys.argv[1]), troubles={0: sys.argv[2]}
    ) as server:
        print(server.port, flush=True)
        while os.read(0, 1):
            pass


if __name__ == "__main__":
    main()
