"""Takes the pictures of README and docs, and every page in both themes and three widths on one contact sheet.

`make screenshots`, after `make demo`. The sheet is build/screenshots/index.html, for people to look at.
"""

import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from html import escape
from itertools import product
from pathlib import Path
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from jobs.config.settings import TOXWATCH, installed_chromium
from warehouse.reader import Warehouse

ROOT = Path(__file__).resolve().parent.parent
WHOLE = 0  # the height of a picture that shows all of its page
PICTURES = {
    "overview": ("/", "light", 1850),
    "account": ("/account?account=instagram%2Fharbour_fc&days=14", "dark", 2050),
    "comments": ("/comments?flag=insult&days=14", "light", 860),
    "numbers": ("/numbers", "light", WHOLE),
}
PAGES = (
    "/", "/?account=%23sport", "/account", "/crowds", "/compare", "/compare?periods=4",
    "/comments", "/review", "/quality", "/numbers", "/try", "/views", "/audit",
    "/settings", "/settings/start", "/settings/nights", "/settings/clients", "/settings/flags", "/settings/words",
    "/settings/alerts", "/settings/people", "/settings/models", "/nowhere",
)  # fmt: skip
THEMES, WIDTHS = ("light", "dark"), (390, 768, 1440)
SHEET = ROOT / "build" / "screenshots"
COLOURS = 256  # of the pictures of README and docs: half as large; with fewer, two severities become one
# The post with most pictures, and the newest comment that came with one.
WITH_PICTURES = """
    (SELECT '/post?post=' || post_id FROM pictures GROUP BY post_id ORDER BY count(*) DESC, post_id LIMIT 1)
    UNION ALL
    (SELECT '/comments?comment=' || posted_at::DATE || '/' || comment_id
    FROM pictures JOIN comments USING (comment_id) ORDER BY posted_at DESC, comment_id LIMIT 1)
"""


def main() -> None:
    data_dir = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "data")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen([TOXWATCH, "serve", "--port", str(port), "--data-dir", data_dir]) as server:
        try:
            wait_for(f"{address}/healthz")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=installed_chromium(), args=["--no-sandbox"])
                for name, (place, theme, height) in PICTURES.items():
                    path = ROOT / "docs" / "images" / f"{name}.png"
                    take(browser, address + place, theme, 1280, path, height)
                    Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)
                found = Warehouse(Path(data_dir) / "warehouse").query(WITH_PICTURES)
                contact_sheet(browser, address, [*PAGES, *(place for (place,) in found)])
                browser.close()
        finally:
            server.terminate()


def wait_for(address: str) -> None:
    for _ in range(600):
        with suppress(OSError):
            urlopen(address).close()
            return
        time.sleep(0.1)
    raise SystemExit(f"{address} does not answer.")


def take(browser: Browser, address: str, theme: str, width: int, path: Path, height: int = WHOLE) -> None:
    page = browser.new_page(viewport={"width": width, "height": height or 860}, color_scheme=theme)  # type: ignore[arg-type]
    page.goto(address)
    page.locator("h1").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.locator(".ag-row-loading, [data-dash-is-loading]").first.wait_for(state="detached")
    page.wait_for_timeout(500)
    page.screenshot(path=path, full_page=height == WHOLE)
    page.close()
    print(path.relative_to(ROOT))


def contact_sheet(browser: Browser, server: str, pages: list[str]) -> None:
    SHEET.mkdir(parents=True, exist_ok=True)
    figures = []
    for page, theme, width in product(pages, THEMES, WIDTHS):
        path = SHEET / f"{re.sub(r'[^a-z0-9]+', '-', page).strip('-') or 'home'}-{theme}-{width}.png"
        take(browser, server + page, theme, width, path)
        figures.append(
            f'<figure><a href="{path.name}"><img src="{path.name}" width="{width // 4}"></a>'
            f"<figcaption>{escape(page)}, {theme}, {width}</figcaption></figure>"
        )
    style = "body {display: flex; flex-wrap: wrap; align-items: start; font: 12px sans-serif} figure {margin: 8px}"
    (SHEET / "index.html").write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{''.join(figures)}")
    print((SHEET / "index.html").relative_to(ROOT))


if __name__ == "__main__":
    main()
