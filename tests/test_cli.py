"""The command line as a person and as a script meet it: help, JSON, one message and an exit code for every refusal."""

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Protocol

import duckdb
import pytest
from typer.testing import CliRunner

from jobs import standin
from jobs.cli import app, main
from jobs.config.settings import Settings
from jobs.errors import BadInput, Busy, FailedService
from jobs.lake.nights import FORMAT, Lake
from jobs.nightly import STAGES
from jobs.upkeep import doctor
from tests.conftest import TOXWATCH, environment, watching
from warehouse import build, tables

TARGETS = '[[accounts]]\nplatform = "instagram"\nhandle = "orbital"\n'


class Done(NamedTuple):
    exit_code: int
    stdout: str
    stderr: str


class Toxwatch(Protocol):
    def __call__(self, *arguments: str, data_dir: Path, **environment: str) -> Done: ...


@pytest.fixture
def toxwatch(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Toxwatch:
    """Runs a command as its entry point does, but in this process: one of its own takes two seconds to start."""

    def run(*arguments: str, data_dir: Path, **environment: str) -> Done:
        with monkeypatch.context() as patch:
            for name, value in {"TOXWATCH_DATA_DIR": str(data_dir), "APIFY_TOKEN": "", **environment}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["toxwatch", *arguments])
            patch.setattr(sys, "stderr", sys.stderr)  # which `main` masks
            with pytest.raises(SystemExit) as end:
                main()
        return Done(int(end.value.code or 0), *capsys.readouterr())

    return run


def test_a_shell_completes_commands_and_options() -> None:
    def completed(**shell: str) -> str:
        return subprocess.run([TOXWATCH], env=os.environ | shell, capture_output=True, text=True, check=False).stdout

    bash = {"_TOXWATCH_COMPLETE": "complete_bash", "COMP_WORDS": "toxwatch prom", "COMP_CWORD": "1"}
    assert completed(**bash).split() == ["promote"]
    assert completed(**bash | {"COMP_WORDS": "toxwatch export --fl", "COMP_CWORD": "2"}).split() == ["--flag"]
    zsh = {"_TOXWATCH_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "toxwatch prom"}
    assert '"promote":"Put a model that passed the gate' in completed(**zsh)


def test_every_stage_is_a_command_that_explains_itself() -> None:
    for stage in STAGES:
        result = CliRunner().invoke(app, [stage.name, "--help"])
        assert result.exit_code == 0
        assert "--night" in result.output
        assert "--data-dir" in result.output


def test_the_version_is_that_of_the_package() -> None:
    version = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]["version"]
    assert CliRunner().invoke(app, ["--version"]).output == f"toxwatch {version}\n"


def test_a_stage_without_its_input_says_which_stage_makes_it(toxwatch: Toxwatch, tmp_path: Path) -> None:
    result = toxwatch("clean", "--night", "2026-11-10", data_dir=tmp_path)
    assert result.exit_code == BadInput.exit_code
    assert "toxwatch validate --night 2026-11-10" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_night_that_is_being_written_refuses_a_second_writer(tmp_path: Path) -> None:
    night = tmp_path / "validated" / "night=2026-11-10"
    night.mkdir(parents=True)
    (night / "_manifest.json").write_text('{"stage": "validate", "night": "2026-11-10"}')
    command = [TOXWATCH, "clean", "--night", "2026-11-10", "--data-dir", str(tmp_path)]
    with Lake(tmp_path).open().lock("lake"):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == Busy.exit_code
    assert f"pid {os.getpid()}" in result.stderr


