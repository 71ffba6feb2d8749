"""Airflow operators: a task is a `toxwatch` command; its exit code says whether trying again can help."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from jobs.errors import BadInput, RefusedData

TOXWATCH = str(Path(sys.executable).with_name("toxwatch"))
NOT_WORTH_A_RETRY = {BadInput.exit_code, RefusedData.exit_code}


class Stage(BaseOperator):
    """Runs one stage of one night; returns its row counts."""

    template_fields: Sequence[str] = ("night",)
    ui_color = "#e8f1ef"

    def __init__(self, *, stage: str, night: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stage = stage
        self.night = night
        self._command: SubprocessHook | None = None

    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002
        self._command = SubprocessHook()
        result = self._command.run_command([TOXWATCH, *self.arguments(), "--json"], cwd=str(Path.cwd()))
        if result.exit_code in NOT_WORTH_A_RETRY:
            raise AirflowFailException(f"`toxwatch {self.stage}` refused, see the log above; a retry would not help")
        if result.exit_code:
            raise AirflowException(f"`toxwatch {self.stage}` ended with {result.exit_code}, see the log above")
        (manifest,) = json.loads(result.output)
        return {count: manifest[count] for count in ("rows_in", "rows_out", "set_aside")}

    def arguments(self) -> list[str]:
        return [self.stage, "--night", self.night]

    def on_kill(self) -> None:
        if self._command:
            self._command.send_sigterm()


class ScrapeAccount(Stage):
    """Collects one account. A retry, on whichever worker, reconnects to the Apify run that is already paid for.

    What was started is on disk before anything is waited for (`jobs.apify`), so the record also survives
    what Airflow's own task state does not: a worker that dies between the start and its acknowledgement.
    """

    template_fields: Sequence[str] = ("night", "account")

    def __init__(self, *, account: str, **kwargs: Any) -> None:
        super().__init__(stage="scrape", **kwargs)
        self.account = account

    def arguments(self) -> list[str]:
        return [*super().arguments(), "--account", self.account]


async def say_late(**said: Any) -> None:
    """Called by Airflow's triggerer when a night has not finished by its deadline."""
    run = said["context"]["dag_run"]
    print(f"The night {run['run_id']} is late. Look at its running task in Airflow, then at `toxwatch status`.")
