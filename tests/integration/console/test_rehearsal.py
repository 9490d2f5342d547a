"""A rehearsal in earnest: its own process, the sandbox MMSC, the reports, the ledger; and nobody of the house is touched."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select
from starlette.testclient import TestClient

from console.rehearsal.tasks import REHEARSAL
from content.models import Variant
from content.works.models import DeskFile
from delivery.models import Dispatch, Port
from huabao.runtime import Runtime
from subscribers.models import Reader
from tests.integration.console.conftest import csrf_of
from tests.integration.console.edition_rows import add_edition, run_desk

SignedIn = Callable[[str], TestClient]


def test_what_arrives_is_what_was_built_and_no_reader_is_touched(sqlite_runtime: Runtime, runtime: Runtime, signed_in: SignedIn) -> None:
    if runtime is not sqlite_runtime:
        return
    add_edition(runtime, readers=4)
    client = signed_in("li")
    page = client.get("/editions/1/rehearsal").text
    assert "Not rehearsed yet" in page
    client.post("/editions/1/rehearsal", data={"csrf": csrf_of(page)})
    assert run_desk(runtime, rehearsal=REHEARSAL) == 1
    page = client.get("/editions/1/rehearsal").text
    for said in ("Everything arrived", "1 sent, 1 arrived, 1 retrieved", "1 is byte for byte as built", "Balanced", "as built", "application/smil", "今天的消息很短"):
        assert said in page, said
    with runtime.transaction(read_only=True) as session:
        file, variant = session.scalars(select(DeskFile)).one(), session.scalars(select(Variant)).one()
        assert file.sha256 == variant.sha256
        assert session.scalar(select(func.count()).select_from(Dispatch)) == 0
        assert session.scalar(select(func.count()).select_from(Port)) == 0
        assert session.scalar(select(func.count()).select_from(Reader)) == 4
        file_id = file.id
    assert client.get(f"/editions/1/arrived/{file_id}/slides/1.png").content.startswith(b"\x89PNG")
    assert client.get(f"/editions/1/arrived/{file_id}/slides/40.png").status_code == 404
    assert client.get(f"/editions/2/arrived/{file_id}/slides/1.png").status_code == 404
