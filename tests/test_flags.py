"""From where comments are flagged, set in the browser with a look at what it does."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.pages.policy import DAYS, next_version, sentence
from dashboard.settings import Administration
from dashboard.view import Answers, View
from tests.fixtures.administration import serious_faults
from tests.fixtures.browser import WIDTHS
from tests.fixtures.dashboard import LAST
from warehouse.policies import read_policies
from warehouse.reader import Warehouse

MONTH = View(days=DAYS, last=LAST, newest=LAST)


@pytest.mark.parametrize(
    ("version", "next"), [("2", "3"), ("", "1"), ("spring", "spring.2"), ("spring.2", "spring.3"), ("a\n9", "a\n10")]
)
def test_every_change_of_the_rules_has_a_version_of_its_own(version: str, next: str) -> None:
    assert next_version(version) == next


def test_the_preview_counts_what_the_policy_then_flags(made: Path) -> None:
    answers = Answers(Warehouse(made))
    rows = {row["flagged_from"]: row for row in answers.rows("flagging", MONTH) if row["label"] == "toxic"}
    flagged = answers.rows("comments_count", replace(MONTH, flag="toxic"))[0]["comments"]
    assert rows[0.5]["flagged"] == flagged == 32
    assert (rows[0.65]["flagged"], rows[0.95]["flagged"]) == (31, 0)
    assert (rows[0.5]["reviewed"], rows[0.5]["confirmed"]) == (2, 1)
    assert sentence(rows[0.65], flagged) == (
        "From 0.65, flags 31 comments of the last 28 days; now 32. An estimated 89.4% of them rightly. "
        "Reviewers confirmed 1 of the 2 that they read."
    )
    assert sentence(rows[0.95], flagged) == "From 0.95, flags no comment of the last 28 days; now 32."


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_a_slider_says_what_it_would_flag_and_all_pages_follow_it(
    page: Page, administered_address: str, warehouse: Path, administration: Administration, width: int
) -> None:
    answers, policies = Answers(Warehouse(warehouse)), administration.policies.place()
    before = policies.read_text()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{administered_address}/settings/flags")
    answer, slider = page.get_by_role("alert"), page.get_by_role("slider", name="Toxic: flagged from", exact=True)
    slider.focus()
    page.keyboard.press("End")
    expect(page.get_by_text(re.compile("From 0.95, flags no comment of the last 28 days; now"))).to_be_visible()
    assert answers.rows("comments_count", replace(MONTH, flag="toxic"))[0]["comments"] == 32
    page.get_by_role("button", name="Save", exact=True).click()
    expect(answer).to_contain_text("to 0.95. All past comments follow it now.")
    assert read_policies(policies).default.toxic.flagged_from == 0.95
    assert read_policies(policies).version == "3"
    assert answers.rows("comments_count", replace(MONTH, flag="toxic"))[0]["comments"] == 0
    page.get_by_role("button", name="Add exception").click()
    expect(answer).to_have_text("Choose an account, a tag or a language that the exception is for.")
    page.get_by_label("Account or tag", exact=True).first.click()
    page.get_by_role("option", name="instagram/loud").click()
    page.get_by_role("button", name="Add exception").click()
    expect(answer).to_contain_text("Saved: added an exception for instagram/loud: toxic.")
    expect(page.get_by_text("instagram/loud: toxic from 0.5, medium")).to_be_visible()
    assert answers.rows("comments_count", replace(MONTH, flag="toxic"))[0]["comments"] == 30
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Remove the exception for instagram/loud").click()
    expect(answer).to_contain_text("Saved: removed the exception for instagram/loud.")
    for did in ("removed the exception for instagram/loud", "added an exception for instagram/loud", "set toxic from"):
        page.get_by_role("button", name="Undo").click()
        expect(answer).to_contain_text(f"Taken back: {did}")
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()
    assert policies.read_text() == before
    page.get_by_role("slider", name="Spam from").focus()
    page.keyboard.press("End")
    expect(page.get_by_text("From 0.99, marks 1 comment of the last 28 days as spam")).to_be_visible()
    page.get_by_label("Shares, flags and all other figures count spam").uncheck()
    page.get_by_role("button", name="Save rule").click()
    expect(answer).to_contain_text("Saved: set spam from 0.50 to 0.99 and left spam out of all figures.")
    assert policies.read_text() == before.replace("from = 0.5\ncounted = true", "from = 0.99\ncounted = false").replace(
        'version = "2"', 'version = "3"'
    )
    page.get_by_role("button", name="Undo").click()
    expect(answer).to_contain_text("Taken back: set spam from 0.50 to 0.99")
    assert policies.read_text() == before
    assert answers.rows("comments_count", replace(MONTH, flag="toxic"))[0]["comments"] == 32
