"""Models in the browser: which is in use, the way back to one before it, and the way forward again."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.pages import champions
from dashboard.settings import Models, Switch
from jobs.commands.models import BILSTM, TRANSFORMER
from jobs.config.settings import IN_USE, SHIPPED
from models.card import read_card
from models.labels import Refused
from models.training.registry import Registry
from tests.fixtures.administration import serious_faults
from tests.fixtures.browser import PATIENCE, WIDTHS

FIRST, SECOND, CAME = (str(read_card(folder)["version"]) for folder in (BILSTM, TRANSFORMER, SHIPPED))


def test_only_what_was_in_production_is_put_back(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    with registry.run({"kind": "bilstm"}) as run:
        registry.save(run, BILSTM)
    with pytest.raises(Refused, match="was never in production"):
        registry.put_back(FIRST)
    registry.promote(BILSTM)
    registry.promote(TRANSFORMER)
    assert read_card(registry.put_back(FIRST))["version"] == FIRST
    known = {one.version: one for one in registry.models()}
    assert known[FIRST].is_champion
    assert known[FIRST].promoted > known[SECOND].promoted


@pytest.mark.parametrize("looks", [[True, True], [True, False]], ids=["still running", "ended in between"])
def test_a_switch_is_looked_at_until_its_end_was_drawn(tmp_path: Path, looks: list[bool]) -> None:
    registry = Registry(tmp_path)
    registry.promote(BILSTM)
    state = iter(looks)
    models = Models(
        lambda: read_card(BILSTM),
        registry.models,
        lambda _: None,
        lambda: None,
        lambda _: Switch(next(state), 1, 1, None),
    )
    _drawn, has_ended = champions._shown(models)
    assert not has_ended


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_an_admin_goes_back_to_a_model_and_takes_it_back(
    page: Page, tmp_path: Path, administered_address: str, width: int
) -> None:
    registry = Registry(tmp_path / "data" / "models")
    for folder in (BILSTM, TRANSFORMER):
        registry.promote(folder)
    in_use = tmp_path / "data" / IN_USE
    in_use.symlink_to(os.path.relpath(registry.champion(), in_use.parent))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{administered_address}/settings/models")
    expect(page.locator(".sentence")).to_contain_text(f"{SECOND} scores comments in Arabic, Chinese, Dutch")
    expect(page.locator("#model-card")).to_contain_text(f"Model {SECOND}")
    page.get_by_label("Model", exact=True).first.click()
    expect(page.get_by_role("option", name=CAME)).to_be_visible()
    page.get_by_role("option", name=FIRST).click()
    page.get_by_role("button", name="Put back").click()
    expect(page.get_by_role("alert")).to_have_text(f"Saved: put {FIRST} back.")
    expect(page.locator("#switch")).to_contain_text(f"{FIRST} has scored 0 of 0 nights.")
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("#switch p")).to_have_count(0, timeout=4 * PATIENCE)
    assert read_card(in_use)["version"] == FIRST
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert")).to_have_text(f"Taken back: put {FIRST} back.")
    assert read_card(registry.champion())["version"] == SECOND
    expect(page.locator("#switch p")).to_have_count(0, timeout=4 * PATIENCE)
    assert read_card(in_use)["version"] == SECOND
