"""E-mail through the house's SMTP server: one message to one or several, with files.

Spec: RFC 5322 3.6.4 (the same Message-ID at every try lets a mailbox see one message), RFC 3207 (STARTTLS), RFC 8314 3.3 (smtps).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

from huabao.config import Config
from huabao.errors import HuabaoError, UsageError

TIMEOUT_S: Final = 20.0
_PORTS: Final = {"smtp": 25, "smtps": 465}


class MailError(HuabaoError):
    """A message that the server did not take; the text says why.

    Attributes:
        for_good: asking again is no use: the server refuses the recipient or us.
    """

    def __init__(self, message: str, *, for_good: bool = False) -> None:
        super().__init__(message)
        self.for_good = for_good


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message; `type` as `application/pdf`."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class _Server:
    host: str
    port: int
    user: str
    password: str
    tls: bool
    """From the first byte; else by STARTTLS where the server offers it, and always before a password is said."""


def check_address(text: str) -> str:
    """`text` where it is one mail address.

    Raises:
        UsageError: it is none.
    """
    name, address = parseaddr(text)
    try:
        if name or address != text.strip() or "@" not in address:
            raise ValueError
        Address(addr_spec=address)
    except (ValueError, IndexError) as error:
        raise UsageError(f"{text[:100]!r} is no mail address; write it as name@example.com") from error
    return address


def message(config: Config, to: Sequence[str], subject: str, text: str, *, now: datetime, message_id: str, attachments: Sequence[Attachment] = ()) -> EmailMessage:
    """A message as it leaves; `message_id` is ours, the house's name is added."""
    made = EmailMessage()
    made["From"] = config.mail_from
    made["To"] = ", ".join(to)
    made["Subject"] = " ".join(subject.split())
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{message_id}@{config.mail_from.rpartition('@')[2].strip('> ') or 'huabao'}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text)
    for one in attachments:
        main, _, sub = one.type.partition("/")
        made.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return made


def send(config: Config, made: EmailMessage) -> None:
    """Give it to the server of `HUABAO_SMTP_URL`.

    Raises:
        MailError: it was not taken, or no server is configured.
    """
    server = _server(config.smtp_url.get_secret_value())
    try:
        with _connection(server) as connection:
            refused = connection.send_message(made)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise MailError(f"{server.host} does not take mail for that address ({', '.join(map(str, codes))})", for_good=min(codes) >= 500) from error
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else str(error.smtp_error)
        raise MailError(f"{server.host} answers {error.smtp_code} {said[:200]}", for_good=False) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(f"{server.host}:{server.port} cannot be used ({type(error).__name__}: {str(error)[:150]})") from error
    if refused:
        raise MailError(f"{server.host} took the mail for some and not for {len(refused)}")


def _server(url: str) -> _Server:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise MailError("HUABAO_SMTP_URL is no address; write smtp://user:password@host:587") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise MailError("no mail server: set HUABAO_SMTP_URL (smtp://user:password@host:587)")
    return _Server(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), parts.scheme == "smtps")


def _connection(server: _Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.tls:
        made: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
    else:
        made = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    try:
        made.ehlo()
        if not server.tls and made.has_extn("starttls"):
            made.starttls(context=context)
            made.ehlo()
        elif not server.tls and server.user:
            raise MailError(f"{server.host} offers no encryption, so the password is not sent; use smtps:// or a server with STARTTLS", for_good=True)
        if server.user:
            made.login(server.user, server.password)
    except BaseException:
        made.close()
        raise
    return made
