"""How many texts a model need not read again, by how long it remembers them.

    python bench/remembered.py FILE.parquet [COLUMN]       real comments, one a row

The comments are dealt out over 365 nights in their order; equal texts are those with the same text key.
"""

import sys
from pathlib import Path

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from models.text import clean_text, text_key

NIGHTS = 365
WINDOWS = (1, 7, 28, 91, NIGHTS)


def main(file: Path, column: str) -> None:
    texts = [clean_text(text or "") for text in pq.read_table(file, columns=[column])[column].to_pylist()]
    keys = [text_key(text) for text in texts if text]
    nights = [set(keys[len(keys) * at // NIGHTS : len(keys) * (at + 1) // NIGHTS]) for at in range(NIGHTS)]
    print(f"{len(keys):,} comments, {len(set(keys)):,} different texts\n")
    print("| nights remembered | texts of the last 91 nights that are not read again |\n| --- | --- |")
    for window in WINDOWS:
        known = total = 0
        for at in range(NIGHTS - 91, NIGHTS):
            before = set().union(*nights[max(0, at - window) : at])
            known, total = known + len(nights[at] & before), total + len(nights[at])
        print(f"| {window} | {known / total:.1%} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "text")
