"""`toxwatch audit`: the random audit of the review queue."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from jobs.commands.options import AsJson, DataDir, FirstDay, LastDay, night_of, print_json, print_rows
from jobs.config.settings import Settings
from jobs.errors import BadInput

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
    first: FirstDay = None,
    last: LastDay = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what people found in the random audit beside what the model says, for the last four weeks unless told.

    Counts the reviews of the last publish; `toxwatch apply` takes in today's. Example: toxwatch audit show
    """
    columns, rows = _ask("audited", account, first, last, data_dir, places=None)
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    if as_json:
        return print_json(found)
    if not found:
        raise BadInput(
            "No comment of the random audit has been reviewed in this period. Review some, then `toxwatch apply`."
        )
    shown = [
        [
            row["label"], f"{row['reviewed']:,}", f"{row['audited_share']:.2%} ± {100 * row['margin']:.2f}",
            f"{row['share']:.2%}",
            *("–" if row[name] is None else f"{row[name]:.0%}" for name in ("precision", "recall")),
        ]
        for row in found
    ]  # fmt: skip
    return print_rows(["category", "reviews", "people", "model", "flags right", "found by flags"], shown)


def _ask(
    page: str, account: str | None, first: Any, last: Any, data_dir: Any, **more: Any
) -> tuple[list[str], list[Any]]:
    from warehouse import queries
    from warehouse.measures import USUAL_DAYS
    from warehouse.reader import Warehouse

    until = night_of(last)
    since = first.date() if first else until - timedelta(days=USUAL_DAYS - 1)
    if since > until:
        raise BadInput(f"--from {since} is after --to {until}.")
    warehouse = Warehouse(Settings.load(data_dir).data_dir / "warehouse")
    return warehouse.table(queries.page_sql(page), {"first": since, "last": until, "only": account, **more})
