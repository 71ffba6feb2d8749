"""`toxwatch contract`: what the warehouse promises to programs that read it, and whether it keeps that."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from jobs.commands.options import AsJson, DataDir, print_json, print_rows
from jobs.config.settings import Settings
from jobs.errors import RefusedData

contract = typer.Typer(no_args_is_help=True, help="The data contract: what downstream programs may build on.")


@contract.command()
def show() -> None:
    """Print the contract of this release (Open Data Contract Standard 3.1, YAML)."""
    from warehouse import contract as promises

    print(promises.text(promises.read()), end="")


@contract.command()
def check(
    file: Annotated[
        Path | None,
        typer.Option("--against", help="A contract of an earlier release, e.g. the one you built on."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check whether the warehouse keeps the contract: columns, keys, rules, freshness."""
    from warehouse import contract as promises
    from warehouse.reader import Warehouse

    promised = promises.read(file or promises.FILE)
    warehouse = Warehouse(Settings.load(data_dir).data_dir / "warehouse")
    findings = promises.check(warehouse, promised, datetime.now(UTC).date())
    broken = [one for one in findings if one.problem]
    if as_json:
        print_json([asdict(one) for one in findings])
    else:
        rows = [[one.about, "broken" if one.problem else "ok", one.rule, one.problem or ""] for one in findings]
        print_rows(["about", "", "rule", "problem"], rows)
    if broken:
        raise RefusedData(
            f"The warehouse breaks {len(broken)} of {len(findings)} rules of contract {promised['version']}."
        )
