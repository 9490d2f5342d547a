"""A paper that greets its readers, and what an MMSC was told for each of them."""

from __future__ import annotations

import email
from email import policy

from sqlalchemy import update

from content.manuscript import Manuscript, Slot
from content.models import EditionVersion
from huabao.runtime import Runtime
from subscribers.models import Reader
from tests.services.delivering import Peer, World, build_world
from tests.services.kept import kept_lines

FALLBACK, SOME = "亲爱的读者", "若干"
STORY = f"{FALLBACK}，您好。您有{SOME}分。"


def personal_world(runtime: Runtime, readers: int, names: dict[int, str]) -> World:
    """A paper whose story greets its readers, `names` known of some of them; every third has points."""
    world = build_world(runtime, readers=readers)
    with runtime.transaction() as session:
        version = session.get_one(EditionVersion, world.version_id)
        found = Manuscript.from_document(version.manuscript)
        document = found.to_document()
        document["sections"][0]["items"][0]["article"]["paragraphs"] = [STORY]
        key = found.items[0].key
        slots = (Slot("greeting", FALLBACK, 16, key, 0, 0), Slot("points", SOME, 8, key, 0, STORY.index(SOME)))
        version.manuscript = document | {"slots": [vars(slot) for slot in slots]}
        for reader in range(1, readers + 1):
            columns = {"name": names[reader]} if reader in names else {}
            session.execute(update(Reader).where(Reader.id == reader).values(attributes=columns | ({"points": str(reader * 1000)} if reader % 3 == 0 else {})))
    return world


def said_to(mmsc: Peer) -> dict[str, list[str]]:
    """What each number was told, by a parser that is not ours."""
    texts: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for line in kept_lines(mmsc.keep / "submissions.jsonl"):
        sha256 = line["body_sha256"]
        if sha256 not in texts:
            whole = email.message_from_bytes((mmsc.keep / "bodies" / f"{sha256}.mime").read_bytes(), policy=policy.HTTP)
            plain = [part.get_payload(decode=True).decode() for part in whole.walk() if part.get_content_type() == "text/plain"]  # type: ignore[union-attr]
            texts[sha256] = next(text for text in plain if "您好" in text)
        for number in line["recipients"]:
            found.setdefault(number[-11:], []).append(texts[sha256])
    return found


def expected(reader: int, greeting: str) -> str:
    return f"{greeting}，您好。您有{f'{reader * 1000:,}' if reader % 3 == 0 else SOME}分。"
