"""JSON and signatures as BOSS reads and writes them; the simulator's own code, see docs/boss.md."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
STAMP, SIGNATURE = "X-Huabao-Timestamp", "X-Huabao-Signature"
SKEW_S = 300

OPERATIONS = {"06": "order", "07": "cancel", "04": "pause", "05": "resume", "14": "barred", "15": "unbarred", "02": "closed"}


@dataclass(frozen=True)
class Asked:
    """A request of the platform."""

    transaction_id: str
    operation: str
    msisdn: str
    service_id: str
    fee_msisdn: str
    price_fen: int | None

    @property
    def content(self) -> tuple[str, str, str]:
        """What two requests of one transaction id have in common."""
        return self.operation, self.msisdn, self.service_id


def read_request(body: bytes) -> Asked | None:
    """A request; None where it is none."""
    try:
        found = json.loads(body)
        operation = OPERATIONS[found["opr_code"]]
        service_id = found.get("service_id") or ""
        asked = Asked(found["transaction_id"], operation, found["msisdn"], service_id, found.get("fee_msisdn") or "", found.get("price_fen"))
    except (ValueError, KeyError, TypeError):
        return None
    is_account = operation in ("barred", "unbarred", "closed")
    return asked if found.get("version") == "1.0" and asked.transaction_id and (is_account or service_id) else None


def write_answer(transaction_id: str, code: str, text: str) -> bytes:
    """An answer to a request."""
    return json.dumps({"transaction_id": transaction_id, "code": code, "text": text}, ensure_ascii=False).encode()


def write_event(event: Mapping[str, Any]) -> bytes:
    """An event; what is empty is left out."""
    return json.dumps({name: value for name, value in event.items() if value not in (None, "")}, ensure_ascii=False).encode()


def now_text() -> str:
    """The present instant as BOSS writes it."""
    return datetime.now(SHANGHAI).isoformat()


def signed(secret: str, body: bytes) -> dict[str, str]:
    """Headers of a message that leaves now."""
    stamp = str(int(time.time()))
    return {"Content-Type": "application/json", STAMP: stamp, SIGNATURE: "sha256=" + _mac(secret, stamp, body)}


def is_signed(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a message was signed just now with one of the secrets."""
    stamp = headers.get(STAMP, "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > SKEW_S:
        return False
    return any(hmac.compare_digest(headers.get(SIGNATURE, ""), "sha256=" + _mac(one, stamp, body)) for one in secrets)


def _mac(secret: str, stamp: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), stamp.encode() + b"." + body, "sha256").hex()
