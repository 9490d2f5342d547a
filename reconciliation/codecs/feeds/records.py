"""What a line of a feed says, and what can be wrong with it or with its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from huabao.errors import HuabaoError

STATES: Final = ("active", "paused", "cancelled")
SERVICE_CHARS_MAX: Final = 40
PRICE_FEN_MAX: Final = 1_000_000_000
YEARS: Final = range(1992, 2100)
"""Of an effective time; what lies outside is a mistake of the one who wrote it."""


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """The order of one reader for one service, as one side knows it.

    Attributes:
        msisdn: 11 digits.
        state: active, paused or cancelled.
        effective_at: since when, aware; None where the side does not say.
        price_fen: None where the side does not say.
        fee_msisdn: who pays, 11 digits; None where the reader pays himself.
    """

    msisdn: str = field(repr=False)
    service_id: str
    state: str
    effective_at: datetime | None = None
    price_fen: int | None = None
    fee_msisdn: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LineFault:
    """One record that cannot be used; the others of its file stand.

    Attributes:
        line: from 1.
        code: a key of `LINE_FAULTS`.
        key: number and service where both could be read: what this side says of that key is unknown then, not absent.
    """

    line: int
    code: str
    key: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def words(self) -> tuple[str, str]:
        """What is wrong, in English and Chinese."""
        return LINE_FAULTS[self.code]


LINE_FAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "columns": ("not as many columns as the header says", "列数与表头不符"),
    "number": ("no mobile number of 11 digits (86 may stand before it)", "不是11位手机号（前可带86）"),
    "service": ("no service: 1 to 40 printable characters without spaces", "业务代码有误：应为1至40个可见字符"),
    "state": ("a state that the dialect's code table does not know", "状态码不在码表中"),
    "time": ("no time as the dialect writes it, or one before 1992 or after 2099", "时间格式不符或年份超出1992至2099"),
    "price": ("no price", "资费有误"),
    "payer": ("the payer is no mobile number of 11 digits", "付费号码不是11位手机号"),
    "control": ("holds a NUL", "含有空字符(NUL)"),
    "repeated": ("the same reader and service stand in this full file more than once", "全量文件中同一用户同一业务重复出现"),
}
"""Everything that can be wrong with one record, in English and Chinese."""

FILE_FAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "name": ("the file is not named as its dialect says", "文件名不符合约定"),
    "unreadable": ("the file cannot be read", "文件无法读取"),
    "undecodable": ("holds bytes that are no text in the dialect's encoding", "含有无法按约定编码解读的字节"),
    "no_header": ("has no header as the dialect says", "缺少约定的文件头"),
    "repeated_header": ("has a header again: two files were put together", "文件头重复：疑为两个文件拼接"),
    "no_trailer": ("ends without the trailer that the dialect says", "缺少约定的文件尾"),
    "trailer": ("has a trailer that cannot be read, or more than one", "文件尾有误或重复"),
    "after_trailer": ("goes on after its trailer", "文件尾之后仍有内容"),
    "count": ("holds another number of records than it says", "记录数与声明不符"),
    "truncated": ("its last line is cut off", "末行不完整，文件被截断"),
    "future": ("its as-of time lies in the future", "截止时间晚于当前时间"),
    "wrong_day": ("its as-of time belongs to another day", "截止时间不属于对账日"),
    "no_as_of": ("says no as-of time, and none was given", "没有截止时间"),
    "long_line": ("has a line of more than 4096 bytes", "有超过4096字节的行"),
    "services": ("names more than 4096 services", "业务代码超过4096种"),
    "crowded": ("holds more records of one number than a reader can have", "同一号码的记录数过多"),
    "compressed": ("cannot be unpacked", "压缩包无法解压"),
}
"""Everything for which a file is refused whole, in English and Chinese."""


class FeedError(HuabaoError):
    """A feed that is refused whole: nothing of it counts, and its absence never means that everyone left.

    Attributes:
        code: a key of `FILE_FAULTS`.
        line: from 1, or None where no one line is to blame.
        detail: figures that belong to it, e.g. `says 120, holds 119`.
        side: boss, misc or platform, once a comparison knows it.
    """

    def __init__(self, code: str, *, line: int | None = None, detail: str = "", side: str | None = None) -> None:
        self.code, self.line, self.detail, self.side = code, line, detail, side
        super().__init__(code)

    def __str__(self) -> str:
        return self.words[0]

    @property
    def words(self) -> tuple[str, str]:
        """What is wrong and where, in English and Chinese."""
        english, chinese = FILE_FAULTS[self.code]
        where = (f"line {self.line}: ", f"第{self.line}行：") if self.line else ("", "")
        tail = f" ({self.detail})" if self.detail else ""
        side = f"{self.side}: " if self.side else ""
        return f"{side}{where[0]}the file {english}{tail}", f"{side}{where[1]}文件{chinese}{tail}"
