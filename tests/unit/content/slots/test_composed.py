"""An edition with slots made into messages: room is kept, the fallbacks stand there, and every gap is where it is said to be."""

from __future__ import annotations

import email
from email import policy

import pytest

from content.compose import Composition, PictureSource, compose
from content.folder import ImportedFolder, read_folder
from content.preflight.facts import facts_of
from content.preflight.message import failures_of
from content.signatures import SignatureRules
from content.slots.gaps import gaps_of, stretched
from content.wap.tokens import wap_address
from subscribers.handset_classes import handset_class, handset_classes
from tests.unit.content import editions

BODY = "{{greeting|亲爱的读者}}，您好！您有{{points|若干}}分，{{offers|可以看看我的套餐}}。江边的新桥在星期一早晨开放。"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> ImportedFolder:
    sections = [{"title": "要闻", "items": ["articles/1.md", "articles/2.md"]}]
    files: dict[str, str | bytes] = {
        "edition.yaml": editions.edition(sections=sections, slots=["greeting", {"points": 10}, {"offers": 30}]),
        "articles/1.md": editions.article("问候", BODY, image="images/1.jpg"),
        "articles/2.md": editions.article("长文", editions.LONG + "\n\n{{points|若干}}分。"),
        "images/1.jpg": editions.picture(),
    }
    return read_folder(editions.write(tmp_path_factory.mktemp("slots"), files), {})


def made(found: ImportedFolder, name: str) -> Composition:
    pictures = PictureSource(lambda sha256: found.assets[sha256][0])
    return compose(found.manuscript, SignatureRules(found.manuscript).default_items, handset_class(name), pictures, wap_address("http://wap.example/p"))


@pytest.mark.parametrize("name", ["30kb-128x160", "300kb-320x480"])
def test_room_is_kept_and_every_gap_is_found(found: ImportedFolder, name: str) -> None:
    assert name in handset_classes()
    message, handset = made(found, name), handset_class(name)
    assert [gap.name for gap in message.gaps] == ["greeting", "points", "offers"], "the one in the long text moved to WAP"
    assert [message.mime[gap.at : gap.at + gap.length].decode() for gap in message.gaps] == ["亲爱的读者", "若干", "可以看看我的套餐"]
    longest = stretched(message.mime, message.gaps)
    assert 0 <= message.size_bytes_max - len(message.mms) - (len(longest) - len(message.mime)) <= 8, "lengths are written in one byte or two"
    assert message.size_bytes_max <= handset.budget_bytes
    assert failures_of(message, handset) == []
    facts = facts_of(message.mime, message.size_bytes_max, message.gaps)
    assert max(len(slide.text) for slide in facts.slides) <= handset.slide_chars_max
    whole = [part for part in email.message_from_bytes(message.mime, policy=policy.HTTP).walk() if part.get_content_type() == "text/plain"]
    texts = [bytes(part.get_payload(decode=True)).decode() for part in whole]
    assert "亲爱的读者，您好！您有若干分，可以看看我的套餐。" in "".join(texts)
    assert texts == [slide.text for slide in message.slides if slide.text]
    assert not any("\ue000" <= letter <= "\uf8ff" for text in (*texts, *(page.body.decode() for page in message.wap_pages)) for letter in text)
    assert gaps_of([gap.to_document() for gap in message.gaps]) == message.gaps


def test_the_same_edition_is_the_same_bytes(found: ImportedFolder) -> None:
    first, again = made(found, "30kb-128x160"), made(found, "30kb-128x160")
    assert (first.mime, first.gaps) == (again.mime, again.gaps)
