"""Trains a new model on labelled comments, and promotes it if it is no worse than the current one.

Triggered by hand. `data` is a folder of labelled comments (the Jigsaw CSVs, or files described in
models/training/sources/); `options` are further options for `toxwatch train`, e.g. `--kind transformer --backbone
…`.

**When a task fails**

- `prepare`, `train`: the log names the wrong file or setting. When you clear the task, an interrupted training
  continues from its last complete epoch.
- `gate`: the new model is worse than the current one; the log says where. The current model stays in use. Train
  again with other settings or more data.
"""

from datetime import datetime, timedelta

from airflow.sdk import Asset, Param, chain, dag

from jobs.schedule.operators import Command

CHAMPION = Asset("champion")


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    params={
        "data": Param("labelled", type="string", description="Folder with labelled comments"),
        "options": Param("", type="string", description="Options for `toxwatch train`, e.g. --epochs 4"),
    },
    default_args={"owner": "toxwatch", "retries": 2, "retry_delay": timedelta(minutes=1)},
    tags=["toxwatch", "models"],
    doc_md=__doc__,
    render_template_as_native_obj=True,
)
def training() -> None:
    prepare = Command(task_id="prepare", words=["prepare", "--data", "{{ params.data }}"])
    train = Command(task_id="train", words="{{ ['train'] + params.options.split() }}")
    evaluate = Command(task_id="evaluate", words=["evaluate"])
    gate = Command(task_id="gate", words=["gate"])
    promote = Command(task_id="promote", words=["promote"], outlets=[CHAMPION])

    chain(prepare, train, evaluate, gate, promote)


training()
