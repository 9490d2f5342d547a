"""Pictures: opened safely, framed for a screen, and fitted together into a message's bytes.

`opening` judges and decodes what an editor sends, `colour` brings it to upright
sRGB, `framing` decides what part is shown and how large, `encoding` turns one
frame into bytes, `fitting` shares a budget over all pictures of a message. `panels`
finds the panels of a comic page, `lettering` where its dialogue stands.
Nothing here reads a file, a clock or the database.
"""

from content.adapt.encoding import EncodeCache, EncodedPicture
from content.adapt.fitting import Fitting, fit_pictures
from content.adapt.framing import PictureRequest, frame
from content.adapt.opening import PictureError, PictureInfo, decode, inspect

__all__ = [
    "EncodeCache",
    "EncodedPicture",
    "Fitting",
    "PictureError",
    "PictureInfo",
    "PictureRequest",
    "decode",
    "fit_pictures",
    "frame",
    "inspect",
]
