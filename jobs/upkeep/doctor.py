"""Checks everything a night needs. Each check says what it found, or how to fix it."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from apify_client import ApifyClient
from apify_client.errors import ApifyApiError, UnauthorizedError
from impit import HTTPError

from jobs import publish
from jobs.alerts.channels import channels
from jobs.alerts.heartbeat import beaten_at
from jobs.alerts.rules import read_rules
from jobs.collect.communities import check as check_community
from jobs.collect.plan import too_dear
from jobs.collect.runs import RunTrouble
from jobs.config.secrets import masked
from jobs.config.settings import Settings
from jobs.config.targets import read_targets
from jobs.errors import BadInput, ToxwatchError
from jobs.lake.authors import FINGERPRINT, author_key
from jobs.lake.datasets import STAGES
from jobs.lake.mirror import Mirror
from jobs.lake.nights import Lake
from jobs.spark.jars import IVY, SPARK_NLP, nlp_jars
from jobs.upkeep.backup import stored
from models import scorer
from models.card import read_card
from models.labels import ModelError
from models.pictures import INSTALL, is_installed
from warehouse import WarehouseError, build
from warehouse.policies import read_policies
from warehouse.reader import Warehouse

MOST_BETWEEN_BEATS = timedelta(hours=3)  # its timer runs every hour
LEAST_JAVA = 17
LEAST_MEMORY_GB = 4
LEAST_DISK_GB = 5
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))  # of a container
OLDEST_BACKUP_DAYS = 2
INSTALL_JAVA = (
    "install it with `apt-get install openjdk-17-jre-headless` (Debian, Ubuntu), "
    "`dnf install java-17-openjdk-headless` (Fedora) or `brew install openjdk@17` (macOS)"
)


class Ailment(ToxwatchError):
    """What is wrong and how to fix it."""


@dataclass
class Finding:
    check: str
    is_good: bool
    message: str


def examine(settings: Settings, only_files: bool = False) -> list[Finding]:
    """All checks, or only those that a start needs: of files that people edit, and of whether this release may run."""
    at_start = (targets, alerts, policies, release)
    all_checks = (
        java,
        spark_nlp,
        memory,
        disk,
        *at_start,
        pictures,
        communities,
        token,
        lake,
        authors,
        store,
        backups,
        model,
        warehouse,
        heartbeat,
    )
    return [_examined(check, settings) for check in (at_start if only_files else all_checks)]


def _examined(check: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(check.__name__, True, masked(check(settings)))
    except (ToxwatchError, WarehouseError, ModelError, ValueError, OSError) as error:
        return Finding(check.__name__, False, masked(str(error)))


def java(_: Settings) -> str:
    home = os.environ.get("JAVA_HOME")
    command = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if command is None:
        raise Ailment(f"Spark needs Java {LEAST_JAVA} or newer, and there is none: {INSTALL_JAVA}")
    answer = subprocess.run([command, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', answer)
    if found is None or int(found[1]) < LEAST_JAVA:
        raise Ailment(f"Spark needs Java {LEAST_JAVA} or newer, {command} says {answer.strip()!r}: {INSTALL_JAVA}")
    return f"Java {found[1]} at {command}"


def spark_nlp(_: Settings) -> str:
    if not nlp_jars():
        is_writable = os.access(next(folder for folder in IVY.parents if folder.exists()), os.W_OK)
        remedy = "Fetch it with `python -m jobs.spark.jars`." if is_writable else "Build the image again."
        raise Ailment(f"Spark NLP's jar is missing: nights have no words and phrases. {remedy}")
    return SPARK_NLP[0]


def pictures(settings: Settings) -> str:
    megabytes = read_targets(settings.targets_file).pictures.megabytes
    if megabytes and not is_installed():
        raise Ailment(f"targets.toml asks for pictures, and what reads them is not installed. {INSTALL}")
    return f"up to {megabytes:,} MB of pictures a night" if megabytes else "pictures are not read"


def memory(_: Settings) -> str:
    gigabytes = _memory_bytes() / 2**30
    if gigabytes < LEAST_MEMORY_GB:
        raise Ailment(f"{gigabytes:.1f} GiB of memory; a night needs {LEAST_MEMORY_GB}. Try TOXWATCH_SPARK_MEMORY=1g.")
    return f"{gigabytes:.0f} GiB of memory"


def _memory_bytes() -> int:
    """The container's, where it has less than the machine."""
    of_machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [path.read_text().strip() for path in LIMITS if path.exists()]
    return min([of_machine, *(int(limit) for limit in limits if limit.isdigit())])


def disk(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data_dir).free / 2**30
    if free < LEAST_DISK_GB:
        raise Ailment(
            f"Only {free:.1f} GiB free at {settings.data_dir}; {LEAST_DISK_GB} are needed. Try another --data-dir."
        )
    return f"{free:.0f} GiB free at {settings.data_dir}"


