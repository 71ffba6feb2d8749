"""Results: the dashboard, SQL, files in and out."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.people import LOOPBACK, People
from jobs.commands.options import (
    DASHBOARD_PORT,
    DAY,
    AsJson,
    AsOf,
    Columns,
    DataDir,
    FirstDay,
    Handle,
    LastDay,
    Night,
    Port,
    column_pairs,
    night_of,
    print_json,
    print_manifests,
    print_rows,
    print_tables,
)
from jobs.config.settings import Settings
from jobs.console import console
from jobs.errors import BadInput
from models.labels import LABELS
from warehouse import MistakenFile
from warehouse.untrusted import printable

MOST_ATTACKS = 100_000  # lines of the network that is exported

if TYPE_CHECKING:
    from dashboard.openid import Provider
    from jobs.collect.imports import Preview


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on. Others can reach the dashboard only once you have added users.")
    ] = LOOPBACK[0],
    port: Port = DASHBOARD_PORT,
    https: Annotated[
        bool, typer.Option("--https", envvar="TOXWATCH_HTTPS", help="Behind an HTTPS proxy: use secure cookies.")
    ] = False,
    as_of: AsOf = None,
    data_dir: DataDir = None,
) -> None:
    """Start the dashboard and API (Ctrl-C to stop). No login until you add a user."""
    from jobs.ask.score_file import score_upload
    from jobs.commands.administration import administration
    from jobs.lake.nights import Lake
    from jobs.schedule.standalone import require_free
    from warehouse import build, versions

    settings = Settings.load(data_dir)
    Lake(settings.data_dir).refuse_newer()
    build.refuse_newer(settings.data_dir / "warehouse")
    people = People.in_folder(settings.data_dir)
    login = "login required" if people.have_login(host) else "this machine only, no login"
    require_free(port)
    from dashboard import app as dashboard  # takes a second
    from dashboard.ingest import Ingest

    console.print(f"Dashboard: http://{host}:{port} ({login}). Ctrl-C to stop.")
    if as_of:
        console.print("This is an older version: what people review, snooze or write on charts here is not kept.")
    with versions.as_of(settings.data_dir / "warehouse", as_of) as folder:
        dashboard.serve(
            folder,
            lambda: Settings.load(data_dir).model_dir,
            score_upload,
            people,
            host,
            port,
            https,
            settings.data_docs.parent,
            settings.proxies,
            lambda: _budget_usd(Settings.load(data_dir)),
            lambda: _audited(Settings.load(data_dir)),
            administration(data_dir),
            Ingest(
                lambda: settings.ingest_key,
                lambda: _communities(Settings.load(data_dir)),
                lambda: Settings.load(data_dir).policies_file,
            ),
            settings.sso_header,
            _provider(settings),
        )


def _provider(settings: Settings) -> "Provider | None":
    from dashboard.openid import Provider

    issuer, client, secret = settings.openid_issuer, settings.openid_client, settings.openid_secret
    if issuer and client and secret:
        return Provider(issuer, client, secret, settings.openid_claim)
    if issuer or client or secret:
        raise BadInput(
            "Set TOXWATCH_OPENID_ISSUER, TOXWATCH_OPENID_CLIENT and TOXWATCH_OPENID_SECRET, or none of the three."
        )
    return None


def mcp(
    key: Annotated[
        str | None,
        typer.Option(envvar="TOXWATCH_KEY", help="A key of `toxwatch key add`; the assistant sees its part."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Let an assistant ask: a read-only MCP server on standard input and output.

    Example, for Claude Code: claude mcp add toxwatch -- toxwatch mcp --data-dir "$PWD/data"
    """
    from dashboard import assistant

    home = Settings.load(data_dir).data_dir
    assistant.serve(home / "warehouse", People.in_folder(home), key, lambda: _budget_usd(Settings.load(data_dir)))


def _budget_usd(settings: Settings) -> float | None:
    """The night's budget; None while targets.toml is missing or has a mistake."""
    from jobs.config.targets import read_targets

    try:
        return read_targets(settings.targets_file).night.budget_usd
    except BadInput:
        return None


