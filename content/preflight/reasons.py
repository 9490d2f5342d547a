"""Why something does not fit, in English and in Chinese: each sentence once, with its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "message_bytes": ("the message has {bytes:,} bytes, the handset takes {most:,}", "彩信有 {bytes:,} 字节，终端最多收 {most:,} 字节"),
    "slides": ("the message has {slides} slides, the handset shows {most}", "彩信有 {slides} 页，终端最多显示 {most} 页"),
    "no_mms": ("no source says that the handset takes MMS", "没有资料说明该终端支持彩信"),
    "no_smil": ("the handset shows no slides: {slides} pictures and texts stand below each other", "终端不支持 SMIL 幻灯片：{slides} 页图文会依次排列"),
    "charset": ("the text is {charset}, the handset reads {charsets}", "文字编码是 {charset}，终端只认 {charsets}"),
    "characters": ("{characters} characters of text, the handset shows {most}", "本页 {characters} 字，终端每页最多显示 {most} 字"),
    "image_type": ("{media_type} is not shown; the handset shows {types}", "终端不显示 {media_type}，只显示 {types}"),
    "progressive": ("progressive JPEG is not shown", "终端不显示渐进式 JPEG"),
    "animated": ("only the first picture of an animated GIF is shown", "动画 GIF 只显示第一帧"),
    "picture_limit": ("picture of {width}×{height}, the handset takes {most_width}×{most_height}", "图片 {width}×{height}，终端最多收 {most_width}×{most_height}"),
    "picture_screen": (
        "picture of {width}×{height} on a screen of {screen_width}×{screen_height}: it is shrunk or scrolled",
        "图片 {width}×{height}，屏幕 {screen_width}×{screen_height}：会被缩小或需要滚动",
    ),
    "class_bytes": ("{bytes} bytes, more than {most}", "{bytes} 字节，超过 {most}"),
    "class_slides": ("{slides} slides, more than {most}", "{slides} 页，超过 {most} 页"),
    "unreadable": ("does not read back: {error}", "无法还原：{error}"),
    "pdu_parts": ("the PDU does not hold the message's parts", "PDU 缺少彩信的部件"),
    "entity_parts": ("the entity does not hold the message's parts", "MIME 实体缺少彩信的部件"),
    "no_part": ("names {source}, which is no part", "引用了不存在的部件 {source}"),
    "empty": ("is empty", "是空页"),
    "class_image_type": ("{media_type} is not shown by this class", "该终端档不显示 {media_type}"),
    "class_picture": ("picture of {width}×{height} on a screen of {screen_width}×{screen_height}", "图片 {width}×{height}，屏幕只有 {screen_width}×{screen_height}"),
}


class Reason(str):
    """A reason: the text itself is English.

    Attributes:
        zh: the same in Chinese.
    """

    zh: str


def reason(name: str, **values: object) -> Reason:
    """The sentence called `name`, filled in."""
    english, chinese = WORDS[name]
    found = Reason(english.format(**values))
    found.zh = chinese.format(**values)
    return found


def in_language(said: str, language: str) -> str:
    """A reason in that language; a text that is none stays as it is."""
    return said.zh if language == "zh" and isinstance(said, Reason) else str(said)
