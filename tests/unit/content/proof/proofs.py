"""Proofs made for tests, and what poppler reads out of the PDF."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from content.draw.stored import StoredSlide
from content.proof.facts import Group, HitProof, ItemProof, Misfit, MovedProof, Proof, Step, VariantProof
from content.proof.pictures import Pictures
from subscribers.handset_classes import handset_class
from tests.unit.content.editions import picture

AT = datetime(2026, 11, 21, 21, 12, tzinfo=UTC)
JPEG = picture(128, 90)
DIGEST = hashlib.sha256(b"approved").hexdigest()


def variant(pictures: Pictures, name: str, slides: int, **values: Any) -> VariantProof:
    """A variant of the smallest class."""
    handset = handset_class("30kb-128x160")
    shown = tuple(pictures.slide(number, StoredSlide(JPEG if number == 1 else None, "image/jpeg", f"第{number}页的话。" * 3, 5_000), handset, {2: "fail"}) for number in range(1, slides + 1))
    given: dict[str, Any] = {"readers": 1234, "moved": (MovedProof("城东的桥", "text", "http://x/y"),), "tried": 9} | values
    return VariantProof(name, handset.name, 1, size_bytes=29_000, budget_bytes=30_000, quality=77, sha256=hashlib.sha256(name.encode()).hexdigest(), bound=None, slides=shown, **given)


def proof(**values: Any) -> Proof:
    """A proof of two variants with a trouble each."""
    pictures = Pictures()
    trouble = Misfit("fail", (2,), "文字编码是 utf-8，终端只认 gb2312", ("Kranich K1",), 1, 77)
    made = Proof(
        publication="江城早报", slug="paper", kind="newspaper", number="2026-11-22-am", title="江城早报", issue_date=date(2026, 11, 22), version=3, state="in_review",
        imported_by="li", imported_at=AT, at=AT, digest=DIGEST, approval=None, audience=2_345, variants_of_version=2, pages_of_version=7, tried=9, unknown=("Nobody 9",),
        slots=(), groups=(Group(1, "aabbccdd", 2_345, frozenset({"a.md"}), (("30kb-128x160", 2_345),)),),
        items=(ItemProof("a.md", "要闻", "新桥通车", "城市是“合肥”", (1,)),),
        variants=(variant(pictures, "30kb-128x160-aabbccdd", 3, misfits=(trouble,)), variant(pictures, "30kb-128x160-11223344", 21)),
        hits=(HitProof("block", "word", "a.md", "text", "今天", "敏感", "的事", "敏感", "", "", True),), checklist=(Step("日期对不对", "wang", AT), Step("天气", "", None)),
        comments=(Step("a.md", "zhao", AT, "标题再短些"),), history=(Step("submit", "li", AT, ""),), resources=pictures.resources,
    )  # fmt: skip
    return dataclasses.replace(made, **values)


def text_of(pdf: Path) -> list[str]:
    """The text of each page, as poppler reads it, without blanks."""
    done = subprocess.run(["pdftotext", "-layout", "-enc", "UTF-8", str(pdf), "-"], capture_output=True, check=True)
    return ["".join(page.split()) for page in done.stdout.decode().split("\f")[:-1]]


def fonts_of(pdf: Path) -> list[list[str]]:
    """What poppler lists of the fonts: a row of words each."""
    done = subprocess.run(["pdffonts", str(pdf)], capture_output=True, check=True, text=True)
    return [line.split() for line in done.stdout.splitlines()[2:]]
