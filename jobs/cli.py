"""The command line: registers the commands, and turns every error into one message and an exit code."""

import errno
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import chain
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from dashboard.people import PeopleError
from jobs.commands import ask, audit, care, contract, models, nights, people
from jobs.config.secrets import Masked
from jobs.console import console
from jobs.errors import BadInput, Busy, FailedService, RefusedData, ToxwatchError
from models.labels import ModelError, Refused
from warehouse import Building, Unwritable, WarehouseError
from warehouse.untrusted import printable

INTERRUPTED = 130  # the exit code for Ctrl-C
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_MEMORY = (
    "java.lang.OutOfMemoryError",
    "Out of Memory Error",
    os.strerror(errno.ENOMEM),
)  # of Java, DuckDB, the system
OF_TRAINING = ("imblearn", "keras", "mlflow", "onnx", "safetensors", "sklearn", "tensorflow")
EXTRAS = dict.fromkeys(OF_TRAINING, "train") | {"mcp": "mcp", "authlib": "openid"}  # module → what it is installed with
WRONG_PLACE = (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError, FileExistsError)

LAST = "Maintain"
GROUPS = {
    "user": people.users,
    "key": people.keys,
    "audit": audit.audit,
    "contract": contract.contract,
}  # in the last panel
PANELS: dict[str, tuple[Callable[..., Any], ...]] = {
    "Run one stage of a night": (
        nights.scrape,
        nights.validate,
        nights.clean,
        nights.score,
        nights.publish,
        nights.monitor,
    ),
    "Run every night": (
        nights.nightly,
        nights.expire,
        nights.compact,
        nights.alert,
        nights.subscriptions,
        nights.heartbeat,
        nights.lineage,
        nights.demo,
        nights.stream,
        nights.init,
        nights.accounts,
        nights.plan,
        nights.airflow,
        nights.status,
        nights.doctor,
    ),
    "See results, import and export": (
        ask.serve,
        ask.import_file,
        ask.export,
        ask.report,
        ask.sql,
        ask.list_versions,
        ask.diff,
        ask.explain,
        ask.mcp,
        ask.score_file,
    ),
    "Train and release models": (
        models.prepare,
        models.train,
        models.cascade,
        models.evaluate,
        models.gate,
        models.promote,
        models.models,
        models.rescore,
    ),
    LAST: (
        care.forget,
        care.rekey,
        care.held,
        care.backup,
        care.restore,
        care.verify,
        care.apply,
        care.rebuild,
        care.rollback,
    ),
}
NAMES: dict[Callable[..., Any], str] = {
    ask.import_file: "import",
    ask.score_file: "score-file",
    ask.list_versions: "versions",
}
QUERY = {"ignore_unknown_options": True}  # SQL may start with --


class Panels(TyperGroup):
    """Lists the commands by panel, in plain text: what Typer draws them with takes longer to load than all else."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        names = [NAMES.get(command, command.__name__) for commands in PANELS.values() for command in commands]
        widest = max(map(len, names))
        for panel, commands in PANELS.items():
            shown = [NAMES.get(command, command.__name__) for command in commands]
            with formatter.section(panel):
                self._write(ctx, formatter, [*shown, *(GROUPS if panel == LAST else ())], widest)

    def _write(self, ctx: Any, formatter: Any, names: Sequence[str], widest: int) -> None:
        found = [(name, command) for name in names if (command := self.get_command(ctx, name))]
        formatter.write_dl([(name.ljust(widest), command.get_short_help_str(limit=200)) for name, command in found])


app = typer.Typer(
    cls=Panels,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Track toxicity in comment sections: scrape, validate, clean, score, publish, monitor.\n\n"
    "Start with `toxwatch demo`, which needs no account and no token. Then list your own accounts in targets.toml, "
    "set APIFY_TOKEN and run `toxwatch nightly`.\n\n"
    "Exit codes: 0 done, 2 bad input, 3 data failed its checks, 4 a service failed, 5 another run is writing.",
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"toxwatch {version('toxwatch')}")
        raise typer.Exit


@app.callback()
def toxwatch(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    pass


for command in chain.from_iterable(PANELS.values()):
    app.command(NAMES.get(command), context_settings=QUERY if command is ask.sql else None)(command)
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


def main() -> None:
    """Runs a command; a traceback would be a bug."""
    sys.stderr = Masked(sys.stderr)
    try:
        app()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            console.print("Stopped. Nothing half-written is kept; run the same command again to continue.")
            os._exit(INTERRUPTED)  # don't wait for threads that wait for Apify
        raise
    except Building as error:
        _fail(error, Busy.exit_code)
    except Refused as error:
        _fail(error, RefusedData.exit_code)
    except Unwritable as error:
        _fail(error, FailedService.exit_code)
    except (WarehouseError, ModelError, PeopleError) as error:
        _fail(error, BadInput.exit_code)
    except ToxwatchError as error:
        _fail(error, error.exit_code)
    except ModuleNotFoundError as error:
        extra = EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        message = f"{error.name} is not installed; it belongs to the extra `{extra}`: `uv sync --extra {extra}`."
        if extra == "train":
            message += " In containers, set TOXWATCH_IMAGE=training in .env and run `docker compose up --build`."
        _fail(ModuleNotFoundError(message), BadInput.exit_code)
    except sqlite3.OperationalError as error:
        message = (
            f"A database in the data folder could not be read or written: {error}. What was there before is unchanged. "
            "Free some space or mend the disk, and run this again."
        )
        _fail(OSError(message), FailedService.exit_code)
    except Exception as error:  # Spark wraps what Java and the OS say in its own classes
        if isinstance(error, MemoryError) or any(sign in str(error) for sign in NO_MEMORY):
            message = (
                "There is not enough memory. Nothing half-written is kept; stop other programs, or raise "
                "TOXWATCH_SPARK_MEMORY if it was Spark, and run this again."
            )
            _fail(MemoryError(message), FailedService.exit_code)
        if not any(os.strerror(number) in str(error) for number in FULL):
            _fail_of_file(error)
        where = getattr(error, "filename", None) or "while writing"
        message = f"The disk is full ({where}). Nothing half-written is kept; free some space and run this again."
        _fail(OSError(message), FailedService.exit_code)


def _fail_of_file(error: Exception) -> NoReturn:
    """For a file or folder that can't be read or written; raises any other error again."""
    if not isinstance(error, OSError):
        raise error
    is_wrong_place = isinstance(error, WRONG_PLACE) or error.errno == errno.EROFS
    message = f"{error.filename}: {error.strerror}." if error.filename else f"{error}."
    _fail(OSError(message), BadInput.exit_code if is_wrong_place else FailedService.exit_code)


def _fail(error: Exception, exit_code: int) -> NoReturn:
    from rich.markup import escape

    console.print("[bold red]toxwatch:[/]", escape(printable(str(error), keep="\n\t")))
    sys.exit(exit_code)
