"""Settings over the air: a manufacturer's own example to the octet and to its MAC, there and back, and as tshark reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.codecs import provisioning, smpp
from delivery.codecs.provisioning import Characteristic, MMSSettings, Parm, ProvisioningDocument, Security, tokens
from delivery.codecs.wap_push import write_push_pdu
from huabao.errors import CodecError
from tests.dissectors import dissect_smpp

EXAMPLE = ProvisioningDocument(
    (
        Characteristic(
            "NAPDEF",
            (Parm("NAPID", "inet"), Parm("NAME", "InternetNAPDEF"), Parm("BEARER", "GSM-GPRS"), Parm("NAP-ADDRESS", "internet"), Parm("NAP-ADDRTYPE", "APN"), Parm("INTERNET")),
        ),
        Characteristic("APPLICATION", (Parm("APPID", "w2"), Parm("TO-NAPID", "inet")), (Characteristic("RESOURCE", (Parm("URI", "http://wap.krak.dk"), Parm("STARTPAGE"))),)),
        Characteristic("BOOTSTRAP", (Parm("NAME", "Sonofon Browser"),)),
    )
)
EXAMPLE_OCTETS = (
    bytes.fromhex("030b6a05696e657400c54601c6550187110683000187070603") + b"InternetNAPDEF\0" + bytes.fromhex("01871006ab0187080603") + b"internet\0"
    + bytes.fromhex("01870906890187140101c600015501873600000603") + b"w2\0" + bytes.fromhex("01872206830001c60001590187" "3a00000603") + b"http://wap.krak.dk\0"  # noqa: ISC001
    + bytes.fromhex("01871c010101c656" "0187070603") + b"Sonofon Browser\0" + bytes.fromhex("010101")  # noqa: ISC001
)  # fmt: skip
EXAMPLE_MAC = "D0E034C0864E5E72DFEA6E3B43022A32B239AF76"
"""Nokia, "OMA Client Provisioning" for Series 40, appendix B: a browser's settings and their MAC with the PIN 1234."""

CMCC = MMSSettings("中国移动彩信", "cmwap", "http://mmsc.monternet.com", "10.0.0.172", 80)

_WORDS = st.text("aZ0 彩\U0001f4f0", max_size=9)
_PARMS = st.lists(st.builds(Parm, st.sampled_from(sorted(tokens.NAMES)) | _WORDS, st.none() | _WORDS | st.sampled_from(sorted(tokens.VALUES))), max_size=4).map(tuple)
_TYPES = st.sampled_from(sorted(tokens.TYPES)) | _WORDS
_CHARACTERISTICS = st.recursive(
    st.builds(Characteristic, _TYPES, _PARMS), lambda inner: st.builds(Characteristic, _TYPES, _PARMS, st.lists(inner, max_size=2).map(tuple)), max_leaves=4
)


def test_the_manufacturers_own_example_to_the_octet_and_its_mac() -> None:
    assert provisioning.encode_provisioning(EXAMPLE) == EXAMPLE_OCTETS
    assert provisioning.decode_provisioning(EXAMPLE_OCTETS) == EXAMPLE
    pdu = provisioning.write_provisioning(EXAMPLE, security=Security.USERPIN, key=provisioning.userpin_key("1234"))
    assert pdu[:9].hex() == "01062f1f2db6918192"
    assert pdu[9:50] == EXAMPLE_MAC.encode() + b"\0"
    found = provisioning.read_provisioning(pdu)
    assert (found.document, found.security, found.mac) == (EXAMPLE, Security.USERPIN, EXAMPLE_MAC)
    assert found.is_signed_with(b"1234")
    assert not found.is_signed_with(b"1235")


def test_the_key_of_an_imsi_is_as_the_sim_keeps_it() -> None:
    assert provisioning.netwpin_key("404020506708200").hex() == "4940205060072800"
    assert provisioning.netwpin_key("21407650123456").hex() == "21417056103254f6"


@settings(max_examples=40)
@given(st.lists(_CHARACTERISTICS, min_size=1, max_size=3).map(lambda found: ProvisioningDocument(tuple(found))))
def test_documents_there_and_back(document: ProvisioningDocument) -> None:
    assert provisioning.decode_provisioning(provisioning.encode_provisioning(document)) == document
    assert provisioning.read_provisioning(provisioning.write_provisioning(document, transaction_id=300)).document == document


@given(st.binary(max_size=150), st.sampled_from([b"", EXAMPLE_OCTETS[:30], b"\3\x0bj\0\xc5\x46\1\xc6\x55\1", b"\1\6\x2f\x1f\x2d\xb6\x91\x81\x92", b"\1\6\1\xb6\3\x0bj\0\x45\xc6"]))
def test_nonsense_is_a_codec_error_or_a_document(octets: bytes, start: bytes) -> None:
    for read in (provisioning.decode_provisioning, provisioning.read_provisioning):
        try:
            read(start + octets)
        except CodecError as error:
            assert error.theirs


def test_cut_anywhere_it_is_no_document() -> None:
    for at in range(len(EXAMPLE_OCTETS)):
        with pytest.raises(CodecError):
            provisioning.decode_provisioning(EXAMPLE_OCTETS[:at])


def test_what_cannot_be_written() -> None:
    deep = Characteristic("PORT")
    for _ in range(9):
        deep = Characteristic("PORT", (), (deep,))
    for bad in ((), (Characteristic("NAPDEF", (Parm("NAME", "a\0"),)),), (Characteristic("NAPDEF", (Parm("NAME", "\ud83d"),)),), (deep,)):
        with pytest.raises(CodecError) as caught:
            provisioning.encode_provisioning(ProvisioningDocument(bad))
        assert not caught.value.theirs
    for pin in ("123", "12345678901", "12a4", "１２３４"):
        with pytest.raises(CodecError, match="PIN"):
            provisioning.userpin_key(pin)
    with pytest.raises(CodecError, match="IMSI"):
        provisioning.netwpin_key("46000")


def test_a_document_without_a_proxy_goes_to_the_access_point() -> None:
    direct = provisioning.mms_document(MMSSettings("MMS", "mms", "http://mmsc.example"))
    assert [one.type for one in direct.characteristics] == ["NAPDEF", "APPLICATION"]
    assert direct.characteristics[1].get("TO-NAPID") == direct.characteristics[0].get("NAPID")


def test_tshark_reads_the_settings_out_of_their_short_messages(tmp_path: Path) -> None:
    pdu = provisioning.write_provisioning(provisioning.mms_document(CMCC), security=Security.USERPIN, key=b"1234")
    made = write_push_pdu(pdu)
    assert len(made) == 2
    submits = [prepared.render(number, "8613800138000", 7) for number, prepared in enumerate(smpp.prepare_submits(smpp.SubmitSM(source_addr="10658"), made), 2)]
    request = smpp.encode(smpp.Bind("huabao", "geheim"), 1) + b"".join(submits)
    response = smpp.encode(smpp.BindResp("smsc"), 1) + b"".join(smpp.encode(smpp.SubmitSMResp(f"{number:x}"), number) for number in (2, 3))
    read = dissect_smpp(request, response, tmp_path)
    for wanted in ("SEC=USERPIN; MAC=", "2 Short Message fragments", "application/vnd.wap.connectivity-wbxml", "type='NAPDEF'", "name='NAP-ADDRESS'", "cmwap",
                   "'GSM-GPRS'", "type='PXLOGICAL'", "10.0.0.172", "type='APPLICATION'", "name='APPID'", "w4", "http://mmsc.monternet.com"):  # fmt: skip
        assert wanted in read.text, wanted
    assert set(read.complaints) <= {"Unreassembled"}
