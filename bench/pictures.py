"""How well the text on pictures is read: character errors, pictures a second, and what errors cost the scores.

    python bench/pictures.py DATA [--kept | --languages] [--fonts FOLDER]...

DATA holds hateful_memes_text.parquet and memotion_text.parquet, which are for evaluation only. Their texts are drawn
here onto what resembles photographs, as memes, captions and posts are, and saved as JPEG. Eighty are kept aside and
drawn with --kept alone. The product reads with RapidOCR; Tesseract is compared where it is installed.
"""

import argparse
import hashlib
import resource
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFilter, ImageFont

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from models import pictures

KEPT = 40  # of each class: hateful and not
SHOWN = 160  # of each source, of those that are not kept aside
LONGEST = 220  # characters; longer texts are articles
OF_LANGUAGE = 24  # pictures
LANGUAGES = {"de": "germeval2018", "es": "hateval2019", "fr": "cyberagressionado_fr", "it": "haspeede2018",
             "pt": "told_br", "tr": "offenseval_tr", "pl": "poleval2019_pl", "id": "id_multilabel",
             "ru": "russe_detox_ru", "ar": "osact4_ar"}  # fmt: skip
FONTS = ("/usr/share/fonts", "/usr/local/share/fonts")
SIZES = ((640, 480), (480, 600), (800, 600), (500, 500), (1080, 1080), (400, 300))
QUALITIES = (35, 50, 65, 75, 85, 92)
INK = ("white", "white", "white", "yellow", "black", "#ff4040", "#40ffd0")
COPIES = ((0.75, 60), (1.0, 30), (0.5, 75), (1.3, 85))  # how a copy is resized, and its quality


