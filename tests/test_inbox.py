"""What needs somebody: the same on the first page, in the API and among the comments, and each person's own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.inbox import Inbox, sentence
from dashboard.people import LOCAL, VISITOR, People, Visitor
from dashboard.view import Answers, View
from jobs.lake import schema
from tests.conftest import MODEL, SMALL, THRESHOLDS, at, night_of
from tests.fixtures.browser import WIDTHS
from tests.fixtures.dashboard import LAST, serving
from warehouse import WHOLE, Part, build
from warehouse.cases import Cases
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

WEEK = View(days=7, last=LAST, newest=LAST)
POLICY = 'version = "2"\n[default]\n' + "\n".join(
    f'{label} = {{ from = {limit}, severity = "{"critical" if label == "toxic" else "low"}" }}'
    for label, limit in THRESHOLDS.items()
)
PASSWORD = "a long password"


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of two accounts. On the last day one has a wave, and a third was refused."""
    place = tmp_path_factory.mktemp("inbox")
    nights = []
    for back in reversed(range(14)):
        day = LAST - timedelta(days=back)
        comments = [
            (f"loud/{day}-{n}", f"get lost {min(n, 27)}" if back == 0 and n < 30 else f"loud {n} of {day}",
             at(day, n % 24), 0.9 if back == 0 and n < 30 else 0.02) for n in range(60)
        ]  # fmt: skip
        comments += [(f"calm/{day}-{n}", f"calm {n} of {day}", at(day, n % 24), 0.01) for n in range(40)]
        if back == 0:
            comments.append(("calm/rude", "you are rude", at(day, 20), 0.7))
        done = [("publish", len(comments), len(comments), "{}", 1.0, None)]
        nights.append(replace(night_of(place / "lake", day, comments), stages=lambda _, done=done: done))
    failed = {"night": LAST, "platform": "instagram", "account": "gone", "error": "no_items", "is_retryable": False}
    paid = {"night": LAST, "run_id": "r1", "platform": "instagram", "account": "loud", "actor": "a",
            "status": "SUCCEEDED", "items": 60, "cost_usd": 4.1}  # fmt: skip
    write(place / "lake" / str(LAST) / "rejected" / "ingest_errors.parquet", failed, schema.INGEST_ERRORS)
    write(place / "lake" / str(LAST) / "validated" / "runs.parquet", paid, schema.RUNS)
    accounts = [("instagram", "loud", ("loud-agency",)), ("instagram", "calm", ("calm-agency",))]
    (place / "policies.toml").write_text(POLICY)
    build.publish(
        place / "warehouse", nights, build.Context(accounts, (MODEL, "1"), THRESHOLDS, place / "policies.toml")
    )
    return place / "warehouse"


def write(path: Path, row: dict[str, object], columns: pa.Schema) -> None:
    pq.write_table(pa.Table.from_pylist([{name: row.get(name) for name in columns.names}], columns), path)


@pytest.fixture
def folder(lake: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lake, tmp_path / "warehouse", symlinks=True))


@pytest.fixture
def inbox(folder: Path) -> Inbox:
    people = People.in_folder(folder.parent)
    for name in ("ann", "bob"):
        people.add(name, PASSWORD)
    answers = Answers(Warehouse(folder), lambda: VISITOR.get().part)
    return Inbox(answers, Reviews.in_folder(folder.parent), Cases.in_folder(folder.parent), people, lambda: 5.0)


@pytest.fixture
def reviews(folder: Path) -> Reviews:
    return Reviews.in_folder(folder.parent)


@contextmanager
def visited_by(name: str, role: str = "moderator", part: Part = WHOLE) -> Iterator[None]:
    before = VISITOR.set(Visitor(name, role, part))
    yield
    VISITOR.reset(before)


def texts(inbox: Inbox, view: View = WEEK) -> list[str]:
    return [line.text for line in inbox.lines(view)]


ALL = ["29 toxic comments unread", "1 wave on loud", "1 account refused", "Budget 82% used last night"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", 29),
        ("&account=instagram%2Fcalm", 1),
        ("&words=rude", 1),
        ("&severity=critical", 29),
        ("&severity=low", 0),
        ("&language=en", 29),
        ("&language=de", 0),
        ("&flag=threat", 0),
        ("&review=harmful", 0),
        ("&words=27", 1),
    ],
)
def test_the_comments_of_a_line_are_filtered_as_all_are(inbox: Inbox, search: str, found: int) -> None:
    rows = inbox.comments(View.read(f"?inbox=toxic{search}", LAST))
    assert len(rows) == found
    if search == "&words=27":
        assert rows[0]["times"] == 3


