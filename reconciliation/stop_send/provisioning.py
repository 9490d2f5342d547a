"""What a handset needs for MMS, by operator: a table of data, and this installation's own before it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any, Final

from delivery.codecs.provisioning import MMSSettings
from huabao.errors import UsageError

FILE: Final = "mms_settings.toml"
USERPIN, NETWPIN, UNSIGNED = "userpin", "netwpin", "none"
SECURITIES: Final = (USERPIN, NETWPIN, UNSIGNED)
PROFILES_MAX: Final = 100
CHARS_MAX: Final = 100
_REQUIRED: Final = ("name", "apn", "mmsc")
_KEYS: Final = {*_REQUIRED, "proxy", "proxy_port", "security"}


@dataclass(frozen=True)
class Profile:
    """Settings of one operator, and how they are signed (`SECURITIES`)."""

    settings: MMSSettings
    security: str


Profiles = Mapping[str, Profile]


def profiles_in(data_dir: Path) -> Profiles:
    """The profiles in force: the shipped ones under this installation's own.

    Raises:
        UsageError: its file is none; the message says which entry.
    """
    own = data_dir / FILE
    try:
        stamp = own.stat().st_mtime_ns
    except OSError:
        return _shipped()
    return {**_shipped(), **_read(own, stamp)}


@lru_cache(maxsize=1)
def _shipped() -> Profiles:
    return parse_profiles((resources.files("reconciliation.stop_send") / FILE).read_text("utf-8"), FILE)


@lru_cache(maxsize=4)
def _read(path: Path, _stamp: int) -> Profiles:
    try:
        return parse_profiles(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}; save it as UTF-8") from error


def parse_profiles(text: str, where: str) -> Profiles:
    """The profiles in `text`.

    Raises:
        UsageError: it holds none; the message says which entry, what is wrong and what to do.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: no TOML: {error}; mend that line") from error
    if len(document) > PROFILES_MAX:
        raise UsageError(f"{where}: at most {PROFILES_MAX} operators")
    return {name: _profile(row, f"{where}: [{name[:40]}]") for name, row in document.items()}


def _profile(row: Any, where: str) -> Profile:
    if not isinstance(row, dict):
        raise UsageError(f"{where}: write each operator's settings below a line [name]")
    strange = sorted(set(row) - _KEYS)
    if strange:
        raise UsageError(f"{where}: there is no key {strange[0][:40]!r}; there are {', '.join(sorted(_KEYS))}")
    texts = {key: row.get(key, "") for key in (*_REQUIRED, "proxy")}
    for key, value in texts.items():
        if not isinstance(value, str) or len(value) > CHARS_MAX or "\0" in value or (key in _REQUIRED and not value.strip()):
            raise UsageError(f"{where}: `{key}` is a text of at most {CHARS_MAX} characters")
    if not texts["mmsc"].startswith(("http://", "https://")):
        raise UsageError(f"{where}: `mmsc` begins with http:// or https://")
    try:
        IPv4Address(texts["proxy"] or "127.0.0.1")
    except AddressValueError as error:
        raise UsageError(f"{where}: `proxy` is an IPv4 address, or is left out") from error
    tcp_port = row.get("proxy_port", 80)
    if not isinstance(tcp_port, int) or isinstance(tcp_port, bool) or not 0 < tcp_port < 65_536:
        raise UsageError(f"{where}: `proxy_port` is a number from 1 to 65535")
    security = row.get("security", USERPIN)
    if security not in SECURITIES:
        raise UsageError(f"{where}: `security` is one of {', '.join(SECURITIES)}")
    return Profile(MMSSettings(texts["name"], texts["apn"], texts["mmsc"], texts["proxy"], tcp_port), security)
