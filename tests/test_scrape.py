"""Scraping over HTTP with Apify's faults: money is spent once, nothing that was paid for is lost."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from jobs import scrape, standin
from jobs.collect.reading import SAMPLE
from jobs.collect.runs import read_runs
from jobs.config.settings import Settings
from jobs.errors import BadInput, FailedService
from jobs.lake.nights import Lake
from jobs.lake.raw import RawLine, raw_file, read_file
from jobs.standin import Fault, Habits
from tests.conftest import watching

NIGHT, NEXT = date(2026, 11, 10), date(2026, 11, 11)
LOUD = "instagram/harbour_fc"


def lines(settings: Settings, account: str = LOUD, night: date = NIGHT) -> list[RawLine]:
    return list(read_file(raw_file(Lake(settings.data_dir), night, account), night))


def ids(found: Iterable[RawLine]) -> set[str]:
    """Some items come without an id."""
    return {line.item["id"] for line in found if line.kind == "comment" and "id" in line.item}


def errors(settings: Settings, account: str = LOUD) -> list[dict]:
    return [line.item for line in lines(settings, account) if line.kind == "error"]


def starts(server: standin.Server) -> list[str]:
    return [call for call in server.calls if call.startswith("POST") and call.endswith("/runs")]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, apify: standin.Server) -> Settings:
    settings = watching(tmp_path_factory.mktemp("undisturbed") / "data", apify)
    scrape.run(settings, NIGHT)
    return settings


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, on="POST .*comment-scraper", times=2),
        Fault(503, on="POST .*comment-scraper", times=1),
        Fault(429, on="GET .*/items", times=3),
        Fault(500, on="GET .*/actor-runs", times=2),
        Fault("lost", on="POST .*comment-scraper", times=1),
        Fault("slow", on="POST .*post-scraper", times=1, seconds=1.5),
        Fault("long", on="POST .*comment-scraper", times=1, seconds=2.0),
    ],
    ids=lambda fault: f"{fault.what} {fault.on}",
)
def test_a_fault_that_passes_costs_no_comment_and_no_second_start(
    undisturbed: Settings, tmp_path: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.collect.apify.START_PAUSES", (0.01, 0.01, 0.01))
    with standin.serving(faults=[fault]) as server:
        settings = watching(tmp_path / "data", server)
        scrape.run(settings, NIGHT, LOUD)
        assert fault.times == 0
        assert ids(lines(settings)) == ids(lines(undisturbed))
        paid = [run.cost_usd for run in read_runs(tmp_path / "data/raw/night=2026-11-10" / f"{LOUD}.runs.json")]
        assert len(server.runs) == len(paid) == 2
        assert sum(paid) == pytest.approx(server.spent_usd)


def test_a_clock_that_jumped_a_year_pays_for_nothing(tmp_path: Path) -> None:
    for days in (365, -365):
        with standin.serving(habits=Habits(days_behind=days)) as server:
            settings = watching(tmp_path / f"{days}", server)
            with pytest.raises(BadInput, match="This machine's clock says"):
                scrape.run(settings, NIGHT)
            assert server.runs == {}
            assert not (settings.data_dir / "raw").exists()


@pytest.mark.parametrize("ending", ["FAILED", "TIMED-OUT", "ABORTED"])
def test_of_a_run_that_ends_early_only_the_rest_is_asked_again(
    undisturbed: Settings, tmp_path: Path, ending: str
) -> None:
    with standin.serving(faults=[Fault(ending, on="POST .*comment-scraper")]) as server:
        settings = watching(tmp_path / "data", server)
        scrape.run(settings, NIGHT, LOUD)
        first, second = (run for run in server.runs.values() if run.actor.endswith("comment-scraper"))
        assert set(second.input["directUrls"]) < set(first.input["directUrls"])
        assert errors(settings) == []
        assert ids(lines(settings)) == ids(lines(undisturbed))


def test_a_run_that_fails_twice_keeps_its_part_and_is_completed_by_the_next(
    undisturbed: Settings, tmp_path: Path
) -> None:
    with standin.serving(faults=[Fault("FAILED", on="POST .*comment-scraper", times=2)]) as server:
        settings = watching(tmp_path / "data", server)
        scrape.run(settings, NIGHT, LOUD)
        assert {item["error"] for item in errors(settings)} == {"run_failed"}
        assert set() < ids(lines(settings)) < ids(lines(undisturbed))
        scrape.run(settings, NIGHT, LOUD)
        assert errors(settings) == []
        assert ids(lines(settings)) == ids(lines(undisturbed))


def test_no_credit_is_an_error_of_the_account_and_not_of_the_others(tmp_path: Path) -> None:
    with standin.serving(faults=[Fault(402, on="POST .*instagram-comment-scraper", times=99)]) as server:
        settings = watching(tmp_path / "data", server)
        scrape.run(settings, NIGHT)
        assert {item["error"] for item in errors(settings)} == {"not-enough-usage-to-run-paid-actor"}
        youtube = [line for line in lines(settings, "youtube/aurora.space") if line.kind == "comment"]
        assert len(youtube) > 20


def test_a_wrong_token_stops_the_night_at_once(tmp_path: Path, apify: standin.Server) -> None:
    settings = replace(watching(tmp_path / "data", apify), apify_token="stale")
    with pytest.raises(BadInput, match="APIFY_TOKEN"):
        scrape.run(settings, NIGHT)
    assert list((tmp_path / "data").rglob("*.jsonl.gz")) == []


@pytest.mark.long
def test_an_apify_that_does_not_answer_fails_the_night_and_says_so(tmp_path: Path) -> None:
    with standin.serving() as server:
        settings = watching(tmp_path / "data", server)
    with pytest.raises(FailedService, match="does not answer"):
        scrape.run(settings, NIGHT)


def test_a_night_spends_no_more_than_its_budget(tmp_path: Path, apify: standin.Server) -> None:
    settings = watching(tmp_path / "data", apify)
    settings.targets_file.write_text(
        settings.targets_file.read_text().replace("[night]", "[night]\nbudget_usd = 0.10", 1)
    )
    before = apify.spent_usd
    scrape.run(settings, NIGHT)
    assert 0.05 < apify.spent_usd - before <= 0.10
    output = [item["error"] for account in (LOUD, "youtube/aurora.space") for item in errors(settings, account)]
    assert set(output) == {"budget_reached"}


def test_every_start_carries_its_limits(undisturbed: Settings) -> None:
    books = sorted((undisturbed.data_dir / "raw").rglob("*.runs.json"))
    runs = [run for book in books for run in read_runs(book)]
    assert len(runs) >= 5
    assert all(run.max_items > 0 and run.max_usd > 0 and run.items <= run.max_items for run in runs)


def test_a_start_that_was_killed_before_it_answered_is_found_again(undisturbed: Settings, tmp_path: Path) -> None:
    """The record says that a run was wanted; Apify has one with this input that nobody calls its own."""
    with standin.serving() as server:
        settings = watching(tmp_path / "data", server)
        scrape.run(settings, NIGHT, LOUD)
        path = raw_file(Lake(settings.data_dir), NIGHT, LOUD)
        path.unlink()
        book = path.with_name("harbour_fc.runs.json")
        runs = json.loads(book.read_text())
        runs[-1] |= {"run_id": None, "dataset_id": None, "status": "INTENDED", "cost_usd": 0.0, "items": 0}
        book.write_text(json.dumps(runs))
        before = starts(server)
        spent = server.spent_usd
        scrape.run(settings, NIGHT, LOUD)
        assert starts(server) == before
        assert server.spent_usd == spent
    assert ids(lines(settings)) == ids(lines(undisturbed))


def test_a_raw_file_that_was_lost_is_read_again_free_of_charge(tmp_path: Path) -> None:
    with standin.serving() as server:
        settings = watching(tmp_path / "data", server)
        scrape.run(settings, NIGHT, LOUD)
        path = raw_file(Lake(settings.data_dir), NIGHT, LOUD)
        before, spent = path.read_bytes(), server.spent_usd
        path.unlink()
        scrape.run(settings, NIGHT, LOUD)
        assert path.read_bytes() == before
        assert server.spent_usd == spent


def test_the_next_night_asks_each_post_for_what_it_has_grown_by(tmp_path: Path) -> None:
    with standin.serving() as server:
        settings = watching(tmp_path / "data", server)
        scrape.run(settings, NIGHT, LOUD)
        first = set(server.runs)
        scrape.run(settings, NEXT, LOUD)
        second = [run for id, run in server.runs.items() if id not in first and run.actor.endswith("comment-scraper")]
    counts = [
        {line.item["url"]: line.item["commentsCount"] for line in lines(settings, night=night) if line.kind == "post"}
        for night in (NIGHT, NEXT)
    ]
    asked = {url: run.input["resultsLimit"] for run in second for url in run.input["directUrls"]}
    for url, limit in asked.items():
        growth = counts[1][url] - counts[0].get(url, 0)
        assert growth < limit <= max(SAMPLE, 1.2 * growth + 4) or growth == 0
    assert ids(lines(settings, night=NEXT)) - ids(lines(settings))


def test_what_was_blocked_is_asked_again_and_what_is_private_is_not(tmp_path: Path) -> None:
    with standin.serving(faults=[Fault("blocked", on="POST .*instagram-comment-scraper")]) as server:
        settings = watching(tmp_path / "data", server)
        scrape.run(settings, NIGHT)
        assert errors(settings)[0]["error"] == "no_items"
        before = len(starts(server))
        scrape.run(settings, NIGHT)
        assert errors(settings) == []
        assert len(ids(lines(settings))) > 50
        assert len(starts(server)) == before + 1  # quiet.garden is private and was left alone


def test_a_handle_that_nobody_has_is_an_ingest_error_and_stays_one(tmp_path: Path, apify: standin.Server) -> None:
    settings = watching(tmp_path / "data", apify)
    settings.targets_file.write_text('[[accounts]]\nplatform = "instagram"\nhandle = "nobody.has.this"\n')
    scrape.run(settings, NIGHT)
    assert [item["error"] for item in errors(settings, "instagram/nobody.has.this")] == ["no_items"]
    before = len(starts(apify))
    scrape.run(settings, NIGHT)
    assert len(starts(apify)) == before, "asking again would cost and give the same"
