"""UAProf, OpenDDR and the tables: what is read, what is refused, and that nothing else happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huabao.errors import UsageError
from subscribers.capabilities.facts import FACTS, size
from subscribers.capabilities.markup import XML_BYTES_MAX
from subscribers.capabilities.openddr import read_builders, read_devices
from subscribers.capabilities.sniffing import FORMS, form_of
from subscribers.capabilities.tables import read_given, read_index, read_tac, read_wurfl
from subscribers.capabilities.uaprof import read_uaprof

UAPROF = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:prf="http://www.openmobilealliance.org/tech/profiles/UAPROF/ccppschema-20021212#"
         xmlns:mms="http://www.wapforum.org/profiles/MMS/ccppschema-20010111#">
 <rdf:Description rdf:ID="Q5">
  <prf:component><rdf:Description rdf:ID="HardwarePlatform">
   <prf:Vendor>Kranich</prf:Vendor><prf:Model>Q5</prf:Model><prf:ScreenSize>240 X 320</prf:ScreenSize><prf:ScreenSizeChar>18x11</prf:ScreenSizeChar>
   <prf:BitsPerPixel>18</prf:BitsPerPixel>
  </rdf:Description></prf:component>
  <prf:component><rdf:Description rdf:ID="MmsCharacteristics">
   <mms:MmsMaxMessageSize>102400</mms:MmsMaxMessageSize><mms:MmsMaxImageResolution>640×480</mms:MmsMaxImageResolution>
   <mms:MmsCcppAccept><rdf:Bag><rdf:li>image/jpg</rdf:li><rdf:li>image/jpeg</rdf:li><rdf:li>image/GIF</rdf:li><rdf:li>application/smil</rdf:li><rdf:li>text/plain</rdf:li></rdf:Bag></mms:MmsCcppAccept>
   <mms:MmsCcppAcceptCharSet><rdf:Bag><rdf:li>UTF-8</rdf:li><rdf:li>gb2312</rdf:li></rdf:Bag></mms:MmsCcppAcceptCharSet><mms:MmsVersion></mms:MmsVersion>
  </rdf:Description></prf:component>
 </rdf:Description>
</rdf:RDF>"""

VALUES = {
    "width_px": 240,
    "height_px": 320,
    "mms_max_width_px": 640,
    "mms_max_height_px": 480,
    "colours": 262144,
    "mms_max_bytes": 102400,
    "mms": True,
    "image_types": ("image/gif", "image/jpeg"),
    "smil": True,
    "charsets": ("gb2312", "utf-8"),
}

DEVICES = b"""<?xml version="1.0" encoding="UTF-8"?><!-- a licence --><ODDR><version><ver>1</ver></version><Devices>
<device id="genericKranich" parentId="genericPhone"><property name="model" value="-"/><property name="displayWidth" value="176"/><property name="displayHeight" value="220"/></device>
<device id="KrQ5" parentId="genericKranich"><property name="model" value="Q5"/><property name="marketing_name" value="Quell"/><property name="displayHeight" value="240"/></device>
<device id="loop" parentId="loop"><property name="model" value="L1"/><property name="vendor" value="Kreis"/></device></Devices></ODDR>"""

BUILDERS = b"""<ODDR><Builders><builder class="x"><device id="KrQ5"><list><value>kranich</value><value>q5</value></list></device>
<device id="KrQ5"><list><value>quell</value></list></device><device id="empty"><list/></device></builder></Builders></ODDR>"""


def test_a_profile_says_what_its_model_takes() -> None:
    found = read_uaprof(UAPROF.encode())
    assert (found.brand, found.model, dict(found.values)) == ("Kranich", "Q5", VALUES)


def test_properties_as_attributes_in_another_encoding() -> None:
    text = '<?xml version="1.0" encoding="GB2312"?><RDF xmlns:p="x"><Description p:Model="春 5" p:Vendor="华" p:ScreenSize="128x160"/></RDF>'
    found = read_uaprof(text.encode("gb18030"))
    assert (found.brand, found.model, dict(found.values)) == ("华", "春 5", {"width_px": 128, "height_px": 160})


BOMB = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ((BOMB + UAPROF.partition("?>")[2]).encode(), "DOCTYPE"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><RDF/>', "DOCTYPE"),
        (UAPROF.encode("utf-16"), "UTF-16"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE', "utf-7"),
        (b'<?xml version="1.0" encoding="utf-8"?><RDF>\xff</RDF>', "not in utf-8"),
        (UAPROF[:700].encode(), "well-formed"),
        (b"<a>" * 100_000, "well-formed"),
        (b"<html/>", "no rdf:RDF"),
        (b"<RDF><Vendor>x</Vendor></RDF>", "without a Model"),
        (b"", "well-formed"),
        (b"<" * (XML_BYTES_MAX + 1), "at most"),
        (b"<a/>" * 1_000_001, "tags"),
        (b"<RDF><Model>&amp;&undefined;</Model></RDF>", "well-formed"),
    ],
)
def test_hostile_and_broken_profiles_are_refused(data: bytes, wanted: str) -> None:
    with pytest.raises(UsageError, match=wanted):
        read_uaprof(data)


@given(st.one_of(st.binary(max_size=400), st.text(max_size=300).map(lambda text: f"<RDF><Model>{text}</Model></RDF>".encode("utf-8", "replace"))))
def test_any_bytes_are_a_profile_or_refused(data: bytes) -> None:
    try:
        assert read_uaprof(data).model
    except UsageError as error:
        assert str(error)