def test_what_needs_somebody_is_said_in_lines_and_in_a_sentence(inbox: Inbox) -> None:
    lines = inbox.lines(WEEK)
    assert [line.text for line in lines] == ALL
    assert lines[0].detail == "instagram/calm (1), instagram/loud (28); posted 31 times"
    assert lines[2].detail == "instagram/gone: private or empty account since 20 November"
    assert [line.address for line in lines] == [
        "/comments?inbox=toxic", "/comments?account=instagram%2Floud&flag=toxic", "/quality", "/quality"
    ]  # fmt: skip
    assert sentence(lines) == (
        "29 toxic comments wait for you. There is a wave of abuse on loud. instagram/gone could not be collected. "
        "Last night used 82% of its budget."
    )


def test_a_line_counts_the_comments_behind_it_equal_ones_once(inbox: Inbox) -> None:
    rows = inbox.comments(View.read("?inbox=toxic", LAST))
    assert len(rows) == 29
    assert sorted(row["times"] for row in rows)[-2:] == [1, 3]
    assert texts(inbox, View.read("?account=instagram/calm", LAST))[0] == "1 toxic comment unread"


def test_each_person_sees_for_themselves_and_what_is_new_is_unread(inbox: Inbox, reviews: Reviews) -> None:
    with visited_by("ann"):
        toxic, wave, *_ = inbox.lines(WEEK)
        reviews.put_aside(wave.ids, "ann")
        reviews.put_aside([id for id in toxic.ids if id != "calm/rude"], "ann")
        assert texts(inbox) == ["1 toxic comment unread", *ALL[2:]]
        assert sentence(inbox.lines(WEEK)).startswith("One toxic comment waits for you. instagram/gone")
        reviews.bring_back(wave.ids, "ann")
        assert texts(inbox)[1] == ALL[1]
    with visited_by("bob"):
        assert texts(inbox) == ALL


def test_a_snoozed_item_is_back_on_its_day(inbox: Inbox, reviews: Reviews) -> None:
    today = datetime.now(UTC).date()
    with visited_by("ann"):
        refused = inbox.lines(WEEK)[2]
        reviews.put_aside(refused.ids, "ann", until=today + timedelta(days=1))
        assert refused.text not in texts(inbox)
        reviews.put_aside(refused.ids, "ann", until=today)
        assert refused.text in texts(inbox)


def test_what_is_handed_to_a_colleague_is_theirs_until_they_have_seen_it(inbox: Inbox, reviews: Reviews) -> None:
    with visited_by("bob"):
        reviews.put_aside(inbox.lines(WEEK)[0].ids, "bob")
    with visited_by("ann"):
        toxic = inbox.lines(WEEK)[0]
        assert inbox.colleagues(toxic) == ["ann", "bob"]
        reviews.assign(toxic.ids, "bob")
        assert [(line.text, line.assignee) for line in inbox.lines(WEEK)][-1] == (ALL[0], "bob")
        assert sentence(inbox.lines(WEEK)).startswith("There is a wave")
    with visited_by("bob"):
        mine = inbox.lines(WEEK)[0]
        assert (mine.text, mine.assignee) == (ALL[0], "bob")
        assert len(inbox.comments(View.read(mine.address.partition("?")[2], LAST))) == 29
        reviews.put_aside(mine.ids, "bob")
    with visited_by("ann"):
        assert texts(inbox) == ALL[1:]
        reviews.bring_back(mine.ids, "bob")
        inbox._people.remove("bob")
        assert texts(inbox) == ALL


def test_a_reviewed_or_erased_comment_needs_nothing_more(inbox: Inbox, reviews: Reviews) -> None:
    with visited_by("ann"):
        reviews.record("calm/rude", "bob", [], ["toxic"], MODEL, "2")
        assert texts(inbox)[0] == "28 toxic comments unread"
        reviews.put_aside(["loud/1"], "ann")
        reviews.assign(["loud/1"], "bob")
        reviews.erase(["loud/1"])
        assert "loud/1" not in [*reviews.done("ann"), *reviews.assigned()]


