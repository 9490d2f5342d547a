"""Reports over the API: the figures of the page with their true values."""

from __future__ import annotations

from huabao.clock import business_day
from huabao.runtime import Runtime
from tests.integration.api.conftest import ClientOf, fits
from tests.integration.care.report_rows import add_papers


def test_a_day_a_month_and_an_edition(runtime: Runtime, client_of: ClientOf) -> None:
    add_papers(runtime)
    today = business_day(runtime.now())
    client = client_of("read")
    day = fits(client.get(f"/api/v1/reports/day?date={today}&language=en"), "/api/v1/reports/day")
    assert {one["label"]: one["value"] for one in day["figures"]}["retrieved"] == 100 / 140 and day["warnings"][-1].startswith("1 dispatch is not closed")
    (sends,) = [table for table in day["tables"] if table["name"] == "Dispatches"]
    assert [row[3:7] for row in sends["rows"]] == [[100, 42, 90, 0.9], [40, 3, 10, 0.25]]
    assert fits(client.get(f"/api/v1/reports/month?month={today:%Y-%m}"), "/api/v1/reports/month")["kind"] == "month"
    assert fits(client.get("/api/v1/reports/editions/1"), "/api/v1/reports/editions/{edition_id}")["title"].endswith("1522")
    for path, status in (("day?date=x", 422), ("day?date=2999-01-01", 422), ("month?month=2026-13", 422), ("editions/999", 404), ("editions/99999999999999999999", 404)):
        assert client.get(f"/api/v1/reports/{path}").status_code == status, path
    assert client_of("alarms").get(f"/api/v1/reports/day?date={today}").status_code == 403
