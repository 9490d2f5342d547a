"""Pictures: opened safely, framed for a screen, and fitted together into a message's bytes.

`costs` judges what a file would take, `opening` decodes what an editor sends, `colour`
brings it to sRGB, `subjects` finds heads and lettering, `framing` decides what part is
shown and how large, `encoding` turns one frame into bytes, `animation` a moving one,
`moving` fits both together. `similarity` says how alike what is shown and the original look,
`curves` what quality buys of it, `sharing` makes the worst picture of a message as
good as its bytes allow, `fitting` finds size and number for that. `panels` finds
the panels of a comic page, `lettering` where its dialogue stands.
Nothing here reads a file, a clock or the database.
"""

from content.adapt.encoding import EncodedPicture
from content.adapt.fitting import Fitting, fit_pictures
from content.adapt.framing import PictureRequest, frame
from content.adapt.opening import PictureError, PictureInfo, decode, inspect
from content.adapt.renditions import EncodeCache

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
