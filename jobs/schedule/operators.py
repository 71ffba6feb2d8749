"""Airflow operators: each task runs a `toxwatch` command; its exit code decides whether to retry."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from jobs.config.settings import TOXWATCH, Settings, backup_folder
from jobs.config.targets import NightLimits, read_targets
from jobs.errors import BadInput, RefusedData

APIFY, LAKE = "apify", "lake"  # pools: paid runs at the same time, and writers of the lake
BACKUPS = backup_folder()
NOT_WORTH_A_RETRY = {BadInput.exit_code, RefusedData.exit_code}


def every_night() -> str:
    """When nights start, as cron says it; at the usual time while targets.toml is missing or has a mistake."""
    try:
        at = read_targets(Settings.load().targets_file).night.starts_at
    except BadInput:
        at = NightLimits().starts_at
    return f"{at.minute} {at.hour} * * *"


class Command(BaseOperator):
    """Runs a `toxwatch` command and returns the last line it prints."""

    template_fields: Sequence[str] = ("words",)
    ui_color = "#e8f1ef"

    def __init__(self, *, words: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words
        self._command: SubprocessHook | None = None

    def execute(self, context: Context) -> Any:  # noqa: ARG002
        self._command, name = SubprocessHook(), f"`toxwatch {self.words[0]}`"
        result = self._command.run_command([TOXWATCH, *filter(None, self.words)], cwd=str(Path.cwd()))
        if result.exit_code in NOT_WORTH_A_RETRY:
            raise AirflowFailException(
                f"{name} exited with {result.exit_code}; a retry would not help. See the log above."
            )
        if result.exit_code:
            raise AirflowException(f"{name} exited with {result.exit_code}. See the log above.")
        return result.output

    def on_kill(self) -> None:
        if self._command:
            self._command.send_sigterm()


class Stage(Command):
    """Runs one stage of a night and returns its row counts."""

    def __init__(self, *, stage: str, night: str, more: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(words=[stage, "--night", night, *more, "--json"], **kwargs)

    def execute(self, context: Context) -> dict[str, Any]:
        (manifest,) = json.loads(super().execute(context))
        return {count: manifest[count] for count in ("rows_in", "rows_out", "set_aside")}


class ScrapeAccount(Stage):
    """Collects one account. A retry, on any worker, reconnects to the Apify run that is already paid for.

    The run is recorded on disk before the task waits for it (`jobs.collect.apify`). Unlike Airflow's task state, that
    record survives a worker that dies right after starting the run.
    """

    def __init__(self, *, account: str, **kwargs: Any) -> None:
        super().__init__(stage="scrape", more=["--account", account], **kwargs)
        self.account = account  # names the task on Airflow's page


class FailRun(BaseOperator):
    """Fails if a task before it did: Airflow judges a run by its last tasks, and `alert` succeeds after a failure."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(task_id="fail_the_run", trigger_rule="one_failed", retries=0, **kwargs)

    def execute(self, context: Context) -> None:  # noqa: ARG002
        raise AirflowFailException("A task of this run failed; its own log says why.")


async def alert_if_late(context: dict[str, Any]) -> None:
    """Sends alerts for a night that missed its deadline. Called by Airflow's triggerer."""
    run = context["dag_run"]
    yesterday = datetime.fromisoformat(run["run_after"]).date() - timedelta(days=1)
    night = (run["conf"] or {}).get("night") or (run["data_interval_start"] or str(yesterday))[:10]
    process = await asyncio.create_subprocess_exec(TOXWATCH, "alert", "--night", night)
    if code := await process.wait():
        raise AirflowException(f"`toxwatch alert --night {night}` exited with {code}. See the triggerer's log.")
