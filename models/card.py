"""A model's folder: its files and the card that says what they are, where they come from, how far to trust them.

A folder is written beside its place and renamed into it, and every file's hash stands in the card: a model
is whole or it is not there.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models import text
from models.labels import LABELS, UNDETERMINED, ModelError
from warehouse.files import DRAFT, sync, sync_tree

FORMAT = 2  # since a BiLSTM is given each word once
CARD = "card.json"


@contextmanager
def writing(folder: Path) -> Iterator[Path]:
    """A place to write a model's files; they appear as `folder` when the block ends well, else not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}{DRAFT}", dir=folder.parent))
    old = draft.with_name(draft.name + "-old")
    try:
        yield draft
        draft.chmod(0o755)
        sync_tree(draft)
        if folder.exists():
            os.replace(folder, old)
        os.replace(draft, folder)
        sync(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_card(folder: Path, kind: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Write the card of the files that lie in `folder`; the version names their content."""
    files = {path.name: file_hash(path) for path in sorted(folder.iterdir()) if path.is_file() and path.name != CARD}
    card = {
        "format": FORMAT,
        "version": _version(kind, files, facts),
        "kind": kind,
        "labels": list(LABELS),
        "text_rule": text.VERSION,
        **facts,
        "files": files,
    }
    (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return card


def read_card(folder: Path) -> dict[str, Any]:
    """The card of a model that can be used here; says which file is wrong where it cannot."""
    path = folder / CARD
    if not path.is_file():
        raise ModelError(f"{folder} is no model: it has no {CARD}. Name a folder that `toxwatch train` wrote.")
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _check_card(folder, card)
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is damaged ({error}). Restore the folder, or train the model again.") from error
    return card


def judged_languages(card: dict[str, Any]) -> tuple[str, ...]:
    """The languages in which the model's scores count; a text of which nobody can tell is in all of them."""
    return *expected_languages(card), UNDETERMINED


def expected_languages(card: dict[str, Any]) -> tuple[str, ...]:
    return tuple(card.get("judged", ("en",)))  # cards had no such list while all models were English


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(kind: str, files: dict[str, str], facts: dict[str, Any]) -> str:
    odds = [facts["odds"]] if "odds" in facts else []  # earlier models have none
    identity = json.dumps([files, facts.get("calibration"), facts.get("parts"), *odds], sort_keys=True)
    return f"{kind}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"


def _check_card(folder: Path, card: dict[str, Any]) -> None:
    if card["format"] != FORMAT:
        remedy = "update toxwatch" if card["format"] > FORMAT else "train it again"
        raise ModelError(f"{folder} has format {card['format']}, this toxwatch reads {FORMAT}: {remedy}.")
    if tuple(card["labels"]) != LABELS:
        raise ModelError(f"{folder} scores {', '.join(card['labels'])}, not {', '.join(LABELS)}: train it again.")
    if card["text_rule"] != text.VERSION:
        raise ModelError(
            f"{folder} learned text rule {card['text_rule']}, this toxwatch cleans by rule {text.VERSION}: "
            "train the model again with `toxwatch train`."
        )
    for name, expected in card["files"].items():
        path = folder / name
        if not path.is_file():
            raise ModelError(f"{path} is missing. Restore the folder, or train the model again.")
        if (found := file_hash(path)) != expected:
            raise ModelError(
                f"{path} is not the file that {CARD} names (sha256 {found[:12]}…, expected {expected[:12]}…). "
                "Restore the folder, or train the model again."
            )
    if card["version"] != (expected := _version(card["kind"], card["files"], card)):
        raise ModelError(
            f"{folder / CARD} was changed after training: it says {card['version']}, its content is {expected}. "
            "Restore the folder, or train the model again."
        )
