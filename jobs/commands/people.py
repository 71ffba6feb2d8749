"""`toxwatch user` and `toxwatch key`: who may sign in, and which programs may ask."""

from pathlib import Path
from typing import Annotated

import typer

from dashboard.people import People
from jobs.commands.options import DataDir
from jobs.config.settings import Settings
from warehouse import Part, WarehouseError

Tags = Annotated[
    list[str] | None, typer.Option("--tag", help="Only accounts with this tag of targets.toml; repeat for several.")
]

users = typer.Typer(no_args_is_help=True, help="Who may sign in to the dashboard.")
keys = typer.Typer(no_args_is_help=True, help="Keys with which programs use the API, when the dashboard has users.")


@users.command("add")
def add_user(
    name: str,
    password: Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)],
    role: Annotated[
        str, typer.Option(help="viewer, who looks; moderator, who also reviews; admin, who also sees the audit.")
    ] = "moderator",
    tags: Tags = None,
    figures_only: Annotated[bool, typer.Option("--figures-only", help="No text of a comment.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Let somebody in, or give them a new password, role or tags, which ends their sessions."""
    home = Settings.load(data_dir).data_dir
    People.in_folder(home).add(name, password, role, Part(tuple(tags or ()), not figures_only))
    _warn_of_unknown(tags or [], home)
    said = f"{name} can sign in. Serve to others with `toxwatch serve --host 0.0.0.0 --https`, behind a proxy with TLS."
    typer.echo(said, err=True)


@users.command("remove")
def remove_user(name: str, data_dir: DataDir = None) -> None:
    """Let somebody in no longer, at once."""
    home = Settings.load(data_dir).data_dir
    People.in_folder(home).remove(name)


@users.command("list")
def list_users(data_dir: DataDir = None) -> None:
    """Say who may sign in, and what they may see."""
    home = Settings.load(data_dir).data_dir
    for visitor in People.in_folder(home).visitors():
        print(
            visitor.name, visitor.role, *visitor.part.tags, *([] if visitor.part.texts else ["figures only"]), sep="\t"
        )


@users.command("audit")
def show_audit(data_dir: DataDir = None) -> None:
    """Say who did what: signed in or tried to, reviewed, revealed, exported; the newest first, times in UTC."""
    home = Settings.load(data_dir).data_dir
    for row in People.in_folder(home).audit():
        print(*row, sep="\t")


@keys.command("add")
def add_key(
    name: str,
    scopes: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", help="predict (if none is named), figures, or read, which is figures and texts; repeat."
        ),
    ] = None,
    tags: Tags = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key for a program; it is shown once, and an older one of that name ends."""
    home = Settings.load(data_dir).data_dir
    print(People.in_folder(home).add_key(name, scopes or ["predict"], tags or ()))
    _warn_of_unknown(tags or [], home)


@keys.command("remove")
def remove_key(name: str, data_dir: DataDir = None) -> None:
    """Make a key worthless, at once."""
    home = Settings.load(data_dir).data_dir
    People.in_folder(home).remove_key(name)


def _warn_of_unknown(tags: list[str], data_dir: Path) -> None:
    from dashboard.view import Answers
    from warehouse.reader import Warehouse

    try:
        known = Answers(Warehouse(data_dir / "warehouse")).tags()
    except WarehouseError:
        known = {}
    for tag in set(tags) - known.keys():
        there_are = f"there are: {', '.join(known)}" if known else "nothing is published"
        typer.echo(f"No account has the tag {tag} yet, so nothing of it is shown; {there_are}.", err=True)