@pytest.mark.long
def test_every_line_of_a_log_names_its_night(tmp_path: Path, apify: standin.Server) -> None:
    settings = watching(tmp_path / "data", apify)
    night, result = ("--night", "2026-11-10"), []
    for stage in ("scrape", "validate", "score"):
        done = subprocess.run([TOXWATCH, stage, *night], env=environment(settings) | {"TOXWATCH_LOG": "json"},
                              capture_output=True, text=True, check=False)  # fmt: skip
        result += [json.loads(line) for line in done.stderr.splitlines()]
    assert {line["night"] for line in result[:-1]} == {"2026-11-10"}
    assert {"scrape", "validate"} == {line["work"] for line in result[:-1]}
    validated = next(line for line in result if line["message"] == "validated is written")
    assert validated["rows_in"] == validated["rows_out"] + sum(validated["set_aside"].values())
    assert result[-1]["message"].startswith("toxwatch: The night 2026-11-10 has no clean data yet")


def test_a_lake_of_a_newer_release_is_left_alone(toxwatch: Toxwatch, tmp_path: Path) -> None:
    (tmp_path / "lake.json").write_text(json.dumps({"format": FORMAT + 1}))
    result = toxwatch("status", data_dir=tmp_path)
    assert result.exit_code == BadInput.exit_code
    assert "newer Toxwatch" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["lake.json"]


@pytest.mark.parametrize("words", [["serve"], ["nightly", "--night", "2026-11-10"], ["doctor", "--files"]])
@pytest.mark.parametrize("newer", ["lake", "warehouse"])
def test_beside_data_of_a_newer_release_nothing_starts(
    toxwatch: Toxwatch, tmp_path: Path, words: list[str], newer: str
) -> None:
    """As an older image beside a newer volume."""
    home = tmp_path / "data"
    (home / "warehouse").mkdir(parents=True)
    (home / "lake.json").write_text(json.dumps({"format": FORMAT + (newer == "lake")}))
    with duckdb.connect(str(home / "warehouse" / "v000001.duckdb")) as con:
        tables.create(con)
        con.execute("UPDATE format SET steps = steps + $1", [int(newer == "warehouse")])
    build.point(home / "warehouse" / build.CURRENT, Path("v000001.duckdb"))
    before = sorted(path.name for path in home.rglob("*"))
    result = toxwatch(*words, data_dir=home)
    assert result.exit_code == BadInput.exit_code
    assert "newer Toxwatch" in result.stdout + result.stderr
    assert sorted(path.name for path in home.rglob("*")) == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TARGETS.replace('"instagram"', '"myspace"'), "line 2"),
        ("[[accounts]\n", "line 1"),
        (TARGETS + "handel = 'x'\n", "handel"),
    ],
)
def test_malformed_targets_name_the_line_and_what_is_allowed(
    toxwatch: Toxwatch, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "targets.toml").write_text(text)
    result = toxwatch("accounts", data_dir=tmp_path / "data", TOXWATCH_TARGETS=str(tmp_path / "targets.toml"))
    assert result.exit_code == BadInput.exit_code
    assert message in result.stderr


def test_accounts_as_json_are_for_a_script(toxwatch: Toxwatch, tmp_path: Path) -> None:
    (tmp_path / "targets.toml").write_text(TARGETS)
    result = toxwatch("accounts", "--json", data_dir=tmp_path, TOXWATCH_TARGETS=str(tmp_path / "targets.toml"))
    assert [account["handle"] for account in json.loads(result.stdout)] == ["orbital"]


def test_a_table_is_plain_lines_where_nobody_looks(toxwatch: Toxwatch, tmp_path: Path) -> None:
    (tmp_path / "targets.toml").write_text(TARGETS)
    result = toxwatch("accounts", data_dir=tmp_path, TOXWATCH_TARGETS=str(tmp_path / "targets.toml"))
    head, row = result.stdout.splitlines()
    assert head.split("\t") == ["account", "tags", "posts per night", "comments per post"]
    assert row.split("\t") == ["instagram/orbital", "", "20", "1000"]


def test_a_scrape_without_a_token_says_where_to_get_one(toxwatch: Toxwatch, tmp_path: Path) -> None:
    (tmp_path / "targets.toml").write_text(TARGETS)
    result = toxwatch("scrape", data_dir=tmp_path / "data", TOXWATCH_TARGETS=str(tmp_path / "targets.toml"))
    assert result.exit_code == BadInput.exit_code
    assert "APIFY_TOKEN" in result.stderr
    assert "console.apify.com" in result.stderr


