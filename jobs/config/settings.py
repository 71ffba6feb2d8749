"""Settings from environment variables, read here and nowhere else."""

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from jobs.errors import BadInput

PROJECT = Path(__file__).resolve().parents[2]
TOXWATCH = str(Path(sys.executable).with_name("toxwatch"))  # the command, in this environment
SHIPPED = PROJECT / "models" / "shipped" / "cascade"
STAND_IN_TARGETS = PROJECT / "jobs" / "standin" / "targets.toml"
STAND_IN_TOKEN = "stand-in-token"  # a stand-in never gets the real one
ENGINES = ("onnx", "sparknlp")  # the model runs in ONNX Runtime in Spark's Python, or in Spark NLP in its JVM
LOGS_JSON = os.environ.get("TOXWATCH_LOG") == "json"
EDITED = ("targets.toml", "alerts.toml", "policies.toml")
DATABASE = "TOXWATCH_DATABASE_"  # begins the variables that hold addresses of databases, with their passwords
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
IN_USE = "models/in-use"  # a link in the data folder to the promoted model, if there is one


@dataclass(frozen=True)
class Settings:
    data_dir: Path
    targets_file: Path
    model_dir: Path
    apify_token: str | None = field(repr=False)
    apify_url: str
    apify_settles_seconds: float  # from a run's end until Apify's figure of its cost can be believed
    spark_master: str
    spark_memory: str
    engine: str
    store: str | None
    alerts_file: Path
    policies_file: Path
    smtp_url: str | None = field(repr=False)
    slack_url: str | None = field(repr=False)
    webhook_url: str | None = field(repr=False)
    backups: Path | None  # folder for `toxwatch backup` without a file
    heartbeat_url: str | None = field(repr=False)
    lineage_url: str | None  # of an OpenLineage collector, e.g. Marquez
    backup_passphrase: str | None = field(repr=False)
    ingest_key: str | None = field(repr=False)  # signs what a platform sends to POST /ingest
    chromium: str | None  # prints PDFs
    sso_header: str | None  # in which such a proxy names who has signed in with it
    proxies: str  # addresses or networks of proxies that say whose request they pass on
    openid_issuer: str | None  # a provider of OpenID Connect that people sign in with
    openid_client: str | None
    openid_secret: str | None = field(repr=False)
    openid_claim: str  # that names people as they were invited

    @classmethod
    def load(cls, data_dir: Path | None = None, engine: str | None = None) -> "Settings":
        """Raises BadInput for an invalid variable, before any work starts."""
        env = os.environ.get
        data_dir = Path(data_dir or env("TOXWATCH_DATA_DIR", "data")).resolve()
        in_use = data_dir / IN_USE
        model_dir = Path(env("TOXWATCH_MODEL") or (in_use if in_use.is_symlink() else SHIPPED)).resolve()
        engine = engine or env("TOXWATCH_ENGINE") or "onnx"
        config = Path(env("TOXWATCH_CONFIG") or ".")
        stand_in = None if env("APIFY_TOKEN") else env("TOXWATCH_STAND_IN")
        targets_file = env("TOXWATCH_TARGETS") or (STAND_IN_TARGETS if stand_in else config / "targets.toml")
        if engine not in ENGINES:
            raise BadInput(f"Unknown engine {engine!r}. Choose {' or '.join(ENGINES)}.")
        if not model_dir.is_dir():
            where = f"{in_use} leads to {model_dir}, which is" if model_dir == in_use.resolve() else f"{model_dir} is"
            raise BadInput(f"{where} not there. Set TOXWATCH_MODEL to a folder that holds a model.")
        return cls(
            data_dir=data_dir,
            targets_file=Path(targets_file).resolve(),
            model_dir=model_dir,
            apify_token=STAND_IN_TOKEN if stand_in else env("APIFY_TOKEN") or None,
            apify_url=stand_in or env("APIFY_API_BASE_URL") or "https://api.apify.com",
            apify_settles_seconds=_seconds("APIFY_SETTLES_SECONDS", 10.0),
            spark_master=env("TOXWATCH_SPARK_MASTER") or "local[2]",
            spark_memory=env("TOXWATCH_SPARK_MEMORY") or "2g",
            engine=engine,
            store=env("TOXWATCH_STORE") or None,
            alerts_file=Path(env("TOXWATCH_ALERTS") or _own_or_default(config, "alerts.toml")).resolve(),
            policies_file=Path(env("TOXWATCH_POLICIES") or _own_or_default(config, "policies.toml")).resolve(),
            smtp_url=env("TOXWATCH_SMTP_URL") or None,
            slack_url=env("TOXWATCH_SLACK_URL") or None,
            webhook_url=env("TOXWATCH_WEBHOOK_URL") or None,
            backups=backup_folder(),
            heartbeat_url=env("TOXWATCH_HEARTBEAT_URL") or None,
            lineage_url=env("TOXWATCH_LINEAGE_URL") or None,
            backup_passphrase=env("TOXWATCH_BACKUP_PASSPHRASE") or None,
            ingest_key=env("TOXWATCH_INGEST_KEY") or None,
            chromium=installed_chromium(),
            sso_header=env("TOXWATCH_SSO_HEADER") or None,
            proxies=env("TOXWATCH_PROXIES") or "127.0.0.1,::1",
            openid_issuer=env("TOXWATCH_OPENID_ISSUER") or None,
            openid_client=env("TOXWATCH_OPENID_CLIENT") or None,
            openid_secret=env("TOXWATCH_OPENID_SECRET") or None,
            openid_claim=env("TOXWATCH_OPENID_CLAIM") or "email",
        )

    @property
    def data_docs(self) -> Path:
        """Great Expectations' report on the checks of each night."""
        return self.data_dir / "quality" / "gx" / "uncommitted" / "data_docs" / "local_site" / "index.html"


