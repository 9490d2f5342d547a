"""The weather section of a draft: a brief for each city, for that city's readers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from content.almanac.settings import WEATHER_CITIES, WEATHER_MISSING, WEATHER_SECTION
from content.almanac.weather import weather_of


@dataclass(frozen=True)
class Brief:
    """One city's weather as an article."""

    city: str
    body: str

    @property
    def front(self) -> dict[str, object]:
        """Its front matter."""
        names = [self.city, f"{self.city}市"]  # however the readers' records name it
        return {"title": f"{self.city}天气", "level": "city", "segment": {"field": "city", "op": "in", "value": names}}


@dataclass(frozen=True)
class WeatherPage:
    """A section of briefs; none where no city is known.

    Attributes:
        warnings: cities whose forecast did not come.
    """

    section: str = ""
    briefs: tuple[Brief, ...] = ()
    warnings: tuple[str, ...] = ()


def weather_page(session: Session, day: date) -> WeatherPage:
    """The weather of the day as a draft tells it."""
    section = WEATHER_SECTION.get(session).strip()
    named = [city.strip() for city in WEATHER_CITIES.get(session).replace("，", ",").split(",") if city.strip()]
    found = weather_of(session, day, named) if section else []
    missing = WEATHER_MISSING.get(session)
    briefs = tuple(Brief(one.city, one.text or missing) for one in found)
    late = [one.city for one in found if one.forecast is None]
    warnings = (f"no forecast of {day} for {', '.join(late)}: the draft says so; `huabao weather import FILE` brings it",) if late else ()
    return WeatherPage(section, briefs, warnings)
