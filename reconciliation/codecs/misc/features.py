"""FeatureStr: base64 of `long number + space + what the reader wrote`.

The text's encoding is nowhere said: UTF-8 where it is that, else GBK.

Spec: DSMP/MISC 1.5.0; `MTA2NjIxNDQgREE=` is `10662144 DA`.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Final

from huabao.errors import CodecError
from reconciliation.codecs.misc.names import FEATURE_CHARS_MAX

_BLANKS: Final = {ord(each): None for each in " \t\r\n"}


def decode_feature(text: str) -> str:
    """What is in a FeatureStr.

    Raises:
        CodecError: it is too long, no base64, or no text.
    """
    bare = text.translate(_BLANKS)
    if len(bare) > FEATURE_CHARS_MAX:
        raise CodecError(f"FeatureStr has more than {FEATURE_CHARS_MAX} characters")
    try:
        raw = b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise CodecError("FeatureStr is no base64") from error
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError as error:
        raise CodecError("FeatureStr holds no text") from error


def encode_feature(text: str) -> str:
    """`text` as FeatureStr, in UTF-8.

    Raises:
        CodecError: it is too long, or no text that can be encoded (ours).
    """
    try:
        encoded = b64encode(text.encode("utf-8")).decode("ascii")
    except UnicodeEncodeError as error:
        raise CodecError("FeatureStr holds half a character", theirs=False) from error
    if len(encoded) > FEATURE_CHARS_MAX:
        raise CodecError(f"FeatureStr has more than {FEATURE_CHARS_MAX} characters", theirs=False)
    return encoded