def targets(settings: Settings) -> str:
    found = read_targets(settings.targets_file)
    if dear := list(too_dear(found)):
        raise Ailment("; ".join(dear))
    counted = "1 account" if len(found.watched) == 1 else f"{len(found.watched)} accounts"
    return f"{counted} in {settings.targets_file}, at most ${found.night.budget_usd:.2f} per night"


def alerts(settings: Settings) -> str:
    rules = read_rules(settings.alerts_file)
    names = [channel.name for channel in channels(settings, rules.send.email)]
    return (
        f"{settings.alerts_file} sends by {', '.join(names)}" if names else f"no recipients in {settings.alerts_file}"
    )


def policies(settings: Settings) -> str:
    read_policies(settings.policies_file)
    return f"{settings.policies_file} can be read"


def release(settings: Settings) -> str:
    Lake(settings.data_dir).refuse_newer()
    build.refuse_newer(settings.data_dir / "warehouse")
    return f"Toxwatch {version('toxwatch')} can read {settings.data_dir}"


def communities(settings: Settings) -> str:
    found = [one for one in read_targets(settings.targets_file).communities if not one.paused]
    for community in found:
        try:
            check_community(community)
        except RunTrouble as trouble:
            raise Ailment(f"{community.name}: {trouble.description}") from None
    return f"{', '.join(one.name for one in found)} can be read" if found else "none in targets.toml"


def token(settings: Settings) -> str:
    if settings.apify_token is None and not read_targets(settings.targets_file).accounts:
        return "not needed: no account is collected by Apify"
    if settings.apify_token is None:
        raise Ailment("Set APIFY_TOKEN to collect comments. (The demo works without it.)")
    try:
        user = ApifyClient(settings.apify_token, api_url=settings.apify_url, max_retries=0).user().get()
    except UnauthorizedError:
        raise Ailment(f"{settings.apify_url} rejected APIFY_TOKEN. Copy it again from the Apify console.") from None
    except (ApifyApiError, HTTPError) as error:
        raise Ailment(f"{settings.apify_url} does not respond: {error}") from None
    return f"APIFY_TOKEN belongs to {user.username if user else 'nobody'} at {settings.apify_url}"


def lake(settings: Settings) -> str:
    found = Lake.of(settings)
    counts = {one.stage: len(found.nights(one.name)) for one in STAGES if not one.by_model}
    return "nights finished: " + ", ".join(f"{name} {count}" for name, count in counts.items())


def authors(settings: Settings) -> str:
    known = Lake.of(settings).facts().get(FINGERPRINT)
    if known is None:
        return "no author was hashed yet; the first night creates the key"
    author_key(settings)
    return f"the key of the author hashes is the lake's (fingerprint {known})"


def store(settings: Settings) -> str:
    if settings.store is None:
        return "no remote copy configured (TOXWATCH_STORE); use `toxwatch backup`"
    return f"{Mirror(settings.store).files():,} files are in {settings.store}"


def backups(settings: Settings) -> str:
    if settings.backups is None:
        return "none are scheduled (TOXWATCH_BACKUPS)"
    found = stored(settings.backups)
    if not found:
        return f"none in {settings.backups} yet"
    if (days := (time.time() - found[-1].stat().st_mtime) / 86_400) > OLDEST_BACKUP_DAYS:
        raise Ailment(f"The newest backup, {found[-1]}, is {days:.0f} days old. Look at the DAG `backup` in Airflow.")
    return f"{len(found)} in {settings.backups}, the newest {found[-1].name}"


def heartbeat(settings: Settings) -> str:
    beaten = beaten_at(settings)
    if beaten is None:
        return "nobody is told when nights stop; `toxwatch doctor --timer FOLDER` writes a timer that does"
    if datetime.now(UTC) - beaten > MOST_BETWEEN_BEATS:
        raise Ailment(f"The last heartbeat was at {beaten:%Y-%m-%d %H:%M} UTC: its timer no longer runs.")
    return f"the timer last asked at {beaten:%Y-%m-%d %H:%M} UTC"


def model(settings: Settings) -> str:
    found = scorer.load(settings.model_dir)
    return f"{found.version} in {settings.model_dir}, text rule {found.text_rule}"


def warehouse(settings: Settings) -> str:
    folder = settings.data_dir / "warehouse"
    if not (folder / "current.duckdb").exists():
        return "no warehouse yet; the first night creates it"
    if advice := publish.unscored(Lake.of(settings), read_card(settings.model_dir)["version"]):
        raise BadInput(advice)
    (comments,) = Warehouse(folder).query("select count(*) from comments")[0]
    return f"{comments:,} comments in {folder / 'current.duckdb'}"
