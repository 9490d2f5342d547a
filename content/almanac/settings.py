"""Settings of the weather in drafts."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

WEATHER_SECTION = Setting("weather_section", "天气", "", "title of the section in which a draft tells the weather, each city's to its own readers; empty for none")
WEATHER_CITIES = Setting("weather_cities", "", "", "cities, by comma, whose weather a draft tells; empty for all that had a forecast within two weeks")
WEATHER_MISSING = Setting("weather_missing", "今天的天气预报还没有到，请以气象台发布的为准。", "", "what a draft says of a city without a forecast for the day")

SETTINGS: tuple[Setting[Any], ...] = (WEATHER_SECTION, WEATHER_CITIES, WEATHER_MISSING)
