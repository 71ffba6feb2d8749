"""Airflow on one machine with the project's DAGs, sized for two cores. Ctrl-C stops everything."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from jobs import standin
from jobs.config.settings import PROJECT, Settings
from jobs.console import console
from jobs.errors import BadInput

DAGS = PROJECT / "dags"
COMMANDS = (("db", "migrate"), ("pools", "import", str(DAGS / "pools.json")))
HOUSEKEEPING = "housekeeping"
PROCESSES = ("api-server", "scheduler", "dag-processor", "triggerer", HOUSEKEEPING)
SECONDS_BETWEEN_LOOKS = 5.0
SECONDS_BETWEEN_TRIES = 0.5
SECONDS_TO_END = 60  # Airflow took 13 s to stop on two cores


def run(settings: Settings, port: int) -> None:
    """Serves until Ctrl-C; without APIFY_TOKEN it uses the built-in stand-in's accounts."""
    for needed in (port, port + 1, port + 2):
        require_free(needed)
    with _apify(settings) as apify:
        environment = os.environ | apify | airflow_environment(settings, port)
        for command in COMMANDS:
            subprocess.run(["airflow", *command], env=environment, check=True, stdout=subprocess.DEVNULL)
        console.print(
            f"Airflow is starting at http://127.0.0.1:{port} (no login on this machine). It runs last night now unless "
            "it has run before, then every night, at 02:00 UTC unless targets.toml names "
            "another time; pause a DAG on its page. Ctrl-C to stop."
        )
        _serve(environment, port)


def airflow_environment(settings: Settings, port: int) -> dict[str, str]:
    home = settings.data_dir / "airflow"
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # for `airflow`
        "AIRFLOW_HOME": str(home),
        "TOXWATCH_DATA_DIR": str(settings.data_dir),
        "TOXWATCH_ALERTS": str(settings.alerts_file),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(port + 1),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(port + 2),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
    }


@contextlib.contextmanager
def _apify(settings: Settings) -> Iterator[dict[str, str]]:
    if settings.apify_token:
        yield {"TOXWATCH_TARGETS": str(settings.targets_file)}
        return
    console.print("APIFY_TOKEN is not set, so Airflow uses the demo accounts of the built-in stand-in.")
    with standin.serving() as server:
        yield {
            "TOXWATCH_TARGETS": str(standin.TARGETS),
            "APIFY_API_BASE_URL": server.url,
            "APIFY_SETTLES_SECONDS": "0",
            "APIFY_TOKEN": server.token,
        }


def _serve(environment: dict[str, str], port: int) -> None:
    """Runs Airflow's processes until Ctrl-C; one that ends is started again, which `airflow standalone` does not do."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # a background job in a shell ignores SIGINT by default
        signal.signal(ending, signal.default_int_handler)
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name in PROCESSES:
            running[name] = _started(name, environment)
            if name == "api-server":
                _wait_until_answering(port, running[name])  # a task that cannot reach it fails, and its run with it
        while True:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            for name, process in running.items():
                if (code := process.poll()) is not None:
                    _kill_group(process)
                    console.print(f"airflow {name} ended (exit code {code}); starting it again.")
                    running[name] = _started(name, environment)
    except KeyboardInterrupt:
        _stop(list(running.values()))


def _started(name: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    is_ours = name == HOUSEKEEPING
    command = [sys.executable, "-m", "jobs.schedule.housekeeping"] if is_ours else ["airflow", name]
    return subprocess.Popen(command, env=environment, start_new_session=True)


def _wait_until_answering(port: int, server: subprocess.Popen[bytes]) -> None:
    while is_free(port) and server.poll() is None:
        time.sleep(SECONDS_BETWEEN_TRIES)


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + SECONDS_TO_END
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(deadline - time.monotonic(), 0))
        _kill_group(process)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """With it, the tasks that a scheduler leaves running: another one would start them again beside themselves."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def require_free(port: int) -> None:
    if not is_free(port):
        raise BadInput(f"Port {port} is already in use. Stop the program that uses it, or choose another with --port.")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