def backup_folder() -> Path | None:
    """Where scheduled backups go; None if none are wanted."""
    given = os.environ.get("TOXWATCH_BACKUPS")
    return Path(given).resolve() if given else None


def own_file(name: str) -> Path:
    """Where people keep such a file: "alerts.toml", "policies.toml" or "targets.toml"."""
    named = os.environ.get(f"TOXWATCH_{name.removesuffix('.toml').upper()}")
    return Path(named or Path(os.environ.get("TOXWATCH_CONFIG") or ".") / name).resolve()


def database_address(variable: str) -> str | None:
    """The address of a community's database, with user and password."""
    return os.environ.get(variable) or None


def given_author_key() -> bytes | None:
    """The key of the author hashes, where it is not kept in the data folder."""
    given = os.environ.get("TOXWATCH_AUTHOR_KEY")
    return os.fsencode(given) if given else None


def installed_chromium() -> str | None:
    """The browser that CHROMIUM names, or one with a usual name; None if there is none."""
    named = os.environ.get("CHROMIUM")
    return next(filter(None, (shutil.which(name) for name in ([named] if named else BROWSERS))), None)


def _seconds(name: str, usual: float) -> float:
    given = os.environ.get(name) or str(usual)
    try:
        return float(given)
    except ValueError:
        raise BadInput(f"{name} is a number of seconds, as {usual:g} (got {given!r}).") from None


def files_to_start_from() -> dict[Path, Path]:
    """Where people's own files belong → the ones that came with Toxwatch."""
    config = Path(os.environ.get("TOXWATCH_CONFIG") or ".")
    return {config / name: _own_or_default(PROJECT, name) for name in EDITED}


def _own_or_default(config: Path, name: str) -> Path:
    """The file among one's own, or the project's, or the installed one."""
    places = (config / name, PROJECT / name, Path(__file__).with_name(name))
    return next((place for place in places if place.exists()), places[0])
