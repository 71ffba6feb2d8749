"""The docs as a site: `python -m release.site FOLDER`. A link that leads nowhere is an error.

README and the other pages at the top become pages too, and so do the commands and the API, which describe themselves.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

from sphinx.cmd.build import build_main
from typer.main import get_command

from dashboard import app as dashboard
from dashboard import reference
from jobs.ask.score_file import score_upload
from jobs.cli import NAMES, PANELS, app
from jobs.config.settings import SHIPPED
from jobs.errors import RefusedData

ROOT = Path(__file__).resolve().parent.parent
AT_THE_TOP = ("CHANGELOG", "CONTRIBUTING", "SECURITY", "CODE_OF_CONDUCT")
LINKED = ("targets.toml", "policies.toml", "alerts.toml")
PLATFORMS = tuple(f"platforms/{page.stem}" for page in sorted((ROOT / "docs" / "platforms").glob("*.md")))
SECTIONS = {
    "Use it": (
        "first-day",
        "collecting",
        *PLATFORMS,
        "own-platform",
        "pictures",
        "operations",
        "numbers",
        "models",
        "perspective",
    ),
    "Reference": ("commands", "api", "warehouse"),
    "How it is made": ("architecture", "decisions", "scale", "security", "releases", "CONTRIBUTING"),
    "About": ("CHANGELOG", "SECURITY", "CODE_OF_CONDUCT"),
}


def build(target: Path) -> None:
    """Raises RefusedData if a link leads nowhere or a page is in no section."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "docs"
        _gather(source)
        options = ["-c", str(Path(__file__).parent), "--fail-on-warning", "--quiet", "--jobs", "1"]
        if build_main([*options, "--builder", "html", "-d", f"{folder}/doctrees", str(source), str(target)]):
            raise RefusedData("The docs have mistakes; see above.")


def _gather(source: Path) -> None:
    """All pages in one folder."""
    shutil.copytree(ROOT / "docs", source, ignore=shutil.ignore_patterns("*.py"))
    for name in LINKED:
        shutil.copy(ROOT / name, source)
    for name in AT_THE_TOP:
        (source / f"{name}.md").write_text(_moved(name), encoding="utf-8")
    (source / "index.md").write_text(_moved("README") + _contents(), encoding="utf-8")
    (source / "commands.md").write_text(_commands(), encoding="utf-8")
    (source / "api.md").write_text(_api(), encoding="utf-8")


def _moved(name: str) -> str:
    """A page from the top of the repository, with links as they are among the docs."""
    return re.sub(r"\]\(docs/", "](", ROOT.joinpath(f"{name}.md").read_text(encoding="utf-8"))


def _contents() -> str:
    return "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n"
        for caption, pages in SECTIONS.items()
    )


def _commands() -> str:
    group = get_command(app)
    parts = ["# Commands", str(group.help)]
    for panel, commands in PANELS.items():
        parts.append(f"## {panel}")
        for command in commands:
            name = NAMES.get(command, command.__name__)
            one = group.commands[name]  # type: ignore[attr-defined]
            with one.make_context(f"toxwatch {name}", [], resilient_parsing=True) as context:
                parts.append(f"### {name}\n\n```text\n{one.get_help(context)}\n```")
    return "\n\n".join(parts) + "\n"


def _api() -> str:
    with tempfile.TemporaryDirectory() as folder:
        described = dashboard.create(Path(folder) / "warehouse", lambda: SHIPPED, score_upload).openapi()
    keys = "Programs send a key: `Authorization: Bearer …` (`toxwatch key add NAME`)."
    return f"# API\n\n{described['info']['description']} {keys}\n\n{reference.operations(described)}\n"


if __name__ == "__main__":
    try:
        build(Path(sys.argv[1]))
    except RefusedData as error:
        sys.exit(str(error))
