"""submit_sm made ready once and finished for each recipient: only the header, destination_addr and the reference differ.

Spec: SMPP 3.4 4.4.1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from delivery.codecs.smpp.frames import HEADER_OCTETS, PDUError, pack_header
from delivery.codecs.smpp.messages import ADDRESS_OCTETS, after_destination, before_destination
from delivery.codecs.smpp.names import Command
from delivery.codecs.smpp.structs import SubmitSM
from delivery.codecs.smpp.texts import ShortMessages

_SUBMIT_SM: Final = int(Command.SUBMIT_SM)


class PreparedSubmit:
    """One submit_sm but for whom it goes to.

    Raises:
        PDUError: a field that does not fit (ours); it is found here, not while sending.
    """

    __slots__ = ("_after", "_before", "_middle", "_reference_octets", "_size")

    def __init__(self, submit: SubmitSM, reference_at: int = 0, reference_octets: int = 0) -> None:
        after = b"\0" + after_destination(submit)
        at = self._place(submit, after) + reference_at if reference_octets else len(after)
        self._before = before_destination(submit)
        self._middle = after[:at]
        self._after = after[at + reference_octets :]
        self._reference_octets = reference_octets
        self._size = HEADER_OCTETS + len(self._before) + len(after)

    @staticmethod
    def _place(submit: SubmitSM, after: bytes) -> int:
        """Where the short_message begins in what follows the destination."""
        return len(after) - len(submit.short_message) - sum(4 + len(value) for _, value in submit.tlvs)

    def render(self, sequence: int, destination_addr: str, reference: int = 0) -> bytes:
        """The PDU for one recipient.

        Args:
            sequence: 1 to 0x7FFFFFFF.
            reference: joins the short messages of one text; taken modulo its size, unused where there is none.

        Raises:
            PDUError: destination_addr is too long or not ASCII (ours).
        """
        address = destination_addr.encode("ascii", errors="replace")
        if len(address) >= ADDRESS_OCTETS or b"?" in address or b"\0" in address:
            raise PDUError(f"destination_addr has {len(address)} octets, a NUL or no ASCII; up to {ADDRESS_OCTETS - 1} are possible", theirs=False)
        octets = self._reference_octets
        return b"".join(
            (
                pack_header(self._size + len(address), _SUBMIT_SM, 0, sequence),
                self._before,
                address,
                self._middle,
                (reference % (1 << 8 * octets)).to_bytes(octets, "big") if octets else b"",
                self._after,
            )
        )


def prepare_submits(template: SubmitSM, messages: ShortMessages) -> tuple[PreparedSubmit, ...]:
    """The submit_sm of each short message of a text or push, in order; `template` gives all other fields.

    Raises:
        PDUError: a field that does not fit (ours).
    """
    return tuple(
        PreparedSubmit(
            replace(
                template,
                esm_class=template.esm_class | messages.esm_class,
                data_coding=messages.data_coding,
                short_message=user_data,
                tlvs=template.tlvs + messages.tlvs,
            ),
            messages.reference_at,
            messages.reference_octets,
        )
        for user_data in messages.user_data
    )