def test_a_client_has_lines_of_their_own_accounts_and_of_pages_they_may_open(inbox: Inbox) -> None:
    people = inbox._people
    people.add("client", PASSWORD, "viewer", Part(("calm-agency",)))
    people.add("statistics", PASSWORD, "viewer", Part(("loud-agency",), texts=False))
    with visited_by("client", "viewer", Part(("calm-agency",))):
        lines = inbox.lines(WEEK)
        assert [line.text for line in lines] == ["1 toxic comment unread"]
        assert inbox.colleagues(lines[0]) == []
    with visited_by("statistics", "viewer", Part(("loud-agency",), texts=False)):
        assert [line.address for line in inbox.lines(WEEK)] == ["/account?account=instagram%2Floud&flag=toxic"]
        assert inbox.comments(View.read("?inbox=toxic", LAST)) == []
    with visited_by("ann"):
        assert inbox.colleagues(inbox.lines(WEEK)[0]) == ["ann", "bob"]
        assert inbox.colleagues(inbox.lines(WEEK)[1]) == ["ann", "bob", "statistics"]


def test_without_a_login_there_is_nobody_to_hand_to(inbox: Inbox) -> None:
    assert VISITOR.get() == LOCAL
    assert inbox.colleagues(inbox.lines(WEEK)[0]) == []


@pytest.mark.long
def test_the_api_says_what_the_page_says(folder: Path) -> None:
    people = People.in_folder(folder.parent)
    people.add("ann", PASSWORD)
    keys = {name: people.add_key(name, ["read"], tags) for name, tags in (("all", ()), ("calm", ("calm-agency",)))}
    with serving(folder, people, lambda: SMALL, budget_usd=lambda: 5.0) as address:
        answers = {
            name: httpx.get(f"{address}/inbox", headers={"Authorization": f"Bearer {key}"}, timeout=60).json()
            for name, key in keys.items()
        }
    assert [line["text"] for line in answers["all"]] == ALL
    assert [(line["text"], line["comment_ids"]) for line in answers["calm"]] == [
        ("1 toxic comment unread", ["calm/rude"])
    ]


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_a_line_leads_to_its_comments_and_leaves_when_it_is_done(watched_page: Page, folder: Path, width: int) -> None:
    watched_page.set_viewport_size({"width": width, "height": 844})
    with serving(folder, which_model=lambda: SMALL, budget_usd=lambda: 5.0) as address:
        watched_page.goto(address)
        lines = watched_page.locator(".inbox li")
        expect(lines).to_have_count(4)
        expect(watched_page.locator(".sentence")).to_contain_text("29 toxic comments wait for you.")
        lines.first.get_by_role("link").click()
        expect(watched_page.locator(".sentence")).to_contain_text("29 toxic comments unread, and 2 copies of them")
        watched_page.go_back()
        expect(lines).to_have_count(4)
        lines.first.get_by_role("button", name="Seen").click()
        expect(lines).to_have_count(3)
        expect(watched_page.locator(".sentence")).to_contain_text("There is a wave of abuse on loud.")
        watched_page.get_by_role("button", name="Undo").click()
        expect(lines).to_have_count(4)
        lines.last.get_by_text("Snooze").click()
        watched_page.locator("h1").click()
        expect(lines.last.get_by_role("button", name="In a week")).to_be_hidden()
        lines.last.get_by_text("Snooze").click()
        lines.last.get_by_role("button", name="In a week").click()
        expect(lines).to_have_count(3)
        assert watched_page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.long
def test_a_line_is_handed_to_a_colleague_who_reads_it(browser: Browser, page: Page, folder: Path) -> None:
    people = People.in_folder(folder.parent)
    for name in ("ann", "bob"):
        people.add(name, PASSWORD)
    with serving(folder, people, lambda: SMALL) as address:
        ann = signed_in(page, address, "ann")
        bob = signed_in(browser.new_context().new_page(), address, "bob")
        ann.locator(".inbox li").first.get_by_text("Assign").click()
        ann.locator(".inbox li").first.get_by_role("button", name="bob").click()
        expect(ann.locator(".inbox li").last).to_contain_text("with bob")
        bob.reload()
        expect(bob.locator(".inbox li").first).to_contain_text("assigned to you")
        bob.goto(f"{address}/comments?inbox=toxic&assignee=bob&account=instagram/calm&comment={LAST}/calm/rude")
        expect(bob.locator("#thread")).to_contain_text("you are rude")
        bob.goto(address)
        expect(bob.locator(".inbox li").first).to_contain_text("28 toxic comments unread")
        bob.context.close()
    assert any("assigned 29 toxic comments to bob" in did for _, _, did in people.audit())


def signed_in(page: Page, address: str, name: str) -> Page:
    page.goto(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page
