"""Makes a release of the last commit: `make release`. A person signs and tags it; nothing here does."""

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jobs.errors import BadInput, RefusedData, ToxwatchError
from jobs.upkeep.backup import SAFE
from release import bill, pin, site

UV = str(Path(sys.executable).with_name("uv"))
SHIPPED_EXTRAS = ("airflow", "train")  # what images hold; the rest is for developers
CHECKSUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Source:
    """The commit that is released."""

    root: Path
    commit: str
    made_at: datetime
    version: str


def run(root: Path, target: Path) -> None:
    source = read(root)
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        old.unlink()
    wheel = build_twice(source, target)
    requirements(source, target)
    components = bill.write(source.version, source.made_at, _bill_of_lock(root), target)
    vulnerabilities = audit(root, target / "VULNERABILITIES.txt")
    pack_site(source, target / f"toxwatch-{source.version}-docs.tar.xz")
    checksums(target)
    print(_report(source, target, wheel, components, vulnerabilities, pin.unpinned(root)))


def read(root: Path) -> Source:
    """Raises BadInput for whatever makes this commit no release."""
    if changed := _git(root, "status", "--porcelain"):
        raise BadInput(f"The working tree has changes that are in no commit; commit or remove them:\n{changed}")
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    [newest, *_] = re.findall(r"^## (.+)$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    if not re.fullmatch(rf"{re.escape(version)} \(\d{{4}}-\d\d-\d\d\)", newest):
        raise BadInput(f"CHANGELOG.md begins with “{newest}”; it must begin with “{version} (date)”.")
    commit = _git(root, "rev-parse", "HEAD")
    tagged = _git(root, "tag", "--list", f"v{version}") and _git(root, "rev-parse", f"v{version}^{{commit}}")
    if tagged and tagged != commit:
        raise BadInput(f"v{version} is another commit, {tagged[:12]}. Raise the version in pyproject.toml.")
    made_at = datetime.fromtimestamp(int(_git(root, "log", "-1", "--format=%ct")), UTC)
    return Source(root, commit, made_at, version)


def build_twice(source: Source, target: Path) -> Path:
    """The wheel, from two copies of the commit in two places; raises RefusedData unless they are equal."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first, second = (_build(source, Path(folder)) for folder in (one, other))
        if first.read_bytes() != second.read_bytes():
            raise RefusedData("Two builds of the same commit differ, so nobody could check this release.")
        (target / first.name).write_bytes(first.read_bytes())
    return target / first.name


def _build(source: Source, folder: Path) -> Path:
    packed = subprocess.run(
        ["git", "-C", str(source.root), "archive", "HEAD"], stdout=subprocess.PIPE, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder / "source", **SAFE)
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(int(source.made_at.timestamp()))}
    _run([UV, "build", "--quiet", "--wheel", "--out-dir", str(folder / "wheel")], folder / "source", environment)
    [wheel] = (folder / "wheel").glob("*.whl")
    return wheel


def requirements(source: Source, target: Path) -> None:
    """Exact versions: with hashes to install from, without them to constrain what pip chooses for extras."""
    exported = [UV, "export", "--quiet", "--frozen", "--no-emit-project", "--no-header", "--no-annotate"]
    _run([*exported, "-o", str(target / "requirements.txt")], source.root)
    _run([*exported, *_extras(), "--no-hashes", "-o", str(target / "constraints.txt")], source.root)


def _bill_of_lock(root: Path) -> str:
    return _run([UV, "export", "--quiet", "--frozen", "--format", "cyclonedx1.5", *_extras()], root)


def _extras() -> list[str]:
    return [option for extra in SHIPPED_EXTRAS for option in ("--extra", extra)]


def audit(root: Path, target: Path) -> str:
    """Asks the OSV database about every locked version; returns the result in one line, whatever it is."""
    done = subprocess.run(
        [UV, "audit", "--frozen", "--no-extra", "dev"], cwd=root, capture_output=True, text=True, check=False
    )
    answer = f"{done.stdout}{done.stderr}".strip()
    if "vulnerabilit" not in done.stdout:
        result = "NOT CHECKED: the database of vulnerabilities could not be asked from here"
    else:
        result = "none known" if done.returncode == 0 else "FOUND, see VULNERABILITIES.txt"
    target.write_text(f"{result}\n\n$ uv audit --frozen --no-extra dev\n{answer}\n", encoding="utf-8")
    return result


def pack_site(source: Source, target: Path) -> None:
    """The docs, with no time but the commit's."""
    with tempfile.TemporaryDirectory() as folder:
        site.build(Path(folder))
        with tarfile.open(target, "w:xz") as archive:
            archive.add(folder, "toxwatch-docs", filter=lambda file: _as_anybody(file, source.made_at))


def _as_anybody(file: tarfile.TarInfo, made_at: datetime) -> tarfile.TarInfo:
    return file.replace(mtime=int(made_at.timestamp()), uid=0, gid=0, uname="", gname="", deep=False)


def checksums(target: Path) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(target.iterdir())
        if path.name != CHECKSUMS
    ]
    (target / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def _report(
    source: Source, target: Path, wheel: Path, components: int, vulnerabilities: str, unpinned: list[str]
) -> str:
    version, megabytes = source.version, wheel.stat().st_size / 1e6
    images = f"NOT PINNED: {', '.join(unpinned)}; run `make pin`" if unpinned else "pinned by digest"
    return f"""
Toxwatch {version}, commit {source.commit[:12]}, is in {target}:
  {wheel.name}  {megabytes:.0f} MB; built twice from the commit, equal to the last byte
  requirements.txt, constraints.txt  the exact versions it was tested with
  sbom.cdx.json, LICENCES.md  {components} components, their licences, and those of the data behind the models
  vulnerabilities  {vulnerabilities}
  images of others  {images}
  {CHECKSUMS}  checksums of all of it

Nothing is signed or tagged. A person who has read {CHECKSUMS} and VULNERABILITIES.txt does that:
  gpg --armor --detach-sign {target / CHECKSUMS}
  git tag --sign v{version} --message "Toxwatch {version}" {source.commit}
"""


def _git(root: Path, *arguments: str) -> str:
    return _run(["git", *arguments], root).strip()


def _run(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToxwatchError(f"{' '.join(command[:2])} failed:\n{done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    try:
        run(site.ROOT, Path(sys.argv[1]))
    except ToxwatchError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
