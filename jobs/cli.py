"""The command line: one sub-command a stage, and what people do around them.

Only what a command needs is imported, and only when it runs: Spark and Great Expectations take seconds.
"""

import errno
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.markup import escape

from dashboard import commands as commands_of_people
from dashboard.people import LOOPBACK, People, PeopleError
from jobs.console import console, print_table
from jobs.errors import BadInput, Busy, FailedService, RefusedData, ToxwatchError
from jobs.settings import Settings
from models import commands
from models.labels import ModelError, Refused
from warehouse import Building, Unwritable, WarehouseError

if TYPE_CHECKING:
    from jobs.lake import Manifest

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Watches comment sections for toxicity: scrape, validate, clean, score, publish, monitor.\n\n"
    "Start with `toxwatch demo`, which needs no account and no token; then name your own accounts in "
    "targets.toml, set APIFY_TOKEN and run `toxwatch nightly`.\n\n"
    "Exit codes: 0 done, 2 bad input, 3 data refused by its checks, 4 a service failed, 5 another run is writing.",
)

STAGES, EVERY_NIGHT, ASK = "A night, stage by stage", "Every night", "Look and ask"
MODELS, CARE = "Models", "Take care"
DASHBOARD_PORT = 8050
INTERRUPTED = 130  # how a shell tells of Ctrl-C

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where lake and warehouse lie.", show_default="$TOXWATCH_DATA_DIR or data/"),
]
Night = Annotated[
    datetime | None,
    typer.Option(
        "--night", formats=["%Y-%m-%d"], help="The day (UTC) whose comments are meant.", show_default="yesterday"
    ),
]
Port = Annotated[int, typer.Option(min=1, max=65535, help="For the dashboard.")]
Platform = Annotated[str, typer.Option(help="instagram, tiktok, youtube or facebook.")]
Handle = Annotated[str, typer.Option(help="The handle whose comment section this is.")]
Columns = Annotated[
    list[str] | None, typer.Option("--column", help="For CSV: ours=theirs, as `--column text=Message`; repeat.")
]
Engine = Annotated[
    str | None,
    typer.Option(
        help="What runs the network: onnx, in Spark's Python; or sparknlp, a transformer in its JVM.",
        show_default="$TOXWATCH_ENGINE or onnx",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")]


def main() -> None:
    """Every refusal is one message and an exit code; a traceback is a defect."""
    try:
        app()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            console.print("Stopped. Nothing half written is kept; the same command goes on from here.")
            os._exit(INTERRUPTED)  # without waiting for threads that wait for Apify
        raise
    except Building as error:
        _refuse(error, Busy.exit_code)
    except Refused as error:
        _refuse(error, RefusedData.exit_code)
    except Unwritable as error:
        _refuse(error, FailedService.exit_code)
    except (WarehouseError, ModelError, PeopleError) as error:
        _refuse(error, BadInput.exit_code)
    except ToxwatchError as error:
        _refuse(error, error.exit_code)
    except Exception as error:  # Spark's errors are of no class of ours
        if not any(os.strerror(number) in str(error) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)):
            raise
        where = getattr(error, "filename", None) or "while writing"
        said = (
            f"The disk is full ({where}). Nothing half written is kept; free some space and run the same command again."
        )
        _refuse(OSError(said), FailedService.exit_code)


def _refuse(error: Exception, exit_code: int) -> NoReturn:
    console.print("[bold red]toxwatch:[/]", escape(str(error)))
    sys.exit(exit_code)


@app.command(rich_help_panel=STAGES)
def scrape(
    night: Night = None,
    account: Annotated[str | None, typer.Option(help='Only this one, as "instagram/nasa".')] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Collect the night's posts and comments through Apify into the lake's raw folder."""
    from jobs import scrape

    _report([scrape.run(Settings.load(data_dir), _night(night), account)], as_json)


@app.command(rich_help_panel=STAGES)
def validate(night: Night = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check the raw comments; set aside bad rows with their reasons; stop a night that is not to be trusted."""
    _run_stage("validate", night, data_dir, as_json)


@app.command(rich_help_panel=STAGES)
def clean(night: Night = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Give each comment the text that models read and its language; leave out what is already scored."""
    _run_stage("clean", night, data_dir, as_json)


@app.command(rich_help_panel=STAGES)
def score(night: Night = None, engine: Engine = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Give each clean comment its six probabilities."""
    from jobs import score

    _report([score.run(Settings.load(data_dir, engine), _night(night))], as_json)


@app.command(rich_help_panel=STAGES)
def publish(night: Night = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Load the night into a new version of the warehouse and make it the current one."""
    _run_stage("publish", night, data_dir, as_json)


@app.command(rich_help_panel=STAGES)
def monitor(night: Night = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Measure the night: counts, durations, cost, coverage, how the scores are spread."""
    _run_stage("monitor", night, data_dir, as_json)


@app.command(rich_help_panel=EVERY_NIGHT)
def nightly(
    night: Night = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First of several nights.")
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last of several nights.")] = None,
    scrape: Annotated[bool, typer.Option(help="--no-scrape: work on what is there, for imported comments.")] = True,
    engine: Engine = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run every stage of a night, or of all nights --from … --to …, in one Spark session; expire what is too old."""
    from jobs import nightly, retention

    if night and (first or last):
        raise BadInput("Give either --night or --from and --to.")
    nights = _nights(first, last) if first or last else [_night(night)]
    stages = nightly.STAGES if scrape else nightly.STAGES[1:]
    settings = Settings.load(data_dir, engine)
    _report(nightly.run(settings, nights, stages), as_json)
    retention.run(settings, nights[-1])


@app.command(rich_help_panel=EVERY_NIGHT)
def expire(night: Night = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Blank texts and authors and remove raw items that were kept as long as `keep` in targets.toml allows."""
    from jobs import retention

    done = retention.run(Settings.load(data_dir), _night(night))
    if as_json:
        return _print_json(done)
    said = ", ".join(f"{rows:,} {place}" for place, rows in done.items()) or "nothing is too old"
    return console.print(f"Expired: {said}.")


@app.command(rich_help_panel=EVERY_NIGHT)
def alert(night: Night = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Tell those whom alerts.toml names what was unusual about a night, once; also what could not be sent before."""
    from jobs import alerts

    found = alerts.run(Settings.load(data_dir), _night(night))
    if as_json:
        return _print_json([asdict(one) for one in found])
    if not found:
        return console.print(f"Nothing unusual about {_night(night)}.")
    return _print_table(["rule", "what", "look"], [[one.rule, str(one), one.link] for one in found])


@app.command(rich_help_panel=EVERY_NIGHT)
def demo(
    nights: Annotated[int, typer.Option(min=1, max=60, help="How many nights, up to yesterday.")] = 14,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last of them.")] = None,
    is_served: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the dashboard afterwards.")] = True,
    port: Port = DASHBOARD_PORT,
    data_dir: DataDir = None,
) -> None:
    """Watch invented accounts for two weeks: the real pipeline against a stand-in for Apify, then the dashboard."""
    from jobs import demo

    demo.run(data_dir, _night(last), nights)
    if is_served:
        serve(port=port, data_dir=data_dir)


@app.command(rich_help_panel=ASK)
def serve(
    host: Annotated[str, typer.Option(help="Where to listen; others may reach it only if there are users.")] = LOOPBACK[
        0
    ],
    port: Port = DASHBOARD_PORT,
    https: Annotated[
        bool,
        typer.Option("--https", envvar="TOXWATCH_HTTPS", help="A proxy with TLS stands before it: secure cookies."),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Serve the dashboard and the JSON API until Ctrl-C: without login on this machine, until there is a user."""
    from jobs.scheduler import require_free

    settings = Settings.load(data_dir)
    people = People.in_folder(settings.data_dir)
    login = "with login" if people.have_login(host) else "for this machine only and without login"
    require_free(port)
    from dashboard import app as dashboard  # takes a second

    console.print(f"Dashboard: http://{host}:{port}, {login}. Ctrl-C ends it.")
    dashboard.serve(
        settings.data_dir / "warehouse",
        lambda: Settings.load(data_dir).model_dir,
        people,
        host,
        port,
        https,
        settings.data_docs.parent,
    )


app.add_typer(commands_of_people.users, name="user", rich_help_panel=CARE)
app.add_typer(commands_of_people.keys, name="key", rich_help_panel=CARE)


@app.command("import", rich_help_panel=ASK)
def import_file(
    file: Annotated[Path, typer.Argument(help="Apify export, 4CAT or Zeeschuimer NDJSON, or CSV.")],
    platform: Platform,
    account: Handle,
    night: Night = None,
    columns: Columns = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take comments that you already have into the raw folder, to be validated and scored like scraped ones."""
    from jobs import imports

    source = imports.account_named(platform, account)
    manifest = imports.run(Settings.load(data_dir), file, source, _night(night), _pairs(columns))
    _report([manifest], as_json)
    console.print(f"Next: toxwatch nightly --no-scrape --night {manifest.night}")


@app.command(rich_help_panel=EVERY_NIGHT)
def stream(
    place: Annotated[
        str,
        typer.Argument(
            help="A folder, where files arrive that `toxwatch import` reads; or a Kafka topic, as "
            "kafka://host:9092/topic, each message an item as JSON, taken from the oldest on that it holds.",
        ),
    ],
    platform: Platform,
    account: Handle,
    columns: Columns = None,
    once: Annotated[bool, typer.Option("--once", help="Take what is there and end.")] = False,
    engine: Engine = None,
    data_dir: DataDir = None,
) -> None:
    """Watch a folder or a Kafka topic: comments are scored, published and alerted of as they arrive, each exactly once.

    For a launch or a crisis, before the night. Move files into the folder when they are whole; Ctrl-C ends it.
    """
    from jobs import imports, stream

    source = imports.account_named(platform, account)
    stream.run(Settings.load(data_dir, engine), place, source, _pairs(columns), once)


@app.command(rich_help_panel=ASK)
def export(
    target: Annotated[Path, typer.Argument(help="File to write: .csv, .parquet or .duckdb.")],
    account: Annotated[str | None, typer.Option(help="As instagram/nasa.")] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day posted.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day posted.")] = None,
    flag: Annotated[str | None, typer.Option(help="Flagged as this category, as insult.")] = None,
    severity: Annotated[str | None, typer.Option(help="none, low, medium, high or critical.")] = None,
    language: Annotated[str | None, typer.Option(help="As en.")] = None,
    words: Annotated[str | None, typer.Option(help="That the text contains.")] = None,
    reviewed: Annotated[
        bool, typer.Option("--reviewed", help="With what reviewers said, as `prepare` reads it.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Write comments with their scores to a file, all or those that the filters let pass."""
    from jobs import export

    chosen: dict[str, Any] = {"only": account, "flag": flag, "severity": severity}
    chosen |= {"language": language, "words": words}
    chosen |= {name: day.date() for name, day in (("first", first), ("last", last)) if day}
    rows = export.run(Settings.load(data_dir), target, chosen, "reviewed" if reviewed else "export")
    console.print(f"{rows:,} comments are in {target}")


@app.command(rich_help_panel=ASK)
def report(
    target: Annotated[Path, typer.Argument(help="The .html file to write, as week.html.")],
    days: Annotated[int, typer.Option(help="Length of the period: 1, 7, 14, 28 or 91.")] = 7,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Its last day.")] = None,
    account: Annotated[str | None, typer.Option(help="Of this one only, as instagram/nasa.")] = None,
    link: Annotated[str, typer.Option(help="Address of your dashboard, for readers to go on from.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Write a period as one HTML file to print or to mail: the overview and every account."""
    from dashboard import report
    from dashboard.view import PERIODS, Answers, View
    from warehouse.reader import Warehouse

    answers = Answers(Warehouse(Settings.load(data_dir).data_dir / "warehouse"))
    if days not in PERIODS:
        raise BadInput(f"--days {days}: there are {', '.join(map(str, PERIODS))}.")
    if account not in (None, *(accounts := answers.accounts())):
        raise BadInput(f"No account {account} has scored comments. There are: {', '.join(accounts)}.")
    view = View(account=account, days=days, last=last.date() if last else answers.newest())
    told = report.write(answers, view, target, link)
    console.print(f"{target} tells of {told} accounts.")


@app.command(rich_help_panel=CARE)
def forget(
    authors: Annotated[list[str] | None, typer.Option("--author", help="As instagram/their.handle; repeat.")] = None,
    comments: Annotated[list[str] | None, typer.Option("--comment", help="As instagram:1809; repeat.")] = None,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Erase an author or a comment everywhere, for good, and keep scrapes from bringing them back."""
    from jobs import forget
    from jobs.tombstones import author_hash

    if not authors and not comments:
        raise BadInput("Name an --author, as instagram/their.handle, or a --comment, as instagram:1809.")
    names = [_author(author) for author in authors or []]
    settings = Settings.load(data_dir)
    if not is_sure:
        typer.confirm(f"Erase them from {settings.data_dir} for good, older warehouse versions too?", abort=True)
    key = settings.author_key()
    hashes = {author_hash(name, key) for name in names}
    erased = forget.run(settings, hashes, set(comments or []))
    if as_json:
        return _print_json(erased)
    said = ", ".join(f"{rows:,} in {place}" for place, rows in erased.items()) or "nothing was held"
    return console.print(f"Erased: {said}. Looked again everywhere: nothing is left.")


@app.command(rich_help_panel=CARE)
def rekey(data_dir: DataDir = None) -> None:
    """Change the key of the authors' hashes, everywhere; then delete backups, which hold the old one."""
    from jobs import rekey

    files = rekey.run(Settings.load(data_dir))
    console.print(f"Authors are hashed anew in {files:,} files. Backups from before hold the old key: delete them.")


@app.command(rich_help_panel=CARE)
def held(
    author: Annotated[str, typer.Argument(help="As instagram/their.handle.")],
    target: Annotated[Path, typer.Argument(help="The JSON file to write.")],
    data_dir: DataDir = None,
) -> None:
    """Write all that is held about one author to a file, for whoever asks about themselves."""
    from jobs import held

    counts = held.run(Settings.load(data_dir), _author(author), target)
    console.print(f"{target} holds " + ", ".join(f"{rows:,} {kind}" for kind, rows in counts.items()) + ".")


@app.command(rich_help_panel=CARE)
def backup(
    target: Annotated[Path, typer.Argument(help="The .tar file to write, outside of the data folder.")],
    data_dir: DataDir = None,
) -> None:
    """Write everything that cannot be made again to one file, and read it back."""
    from jobs import backup

    files = backup.backup(Settings.load(data_dir), target)
    console.print(f"{files:,} files are in {target}, each as it should be. Bring it to another machine.")


@app.command(rich_help_panel=CARE)
def restore(
    source: Annotated[str, typer.Argument(help="What `toxwatch backup` wrote, or a store as s3://bucket/prefix.")],
    data_dir: DataDir = None,
) -> None:
    """Put a backup, or all that a store holds, into a new data folder, and make the warehouse again."""
    from jobs import backup

    settings = Settings.load(data_dir)
    files = backup.restore(settings, source)
    console.print(f"{files:,} files are in {settings.data_dir}, each as it was.")


@app.command(rich_help_panel=EVERY_NIGHT)
def accounts(as_json: AsJson = False) -> None:
    """List the watched accounts."""
    from jobs.targets import read_targets

    watched = read_targets(Settings.load().targets_file).accounts
    if as_json:
        return _print_json([account.model_dump() for account in watched])
    rows = [[one.name, ", ".join(one.tags), one.max_posts, one.max_comments_per_post] for one in watched]
    return _print_table(["account", "tags", "posts a night", "comments a post"], rows)


@app.command(rich_help_panel=EVERY_NIGHT)
def airflow(
    port: Annotated[int, typer.Option(help="For Airflow's page; the next two are used as well.")] = 8080,
    data_dir: DataDir = None,
) -> None:
    """Run Airflow with the project's DAGs on this machine until Ctrl-C."""
    from jobs import scheduler

    scheduler.run(Settings.load(data_dir), port)


@app.command(rich_help_panel=EVERY_NIGHT)
def status(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show what each night holds: rows that came out of every stage."""
    from jobs.status import status

    rows = status(Settings.load(data_dir))
    if as_json:
        return _print_json(rows)
    if not rows:
        return console.print("No night yet. `toxwatch demo` makes fourteen, `toxwatch nightly` the last one.")
    stages = [stage for stage in rows[0] if stage != "night"]
    cells = [[row["night"], *(row[stage]["rows_out"] if row[stage] else "–" for stage in stages)] for row in rows]
    return _print_table(["night", *stages], cells, "rows out of each stage")


@app.command(rich_help_panel=ASK, context_settings={"ignore_unknown_options": True})  # a query may begin with --
def sql(
    query: Annotated[str | None, typer.Argument(help="One query; without it, a prompt.")] = None,
    examples: Annotated[bool, typer.Option(help="List ready questions and their answers on your data.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Ask the warehouse in SQL; it is open for reading only."""
    from jobs import ask

    folder = Settings.load(data_dir).data_dir / "warehouse"
    if examples:
        return ask.examples(folder)
    if query:
        return ask.answer(folder, query, as_json)
    return ask.prompt(folder)


@app.command(rich_help_panel=CARE)
def apply(data_dir: DataDir = None) -> None:
    """Apply policies.toml, the tags of targets.toml and today's reviews to all of history, at once."""
    from jobs import publish

    settings = Settings.load(data_dir)
    publish.apply(settings)
    console.print(f"{settings.data_dir / 'warehouse' / 'current.duckdb'} shows all nights by {publish.POLICIES.name}.")


@app.command(rich_help_panel=CARE)
def rebuild(data_dir: DataDir = None) -> None:
    """Make the warehouse again from the lake, after a lost or damaged file."""
    from jobs import publish

    settings = Settings.load(data_dir)
    nights = publish.rebuild(settings)
    console.print(f"{len(nights)} nights are in {settings.data_dir / 'warehouse' / 'current.duckdb'}.")


@app.command(rich_help_panel=CARE)
def rollback(data_dir: DataDir = None) -> None:
    """Make the version of the warehouse before the current one the current one."""
    from warehouse import build

    console.print(f"Current is now {build.rollback(Settings.load(data_dir).data_dir / 'warehouse').name}.")


for step in (commands.prepare, commands.train, commands.cascade, commands.evaluate, commands.gate, commands.promote):
    app.command(rich_help_panel=MODELS)(step)


@app.command(rich_help_panel=MODELS)
def models(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the models that were trained or promoted here, the newest first."""
    from models.registry import Registry

    settings = Settings.load(data_dir)
    known = Registry(settings.data_dir / "models").models() if Registry.exists(settings.data_dir / "models") else []
    if as_json:
        return _print_json([one._asdict() for one in known])
    rows = [
        [one.version, one.made, one.validation_auc, one.passed_against, "champion" if one.is_champion else ""]
        for one in known
    ]
    console.print(f"Nights are scored with {settings.model_dir}.")
    return _print_table(["model", "trained", "validation AUC", "passed against", ""], rows)


@app.command(rich_help_panel=MODELS)
def rescore(data_dir: DataDir = None) -> None:
    """Score all of history with the champion, newest night first; when all is scored, let it take over."""
    from jobs import rescore

    nights, champion = rescore.run(Settings.load(data_dir))
    console.print(f"{champion} has taken over; {len(nights)} nights were scored by it just now.")


@app.command("score-file", rich_help_panel=ASK)
def score_file(
    source: Annotated[Path, typer.Argument(metavar="IN", help="CSV, Parquet or JSON Lines.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="CSV, Parquet or JSON Lines; replaced if there.")],
    text_column: Annotated[str, typer.Option(help="The column with the comments.")],
    as_json: AsJson = False,
) -> None:
    """Add the six probability columns to a file of any size."""
    from jobs.score_file import score_file

    rows = score_file(Settings.load(), source, target, text_column)
    if as_json:
        return _print_json({"rows": rows, "file": str(target)})
    return console.print(f"{rows:,} rows scored into {target}")


@app.command(rich_help_panel=EVERY_NIGHT)
def doctor(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check Java, memory, disk, targets, token, lake, model and warehouse, and say how to mend each."""
    from jobs.doctor import examine

    findings = examine(Settings.load(data_dir))
    if as_json:
        _print_json([asdict(finding) for finding in findings])
    else:
        rows = [[finding.check, "ok" if finding.is_good else "mend", finding.said] for finding in findings]
        _print_table(["check", "", "found"], rows)
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(BadInput.exit_code)


def _run_stage(name: str, night: datetime | None, data_dir: Path | None, as_json: bool) -> None:
    from importlib import import_module

    stage = import_module(f"jobs.{name}")
    _report([stage.run(Settings.load(data_dir), _night(night))], as_json)


def _pairs(columns: list[str] | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in columns or []]
    if bad := [ours for ours, equals, theirs in pairs if not (ours and equals and theirs)]:
        raise BadInput(f"--column wants ours=theirs, as text=Message; found {', '.join(bad)}")
    return {ours: theirs for ours, _, theirs in pairs}


def _author(given: str) -> str:
    """ "instagram/ann" as it is hashed."""
    platform, slash, handle = given.partition("/")
    if not (platform and slash and handle):
        raise BadInput(f"An author is named as platform/handle, as instagram/their.handle; found {given!r}.")
    return f"{platform}:{handle}"


def _night(night: datetime | None) -> date:
    return night.date() if night else datetime.now(UTC).date() - timedelta(days=1)


def _nights(first: datetime | None, last: datetime | None) -> list[date]:
    start, end = _night(first or last), _night(last)
    if start > end:
        raise BadInput(f"--from {start} is after --to {end}.")
    return [start + timedelta(days=day) for day in range((end - start).days + 1)]


def _report(manifests: "list[Manifest]", as_json: bool) -> None:
    if as_json:
        return _print_json([asdict(manifest) for manifest in manifests])
    rows = []
    for one in manifests:
        aside = [f"{reason} {count:,}" for reason, count in one.set_aside.items() if count]
        if one.reused:
            aside.append(f"read before {one.reused:,} ({one.reused / one.rows_out:.0%} saved)")
        rows.append([one.night, one.stage, one.rows_in, one.rows_out, ", ".join(aside), f"{one.seconds:.1f}"])
    return _print_table(["night", "stage", "rows in", "rows out", "set aside", "seconds"], rows)


def _print_table(head: Sequence[str], rows: Sequence[Sequence[Any]], title: str = "") -> None:
    """A table on a terminal, tab-separated lines elsewhere."""
    if sys.stdout.isatty():
        print_table(head, rows, title)
        return
    for row in (head, *rows):
        print(*row, sep="\t")


def _print_json(value: Any) -> None:
    print(json.dumps(value, default=str))
