"""XML from strangers: attacks are refused, in bounded memory, and the useful tolerances work."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.codecs import hardened_xml
from content.codecs.hardened_xml import local_name, namespace_of, parse_xml
from huabao.errors import CodecError

LAUGHS = ('<!DOCTYPE lolz [<!ENTITY lol0 "lol">' + "".join(f'<!ENTITY lol{level} "{f"&lol{level - 1};" * 10}">' for level in range(1, 10)) + "]><lolz>&lol9;</lolz>").encode()

ATTACKS = {
    "billion laughs": LAUGHS,
    "quadratic blow-up": b'<!DOCTYPE b [<!ENTITY a "' + b"B" * 50_000 + b'">]><b>' + b"&a;" * 50_000 + b"</b>",
    "external entity": b'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><d>&f;</d>',
    "external entity over http": b'<!DOCTYPE d [<!ENTITY f SYSTEM "http://127.0.0.1:9/x">]><d>&f;</d>',
    "parameter entity": b'<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]><d/>',
    "external dtd": b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd"><d/>',
    "public dtd": b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://127.0.0.1:9/x.dtd"><html/>',
    "bare doctype": b"<!DOCTYPE d><d/>",
    "doctype after comment and blanks": b"<?xml version='1.0'?>\n<!-- x -->\n <!DOCTYPE d><d/>",
    "doctype in lower case": b"<!doctype d><d/>",
    "entity without doctype": b'<!ENTITY a "b"><d>&a;</d>',
    "undeclared entity": b"<d>&xxe;</d>",
    "100,000 levels": b"<a>" * 100_000 + b"</a>" * 100_000,
    "1,000 levels": b"<a>" * 1_000 + b"</a>" * 1_000,
    "one level too many": b"<a>" * 33 + b"</a>" * 33,
    "levels never closed": b"<a>" * 30_000,
    "attribute of 10 MB": b'<a b="' + b"x" * 10_000_000 + b'"/>',
    "text of 10 MB": b"<a>" + b"x" * 10_000_000 + b"</a>",
    "a million attributes": b"<a " + b" ".join(b'a%d="1"' % number for number in range(1_000_000)) + b"/>",
    "50,000 attributes": b"<a " + b" ".join(b'a%d="1"' % number for number in range(50_000)) + b"/>",
    "20,000 namespaces": b"<a " + b" ".join(b'xmlns:n%d="u"' % number for number in range(20_000)) + b"/>",
    "a million elements": b"<a>" + b"<b/>" * 1_000_000 + b"</a>",
    "200,000 elements": b"<a>" + b"<b/>" * 200_000 + b"</a>",
    "attribute twice": b'<a b="1" b="2"/>',
    "utf-16 with a mark": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>'.encode("utf-16"),
    "utf-16 without a mark": '<?xml version="1.0" encoding="UTF-16LE"?><!DOCTYPE d><d/>'.encode("utf-16-le"),
    "utf-32": "<!DOCTYPE d><d/>".encode("utf-32"),
    "utf-7 declared": b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE d+AFs-+AF0-+AD4-<d/>',
    "utf-7 undeclared": b"+ADwAIQ-DOCTYPE d+AD4-+ADw-d/+AD4-",
    "ebcdic": '<?xml version="1.0" encoding="cp037"?><!DOCTYPE d><d/>'.encode("cp037"),
    "ebcdic declared": b'<?xml version="1.0" encoding="cp037"?><d/>',
    "doctype in gbk": '<?xml version="1.0" encoding="GBK"?><!DOCTYPE 报><报/>'.encode("gbk"),
    "no utf-8": b"<a>\xff\xfe</a>",
    "overlong utf-8": b"\xc0\xbc!DOCTYPE d><d/>",
    "gbk that is none": b'<?xml version="1.0" encoding="GBK"?><a>\xff\xff</a>',
    "nul": b"<a>\0</a>",
    "empty": b"",
    "blanks": b" \n",
    "text": b"hello",
    "two roots": b"<a/><b/>",
    "a tail": b"<a/>tail",
    "reference to no character": b"<a>&#0;</a>",
    "unbound prefix without end": b"<x:a",
    "cdata without end": b"<a><![CDATA[",
}


@pytest.mark.parametrize("data", ATTACKS.values(), ids=ATTACKS.keys())
def test_attack_is_refused(data: bytes) -> None:
    with pytest.raises(CodecError) as caught:
        parse_xml(data)
    assert caught.value.status_code == 2007
    assert len(str(caught.value)) < 200


WRONG_ENCODING_ONLY = {"no utf-8", "ebcdic declared", "gbk that is none"}
"""Harmless once the transport names the encoding that they are in."""


@pytest.mark.parametrize("name", sorted(ATTACKS.keys() - WRONG_ENCODING_ONLY))
def test_attack_behind_any_transport_charset_is_refused(name: str) -> None:
    for charset in ("utf-8", "gbk", "us-ascii", "iso-8859-1", "utf-7", "utf-16"):
        with pytest.raises(CodecError):
            parse_xml(ATTACKS[name], charset=charset)


_IN_BOUNDS = """
import pickle, resource, sys
from content.codecs.hardened_xml import parse_xml
from huabao.errors import CodecError
attacks = pickle.load(sys.stdin.buffer)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
for data in attacks:
    try:
        parse_xml(data)
    except CodecError:
        continue
    sys.exit("not refused")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_all_attacks_in_bounded_memory_and_processor_time() -> None:
    """In a process of its own, whose processor time the kernel limits: at most 64 MB above what it had."""
    attacks = pickle.dumps(list(ATTACKS.values()))
    done = subprocess.run([sys.executable, "-c", _IN_BOUNDS], input=attacks, capture_output=True, check=True, timeout=100)
    assert int(done.stdout) < 64 * 1024


