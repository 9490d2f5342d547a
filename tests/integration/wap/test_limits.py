"""How fast pages may be asked for: who hangs on his reload key waits, and takes nobody else's turn."""

from __future__ import annotations

from content.wap.keys import personal_link
from tests.integration.wap.conftest import Asking, Site
from tests.services.delivering import set_setting
from tests.wap_markup import faults_of, words_of

GATEWAY = "10.0.0.172"


def test_who_asks_too_fast_waits_and_nobody_else(site: Site, asking: Asking) -> None:
    set_setting(site.runtime, "wap_rate_per_min", 12)
    set_setting(site.runtime, "wap_gateways", GATEWAY)
    greedy, cover = asking("k750"), f"/wap/{site.cover}"
    assert [greedy.get(cover).status_code for _ in range(3)] == [200, 200, 429]
    refused = greedy.get(cover)
    assert 1 <= int(refused.headers["retry-after"]) <= 5
    assert "请稍候" in words_of(refused.content)
    assert faults_of(refused.content) == []
    assert greedy.get("/wap/guessed").status_code == 429, "guessing is counted like reading"
    assert asking("nokia", "203.0.113.10").get(cover).status_code == 200
    assert {asking("k750", GATEWAY).get(cover).status_code for _ in range(5)} == {200}, "a gateway stands for many handsets"


def test_a_reader_is_counted_wherever_he_comes_from(site: Site, asking: Asking) -> None:
    set_setting(site.runtime, "wap_reader_rate_per_min", 12)
    set_setting(site.runtime, "wap_gateways", GATEWAY)
    with site.runtime.transaction(read_only=True) as session:
        token = personal_link(session, site.runtime.config, site.reader_id, "package", 0, site.runtime.now()).rpartition("/")[2]
    hosts = (GATEWAY, "203.0.113.9", "203.0.113.10")
    assert [asking("k750", host).get(f"/wap/{token}").status_code for host in hosts] == [200, 200, 429]
    assert asking("k750").post(f"/wap/{token}", data={"do-try": "x"}).status_code == 429