def test_a_full_disk_is_one_message(tmp_path: Path) -> None:
    """/dev/full answers every write as a full disk does."""
    source = tmp_path / "in.csv"
    source.write_text("text\nhello\n")
    code = (
        "import sys; from jobs import cli; from jobs.ask import score_file; "
        "score_file._writer = lambda target, fresh, columns, make=score_file._writer: "
        "make(target, __import__('pathlib').Path('/dev/full'), columns); "
        f"sys.argv = ['toxwatch', 'score-file', {str(source)!r}, {str(tmp_path / 'out.csv')!r}];"
        "sys.argv += ['--text-column', 'text'];"
        "cli.main()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 4
    assert "disk is full" in result.stderr
    assert not (tmp_path / "out.csv").exists()


def test_doctor_finds_what_is_missing_and_says_how_to_mend_it(toxwatch: Toxwatch, tmp_path: Path) -> None:
    result = toxwatch("doctor", "--json", data_dir=tmp_path)
    findings = {finding["check"]: finding for finding in json.loads(result.stdout)}
    assert result.exit_code == BadInput.exit_code
    assert not findings["token"]["is_good"]
    assert "APIFY_TOKEN" in findings["token"]["message"]
    assert findings["java"]["is_good"]
    assert findings["model"]["is_good"]


def test_doctor_checks_the_files_of_the_folder_that_holds_them(toxwatch: Toxwatch, tmp_path: Path) -> None:
    (tmp_path / "targets.toml").write_text(TARGETS)
    (tmp_path / "policies.toml").write_text("[everybody]\n")
    result = toxwatch("doctor", "--files", "--json", data_dir=tmp_path / "data", TOXWATCH_CONFIG=str(tmp_path))
    findings = {finding["check"]: finding for finding in json.loads(result.stdout)}
    assert result.exit_code == BadInput.exit_code
    assert {name: one["is_good"] for name, one in findings.items()} == {
        "targets": True, "alerts": True, "policies": False, "release": True}  # fmt: skip
    assert str(tmp_path / "targets.toml") in findings["targets"]["message"]
    assert str(tmp_path / "policies.toml") in findings["policies"]["message"]


def test_a_stand_in_is_asked_only_without_a_token_and_never_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APIFY_API_BASE_URL", "TOXWATCH_TARGETS", "APIFY_TOKEN"):
        monkeypatch.setenv(name, "")  # as Compose passes what is not set
    with standin.serving() as server:
        monkeypatch.setenv("TOXWATCH_STAND_IN", server.url)
        invented = Settings.load()
        assert "stand-in" in doctor.token(invented)
        assert invented.targets_file == standin.TARGETS
        monkeypatch.setenv("APIFY_TOKEN", "apify_api_of_somebody")
        real = Settings.load()
        assert (real.apify_url, real.apify_token) == ("https://api.apify.com", "apify_api_of_somebody")
        assert real.targets_file == Path("targets.toml").resolve()


def test_doctor_tells_the_memory_of_the_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(doctor, "LIMITS", (tmp_path / "nowhere", limit))
    limit.write_text("5368709120\n")
    assert doctor.memory(Settings.load(tmp_path)) == "5 GiB of memory"
    limit.write_text("1073741824\n")
    with pytest.raises(doctor.Ailment, match=r"1\.0 GiB of memory; a night needs 4"):
        doctor.memory(Settings.load(tmp_path))
    limit.write_text("max\n")
    assert doctor.memory(Settings.load(tmp_path)) != "5 GiB of memory"


def test_doctor_names_a_backup_that_is_too_old(tmp_path: Path) -> None:
    settings = replace(Settings.load(tmp_path), backups=tmp_path)
    assert doctor.backups(settings) == f"none in {tmp_path} yet"
    backup = tmp_path / "toxwatch-2026-11-20T040000.tar"
    backup.touch()
    assert backup.name in doctor.backups(settings)
    os.utime(backup, (0, 0))
    with pytest.raises(doctor.Ailment, match="days old"):
        doctor.backups(settings)


def test_a_missing_package_for_training_is_one_sentence(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None; sys.argv = ['toxwatch', 'train']; from jobs import cli; cli.main()"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert said.returncode == BadInput.exit_code
    assert "set TOXWATCH_IMAGE=training" in " ".join(said.stderr.split())


@pytest.mark.parametrize(
    "error",
    [
        "MemoryError()",
        "RuntimeError('java.lang.OutOfMemoryError: Java heap space')",
        "OSError(12, 'Cannot allocate memory')",
    ],
)
def test_too_little_memory_is_one_sentence(error: str) -> None:
    code = f"from jobs import cli\ndef fail(): raise {error}\ncli.app = fail\ncli.main()"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert said.returncode == FailedService.exit_code
    assert said.stderr.startswith("toxwatch: There is not enough memory.")


def test_doctor_sees_java_that_is_not_there(toxwatch: Toxwatch, tmp_path: Path) -> None:
    result = toxwatch("doctor", "--json", data_dir=tmp_path, JAVA_HOME="", PATH="/nowhere")
    java = next(finding for finding in json.loads(result.stdout) if finding["check"] == "java")
    assert not java["is_good"]
    assert "apt-get install openjdk-17-jre-headless" in java["message"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("rollback",), "No warehouse at"),
        (("export", "/nowhere/comments.csv"), "No warehouse at"),
        (("report", "week.doc"), "ends in .html or .pdf"),
        (("backup", "/nowhere/backup.tar"), "/nowhere"),
        (("score-file", "{file}", "/nowhere/scored.csv", "--text-column", "text"), "there is no folder /nowhere"),
        (("score-file", "{file}/in.csv", "out.csv", "--text-column", "text"), "File not found"),
        (("status", "--data-dir", "{file}"), "{file}"),
        (("user", "list", "--data-dir", "{file}"), "{file}"),
        (("sql", "select 1", "--data-dir", "{file}"), "{file}"),
    ],
)
def test_a_wrong_place_is_one_sentence(
    toxwatch: Toxwatch, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    file = tmp_path / "in.csv"
    file.write_text("text\nhello\n")
    result = toxwatch(*(word.format(file=file) for word in words), data_dir=tmp_path / "data")
    assert message.format(file=file) in result.stderr
    assert result.exit_code == BadInput.exit_code
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("people.db", ("user", "list")),
        ("people.db", ("backup", "{folder}/backup.tar")),
        ("people.db", ("held", "instagram/ann", "{folder}/held.json")),
        ("alerts.db", ("alert", "--night", "2026-11-10")),
    ],
)
def test_a_database_that_is_damaged_is_named(
    toxwatch: Toxwatch, tmp_path: Path, file: str, words: tuple[str, ...]
) -> None:
    data_dir = Lake(tmp_path / "data").open().root
    (data_dir / file).write_bytes(b"this was a database once" * 100)
    result = toxwatch(*(word.format(folder=tmp_path) for word in words), data_dir=data_dir)
    assert (result.exit_code, f"{file}: file is not a database" in result.stderr) == (BadInput.exit_code, True)


def test_a_traceback_holds_no_secret() -> None:
    code = (
        "import sys; from jobs import cli; sys.argv = ['toxwatch', 'status']\n"
        "def broken(*_): raise RuntimeError('the token is secretsecret')\n"
        "cli.app = broken; cli.main()"
    )
    environment = os.environ | {"APIFY_TOKEN": "secretsecret"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "RuntimeError: the token is [APIFY_TOKEN]" in result.stderr
    assert result.stderr.count("secretsecret") == result.stderr.count("raise RuntimeError('the token is secretsecret')")
