"""The stages of a night, and the nightly commands."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.options import (
    DASHBOARD_PORT,
    DAY,
    AsJson,
    Columns,
    DataDir,
    Engine,
    FirstDay,
    Handle,
    LastDay,
    Night,
    Platform,
    Port,
    column_pairs,
    night_of,
    nights_between,
    print_json,
    print_manifests,
    print_rows,
)
from jobs.config.settings import Settings
from jobs.console import console
from jobs.errors import BadInput

if TYPE_CHECKING:
    from jobs.config.targets import Account, Community


def scrape(
    night: Night = None,
    account: Annotated[str | None, typer.Option(help="Only this account, e.g. instagram/nasa.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Collect the night's posts and comments from Apify."""
    from jobs import scrape

    print_manifests([scrape.run(Settings.load(data_dir), night_of(night), account)], as_json)


def plan(night: Night = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show what a night will cost by account, and what it did cost per new comment.

    Example: toxwatch plan --night 2026-11-20
    """
    from dataclasses import asdict

    from rich.markup import escape

    from jobs.collect import plan as plans
    from jobs.config.targets import read_targets

    settings, day = Settings.load(data_dir), night_of(night)
    entries = plans.plan(settings, day)
    targets = read_targets(settings.targets_file)
    budget, month = targets.night.budget_usd, plans.month_usd(entries, targets)
    if as_json:
        accounts = [asdict(entry) | {"usd_per_1000_new": entry.usd_per_1000} for entry in entries]
        return print_json({"night": day, "budget_usd": budget, "month_usd": month, "accounts": accounts})
    rows = [
        [
            entry.account,
            f"{entry.expected_usd:.2f}" + (" (over budget)" if entry.is_too_dear else ""),
            *("–" if value is None else f"{value:,.2f}" for value in (entry.spent_usd, entry.usd_per_1000)),
            "–" if entry.new_comments is None else f"{entry.new_comments:,}",
        ]
        for entry in entries
    ]
    print_rows(["account", "expected USD", "spent USD", "USD per 1,000 new", "new comments"], rows)
    for tag, expected, limit in plans.of_tags(entries, targets):
        console.print(f"Accounts tagged {escape(tag)}: {expected:.2f} of {limit:.2f} USD per night.")
    return console.print(
        f"Budget {budget:.2f} USD per night; forecast for {plans.MONTH_NIGHTS} nights: {month:.2f} USD."
    )


def validate(night: Night = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check the raw comments: reject bad rows with their reasons, and stop a night that can't be trusted."""
    from jobs.spark.session import warm_up

    settings = Settings.load(data_dir)
    warm_up(settings)

    from jobs import validate

    print_manifests([validate.run(settings, night_of(night))], as_json)


def clean(night: Night = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Normalise each comment's text and detect its language; skip comments that are already scored."""
    from jobs import clean

    print_manifests([clean.run(Settings.load(data_dir), night_of(night))], as_json)


def score(night: Night = None, engine: Engine = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Give each clean comment its six probabilities."""
    from jobs import score

    print_manifests([score.run(Settings.load(data_dir, engine), night_of(night))], as_json)


def publish(night: Night = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Load the night into a new version of the warehouse and switch to it."""
    from jobs import publish

    print_manifests([publish.run(Settings.load(data_dir), night_of(night))], as_json)


def monitor(night: Night = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Measure the published night: counts, durations, cost, coverage, score distribution."""
    from jobs import monitor

    print_manifests([monitor.run(Settings.load(data_dir), night_of(night))], as_json)


def nightly(
    night: Night = None,
    first: FirstDay = None,
    last: LastDay = None,
    scrape: Annotated[
        bool, typer.Option(help="--no-scrape: process what is already there, e.g. imported comments.")
    ] = True,
    engine: Engine = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run all stages of a night, or of each night --from … --to …, then delete what has expired.

    Example, to backfill two weeks: toxwatch nightly --from 2026-11-01 --to 2026-11-14
    """
    from jobs.spark.session import warm_up

    if night and (first or last):
        raise BadInput("Give either --night or --from and --to.")
    nights = nights_between(first, last) if first or last else [night_of(night)]
    settings = Settings.load(data_dir, engine)
    warm_up(settings)

    from jobs import nightly
    from jobs.upkeep import compact, expire

    nightly.check(settings)
    stages = nightly.STAGES if scrape else nightly.STAGES[1:]
    try:
        manifests = nightly.run(settings, nights, stages)
    finally:  # what has expired goes, even if a night failed
        expire.run(settings, nights[-1])
        compact.run(settings, nights[-1])
    print_manifests(manifests, as_json)


def expire(
    night: Night = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also when the last time was long ago.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Delete raw items, texts and author hashes that are older than the limits in targets.toml (section keep)."""
    from jobs.upkeep import expire

    expired = expire.run(Settings.load(data_dir), night_of(night), anyway)
    if as_json:
        return print_json(expired)
    summary = ", ".join(f"{rows:,} {place}" for place, rows in expired.items()) or "nothing is old enough"
    return console.print(f"Expired: {summary}.")


def compact(night: Night = None, data_dir: DataDir = None) -> None:
    """Move nights older than two weeks into one folder per month, so that the lake stays small in files."""
    from jobs.upkeep import compact

    moved = compact.run(Settings.load(data_dir), night_of(night))
    console.print(f"Moved {moved} folders into their months.")


def alert(
    night: Night = None,
    is_test: Annotated[bool, typer.Option("--test", help="Send one alert marked as a test, to see it arrive.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Send alerts for a night to everyone listed in alerts.toml. Each is sent once; failed ones are retried."""
    from dataclasses import asdict

    from jobs.alerts import rules

    if is_test:
        return console.print(rules.send_test(Settings.load(data_dir), night_of(night)))
    alerts = rules.run(Settings.load(data_dir), night_of(night))
    if as_json:
        return print_json([asdict(one) | {"severity": one.severity} for one in alerts])
    if not alerts:
        return console.print(f"Nothing unusual on {night_of(night)}.")
    return print_rows(["rule", "alert", "link"], [[one.rule, str(one), one.link] for one in alerts])


def subscriptions(night: Night = None, data_dir: DataDir = None) -> None:
    """E-mail the views that people subscribed to, each once its week or month is published. Failed ones are retried."""
    from jobs.commands.subscriptions import send_due

    sent = send_due(Settings.load(data_dir), night_of(night) if night else None)
    console.print(f"Sent {sent:,} view{'' if sent == 1 else 's'}." if sent else "No view was due.")


def lineage(night: Night = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Send what each stage of a night read and wrote to TOXWATCH_LINEAGE_URL, a collector of OpenLineage events."""
    from jobs.ask.lineage import events, send

    settings, day = Settings.load(data_dir), night_of(night)
    if as_json:
        return print_json(list(events(settings, day)))
    if settings.lineage_url is None:
        return console.print("TOXWATCH_LINEAGE_URL is not set, so nothing was sent; --json prints the events.")
    return console.print(f"Sent {send(settings, day):,} events of the night {day}.")


def heartbeat(
    hours: Annotated[int, typer.Option(min=1, help="Hours without a new night after which people are told.")] = 32,
    data_dir: DataDir = None,
) -> None:
    """Tell TOXWATCH_HEARTBEAT_URL that nights still arrive, or people that they don't. For an hourly timer.

    `toxwatch doctor --timer FOLDER` writes one for systemd or cron, so that it runs whatever becomes of Airflow.
    """
    from jobs.alerts.heartbeat import beat

    console.print(beat(Settings.load(data_dir), hours))


def demo(
    nights: Annotated[int, typer.Option(min=1, max=60, help="Number of nights, up to yesterday.")] = 14,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last night.")] = None,
    is_served: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Open the dashboard after the first night.")
    ] = True,
    port: Port = DASHBOARD_PORT,
    data_dir: DataDir = None,
) -> None:
    """Run the real pipeline on two weeks of invented accounts. No token needed.

    The dashboard opens after the first night and fills while the others run. Ctrl-C to stop.
    """
    from jobs.spark.jvm import expect_short_run
    from jobs.spark.session import warm_up

    expect_short_run()
    warm_up(Settings.load(data_dir))

    from jobs.schedule import demo

    demo.run(data_dir, night_of(last), nights, port if is_served else None)


def stream(
    place: Annotated[
        str,
        typer.Argument(
            help="A folder whose files `toxwatch import` can read, or a Kafka topic as kafka://host:9092/topic "
            "(one JSON item per message, read from the oldest).",
        ),
    ],
    platform: Platform,
    account: Handle,
    columns: Columns = None,
    once: Annotated[bool, typer.Option("--once", help="Process what is there, then stop.")] = False,
    engine: Engine = None,
    data_dir: DataDir = None,
) -> None:
    """Score, publish and alert on comments as they arrive in a folder or Kafka topic, each exactly once.

    For a launch or a crisis, when the nightly run is too late. Move files into the folder only when they are complete.
    Ctrl-C to stop.

    Example: toxwatch stream incoming/ --platform instagram --account nasa
    """
    from jobs.collect import imports
    from jobs.schedule import stream

    source = imports.account_named(platform, account)
    stream.run(Settings.load(data_dir, engine), place, source, column_pairs(columns), once)


def init() -> None:
    """Write targets.toml, alerts.toml and policies.toml to edit; files that are there stay as they are."""
    from jobs.config.settings import files_to_start_from
    from warehouse.files import write_atomically

    for target, source in files_to_start_from().items():
        if target.exists():
            console.print(f"{target} is there already.", markup=False)
        else:
            write_atomically(target, source.read_bytes())
            console.print(f"Wrote {target}.", markup=False)
    console.print("List your accounts in targets.toml, then run `toxwatch doctor`.")


def accounts(as_json: AsJson = False) -> None:
    """List the watched accounts."""
    from jobs.config.targets import read_targets

    targets = read_targets(Settings.load().targets_file)
    if as_json:
        return print_json([one.model_dump() for one in targets.watched])
    rows = [[one.name, ", ".join(one.tags), *_limits(one)] for one in targets.watched]
    return print_rows(["account", "tags", "posts per night", "comments per post"], rows)


def _limits(one: "Account | Community") -> tuple[object, object]:
    limits = one.model_dump()
    return limits.get("max_posts", "–"), limits.get("max_comments_per_post", "–")


def airflow(
    port: Annotated[int, typer.Option(help="Port of Airflow's page; the next two are used as well.")] = 8080,
    data_dir: DataDir = None,
) -> None:
    """Run Airflow with the project's DAGs on this machine (Ctrl-C to stop)."""
    from jobs.schedule import standalone

    standalone.run(Settings.load(data_dir), port)


def status(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show each night's row counts by stage."""
    from jobs.ask.status import status

    rows = status(Settings.load(data_dir))
    if as_json:
        return print_json(rows)
    if not rows:
        return console.print(
            "No nights yet. Run `toxwatch nightly`, or `toxwatch demo` to try two weeks of invented data."
        )
    stages = [stage for stage in rows[0] if stage != "night"]
    cells = [[row["night"], *(row[stage]["rows_out"] if row[stage] else "–" for stage in stages)] for row in rows]
    return print_rows(["night", *stages], cells, "rows out of each stage")


def doctor(
    data_dir: DataDir = None,
    as_json: AsJson = False,
    only_files: Annotated[
        bool,
        typer.Option(
            "--files",
            help="Check only targets.toml, alerts.toml, policies.toml and that no newer release wrote the data.",
        ),
    ] = False,
    timer: Annotated[
        Path | None,
        typer.Option(help="Write a timer to this folder that tells people when nights stop, and check nothing."),
    ] = None,
) -> None:
    """Check Java, memory, disk, targets, token, lake, model and warehouse, and say how to fix problems."""
    from dataclasses import asdict

    from jobs.alerts.timer import write
    from jobs.upkeep.doctor import examine

    if timer:
        return console.print(write(Settings.load(data_dir), timer), markup=False)
    findings = examine(Settings.load(data_dir), only_files)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        rows = [[one.check, "ok" if one.is_good else "fix", one.message] for one in findings]
        print_rows(["check", "", "result"], rows)
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(BadInput.exit_code)
    return None
