"""What an smpp port knows beyond every port: identity, addresses, window, binds, patience.

A password is never stored: the port keeps the name of an environment variable.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, get_args
from urllib.parse import urlsplit

from delivery.codecs.smpp import ID_FORMS, Bind
from delivery.dialects import Dialect, dialect
from delivery.ports.message_ids import FORMS, normalise_message_id
from delivery.ports.mm7.options import NumberForm, password_of
from huabao.clock import SHANGHAI
from huabao.errors import UsageError
from huabao.msisdn import MSISDN

TCP_PORT: Final = 2775
"""Where an SMSC listens unless told otherwise (IANA)."""

WINDOW_DEFAULT: Final = 10
WINDOW_MAX: Final = 1000
BINDS_MAX: Final = 16
WINDOW_SECONDS: Final = 3
"""A window larger than so many seconds of the rate only makes more of the messages unknown when a link breaks."""

ZONES: Final[Mapping[str, tzinfo]] = MappingProxyType({"Asia/Shanghai": SHANGHAI, "UTC": UTC})

Alphabet = Literal["gsm7", "latin-1", "gbk"]
LongText = Literal["parts", "parts-16", "payload"]
_PREFIXES: Final[Mapping[NumberForm, str]] = MappingProxyType({"86": "86", "+86": "+86", "national": ""})

_BOUNDS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "window": (1, WINDOW_MAX), "binds": (1, BINDS_MAX), "source_ton": (0, 6), "source_npi": (0, 18), "dest_ton": (0, 6), "dest_npi": (0, 18),
        "connect_timeout_s": (0.1, 120), "enquire_link_s": (0.1, 3600), "reconnect_s": (0.05, 600), "reconnect_s_max": (0.05, 3600), "parts_max": (1, 255),
    }
)  # fmt: skip

_OCTETS: Final[Mapping[str, int]] = MappingProxyType({"system_id": 15, "system_type": 12, "source_addr": 20, "service_type": 5})
"""What the fields of the protocol hold (5.2.1, 5.2.3, 5.2.8, 5.2.11)."""


@dataclass(frozen=True)
class SMPPOptions:
    """Options of an smpp port, as they stand in `ports.options`.

    Attributes:
        system_id, system_type: who we are; 15 and 12 characters at most.
        password_env: environment variable that holds the password; None for none.
        window: submit_sm without response at most, on each bind.
        binds: connections at the same time; load is spread over them.
        source_addr: what readers see as the sender, with its type (ton) and plan (npi) of number.
        dest_ton, dest_npi: of readers' numbers; 1 and 1 are international.
        number_form: how a reader's number is written.
        service_type: as the operator says; the publication's service code where it is empty.
        alphabet: how this SMSC means data_coding 0 in what readers send.
        long_text: how a text that is too long for one short message goes: in parts joined by a reference of 8 or of 16 bits, or whole
            in a message_payload, which the SMSC cuts.
        parts_max: a text may take so many short messages.
        connect_timeout_s: until the connection and its TLS stand.
        enquire_link_s: silence after which the peer is asked whether it is there.
        reconnect_s, reconnect_s_max: pause after the first failure, doubled with each further one up to the most.
        ca_file: PEM of a private CA for smpps, or None for the system's.
        message_id, receipt_id: how ids of answers and receipts are compared, see `delivery.ports.message_ids` and `ID_FORMS`.
        receipt_zone: what the dates in receipts mean, which name no zone.
        dialect: the table of codes, see `delivery.dialects`.
    """

    system_id: str = ""
    password_env: str | None = None
    system_type: str = ""
    window: int = WINDOW_DEFAULT
    binds: int = 1
    source_addr: str = ""
    source_ton: int = 0
    source_npi: int = 0
    dest_ton: int = 1
    dest_npi: int = 1
    number_form: NumberForm = "86"
    service_type: str = ""
    alphabet: Alphabet = "gsm7"
    long_text: LongText = "parts"
    parts_max: int = 10
    connect_timeout_s: float = 5.0
    enquire_link_s: float = 30.0
    reconnect_s: float = 1.0
    reconnect_s_max: float = 60.0
    ca_file: str | None = None
    message_id: str = "exact"
    receipt_id: str = "same"
    receipt_zone: str = "Asia/Shanghai"
    dialect: str = "smpp"

    @classmethod
    def of(cls, url: str, options: Mapping[str, Any]) -> SMPPOptions:
        """Checked options of a port.

        Raises:
            UsageError: what cannot work, and what would.
        """
        known = {one.name for one in fields(cls)}
        unknown = sorted(options.keys() - known)
        if unknown:
            raise UsageError(f"an smpp port has no option {unknown[0]!r}")
        found = cls(**options)
        found._check(url)
        return found

    def _check(self, url: str) -> None:
        address_of(url)
        if not self.system_id:
            raise UsageError("an smpp port needs --system-id, the name that the operator gave us")
        for name, most in _OCTETS.items():
            value = getattr(self, name)
            if len(value) > most or not value.isascii() or not (value.isprintable() or not value):
                raise UsageError(f"--{_flag(name)} {value!r}: up to {most} ASCII characters")
        for name, (low, high) in _BOUNDS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"--{_flag(name)} lies between {low:g} and {high:g}; {value:g} does not")
        _one_of("number-form", self.number_form, get_args(NumberForm))
        _one_of("alphabet", self.alphabet, get_args(Alphabet))
        _one_of("long-text", self.long_text, get_args(LongText))
        _one_of("message-id", self.message_id, tuple(FORMS))
        _one_of("receipt-id", self.receipt_id, tuple(ID_FORMS))
        _one_of("receipt-zone", self.receipt_zone, tuple(ZONES))
        dialect(self.dialect)
        if self.ca_file is not None and not Path(self.ca_file).is_file():
            raise UsageError(f"--ca-file {self.ca_file}: no such file")

    def tables(self) -> Dialect:
        """What the SMSC's codes mean; SMPP's own where the dialect's file is gone since."""
        try:
            return dialect(self.dialect)
        except UsageError:
            return dialect("smpp")

    def number(self, msisdn: MSISDN) -> str:
        """A number as the peer wants it."""
        return _PREFIXES[self.number_form] + msisdn

    def bind(self) -> Bind:
        """The bind_transceiver of this port.

        Raises:
            PortError: the password's environment variable is not set.
        """
        return Bind(self.system_id, password_of(self.password_env) if self.password_env else "", self.system_type)

    def message_id_of(self, text: str) -> str:
        """The id of an answer as it is stored."""
        return normalise_message_id(text, {"message_id": self.message_id})

    def receipt_id_of(self, text: str) -> str:
        """The id of a receipt as that of its answer is stored."""
        return self.message_id_of(ID_FORMS[self.receipt_id](text.strip()))

    def ssl_context(self) -> ssl.SSLContext:
        """TLS with verification, of the private CA where there is one."""
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"--ca-file {self.ca_file}: no PEM certificates in it ({error})") from error


