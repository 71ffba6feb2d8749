"""Pictures of the invented world: photographs without a word, harmless memes, and abusive ones."""

from io import BytesIO
from random import Random
from typing import Any

from jobs.standin.world import PHRASES

ADDRESS = "https://pictures.stand-in.invalid/pictures/"  # a name that exists nowhere; see jobs/collect/pictures.py
PHOTOGRAPHS = 20
SIZE = (480, 360)
MEMES: dict[str, list[str]] = PHRASES["memes"]


def of_post(key: int) -> str:
    """A photograph, or with every third post a meme."""
    number = key // 64
    if number % 3:
        return f"{ADDRESS}photograph-{number % PHOTOGRAPHS}.jpg?signed={key}"
    return f"{ADDRESS}harmless-{number % len(MEMES['harmless'])}.jpg?signed={key}"


def of_reaction(comment_id: str) -> str:
    return f"{ADDRESS}reactions-{int(comment_id) % len(MEMES['reactions'])}.gif"


def of_abuse(comment_id: str) -> str:
    return f"{ADDRESS}abusive-{int(comment_id) % len(MEMES['abusive'])}.jpg"


def drawn(name: str) -> bytes | None:
    """The file of "abusive-1.jpg", the same each time; None if there is none."""
    kind, _, number = name.rpartition(".")[0].partition("-")
    if not number.isdigit() or kind not in (*MEMES, "photograph"):
        return None
    image = _ground(Random(name))
    if kind in MEMES:
        _write(image, MEMES[kind][int(number) % len(MEMES[kind])])
    file = BytesIO()
    image.save(file, "GIF" if name.endswith(".gif") else "JPEG")
    return file.getvalue()


def _ground(chance: Random) -> Any:
    from PIL import Image, ImageFilter  # of the extra `pictures`

    cells = bytes(chance.choices(range(40, 200), k=6 * 5 * 3))
    image = Image.frombytes("RGB", (6, 5), cells).resize(SIZE, Image.Resampling.BICUBIC)
    return image.filter(ImageFilter.GaussianBlur(2))


def _write(image: Any, text: str) -> None:
    """In large outlined letters, half of the lines above and half below."""
    from PIL import ImageDraw, ImageFont

    pen, font = ImageDraw.Draw(image), ImageFont.load_default(34)
    for line, top in zip(text.replace(" ", "  ").split("  /  "), (16, SIZE[1] - 60), strict=False):
        left = (SIZE[0] - font.getlength(line)) / 2
        pen.text((left, top), line, "white", font, stroke_width=3, stroke_fill="black")
