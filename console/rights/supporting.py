"""The support desk: readers, complaints, recovery."""

from __future__ import annotations

from console.rights.roles import MASTERS, OPERATORS, RESENDERS, STATISTICS, Right

SUPPORTING: tuple[Right, ...] = (
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
    Right("settle_complaint", "GET", "/complaints/{complaint_id:int}/answer", RESENDERS, by_city=True),
    Right("settle_complaint_act", "POST", "/complaints/{complaint_id:int}/answer", RESENDERS, by_city=True),
    Right("refund", "GET", "/readers/{reader_id:int}/refunds/new", RESENDERS, by_city=True),
    Right("refund_act", "POST", "/readers/{reader_id:int}/refunds/new", RESENDERS, by_city=True),
    Right("refunds", "GET", "/refunds", RESENDERS, by_city=True),
    Right("refund_hand", "GET", "/refunds/hand-over", OPERATORS),
    Right("refund_hand_act", "POST", "/refunds/hand-over", OPERATORS),
    Right("refund_list_act", "POST", "/refunds/lists/{batch}", OPERATORS),
    Right("refund_decide", "GET", "/refunds/{refund_id:int}/{verb}", OPERATORS, by_city=True),
    Right("refund_decide_act", "POST", "/refunds/{refund_id:int}/{verb}", OPERATORS, by_city=True),
    Right("answers", "GET", "/answers", RESENDERS, by_city=True),
    Right("answer", "GET", "/answers/{name}", MASTERS),
    Right("answer_act", "POST", "/answers/{name}", MASTERS),
    Right("recovery", "GET", "/recovery", RESENDERS, by_city=True, grant=STATISTICS, kind="recovery"),
    Right("stopped", "GET", "/recovery/stopped", RESENDERS, by_city=True),
    Right("stopped_file", "GET", "/recovery/stopped.csv", RESENDERS, by_city=True),
    Right("stopped_numbers_act", "POST", "/recovery/stopped.csv", OPERATORS, by_city=True),
    Right("stop_run", "GET", "/recovery/runs/{run_id:int}/{verb}", OPERATORS),
    Right("stop_run_act", "POST", "/recovery/runs/{run_id:int}/{verb}", OPERATORS),
)
