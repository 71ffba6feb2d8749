"""`toxwatch audit`: the random audit of the review queue, and what is made of it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.commands.options import AsJson, DataDir, FirstDay, LastDay, night_of, print_json, print_rows
from jobs.config.settings import Settings
from jobs.console import console
from jobs.errors import BadInput

if TYPE_CHECKING:
    from jobs.upkeep.calibrate import Section

Tag = Annotated[str | None, typer.Option(help="A tag of accounts, from targets.toml.")]
Language = Annotated[str | None, typer.Option(help="ISO 639-1 code, e.g. de.")]
Account = Annotated[str | None, typer.Option(help="e.g. instagram/nasa.", show_default="all accounts")]

audit = typer.Typer(
    no_args_is_help=True, help="What reviews of randomly drawn comments say about all comments, and about the model."
)


@audit.command("plan")
def plan_audit(
    margin: Annotated[
        float, typer.Option(min=0.01, max=50, help="Half-width of the wanted 95% interval, in percentage points.")
    ] = 1.0,
    account: Account = None,
    first: FirstDay = None,
    last: LastDay = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show how many reviews the wanted interval needs, for the last four weeks unless told.

    Example: toxwatch audit plan --margin 0.5 --account instagram/nasa
    """
    columns, rows = _ask("audit_plan", account, first, last, data_dir, margin=margin / 100)
    if as_json:
        return print_json([dict(zip(columns, row, strict=True)) for row in rows])
    shown = [[label, f"{comments:,}", f"{share:.2%}", f"{reviews:,}"] for label, comments, share, reviews in rows]
    return print_rows(["category", "comments", "model's share", f"reviews for ± {margin:g} points"], shown)


