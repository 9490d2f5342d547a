"""The table of operations: what is not here does not exist, and the OpenAPI document is made of it."""

from __future__ import annotations

from console.api import (
    desk,
    dispatching,
    duty,
    incidents,
    keys,
    looking,
    operating,
    overviewing,
    people,
    refunds,
    refusing,
    reporting,
    requests,
    resends,
    reviewing,
    sayings,
    sends,
    settling,
    support,
    tries,
    writing,
)
from console.api.calls import Operation
from console.api.incidents import AlarmAct, AlarmPage, AlarmQuery, AlarmStory
from console.api.schemas import (
    BulkResendDocument,
    BulkResendRequest,
    DispatchPage,
    DispatchProgress,
    DispatchQuery,
    PortList,
    ResendDocument,
    ResendRequest,
    TryDocument,
    TryRequest,
)
from console.api.scopes import ALARMS, READ, RESEND, RESEND_BULK, TRY

PREFIX = "/api/v1"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "resend", "POST", "/resends", (RESEND,), "Send an edition again to one reader", resends.resend, {201: ResendDocument}, ("resent-lately", "refused"), ResendRequest,
    ),
    Operation(
        "resendMany", "POST", "/resends/bulk", (RESEND_BULK,), "Send an edition again to all whom a filter finds, or count them", resends.resend_many,
        {200: BulkResendDocument, 202: BulkResendDocument}, ("refused",), BulkResendRequest,
    ),
    Operation("tryEdition", "POST", "/editions/try", (TRY,), "Send an edition to a phone of the house now", tries.try_edition, {201: TryDocument}, (), TryRequest),
    Operation(
        "showResend", "GET", "/resends/{resend_id:int}", (READ, RESEND, RESEND_BULK), "A resend as it stands now", resends.show_resend, {200: ResendDocument}, ("not-found",),
    ),
    Operation("listDispatches", "GET", "/dispatches", (READ,), "Dispatches, the newest first", sends.list_dispatches, {200: DispatchPage}, (), None, DispatchQuery),
    Operation(
        "showDispatch", "GET", "/dispatches/{dispatch_id:int}", (READ,), "A dispatch and its count at this moment", sends.show_dispatch, {200: DispatchProgress}, ("not-found",)
    ),
    Operation("listAlarms", "GET", "/alarms", (READ,), "Alarms, the newest first", incidents.list_alarms, {200: AlarmPage}, (), None, AlarmQuery),
    Operation("showAlarm", "GET", "/alarms/{alarm_id:int}", (READ,), "An alarm with its history", incidents.show_alarm, {200: AlarmStory}, ("not-found",)),
    Operation(
        "actOnAlarm", "POST", "/alarms/{alarm_id:int}/acts", (ALARMS,), "Take, silence, hear, close or announce an alarm", incidents.act_on_alarm, {200: AlarmStory},
        ("not-found", "conflict"), AlarmAct,
    ),
    Operation("listPorts", "GET", "/ports", (READ,), "Every port as it stands", sends.list_ports, {200: PortList}),
    *support.OPERATIONS,
    *looking.OPERATIONS,
    *refunds.OPERATIONS,
    *refusing.OPERATIONS,
    *sayings.OPERATIONS,
    *operating.OPERATIONS,
    *desk.OPERATIONS,
    *dispatching.OPERATIONS,
    *writing.OPERATIONS,
    *reviewing.OPERATIONS,
    *settling.OPERATIONS,
    *requests.OPERATIONS,
    *duty.OPERATIONS,
    *people.OPERATIONS,
    *keys.OPERATIONS,
    *reporting.OPERATIONS,
    *overviewing.OPERATIONS,
)  # fmt: skip
