"""Every day at 04:00 UTC, if TOXWATCH_BACKUPS names a folder: a backup of all that can't be made again goes there.

The file is restored into a temporary folder and compared as soon as it is written. The newest seven are kept.

**When the task fails**, its log names the file or the disk. Clearing it is always safe. An alert tells of it.
"""

from datetime import datetime, timedelta

from airflow.sdk import dag

from jobs.schedule.operators import BACKUPS, LAKE, Command, FailRun


@dag(
    schedule="0 4 * * *" if BACKUPS else None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "toxwatch", "retries": 2, "retry_delay": timedelta(minutes=10)},
    tags=["toxwatch"],
    doc_md=__doc__,
)
def backup() -> None:
    write = Command(task_id="backup", words=["backup"], pool=LAKE)
    alert = Command(task_id="alert", words=["alert"], trigger_rule="one_failed")

    write >> [alert, FailRun()]


backup()