@audit.command("show")
def show_audit(
    account: Account = None,
    language: Language = None,
    first: FirstDay = None,
    last: LastDay = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what people found in the random audit beside what the model says, for the last four weeks unless told.

    Counts the reviews of the last publish; `toxwatch apply` takes in today's. Example: toxwatch audit show
    """
    columns, rows = _ask("audited", account, first, last, data_dir, places=None, language=language)
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    if as_json:
        return print_json(found)
    if not found:
        raise BadInput(
            "No comment of the random audit has been reviewed in this period. Review some, then `toxwatch apply`."
        )
    print_rows(
        ["category", "reviews", "people", "95% interval", "model", "flags right", "found by flags"],
        [
            [
                row["label"], f"{row['reviewed']:,}", f"{row['people']:.2%}",
                f"{row['low']:.2%} to {row['high']:.2%}", f"{row['share']:.2%}", _part(row, "precision"),
                _part(row, "recall"),
            ]
            for row in found
        ],
    )  # fmt: skip
    for row in found:
        if row["is_off"]:
            console.print(_bias(row), markup=False)
    return None


def _part(row: dict[str, Any], name: str) -> str:
    """ "81% (72 to 88)" """
    if row[name] is None:
        return "–"
    return f"{row[name]:.0%} ({100 * row[f'{name}_low']:.0f} to {100 * row[f'{name}_high']:.0f})"


def _bias(row: dict[str, Any]) -> str:
    sees = "too little" if row["people"] > row["share"] else "too much"
    return (
        f"{row['label']}: the model says {row['share']:.1%}, people say {row['people']:.1%} "
        f"({row['low']:.1%} to {row['high']:.1%}): it sees {sees}."
    )


@audit.command("calibrate")
def calibrate_section(
    account: Account = None,
    tag: Tag = None,
    language: Language = None,
    first: FirstDay = None,
    last: LastDay = None,
    is_undone: Annotated[bool, typer.Option("--undo", help="Take the last version back.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Make the probabilities of an account, a tag or a language mean what its reviewers say, in all of its history.

    Needs 200 reviewed comments of the audit, of the last four weeks unless told. Example:
    toxwatch audit calibrate --account instagram/nasa
    """
    from jobs.upkeep import calibrate

    settings, section = Settings.load(data_dir), _section(account, tag, language)
    if is_undone:
        version = calibrate.undo(settings, section)
        return console.print(f"Took back version {version} of the calibration of {section}.", markup=False)
    since, until = _period(first, last)
    version, labels = calibrate.run(settings, section, since, until)
    return console.print(
        f"Calibrated {section}, version {version}: {', '.join(labels)}. Take it back with --undo.", markup=False
    )


@audit.command("calibrations")
def list_calibrations(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the calibrations that apply, with the share that the model saw before and the one that people found."""
    from warehouse import queries
    from warehouse.reader import Warehouse

    warehouse = Warehouse(Settings.load(data_dir).data_dir / "warehouse")
    columns, rows = warehouse.table(queries.page_sql("calibrations"))
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    if as_json:
        return print_json(found)
    return print_rows(
        ["section", "version", "category", "reviews", "model before", "people", "made", "in use"],
        [
            [
                f"{row['kind']} {row['name']}", row["version"], row["label"], row["reviewed"], f"{row['share']:.2%}",
                f"{row['people']:.2%}", f"{row['made_at']:%Y-%m-%d}",
                "yes" if row["is_in_use"] else "no, made for another model: calibrate again",
            ]
            for row in found
        ],
    )  # fmt: skip


@audit.command("reviewers")
def list_reviewers(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List who reviews, how fast, and how often they agree with others about harmful or harmless."""
    from dataclasses import asdict

    from warehouse.reviews import HASTY_SECONDS, Reviews

    found = Reviews.in_folder(Settings.load(data_dir).data_dir).reviewers()
    if as_json:
        return print_json([asdict(one) | {"is_hasty": one.is_hasty} for one in found])
    return print_rows(
        ["reviewer", "decisions", "seconds each", "harmful", "agrees with others", ""],
        [
            [
                one.name, one.decisions, "–" if one.seconds is None else f"{one.seconds:.1f}", f"{one.harmful:.0%}",
                f"{one.agreed} of {one.shared}",
                "left out" if one.is_left_out else f"under {HASTY_SECONDS:g} s" if one.is_hasty else "",
            ]
            for one in found
        ],
    )  # fmt: skip


@audit.command("leave-out")
def leave_out_reviewer(
    reviewer: Annotated[str, typer.Argument(help="Name of the reviewer.")],
    is_undone: Annotated[bool, typer.Option("--undo", help="Count their reviews again.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Count none of somebody's reviews: in shares, precision, calibrations and training. They are kept."""
    from jobs import publish
    from warehouse.reviews import Reviews

    settings = Settings.load(data_dir)
    book = Reviews.in_folder(settings.data_dir)
    if reviewer not in (names := [one.name for one in book.reviewers()]):
        raise BadInput(f"Nobody called {reviewer!r} has reviewed anything. Reviewers: {', '.join(names) or 'none'}.")
    (book.take_in if is_undone else book.leave_out)(reviewer)
    publish.apply(settings)
    console.print(f"The reviews of {reviewer} {'count again' if is_undone else 'no longer count'}.", markup=False)


def _section(account: str | None, tag: str | None, language: str | None) -> "Section":
    from jobs.upkeep.calibrate import Section

    named = [Section(kind, name) for kind, name in
             (("account", account), ("tag", tag), ("language", language)) if name]  # fmt: skip
    if len(named) != 1:
        raise BadInput("Name one of --account, --tag and --language.")
    return named[0]


def _period(first: Any, last: Any) -> tuple[Any, Any]:
    from warehouse.measures import USUAL_DAYS

    until = night_of(last)
    since = first.date() if first else until - timedelta(days=USUAL_DAYS - 1)
    if since > until:
        raise BadInput(f"--from {since} is after --to {until}.")
    return since, until


def _ask(
    page: str, account: str | None, first: Any, last: Any, data_dir: Any, **more: Any
) -> tuple[list[str], list[Any]]:
    from warehouse import queries
    from warehouse.reader import Warehouse

    since, until = _period(first, last)
    warehouse = Warehouse(Settings.load(data_dir).data_dir / "warehouse")
    return warehouse.table(queries.page_sql(page), {"first": since, "last": until, "only": account, **more})
