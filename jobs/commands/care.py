"""Maintenance: erase, re-key, back up, rebuild."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.commands.options import AsJson, DataDir, author_name, comment_id, print_changes, print_json
from jobs.config.settings import Settings
from jobs.console import console
from jobs.errors import BadInput, ToxwatchError


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
    from jobs.lake.authors import author_hash, author_key
    from jobs.upkeep import forget

    if not authors and not comments:
        raise BadInput("Name an --author, e.g. instagram/their.handle, or a --comment, e.g. instagram:1809.")
    names = [author_name(author) for author in authors or []]
    ids = {comment_id(comment) for comment in comments or []}
    settings = Settings.load(data_dir)
    if not is_sure:
        typer.confirm(f"Erase them from {settings.data_dir} for good, older warehouse versions too?", abort=True)
    key = author_key(settings)
    hashes = {author_hash(name, key): name for name in names}
    erased = forget.run(settings, set(hashes), ids)
    if erased.rows or not erased.unknown:
        _say_erased(erased.rows, as_json)
    if erased.unknown:
        unknown = [hashes.get(one, one) for one in sorted(erased.unknown)]
        raise BadInput("\n".join(_not_found(settings, one, is_author=one in hashes.values()) for one in unknown))


def _say_erased(rows: dict[str, int], as_json: bool) -> None:
    if as_json:
        return print_json(rows)
    summary = ", ".join(f"{count:,} in {place}" for place, count in rows.items())
    what = f"Erased: {summary}." if summary else "Erased before; nothing of it has come back."
    return console.print(f"{what} Looked again in every place: nothing is left.", markup=False)


def _not_found(settings: Settings, name: str, is_author: bool) -> str:
    """Says that there is no such author or comment, and which one may be meant."""
    from jobs.lake.nights import Lake
    from jobs.lake.tombstones import authors_in

    if not is_author:
        return f"No such comment: {name}. Nothing stored has this id."
    author = name.replace(":", "/", 1)
    meant = sorted({one for one in authors_in(Lake.of(settings)) if _spelled(one) == _spelled(author)})
    hint = f" Did you mean {' or '.join(meant)}?" if meant else " Write the name as the platform spells it."
    return f"No such author: {author}. Nothing stored is by this name.{hint}"


def _spelled(author: str) -> str:
    """The same for youtube/@Ann and youtube/ann."""
    return author.casefold().replace("/@", "/")


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

    settings, name = Settings.load(data_dir), author_name(author)
    counts = held.run(settings, name, target)
    if not counts:
        raise BadInput(f"{_not_found(settings, name, is_author=True)} {target} holds no records.")
    console.print(f"Wrote {target}: " + ", ".join(f"{rows:,} in {place}" for place, rows in counts.items()) + ".")


def backup(
    target: Annotated[
        Path | None,
        typer.Argument(
            help="The .tar file to write, outside the data folder.", show_default="a new file in $TOXWATCH_BACKUPS"
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Write everything that can't be recreated to one file, restore it to a temporary folder and compare.

    With TOXWATCH_BACKUP_PASSPHRASE it is encrypted, in the format of age (age-encryption.org). In the folder
    TOXWATCH_BACKUPS the newest seven are kept.

    Example: toxwatch backup /backups/toxwatch-2026-11-20.tar
    """
    from jobs.upkeep import backup

    settings = Settings.load(data_dir)
    file, files = (target, backup.backup(settings, target)) if target else backup.scheduled(settings)
    how = ", encrypted" if settings.backup_passphrase else ", not encrypted (set TOXWATCH_BACKUP_PASSPHRASE for that)"
    console.print(
        f"Backed up {files:,} files to {file}{how}; restored and compared each. Copy it to another machine.",
        markup=False,
    )


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


def verify(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Read everything that is stored and compare it with its checksums: lake, warehouse, databases, object store."""
    from jobs.upkeep import verify

    found = verify.run(Settings.load(data_dir))
    if as_json:
        print_json({"read": found.read, "problems": found.problems})
    if found.problems:
        raise ToxwatchError("\n".join(found.problems))
    if not as_json:
        console.print("Read " + ", ".join(f"{count:,} {what}" for what, count in found.read.items()) + ": all intact.")


def apply(
    is_preview: Annotated[bool, typer.Option("--preview", help="Only say what would change.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Apply policies.toml, the tags in targets.toml and today's reviews to all past comments; say what changed."""
    from jobs import publish
    from warehouse import build

    settings = Settings.load(data_dir)
    folder = settings.data_dir / "warehouse"
    before = build.current(folder)
    if is_preview:
        with publish.preview(settings) as after:
            print_changes(before, after)
        return console.print("Nothing was changed. `toxwatch apply` does it.")
    publish.apply(settings)
    console.print(f"{folder / build.CURRENT} now follows {settings.policies_file}.")
    return print_changes(before, build.current(folder))


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
