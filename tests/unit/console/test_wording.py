"""What the system writes down is said in Chinese too; what a person wrote stays."""

from __future__ import annotations

import re

import pytest

from console import texts
from console.wording import FORMS, said
from delivery.dispatch.verdict import BAD, RETRIEVED, SILENT, SeedRule, judge

HAN = re.compile(r"[一-鿿]")
SENTENCES = {
    "port mm-1 held, 12,300 readers: 34% of 500 readers' submissions failed": "端口 mm-1 已扣住，12,300 人：500 人的提交有 34% 失败",
    "seed 138****0001: rejected at port mm-1; seed 138****0002: failed at port mm-1": "种子 138****0001 经端口 mm-1：被拒；种子 138****0002 经端口 mm-1：失败",
    "handset class 30kb-128x160 released: 是手机的问题": "机型档 30kb-128x160 放行：是手机的问题",
    "variant 30kb-128x160-0a1b given up: 明天再发": "变体 30kb-128x160-0a1b 不再下发：明天再发",
    "step 1 of 3 is out, 15,760 readers; step 2 goes": "第 1 步发完，15,760 人；开始第 2 步",
    "35% of 1,200 readers refused it at once": "1,200 人中有 35% 当即被拒",
    "after 15 min 20% of what 4 earlier same weekdays had retrieved at that age": "15 分钟时，接收只有前 4 个同一星期几同时刻的 20%",
    "its window 06:30-08:00 opens at 2026-11-23 06:30:00": "窗口 06:30-08:00 于 2026-11-23 06:30:00 打开",
    "seed group panel": "种子组 panel",
    "the ledger balances": "账目平衡",
    "wrong front page": "wrong front page",
    "a; b": "a; b",
}


@pytest.mark.parametrize(("sentence", "chinese"), SENTENCES.items())
def test_it_is_said_in_chinese_where_its_form_is_known(sentence: str, chinese: str) -> None:
    assert said(sentence, "zh") == chinese
    assert said(sentence, "en") == sentence


@pytest.mark.parametrize(("verdicts", "over", "missing"), [("rr", False, "ramp"), ("rs", True, "ramp"), ("rs", True, "hold"), ("ss", True, "ramp"), ("bb", True, "ramp")])
def test_every_verdict_has_its_chinese(verdicts: str, over: bool, missing: str) -> None:
    seeds = [("30kb-128x160", {"r": RETRIEVED, "s": SILENT, "b": BAD}[one]) for one in verdicts]
    assert HAN.search(said(judge(seeds, SeedRule(0.8, missing, 1), over=over).why, "zh"))


def test_every_form_has_a_text() -> None:
    assert {name for _, name in FORMS} == {name for name in texts.texts() if name.startswith(("why.", "why_rate."))}
