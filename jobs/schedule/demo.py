"""Two weeks of invented accounts, through the real pipeline, against the built-in stand-in for Apify."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console

from jobs import nightly, standin
from jobs.ask import sql
from jobs.config.settings import Settings
from warehouse import queries

SHOWN = ("accounts", "worst_days", "categories")


def run(data_dir: Path | None, last: date, nights: int) -> None:
    """Collects, checks, scores and stores, then shows what was found and where to look next."""
    with standin.serving() as server:
        settings = replace(
            Settings.load(data_dir),
            targets_file=standin.TARGETS,
            apify_url=server.url,
            apify_token=server.token,
        )
        nightly.run(settings, [last - timedelta(days=day) for day in reversed(range(nights))])
    _show(settings)


def _show(settings: Settings) -> None:
    out = Console(highlight=False, soft_wrap=True)
    for name in SHOWN:
        out.print(f"\n[bold]{queries.question(name)}[/]")
        sql.show(settings.data_dir / "warehouse", name)
    given = f" --data-dir {settings.data_dir}" if settings.data_dir != Path("data").resolve() else ""
    out.print(
        f"\nWhere to look next:\n"
        f"  toxwatch sql --examples{given}   more questions, answered\n"
        f"  toxwatch sql{given}              a prompt for your own\n"
        f"  toxwatch status{given}           what each night holds\n"
        f"  {settings.data_docs}   how each night was checked\n"
        "Then name your own accounts in targets.toml, set APIFY_TOKEN and run `toxwatch nightly`."
    )
