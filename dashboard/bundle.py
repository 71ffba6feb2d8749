"""The part of Plotly that our charts need, in place of the whole, which takes a browser three times as long to read.

`assets/plotly-cartesian.min.js` has the version that Plotly for Python brings.
"""

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse

PACKAGE = "plotly.js-cartesian-dist-min"  # of npm
FILE = Path(__file__).parent / "assets" / "plotly-cartesian.min.js"
SECONDS_KEPT = 31_536_000  # by a browser: the address names the version


def add(server: FastAPI) -> None:
    """Answers where Dash would give the whole; before Dash has its own routes."""

    @server.get("/_dash-component-suites/plotly/package_data/{file}", include_in_schema=False)
    def bundle() -> FileResponse:
        kept = {"Cache-Control": f"public, max-age={SECONDS_KEPT}"}
        return FileResponse(FILE, media_type="text/javascript", headers=kept)


def version(file: Path = FILE) -> str:
    """As the first lines of the file say."""
    with file.open(encoding="utf-8") as lines:
        head = "".join(next(lines) for _ in range(2))
    return head.strip().rpartition(" v")[2]
