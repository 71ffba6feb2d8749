"""`toxwatch user` and `toxwatch key`: access for people and programs."""

from pathlib import Path
from typing import Annotated

import typer

from dashboard.people import People
from jobs.commands.options import DataDir
from jobs.config.settings import Settings
from warehouse import Part, WarehouseError
from warehouse.untrusted import printable

Tags = Annotated[
    list[str] | None, typer.Option("--tag", help="Only accounts with this tag in targets.toml; repeatable.")
]

UserName = Annotated[str, typer.Argument(help="Name of the user.")]
KeyName = Annotated[str, typer.Argument(help="Name of the key.")]

users = typer.Typer(no_args_is_help=True, help="Manage who can sign in to the dashboard.")
keys = typer.Typer(no_args_is_help=True, help="Manage API keys for programs. Needed once the dashboard has users.")


@users.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    password: Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)],
    role: Annotated[
        str, typer.Option(help="viewer, moderator (also reviews) or admin (also sees the audit).")
    ] = "moderator",
    tags: Tags = None,
    figures_only: Annotated[bool, typer.Option("--figures-only", help="Statistics only, no comment texts.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Add a user, or change their password, role or tags (signs them out).

    Example: toxwatch user add client --role viewer --tag sport --figures-only
    """
    home = Settings.load(data_dir).data_dir
    People.in_folder(home).add(name, password, role, Part(tuple(tags or ()), not figures_only))
    _warn_of_unknown_tags(tags or [], home)
    typer.echo(f"{name} can sign in. To share the dashboard, put an HTTPS proxy in front of it and run", err=True)
    typer.echo("  toxwatch serve --host 0.0.0.0 --https", err=True)


@users.command("remove")
def remove_user(name: UserName, data_dir: DataDir = None) -> None:
    """Remove a user immediately."""
    home = Settings.load(data_dir).data_dir
    People.in_folder(home).remove(name)


@users.command("list")
def list_users(data_dir: DataDir = None) -> None:
    """List users and what they can see."""
    home = Settings.load(data_dir).data_dir
    for visitor in People.in_folder(home).visitors():
        print(
            visitor.name, visitor.role, *visitor.part.tags, *([] if visitor.part.texts else ["figures only"]), sep="\t"
        )


@users.command("audit")
def show_audit(data_dir: DataDir = None) -> None:
    """Show who signed in (or failed to), reviewed, revealed or exported what; newest first, times in UTC."""
    home = Settings.load(data_dir).data_dir
    for row in People.in_folder(home).audit():
        print(*map(printable, row), sep="\t")


@keys.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="A name for the key, e.g. of the program that uses it.")],
    scopes: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", help="predict (default), figures (statistics) or read (statistics and texts); repeatable."
        ),
    ] = None,
    tags: Tags = None,
    data_dir: DataDir = None,
) -> None:
    """Create a key for a program and print it once. Replaces an older key of the same name.

    Example: toxwatch key add our-bot --scope predict
    """
    home = Settings.load(data_dir).data_dir
    print(People.in_folder(home).add_key(name, scopes or ["predict"], tags or ()))
    _warn_of_unknown_tags(tags or [], home)


@keys.command("remove")
def remove_key(name: KeyName, data_dir: DataDir = None) -> None:
    """Revoke a key immediately."""
    home = Settings.load(data_dir).data_dir
    People.in_folder(home).remove_key(name)


def _warn_of_unknown_tags(tags: list[str], data_dir: Path) -> None:
    from dashboard.view import Answers
    from warehouse.reader import Warehouse

    try:
        known = Answers(Warehouse(data_dir / "warehouse")).tags()
    except WarehouseError:
        known = {}
    for tag in set(tags) - known.keys():
        tags_in_use = f"Tags in use: {', '.join(known)}." if known else "No accounts have been published yet."
        typer.echo(f"No account has the tag {tag} yet, so they will see nothing for it. {tags_in_use}", err=True)
