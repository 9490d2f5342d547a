"""The settings: each with its value, default, unit and meaning; a change with its reason, which holds at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from console import registry
from console.confirmed import REASON_CHARS_MAX
from console.meanings import meaning, measured, unit
from console.settings import SIGN_IN_SETTINGS
from console.texts import CHINESE
from console.visit import Refused, Visit
from huabao.errors import UsageError
from huabao.settings import Setting, SettingValue, set_value

VALUE_CHARS_MAX = 2000


@dataclass(frozen=True)
class Line:
    """One setting; `row` is None while it has its default."""

    setting: Setting[Any]
    row: SettingValue | None

    @property
    def value(self) -> str:
        """As people type it."""
        return typed(self.setting.default if self.row is None else self.row.value)

    @property
    def default(self) -> str:
        """The same of its default."""
        return typed(self.setting.default)

    @property
    def bounds(self) -> str:
        """What a number may be, "" where it is no number or free."""
        low, high = self.setting.minimum, self.setting.maximum
        if low is None and high is None:
            return ""
        return f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'}".strip()


def typed(value: object) -> str:
    """A value as `Setting.parse` takes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)


def settings(visit: Visit) -> Response:
    """Every setting, or those that hold a word; those that somebody changed."""
    query = visit.request.query_params
    word, changed = query.get("q", "").strip()[:80].casefold(), query.get("changed") == "1"
    with visit.runtime.transaction(read_only=True) as session:
        rows = {row.name: row for row in session.scalars(select(SettingValue))}
        whole = [Line(one, rows.get(one.name)) for one in registry.settings()]
        lines = [one for one in whole if (not changed or one.row is not None) and word in _words(one.setting)]
        return visit.page(
            "settings.html", lines=lines, whole=len(whole), changed=changed, word=query.get("q", "").strip()[:80], may_set=lambda name: _may_set(visit, name),
            **_dressing(visit),
        )  # fmt: skip


def _words(one: Setting[Any]) -> str:
    """In what a search looks: the name, and the meaning in both languages."""
    return f"{one.name} {one.meaning} {meaning(one, CHINESE)[0]} {one.unit}".casefold()


def _dressing(visit: Visit) -> dict[str, Any]:
    return {"meaning": lambda one: meaning(one, visit.language), "unit": lambda one: unit(one, visit.language), "measured": lambda one, value: measured(one, value, visit.language)}


def setting(visit: Visit) -> Response:
    """The sheet."""
    with visit.runtime.transaction(read_only=True) as session:
        line = _line(visit, session)
        return _sheet(visit, line, value=line.value)


def setting_act(visit: Visit) -> Response:
    """The change, and back to the list."""
    value, reason = visit.form.get("value", "").strip()[:VALUE_CHARS_MAX], visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    with visit.runtime.transaction() as session:
        line = _line(visit, session)
        problem = _problem(visit, line, value, reason)
        if not problem:
            try:
                set_value(session, [line.setting], line.setting.name, value, by=visit.actor, at=visit.runtime.now(), reason=reason)
            except UsageError as error:
                problem = visit.say("settings.refused", why=visit.why(error))
        if problem:
            return _sheet(visit, line, value=value, reason=reason, problem=problem)
    return visit.go(f"/settings?done={line.setting.name}#setting-{line.setting.name}")


def _problem(visit: Visit, line: Line, value: str, reason: str) -> str:
    if not reason:
        return visit.say("steer.reason_missing")
    if visit.form.get("before", "") != line.value:
        return visit.say("settings.moved", now=line.value)
    return visit.say("settings.same") if value == line.value else ""


def _may_set(visit: Visit, name: str) -> bool:
    """Whether this person may change it: what guards the sign-in is for whoever makes accounts."""
    return visit.may("setting_act") and (name not in SIGN_IN_SETTINGS or visit.may("accounts_act"))


def _line(visit: Visit, session: Session) -> Line:
    name = visit.request.path_params["name"]
    if not _may_set(visit, name):
        raise Refused(403, "forbidden")
    found = next((one for one in registry.settings() if one.name == name), None)
    if found is None:
        raise Refused(404, "not_found")
    return Line(found, session.get(SettingValue, found.name))


def _sheet(visit: Visit, line: Line, *, value: str, reason: str = "", problem: str = "") -> Response:
    return visit.page(
        "_setting_sheet.html" if visit.fragment else "setting_sheet.html",
        line=line, value=value, reason=reason, problem=problem, is_switch=isinstance(line.setting.default, bool), value_chars_max=VALUE_CHARS_MAX,
        reason_chars_max=REASON_CHARS_MAX, **_dressing(visit),
    )  # fmt: skip
