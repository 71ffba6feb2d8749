"""Scores all past nights with a newly promoted model, newest first, then switches to it.

Starts when a model is promoted. Until all nights are scored, nights and dashboard use the old model, so that no
line jumps because the ruler changed. Both models' scores stay in the warehouse.

**When the task fails**, the cause is memory or disk. Clearing it is always safe: it continues with the missing
nights.
"""

from datetime import datetime, timedelta

from airflow.sdk import Asset, dag

from jobs.schedule.operators import LAKE, Command


@dag(
    schedule=[Asset("champion")],
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "toxwatch", "retries": 3, "retry_delay": timedelta(minutes=5)},
    tags=["toxwatch", "models"],
    doc_md=__doc__,
)
def rescore() -> None:
    Command(task_id="rescore", words=["rescore"], pool=LAKE, outlets=[Asset("warehouse")])


rescore()
