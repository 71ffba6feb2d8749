"""The demo: two weeks of invented accounts through the real pipeline, with the built-in stand-in for Apify.

The dashboard opens after the first night and fills while the others run.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console

from jobs import nightly, standin
from jobs.ask import sql
from jobs.config.settings import Settings
from jobs.schedule.standalone import require_free
from jobs.spark.jvm import expect_short_run
from jobs.standin.world import World
from warehouse import build, queries
from warehouse.reader import Warehouse

TRUTH = build.SQL / "demo" / "truth.sql"
OLDEST = timedelta(days=60)  # before the last night: no demo comment is older
SHOWN = ("accounts", "worst_days", "categories")


def run(data_dir: Path | None, last: date, nights: int, port: int | None) -> None:
    """Runs the nights, then prints results and where to look next. With a port it serves until Ctrl-C."""
    if port:
        require_free(port)
    expect_short_run()
    with ExitStack() as running:
        server = running.enter_context(standin.serving())
        settings = replace(
            Settings.load(data_dir),
            targets_file=standin.TARGETS,
            apify_url=server.url,
            apify_token=server.token,
            apify_settles_seconds=0.0,
        )
        first, *others = [last - timedelta(days=day) for day in reversed(range(nights))]
        nightly.run(settings, [first])
        dashboard = running.enter_context(_dashboard(settings, port)) if port else None
        nightly.run(settings, others)
        out = Console(highlight=False, soft_wrap=True)
        _show(settings, out)
        _compare(settings, server.world, last, out)
        _point_on(settings, out)
        if dashboard:
            dashboard.wait()


@contextmanager
def _dashboard(settings: Settings, port: int) -> Iterator[subprocess.Popen[bytes]]:
    toxwatch = str(Path(sys.executable).with_name("toxwatch"))
    serve = [toxwatch, "serve", "--port", str(port), "--data-dir", str(settings.data_dir)]
    with subprocess.Popen(serve) as process:
        try:
            yield process
        finally:
            process.terminate()


def _show(settings: Settings, out: Console) -> None:
    for name in SHOWN:
        out.print(f"\n[bold]{queries.question(name)}[/]")
        sql.show(settings.data_dir / "warehouse", name)


def _compare(settings: Settings, world: World, last: date, out: Console) -> None:
    """What the model says beside what is true, which is known of invented comments only."""
    [(comments, share, estimated, margin)] = Warehouse(settings.data_dir / "warehouse").query(
        TRUTH.read_text(), {"abusive": world.abusive(last - OLDEST, last)}
    )
    out.print(
        f"\nOf {comments:,} comments with scores, {share:.1%} are abusive; the model's estimate is {estimated:.1%} ± "
        f"{margin:.1%}.\nOf real comments nobody knows the true share: see toxwatch audit."
    )


def _point_on(settings: Settings, out: Console) -> None:
    option = f" --data-dir {settings.data_dir}" if settings.data_dir != Path("data").resolve() else ""
    out.print(
        f"\nNext:\n"
        f"  toxwatch sql --examples{option}   more example queries, run on this data\n"
        f"  toxwatch sql{option}              a prompt for your own queries\n"
        f"  toxwatch status{option}           row counts of each night\n"
        f"  {settings.data_docs}   the checks of each night\n"
        "Then list your own accounts in targets.toml, set APIFY_TOKEN and run `toxwatch nightly`."
    )
