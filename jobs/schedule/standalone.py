"""Airflow on one machine with the project's DAGs, sized for two cores. Ctrl-C stops everything."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from jobs import standin
from jobs.config.settings import PROJECT, Settings
from jobs.console import console
from jobs.errors import BadInput

SECONDS_TO_END = 60  # Airflow took 13 s to stop after SIGINT on two cores


def run(settings: Settings, port: int) -> None:
    """Serves until Ctrl-C; without APIFY_TOKEN it uses the built-in stand-in's accounts."""
    for needed in (port, port + 1, port + 2):
        require_free(needed)
    with _apify(settings) as apify:
        environment = os.environ | apify | airflow_environment(settings, port)
        for command in (["db", "migrate"], ["pools", "set", "apify", "2", "Apify runs at the same time"]):
            subprocess.run(["airflow", *command], env=environment, check=True, stdout=subprocess.DEVNULL)
        console.print(f"Airflow is starting at http://127.0.0.1:{port} (no login on this machine). Ctrl-C to stop.")
        _serve(environment)


def airflow_environment(settings: Settings, port: int) -> dict[str, str]:
    home = settings.data_dir / "airflow"
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # standalone calls `airflow`
        "AIRFLOW_HOME": str(home),
        "TOXWATCH_DATA_DIR": str(settings.data_dir),
        "TOXWATCH_ALERTS": str(settings.alerts_file),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
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


def _serve(environment: dict[str, str]) -> None:
    """Airflow standalone stops its children only on SIGINT; SIGTERM would orphan them."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # a background job in a shell ignores SIGINT by default
        signal.signal(ending, signal.default_int_handler)
    standalone = subprocess.Popen(["airflow", "standalone"], env=environment, start_new_session=True)
    try:
        standalone.wait()
    except KeyboardInterrupt:
        standalone.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            standalone.wait(SECONDS_TO_END)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(standalone.pid, signal.SIGKILL)


def require_free(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise BadInput(
                f"Port {port} is already in use. Stop the program that uses it, or choose another with --port."
            )
