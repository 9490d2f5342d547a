"""The settings of preflight."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

SHARE = Setting("preflight_share", 0.95, "", "share of each handset class's readers whose handsets preflight tries a message on", minimum=0.0, maximum=1.0)
MAINSTREAM = Setting(
    "preflight_mainstream",
    "Nokia N73; Nokia 5230; Nokia 6300; Nokia E63; Nokia 5800 XpressMusic; SonyEricsson W595; SonyEricsson K750i; Samsung SGH-E250; Motorola V3; BlackBerry 8310",
    "",
    "handsets that preflight always tries a message on, whoever has them; names between semicolons, those without a record are passed over",
)
PICTURE_SLACK = Setting(
    "preflight_picture_slack",
    0.1,
    "",
    "a picture that is larger than a handset's limit by at most this share of it warns, a larger one fails (a limit of 160×120 stands for a screen of 128×160 too)",
    minimum=0.0,
    maximum=1.0,
)
SETTINGS: tuple[Setting[Any], ...] = (SHARE, MAINSTREAM, PICTURE_SLACK)
