"""Maintenance: erase, re-key, back up, rebuild."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.commands.options import AsJson, DataDir, author_name, print_json
from jobs.config.settings import Settings
from jobs.console import console
from jobs.errors import BadInput


def forget(
    authors: Annotated[
        list[str] | None, typer.Option("--author", help="e.g. instagram/their.handle; repeatable.")
    ] = None,
    comments: Annotated[list[str] | None, typer.Option("--comment", help="e.g. instagram:1809; repeatable.")] = None,
    is_sure: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Erase an author or a comment everywhere, and keep later nights from collecting them again.

    Example: toxwatch forget --author instagram/their.handle
    """
    from jobs.lake.tombstones import author_hash
    from jobs.upkeep import forget

    if not authors and not comments:
        raise BadInput("Name an --author, e.g. instagram/their.handle, or a --comment, e.g. instagram:1809.")
    names = [author_name(author) for author in authors or []]
    settings = Settings.load(data_dir)
    if not is_sure:
        typer.confirm(f"Erase them from {settings.data_dir} for good, older warehouse versions too?", abort=True)
    key = settings.author_key()
    hashes = {author_hash(name, key) for name in names}
    erased = forget.run(settings, hashes, set(comments or []))
    if as_json:
        return print_json(erased)
    summary = ", ".join(f"{rows:,} in {place}" for place, rows in erased.items()) or "nothing was stored"
    return console.print(f"Erased: {summary}. Checked every place again: nothing is left.")


def rekey(data_dir: DataDir = None) -> None:
    """Change the key that author hashes are made with. Delete older backups afterwards: they hold the old key."""
    from jobs.upkeep import rekey

    files = rekey.run(Settings.load(data_dir))
    console.print(f"Re-hashed authors in {files:,} files. Delete older backups: they hold the old key.")


def held(
    author: Annotated[str, typer.Argument(help="e.g. instagram/their.handle.")],
    target: Annotated[Path, typer.Argument(help="The JSON file to write.")],
    data_dir: DataDir = None,
) -> None:
    """Export everything stored about one person, for a subject access request.

    Example: toxwatch held instagram/their.handle answer.json
    """
    from jobs.upkeep import held

    counts = held.run(Settings.load(data_dir), author_name(author), target)
    console.print(f"Wrote {target}: " + ", ".join(f"{rows:,} {kind}" for kind, rows in counts.items()) + ".")


def backup(
    target: Annotated[Path, typer.Argument(help="The .tar file to write, outside the data folder.")],
    data_dir: DataDir = None,
) -> None:
    """Write everything that can't be recreated to one file, and read it back to check it.

    Example: toxwatch backup /backups/toxwatch-2026-11-20.tar
    """
    from jobs.upkeep import backup

    files = backup.backup(Settings.load(data_dir), target)
    console.print(f"Backed up {files:,} files to {target} and checked each. Copy it to another machine.")


def restore(
    source: Annotated[str, typer.Argument(help="A file from `toxwatch backup`, or a store as s3://bucket/prefix.")],
    data_dir: DataDir = None,
) -> None:
    """Restore a backup, or everything an object store holds, into a new data folder.

    Example: toxwatch restore /backups/toxwatch-2026-11-20.tar --data-dir NEW
    """
    from jobs.upkeep import backup

    settings = Settings.load(data_dir)
    files = backup.restore(settings, source)
    console.print(f"Restored {files:,} files to {settings.data_dir} and checked each.")


def apply(data_dir: DataDir = None) -> None:
    """Apply policies.toml, the tags in targets.toml and today's reviews to all past comments."""
    from jobs import publish

    settings = Settings.load(data_dir)
    publish.apply(settings)
    current = settings.data_dir / "warehouse" / "current.duckdb"
    console.print(f"{current} now follows {settings.policies_file}.")


def rebuild(data_dir: DataDir = None) -> None:
    """Rebuild the warehouse from the lake, after a lost or damaged file."""
    from jobs import publish

    settings = Settings.load(data_dir)
    nights = publish.rebuild(settings)
    current = settings.data_dir / "warehouse" / "current.duckdb"
    console.print(f"Rebuilt {current} from {len(nights)} night{'' if len(nights) == 1 else 's'}.")


def rollback(data_dir: DataDir = None) -> None:
    """Go back to the previous warehouse version."""
    from warehouse import build

    console.print(f"The current version is now {build.rollback(Settings.load(data_dir).data_dir / 'warehouse').name}.")
