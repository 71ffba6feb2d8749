"""The interface in other languages: every message is translated, and pages, numbers and dates are of one language."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import httpx
import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import Browser, expect

from dashboard import language
from dashboard.inbox import Inbox
from dashboard.language import LANGUAGES, _, dated, number, preferred, speaking
from dashboard.pages import (
    account,
    audit,
    author,
    comments,
    compare,
    crowds,
    home,
    members,
    numbers,
    post,
    quality,
    review,
    try_it,
)
from dashboard.people import People
from dashboard.retelling import retold
from dashboard.view import Answers
from jobs.alerts import alert
from jobs.alerts.alert import Alert
from jobs.quality import RULES
from models.card import read_card
from models.training import report as evaluation
from tests.fixtures.administration import serious_faults
from tests.fixtures.dashboard import SHIPPED, serving
from tests.test_dashboard import PAGES, show
from tests.test_pages import ACCOUNTS, WEEK, text_of
from warehouse.cases import Cases
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

ROOT = Path(__file__).parent.parent
DASHBOARD = Path(language.__file__).parent
[PLACES] = re.findall("^SPOKEN := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
SPOKEN = [ROOT / place for place in PLACES.split()]
OTHERS = [one for one in LANGUAGES if one != "en"]
MARKS = {"_": 1, "N_": 1, "ngettext": 2, "Nn_": 2}  # function → how many of its first arguments are forms of a message
FIELD = re.compile(r"\{\w+\}")
Message = str | tuple[str, ...]


@pytest.fixture(scope="module")
def address(warehouse: Path) -> Iterator[str]:
    with serving(warehouse) as address:
        yield address


def marked() -> Iterator[tuple[str, Message]]:
    """The messages in the code, with the file that has them."""
    for file in [path for place in SPOKEN for path in [*place.rglob("*.py"), *([place] if place.is_file() else [])]]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
                forms = node.args[: MARKS[node.func.id]]
                texts = [one.value for one in forms if isinstance(one, ast.Constant)]
                assert not any(isinstance(one, ast.JoinedStr) for one in forms), "no message is an f-string"
                if texts:
                    yield file.name, texts[0] if len(texts) == 1 else tuple(texts)


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_is_translated_and_none_is_left_over(code: str) -> None:
    with (DASHBOARD / "messages" / f"{code}.po").open("rb") as file:
        translated = {message.id: message for message in read_po(file, locale=code) if message.id}
    assert {message for _, message in marked()} == translated.keys(), "run `make messages`, then translate what is new"
    for id, message in translated.items():
        ids, texts = ((one,) if isinstance(one, str) else tuple(one) for one in (id, message.string))
        assert not message.fuzzy
        assert all(texts), f"not translated: {id}"
        fields = {tuple(sorted(FIELD.findall(text))) for text in (*ids, *texts)}
        assert len(fields) == 1, f"the placeholders differ: {texts}"


@pytest.mark.parametrize(
    ("code", "numbers", "day"),
    [
        ("en", ["5,022", "4.9%"], "20 November 2026"),
        ("de", ["5.022", "4,9\xa0%"], "20. November 2026"),
        ("es", ["5.022", "4,9\xa0%"], "20 de noviembre de 2026"),
        ("fr", ["5\u202f022", "4,9\xa0%"], "20 novembre 2026"),
        ("pt", ["5.022", "4,9%"], "20 de novembro de 2026"),
    ],
)
def test_numbers_and_dates_are_written_as_in_the_language(code: str, numbers: list[str], day: str) -> None:
    with speaking(code):
        assert [number(5022), number(0.0491, ".1%")] == numbers
        assert dated(date(2026, 11, 20), "long") == day
        assert dated(datetime(2026, 11, 20, 23, 59), "long") == day


@pytest.mark.parametrize("code", OTHERS)
def test_no_page_has_a_sentence_of_another_language(code: str, made: Path, tmp_path: Path) -> None:
    answers, reviews, cases = Answers(Warehouse(made)), Reviews.in_folder(tmp_path), Cases.in_folder(tmp_path)
    people = People.in_folder(tmp_path)
    inbox = Inbox(answers, reviews, cases, people, lambda: 5.0)
    english = {one for _file, message in marked() for one in ([message] if isinstance(message, str) else message)}
    with speaking(code):
        pages = [
            home.layout(answers, WEEK, inbox, reviews),
            account.layout(answers, replace(WEEK, account=ACCOUNTS[1]), reviews),
            compare.layout(answers, replace(WEEK, periods=2)),
            comments.layout(answers, WEEK, lambda: pytest.fail("no comment is open"), inbox, cases, lambda _: None),
            comments.listing(answers, WEEK),
            author.layout(answers, replace(WEEK, words="@1")),
            post.layout(answers, replace(WEEK, post="instagram:loud")),
            crowds.layout(answers, WEEK),
            numbers.layout(answers, WEEK),
            quality.layout(answers, WEEK, read_card(SHIPPED), [], reviews),
            review.layout(answers, WEEK, reviews, cases),
            audit.layout(answers, WEEK, people),
            members.layout(people, answers),
            try_it.layout(answers, WEEK),
        ]
        shown = [text_of(page) for page in pages]
        foreign = {
            text.strip()
            for one in english
            for text in FIELD.split(one)
            if len(text.split()) > 2 and _(one) != one and any(text.strip() in page for page in shown)
        }
        assert foreign == set()


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", "en"),
        ("pt-BR,pt;q=0.9,en;q=0.5", "pt"),
        ("it, en;q=0.4, fr-CA;q=0.8", "fr"),
        ("de;q=0", "en"),
        ("*, de;q=nonsense", "en"),
        ("ja", "en"),
    ],
)
def test_a_browser_is_answered_in_the_first_of_its_languages_that_there_is(header: str, found: str) -> None:
    assert preferred(header) == found


@pytest.mark.long
def test_a_language_that_somebody_chose_stays_theirs_and_strangers_get_their_browsers(
    made: Path, tmp_path: Path
) -> None:
    people = People.in_folder(tmp_path)
    people.add("ann", "a long password")
    german, back = {"Accept-Language": "de"}, {"Referer": "http://127.0.0.1/account?days=14"}
    with serving(made, people=people) as address:
        with httpx.Client(base_url=address, headers={"Accept": "text/html"}) as ann:
            door = ann.get("/login", headers=german)
            assert '<html lang="de"' in door.text
            assert "Passwort" in door.text
            [token] = re.findall(r'name="token" value="([^"]+)"', door.text)
            ann.post("/login", data={"name": "ann", "password": "a long password", "token": token})
            assert '<html lang="de"' in ann.get("/", headers=german).text
            chosen = ann.post("/language", data={"language": "fr"}, headers=back)
            assert (chosen.status_code, chosen.headers["location"]) == (303, "/account?days=14")
            assert ann.post("/language", data={"language": "<b>"}).headers["location"] == "/"
            assert '<html lang="fr"' in ann.get("/", headers=german).text
        assert people.known("ann").language == "fr"
        people.add("ann", "a longer password")
        assert people.known("ann").language == "fr", "a new password takes no language away"
        assert '<html lang="en"' in httpx.get(f"{address}/login").text


@pytest.mark.long
def test_the_menu_changes_the_language_of_pages_charts_and_calendars(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{address}/account?days=14")
    expect(page.locator("h1")).to_have_text("instagram/calm")
    page.locator(".language summary").click()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("link", name="Vergleich")).to_be_visible()
    assert page.url == f"{address}/account?days=14"
    expect(page.locator(".sentence")).to_contain_text("Kommentaren toxisch")
    expect(page.locator(".xtick").first).to_have_text(re.compile("Nov"))
    page.get_by_label("Daten").click()
    expect(page.get_by_text("November 2026").first).to_be_visible()
    expect(page.get_by_text("Mo", exact=True).first).to_be_visible()
    context.close()


@pytest.mark.long
@pytest.mark.parametrize("path", ["/", *(pytest.param(path, marks=pytest.mark.slow) for path in PAGES[1:])])
@pytest.mark.parametrize("code", OTHERS)
def test_a_page_fits_a_phone_and_can_be_read_aloud_in_each_language(
    browser: Browser, address: str, code: str, path: str
) -> None:
    page = browser.new_page(base_url=address, locale=code)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    show(page, path, 390, "dark")
    assert page.locator("html").get_attribute("lang") == code
    assert serious_faults(page) == []
    page.close()
    assert troubles == []


TOLD = [
    "wave of abuse: 31 of 1,204 comments flagged, an estimated 4.9% toxic, usually 0.8%",
    "12 of 14 toxic comments are one text; of its 24 authors 24 are new",
    "languages differ significantly from the four weeks before (PSI 0.31)",
    "a check failed: “50% of rows are usable.” Found: 44.0%.",
    "a check failed: “The night has comments.” Found: nothing.",
    "instagram/private could not be collected: no_items (Empty or private data for provided input)",
    "the night cost $4.60 of its $5.00 budget",
    "the night did not finish: score failed: no space left on device (done: scrape, validate)",
    "no night has come for 32 hours: the newest is 2026-11-20",
    "This is a test. Alerts of Toxwatch reach you here.",
    *(rule.sentence for rule in RULES),
]


@pytest.mark.parametrize("code", OTHERS)
def test_alerts_and_checks_are_told_in_each_language(code: str) -> None:
    with speaking(code):
        assert [text for text in TOLD if retold(text) == text] == []


def test_what_is_told_keeps_its_values_and_names_no_code() -> None:
    assert retold(TOLD[5]).startswith("instagram/private could not be collected: Private or empty account (")
    with speaking("de"):
        assert retold(TOLD[0]) == (
            "Hasswelle: 31 von 1.204 Kommentaren markiert, schätzungsweise 4,9 % toxisch, sonst 0,8 %"
        )
        assert retold("night, line 3: budget_usd: must be greater than 0 (found -1)") == (
            "night, Zeile 3: budget_usd: muss größer als 0 sein (gefunden: -1)"
        )
        assert retold("Binder Error: no such thing") == "Binder Error: no such thing"


def test_a_digest_is_in_the_language_of_alerts_toml() -> None:
    told = [Alert(date(2026, 11, 20), "wave", "instagram/nasa", "toxic", None, TOLD[0], "http://x")] * 3
    with speaking("fr"):
        [line] = alert.lines(told)
    assert "vague de haine : 31 commentaires sur 1 204".replace(" 204", "\u202f204") in line.text


@pytest.mark.parametrize("code", OTHERS)
def test_charts_of_the_evaluation_are_in_each_language(code: str) -> None:
    figures = evaluation.read(read_card(SHIPPED)["version"], [SHIPPED])
    english = evaluation.charts(figures)
    with speaking(code):
        for chart, original in zip(evaluation.charts(figures, _), english, strict=True):
            assert (chart.caption, str(chart.rows)) != (original.caption, str(original.rows))
            assert len(chart.rows) == len(original.rows)
    assert not any("_" in row["source"] for row in english[2].rows)
