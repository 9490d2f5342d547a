"""What is configured of a MISC-like peer, checked when it is set."""

from __future__ import annotations

import os
from ipaddress import ip_address, ip_network
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from huabao.errors import UsageError
from reconciliation.dialects import DEFAULT

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


class MISCOptions(BaseModel):
    """One peer.

    Attributes:
        addresses: networks that it calls from; `127.0.0.1`, `10.1.0.0/16`.
        device_id: its DeviceID in Send_Address; "" for any.
        auth, user, password_env: how it identifies itself to us, and we to it; the variable holds the password.
        url: where it is called; "" for one that only calls.
        services: SPServiceIDs that are ordered from it; none means all.
        sp_id: how it names us.
        own_device_id: our DeviceID.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    dialect: str = DEFAULT
    addresses: tuple[str, ...] = LOOPBACK
    device_id: str = Field("", max_length=64)
    auth: Literal["none", "basic", "digest"] = "none"
    user: str = Field("", max_length=64)
    password_env: str = Field("", max_length=64)
    url: str = Field("", max_length=400)
    services: tuple[str, ...] = ()
    sp_id: str = Field("000000", max_length=64)
    own_device_id: str = Field("0", max_length=64)

    @field_validator("addresses")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(one, strict=False)) for one in value)

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("it is http://HOST[:PORT]/PATH or https://…")
        return value

    @model_validator(mode="after")
    def _identity(self) -> MISCOptions:
        if self.auth != "none" and not (self.user and self.password_env):
            raise ValueError("with auth basic or digest it needs user and password_env")
        return self

    def calls_from(self, address: str) -> bool:
        """Whether a call from this address may be his."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in ip_network(one) for one in self.addresses)

    def password(self) -> str:
        """His password.

        Raises:
            UsageError: its variable is not set.
        """
        found = os.environ.get(self.password_env, "")
        if not found:
            raise UsageError(f"the variable {self.password_env} is not set; put the peer's password there")
        return found


def checked(options: dict[str, object], name: str) -> MISCOptions:
    """The options of a peer.

    Raises:
        UsageError: they cannot be used; the message says which and why.
    """
    try:
        return MISCOptions.model_validate(options)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'options'}: {fault['msg'].removeprefix('Value error, ')}" for fault in error.errors())
        raise UsageError(f"peer {name}: {said}") from None
