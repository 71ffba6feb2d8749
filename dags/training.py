"""Trains a challenger on labelled comments and lets it become the champion if the gate finds it no worse.

Started by hand: `data` is a folder with labelled comments (the Jigsaw CSVs, or files that a mapping in
models/training/sources/ names), `options` is what `toxwatch train` takes besides, as `--kind transformer --backbone …`.

**When a task fails**

- `prepare`, `train`: the log names the file or the setting that is wrong. A training that was stopped goes on at
  its last whole epoch when the task is cleared.
- `gate`: the challenger is worse than the champion somewhere; the log says where. Nothing has changed, the champion
  stays. Train again with other settings or more data.
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
        "options": Param("", type="string", description="For `toxwatch train`, as --epochs 4"),
    },
    default_args={"owner": "toxwatch", "retries": 2, "retry_delay": timedelta(minutes=1)},
    tags=["toxwatch", "models"],
    doc_md=__doc__,
    render_template_as_native_obj=True,
)
def training():
    prepare = Command(task_id="prepare", words=["prepare", "--data", "{{ params.data }}"])
    train = Command(task_id="train", words="{{ ['train'] + params.options.split() }}")
    evaluate = Command(task_id="evaluate", words=["evaluate"])
    gate = Command(task_id="gate", words=["gate"])
    promote = Command(task_id="promote", words=["promote"], outlets=[CHAMPION])

    chain(prepare, train, evaluate, gate, promote)


training()
