"""Where everything is and who may be asked: read from the environment here and nowhere else."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from jobs.errors import BadInput

PROJECT = Path(__file__).resolve().parents[2]
SHIPPED = PROJECT / "models" / "shipped" / "cascade"
ENGINES = ("onnx", "sparknlp")  # what runs the network: ONNX Runtime in Spark's Python, or Spark NLP in its JVM
KEY, NEXT_KEY = "author.key", "author.key.next"  # in the data folder; there is a next one while `rekey` runs
LOGS_JSON = os.environ.get("TOXWATCH_LOG") == "json"
IN_USE = "models/in-use"  # in the data folder: a link to the model that took over, if one did


@dataclass(frozen=True)
class Settings:
    data_dir: Path
    targets_file: Path
    model_dir: Path
    apify_token: str | None = field(repr=False)
    apify_url: str
    spark_master: str
    spark_memory: str
    engine: str
    store: str | None
    alerts_file: Path
    policies_file: Path
    smtp_url: str | None = field(repr=False)
    slack_url: str | None = field(repr=False)
    webhook_url: str | None = field(repr=False)

    @classmethod
    def load(cls, data_dir: Path | None = None, engine: str | None = None) -> "Settings":
        """Raises BadInput where a variable cannot be meant, before any work starts."""
        env = os.environ.get
        data_dir = Path(data_dir or env("TOXWATCH_DATA_DIR", "data")).resolve()
        in_use = data_dir / IN_USE
        model_dir = Path(env("TOXWATCH_MODEL") or (in_use if in_use.exists() else SHIPPED)).resolve()
        engine = engine or env("TOXWATCH_ENGINE", "onnx")
        if engine not in ENGINES:
            raise BadInput(f"There is no engine {engine}; there are {' and '.join(ENGINES)}.")
        if not model_dir.is_dir():
            raise BadInput(f"TOXWATCH_MODEL: there is no model folder {model_dir}")
        return cls(
            data_dir=data_dir,
            targets_file=Path(env("TOXWATCH_TARGETS", "targets.toml")).resolve(),
            model_dir=model_dir,
            apify_token=env("APIFY_TOKEN") or None,
            apify_url=env("APIFY_API_BASE_URL", "https://api.apify.com"),
            spark_master=env("TOXWATCH_SPARK_MASTER", "local[2]"),
            spark_memory=env("TOXWATCH_SPARK_MEMORY", "2g"),
            engine=engine,
            store=env("TOXWATCH_STORE") or None,
            alerts_file=Path(env("TOXWATCH_ALERTS") or _own_or_default("alerts.toml")).resolve(),
            policies_file=Path(env("TOXWATCH_POLICIES") or _own_or_default("policies.toml")).resolve(),
            smtp_url=env("TOXWATCH_SMTP_URL") or None,
            slack_url=env("TOXWATCH_SLACK_URL") or None,
            webhook_url=env("TOXWATCH_WEBHOOK_URL") or None,
        )

    @property
    def data_docs(self) -> Path:
        """Where Great Expectations says how each night was checked."""
        return self.data_dir / "quality" / "gx" / "uncommitted" / "data_docs" / "local_site" / "index.html"

    def author_key(self) -> bytes:
        """The key of the author hashes: TOXWATCH_AUTHOR_KEY, else made once and kept in the data folder."""
        if (self.data_dir / NEXT_KEY).exists():
            raise BadInput("A change of the authors' key has not ended: run `toxwatch rekey` again.")
        if key := os.environ.get("TOXWATCH_AUTHOR_KEY"):
            return key.encode()
        path = self.data_dir / KEY
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f".{KEY}-{os.getpid()}")
            new.touch(mode=0o600)
            new.write_text(secrets.token_hex(32))
            try:
                os.link(new, path)  # fails where another process was first: then its key is the key
            except FileExistsError:
                pass
            finally:
                new.unlink()
        return path.read_bytes()


def _own_or_default(name: str) -> Path:
    """The file in this folder, else the project's, else the one that was installed."""
    places = (Path(name), PROJECT / name, Path(__file__).with_name(name))
    return next((place for place in places if place.exists()), places[0])
