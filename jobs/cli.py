"""The command line: registers the commands, and turns every error into one message and an exit code."""

import errno
import os
import sys
from typing import NoReturn

import typer
from rich.markup import escape

from dashboard.people import PeopleError
from jobs.commands import ask, care, models, nights, people
from jobs.console import console
from jobs.errors import BadInput, Busy, FailedService, RefusedData, ToxwatchError
from models.labels import ModelError, Refused
from warehouse import Building, Unwritable, WarehouseError

INTERRUPTED = 130  # the exit code for Ctrl-C

PANELS = {
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
        nights.alert,
        nights.demo,
        nights.stream,
        nights.accounts,
        nights.airflow,
        nights.status,
        nights.doctor,
    ),
    "See results": (ask.serve, ask.import_file, ask.export, ask.report, ask.sql, ask.score_file),
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
    "Maintain": (
        care.forget,
        care.rekey,
        care.held,
        care.backup,
        care.restore,
        care.apply,
        care.rebuild,
        care.rollback,
    ),
}
NAMES = {ask.import_file: "import", ask.score_file: "score-file"}
QUERY = {"ignore_unknown_options": True}  # SQL may start with --

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Track toxicity in comment sections: scrape, validate, clean, score, publish, monitor.\n\n"
    "Start with `toxwatch demo`, which needs no account and no token. Then list your own accounts in targets.toml, "
    "set APIFY_TOKEN and run `toxwatch nightly`.\n\n"
    "Exit codes: 0 done, 2 bad input, 3 data failed its checks, 4 a service failed, 5 another run is writing.",
)
for panel, commands in PANELS.items():
    for command in commands:
        context = QUERY if command is ask.sql else None
        app.command(NAMES.get(command), rich_help_panel=panel, context_settings=context)(command)
app.add_typer(people.users, name="user", rich_help_panel="Maintain")
app.add_typer(people.keys, name="key", rich_help_panel="Maintain")


def main() -> None:
    """Runs a command; a traceback would be a bug."""
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
    except Exception as error:  # Spark wraps the OSError in its own classes
        if not any(os.strerror(number) in str(error) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)):
            raise
        where = getattr(error, "filename", None) or "while writing"
        message = f"The disk is full ({where}). Nothing half-written is kept; free some space and run this again."
        _fail(OSError(message), FailedService.exit_code)


def _fail(error: Exception, exit_code: int) -> NoReturn:
    console.print("[bold red]toxwatch:[/]", escape(str(error)))
    sys.exit(exit_code)
