"""The columns of a comment on its way through the lake, written once.

A platform module maps an item to MAPPED; validate replaces the author by a keyed hash (VALIDATED);
clean adds what the models read (CLEAN); score keeps the key, the six probabilities, who is attacked and the meaning
(SCORED), and once for every text (TEXTS).
"""

import pyarrow as pa

from models.labels import LABELS

INSTANT = pa.timestamp("us", tz="UTC")
NIGHT = pa.field("night", pa.date32())  # of a row, where rows of several nights lie together

_IDENTITY = [
    pa.field("comment_id", pa.string(), nullable=False),  # "instagram:18093536360613690"
    pa.field("platform", pa.string(), nullable=False),
    pa.field("account", pa.string(), nullable=False),
    pa.field("post_id", pa.string(), nullable=False),  # "instagram:DZ5T2XPllXv"
    pa.field("parent_id", pa.string()),  # the comment this one replies to
]
_CONTENT = [
    pa.field("text", pa.string(), nullable=False),  # "" where the comment is only a GIF or sticker
    pa.field("has_media", pa.bool_(), nullable=False),
    pa.field("posted_at", INSTANT, nullable=False),
    pa.field("likes", pa.int64()),
    pa.field("reply_count", pa.int64()),
]

DETAILS = [  # NULL if the source doesn't say
    pa.field("link", pa.string()),  # the comment's own address
    pa.field("is_verified", pa.bool_()),  # its author's account is
    pa.field("is_pinned", pa.bool_()),
    pa.field("is_edited", pa.bool_()),
    pa.field("is_liked_by_owner", pa.bool_()),  # by the account that was commented on
    pa.field("is_by_owner", pa.bool_()),
    pa.field("media", pa.list_(pa.string())),  # addresses of pictures
]

NAMED = pa.field("named", pa.string())  # whom it addresses with an @: "account" or "other"

MAPPED = pa.schema([*(f.with_nullable(True) for f in _IDENTITY), pa.field("author", pa.string()),
                    *(f.with_nullable(True) for f in _CONTENT), pa.field("author_id", pa.string()),
                    pa.field("mentions", pa.list_(pa.string())), NAMED, *DETAILS])  # fmt: skip
VALIDATED = pa.schema([*_IDENTITY, pa.field("author_hash", pa.string()), *_CONTENT,
                       pa.field("author_id_hash", pa.string()), pa.field("mention_hashes", pa.list_(pa.string())),
                       NAMED, *DETAILS])  # fmt: skip
PEOPLE = ("author_hash", "author_id_hash", "mention_hashes", "coauthor_hashes")  # wherever they are
REJECTED = pa.schema([*(f.with_nullable(True) for f in VALIDATED),
                      pa.field("reasons", pa.list_(pa.string()), nullable=False)])  # fmt: skip
CLEAN = pa.schema([
    pa.field("comment_id", pa.string(), nullable=False),
    pa.field("account", pa.string(), nullable=False),
    pa.field("clean_text", pa.string(), nullable=False),
    pa.field("language", pa.string(), nullable=False),  # ISO 639-1, "und" where it cannot be told
    pa.field("text_key", pa.string(), nullable=False),  # equal texts share it
    pa.field("terms", pa.list_(pa.string())),  # its words and pairs of words; NULL where Spark NLP was missing
    pa.field("listed", pa.list_(pa.string())),  # phrases of the lexicon in it
    pa.field("sketch", pa.string()),  # of which near copies share most digits; NULL without letters
    pa.field("spam", pa.float32()),  # probability that it is an advert, a scam or a call to follow, in any language
])  # fmt: skip
SCORED = pa.schema([
    pa.field("comment_id", pa.string(), nullable=False),
    pa.field("text_key", pa.string(), nullable=False),
    pa.field("language", pa.string(), nullable=False),
    *(pa.field(label, pa.float32()) for label in LABELS),  # NULL in a language that the model was not judged in
    pa.field("attacked", pa.string()),  # one of WHO, the likeliest; NULL where the model has no such head
    pa.field("meaning", pa.list_(pa.int8())),  # of a flagged comment: close to that of similar ones
])  # fmt: skip
TEXTS = pa.schema([SCORED.field("text_key"), *(SCORED.field(label).with_nullable(False) for label in LABELS),
                   SCORED.field("attacked"), SCORED.field("meaning")])  # fmt: skip

POSTS = pa.schema([
    pa.field("post_id", pa.string(), nullable=False),
    pa.field("platform", pa.string(), nullable=False),
    pa.field("account", pa.string(), nullable=False),
    pa.field("url", pa.string(), nullable=False),
    pa.field("caption", pa.string()),
    pa.field("posted_at", INSTANT),
    pa.field("likes", pa.int64()),
    pa.field("comment_count", pa.int64()),  # what the platform says it has, replies included
    pa.field("coauthor_hashes", pa.list_(pa.string())),
    pa.field("media", pa.list_(pa.string())),  # addresses of its pictures
])  # fmt: skip
PICTURES = pa.schema([  # where a picture is shown; its content is in the row that it was first fetched for
    pa.field("comment_id", pa.string()),  # NULL of a post's own
    pa.field("platform", pa.string(), nullable=False),
    pa.field("account", pa.string(), nullable=False),
    pa.field("post_id", pa.string(), nullable=False),
    pa.field("address", pa.string()),
    pa.field("picture_id", pa.string()),  # SHA-256 of its content; NULL if it was not fetched
    pa.field("reason", pa.string()),  # why it has no text: not fetched, or set aside
    pa.field("width", pa.int32()),
    pa.field("height", pa.int32()),
    pa.field("looks", pa.string()),  # perceptual hash, which copies share nearly
    pa.field("text", pa.string()),  # as it was read; "" where there is none
    pa.field("clean_text", pa.string()),
    pa.field("language", pa.string()),
    pa.field("text_key", pa.string()),
    pa.field("content", pa.binary()),  # the file
])  # fmt: skip
INGEST_ERRORS = pa.schema([
    pa.field("platform", pa.string(), nullable=False),
    pa.field("account", pa.string(), nullable=False),
    pa.field("input_url", pa.string()),
    pa.field("error", pa.string(), nullable=False),  # "no_items", "not_found", "run_timed_out", ...
    pa.field("description", pa.string()),
    pa.field("is_retryable", pa.bool_(), nullable=False),
])  # fmt: skip
QUALITY = pa.schema([
    pa.field("expectation", pa.string(), nullable=False),
    pa.field("column_name", pa.string()),
    pa.field("level", pa.string(), nullable=False),  # "warn" or "fail"
    pa.field("is_met", pa.bool_(), nullable=False),
    pa.field("observed", pa.string()),
    pa.field("unexpected_count", pa.int64()),
])  # fmt: skip
RUNS = pa.schema([
    pa.field("run_id", pa.string(), nullable=False),
    pa.field("platform", pa.string(), nullable=False),
    pa.field("account", pa.string(), nullable=False),
    pa.field("actor", pa.string(), nullable=False),
    pa.field("status", pa.string(), nullable=False),
    pa.field("items", pa.int64(), nullable=False),
    pa.field("cost_usd", pa.float64(), nullable=False),
])  # fmt: skip
FIGURES = pa.schema([
    pa.field("platform", pa.string()),
    pa.field("account", pa.string()),
    pa.field("figure", pa.string()),  # "share", "flagged", "coverage", ...
    pa.field("label", pa.string()),
    pa.field("value", pa.float64()),
])  # fmt: skip
