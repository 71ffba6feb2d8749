"""The data folder that goes through the year, on a small disk of its own with a store, and a twin that has no trouble.

The twin only collects, from a service of its own that shows the same world: what it gets is what nobody may lose.
"""

import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from moto.server import ThreadedMotoServer

from jobs import cli, scrape, standin
from jobs.config.settings import Settings
from jobs.config.targets import read_targets
from jobs.lake.nights import Lake
from jobs.lake.raw import mapped_comments, read_raw
from jobs.spark.jvm import SHORT_RUN
from jobs.standin.world import COMMUNITIES, LIFE, World

ROOT = Path(__file__).resolve().parent.parent.parent
LOOKBACK = 3  # days
CRASHED = -1  # in place of an exit code: a traceback, which nobody should ever see
SMALLER = 4  # times fewer comments below a post than elsewhere
INTERPRETED = """
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
"""  # compiling a query takes longer than to run it on a hundred comments
POLICIES = (ROOT / "policies.toml").read_text()
TARGETS = f"""
[night]
lookback_days = {LOOKBACK}
languages = ["en", "de", "es", "fr", "it", "pt"]

[keep]
raw_days = 60
text_days = 90
author_days = 180

[[accounts]]
platform = "instagram"
handle = "harbour_fc"
tags = ["sport"]
max_posts = 1

[[accounts]]
platform = "instagram"
handle = "quiet.garden"
max_posts = 2

[[accounts]]
platform = "youtube"
handle = "aurora.space"
tags = ["space"]
max_posts = 2
"""


class Household:
    def __init__(self, place: Path, oldest: Path, service: standin.Server, twin_service: standin.Server) -> None:
        self.place, self.service, self.twin_service = place, service, twin_service
        self.disk = place / "disk"
        self.data_dir = self.disk / "data"
        self.log = place / "log.txt"
        policies = (oldest / "policies.toml").read_text()
        files = {"targets.toml": TARGETS, "policies.toml": policies, "spark-defaults.conf": INTERPRETED}
        for name, text in files.items():
            if not (place / name).exists():
                (place / name).write_text(text)
        os.environ |= {
            "TOXWATCH_DATA_DIR": str(self.data_dir),
            "TOXWATCH_MODEL": str(oldest / "models/shipped/bilstm"),
            "TOXWATCH_TARGETS": str(place / "targets.toml"),
            "TOXWATCH_POLICIES": str(place / "policies.toml"),
            "TOXWATCH_SPARK_MASTER": "local[1]",
            "SPARK_CONF_DIR": str(place),
            "SPARK_SUBMIT_OPTS": "-XX:+UseSerialGC",
            "APIFY_API_BASE_URL": service.url,
            "APIFY_TOKEN": service.token,
            "APIFY_SETTLES_SECONDS": "0",
        }
        self.twin = replace(Settings.load(place / "twin"), apify_url=twin_service.url, store=None)
        self.messages: list[str] = []  # of the newest command

    @property
    def settings(self) -> Settings:
        return Settings.load()

    def toxwatch(self, *words: str) -> int:
        """Runs a command of this release in this process, with one Spark for the whole year; returns its exit code."""
        output, before, sys.argv = io.StringIO(), sys.stderr, ["toxwatch", *words]
        try:
            with redirect_stdout(output), redirect_stderr(output):
                cli.main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        except Exception as error:
            print(repr(error), file=output)
            code = CRASHED
        finally:
            sys.stderr = before
        self.messages = [line for line in output.getvalue().splitlines() if "toxwatch:" in line or code == CRASHED]
        with self.log.open("a") as log:
            log.write(f"$ toxwatch {' '.join(words)}\n{output.getvalue()}= {code}\n")
        return code

    def start(self, *words: str, release: Path = ROOT) -> subprocess.Popen[bytes]:
        """A command in a process of its own, by this release or the tree of another."""
        program = ["-c", "from jobs.cli import main; main()"]
        environment = os.environ | {"PYTHONPATH": str(release), "SPARK_SUBMIT_OPTS": SHORT_RUN}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *program, *words], cwd=release, env=environment,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def collect_undisturbed(self, night: date) -> dict[str, tuple[str | None, str | None]]:
        """What the twin gets: id → author and the comment it answers."""
        with redirect_stderr(io.StringIO()):
            scrape.run(self.twin, night)
        lines = read_raw(Lake.of(self.twin), night)
        comments = [one for line in lines if line.kind == "comment" for one in mapped_comments(line)]
        found = [one for one in comments if one["comment_id"]]
        return {one["comment_id"]: (f"{one['platform']}/{one['author']}", one["parent_id"]) for one in found}

    def written(self, first: date, last: date) -> set[str]:
        """The ids of all comments below the posts of these days."""
        watched = {(one.platform, one.handle) for one in read_targets(self.settings.targets_file).accounts}
        world, days = small_world(), [first + timedelta(days=day) for day in range((last - first).days + 1)]
        return {
            f"{community.platform}:{comment.id}"
            for community in world.communities
            if (community.platform, community.handle) in watched
            for day in days
            for post in world.posts_on(community, day)
            for age in range(len(LIFE))
            for comment in world.comments_on(post, day + timedelta(days=age))
        }


@cache
def small_world() -> World:
    fewer = [replace(one, comments_a_post=one.comments_a_post // SMALLER) for one in COMMUNITIES]
    return World(1, fewer)


@contextmanager
def household(place: Path, oldest: Path, is_kept: bool) -> Iterator[Household]:
    """With the model and the policies of the tree `oldest`."""
    disk = place / "disk"
    disk.mkdir(exist_ok=True)
    if not disk.is_mount():
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2g", "tmpfs", disk], check=True)
    try:
        with standin.serving(world=small_world()) as service, standin.serving(world=small_world()) as twin_service:
            yield Household(place, oldest, service, twin_service)
    finally:
        if not is_kept:
            subprocess.run(["umount", "--lazy", disk], check=True)


@contextmanager
def store() -> Iterator[str]:
    """An object store on this machine, as TOXWATCH_STORE names it."""
    import boto3

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    boto3.resource("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1").create_bucket(Bucket="year")
    yield f"s3://year/toxwatch?endpoint_override={host}:{port}&scheme=http&region=us-east-1"
    server.stop()
