"""The PDUs that smpplib writes and reads for us: binds, data_sm, query_sm, and the two that it lacks, made with its tools.

smpplib cuts a text that is too long, reads past the end of a body without noticing, and knows optional parameters by class
only: so the fields are measured here before it sees them, and optional parameters are read and written by `fields`.
Spec: SMPP 3.4, 4.1, 4.7 to 4.10.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final, TypeVar

from smpplib import command as smpplib_command
from smpplib import consts
from smpplib.ptypes import ostr

from delivery.codecs.smpp.fields import TEXT_OCTETS_MAX, pack_tlvs, read_tlvs
from delivery.codecs.smpp.frames import HEADER_OCTETS, PDUError, read_header
from delivery.codecs.smpp.names import Command
from delivery.codecs.smpp.structs import (
    Bind,
    BindMode,
    BindResp,
    CancelSM,
    DataSM,
    DataSMResp,
    QuerySM,
    QuerySMResp,
    ReplaceSM,
)

Param = smpplib_command.Param


class _CancelSM(smpplib_command.Command):  # type: ignore[misc]  # smpplib ships no types
    """cancel_sm, which smpplib lacks."""

    params = {
        "service_type": Param(type=str, max=6), "message_id": Param(type=str, max=65), "source_addr_ton": Param(type=int, size=1),
        "source_addr_npi": Param(type=int, size=1), "source_addr": Param(type=str, max=21), "dest_addr_ton": Param(type=int, size=1),
        "dest_addr_npi": Param(type=int, size=1), "destination_addr": Param(type=str, max=21),
    }  # fmt: skip
    params_order = tuple(params)


class _ReplaceSM(smpplib_command.Command):  # type: ignore[misc]  # smpplib ships no types
    """replace_sm, which smpplib lacks."""

    params = {
        "message_id": Param(type=str, max=65), "source_addr_ton": Param(type=int, size=1), "source_addr_npi": Param(type=int, size=1),
        "source_addr": Param(type=str, max=21), "schedule_delivery_time": Param(type=str, max=17), "validity_period": Param(type=str, max=17),
        "registered_delivery": Param(type=int, size=1), "sm_default_msg_id": Param(type=int, size=1), "sm_length": Param(type=int, size=1),
        "short_message": Param(type=ostr, max=254, len_field="sm_length"),
    }  # fmt: skip
    params_order = tuple(params)


LibraryBody = Bind | BindResp | DataSM | DataSMResp | QuerySM | QuerySMResp | CancelSM | ReplaceSM

_BINDS: Final[dict[BindMode, Command]] = {
    "transceiver": Command.BIND_TRANSCEIVER,
    "transmitter": Command.BIND_TRANSMITTER,
    "receiver": Command.BIND_RECEIVER,
}
_BIND_RESPS: Final[dict[BindMode, Command]] = {
    "transceiver": Command.BIND_TRANSCEIVER_RESP,
    "transmitter": Command.BIND_TRANSMITTER_RESP,
    "receiver": Command.BIND_RECEIVER_RESP,
}
_MODES: Final = {command: mode for binds in (_BINDS, _BIND_RESPS) for mode, command in binds.items()}
_COMMANDS: Final[dict[type[Any], Command]] = {
    DataSM: Command.DATA_SM,
    DataSMResp: Command.DATA_SM_RESP,
    QuerySM: Command.QUERY_SM,
    QuerySMResp: Command.QUERY_SM_RESP,
    CancelSM: Command.CANCEL_SM,
    ReplaceSM: Command.REPLACE_SM,
}
KINDS: Final[dict[int, type[Any]]] = {
    **{command: kind for kind, command in _COMMANDS.items()},
    **{command: Bind if command in _BINDS.values() else BindResp for command in _MODES},
}
"""What each command_id of this module is read as."""

_OURS: Final[dict[str, type[Any]]] = {"cancel_sm": _CancelSM, "replace_sm": _ReplaceSM}
_NOT_ON_THE_WIRE: Final = ("mode", "tlvs")

K = TypeVar("K")


def _make(command: Command, sequence: int) -> Any:
    name = command.name.lower()
    if name in _OURS:
        return _OURS[name](name, sequence=sequence)
    return smpplib_command.factory(name, sequence=sequence, allow_unknown_opt_params=True)


def write(body: LibraryBody, sequence: int, status: int = 0) -> bytes:
    """The PDU as octets.

    Raises:
        PDUError: a value that does not fit (ours).
    """
    if isinstance(body, Bind):
        command = _BINDS[body.mode]
    elif isinstance(body, BindResp):
        command = _BIND_RESPS[body.mode]
    else:
        command = _COMMANDS[type(body)]
    pdu = _make(command, sequence)
    pdu.sequence, pdu.status = sequence, status
    for each in fields(body):
        if each.name not in _NOT_ON_THE_WIRE:
            _set(pdu, each.name, getattr(body, each.name))
    octets: bytes = pdu.generate()
    extra = pack_tlvs(getattr(body, "tlvs", ()))
    return (len(octets) + len(extra)).to_bytes(4, "big") + octets[4:] + extra


def _set(pdu: Any, name: str, value: str | int | bytes) -> None:
    param = pdu.params[name]
    if isinstance(value, int):
        fits = 0 <= value <= 0xFF
    elif isinstance(value, str):
        fits = len(value) < param.max and value.isascii() and "\0" not in value
    else:
        fits = len(value) <= param.max
        pdu.sm_length = len(value)
    if not fits:
        raise PDUError(f"{name} of a {pdu.command} does not fit", theirs=False)
    setattr(pdu, name, value)


def read(frame: bytes) -> LibraryBody:
    """The body of a PDU whose command_id is in `KINDS`, header before it. An answer without a body has the fields' defaults.

    Raises:
        PDUError: it ends too early, a text does not end, an optional parameter is cut off.
    """
    header = read_header(frame)
    command = Command(header.command)
    kind = KINDS[command]
    pdu = _make(command, header.sequence)
    mandatory = _measure(pdu, frame) if len(frame) > HEADER_OCTETS or not command & 0x80000000 else HEADER_OCTETS
    pdu.parse(mandatory.to_bytes(4, "big") + frame[4:mandatory])
    found: dict[str, Any] = {}
    for each in fields(kind):
        if each.name == "mode":
            found["mode"] = _MODES[command]
        elif each.name == "tlvs":
            found["tlvs"] = read_tlvs(frame, mandatory)
        elif mandatory > HEADER_OCTETS and hasattr(pdu, each.name):  # smpplib leaves out an empty last field
            value = getattr(pdu, each.name)
            found[each.name] = value.decode("latin-1") if each.type == "str" else value
    made: LibraryBody = kind(**found)
    return made


def _measure(pdu: Any, frame: bytes) -> int:
    """Where the mandatory fields end; smpplib would read on without them."""
    at = HEADER_OCTETS
    for name in pdu.params_order:
        if name in consts.OPTIONAL_PARAMS and name not in getattr(pdu, "mandatory_fields", ()):
            break
        param = pdu.params[name]
        if param.type is int:
            at += 1
        elif param.type is str:
            at = frame.find(0, at, at + TEXT_OCTETS_MAX) + 1
            if not at:
                raise PDUError(f"{name} of a {pdu.command} does not end")
        else:
            at += frame[at - 1]
        if at > len(frame):
            raise PDUError(f"a {pdu.command} ends in the middle of {name}")
    return at
