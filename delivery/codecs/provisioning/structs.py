"""A provisioning document: characteristics with parameters, as in `wap-provisioningdoc`.

Spec: OMA-WAP-TS-ProvCont-V1_1 4 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parm:
    """One parameter; `value` is None where its name alone says it."""

    name: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A group of parameters of one type (NAPDEF, PXLOGICAL, APPLICATION …), with groups in it."""

    type: str
    parms: tuple[Parm, ...] = ()
    characteristics: tuple[Characteristic, ...] = ()

    def get(self, name: str) -> str | None:
        """The value of the first parameter of that name, or None."""
        return next((one.value for one in self.parms if one.name == name), None)


@dataclass(frozen=True, slots=True)
class ProvisioningDocument:
    """A whole document, version 1.0."""

    characteristics: tuple[Characteristic, ...]
