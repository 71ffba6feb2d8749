"""The DAGs in real Airflow: they load, are described, and a night run by Airflow is the night run by hand."""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs import standin
from jobs.commands import models
from jobs.config.settings import Settings
from jobs.schedule import housekeeping
from models import scorer
from models.training.registry import Registry
from tests.conftest import WATCHED, environment, watching
from tests.fixtures.jigsaw import write_jigsaw
from tests.fixtures.nights import NIGHTS, copied
from tests.fixtures.servers import url
from warehouse import build
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parent.parent
[NIGHT, _] = NIGHTS


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Airflow reads its environment when it is imported first, so nothing above may import it."""
    home = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(home))
        patch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(ROOT / "dags"))
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        patch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{home}/airflow.db")
        from airflow.models.pool import Pool
        from airflow.utils.db import initdb

        initdb()
        for name, pool in json.loads((ROOT / "dags" / "pools.json").read_text()).items():
            Pool.create_or_update_pool(name, **pool, include_deferred=False)
        yield home


@pytest.mark.parametrize(
    ("said", "cron"), [('starts_at = "04:30"', "30 4 * * *"), ("", "0 2 * * *"), ('starts_at = "25:00"', "0 2 * * *")]
)
def test_nights_start_when_targets_toml_says(
    airflow: Path,  # noqa: ARG001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    cron: str,
) -> None:
    from jobs.schedule.operators import every_night

    (tmp_path / "targets.toml").write_text(WATCHED.replace("lookback_days = 3", f"lookback_days = 3\n{said}"))
    monkeypatch.setenv("TOXWATCH_TARGETS", str(tmp_path / "targets.toml"))
    assert every_night() == cron


@pytest.fixture(scope="module")
def dags(airflow: Path) -> dict:  # noqa: ARG001
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(ROOT / "dags")
    assert bag.import_errors == {}
    return bag.dags


def test_every_dag_says_what_it_is_and_can_be_retried(dags: dict) -> None:
    for dag in dags.values():
        dag.check_cycle()
        assert dag.doc_md
        assert "toxwatch" in dag.tags
        assert dag.max_active_runs == 1
        assert dag.catchup is False
        assert all(task.retries >= 1 for task in dag.tasks if task.task_id not in ("watched_accounts", "fail_the_run"))


def test_whatever_writes_the_lake_waits_for_its_turn(dags: dict) -> None:
    writers = {"collect", "validate", "clean", "score", "publish", "monitor", "expire", "compact", "rescore", "backup"}
    tasks = [task for name in ("nightly", "rescore", "backup") for task in dags[name].tasks]
    assert {task.task_id for task in tasks if task.pool == "lake"} == writers


def test_every_run_fails_with_its_tasks(dags: dict) -> None:
    """The last tasks of a run decide; this one is last in all that tell of a failure and go on."""
    for name in ("nightly", "backup"):
        [watcher] = [task for task in dags[name].tasks if task.task_id == "fail_the_run"]
        assert watcher.trigger_rule == "one_failed"
        assert watcher.upstream_task_ids >= {task.task_id for task in dags[name].tasks if task.pool == "lake"}


def test_old_history_and_logs_of_airflow_go(airflow: Path) -> None:
    logs = airflow / "logs"
    for name, age in (("dag_id=nightly/run_id=old/1.log", 40), ("dag_id=nightly/run_id=new/1.log", 1)):
        path = logs / name
        path.parent.mkdir(parents=True)
        path.touch()
        os.utime(path, (time.time() - age * 86_400,) * 2)
    housekeeping.clean(logs, datetime.now(UTC) - housekeeping.KEPT)
    assert [path.name for path in (logs / "dag_id=nightly").iterdir()] == ["run_id=new"]


@pytest.mark.slow
def test_a_worse_model_stops_at_the_gate_and_a_promoted_one_takes_over_when_all_nights_are_scored(
    dags: dict, tmp_path: Path, after_two_nights: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = copied(after_two_nights, tmp_path)
    for name, value in environment(watched).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TOXWATCH_MODEL")
    registry = Registry(tmp_path / "data" / "models")
    before = registry.promote(watched.model_dir)
    (tmp_path / "data" / "models" / "in-use").symlink_to(before)
    shipped = scorer.load(watched.model_dir).version
    write_jigsaw(tmp_path / "labelled")
    training = {"data": str(tmp_path / "labelled"), "options": "--epochs 2 --composed 400 --embedding 16"}

    states = _states(dags["training"].test(run_conf=training))
    assert states["evaluate"] == "success"
    assert states["gate"] == "failed"  # a toy is worse than what ships
    assert states["promote"] == "upstream_failed"

    toy = tmp_path / "data" / "models" / "challenger"
    models.promote(toy, anyway=True, data_dir=tmp_path / "data")
    assert Settings.load().model_dir == before.resolve(), "nights go on with the old model until all is scored"

    assert _states(dags["rescore"].test()) == {"rescore": "success"}
    version = scorer.load(Settings.load().model_dir).version
    assert version == scorer.load(toy).version != shipped
    warehouse = Warehouse(tmp_path / "data" / "warehouse")
    assert warehouse.query("SELECT model FROM champion") == [(version,)]
    counts = dict(warehouse.query("SELECT model, count(*) FROM scores GROUP BY model"))
    assert counts[version] == counts[shipped] > 0
    assert [one.version for one in registry.models() if one.is_champion] == [version]


def _states(run: Any) -> dict[str, str]:
    return {one.task_id: str(one.state) for one in run.get_task_instances()}


def test_a_night_by_airflow_is_the_night_by_hand(
    dags: dict, tmp_path: Path, apify: standin.Server, after_one_night: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_airflow = tmp_path / "by-airflow"
    for name, value in environment(watching(by_airflow, apify)).items():
        monkeypatch.setenv(name, value)
    dag = dags["nightly"]
    dag.deadline = None  # Airflow 3.3.2 cannot test a DAG that has one (apache/airflow#73428)
    run = dag.test(run_conf={"night": str(NIGHT)})

    assert run.state == "success", {ti.task_id: ti.state for ti in run.get_task_instances()}
    assert build.content_hash(by_airflow / "warehouse") == build.content_hash(after_one_night.data_dir / "warehouse")
    scraped = next(ti for ti in run.get_task_instances() if ti.task_id == "scrape_account")
    named = {ti.rendered_map_index for ti in run.get_task_instances() if ti.task_id == "scrape_account"}
    assert named == {"instagram/harbour_fc", "instagram/quiet.garden", "youtube/aurora.space"}
    assert set(scraped.xcom_pull(task_ids="collect")) == {"rows_in", "rows_out", "set_aside"}
    assert Settings.load().data_dir == Path(os.environ["TOXWATCH_DATA_DIR"])


def test_a_run_fails_where_a_stage_did_and_alerts_all_the_same(
    dags: dict, tmp_path: Path, apify: standin.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "targets.toml").write_text(WATCHED)
    monkeypatch.setenv("TOXWATCH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TOXWATCH_TARGETS", str(tmp_path / "targets.toml"))
    monkeypatch.setenv("APIFY_API_BASE_URL", apify.url)
    monkeypatch.setenv("APIFY_TOKEN", apify.token)
    dag = dags["nightly"]
    dag.deadline = None  # see above
    paid_before = len(apify.runs)
    run = dag.test(run_conf={"night": "2999-01-01"})
    states = _states(run)
    assert run.state == "failed"
    assert states["collect"] == states["fail_the_run"] == "failed", "a night in the future is refused"
    assert states["validate"] == states["monitor"] == "upstream_failed"
    assert states["expire"] == "success", "what has expired goes all the same"
    assert states["alert"] == "success"
    assert len(apify.runs) == paid_before


@pytest.mark.parametrize(
    ("run", "night"),
    [
        ({"conf": {"night": "2026-11-12"}, "data_interval_start": None}, "2026-11-12"),
        ({"conf": None, "data_interval_start": "2026-11-13T02:00:00Z"}, "2026-11-13"),
        ({"conf": {}, "data_interval_start": None}, "2026-11-14"),
    ],
)
def test_a_late_night_is_told_at_its_deadline_by_the_triggerer(
    airflow: Path,  # noqa: ARG001
    settings: Settings,
    hook: Any,
    monkeypatch: pytest.MonkeyPatch,
    run: dict,
    night: str,
) -> None:
    from airflow.triggers.callback import CallbackTrigger

    for name, value in {**environment(settings), "TOXWATCH_WEBHOOK_URL": url(hook)}.items():
        monkeypatch.setenv(name, value)
    context = {"dag_run": run | {"run_after": "2026-11-15T02:00:00Z"}}

    async def triggered() -> list[str]:
        trigger = CallbackTrigger("jobs.schedule.operators.alert_if_late", {"context": context})
        return [event.payload["state"] async for event in trigger.run()]

    with ThreadPoolExecutor(1) as apart:  # a browser of another test may have a loop running in this thread
        assert apart.submit(lambda: asyncio.run(triggered())).result()[-1] == "success"
    [[told]] = [body["alerts"] for body in hook.taken]
    assert (told["night"], told["rule"]) == (night, "unfinished")
    assert told["message"].startswith("the night did not finish: no stage reported an error")
