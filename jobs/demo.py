"""Two weeks of invented accounts, through the real pipeline, against the built-in stand-in for Apify."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from jobs import nightly, standin
from jobs.settings import Settings


def run(data_dir: Path | None, last: date, nights: int, serve: bool) -> None:
    with standin.serving() as server:
        settings = replace(
            Settings.load(data_dir),
            targets_file=standin.TARGETS,
            apify_url=server.url,
            apify_token=server.token,
        )
        nightly.run(settings, [last - timedelta(days=day) for day in reversed(range(nights))])
