"""A release: what is in it, that two builds are equal, and what makes a commit none."""

import json
import shutil
import socket
import subprocess
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from jobs.errors import BadInput, RefusedData, ToxwatchError
from release import bill, make, pin, site

MADE_AT = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last commit as a stranger has it, with a changelog that is dated."""
    if not shutil.which("git") or not (site.ROOT / ".git").exists():
        pytest.skip("a release is made of a commit, and there is no git or no clone here")
    place = tmp_path_factory.mktemp("release") / "toxwatch"
    subprocess.run(["git", "clone", "--quiet", "--local", str(site.ROOT), str(place)], check=True)
    changelog = place / "CHANGELOG.md"
    changelog.write_text(f"# Changelog\n\n## {_version()} (2026-11-27)\n\n- All of it.\n")
    _commit(place, "A release")
    return place


@pytest.fixture
def changed(clone: Path) -> Iterator[Path]:
    """The clone, for a test to change; as it was afterwards."""
    head = subprocess.run(["git", "-C", str(clone), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    yield clone
    subprocess.run(["git", "-C", str(clone), "reset", "--quiet", "--hard", head.stdout.strip()], check=True)
    subprocess.run(["git", "-C", str(clone), "clean", "-qfd"], check=True)


def _version() -> str:
    return str(tomllib.loads((site.ROOT / "pyproject.toml").read_text())["project"]["version"])


def _commit(place: Path, subject: str) -> None:
    name = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    subprocess.run(["git", "-C", str(place), *name, "commit", "--quiet", "-am", subject], check=True)


@pytest.fixture(scope="module")
def wheel(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make.build_twice(make.read(clone), tmp_path_factory.mktemp("wheel"))


@pytest.mark.long
def test_a_wheel_holds_what_a_night_reads_and_nothing_of_ours_besides(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(["git", "-C", str(site.ROOT), "ls-files"], capture_output=True, text=True, check=True)
    needed = {
        name
        for name in tracked.stdout.split()
        if name.startswith(("jobs/", "models/", "warehouse/", "dashboard/", "dags/"))
    }
    assert needed - names == set()
    assert {f"jobs/config/{name}" for name in ("targets.toml", "alerts.toml", "policies.toml")} <= names
    assert {name.partition("/")[0] for name in names} == {
        "jobs", "models", "warehouse", "dashboard", "dags", f"toxwatch-{_version()}.dist-info"
    }  # fmt: skip


@pytest.mark.long
def test_two_builds_that_differ_are_no_release(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def differs(_source: make.Source, folder: Path) -> Path:
        wheel = folder / "toxwatch.whl"
        wheel.write_text(str(folder))
        return wheel

    monkeypatch.setattr(make, "_build", differs)
    with pytest.raises(RefusedData, match="differ"):
        make.build_twice(make.read(clone), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_dirty_tree_is_no_release(changed: Path, tmp_path: Path) -> None:
    (changed / "jobs" / "left_over.py").write_text("")
    with pytest.raises(BadInput, match=r"left_over\.py"):
        make.run(changed, tmp_path / "release")
    assert not (tmp_path / "release").exists()


def test_lines_without_a_release_are_no_release(changed: Path) -> None:
    (changed / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- More.\n")
    _commit(changed, "More")
    with pytest.raises(BadInput, match="Unreleased"):
        make.read(changed)


def test_a_version_is_released_once(changed: Path) -> None:
    subprocess.run(["git", "-C", str(changed), "tag", f"v{_version()}"], check=True)
    assert make.read(changed).version == _version()
    (changed / "README.md").write_text("Another text\n")
    _commit(changed, "Another text")
    with pytest.raises(BadInput, match="Raise the version"):
        make.read(changed)


def test_the_bill_is_valid_and_the_same_each_time(tmp_path: Path) -> None:
    bills = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        bill.write("1.0.0", MADE_AT, make._bill_of_lock(site.ROOT), tmp_path / name)
        bills.append((tmp_path / name / "sbom.cdx.json").read_text())
    assert bills[0] == bills[1]
    whole = json.loads(bills[0])
    names = {component["name"] for component in whole["components"]}
    some = whole | {"components": whole["components"][:-12:30] + whole["components"][-12:], "dependencies": []}
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(some)) is None  # all of it takes minutes
    assert {"pyspark", "apache-airflow", "tensorflow", "toxwatch-cascade", "spark-nlp_2.12"} <= names
    assert "pytest" not in names


def test_every_component_and_data_set_has_its_licence_listed(tmp_path: Path) -> None:
    bill.write("1.0.0", MADE_AT, make._bill_of_lock(site.ROOT), tmp_path)
    page = (tmp_path / "LICENCES.md").read_text()
    assert "| pyspark | 3.5.9 | " in page
    assert "| wiki_toxic | Jigsaw Toxic Comment Classification Challenge (part), Wikipedia talk pages |" in page
    assert f"| {bill.UNKNOWN} |" not in page


@pytest.mark.parametrize(
    ("code", "answer", "result"),
    [
        (0, "Found no known vulnerabilities in 310 packages", "none known"),
        (1, "Found 1 known vulnerability in 310 packages", "FOUND"),
        (2, "error: failed to lookup address", "NOT CHECKED"),
    ],
)
def test_a_check_that_could_not_be_made_is_not_called_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, answer: str, result: str
) -> None:
    asked = tmp_path / "uv"
    asked.write_text(f"#!/bin/sh\necho '{answer}'\nexit {code}\n")
    asked.chmod(0o755)
    monkeypatch.setattr(make, "UV", str(asked))
    assert make.audit(tmp_path, tmp_path / "VULNERABILITIES.txt").startswith(result)
    assert answer in (tmp_path / "VULNERABILITIES.txt").read_text()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """A real registry with one small image in it; its name."""
    if (
        not all(map(shutil.which, ("docker", "docker-registry")))
        or subprocess.run(["docker", "ps"], check=False).returncode
    ):
        pytest.skip("needs docker and docker-registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    config = tmp_path / "registry.yml"
    config.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/images}}}}\nhttp: {{addr: {address}}}\n"
    )
    server = subprocess.Popen(["docker-registry", "serve", str(config)], stderr=subprocess.DEVNULL)
    image = f"{address}/base:1"
    with tarfile.open(tmp_path / "empty.tar", "w") as archive:
        archive.add(config, "file")
    subprocess.run(["docker", "import", str(tmp_path / "empty.tar"), image], check=True)
    subprocess.run(["docker", "push", image], check=True)
    yield image
    subprocess.run(["docker", "rmi", "--force", image], check=True)
    server.terminate()
    server.wait()


@pytest.mark.long
def test_base_images_are_pinned_by_the_registrys_digest(tmp_path: Path, registry: str) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {registry} AS base\nFROM base AS ours\n")
    (tmp_path / "docker-compose.yml").write_text(f"services:\n  one:\n    image: {registry}\n    image: *ours\n")
    assert pin.unpinned(tmp_path) == [registry]
    [(name, digest)] = pin.pin(tmp_path).items()
    assert (tmp_path / "Dockerfile").read_text() == f"FROM {name}@{digest} AS base\nFROM base AS ours\n"
    assert f"image: {registry}@{digest}\n    image: *ours" in (tmp_path / "docker-compose.yml").read_text()
    assert pin.unpinned(tmp_path) == []
    assert pin.pin(tmp_path) == {name: digest}
    subprocess.run(["docker", "pull", "--quiet", f"{name}@{digest}"], check=True)


def test_where_no_registry_answers_nothing_is_pinned(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM 127.0.0.1:9/base:1 AS base\n")
    (tmp_path / "docker-compose.yml").write_text("services: {}\n")
    with pytest.raises(ToxwatchError, match="docker"):
        pin.pin(tmp_path)
    assert (tmp_path / "Dockerfile").read_text() == "FROM 127.0.0.1:9/base:1 AS base\n"


@pytest.mark.slow
def test_a_wheel_works_alone(wheel: Path, clone: Path, tmp_path: Path) -> None:
    """As a stranger: into an empty environment, in an empty folder, without the repository."""
    make.requirements(make.read(clone), tmp_path)
    venv.create(tmp_path / "env", with_pip=True)
    pip = [str(tmp_path / "env" / "bin" / "pip"), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", str(tmp_path / "requirements.txt")], check=True)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
    (home := tmp_path / "home").mkdir()
    environment = {"PATH": f"{Path(shutil.which('java') or '/').parent}:/usr/bin:/bin", "HOME": str(home)}

    def toxwatch(*arguments: str) -> str:
        command = [str(tmp_path / "env" / "bin" / "toxwatch"), *arguments]
        done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert "comments with scores" in toxwatch("demo", "--nights", "2", "--no-serve")
    assert "Wrote targets.toml" in toxwatch("init")
    assert "targets\tok" in toxwatch("doctor", "--files")
    assert "instagram/nasa" in toxwatch("accounts")
    assert "Wrote week.html" in toxwatch("report", "week.html")
    assert "toxic" in (home / "week.html").read_text()
