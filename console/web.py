"""The web application: every route of `console.rights`, static files, and `/mm7`, `/misc`, `/boss` and `/api/v1` beside them.

`/mm7`, `/misc` and `/boss` are raw ASGI applications: a thousand messages a second want neither
sessions nor pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from threading import Event

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from console import rights
from console.api.frame import api_app
from console.api.operations import PREFIX as API_PREFIX
from console.boss import BossApp
from console.edge import SECURITY_HEADERS, Edge
from console.live import Live
from console.misc import MISCApp
from console.mm7 import MM7App
from console.pages import (
    accounts,
    alarm_charts,
    alarms,
    answers,
    braking,
    capacity,
    complaints,
    correcting,
    deciding,
    differences,
    dispatch,
    dispatch_charts,
    duty,
    edition,
    editions,
    ending,
    events,
    excluded,
    many,
    me,
    outside,
    overview,
    pacing,
    palette,
    picturing,
    port_acts,
    ports,
    preflight,
    provider,
    reached,
    reaching,
    readers,
    reconcile,
    recovery,
    reference,
    refunding,
    refunds,
    refusing,
    rehearsing,
    reports,
    requests,
    resending,
    review,
    scheduling,
    seeds,
    segments,
    settings,
    settling,
    signing,
    slides,
    steering,
    stop_runs,
    today,
    tokens,
    trail,
    trying,
    wap,
    wap_own,
    withdrawing,
    writing,
)
from console.visit import Page
from console.wap_limits import limited
from huabao.queues import Registry
from huabao.runtime import Runtime

PAGES: dict[str, Page] = {
    "healthz": outside.healthz,
    "readyz": outside.readyz,
    "metrics": outside.metrics,
    "wap": limited(wap.wap),
    "wap_act": limited(wap_own.act),
    "sign_in": signing.sign_in,
    "sign_in_act": signing.sign_in_act,
    "preference_act": signing.preference_act,
    "palette_act": palette.palette_act,
    "provider": provider.provider,
    "provider_back": provider.provider_back,
    "sign_in_code": signing.code,
    "sign_in_code_act": signing.code_act,
    "sign_out_act": signing.sign_out_act,
    "me": me.me,
    "me_password_act": me.me_password_act,
    "me_sessions_act": me.me_sessions_act,
    "me_code_act": me.me_code_act,
    "me_code_picture": me.me_code_picture,
    "me_code_confirm_act": me.me_code_confirm_act,
    "me_recovery_act": me.me_recovery_act,
    "me_code_off_act": me.me_code_off_act,
    "events": events.events,
    "today": today.today,
    "today_live": today.today_live,
    "dispatch": dispatch.dispatch,
    "dispatch_live": dispatch.dispatch_live,
    "dispatch_chart": dispatch_charts.dispatch_chart,
    "dispatch_readers": reached.dispatch_readers,
    "dispatch_readers_file": reached.dispatch_readers_file,
    "dispatch_excluded": excluded.dispatch_excluded,
    "dispatch_excluded_file": excluded.dispatch_excluded_file,
    "codes": dispatch.codes,
    "slide": dispatch.slide,
    "block": braking.block,
    "block_act": braking.block_act,
    "brake": braking.brake,
    "brake_act": braking.brake_act,
    "editions": editions.editions,
    "editions_countdown": editions.editions_countdown,
    "edition_new": editions.edition_new,
    "edition_new_act": editions.edition_new_act,
    "write": writing.write,
    "draft": writing.draft,
    "draft_act": writing.draft_act,
    "draft_lock_act": writing.draft_lock_act,
    "draft_keep_act": writing.draft_keep_act,
    "draft_steps": writing.draft_steps,
    "draft_restore_act": writing.draft_restore_act,
    "draft_hits": writing.draft_hits,
    "look_act": picturing.look_act,
    "look_slide": picturing.look_slide,
    "picture_act": picturing.picture_act,
    "cut_act": picturing.cut_act,
    "picture": picturing.picture,
    "picture_size": picturing.picture_size,
    "panels": picturing.panels,
    "try_sheet": trying.try_sheet,
    "try_act": trying.try_act,
    "readers": readers.readers,
    "readers_act": readers.readers_act,
    "many": many.many,
    "many_act": many.many_act,
    "many_file_act": many.many_file_act,
    "many_numbers_act": many.many_numbers_act,
    "many_sheet_act": many.many_sheet_act,
    "many_do_act": many.many_do_act,
    "reader": readers.reader,
    "number_act": readers.number_act,
    "resend": reaching.resend,
    "resend_act": reaching.resend_act,
    "reach": reaching.reach,
    "reach_act": reaching.reach_act,
    "let_go": reaching.let_go,
    "let_go_act": reaching.let_go_act,
    "never": refusing.never,
    "never_act": refusing.never_act,
    "followed_act": refusing.followed_act,
    "complain": complaints.complain,
    "complain_act": complaints.complain_act,
    "end_order": ending.end_order,
    "end_order_act": ending.end_order_act,
    "complaints": complaints.complaints,
    "complaints_file": complaints.complaints_file,
    "settle_complaint": complaints.settle_complaint,
    "settle_complaint_act": complaints.settle_complaint_act,
    "answers": answers.answers,
    "answer": answers.answer,
    "answer_act": answers.answer_act,
    "refund": refunding.refund,
    "refund_act": refunding.refund_act,
    "refunds": refunds.refunds,
    "refund_hand": refunds.refund_hand,
    "refund_hand_act": refunds.refund_hand_act,
    "refund_list_act": refunds.refund_list_act,
    "refund_decide": refunds.refund_decide,
    "refund_decide_act": refunds.refund_decide_act,
    "recovery": recovery.recovery,
    "stopped": recovery.stopped,
    "stopped_file": recovery.stopped_file,
    "stopped_numbers_act": recovery.stopped_numbers_act,
    "stop_run": stop_runs.stop_run,
    "stop_run_act": stop_runs.stop_run_act,
    "reconcile": reconcile.reconcile,
    "reconcile_file": reconcile.report_file,
    "reconcile_run": reconcile.reconcile_run,
    "settle": settling.settle,
    "settle_act": settling.settle_act,
    "differences": differences.differences,
    "differences_file": differences.differences_file,
    "differences_numbers_act": differences.differences_numbers_act,
    "hand_over": differences.hand_over,
    "hand_over_act": differences.hand_over_act,
    "own_act": differences.own_act,
    "requests": requests.requests,
    "request_sheet": requests.request_sheet,
    "request_act": requests.request_act,
    "ports": ports.ports,
    "ports_live": ports.ports_live,
    "port": ports.port,
    "port_live": ports.port_live,
    "port_chart": ports.port_chart,
    "port_sheet": port_acts.port_sheet,
    "port_act": port_acts.port_act,
    "slide_n": slides.slide_n,
    "edition": edition.edition,
    "edition_countdown": edition.edition_countdown,
    "edition_work": edition.edition_work,
    "edition_file": edition.edition_file,
    "review": review.review,
    "comment_act": review.comment_act,
    "resolve_act": review.resolve_act,
    "ruling_act": review.ruling_act,
    "tick_act": review.tick_act,
    "proof_act": review.proof_act,
    "submit": deciding.submit,
    "submit_act": deciding.submit_act,
    "approve": deciding.approve,
    "approve_act": deciding.approve_act,
    "reapprove": deciding.reapprove,
    "reapprove_act": deciding.reapprove_act,
    "reject": deciding.reject,
    "reject_act": deciding.reject_act,
    "incident": alarms.incident,
    "alarms": alarms.alarms,
    "alarms_live": alarms.alarms_live,
    "alarm": alarms.alarm,
    "alarm_live": alarms.alarm_live,
    "alarm_chart": alarm_charts.alarm_chart,
    "alarm_sheet": alarms.alarm_sheet,
    "alarm_act": alarms.alarm_act,
    "seeds": seeds.seeds,
    "seeds_live": seeds.seeds_live,
    "seeds_act": seeds.seeds_act,
    "preflight": preflight.preflight,
    "preflight_act": preflight.preflight_act,
    "reroute": preflight.reroute,
    "reroute_act": preflight.reroute_act,
    "schedule": scheduling.schedule,
    "plan_act": scheduling.plan_act,
    "schedule_act": scheduling.schedule_act,
    "edition_resend": resending.edition_resend,
    "edition_resend_count_act": resending.edition_resend_count_act,
    "edition_resend_act": resending.edition_resend_act,
    "correct": correcting.correct,
    "correct_count_act": correcting.correct_count_act,
    "correct_act": correcting.correct_act,
    "kill": withdrawing.kill,
    "kill_act": withdrawing.kill_act,
    "accounts": accounts.accounts,
    "accounts_act": accounts.accounts_act,
    "account": accounts.account,
    "account_act": accounts.account_act,
    "account_grants_act": accounts.account_grants_act,
    "account_password_act": accounts.account_password_act,
    "account_sessions_act": accounts.account_sessions_act,
    "account_state_act": accounts.account_state_act,
    "tokens": tokens.tokens,
    "tokens_act": tokens.tokens_act,
    "token_revoke_act": tokens.token_revoke_act,
    "api_reference": reference.api_reference,
    "audit": trail.audit,
    "audit_file": trail.audit_file,
    "settings": settings.settings,
    "setting": settings.setting,
    "setting_act": settings.setting_act,
    "rehearsal": rehearsing.rehearsal,
    "rehearsal_act": rehearsing.rehearsal_act,
    "arrived_slide": rehearsing.arrived_slide,
    "capacity": capacity.capacity,
    "capacity_chart": capacity.capacity_chart,
    "overview": overview.overview_page,
    "overview_chart": overview.overview_chart,
    "overview_moves": overview.overview_moves,
    "overview_moves_file": overview.overview_moves_file,
    "overview_marks": overview.overview_marks,
    "overview_marks_file": overview.overview_marks_file,
    "reports": reports.reports,
    "report_day": reports.report_day,
    "report_day_file": reports.report_day_file,
    "report_months": reports.report_months,
    "report_month": reports.report_month,
    "report_month_file": reports.report_month_file,
    "report_edition": reports.report_edition,
    "report_edition_file": reports.report_edition_file,
    "segments": segments.segments,
    "segment_count_act": segments.segment_count,
    "segment_act": segments.segment_act,
    "duty": duty.duty,
    "duty_live": duty.duty_live,
    "shift_act": duty.shift_act,
    "shift_end_act": duty.shift_end_act,
    "note_act": duty.note_act,
    "note_take_act": duty.note_take_act,
    "dispatch_rate": pacing.dispatch_rate,
    "dispatch_rate_act": pacing.dispatch_rate_act,
    "steer": steering.steer,
    "steer_act": steering.steer_act,
}
"""The function of each route; who may call it stands in `console.rights`."""

KEEP_STATIC = "public, max-age=31536000, immutable"


class _Static(StaticFiles):
    """Files whose address changes with their content."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dressed(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                assert isinstance(given, list)
                extra = {**SECURITY_HEADERS, **({"Cache-Control": KEEP_STATIC} if scope["query_string"] else {})}
                message["headers"] = [*given, *((name.lower().encode(), value.encode()) for name, value in extra.items())]
            await send(message)

        await super().__call__(scope, receive, dressed)  # type: ignore[arg-type]  # a message is a mapping


