"""The docs as a site."""

from pathlib import Path

import pytest

from jobs.errors import RefusedData
from release import site

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore:.myst_parser"),  # it uses names that Sphinx 11 will not have
]


def test_no_link_of_the_docs_leads_nowhere(tmp_path: Path) -> None:
    site.build(tmp_path)
    pages = {str(page.relative_to(tmp_path).with_suffix("")) for page in tmp_path.rglob("*.html")}
    assert {name for names in site.SECTIONS.values() for name in names} <= pages
    assert "overview.png" in (tmp_path / "index.html").read_text()
    assert "GET /comments" in (tmp_path / "api.html").read_text()
    assert "toxwatch nightly" in (tmp_path / "commands.html").read_text()


def test_a_link_that_leads_nowhere_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(site, "_api", lambda: "# API\n\n[Gone](gone.md) and [lost](operations.md#lost).\n")
    with pytest.raises(RefusedData):
        site.build(tmp_path)
    said = capfd.readouterr().err
    assert "gone.md" in said
    assert "lost" in said
