"""The demo: two weeks of invented accounts through the real pipeline, with the built-in stand-in for Apify.

The dashboard opens after the first night and fills while the others run.
"""

import subprocess
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console

from jobs import nightly, publish, standin
from jobs.ask import sql
from jobs.config.settings import TOXWATCH, Settings
from jobs.schedule.standalone import require_free
from warehouse import queries, tables
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

TRUTH = tables.SQL / "demo" / "truth.sql"
OLDEST = timedelta(days=60)  # before the last night: no demo comment is older
SHOWN = ("accounts", "worst_days", "categories")
REVIEWER, REVIEWED = "stand-in", 0.2  # of what was drawn for the audit


def run(data_dir: Path | None, last: date, nights: int, port: int | None) -> None:
    """Runs the nights, then prints results and where to look next. With a port it serves until Ctrl-C."""
    if port:
        require_free(port)
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
        abuse = server.world.abuse(last - OLDEST, last)
        _review(settings, abuse)
        _show(settings, out)
        _compare(settings, abuse, last, out)
        _point_on(settings, out)
        if dashboard:
            dashboard.wait()


@contextmanager
def _dashboard(settings: Settings, port: int) -> Iterator[subprocess.Popen[bytes]]:
    serve = [TOXWATCH, "serve", "--port", str(port), "--data-dir", str(settings.data_dir)]
    with subprocess.Popen(serve) as process:
        try:
            yield process
        finally:
            process.terminate()


def _show(settings: Settings, out: Console) -> None:
    for name in SHOWN:
        out.print(f"\n[bold]{queries.question(name)}[/]")
        sql.show(settings.data_dir / "warehouse", name)


def _review(settings: Settings, abuse: dict[str, str]) -> None:
    """The stand-in, which knows what its comments mean, reviews some of those drawn at random, as people would."""
    book, labels = Reviews.in_folder(settings.data_dir), defaultdict(list)
    for comment_id, _, _, place in book.drawn():
        if place < REVIEWED:
            labels[abuse.get(comment_id.split(":")[1])].append(comment_id)
    warehouse = Warehouse(settings.data_dir / "warehouse")
    [(model, policy)] = warehouse.query(
        "SELECT (SELECT model FROM champion), (SELECT any_value(policy) FROM policy_rules)"
    )
    for category, (first, *others) in labels.items():
        found = ["toxic", category] if category else []
        book.record(first, REVIEWER, found, [], model, policy, also=others)
    publish.apply(settings)


def _compare(settings: Settings, abuse: dict[str, str], last: date, out: Console) -> None:
    """What the model and the audit say beside what is true, which is known of invented comments only."""
    warehouse = Warehouse(settings.data_dir / "warehouse")
    [(comments, share, estimated, margin)] = warehouse.query(TRUTH.read_text(), {"abusive": list(abuse)})
    asked = {"first": last - OLDEST, "last": last, "only": None, "places": None, "language": None}
    columns, rows = warehouse.table(queries.page_sql("audited"), asked)
    audited = next(row for row in (dict(zip(columns, row, strict=True)) for row in rows) if row["label"] == "toxic")
    out.print(
        f"\nOf {comments:,} comments with scores, {share:.1%} are abusive. The model alone says {estimated:.1%} ± "
        f"{margin:.1%}; {audited['reviewed']:,} reviews of the\nrandom audit, made by the stand-in, say "
        f"{audited['people']:.1%} ({audited['low']:.1%} to {audited['high']:.1%}).\n"
        "Of real comments nobody knows the true share: see toxwatch audit."
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