def raw_apps(runtime: Runtime) -> dict[str, MM7App | MISCApp | BossApp]:
    """The raw ASGI applications by the first part of their paths; each has a short way in (`console.short_way`)."""
    return {"/mm7": MM7App(runtime), "/misc": MISCApp(runtime), "/boss": BossApp(runtime)}


def make_app(runtime: Runtime, registry: Registry, raw: Mapping[str, ASGIApp] | None = None, stopping: Event | None = None) -> ASGIApp:
    """The ASGI application of `huabao serve`.

    Args:
        raw: the applications of `raw_apps`, where the listener has them too; else its own.
        stopping: set when the process is about to end: event streams end then, nothing else waits for them.
    """
    edge = Edge(runtime, registry)
    routes = [Route(one.path, edge.endpoint(one, PAGES[one.name]), methods=[one.method], name=one.name) for one in rights.RIGHTS]
    static = Path(str(resources.files("console") / "static"))
    pages = Starlette(
        routes=[*routes, Mount("/static", _Static(directory=static), name="static")],
        exception_handlers={404: edge.missing, 405: edge.missing},
    )
    pages.state.live = Live(edge, PAGES, stopping)
    beside: dict[str, ASGIApp] = {**(raw or raw_apps(runtime)), API_PREFIX: api_app(runtime)}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        found = next((one for prefix, one in beside.items() if path == prefix or path.startswith(f"{prefix}/")), pages)
        await found(scope, receive, send)

    return app
