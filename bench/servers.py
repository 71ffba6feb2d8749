"""Database servers from Debian's packages, each in a folder and on a port of its own, stopped when the block ends."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from signal import SIGKILL, SIGQUIT, Signals

POSTGRES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)  # apt-get install postgresql
MARIADB_TABLES = Path("/usr/share/mysql")
MARIADB = shutil.which("mariadbd")  # apt-get install mariadb-server-core
PASSWORD = "postgres"  # of its user of that name
START_SECONDS = 30

_run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def postgres(folder: Path, *options: str) -> Iterator[int]:
    """Its port; on the socket in the folder, users need no password."""
    if POSTGRES is None:
        raise FileNotFoundError("PostgreSQL is not here (`apt-get install postgresql`)")
    port = free_port()
    as_user: list[str | Path] = ["setpriv"]
    folder.mkdir()
    (folder / "password").write_text(PASSWORD)
    if os.geteuid() == 0:  # as which it does not start
        as_user += ["--reuid=postgres", "--regid=postgres", "--init-groups"]
        shutil.chown(folder, "postgres", "postgres")
    _run([*as_user, POSTGRES / "initdb", "-D", folder / "data", "-A", "scram-sha-256", "--auth-local=trust",
          "--no-sync", "--no-instructions", "-U", "postgres", f"--pwfile={folder / 'password'}"])  # fmt: skip
    program = [*as_user, POSTGRES / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder, "-h", "127.0.0.1"]
    is_ready = [f"{POSTGRES}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    with _serving([*program, *options], folder / "log", SIGQUIT, lambda: subprocess.run(is_ready).returncode == 0):
        yield port


@contextmanager
def mariadb(folder: Path, *options: str) -> Iterator[int]:
    """Its port; user "root" needs no password."""
    if MARIADB is None:
        raise FileNotFoundError("MariaDB is not here (`apt-get install mariadb-server-core`)")
    port = free_port()
    (folder / "data").mkdir(parents=True)
    program = ["setpriv", MARIADB, "--no-defaults", f"--datadir={folder / 'data'}", "--debug-no-sync",
               "--innodb-flush-method=nosync", *(["--user=root"] if os.geteuid() == 0 else [])]  # fmt: skip
    tables = "".join((MARIADB_TABLES / name).read_text() for name in
                     ("mysql_system_tables.sql", "mysql_system_tables_data.sql"))  # fmt: skip
    _run([*program, "--bootstrap"], input=f"CREATE DATABASE mysql;\nUSE mysql;\n{tables}".encode())
    program += [f"--socket={folder / 'socket'}", f"--port={port}", "--bind-address=127.0.0.1",
                f"--pid-file={folder / 'pid'}"]  # fmt: skip
    with _serving([*program, *options], folder / "log", SIGKILL, lambda: _answers(port)):
        yield port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _serving(program: Sequence[str | Path], log: Path, end: Signals, is_ready: Callable[[], bool]) -> Iterator[None]:
    """While the block runs; also ended when this process is killed, e.g. by `timeout`."""
    setpriv, *command = program
    with log.open("wb") as file:
        server = subprocess.Popen([setpriv, f"--pdeathsig={end.name}", *command], stdout=file, stderr=file)
    try:
        until = time.monotonic() + START_SECONDS
        while not is_ready():
            if time.monotonic() > until:
                raise TimeoutError(f"{command[0]} has not started: {log.read_text(errors='replace')}")
            time.sleep(0.05)
        yield
    finally:
        server.send_signal(end)
        server.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
