"""Settings of the WAP pages."""

from __future__ import annotations

import ipaddress
from typing import Any

from huabao.errors import UsageError
from huabao.settings import Setting

NETWORKS_MAX = 100


def networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Addresses and networks out of a list with commas.

    Raises:
        UsageError: one of them is none.
    """
    found = []
    for one in (part.strip() for part in text.split(",")):
        if one:
            try:
                found.append(ipaddress.ip_network(one, strict=False))
            except ValueError as error:
                raise UsageError(f"wap_gateways: {one[:60]!r} is no address and no network such as 10.0.0.0/24") from error
    if len(found) > NETWORKS_MAX:
        raise UsageError(f"wap_gateways: at most {NETWORKS_MAX} networks are taken")
    return tuple(found)


WAP_LINK_DAYS = Setting("wap_link_days", 180, "days", "a link to a page of an edition opens for so long after the edition's date or its last import, whichever is later", 1, 3_650)
WAP_PERSONAL_DAYS = Setting("wap_personal_days", 7, "days", "a link of a reader's own, sent to him alone, opens for so long", 1, 90)
WAP_VISIT_S = Setting("wap_visit_s", 3_600, "s", "a reader whom the gateway or his own link named goes on for so long, and a form may be sent for so long", 60, 86_400)
WAP_GATEWAYS = Setting("wap_gateways", "", "", "addresses of the operator's WAP gateways, with commas; a number in a header is believed from these only", check=networks)
WAP_NUMBER_HEADERS = Setting(
    "wap_number_headers", "x-up-calling-line-id, x-msisdn, x-nokia-msisdn", "", "headers in which those gateways write the reader's number, with commas; the first counts"
)
WAP_RATE_PER_MIN = Setting("wap_rate_per_min", 1_200, "1/min", "pages and pictures a minute that one address may ask for; a gateway's address is not counted", 10, 1_000_000)
WAP_READER_RATE_PER_MIN = Setting("wap_reader_rate_per_min", 300, "1/min", "pages a minute of his own that one reader may ask for, and forms that he may send", 6, 100_000)

SETTINGS: tuple[Setting[Any], ...] = (WAP_LINK_DAYS, WAP_PERSONAL_DAYS, WAP_VISIT_S, WAP_GATEWAYS, WAP_NUMBER_HEADERS, WAP_RATE_PER_MIN, WAP_READER_RATE_PER_MIN)
