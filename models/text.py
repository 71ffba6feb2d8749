"""The text rule: how a comment is written down before any model reads it.

`clean_text("Y0U are an 1D10T!!!! 🤡 &amp; &#x1F437;")` is `"YoU are an iDioT!! clown face & pig face"`.
Training, Spark and the API call this one function; a model says in its card which VERSION it learned.
"""

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

VERSION = "1"

MAX_ROUNDS = 6  # every round undoes one layer of disguise; honest text is settled after the first
SHORT_WORD = 7  # "sh!t" is a word, "great!thanks" are two
LAST_LATIN = "\u02af"

_LATIN = re.compile("[a-zA-Z]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u0300-\u036f\u0483-\u0489\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\uffff\ud800-\udfff\ue000-\uf8ff\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]+"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]+")
_NESTED_AMPERSAND = re.compile(r"&(?:(?:amp|#0{0,6}38|#[xX]0{0,6}26);)+")
_URL = re.compile(r"(?:https?://|www\.)\S*", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w.+\-@])[\w.+\-]+@[\w\-]+\.\w[\w.]*|(?<![\w@$])@+\w[\w.]*")
_SPACED_WORD = re.compile(r"\b(?<!['’])[^\W\d_]([ .\-_*~|])(?:[^\W\d_]\1)+[^\W\d_](?![\w'’])")
_REPEATED = re.compile(r"([^\d\s])\1\1+")
EMOJI = "©®\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"  # as a class of a regular expression has them
AS_PICTURE = "\ufe0f"  # after an old symbol: drawn as an emoji
_EMOJI = re.compile(f"([{EMOJI}])(?:\\s*\\1)*")
_OUTLINE = re.compile(r"\b(?:heavy|black|white|medium) ")  # of old symbols: how they are drawn, not what they mean
_DISGUISED = re.compile(r"(?<![\w@$!])[a-zA-Z0134578@$!]*[a-zA-Z$][0134578@$!]{1,3}[a-zA-Z][a-zA-Z0134578@$]*(?![\w@])")
_LEET_SIGN = re.compile(r"[0134578@$!]\w")
_LEET = str.maketrans("0134578@$!", "oieastbasi")

# Letters of other scripts that look like Latin ones, and letters drawn in boxes or small capitals.
_LOOKALIKES = dict(zip(map(ord, "асеорхуіјѕһԁԛԝӏвАВЕКМНОРСТУХІЈЅοαιρυνΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"),
                       "aceopxyijshdqwlbABEKMHOPCTYXIJSoaipuvABEZHIKMNOPTYX", strict=True))  # fmt: skip
_DRAWN = dict(zip(map(ord, "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢıɑɡɩ"), "abcdefghijklmnoprstuvwyziagi", strict=True)) | {
    start + i: chr(ord("a") + i) for start in (0x1F150, 0x1F170, 0x1F1E6) for i in range(26)
}


def clean_text(text: str) -> str:
    return _clean(text, _emoji_words)


def with_emoji(text: str, clean: str) -> str:
    """The clean text of a text, but with its emoji as they are, for whoever counts words."""
    return clean if text.isascii() or not _EMOJI.search(text) else _clean(text, _emoji_itself)


def _clean(text: str, read_emoji: Callable[[str], str]) -> str:
    for _ in range(MAX_ROUNDS):
        cleaned = _clean_once(text, read_emoji)
        if cleaned == text:
            break
        text = cleaned
    return text


def text_key(clean: str) -> str:
    """Equal for texts that every model reads alike."""
    return hashlib.blake2b(f"{VERSION}\n{clean.casefold()}".encode(), digest_size=8).hexdigest()


def _clean_once(text: str, read_emoji: Callable[[str], str]) -> str:
    if "&" in text:
        text = html.unescape(_NESTED_AMPERSAND.sub("&", text))
    if not text.isascii():
        text = _repair_unicode(text, read_emoji)
    text = _CONTROL.sub("", text)
    text = _SPACED_WORD.sub(_join_letters, text)
    if "://" in text or "ww." in text.lower():
        text = _URL.sub(" url ", text)
    if "@" in text:
        text = _MENTION.sub(" user ", text)
    if _LEET_SIGN.search(text):
        text = _DISGUISED.sub(_undo_leet, text)
    return " ".join(_REPEATED.sub(r"\1\1", text).split())


def _repair_unicode(text: str, read_emoji: Callable[[str], str]) -> str:
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_DRAWN))
    if _is_latin(text):
        text = text.translate(_LOOKALIKES)
    return _EMOJI.sub(lambda match: f" {read_emoji(match[1])} ", text)


def _is_latin(text: str) -> bool:
    """Latin letters, and no letter that only another alphabet has."""
    return _LATIN.search(text) is not None and not any(
        letter > LAST_LATIN and letter.isalpha() and ord(letter) not in _LOOKALIKES for letter in text
    )


@lru_cache(maxsize=4096)
def _emoji_words(emoji: str) -> str:
    name = unicodedata.name(emoji, "").lower().replace("-", " ")
    return name if emoji > "\uffff" else _OUTLINE.sub("", name)


def _emoji_itself(emoji: str) -> str:
    return emoji if emoji > "\uffff" else emoji + AS_PICTURE


def _join_letters(match: re.Match[str]) -> str:
    return match[0].replace(match[1], "")


def _undo_leet(match: re.Match[str]) -> str:
    word = match[0]
    if "!" in word and len(word) > SHORT_WORD:
        return word
    return word.translate(_LEET)
