"""Database servers from Debian's packages, each in a folder and on a port of its own, stopped when the block ends."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

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
    port, as_user = free_port(), []
    folder.mkdir()
    (folder / "password").write_text(PASSWORD)
    if os.geteuid() == 0:  # as which it does not start
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres", "postgres")
    _run([*as_user, POSTGRES / "initdb", "-D", folder / "data", "-A", "scram-sha-256", "--auth-local=trust",
          "--no-sync", "--no-instructions", "-U", "postgres", f"--pwfile={folder / 'password'}"])  # fmt: skip
    settings = " ".join([f"-p {port} -k {folder} -h 127.0.0.1", *options])
    pg_ctl = [*as_user, POSTGRES / "pg_ctl", "-D", folder / "data", "-w"]
    _run([*pg_ctl, "-o", settings, "-l", folder / "log", "start"])
    try:
        yield port
    finally:
        _run([*pg_ctl, "-m", "immediate", "stop"])


@contextmanager
def mariadb(folder: Path, *options: str) -> Iterator[int]:
    """Its port; user "root" needs no password."""
    if MARIADB is None:
        raise FileNotFoundError("MariaDB is not here (`apt-get install mariadb-server-core`)")
    port = free_port()
    (folder / "data").mkdir(parents=True)
    program = [MARIADB, "--no-defaults", f"--datadir={folder / 'data'}", "--debug-no-sync",
               "--innodb-flush-method=nosync", *(["--user=root"] if os.geteuid() == 0 else [])]  # fmt: skip
    tables = "".join((MARIADB_TABLES / name).read_text() for name in
                     ("mysql_system_tables.sql", "mysql_system_tables_data.sql"))  # fmt: skip
    _run([*program, "--bootstrap"], input=f"CREATE DATABASE mysql;\nUSE mysql;\n{tables}".encode())
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*program, f"--socket={folder / 'socket'}", f"--port={port}", "--bind-address=127.0.0.1",
             f"--pid-file={folder / 'pid'}", *options],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait_for(port)
        yield port
    finally:
        server.kill()
        server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port}")
