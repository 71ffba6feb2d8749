"""How fast `POST /ingest` answers: a real server, signed comments, one after another and four at once.

    python bench/ingest.py FOLDER [COMMENTS]        500 unless told

Every answer comes after the comment is on the disk.
"""

import json
import os
import secrets
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.history import make_history
from bench.serving import TEXTS, quantile, serving
from dashboard.ingest import SIGNATURE, TIMESTAMP, sign

HISTORY = 1000  # comments in the warehouse
LONGER = " and I have told you so before"
TARGETS = '[[communities]]\nplatform = "mine"\nhandle = "main"\n'


def main(folder: Path, comments: int) -> None:
    make_history(folder / "warehouse", HISTORY)
    (folder / "targets.toml").write_text(TARGETS)
    key = secrets.token_hex(32)
    os.environ |= {"TOXWATCH_INGEST_KEY": key, "TOXWATCH_TARGETS": str(folder / "targets.toml")}
    with serving(folder) as (address, _process, _started), httpx.Client(base_url=address) as client:
        for number in range(20):  # the first answers load the model and the rules
            answer(client, key, f"first-{number}", TEXTS[number % len(TEXTS)])
        for at_once in (1, 4):
            with ThreadPoolExecutor(at_once) as senders:
                texts = [TEXTS[number % len(TEXTS)] + LONGER * (number % 4) for number in range(comments)]
                ids = [f"{at_once}-{number}" for number in range(comments)]
                times = list(senders.map(lambda id, text: answer(client, key, id, text), ids, texts))
            half, most, nearly_all = (1000 * quantile(times, part) for part in (0.5, 0.95, 0.99))
            print(f"{comments} comments, {at_once} at once: {half:.1f} ms for half of them, {most:.1f} for 95 of 100, "
                  f"{nearly_all:.1f} for 99 of 100")  # fmt: skip


def answer(client: httpx.Client, key: str, id: str, text: str) -> float:
    body = json.dumps({"account": "mine/main", "comment_id": id, "text": text}).encode()
    timestamp = str(int(time.time()))
    headers = {TIMESTAMP: timestamp, SIGNATURE: sign(key, timestamp, body)}
    began = time.perf_counter()
    client.post("/ingest", content=body, headers=headers).raise_for_status()
    return time.perf_counter() - began


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500)
