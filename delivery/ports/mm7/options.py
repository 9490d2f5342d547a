"""What an mm7 port knows beyond every port: identity, dialect, credentials, limits.

A password is never stored: the port keeps the name of an environment variable.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, get_args
from urllib.parse import urlsplit

from delivery.codecs.mm7.client_forms import CLIENT_FORMS, ClientForm
from delivery.codecs.mm7.names import DEFAULT_NAMESPACE, DEFAULT_VERSION, MESSAGE_CLASSES, NAMESPACES, VERSIONS
from delivery.dialects import DEFAULT, dialect
from delivery.ports.message_ids import FORMS
from huabao.errors import PortError, UsageError
from huabao.msisdn import MSISDN

Auth = Literal["none", "basic", "digest"]
NumberForm = Literal["86", "+86", "national"]
_VERSION: Final = re.compile(r"\d{1,2}(\.\d{1,2}){2}")
_PREFIXES: Final[Mapping[NumberForm, str]] = MappingProxyType({"86": "86", "+86": "+86", "national": ""})

NAMESPACE_PRESETS: dict[str, str] = {name.rpartition("/")[2]: name for name in NAMESPACES}
"""`--namespace REL-6-MM7-1-0` stands for the whole URI."""


@dataclass(frozen=True)
class MM7Options:
    """Options of an mm7 port, as they stand in `ports.options`.

    Attributes:
        namespace, version: of the schema; version "" takes the namespace's own.
        recipient_field: to or bcc; To may show readers each other's numbers.
        number_form: how a number is written.
        counts: whether the contract's rate counts recipients or SubmitReqs.
        max_message_bytes: of a whole request, or None.
        password_env: environment variable that holds the password.
        ca_file: PEM of a private CA, or None for the system's.
        connect_timeout_s: until the connection stands.
        keepalive_s: an idle connection is not used again after this; shorter than the peer's own patience.
        message_id: how MessageIDs are compared, see `delivery.ports.message_ids`.
        client_form: whose manners our requests have, see `delivery.codecs.mm7.client_forms`.
        read_reply: ask to be told when a message was read.
        recalls: what the peer can do about a message that was not fetched yet: replace (and cancel), cancel, or none.
        dialect: whose tables say what the peer's codes mean, see `delivery.dialects`.
        report_auth, report_user, report_password_env: how the peer identifies itself to us.
    """

    namespace: str = DEFAULT_NAMESPACE
    version: str = ""
    vasp_id: str | None = None
    vas_id: str | None = None
    sender_address: str | None = None
    recipient_field: Literal["to", "bcc"] = "to"
    number_form: NumberForm = "86"
    message_class: str | None = None
    counts: Literal["recipients", "submits"] = "recipients"
    max_message_bytes: int | None = None
    auth: Auth = "none"
    user: str | None = None
    password_env: str | None = None
    ca_file: str | None = None
    connect_timeout_s: float = 5.0
    keepalive_s: float = 4.0
    message_id: str = "exact"
    client_form: str = "3gpp"
    read_reply: bool = False
    recalls: Literal["replace", "cancel", "none"] = "replace"
    dialect: str = DEFAULT
    report_auth: Auth = "none"
    report_user: str | None = None
    report_password_env: str | None = None

    @classmethod
    def of(cls, url: str, options: Mapping[str, Any]) -> MM7Options:
        """Checked options of a port.

        Raises:
            UsageError: what cannot work, and what would.
        """
        known = {one.name for one in fields(cls)}
        unknown = sorted(options.keys() - known)
        if unknown:
            raise UsageError(f"an mm7 port has no option {unknown[0]!r}")
        found = cls(**options)
        found._check(url)
        return found

    def _check(self, url: str) -> None:
        check_url(url)
        _one_of("recipient-field", self.recipient_field, ("to", "bcc"))
        _one_of("number-form", self.number_form, get_args(NumberForm))
        _one_of("counts", self.counts, ("recipients", "submits"))
        _one_of("message-id", self.message_id, tuple(FORMS))
        _one_of("client-form", self.client_form, tuple(CLIENT_FORMS))
        _one_of("recalls", self.recalls, ("replace", "cancel", "none"))
        if self.version and not _VERSION.fullmatch(self.version):
            raise UsageError(f"--version {self.version!r} is no MM7Version; write three numbers, e.g. {DEFAULT_VERSION}")
        dialect(self.dialect)
        if self.message_class is not None:
            _one_of("message-class", self.message_class, MESSAGE_CLASSES)
        _credentials("", self.auth, self.user, self.password_env)
        _credentials("report-", self.report_auth, self.report_user, self.report_password_env)
        if self.ca_file is not None and not Path(self.ca_file).is_file():
            raise UsageError(f"--ca-file {self.ca_file}: no such file")

    @property
    def form(self) -> ClientForm:
        """The manners of our requests."""
        return CLIENT_FORMS[self.client_form]

    @property
    def mm7_version(self) -> str:
        """The MM7Version to write."""
        return self.version or VERSIONS.get(self.namespace, VERSIONS[DEFAULT_NAMESPACE])

    def number(self, msisdn: MSISDN) -> str:
        """A number as the peer wants it."""
        return _PREFIXES[self.number_form] + msisdn

    def ssl_context(self) -> ssl.SSLContext:
        """TLS with verification, of the private CA where there is one."""
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"--ca-file {self.ca_file}: no PEM certificates in it ({error})") from error


def check_url(url: str) -> None:
    """An address of an MMSC.

    Raises:
        UsageError: no http(s) URL with a host, or credentials in it, which would be stored.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"--url {url!r} is no http:// or https:// address")
    if parts.username or parts.password:
        raise UsageError("--url must hold no credentials, they would be stored; use --user and --password-env")


def password_of(variable: str | None) -> str:
    """The password in an environment variable.

    Raises:
        PortError: the variable is not set; nothing can be sent until it is.
    """
    value = os.environ.get(variable or "")
    if not value:
        raise PortError(f"the environment variable {variable} holds no password; set it where Huabao runs", retryable=True)
    return value


def _one_of(option: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"--{option} is one of {', '.join(map(str, allowed))}; {value!r} is none")


def _credentials(prefix: str, auth: str, user: str | None, variable: str | None) -> None:
    _one_of(f"{prefix}auth", auth, get_args(Auth))
    if auth != "none" and not (user and variable):
        raise UsageError(f"--{prefix}auth {auth} needs --{prefix}user and --{prefix}password-env")
    if auth != "none" and user and ":" in user:
        raise UsageError(f"--{prefix}user must hold no colon")