def address_of(url: str) -> tuple[str, int, bool]:
    """Host, TCP port and whether TLS is spoken, of `smpp://host:port` or `smpps://host:port`.

    Raises:
        UsageError: no such address, or credentials in it, which would be stored.
    """
    try:
        parts = urlsplit(url)
        host, tcp_port = parts.hostname, parts.port
    except ValueError:
        host, tcp_port, parts = None, None, urlsplit("")
    if parts.scheme not in ("smpp", "smpps") or not host or tcp_port == 0 or parts.path.strip("/") or parts.query:
        raise UsageError(f"--url {url!r} is no smpp://host:port or smpps://host:port address")
    if parts.username or parts.password:
        raise UsageError("--url must hold no credentials, they would be stored; use --system-id and --password-env")
    return host, tcp_port or TCP_PORT, parts.scheme == "smpps"


def in_flight(options: Mapping[str, Any]) -> int:
    """submit_sm without response at most, over all binds of a port with these options."""
    return int(options.get("window", WINDOW_DEFAULT)) * int(options.get("binds", 1))


def advice(rate: float, options: Mapping[str, Any]) -> str:
    """What is worth a warning though it works; empty for nothing."""
    window = in_flight(options)
    if window <= max(1.0, WINDOW_SECONDS * rate):
        return ""
    return (
        f"a window of {window} is more than {WINDOW_SECONDS} seconds of the rate ({rate:g}/s): nothing gets faster by it, "
        "and so many messages become unknown when the link breaks; set --window and --binds to 2 to 3 times the rate together"
    )


def _flag(name: str) -> str:
    return name.replace("_", "-")


def _one_of(option: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"--{option} is one of {', '.join(map(str, allowed))}; {value!r} is none")
