"""Airflow operators: a task is a `toxwatch` command; its exit code says whether trying again can help."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from jobs.errors import BadInput, RefusedData

TOXWATCH = str(Path(sys.executable).with_name("toxwatch"))
NOT_WORTH_A_RETRY = {BadInput.exit_code, RefusedData.exit_code}


class Command(BaseOperator):
    """Runs a `toxwatch` command; returns the last line that it prints."""

    template_fields: Sequence[str] = ("words",)
    ui_color = "#e8f1ef"

    def __init__(self, *, words: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words
        self._command: SubprocessHook | None = None

    def execute(self, context: Context) -> Any:  # noqa: ARG002
        self._command, said = SubprocessHook(), f"`toxwatch {self.words[0]}`"
        result = self._command.run_command([TOXWATCH, *filter(None, self.words)], cwd=str(Path.cwd()))
        if result.exit_code in NOT_WORTH_A_RETRY:
            raise AirflowFailException(f"{said} refused, see the log above; a retry would not help")
        if result.exit_code:
            raise AirflowException(f"{said} ended with {result.exit_code}, see the log above")
        return result.output

    def on_kill(self) -> None:
        if self._command:
            self._command.send_sigterm()


class Stage(Command):
    """Runs one stage of one night; returns its row counts."""

    def __init__(self, *, stage: str, night: str, more: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(words=[stage, "--night", night, *more, "--json"], **kwargs)

    def execute(self, context: Context) -> dict[str, Any]:
        (manifest,) = json.loads(super().execute(context))
        return {count: manifest[count] for count in ("rows_in", "rows_out", "set_aside")}


class ScrapeAccount(Stage):
    """Collects one account. A retry, on whichever worker, reconnects to the Apify run that is already paid for.

    What was started is on disk before anything is waited for (`jobs.collect.apify`), so the record also survives
    what Airflow's own task state does not: a worker that dies between the start and its acknowledgement.
    """

    def __init__(self, *, account: str, **kwargs: Any) -> None:
        super().__init__(stage="scrape", more=["--account", account], **kwargs)


async def tell_late(context: dict[str, Any]) -> None:
    """Airflow's triggerer calls it where a night has not finished by its deadline; whom alerts.toml names is told."""
    run = context["dag_run"]
    yesterday = datetime.fromisoformat(run["run_after"]).date() - timedelta(days=1)
    night = (run["conf"] or {}).get("night") or (run["data_interval_start"] or str(yesterday))[:10]
    process = await asyncio.create_subprocess_exec(TOXWATCH, "alert", "--night", night)
    if code := await process.wait():
        raise AirflowException(f"`toxwatch alert --night {night}` ended with {code}, see the log of the triggerer")
