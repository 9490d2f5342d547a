"""The table of forecasts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base


class Forecast(Base):
    """What is forecast for one city and one day; the last import stands.

    Attributes:
        sky: in a word or two: 多云转晴.
        wind: e.g. 东北风3级, or "".
    """

    __tablename__ = "forecasts"

    city: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    low_c: Mapped[int]
    high_c: Mapped[int]
    sky: Mapped[str] = mapped_column(String(40))
    wind: Mapped[str] = mapped_column(String(40), default="")
    imported_at: Mapped[datetime]
