"""A magazine and a paper whose WAP editions are kept, readers, and browsers of several ages that ask for them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
from starlette.testclient import TestClient

from console.web import make_app
from content.models import Edition
from content.quiz.opening import open_quizzes
from content.services import import_folder, load_version_by_id
from content.variants import WAP_PUSH, ensure_variants, load_short
from content.wap.keys import wap_address_of
from content.wap.tokens import WapAddress
from huabao.queues import Registry
from huabao.runtime import Runtime
from subscribers.models import Reader, Subscription
from tests.conftest import _opened
from tests.unit.content import editions

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
NUMBER = "13805510001"
ACCEPTS = {
    "nokia": {"accept": "text/vnd.wap.wml, image/vnd.wap.wbmp, image/gif", "user-agent": "Nokia7110/1.0 (04.84)"},
    "k750": {"accept": "application/vnd.wap.xhtml+xml, text/vnd.wap.wml, image/jpeg, */*", "user-agent": "SonyEricssonK750i/R1AA Browser/SEMC-Browser/4.2"},
    "phone": {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", "user-agent": "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36"},
}


@dataclass(frozen=True)
class Site:
    """What the tests ask for."""

    runtime: Runtime
    address: WapAddress
    edition_id: int
    version_id: int
    cover: str
    reader_id: int


@pytest.fixture(scope="session")
def magazine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a magazine, drawn once."""
    return editions.magazine(tmp_path_factory.mktemp("magazine"))


@pytest.fixture
def site(runtime: Runtime, magazine: Path) -> Site:
    """The magazine of the tests, its quiz open, and one reader of class B who holds 飞信 and the magazine."""
    return made(runtime, magazine)


@pytest.fixture(scope="session")
def still_site(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, magazine: Path) -> Iterator[Site]:
    """The same, made once on SQLite for tests that only look."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copyfile(_sqlite_template, folder / "huabao.db")
    with _opened(f"sqlite:///{folder / 'huabao.db'}", folder) as runtime:
        yield made(runtime, magazine)


def made(runtime: Runtime, folder: Path) -> Site:
    now = runtime.now()
    with runtime.transaction() as session:
        imported = import_folder(session, folder, "mei", now)
        edition = session.get_one(Edition, imported.edition_id)
        open_quizzes(session, edition, by="mei", at=now)
        keys = tuple(item.key for item in load_version_by_id(session, imported.version_id).manuscript.items)
        reader = Reader(msisdn=NUMBER, attribute_class="B", created_at=now, updated_at=now)
        session.add(reader)
        session.flush()
        for service_id in ("fetion", "test-magazine"):
            session.add(Subscription(reader_id=reader.id, service_id=service_id, state="active", effective_at=now, updated_at=now))
        reader_id = reader.id
    variants = ensure_variants(runtime, imported.version_id, [(WAP_PUSH, keys)])
    with runtime.transaction(read_only=True) as session:
        href = load_short(session, next(iter(variants.values()))).href
        return Site(runtime, wap_address_of(session, runtime.config), imported.edition_id, imported.version_id, href.rpartition("/")[2], reader_id)


class Asking(Protocol):
    """asking("nokia") is that handset; `host` is where its requests come from."""

    def __call__(self, name: str, host: str = ...) -> TestClient: ...


@pytest.fixture
def asking(site: Site) -> Asking:
    """Browsers that ask `site`; they keep no cookies and follow nothing by themselves."""
    return browsers(site)


def browsers(site: Site) -> Asking:
    """Browsers that ask that site."""
    app = make_app(site.runtime, Registry({}, ()))

    def make(name: str, host: str = "203.0.113.9") -> TestClient:
        return TestClient(app, base_url="http://wap.test", follow_redirects=False, raise_server_exceptions=False, headers=ACCEPTS[name], client=(host, 40_000))

    return make