@dataclass(frozen=True)
class Meme:
    text: str
    is_hateful: bool | None
    content: bytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--kept", action="store_true", help="the eighty that were kept aside")
    parser.add_argument("--fonts", action="append", default=[*FONTS])
    parser.add_argument("--languages", action="store_true", help="characters wrong by language instead")
    options = parser.parse_args()
    if options.languages:
        by_language(options.data)
        return
    fonts = sorted(
        path for folder in options.fonts for path in Path(folder).rglob("*") if path.suffix in (".ttf", ".otf")
    )
    fonts = [path for path in fonts if can_write(path)]
    memes = [draw(text, label, fonts) for text, label in (kept if options.kept else others)(options.data)]
    print(f"{len(memes)} pictures, {len(fonts)} fonts, {sum(len(one.content) for one in memes) / 2**20:.1f} MB\n")
    print("| engine | characters wrong | pictures read whole | pictures a CPU second | AUC | of the true texts |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, read in engines().items():
        read(memes[0].content)
        before = cpu_seconds()
        found = [read(one.content) for one in memes]
        seconds = cpu_seconds() - before
        errors = [character_errors(one.text, text) for one, text in zip(memes, found, strict=True)]
        whole = np.mean([error == 0 for error in errors])
        rate = sum(e * len(plain(m.text)) for e, m in zip(errors, memes, strict=True)) / sum(
            len(plain(one.text)) for one in memes
        )
        judged = [i for i, one in enumerate(memes) if one.is_hateful is not None]
        by_found = auc(memes, judged, [found[i] for i in judged])
        by_truth = auc(memes, judged, [memes[i].text for i in judged])
        print(f"| {name} | {rate:.3f} | {whole:.0%} | {len(memes) / seconds:.1f} | {by_found:.3f} | {by_truth:.3f} |")
    print(f"\n{copies(memes)}")


def by_language(data: Path) -> None:
    """Short comments of other languages, drawn in the same ways with DejaVu Sans, which has their letters."""
    font = Path(str(ImageFont.truetype("DejaVuSans.ttf", 10).path))
    print("| language | characters wrong |\n| --- | --- |")
    for language, name in LANGUAGES.items():
        rows = pd.read_parquet(data / f"{name}.parquet")
        texts = sorted(text for text in rows[rows.lang == language].text if 20 < len(text) < 120 and is_plain(text))
        chosen = Random(language).sample(texts, OF_LANGUAGE)
        wrong = [character_errors(text, read(draw(text, None, [font]).content)) for text in chosen]
        print(f"| {language} | {np.mean(wrong):.3f} |", flush=True)


def is_plain(text: str) -> bool:
    """Letters, digits and punctuation of one alphabet, which the font has."""
    return text.isprintable() and max(text) < "\u0700" and not set(text) & set("@#/<>_")


def kept(data: Path) -> list[tuple[str, bool]]:
    """The same each time: by the hash of their numbers."""
    rows = hateful_memes(data)
    return [(text, bool(label)) for label in (0, 1) for text in rows[rows.label == label].text.head(KEPT)]


def others(data: Path) -> list[tuple[str, bool | None]]:
    """Of both sources; of Memotion's a text is hateful or not only where its label says so plainly."""
    rows = hateful_memes(data)
    first = [
        (text, bool(label))
        for label in (0, 1)
        for text in rows[rows.label == label].text.iloc[KEPT : KEPT + SHOWN // 2]
    ]
    second = readable(pd.read_parquet(data / "memotion_text.parquet").rename(columns={"Image_name": "image_id"}))
    plain_labels = {"not_offensive": False, "hateful_offensive": True}
    return [*first, *((row.text, plain_labels.get(row.Offensive)) for row in second.head(SHOWN).itertuples())]


def hateful_memes(data: Path) -> pd.DataFrame:
    return readable(pd.read_parquet(data / "hateful_memes_text.parquet"))


def readable(rows: pd.DataFrame) -> pd.DataFrame:
    """Texts that can be drawn, in the order of a hash."""
    rows = rows[rows.text.str.len().between(8, LONGEST)].drop_duplicates("text")
    rows = rows[[text.isprintable() and max(text) < "\u0250" for text in rows.text]]
    return rows.iloc[np.argsort([hashlib.sha256(str(id).encode()).hexdigest() for id in rows.image_id])]


def draw(text: str, is_hateful: bool | None, fonts: Sequence[Path]) -> Meme:
    """As people do: large letters with an outline above and below, a caption on a bar, a post on one colour."""
    chance = Random(text)
    width, height = chance.choice(SIZES)
    style = chance.choice(("meme", "meme", "bar", "post", "plain"))
    shown = text.upper() if style == "meme" and chance.random() < 0.7 else text
    image = ground(chance, width, height) if style != "post" else Image.new("RGB", (width, height), _pale(chance))
    font = chance.choice(fonts)
    pen = ImageDraw.Draw(image)
    if style == "meme":
        words = shown.split()
        half = len(words) if len(words) < 6 else len(words) // 2
        _write(pen, words[:half], font, (0.02, 0.30), image.size, "white", "black")
        _write(pen, words[half:], font, (0.68, 0.97), image.size, "white", "black")
    elif style == "bar":
        pen.rectangle((0, 0, width, height * 0.32), fill="white")
        _write(pen, shown.split(), font, (0.02, 0.30), image.size, "black", None)
    elif style == "post":
        _write(pen, shown.split(), font, (0.1, 0.7), image.size, "#202020", None)
    else:
        _write(pen, shown.split(), font, (0.25, 0.75), image.size, chance.choice(INK), None)
    file = BytesIO()
    image.save(file, "JPEG", quality=chance.choice(QUALITIES))
    return Meme(text, is_hateful, file.getvalue())


def ground(chance: Random, width: int, height: int) -> Image.Image:
    """Like a photograph out of focus: noise of several sizes, shapes, and grain."""
    random = np.random.default_rng(chance.randrange(2**32))
    layers = np.zeros((height, width, 3))
    for cells in (2, 4, 9, 20, 60):
        noise = random.integers(0, 256, (cells, cells, 3), np.uint8)
        layer = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
        layers += np.asarray(layer, float) / (cells**0.6)
    layers = 255 * (layers - layers.min()) / np.ptp(layers) * chance.uniform(0.5, 0.9)
    image = Image.fromarray(layers.astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for _ in range(chance.randint(2, 12)):
        x, y, size = chance.randrange(width), chance.randrange(height), chance.randint(20, width // 3)
        shape = chance.choice((pen.ellipse, pen.rectangle))
        shape((x, y, x + size, y + size * chance.uniform(0.3, 1.5)), fill=tuple(chance.choices(range(220), k=3)))
    image = image.filter(ImageFilter.GaussianBlur(chance.uniform(0.5, 3)))
    grain = random.normal(0, chance.uniform(2, 14), (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))


def _pale(chance: Random) -> tuple[int, ...]:
    return tuple(chance.choices(range(200, 256), k=3))


def _write(
    pen: ImageDraw.ImageDraw, words: Sequence[str], path: Path, band: tuple[float, float], size: tuple[int, int],
    ink: str, outline: str | None,
) -> None:  # fmt: skip
    """As large as fits the band, in the middle of each line."""
    width, height = size
    top, room = band[0] * height, (band[1] - band[0]) * height
    for points in range(width // 9, 9, -2):
        font = ImageFont.truetype(path, points)
        lines = list(wrapped(words, font, width * 0.94))
        if lines and len(lines) * points * 1.25 <= room and all(font.getlength(line) <= width * 0.94 for line in lines):
            break
    for number, line in enumerate(lines):
        at = ((width - font.getlength(line)) / 2, top + number * points * 1.25)
        pen.text(at, line, ink, font, stroke_width=max(1, points // 14) if outline else 0, stroke_fill=outline)


def wrapped(words: Sequence[str], font: ImageFont.FreeTypeFont, width: float) -> Iterator[str]:
    line = ""
    for word in words:
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            yield line
            line = word
        else:
            line = longer
    if line:
        yield line


def can_write(path: Path) -> bool:
    """Whether a font has letters, and not symbols in their places."""
    font = ImageFont.truetype(path, 20)
    return "math" not in path.name.lower() and all(
        font.getmask(one).getbbox() != font.getmask("\ue000").getbbox() for one in "Aag5?"
    )


def engines() -> dict[str, Callable[[bytes], str]]:
    found: dict[str, Callable[[bytes], str]] = {"RapidOCR": read}
    if shutil.which("tesseract"):
        found |= {f"Tesseract, mode {mode}": partial(by_tesseract, mode) for mode in ("3", "11")}
    return found


def read(content: bytes) -> str:
    return pictures.text_on(pictures.opened(content))


def by_tesseract(mode: str, content: bytes) -> str:
    command = ["tesseract", "-", "-", "--psm", mode]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode()


def cpu_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def plain(text: str) -> str:
    """Without case, which memes set as they like, and with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def character_errors(truth: str, found: str) -> float:
    """Changed, missing and added characters for each true one."""
    a, b = plain(truth), plain(found)
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, start=1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1] / len(a)


def auc(memes: Sequence[Meme], judged: Sequence[int], texts: Sequence[str]) -> float:
    from sklearn.metrics import roc_auc_score

    from models import scorer
    from models.text import clean_text

    model = scorer.load(Path(__file__).resolve().parent.parent / "models/shipped/cascade")
    cleaned = [clean_text(text) for text in texts]
    toxic = model.scores(cleaned, ["en"] * len(cleaned))[:, model.labels.index("toxic")]
    return float(roc_auc_score([memes[i].is_hateful for i in judged], toxic))


def copies(memes: Sequence[Meme]) -> str:
    """How far apart the looks of copies are, and of the same picture with another text."""
    near, far = [], []
    for number, one in enumerate(memes):
        image = pictures.opened(one.content)
        own = pictures.looks(image)
        near += [apart(own, pictures.looks(pictures.opened(saved_again(image, *how)))) for how in COPIES]
        other = memes[(number + 1) % len(memes)]
        far.append(apart(own, pictures.looks(retitled(image, other.text))))
    return (
        f"Copies differ in up to {np.percentile(near, 99):.0f} of 256 bits (99 of 100), the same picture with another "
        f"text in at least {np.percentile(far, 1):.0f}."
    )


def saved_again(image: Image.Image, scale: float, quality: int) -> bytes:
    file = BytesIO()
    image.resize((int(image.width * scale), int(image.height * scale))).save(file, "JPEG", quality=quality)
    return file.getvalue()


def retitled(image: Image.Image, text: str) -> Image.Image:
    """Another text where memes have theirs."""
    image = image.copy()
    pen = ImageDraw.Draw(image)
    _write(pen, text.upper().split(), Path("DejaVuSans-Bold.ttf"), (0.02, 0.30), image.size, "white", "black")
    return image


def apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


if __name__ == "__main__":
    main()
