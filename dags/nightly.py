"""Every night at 02:00 UTC, or when targets.toml says: collects, checks, scores, publishes, measures the day before.

A night is named after its day: the run on 20 November at 02:00 is the night 2026-11-19. A run triggered by hand
takes `night` from its parameters; the default is yesterday.

**When a task fails**

- `scrape_account`: Apify or the network. It retries by itself and reconnects to the run that is already paid for.
  An account that keeps failing does not stop the others; it is listed as a collection error.
- `validate`: the night's data can't be trusted. The log names the failed checks and the Data Docs page. Fix the
  cause, then clear `validate` and the tasks after it.
- `clean`, `score`, `publish`, `monitor`, `expire`, `compact`: memory or disk. Clearing the task is always safe: a stage
  replaces only its own night. `expire` runs after a failed stage too, so that data never outlives its limit.
- `subscriptions`: the mail server; the log says what it answered. What was not sent goes out with the next night.
- `lineage`: the collector of OpenLineage events does not answer; the night itself is not affected.
- `alert`: the mail server or a webhook; the log says which. Unsent alerts are sent with the next night. This task
  always runs and also reports a night that failed. A night that has not finished after six hours is reported then.

Tasks that write the lake share the pool `lake` of one slot: those of another night, e.g. a backfill, wait their turn.
"""

from datetime import datetime, timedelta

from airflow.sdk import (  # type: ignore[attr-defined]  # some of its names are made when they are asked for
    Asset,
    AsyncCallback,
    CronDataIntervalTimetable,
    DeadlineAlert,
    DeadlineReference,
    Param,
    chain,
    dag,
    task,
)

from jobs.schedule.operators import APIFY, LAKE, Command, FailRun, ScrapeAccount, Stage, alert_if_late, every_night

NIGHT = (
    "{{ params.night or (data_interval_start | ds if data_interval_start is defined and data_interval_start"
    " else macros.ds_add(dag_run.run_after | ds, -1)) }}"
)
WAREHOUSE = Asset("warehouse")


@dag(
    schedule=CronDataIntervalTimetable(every_night(), timezone="UTC"),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    params={"night": Param(None, type=["null", "string"], format="date", description="A day, e.g. 2026-11-19")},
    default_args={
        "owner": "toxwatch",
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=30),
    },
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=6),
        callback=AsyncCallback(alert_if_late),
    ),
    tags=["toxwatch", "nightly"],
    doc_md=__doc__,
)
def nightly() -> None:
    @task
    def watched_accounts() -> list[str]:
        from jobs.config.settings import Settings
        from jobs.config.targets import read_targets

        return [account.name for account in read_targets(Settings.load().targets_file).collected]

    scrape_accounts = ScrapeAccount.partial(
        task_id="scrape_account",
        night=NIGHT,
        pool=APIFY,
        max_active_tis_per_dagrun=4,
        map_index_template="{{ task.account }}",
    ).expand(account=watched_accounts())
    collect = Stage(task_id="collect", stage="scrape", night=NIGHT, trigger_rule="all_done", pool=LAKE)
    validate = Stage(task_id="validate", stage="validate", night=NIGHT, pool=LAKE)
    clean = Stage(task_id="clean", stage="clean", night=NIGHT, pool=LAKE)
    score = Stage(task_id="score", stage="score", night=NIGHT, pool=LAKE)
    publish = Stage(task_id="publish", stage="publish", night=NIGHT, pool=LAKE, outlets=[WAREHOUSE])
    monitor = Stage(task_id="monitor", stage="monitor", night=NIGHT, pool=LAKE)
    expire = Command(task_id="expire", words=["expire", "--night", NIGHT], pool=LAKE, trigger_rule="all_done")
    compact = Command(task_id="compact", words=["compact", "--night", NIGHT], pool=LAKE)
    lineage = Command(task_id="lineage", words=["lineage", "--night", NIGHT], trigger_rule="all_done")
    subscriptions = Command(task_id="subscriptions", words=["subscriptions", "--night", NIGHT])
    alert = Command(task_id="alert", words=["alert", "--night", NIGHT], trigger_rule="all_done")

    stages = [collect, validate, clean, score, publish, monitor, expire, compact, alert]
    chain(scrape_accounts, *stages)
    chain(monitor, [lineage, subscriptions], alert)  # before a task that always runs, so that neither fails a night
    stages >> FailRun()


nightly()
