"""What the dashboard costs: until it can be seen, with twenty people clicking, and how much text `/predict` reads.

    python bench/serving.py FOLDER [COMMENTS]        10 million unless told: they need 8 GB and half an hour

A folder that is there from before is used as it is, and stays.

A real server over a warehouse of invented comments, a real Chromium, real requests.
"""

import platform
import random
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.history import ACCOUNTS, CLIENTS, make_history, timed
from jobs.config.settings import installed_chromium

PEOPLE, CLICKS = 20, 10  # each of them, a second or so of reading between two
READING_SECONDS = (0.5, 1.5)
EVERY_ACCOUNT, EVERY_CLIENT = (
    [f"instagram/account{n}" for n in range(ACCOUNTS)],
    [f"#client{n}" for n in range(CLIENTS)],
)
ADDRESSES = {
    "overview": "/",
    "client": "/",
    "account": "/account",
    "compare": "/compare",
    "comments": "/comments",
    "quality": "/quality",
}
Property = tuple[str, str, Any]  # of a component: its ID, the property's name and value
SHOWN = "page.children", "nav.children", "lower.children", "lower-of.data"  # what a change of the address changes
LOWER = f"lower.children@{sha256(b'lower-of.data').hexdigest()}"  # as Dash names what more than one callback changes
START_SECONDS = 20  # until the server has drawn pages ahead
NOTICES = """
window.seen = {};
new PerformanceObserver(list => { seen.words ??= list.getEntries()[0].renderTime / 1000; }).observe({type: 'element'});
new MutationObserver(() => {
    document.querySelector('h1, #first .title')?.setAttribute('elementtiming', 'words');
    if ('chart' in seen || !document.querySelector('.js-plotly-plot .main-svg, .ag-cell')) return;
    seen.chart = 0;
    requestAnimationFrame(() => setTimeout(() => { seen.chart = performance.now() / 1000; })); // once it is painted
}).observe(document, {childList: true, subtree: true});
"""
PROGRAMS, CALLS = 8, 40
TEXTS = [
    "what a picture",
    "you are an idiot",
    "first",
    "nobody asked you, go back to where you came from",
    "love this ❤️",
]


def main(folder: Path, comments: int) -> None:
    data = folder / f"{comments}"
    made = 0.0 if data.exists() else timed(lambda: make_history(data / "warehouse", comments))
    print(f"{platform.processor() or platform.machine()}; {comments:,} comments, made in {made:.0f} s\n")
    with serving(data) as (address, process, started):
        print(f"answers after {started:.1f} s; memory {memory(process):,.0f} MB")
        for name, (words, chart) in first_paint(address).items():
            print(f"{name}: words are seen after {words:.2f} s, a chart or row after {chart:.2f} s")
        print_clicks(clicked(address))
        for size in (1, 32):
            print_predictions(address, size)
        print(f"memory {memory(process):,.0f} MB")
    if made:
        shutil.rmtree(data)


@contextmanager
def serving(data: Path) -> Iterator[tuple[str, subprocess.Popen[bytes], float]]:
    """As `toxwatch serve` does: its address, its process, and the seconds until it answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("toxwatch")), "serve", "--port", str(port), "--data-dir", str(data)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                httpx.get(f"{address}/healthz").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield address, process, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def memory(process: subprocess.Popen[bytes]) -> float:
    """Of the process, in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def first_paint(address: str) -> dict[str, tuple[float, float]]:
    """Seconds from asking for a page until its words, and its first chart or row, are on a new browser's screen."""
    seen = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_chromium(), args=["--no-sandbox"])
        time.sleep(START_SECONDS)
        for name in ("overview", "account", "comments"):
            page = browser.new_context().new_page()
            page.add_init_script(NOTICES)
            time.sleep(1)  # for its process
            page.goto(address + ADDRESSES[name])
            while not all((found := page.evaluate("seen")).get(what) for what in ("words", "chart")):
                page.wait_for_timeout(100)
            seen[name] = found["words"], found["chart"]
            page.context.close()
        browser.close()
    return seen