def _communities(settings: Settings) -> dict[str, tuple[str, ...]]:
    """The tags of each community by its name; none while targets.toml is missing or has a mistake."""
    from jobs.config.targets import read_targets

    try:
        return {one.name: one.tags for one in read_targets(settings.targets_file).communities}
    except BadInput:
        return {}


def _audited(settings: Settings) -> float:
    """The share of the review queue that is drawn at random; the usual one while policies.toml has a mistake."""
    from warehouse.policies import Review, read_policies

    try:
        return read_policies(settings.policies_file).review.audited
    except MistakenFile:
        return Review().audited


def import_file(
    file: Annotated[
        Path,
        typer.Argument(help="CSV, TSV, JSON, JSON Lines or XLSX, also as .gz or .zip; docs/collecting.md lists whose."),
    ],
    platform: Annotated[str, typer.Option(help="instagram, tiktok, youtube, facebook, or another name, e.g. reddit.")],
    account: Handle,
    night: Night = None,
    columns: Columns = None,
    dates: Annotated[
        str | None, typer.Option(help="How to read dates like 03/04/2026: day-first or month-first.")
    ] = None,
    is_dry: Annotated[
        bool, typer.Option("--dry-run", help="Show the columns found and ten rows; write nothing.")
    ] = False,
    is_undone: Annotated[bool, typer.Option("--undo", help="Take back the import of this file.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Import comments you already have, to be validated and scored like collected ones.

    Example: toxwatch import comments.csv --platform instagram --account nasa --column text=Message
    """
    from rich.markup import escape

    from jobs.collect import imports

    if dates not in (None, *imports.ORDERS):
        raise BadInput(f"--dates must be {' or '.join(imports.ORDERS)} (got {dates!r}).")
    source, day, pairs = imports.account_named(platform, account), night_of(night), column_pairs(columns)
    if is_dry:
        _print_preview(imports.preview(file, source, day, pairs, dates), as_json)
        return
    settings = Settings.load(data_dir)
    if is_undone:
        follow = imports.take_back(settings, file, source, day, pairs)
        console.print(f"Took back the import of {escape(str(file))}.")
    else:
        print_manifests([imports.run(settings, file, source, day, pairs, dates)], as_json)
        follow = [f"toxwatch nightly --no-scrape --night {day}"]
    if follow:
        console.print(f"Next: {', then '.join(follow)}")


def _print_preview(found: "Preview", as_json: bool) -> None:
    from rich.markup import escape

    from jobs.collect import imports

    if as_json:
        return print_json(found._asdict())
    shown = ("comment_id", "post_id", "parent_id", "author", "posted_at", "likes", "text")
    print_rows(shown, [[row[name] for name in shown] for row in found.rows])
    if found.columns:
        mapping = ", ".join(f"{ours} = {theirs}" for ours, theirs in found.columns.items())
        return console.print(f"Columns: {escape(printable(mapping))}")
    return console.print(f"Read as an export of {imports.SHAPES.get(found.shape, 'Apify')}.")


def export(
    target: Annotated[Path, typer.Argument(help="File to write: .csv, .parquet or .duckdb.")],
    account: Annotated[str | None, typer.Option(help="Only this account, e.g. instagram/nasa.")] = None,
    first: FirstDay = None,
    last: LastDay = None,
    flag: Annotated[str | None, typer.Option(help="Only comments flagged with this category, e.g. insult.")] = None,
    attacked: Annotated[str | None, typer.Option(help="Only toxic comments that attack these, e.g. gender.")] = None,
    directed: Annotated[
        str | None, typer.Option(help="Only comments that address these: account, commenter, group or nobody.")
    ] = None,
    severity: Annotated[
        str | None, typer.Option(help="Only this severity: none, low, medium, high or critical.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Only this language, e.g. en.")] = None,
    words: Annotated[str | None, typer.Option(help="Only comments containing this text.")] = None,
    spam: Annotated[str | None, typer.Option(help="without: no spam. only: nothing else.")] = None,
    reviewed: Annotated[
        bool, typer.Option("--reviewed", help="Only reviewed comments with their labels, ready for `toxwatch prepare`.")
    ] = False,
    attacks: Annotated[
        bool, typer.Option("--attacks", help="Who attacks whom instead, by pseudonym: a .gexf for Gephi, or a .csv.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Write comments with their scores to a file, optionally filtered.

    Example: toxwatch export insults.csv --flag insult --from 2026-11-01
    """
    from jobs.ask import export

    if attacks:
        if attacked or directed or severity or language or words or spam or reviewed:
            raise BadInput("--attacks goes with --account, --from, --to and --flag only.")
        _export_attacks(Settings.load(data_dir), target, account, first, last, flag)
        return
    filters: dict[str, Any] = {"only": account, "flag": flag, "attacked": attacked, "directed": directed}
    filters |= {"severity": severity, "language": language, "words": words, "spam": spam}
    filters |= {name: day.date() for name, day in (("first", first), ("last", last)) if day}
    rows = export.run(Settings.load(data_dir), target, filters, "reviewed" if reviewed else "export")
    console.print(f"Wrote {rows:,} comment{'' if rows == 1 else 's'} to {target}.")


def _export_attacks(
    settings: Settings, target: Path, account: str | None, first: datetime | None, last: datetime | None,
    flag: str | None,
) -> None:  # fmt: skip
    from dashboard.charts import as_csv
    from dashboard.network import gexf
    from dashboard.view import FIRST_DAY, Answers, View
    from jobs.ask import export
    from warehouse.files import writing
    from warehouse.reader import Warehouse

    writers = {".gexf": gexf, ".csv": as_csv}
    if target.suffix not in writers:
        raise BadInput(f"{target}: use a name that ends in {' or '.join(writers)}.")
    export.check({"flag": flag})
    answers = Answers(Warehouse(settings.data_dir / "warehouse"))
    since, until = first.date() if first else FIRST_DAY, last.date() if last else answers.newest()
    view = View(account=account, label=flag or "toxic", days=(until - since).days + 1, last=until)
    attacks = answers.rows("attacks", view, limit=MOST_ATTACKS)
    with writing(target) as draft:
        draft.write_text(writers[target.suffix](attacks), encoding="utf-8")
    console.print(f"Wrote {target} ({len(attacks):,} line{'' if len(attacks) == 1 else 's'}).")


def report(
    target: Annotated[Path, typer.Argument(help="The .html or .pdf file to write, e.g. week.pdf.")],
    days: Annotated[int, typer.Option(help="Length of the period.", min=1, max=3660)] = 7,
    last: LastDay = None,
    account: Annotated[str | None, typer.Option(help="Only this account, e.g. instagram/nasa.")] = None,
    link: Annotated[str, typer.Option(help="Address of your dashboard, to link to from the report.")] = "",
    as_of: AsOf = None,
    data_dir: DataDir = None,
) -> None:
    """Write the overview and every account as one HTML file, or as a PDF where there is a Chromium.

    Example: toxwatch report week.pdf --days 7
    """
    import tempfile

    from dashboard import report
    from dashboard.view import Answers, View
    from dashboard.wording import counted
    from jobs.ask.pdf import print_page
    from warehouse import versions
    from warehouse.reader import Warehouse

    settings, kind = Settings.load(data_dir), target.suffix.lower()
    if kind not in (".html", ".htm", ".pdf"):
        raise BadInput(f"{target}: use a name that ends in .html or .pdf.")
    if kind == ".pdf" and not settings.chromium:
        raise BadInput("A PDF is printed by Chromium, which was not found: install it, or name one in CHROMIUM.")
    with (
        versions.as_of(settings.data_dir / "warehouse", as_of) as folder,
        tempfile.TemporaryDirectory(prefix="toxwatch-") as drafts,
    ):
        answers = Answers(Warehouse(folder))
        if account not in (None, *(accounts := answers.accounts())):
            raise BadInput(f"No account {account} has scored comments. Accounts: {', '.join(accounts)}.")
        view = View(account=account, days=days, last=last.date() if last else answers.newest())
        file = Path(drafts) / "report.html" if kind == ".pdf" else target
        number = report.write(answers, view, file, link)
        if kind == ".pdf":
            print_page(str(settings.chromium), file, target.absolute())
        console.print(f"Wrote {target} ({counted(number, 'account')}).")


def sql(
    query: Annotated[
        str | None, typer.Argument(help="One query, or the name of an example, e.g. costs; leave it out for a prompt.")
    ] = None,
    examples: Annotated[bool, typer.Option(help="Run the example queries on your data.")] = False,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Query the warehouse with SQL (read-only).

    Example: toxwatch sql "select account, count(*) from comments group by all"
    """
    from jobs.ask import sql
    from warehouse import versions

    with versions.as_of(Settings.load(data_dir).data_dir / "warehouse", as_of) as folder:
        if examples:
            return sql.examples(folder)
        if query:
            return sql.answer(folder, query, as_json)
        return sql.prompt(folder)


def list_versions(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the versions of the warehouse that are kept, and since when people saw each."""
    from warehouse import versions

    found = versions.kept(Settings.load(data_dir).data_dir / "warehouse")
    rows = [[one.name, f"{one.made_at:%Y-%m-%d %H:%M}", "current" if one.is_current else ""] for one in found]
    if as_json:
        return print_json([dict(zip(("version", "made_at", "is_current"), row, strict=True)) for row in rows])
    return print_rows(["version", "made at (UTC)", ""], rows)


def diff(
    old: Annotated[str, typer.Argument(help="A version or a day; see `toxwatch versions`.")],
    new: Annotated[str | None, typer.Argument(help="Another one.", show_default="the current version")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what changed between two versions of the warehouse, and why: comments, scores, flags, shares.

    Example: toxwatch diff 2026-11-23
    """
    from warehouse import build, versions

    folder = Settings.load(data_dir).data_dir / "warehouse"
    after = versions.find(folder, new).file if new else build.current(folder)
    tables = versions.diff(versions.find(folder, old).file, after)
    if as_json:
        return print_json({one.title: [dict(zip(one.columns, row, strict=True)) for row in one.rows] for one in tables})
    return print_tables(tables)


def explain(
    account: Annotated[str, typer.Argument(help="e.g. instagram/nasa.")],
    day: Annotated[datetime, typer.Argument(formats=DAY, help="Day of the comments, e.g. 2026-11-20.")],
    label: Annotated[str, typer.Argument(help="Category.")] = "toxic",
    lines: Annotated[bool, typer.Option("--lines", help="Also each comment's probability and its raw line.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say where a figure comes from: model, policy, calibrations, nights, raw files, paid runs, raw lines.

    Example: toxwatch explain instagram/nasa 2026-11-20 insult
    """
    from dataclasses import asdict

    from jobs.ask import explain

    if label not in LABELS:
        raise BadInput(f"Unknown category {label!r}. Choose {', '.join(LABELS)}.")
    found = explain.explain(Settings.load(data_dir), account, day.date(), label)
    if as_json:
        return print_json(asdict(found))
    print(*explain.sentences(found), sep="\n")
    if lines:
        places = {line.comment_id: line for file in found.files for line in file.lines}
        rows = []
        for one in found.comments:
            place = places.get(one["comment_id"])
            rows.append([one["comment_id"], f"{one['probability']:.4f}", "flagged" if one["is_flagged"] else "",
                         f"{place.file}:{place.line}" if place else "–", place.run_id if place else "–"])  # fmt: skip
        print_rows(["comment", "probability", "", "raw line", "run"], rows)
    return None


def score_file(
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="What `toxwatch import` reads, Parquet, a picture or a folder of them.")
    ],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="CSV, Parquet or JSON Lines; overwritten if it exists.")
    ],
    text_column: Annotated[
        str | None, typer.Option(help="The column with the comments.", show_default="found by its name")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add six probability columns to the comments of a file of any size.

    A table keeps its columns; exports with replies inside become one row per comment. On pictures the text is read;
    each becomes a row.

    Example: toxwatch score-file in.csv out.csv --text-column text
    """
    from jobs.ask.score_file import score_file

    rows = score_file(Settings.load(), source, target, text_column)
    if as_json:
        return print_json({"rows": rows, "file": str(target)})
    return console.print(f"Wrote {target} ({rows:,} row{'' if rows == 1 else 's'} scored).")
