"""Pictures: what their bytes are, opened within bounds, and the text on them, read by RapidOCR.

Pillow and RapidOCR are the extra `pictures`. They take a second to load, so only what opens a picture imports them.
"""

import logging
import os
import re
import threading
import warnings
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

INSTALL = "Run `pip install 'toxwatch[pictures]'`."
NOT_INSTALLED = "not_installed"
MOST_BYTES = 10 * 2**20
MOST_PIXELS = 40_000_000  # what phones take; a photograph of 100 megapixels takes 300 MB when it is opened
ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".avif")
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "AVIF")  # no format whose reader starts another program
LONGEST_SIDE = 960  # pixels that are read: measured, see bench/pictures.py
GRID = 16  # of a perceptual hash: so many comparisons of neighbours each way
SURE_ENOUGH = 0.5  # of RapidOCR's: a line it is less sure of is left out
KNOWN = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|RIFF....WEBP|BM|....ftypavi[fs]", re.DOTALL)
HEIC = re.compile(rb"....ftyp(?:heic|heix|hevc|heim|heis|mif1|msf1)", re.DOTALL)
SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<\?xml[^>]*>|<!--(?:(?!-->).)*-->|<!DOCTYPE svg[^>]*>)*<svg\b", re.DOTALL
)  # no two of its parts begin alike, or a file could keep it busy for ever

_READING = threading.Lock()  # RapidOCR keeps notes on what it is reading


class SetAside(Exception):
    """A picture that is not read: svg, heic, too_many_bytes, too_many_pixels, damaged or no_picture."""


def is_installed() -> bool:
    return find_spec("rapidocr") is not None and find_spec("PIL") is not None


def opened(content: bytes) -> "Image":
    """The picture, or the first of an animation, in colours, no larger than is read; raises SetAside."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if reason := refusal(content):
        raise SetAside(reason)
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # our own limit is lower
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise SetAside("too_many_pixels")
            image.draft("RGB", (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))  # a large JPEG is decoded smaller
            ImageOps.exif_transpose(image, in_place=True)
            coloured = image.convert("RGBA") if image.mode in ("P", "PA") else image
            coloured.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return _on_white(coloured)
    except UnidentifiedImageError:
        raise SetAside("no_picture") from None
    except (Image.DecompressionBombError, MemoryError):
        raise SetAside("too_many_pixels") from None
    except (OSError, ValueError, SyntaxError, TypeError, IndexError, KeyError, EOFError):  # what Pillow's readers raise
        raise SetAside("damaged") from None


def refusal(content: bytes) -> str | None:
    """Why it is not read, as far as its first bytes and their number tell."""
    if len(content) > MOST_BYTES:
        return "too_many_bytes"
    if KNOWN.match(content):
        return None
    if HEIC.match(content):
        return "heic"
    return "svg" if SVG.match(content[:4096]) else "no_picture"


def _on_white(image: "Image") -> "Image":
    """What is transparent is white, as on most pages."""
    from PIL import Image

    if "transparency" not in image.info and image.mode not in ("RGBA", "LA"):
        return image.convert("RGB")
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")


def as_jpeg(image: "Image", longest_side: int) -> bytes:
    """A small one for pages, without what else the file may hold."""
    image = image.copy()
    image.thumbnail((longest_side, longest_side))
    file = BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


def looks(image: "Image") -> str:
    """A perceptual hash of 256 bits, which copies share nearly: in which places it gets brighter to the right.

    Copies and the same picture with another text overlap (bench/pictures.py), so texts are read from each by itself.
    """
    from PIL import Image

    grey = np.asarray(image.convert("L").resize((GRID + 1, GRID), Image.Resampling.BOX), np.int16)
    return np.packbits(grey[:, 1:] > grey[:, :-1]).tobytes().hex()


def text_in(content: bytes) -> str:
    """The text on the picture of a file; raises SetAside, also where nothing can read pictures."""
    if not is_installed():
        raise SetAside(NOT_INSTALLED)
    return text_on(opened(content))


def text_on(image: "Image") -> str:
    """The lines that were read, from top to bottom, as one text; empty if there are none."""
    with _READING:
        lines = _reader()(np.asarray(image)[:, :, ::-1]).txts  # OpenCV has blue first
    return " ".join(" ".join(lines or ()).split())


@lru_cache(maxsize=1)
def _reader() -> Any:
    """On one thread: a worker a core is faster than a core's share of one worker."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # see models/scorer.py
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.text_score": SURE_ENOUGH,
            "Global.use_cls": False,  # text on pictures of posts is upright; turned text is read half as often anyway
            "Det.limit_type": "max",
            "Det.limit_side_len": LONGEST_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