def test_files_and_payloads_of_others(samples: Path) -> None:
    folder = samples / "hostile" / "xml"
    refused = ["dtd.xml", "external.xml", "quadratic.xml", "xmlbomb.xml"]
    for name in refused:
        with pytest.raises(CodecError):
            parse_xml((folder / name).read_bytes())
    assert local_name(parse_xml((folder / "simple-ns.xml").read_bytes())) == "root"
    assert local_name(parse_xml((folder / "xalan_exec.xsl").read_bytes())) == "stylesheet"
    payloads = re.split(r"\n(?=<\?xml|<!--\?xml|\* XXE)", (folder / "xxe-payloads.txt").read_text(encoding="utf-8", errors="replace"))
    with_entities = [each[each.index("<") :].encode() for each in payloads if "<!ENTITY" in each or "<!DOCTYPE" in each]
    assert len(with_entities) > 10
    for payload in with_entities:
        with pytest.raises(CodecError):
            parse_xml(payload)


@given(st.binary(max_size=300) | st.text("<>/&;![]?-=\"' ax", max_size=120).map(str.encode), st.sampled_from([None, "utf-8", "GBK", "latin1", "x"]))
@settings(max_examples=250, deadline=None)
def test_any_bytes_are_a_tree_or_refused(data: bytes, charset: str | None) -> None:
    try:
        assert isinstance(local_name(parse_xml(data, charset=charset)), str)
    except CodecError:
        pass


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("<a>报</a>".encode(), None),
        ("\ufeff<a>报</a>".encode(), None),
        (" \r\n<?xml version='1.0' encoding='utf8'?><a>报</a>".encode(), None),
        ('<?xml version="1.0" encoding="GB2312"?><a>报</a>'.encode("gbk"), None),
        ("<a>报</a>".encode("gb18030"), "GBK"),
        ('<?xml version="1.0" encoding="GBK"?><a>报</a>'.encode(), '"UTF-8"'),
        ("<a><!-- c --><?pi?><![CDATA[报]]></a>".encode(), None),
    ],
)
def test_encodings_that_are_read(data: bytes, charset: str | None) -> None:
    assert parse_xml(data, charset=charset).text == "报"


def test_bare_ampersands_are_text() -> None:
    root = parse_xml(b'<a href="x?a=1&b=2">R&D &amp; &#65; & more &</a>')
    assert root.text == "R&D & A & more &"
    assert root.get("href") == "x?a=1&b=2"


def test_limits_are_reached_not_before() -> None:
    deep = hardened_xml.DEPTH_MAX
    assert parse_xml(b"<a>" * deep + b"</a>" * deep) is not None
    assert len(parse_xml(b"<a>" + b"<b/>" * (hardened_xml.TAGS_MAX - 2) + b"</a>")) == hardened_xml.TAGS_MAX - 2


def test_names() -> None:
    child = parse_xml(b'<n:a xmlns:n="urn:x"><b/></n:a>')
    assert (local_name(child), namespace_of(child)) == ("a", "urn:x")
    assert (local_name(child[0]), namespace_of(child[0])) == ("b", "")
