"""Who may do what: one table, from which the console's routes are made, and the commands that do the same.

A route that does not stand here does not exist; a page asks `may` before it
shows a button, and the web edge asks it again before the act. A command that touches
what reaches readers asks for the roles of the page that does so (`console.acting`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

EDITOR, OPS, SUPPORT, ADMIN = "editor", "ops", "support", "admin"
ROLES = (EDITOR, OPS, SUPPORT, ADMIN)

PUBLIC: frozenset[str] = frozenset({"public"})
"""Nobody need be signed in."""

EVERYBODY: frozenset[str] = frozenset(ROLES)
"""Whoever is signed in."""

OPERATORS: frozenset[str] = frozenset({OPS, ADMIN})
"""Who may touch what reaches readers; releasing is another right than editing."""

STOPPERS: frozenset[str] = OPERATORS | {EDITOR}
"""Who may hold a failing handset class back: the duty editor too; letting it go again is for operators."""


DESK: frozenset[str] = frozenset({EDITOR, ADMIN})
"""Who makes papers and approves them."""

DEPUTIES: frozenset[str] = frozenset({EDITOR, OPS, ADMIN})
"""Of whom a publication may name deputies, who approve again after a typo."""

MASTERS: frozenset[str] = frozenset({ADMIN})
"""Who says who may do what: accounts, clients of the API."""

RESENDERS: frozenset[str] = OPERATORS | {SUPPORT}
"""Who looks after single readers: sees them, sends one his copy again, tries to reach him."""


SYSTEM, NOTICES, TRIALS, OPINIONS, RANKS, STATISTICS = "system", "notices", "trials", "opinions", "ranks", "statistics"
GRANTS = (SYSTEM, NOTICES, TRIALS, OPINIONS, RANKS, STATISTICS)
"""The six rights of the management side (系統管理, 信息公告管理, 體驗業務管理, 業務意見征集管理, 會員等級管理, 數據統計): what one
account is given beside its role. A grant opens the routes that name it; those of the community wait for its pages."""

KINDS = ("operations", "edition", "month", "recovery", "reconciliation", "complaints")
"""Kinds of statistics; a grant of STATISTICS is for one of them, or for all."""


@dataclass(frozen=True)
class Grant:
    """One right given to one account.

    Attributes:
        name: one of `GRANTS`.
        city: whose figures alone it opens, or "" for all.
        kind: of statistics, one of `KINDS`, or "" for all.
    """

    name: str
    city: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Right:
    """One route and who may call it.

    Attributes:
        name: of the page, `console.web.PAGES` holds its function.
        method: GET or POST; a POST always carries a CSRF token.
        path: as Starlette writes it.
        roles: `PUBLIC`, or the roles that may.
        refresh: a page calls it by itself, so it is no act of the person.
        sealed: its forms are a reader's, who has no cookies: each carries a signed token of its own, which the page checks.
        by_city: it shows and does nothing beyond `visit.city`; accounts of one city are refused everywhere else.
        grant: one of `GRANTS` that opens it too, whatever the role; or "".
        kind: of statistics, where `grant` is STATISTICS.
        first: it is there for whoever must set a password or a second factor before anything else.
        body_bytes_max: of a POST whose body is no form (a picture, JSON): its token comes in a header; 0 for a form.
    """

    name: str
    method: str
    path: str
    roles: frozenset[str]
    refresh: bool = False
    sealed: bool = False
    by_city: bool = False
    grant: str = ""
    kind: str = ""
    body_bytes_max: int = 0
    first: bool = False


RIGHTS: tuple[Right, ...] = (
    Right("healthz", "GET", "/healthz", PUBLIC),
    Right("readyz", "GET", "/readyz", PUBLIC),
    Right("metrics", "GET", "/metrics", PUBLIC),
    Right("wap", "GET", "/wap/{token}", PUBLIC),
    Right("wap_act", "POST", "/wap/{token}", PUBLIC, sealed=True),
    Right("sign_in", "GET", "/sign-in", PUBLIC),
    Right("sign_in_act", "POST", "/sign-in", PUBLIC),
    Right("preference_act", "POST", "/preferences", PUBLIC),
    Right("provider", "GET", "/sign-in/oidc", PUBLIC),
    Right("provider_back", "GET", "/sign-in/oidc/back", PUBLIC),
    Right("sign_in_code", "GET", "/sign-in/code", PUBLIC),
    Right("sign_in_code_act", "POST", "/sign-in/code", PUBLIC),
    Right("sign_out_act", "POST", "/sign-out", EVERYBODY, by_city=True, first=True),
    Right("me", "GET", "/me", EVERYBODY, by_city=True, first=True),
    Right("me_password_act", "POST", "/me/password", EVERYBODY, by_city=True, first=True),
    Right("me_sessions_act", "POST", "/me/sessions", EVERYBODY, by_city=True, first=True),
    Right("me_code_act", "POST", "/me/code", EVERYBODY, by_city=True, first=True),
    Right("me_code_picture", "GET", "/me/code.svg", EVERYBODY, by_city=True, first=True),
    Right("me_code_confirm_act", "POST", "/me/code/confirm", EVERYBODY, by_city=True, first=True),
    Right("me_recovery_act", "POST", "/me/code/recovery", EVERYBODY, by_city=True, first=True),
    Right("me_code_off_act", "POST", "/me/code/off", EVERYBODY, by_city=True, first=True),
    Right("events", "GET", "/events", EVERYBODY, refresh=True, by_city=True),
    Right("palette_act", "POST", "/palette", EVERYBODY, refresh=True, by_city=True),
    Right("today", "GET", "/", EVERYBODY),
    Right("today_live", "GET", "/live", EVERYBODY, refresh=True),
    Right("dispatch", "GET", "/dispatches/{dispatch_id:int}", EVERYBODY),
    Right("dispatch_live", "GET", "/dispatches/{dispatch_id:int}/live", EVERYBODY, refresh=True),
    Right("dispatch_chart", "GET", "/dispatches/{dispatch_id:int}/charts/{file}", EVERYBODY, refresh=True),
    Right("dispatch_readers", "GET", "/dispatches/{dispatch_id:int}/readers", RESENDERS, by_city=True),
    Right("dispatch_readers_file", "GET", "/dispatches/{dispatch_id:int}/readers.csv", RESENDERS, by_city=True),
    Right("codes", "GET", "/dispatches/{dispatch_id:int}/codes", EVERYBODY),
    Right("slide", "GET", "/variants/{variant_id:int}/slide.png", EVERYBODY, by_city=True),
    Right("block", "GET", "/dispatches/{dispatch_id:int}/classes/{handset_class}/block", STOPPERS),
    Right("block_act", "POST", "/dispatches/{dispatch_id:int}/classes/{handset_class}/block", STOPPERS),
    Right("brake", "GET", "/brakes/{brake_id:int}/release", OPERATORS),
    Right("brake_act", "POST", "/brakes/{brake_id:int}/release", OPERATORS),
    Right("editions", "GET", "/editions", EVERYBODY, by_city=True),
    Right("editions_countdown", "GET", "/editions/countdown", EVERYBODY, refresh=True, by_city=True),
    Right("edition_new", "GET", "/editions/new", DESK),
    Right("edition_new_act", "POST", "/editions/new", DESK),
    Right("write", "GET", "/editions/{edition_id:int}/write", DESK, by_city=True),
    Right("draft", "GET", "/editions/{edition_id:int}/draft", DESK, refresh=True, by_city=True),
    Right("draft_act", "POST", "/editions/{edition_id:int}/draft", DESK, by_city=True, body_bytes_max=4_200_000),
    Right("draft_lock_act", "POST", "/editions/{edition_id:int}/draft/lock", DESK, by_city=True),
    Right("draft_keep_act", "POST", "/editions/{edition_id:int}/draft/keep", DESK, by_city=True),
    Right("draft_steps", "GET", "/editions/{edition_id:int}/draft/steps", DESK, by_city=True),
    Right("draft_restore_act", "POST", "/editions/{edition_id:int}/draft/restore", DESK, by_city=True),
    Right("draft_hits", "GET", "/editions/{edition_id:int}/draft/hits", DESK, refresh=True, by_city=True),
    Right("look_act", "POST", "/editions/{edition_id:int}/draft/look", DESK, refresh=True, by_city=True),
    Right("look_slide", "GET", "/editions/{edition_id:int}/draft/looks/{key}/{number:int}.png", DESK, refresh=True, by_city=True),
    Right("picture_act", "POST", "/editions/{edition_id:int}/pictures", DESK, by_city=True, body_bytes_max=32_000_000),
    Right("cut_act", "POST", "/editions/{edition_id:int}/pictures/cut", DESK, by_city=True),
    Right("picture", "GET", "/editions/{edition_id:int}/pictures/{sha256}", DESK, refresh=True, by_city=True),
    Right("picture_size", "GET", "/editions/{edition_id:int}/pictures/{sha256}/size", DESK, refresh=True, by_city=True),
    Right("panels", "GET", "/editions/{edition_id:int}/pictures/{sha256}/panels", DESK, refresh=True, by_city=True),
    Right("try_sheet", "GET", "/editions/{edition_id:int}/try", DEPUTIES, by_city=True),
    Right("try_act", "POST", "/editions/{edition_id:int}/try", DEPUTIES, by_city=True),
    Right("readers", "GET", "/readers", RESENDERS, by_city=True),
    Right("readers_act", "POST", "/readers", RESENDERS, by_city=True),
    Right("reader", "GET", "/readers/{reader_id:int}", RESENDERS, by_city=True),
    Right("number_act", "POST", "/readers/{reader_id:int}/number", OPERATORS, by_city=True),
    Right("resend", "GET", "/readers/{reader_id:int}/editions/{edition_id:int}/resend", RESENDERS, by_city=True),
    Right("resend_act", "POST", "/readers/{reader_id:int}/editions/{edition_id:int}/resend", RESENDERS, by_city=True),
    Right("reach", "GET", "/readers/{reader_id:int}/stops/{stop_id:int}/reach", RESENDERS, by_city=True),
    Right("reach_act", "POST", "/readers/{reader_id:int}/stops/{stop_id:int}/reach", RESENDERS, by_city=True),
    Right("let_go", "GET", "/readers/{reader_id:int}/stops/{stop_id:int}/release", OPERATORS, by_city=True),
    Right("let_go_act", "POST", "/readers/{reader_id:int}/stops/{stop_id:int}/release", OPERATORS, by_city=True),
    Right("complain", "GET", "/readers/{reader_id:int}/complaints/new", RESENDERS, by_city=True),
    Right("complain_act", "POST", "/readers/{reader_id:int}/complaints/new", RESENDERS, by_city=True),
    Right("end_order", "GET", "/readers/{reader_id:int}/orders/{subscription_id:int}/end", RESENDERS, by_city=True),
    Right("end_order_act", "POST", "/readers/{reader_id:int}/orders/{subscription_id:int}/end", RESENDERS, by_city=True),
    Right("complaints", "GET", "/complaints", RESENDERS, by_city=True),
    Right("complaints_file", "GET", "/complaints.csv", RESENDERS, by_city=True),
    Right("settle_complaint", "GET", "/complaints/{complaint_id:int}/answer", RESENDERS, by_city=True),
    Right("settle_complaint_act", "POST", "/complaints/{complaint_id:int}/answer", RESENDERS, by_city=True),
    Right("recovery", "GET", "/recovery", RESENDERS, by_city=True, grant=STATISTICS, kind="recovery"),
    Right("stopped", "GET", "/recovery/stopped", RESENDERS, by_city=True),
    Right("stopped_file", "GET", "/recovery/stopped.csv", RESENDERS, by_city=True),
    Right("stopped_numbers_act", "POST", "/recovery/stopped.csv", OPERATORS, by_city=True),
    Right("stop_run", "GET", "/recovery/runs/{run_id:int}/{verb}", OPERATORS),
    Right("stop_run_act", "POST", "/recovery/runs/{run_id:int}/{verb}", OPERATORS),
    Right("reconcile", "GET", "/reconcile", OPERATORS, by_city=True),
    Right("reconcile_file", "GET", "/reconcile/report.xlsx", OPERATORS, grant=STATISTICS, kind="reconciliation"),
    Right("reconcile_run", "GET", "/reconcile/runs/{run_id:int}", OPERATORS),
    Right("settle", "GET", "/reconcile/runs/{run_id:int}/{verb}", OPERATORS),
    Right("settle_act", "POST", "/reconcile/runs/{run_id:int}/{verb}", OPERATORS),
    Right("differences", "GET", "/reconcile/open", OPERATORS, by_city=True),
    Right("differences_file", "GET", "/reconcile/open.csv", OPERATORS, by_city=True),
    Right("differences_numbers_act", "POST", "/reconcile/open.csv", OPERATORS, by_city=True),
    Right("hand_over", "GET", "/reconcile/open/owner", OPERATORS, by_city=True),
    Right("hand_over_act", "POST", "/reconcile/open/owner", OPERATORS, by_city=True),
    Right("own_act", "POST", "/reconcile/open/{difference_id:int}/owner", OPERATORS, by_city=True),
    Right("ports", "GET", "/ports", OPERATORS),
    Right("ports_live", "GET", "/ports/live", OPERATORS, refresh=True),
    Right("port", "GET", "/ports/{name}", OPERATORS),
    Right("port_live", "GET", "/ports/{name}/live", OPERATORS, refresh=True),
    Right("port_chart", "GET", "/ports/{name}/charts/{file}", OPERATORS, refresh=True),
    Right("port_sheet", "GET", "/ports/{name}/{verb}", OPERATORS),
    Right("port_act", "POST", "/ports/{name}/{verb}", OPERATORS),
    Right("slide_n", "GET", "/variants/{variant_id:int}/slides/{number:int}.png", EVERYBODY, by_city=True),
    Right("edition", "GET", "/editions/{edition_id:int}", DEPUTIES, by_city=True),
    Right("edition_countdown", "GET", "/editions/{edition_id:int}/countdown", DEPUTIES, refresh=True),
    Right("edition_work", "GET", "/editions/{edition_id:int}/work", DEPUTIES, refresh=True, by_city=True),
    Right("edition_file", "GET", "/editions/{edition_id:int}/files/{file_id:int}", DEPUTIES),
    Right("review", "GET", "/editions/{edition_id:int}/review", DEPUTIES, by_city=True),
    Right("comment_act", "POST", "/editions/{edition_id:int}/comments", DEPUTIES, by_city=True),
    Right("resolve_act", "POST", "/editions/{edition_id:int}/comments/{comment_id:int}", DESK, by_city=True),
    Right("ruling_act", "POST", "/editions/{edition_id:int}/hits/{mark}", DESK),
    Right("tick_act", "POST", "/editions/{edition_id:int}/ticks", DEPUTIES),
    Right("proof_act", "POST", "/editions/{edition_id:int}/proof", DEPUTIES),
    Right("submit", "GET", "/editions/{edition_id:int}/submit", DESK),
    Right("submit_act", "POST", "/editions/{edition_id:int}/submit", DESK),
    Right("approve", "GET", "/editions/{edition_id:int}/approve", DESK),
    Right("approve_act", "POST", "/editions/{edition_id:int}/approve", DESK),
    Right("reapprove", "GET", "/editions/{edition_id:int}/reapprove", DEPUTIES),
    Right("reapprove_act", "POST", "/editions/{edition_id:int}/reapprove", DEPUTIES),
    Right("reject", "GET", "/editions/{edition_id:int}/reject", DESK),
    Right("reject_act", "POST", "/editions/{edition_id:int}/reject", DESK),
    Right("incident", "GET", "/incident", EVERYBODY, refresh=True, by_city=True),
    Right("alarms", "GET", "/alarms", EVERYBODY),
    Right("alarms_live", "GET", "/alarms/live", EVERYBODY, refresh=True),
    Right("alarm", "GET", "/alarms/{alarm_id:int}", EVERYBODY),
    Right("alarm_live", "GET", "/alarms/{alarm_id:int}/live", EVERYBODY, refresh=True),
    Right("alarm_sheet", "GET", "/alarms/{alarm_id:int}/{verb}", OPERATORS),
    Right("alarm_act", "POST", "/alarms/{alarm_id:int}/{verb}", OPERATORS),
    Right("seeds", "GET", "/seeds", STOPPERS),
    Right("seeds_live", "GET", "/seeds/live", STOPPERS, refresh=True),
    Right("seeds_act", "POST", "/seeds", STOPPERS),
    Right("preflight", "GET", "/editions/{edition_id:int}/preflight", DEPUTIES),
    Right("preflight_act", "POST", "/editions/{edition_id:int}/preflight", DEPUTIES),
    Right("reroute", "GET", "/dispatches/{dispatch_id:int}/classes/{handset_class}/reroute", STOPPERS),
    Right("reroute_act", "POST", "/dispatches/{dispatch_id:int}/classes/{handset_class}/reroute", STOPPERS),
    Right("schedule", "GET", "/editions/{edition_id:int}/schedule", DEPUTIES),
    Right("plan_act", "POST", "/editions/{edition_id:int}/plan", DEPUTIES),
    Right("schedule_act", "POST", "/editions/{edition_id:int}/schedule", OPERATORS),
    Right("correct", "GET", "/editions/{edition_id:int}/correct", OPERATORS),
    Right("correct_act", "POST", "/editions/{edition_id:int}/correct", OPERATORS),
    Right("kill", "GET", "/editions/{edition_id:int}/kill", OPERATORS),
    Right("kill_act", "POST", "/editions/{edition_id:int}/kill", OPERATORS),
    Right("accounts", "GET", "/accounts", MASTERS, grant=SYSTEM),
    Right("accounts_act", "POST", "/accounts", MASTERS, grant=SYSTEM),
    Right("account", "GET", "/accounts/{user_id:int}", MASTERS, grant=SYSTEM),
    Right("account_act", "POST", "/accounts/{user_id:int}", MASTERS, grant=SYSTEM),
    Right("account_grants_act", "POST", "/accounts/{user_id:int}/grants", MASTERS, grant=SYSTEM),
    Right("account_password_act", "POST", "/accounts/{user_id:int}/password", MASTERS, grant=SYSTEM),
    Right("account_sessions_act", "POST", "/accounts/{user_id:int}/sessions", MASTERS, grant=SYSTEM),
    Right("account_state_act", "POST", "/accounts/{user_id:int}/state", MASTERS, grant=SYSTEM),
    Right("tokens", "GET", "/tokens", MASTERS),
    Right("tokens_act", "POST", "/tokens", MASTERS),
    Right("token_revoke_act", "POST", "/tokens/revoke", MASTERS),
    Right("audit", "GET", "/audit", OPERATORS),
    Right("audit_file", "GET", "/audit.csv", OPERATORS),
    Right("settings", "GET", "/settings", OPERATORS),
    Right("setting", "GET", "/settings/{name}", OPERATORS),
    Right("setting_act", "POST", "/settings/{name}", OPERATORS),
    Right("rehearsal", "GET", "/editions/{edition_id:int}/rehearsal", DEPUTIES),
    Right("rehearsal_act", "POST", "/editions/{edition_id:int}/rehearsal", DEPUTIES),
    Right("arrived_slide", "GET", "/editions/{edition_id:int}/arrived/{file_id:int}/slides/{number:int}.png", DEPUTIES),
    Right("capacity", "GET", "/capacity", OPERATORS),
    Right("capacity_chart", "GET", "/capacity/charts/{file}", OPERATORS, refresh=True),
    Right("segments", "GET", "/segments", DEPUTIES, by_city=True),
    Right("segment_count_act", "POST", "/segments/count", DEPUTIES, by_city=True),
    Right("segment_act", "POST", "/segments", DEPUTIES),
    Right("duty", "GET", "/duty", STOPPERS),
    Right("duty_live", "GET", "/duty/arrivals", STOPPERS, refresh=True),
    Right("shift_act", "POST", "/duty/shifts", OPERATORS),
    Right("shift_end_act", "POST", "/duty/shifts/{shift_id:int}/end", OPERATORS),
    Right("note_act", "POST", "/duty/notes", STOPPERS),
    Right("note_take_act", "POST", "/duty/notes/{note_id:int}/take", STOPPERS),
    Right("steer", "GET", "/dispatches/{dispatch_id:int}/{verb}", OPERATORS),
    Right("steer_act", "POST", "/dispatches/{dispatch_id:int}/{verb}", OPERATORS),
)

_BY_NAME = {right.name: right for right in RIGHTS}


def right(name: str) -> Right:
    """The right called `name`; a KeyError is a page of ours that nobody entered in the table."""
    return _BY_NAME[name]


def reach(role: str | None, city: str | None, grants: Iterable[Grant], name: str) -> tuple[str, ...]:
    """What a person may call the route `name` for: cities in order, `("",)` for all of them, `()` where he may not at all.

    Args:
        role: None where nobody is signed in.
        city: the one whose readers alone he sees; no grant goes beyond it.
    """
    one = right(name)
    if one.roles is PUBLIC:
        return ("",)
    opened = {city or ""} if role in one.roles else set[str]()
    given = [grant for grant in grants if role is not None and one.grant == grant.name and grant.kind in ("", one.kind)]
    opened |= {city or grant.city for grant in given if not (city and grant.city) or city == grant.city}
    opened = {found for found in opened if not found or one.by_city}
    return ("",) if "" in opened else tuple(sorted(opened))


def may(role: str | None, name: str, *, city: str | None = None, grants: Iterable[Grant] = ()) -> bool:
    """Whether a person of `role` (None: not signed in) may call the route `name`."""
    return bool(reach(role, city, grants, name))


def in_reach(own: str | None, city: str | None) -> bool:
    """Whether an account of the city `own` (None: of all) may see a reader of `city`; one whose city nobody knows is for those of all."""
    return not own or own == city


_STEERING = right("steer_act").roles
_BLOCKING = right("block_act").roles

COMMANDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "dispatch start": OPERATORS,
        "dispatch release": _STEERING,
        "dispatch hold": _STEERING,
        "dispatch pause": _STEERING,
        "dispatch resume": _STEERING,
        "dispatch cancel": _STEERING,
        "dispatch kill": _STEERING,
        "dispatch open-window": OPERATORS,
        "dispatch block": _BLOCKING,
        "dispatch reroute": STOPPERS,
        "dispatch brake release": right("brake_act").roles,
        "dispatch brake drop": right("brake_act").roles,
        "dispatch correct": OPERATORS,
        "dispatch recall": OPERATORS,
        "edition import": DESK,
        "edition draft": DESK,
        "edition submit": DESK,
        "edition approve": DESK,
        "edition reapprove": DEPUTIES,
        "edition reject": DESK,
        "edition lock": DESK,
        "edition unlock": DESK,
        "edition rule": DESK,
        "edition tick": DEPUTIES,
        "edition grey": DESK,
        "edition try": DEPUTIES,
        "edition comment": EVERYBODY,
        "edition resolve": DESK,
        "edition preview": EVERYBODY,
        "edition schedule": OPERATORS,
        "desk set": DESK,
        "design add": DESK,
        "words import": DESK,
        "leaders import": DESK,
        "feed add": DESK,
        "feed set": DESK,
        "feed remove": DESK,
        "weather import": DEPUTIES,
        "edition correct": OPERATORS,
        "edition kill": OPERATORS,
        "reconcile daily": right("settle_act").roles,
        "reconcile monthly": right("settle_act").roles,
        "reconcile assign": right("own_act").roles,
        "recovery stop": right("stop_run_act").roles,
        "recovery release": right("let_go_act").roles,
        "recovery replay": OPERATORS,
        "recovery run": OPERATORS,
        "recovery confirm": RESENDERS,
        "resend": right("resend_act").roles,
        "resend --filter": OPERATORS,
        **{f"alarms {act}": OPERATORS for act in ("ack", "silence", "close", "announce", "tell", "untell")},
        **{f"duty {act}": OPERATORS for act in ("add", "remove")},
        "port add": OPERATORS,
        "port set": OPERATORS,
        "port reset": OPERATORS,
        "port schedule": OPERATORS,
        "seeds add": STOPPERS,
        "seeds remove": STOPPERS,
        "offers import": OPERATORS,
        "offers orders --export": OPERATORS,
        "offers results": OPERATORS,
        "serial run": OPERATORS,
        "quiz draw": OPERATORS,
        "quiz replace": OPERATORS,
        "quiz export": OPERATORS,
        "outbox retry": OPERATORS,
        "outbox drop": OPERATORS,
        "misc add": OPERATORS,
        "misc set": OPERATORS,
        "misc remove": OPERATORS,
        "subscribers join": RESENDERS,
        "journal show": RESENDERS,
        "journal replay": OPERATORS,
        "publication add": DEPUTIES,
        "publication set": DEPUTIES,
        "settings set": OPERATORS,
        "user add": MASTERS,
        "user set": MASTERS,
        "user password": MASTERS,
        "user disable": MASTERS,
        "user enable": MASTERS,
        "user reset-code": MASTERS,
        "user grant": MASTERS,
        "api-token add": MASTERS,
        "api-token revoke": MASTERS,
    }
)
"""Who may be named with `--as`, by command; what the console has a page for takes the roles of its page. The rest is for everybody with a shell."""