def clicked(address: str) -> dict[str, list[list[float]]]:
    """Seconds of the requests that each click on a page takes, while all people click."""
    clicks: dict[str, list[list[float]]] = {name: [] for name in ADDRESSES}
    lock = threading.Lock()

    def visit(person: int) -> None:
        chance = random.Random(person)
        with httpx.Client(base_url=address, timeout=60) as client:
            for _ in range(CLICKS):
                time.sleep(chance.uniform(*READING_SECONDS))
                name = chance.choice(list(ADDRESSES))
                whose = chance.choice(EVERY_CLIENT if name == "client" else EVERY_ACCOUNT)
                search = f"?{urlencode({'account': whose, 'days': chance.choice([1, 7, 28])})}"
                answers = ask_page(client, ADDRESSES[name], search)
                with lock:
                    clicks[name].append([answer.elapsed.total_seconds() for answer in answers])

    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(visit, range(PEOPLE)))
    return clicks


def print_clicks(clicks: dict[str, list[list[float]]]) -> None:
    """A long page takes two requests, and is whole after both."""
    print(f"\n{PEOPLE} people, {CLICKS} clicks each; milliseconds, median and 95 of 100")
    print(f"{'page':10} {'requests':>14} {'whole pages':>14}")
    everything = {**clicks, "all": [one for some in clicks.values() for one in some]}
    for name, found in everything.items():
        kinds = [seconds for one in found for seconds in one], [sum(one) for one in found]
        figures = [1000 * figure for times in kinds for figure in (statistics.median(times), quantile(times, 0.95))]
        print(f"{name:10} " + " ".join(f"{figure:7.0f}" for figure in figures))


def ask_page(client: httpx.Client, path: str, search: str) -> list[httpx.Response]:
    """What the browser asks when the address changes: the page, then its lower part if it has one."""
    url = ("url", "pathname", path), ("url", "search", search)
    page = ask(client, SHOWN, url, [("lower-of", "data", None)])
    if not (of := page.json()["response"].get("lower-of", {}).get("data")):
        return [page]
    return [page, ask(client, [LOWER], [("lower-of", "data", of)], [])]


def ask(
    client: httpx.Client, outputs: Sequence[str], inputs: Sequence[Property], state: Sequence[Property]
) -> httpx.Response:
    """As Dash's own script asks."""
    named = [dict(zip(("id", "property"), output.split("."), strict=True)) for output in outputs]
    several = len(outputs) > 1
    given = [[dict(zip(("id", "property", "value"), one, strict=True)) for one in some] for some in (inputs, state)]
    asked = {"output": f"..{'...'.join(outputs)}.." if several else outputs[0],
             "outputs": named if several else named[0], "inputs": given[0], "state": given[1],
             "changedPropIds": [f"{id}.{name}" for id, name, _ in inputs]}  # fmt: skip
    return client.post("/_dash-update-component", json=asked).raise_for_status()


def print_predictions(address: str, size: int) -> None:
    """Requests of so many texts each, all different, from several programs at once."""

    def call(number: int) -> float:
        chance = random.Random(number)
        inputs = [f"{chance.choice(TEXTS)} {chance.choice(TEXTS)} {number} {n}" for n in range(size)]
        client = clients[number % PROGRAMS]
        return timed(lambda: client.post("/predict", json={"inputs": inputs}).raise_for_status())

    clients = [httpx.Client(base_url=address, timeout=60) for _ in range(PROGRAMS)]
    with ThreadPoolExecutor(PROGRAMS) as pool:
        times: list[float] = []
        total = timed(lambda: times.extend(pool.map(call, range(PROGRAMS * CALLS))))
    print(
        f"/predict, {size} texts a request, {PROGRAMS} programs: {len(times) / total:.0f} requests and "
        f"{size * len(times) / total:.0f} texts a second, median {1000 * statistics.median(times):.0f} ms, "
        f"99 of 100 under {1000 * quantile(times, 0.99):.0f} ms"
    )


def quantile(times: list[float], part: float) -> float:
    return sorted(times)[int(part * (len(times) - 1))]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000)
