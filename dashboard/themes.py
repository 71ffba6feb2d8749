"""What flagged comments say: those that mean much the same are one theme, in whatever words. Many are in none."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = dict[str, Any]
MOST_READ = 3000  # comments that themes are found in
LEAST, MOST = 5, 8  # comments of a theme that is shown, and themes
MOST_NAMES, LEAST_NAMED = 3, 1 / 3  # terms that name a theme, and the share of its comments that have each


def themes(rows: Sequence[Row], first: date, closest: float) -> list[Row]:
    """The largest themes of the period that begins on `first`; `rows`, oldest first, begin as long before."""
    if not rows:
        return []
    meanings = np.array([row["meaning"] for row in rows], np.float32)
    is_now = np.array([row["day"] >= first for row in rows])
    usual = Counter(term for row in rows for term in set(row["terms"] or ()))
    found = [_described(rows, center, members, is_now, usual) for center, members in grouped(meanings, closest)]
    return sorted((one for one in found if one["comments"] >= LEAST), key=lambda one: -one["comments"])[:MOST]


def grouped(meanings: NDArray[np.float32], closest: float) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """The centers of groups and their members: first the comment that most others are close to, with these."""
    directions = meanings / np.linalg.norm(meanings, axis=1, keepdims=True)
    near = directions @ directions.T >= closest
    is_left, likes = np.ones(len(near), bool), near.sum(axis=1)  # how many of those left each one is close to
    while likes.max() >= LEAST:
        center = int(likes.argmax())
        members = np.flatnonzero(near[center] & is_left)
        yield center, members
        is_left[members] = False
        likes = np.where(is_left, likes - near[:, members].sum(axis=1), 0)


def _described(
    rows: Sequence[Row], center: int, members: NDArray[np.int64], is_now: NDArray[np.bool_], usual: Counter[str]
) -> Row:
    now = members[is_now[members]]
    return {
        "terms": _names([rows[at] for at in members], usual, len(rows)),
        "comment": f"{rows[center]['day']}/{rows[center]['comment_id']}",
        "text": rows[center]["text"],
        "comments": len(now),
        "before": len(members) - len(now),
        "people": len({rows[at]["author_hash"] for at in now} - {None}),
        "flagged": int(is_now.sum()),
    }


def _names(rows: Sequence[Row], usual: Counter[str], of_all: int) -> list[str]:
    """The terms that it has most beyond their usual share: by share × log(share ÷ usual share)."""
    used = Counter(term for row in rows for term in set(row["terms"] or ()))
    weights = {
        term: count / len(rows) * np.log(count / len(rows) * of_all / usual[term])
        for term, count in used.items()
        if count >= max(2, LEAST_NAMED * len(rows))
    }
    best = sorted(weights, key=lambda term: (-weights[term], term))
    names: list[str] = []
    for term in best:
        if not any(set(term.split()) & set(name.split()) for name in names):
            names.append(term)
    return names[:MOST_NAMES]
