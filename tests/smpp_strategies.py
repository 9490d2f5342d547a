"""Hypothesis strategies for SMPP: any PDU that our encoder accepts."""

from __future__ import annotations

from hypothesis import strategies as st

from delivery.codecs import smpp

OCTETS = st.integers(0, 255)
SEQUENCES = st.integers(1, smpp.SEQUENCE_MAX)
STATUSES = st.sampled_from([0, 0x08, 0x14, 0x45, 0x58, 0xFF, 0x400])


def texts(octets_max: int) -> st.SearchStrategy[str]:
    """What a C-octet string of so many octets (its NUL among them) can hold."""
    return st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=octets_max - 1)


def ascii_texts(octets_max: int) -> st.SearchStrategy[str]:
    """The same in ASCII."""
    return st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=octets_max - 1)


TIMES = st.sampled_from(["", "000001000000000R", "261122063000000+"])
TLVS = st.lists(st.tuples(st.integers(0, 0xFFFF).filter(lambda tag: tag != smpp.Tag.MESSAGE_PAYLOAD), st.binary(max_size=40)), max_size=5).map(tuple)
SHORT = {
    "service_type": texts(6), "source_addr_ton": OCTETS, "source_addr_npi": OCTETS, "source_addr": texts(21), "dest_addr_ton": OCTETS, "dest_addr_npi": OCTETS,
    "destination_addr": texts(21), "esm_class": OCTETS, "protocol_id": OCTETS, "priority_flag": OCTETS, "schedule_delivery_time": TIMES, "validity_period": TIMES,
    "registered_delivery": OCTETS, "replace_if_present_flag": OCTETS, "data_coding": OCTETS, "sm_default_msg_id": OCTETS, "short_message": st.binary(max_size=254),
}  # fmt: skip
"""The fields of submit_sm and deliver_sm but the optional ones."""

_SOURCE = {"source_addr_ton": OCTETS, "source_addr_npi": OCTETS, "source_addr": ascii_texts(21)}
_DEST = {"dest_addr_ton": OCTETS, "dest_addr_npi": OCTETS, "destination_addr": ascii_texts(21)}
_MODES = st.sampled_from(["transceiver", "transmitter", "receiver"])

SUBMITS = st.builds(smpp.SubmitSM, **SHORT, tlvs=TLVS)
DELIVERS = st.builds(smpp.DeliverSM, **SHORT, tlvs=TLVS)
BODIES: st.SearchStrategy[smpp.Body] = st.one_of(
    SUBMITS,
    DELIVERS,
    st.builds(smpp.SubmitSMResp, texts(65), TLVS),
    st.builds(smpp.DeliverSMResp, texts(65), TLVS),
    st.builds(smpp.Bind, ascii_texts(16), ascii_texts(9), ascii_texts(13), OCTETS, OCTETS, OCTETS, ascii_texts(41), _MODES),
    st.builds(smpp.BindResp, ascii_texts(16), _MODES, TLVS),
    st.builds(
        smpp.DataSM, service_type=ascii_texts(6), **_SOURCE, **_DEST, esm_class=OCTETS, registered_delivery=OCTETS, data_coding=OCTETS, tlvs=TLVS
    ),
    st.builds(smpp.DataSMResp, ascii_texts(65), TLVS),
    st.builds(smpp.QuerySM, ascii_texts(65).filter(bool), **_SOURCE),
    st.builds(smpp.QuerySMResp, ascii_texts(65), ascii_texts(17), OCTETS, OCTETS, TLVS),
    st.builds(smpp.CancelSM, ascii_texts(6), ascii_texts(65), **_SOURCE, **_DEST),
    st.builds(
        smpp.ReplaceSM, ascii_texts(65), **_SOURCE, schedule_delivery_time=TIMES, validity_period=TIMES, registered_delivery=OCTETS, sm_default_msg_id=OCTETS,
        short_message=st.binary(max_size=254),
    ),
    st.sampled_from([kind() for kind in (smpp.CancelSMResp, smpp.ReplaceSMResp, smpp.Unbind, smpp.UnbindResp, smpp.EnquireLink, smpp.EnquireLinkResp, smpp.GenericNack)]),
)  # fmt: skip