@given(st.integers(0, len(UAPROF)), st.binary(max_size=6))
def test_a_damaged_profile_is_read_or_refused(at: int, noise: bytes) -> None:
    data = UAPROF.encode()
    try:
        found = read_uaprof(data[:at] + noise + data[at:])
    except UsageError:
        return
    assert set(found.values) <= set(FACTS)


def test_openddr_takes_what_is_missing_from_the_parent_and_survives_a_circle() -> None:
    one, loop = read_devices(DEVICES)
    assert (one.brand, one.model, one.aliases, one.key) == ("Kranich", "Q5", ("Quell", "KrQ5"), "KrQ5")
    assert dict(one.values) == {"width_px": 176, "height_px": 240}
    assert (loop.brand, loop.model, dict(loop.values)) == ("Kreis", "L1", {})
    assert read_builders(BUILDERS) == {"KrQ5": ("kranich q5", "quell")}


@pytest.mark.parametrize("read", [read_devices, read_builders])
def test_what_is_no_openddr_is_refused(read: object) -> None:
    with pytest.raises(UsageError, match="no OpenDDR"):
        read(UAPROF.encode())  # type: ignore[operator]


def test_a_row_of_wurfl() -> None:
    row = {"brand_name": "Kranich", "model_name": "Q5", "resolution_width": "240", "resolution_height": "320", "mms_max_size": "51200", "mms_max_width": "640", "mms_max_height": "0"}
    row |= {"mms_jpeg_baseline": "true", "mms_png": "false", "mms_gif_static": "true", "mms_gif_animated": "false", "receiver": "false", "wap_push_support": "true"}
    found = read_wurfl(row)
    assert not isinstance(found, str)
    wanted = {"width_px": 240, "height_px": 320, "mms_max_bytes": 51200, "image_types": ("image/gif", "image/jpeg"), "animated_gif": False, "mms": True, "wap_push": True}
    assert dict(found.values) == wanted
    nothing = read_wurfl({**dict.fromkeys(row, "false"), "brand_name": "K", "model_name": "Q4", "mms_max_size": "0"})
    assert not isinstance(nothing, str)
    assert nothing.values == {"mms": False, "wap_push": False}


def test_rows_of_the_other_tables() -> None:
    index = dict.fromkeys(("MmsMaxImageResolution", "mms_charsets", "BitsPerPixel"), "") | {"vendor": "K", "model": "Q5", "ScreenSize": "1280×720", "MmsMaxMessageSize": "x"}
    found = read_index({**index, "mms_image_types": "image/png image/jpg", "mms_smil": "application/smil"})
    assert not isinstance(found, str)
    assert dict(found.values) == {"width_px": 1280, "height_px": 720, "mms": True, "image_types": ("image/jpeg", "image/png"), "smil": True}
    tac = read_tac({"tac": "1130000", "brand": "Apfel", "model": "Fon 4", "aka": " A1, A2,"})
    assert not isinstance(tac, str)
    assert (tac.key, tac.aliases) == ("01130000", ("A1", "A2"))
    assert "8 digits" in str(read_tac({"tac": "12", "brand": "", "model": "x"}))


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"model": "", "handset_class": "no-mms"}, "model"),
        ({"model": "x", "handset_class": "1kb-1x1"}, "handset_class"),
        ({"model": "x"}, "give a class"),
        ({"model": "x", "mms_max_bytes": "300KB"}, "mms_max_bytes: a whole number"),
        ({"model": "x", "smil": "perhaps"}, "smil: yes or no"),
        ({"model": "x", "brand": "b" * 81, "handset_class": "no-mms"}, "brand"),
    ],
)
def test_bad_rows_of_our_own_form_say_why(row: dict[str, str], wanted: str) -> None:
    assert wanted in str(read_given(row))


@given(st.dictionaries(st.sampled_from(("model", "brand", "handset_class", *FACTS)), st.text(max_size=30), min_size=1))
def test_any_row_of_our_own_form_is_a_profile_or_a_reason(row: dict[str, str]) -> None:
    found = read_given({"model": "", **row})
    assert isinstance(found, str) or set(found.values) <= set(FACTS)


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.sampled_from("xX×*"), st.sampled_from(("", " ")))
def test_a_size_in_every_spelling(width: int, height: int, mark: str, blank: str) -> None:
    assert size(f"{blank}{width}{blank}{mark}{blank}{height}") == (width, height)


@pytest.mark.parametrize("text", ["", "240", "x320", "0x10", "240x320x2", "99999x1", "-1x2", "２４０x320"])
def test_no_size(text: str) -> None:
    assert size(text) is None


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (UAPROF.encode(), "uaprof"),
        (DEVICES, "openddr"),
        (BUILDERS, "openddr-builders"),
        (b"model,handset_class,brand\n", "csv"),
        (b"\xef\xbb\xbfModel,mms_max_bytes\n", "csv"),
        (b"id,fall_back,brand_name,model_name,mms_max_size\n", "wurfl"),
        (b"file,vendor,model,ScreenSize,MmsMaxMessageSize\n", "uaprof-index"),
        (b"A licence\ntac,name,name,contributor\n", "tac"),
    ],
)
def test_a_file_says_what_it_is(head: bytes, form: str) -> None:
    assert form_of(head) == form
    assert form in FORMS


@pytest.mark.parametrize("head", [b"", b"<svg/>", b"a,b\n1,2\n", b"\xff\xfe\x00"])
def test_a_file_that_says_nothing_is_refused_with_the_way_out(head: bytes) -> None:
    with pytest.raises(UsageError, match="--form"):
        form_of(head)
