"""The difference file: CSV, sorted by number and service, whole or with masked numbers; written and read in parts."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from huabao.msisdn import MSISDN
from reconciliation.codecs.feeds.columns import NONE
from reconciliation.codecs.feeds.digits import Ints
from reconciliation.diff.classes import SIDES
from reconciliation.diff.outcome import Difference

HEADER: Final = (
    "msisdn", "service_id", "class", *SIDES,
    *(f"{side}_effective_at" for side in SIDES), *(f"{side}_price_fen" for side in SIDES), *(f"{side}_fee_msisdn" for side in SIDES), "money_fen",
)  # fmt: skip
_SHANGHAI_S: Final = 8 * 3600
_LINE: Final = ",".join(["%s"] * len(HEADER)) + "\n"


class DifferenceWriter:
    """Writes differences in bulk.

    Args:
        masked: numbers with their middle hidden.
    """

    def __init__(self, out: BinaryIO, *, masked: bool) -> None:
        self._out, self._masked = out, masked
        out.write((",".join(HEADER) + "\n").encode())

    def write(
        self,
        msisdn: Ints,
        names: tuple[Sequence[str], Sequence[str]],
        states: Sequence[Sequence[str]],
        effective: Sequence[Ints],
        price: Sequence[Ints],
        payer: Sequence[Ints],
        money: Ints,
    ) -> None:
        """Add some, in order.

        Args:
            names: of services and of classes.
            states, effective, price, payer: of BOSS, MISC, platform.
        """
        columns = [self._numbers(msisdn), *names, *states, *map(_times, effective), *map(_values, price), *map(self._numbers, payer), money.tolist()]
        self._out.write("".join([_LINE % row for row in zip(*columns, strict=True)]).encode())

    def _numbers(self, values: Ints) -> list[str]:
        found = np.where(values > 0, values, 0).astype("U11").tolist()
        if self._masked:
            return ["" if one == "0" else MSISDN(one).masked for one in found]
        return ["" if one == "0" else one for one in found]


def _times(values: Ints) -> list[str]:
    known = values != NONE
    texts: npt.NDArray[np.str_] = np.datetime_as_string((np.where(known, values, 0) + _SHANGHAI_S).astype("datetime64[s]"))
    return [f"{text}+08:00" if is_known else "" for text, is_known in zip(texts.tolist(), known.tolist(), strict=True)]


def _values(values: Ints) -> list[str | int]:
    return ["" if one == NONE else one for one in values.tolist()]


def read_differences(path: Path) -> Iterator[Difference]:
    """The differences of a file, one by one."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows, None)
        for row in rows:
            at, fen, payer = ([cell or None for cell in row[start : start + 3]] for start in (6, 9, 12))
            yield Difference(
                msisdn=row[0],
                service_id=row[1],
                name=row[2],
                states=(row[3], row[4], row[5]),
                effective_at=(_time(at[0]), _time(at[1]), _time(at[2])),
                price_fen=(_whole(fen[0]), _whole(fen[1]), _whole(fen[2])),
                fee_msisdn=(payer[0], payer[1], payer[2]),
                money_fen=int(row[15]),
            )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)
