"""Takes the README's pictures: `make screenshots`, after `make demo`."""

import os
import sys
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import sync_playwright

from dashboard.app import create
from jobs.ask.score_file import score_upload

ROOT = Path(__file__).resolve().parent.parent
PICTURES = {
    "overview": ("/", "light"),
    "account": ("/account?account=instagram%2Fharbour_fc&days=14", "dark"),
    "comments": ("/comments?flag=insult&days=14", "light"),
}
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


def main() -> None:
    warehouse = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "data") / "warehouse"
    application = create(warehouse, lambda: ROOT / "models" / "shipped" / "cascade", score_upload)
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, (address, theme) in PICTURES.items():
            page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme=theme)  # type: ignore[arg-type]
            page.goto(f"http://127.0.0.1:{port}{address}")
            page.locator(".js-plotly-plot .main-svg, .ag-cell").first.wait_for()
            page.wait_for_timeout(1000)
            page.screenshot(path=ROOT / "docs" / "images" / f"{name}.png")
            print(f"docs/images/{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
