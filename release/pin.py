"""Pins the images that ours are built from, and those that run beside them, by digest: `make pin`, before a release.

A tag such as python:3.11-slim-bookworm names another image next month; with its digest behind it, it names this one.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from jobs.errors import BadInput, FailedService, ToxwatchError
from release.site import ROOT
from warehouse.files import write_atomically

FILES = ("Dockerfile", "docker-compose.yml")
NAMED = re.compile(r"^(?:FROM| +image:) (?P<name>[\w./:-]+:[\w.-]+)(?P<digest>@sha256:[0-9a-f]{64})?", re.MULTILINE)


def pin(root: Path) -> dict[str, str]:
    """Writes the newest digest of each tag into the files; returns name → digest. Changes nothing if one is unknown."""
    texts = {root / file: (root / file).read_text(encoding="utf-8") for file in FILES}
    digests = {name: _digest(name) for name in sorted({name for text in texts.values() for name, _ in named(text)})}
    for path, text in texts.items():
        pinned = NAMED.sub(lambda found: f"{found[0].partition('@')[0]}@{digests[found['name']]}", text)
        write_atomically(path, pinned)
    return digests


def unpinned(root: Path) -> list[str]:
    """Images of others that only a tag names."""
    texts = [(root / file).read_text(encoding="utf-8") for file in FILES]
    return sorted({name for text in texts for name, digest in named(text) if not digest})


def named(text: str) -> Iterator[tuple[str, str | None]]:
    """Images of others; ours have no tag."""
    for found in NAMED.finditer(text):
        yield found["name"], found["digest"]


def _digest(name: str) -> str:
    """What the registry has by this name now."""
    try:
        _docker("pull", "--quiet", name)
        answer = _docker("image", "inspect", "--format", '{{join .RepoDigests "\\n"}}', name)
    except FileNotFoundError:
        raise BadInput("Pinning asks the registry through docker, which is not installed here.") from None
    found = re.search(r"sha256:[0-9a-f]{64}", answer)
    if found is None:
        raise FailedService(f"The registry tells no digest of {name}. Nothing was pinned.")
    return found[0]


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise FailedService(f"docker {' '.join(words[:2])}: {reason}. Nothing was pinned.")
    return done.stdout


if __name__ == "__main__":
    try:
        for image, pinned_to in pin(ROOT).items():
            print(f"{image}  {pinned_to}")
    except ToxwatchError as error:
        sys.exit(str(error))
