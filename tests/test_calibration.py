"""Calibration to one's own sections: shares say what people say, in all of history, until it is taken back."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from bench import audit
from jobs import cli, publish
from jobs.config.settings import Settings
from jobs.config.targets import read_targets
from jobs.errors import BadInput
from jobs.upkeep import calibrate
from jobs.upkeep.calibrate import Section
from models.card import read_card
from tests.conftest import THRESHOLDS, at, night_of
from tests.fixtures.nights import copied
from tests.fixtures.shared import flagged_but_not_listed
from warehouse import build, queries, tables
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

pytestmark = pytest.mark.long

FIRST, NIGHTS, COMMENTS = date(2026, 10, 1), 15, 60  # comments of an account and night
LAST = FIRST + timedelta(NIGHTS - 1)
OTHER_MODEL = "bilstm-other"
TARGETS = """
[[accounts]]
platform = "instagram"
handle = "loud"
tags = ["sport"]

[[accounts]]
platform = "instagram"
handle = "calm"
tags = ["garden"]
"""
SHARES = "SELECT account, day, expected / comments FROM daily WHERE label = 'toxic' ORDER BY ALL"
LOUD, SPORT, ENGLISH = Section("account", "instagram/loud"), Section("tag", "sport"), Section("language", "en")


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two accounts whose model sees half of what is toxic; all that was drawn of one was reviewed."""
    place = tmp_path_factory.mktemp("calibration")
    (place / "targets.toml").write_text(TARGETS)
    settings = replace(Settings.load(place / "data"), targets_file=place / "targets.toml")
    draw, nights = np.random.default_rng(3), []
    for number in range(NIGHTS):
        night = FIRST + timedelta(number)
        scores = 1 / (1 + np.exp(-draw.normal(-2.5, 1.5, (2, COMMENTS))))
        said = [
            (f"{account}/{number}.{n}", f"text {account} {number} {n}", at(night), float(scores[row, n]))
            for row, account in enumerate(("loud", "calm"))
            for n in range(COMMENTS)
        ]
        nights.append(night_of(place / "lake", night, said, {version(settings): 0.0, OTHER_MODEL: 0.0}))
    build.publish(settings.data_dir / "warehouse", nights, context(settings))
    review(settings, draw)
    publish.apply(settings)
    return settings


@pytest.fixture
def settings(audited: Settings, tmp_path: Path) -> Settings:
    return copied(audited, tmp_path)


def version(settings: Settings) -> str:
    return str(read_card(settings.model_dir)["version"])


def context(settings: Settings, champion: str | None = None) -> build.Context:
    book = Reviews.in_folder(settings.data_dir)
    watched: Any = read_targets(settings.targets_file).accounts
    return build.Context(
        [(one.platform, one.handle, one.tags) for one in watched], (champion or version(settings), "1"), THRESHOLDS,
        settings.policies_file, book.rows(), book.drawn(), book.calibrations(),
    )  # fmt: skip


def review(settings: Settings, draw: np.random.Generator) -> None:
    ask, book = Warehouse(settings.data_dir / "warehouse").query, Reviews.in_folder(settings.data_dir)
    book.keep_drawn(ask("SELECT comment_id, night, chance, place FROM drawn"))
    drawn = ask("SELECT comment_id, toxic FROM drawn JOIN comments_scored USING (comment_id) WHERE account = 'loud'")
    for comment_id, score in sorted(drawn):
        is_toxic = draw.random() < true_chance(score)
        book.record(comment_id, "ann", ["toxic"] if is_toxic else [], [], "m", "p")


def true_chance(score: float) -> float:
    return float(1 / (1 + np.exp(-(1.0 + 0.8 * np.log(score / (1 - score))))))


def shares(settings: Settings) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for account, _, share in Warehouse(settings.data_dir / "warehouse").query(SHARES):
        found.setdefault(account, []).append(share)
    return found


def found_by_people(settings: Settings) -> float:
    sql = """SELECT audited_share(sum(expected) / sum(comments), total_of_sums(sums))
        FROM audited($1, $2) WHERE label = 'toxic'"""
    return float(Warehouse(settings.data_dir / "warehouse").query(sql, [FIRST, LAST])[0][0])


def truth(settings: Settings) -> float:
    scores = Warehouse(settings.data_dir / "warehouse").query(
        "SELECT toxic FROM comments_scored WHERE account = 'loud'"
    )
    return float(np.mean([true_chance(score) for (score,) in scores]))


def test_shares_say_what_people_say_in_all_of_history_until_undone(settings: Settings) -> None:
    before, people, true = shares(settings), found_by_people(settings), truth(settings)
    assert np.mean(before["loud"]) < 0.7 * true
    assert people == pytest.approx(true, abs=0.06)
    assert calibrate.run(settings, LOUD, FIRST, LAST) == (1, ["toxic"])
    after = shares(settings)
    assert np.mean(after["loud"]) == pytest.approx(people, abs=0.02)
    assert found_by_people(settings) == pytest.approx(people, abs=0.02)
    assert all(now > then for now, then in zip(after["loud"], before["loud"], strict=True)), "so the trend joins"
    assert after["calm"] == before["calm"]
    assert calibrate.undo(settings, LOUD) == 1
    assert shares(settings) == before


def test_a_period_of_ten_days_calibrates_the_days_around_it_too(settings: Settings) -> None:
    before = shares(settings)["loud"]
    calibrate.run(settings, LOUD, FIRST + timedelta(2), LAST - timedelta(1))
    assert shares(settings)["loud"][0] > 1.2 * before[0]


def test_the_same_number_in_comments_days_flags_and_bins(settings: Settings) -> None:
    calibrate.run(settings, SPORT, FIRST, LAST)
    ask = Warehouse(settings.data_dir / "warehouse").query
    [(of_comments, of_days, flagged, counted, worst, highest)] = ask(
        """SELECT (SELECT sum(toxic::DOUBLE) FROM comments_scored),
            (SELECT sum(expected) FROM daily WHERE label = 'toxic'),
            (SELECT count(*) FROM comments_scored WHERE list_contains(flags, 'toxic')),
            (SELECT sum(flagged) FROM flags WHERE label = 'toxic'), (SELECT max(toxic) FROM worst_comments),
            (SELECT max(toxic) FROM comments_scored)"""
    )
    assert (of_comments, flagged, worst) == (pytest.approx(of_days), counted, highest)
    assert flagged_but_not_listed(settings.data_dir / "warehouse") == []


def test_the_margin_says_how_far_the_calibration_may_be_off(settings: Settings) -> None:
    sql = "SELECT margin, share, comments FROM daily WHERE label = 'toxic' AND account = 'loud'"
    calibrate.run(settings, LOUD, FIRST, LAST)
    for margin, share, comments in Warehouse(settings.data_dir / "warehouse").query(sql):
        assert margin > 1.96 * (share * (1 - share) / comments) ** 0.5 * 1.01


def test_an_account_comes_before_its_tag_and_a_tag_before_a_language(settings: Settings) -> None:
    book, plain = Reviews.in_folder(settings.data_dir), shares(settings)
    for section, shift in ((ENGLISH, 1.0), (SPORT, 2.0), (LOUD, 3.0)):
        row = ("toxic", version(settings), shift, 1.0, 0.1, 200, 0.1, 0.2, str(FIRST), str(LAST))
        book.keep_calibration(section.kind, section.name, [row])
    publish.apply(settings)
    found = [shares(settings)]
    for section in (LOUD, SPORT, ENGLISH):
        calibrate.undo(settings, section)
        found.append(shares(settings))
    assert found[0]["loud"][0] > found[1]["loud"][0] > found[2]["loud"][0] > found[3]["loud"][0]
    assert found[0]["calm"] == found[2]["calm"] != found[3]["calm"]
    assert found[3] == plain


def test_a_tag_that_an_account_gets_or_loses_takes_its_calibration_along(settings: Settings) -> None:
    calibrate.run(settings, SPORT, FIRST, LAST)
    calibrated = shares(settings)
    other = settings.data_dir.parent / "targets.toml"
    other.write_text(TARGETS.replace('["garden"]', '["sport"]').replace('["sport"]', '["none"]', 1))
    publish.apply(replace(settings, targets_file=other))
    moved = shares(settings)
    assert moved["loud"][0] < calibrated["loud"][0]
    assert moved["calm"][0] > calibrated["calm"][0]


def test_an_account_that_is_renamed_is_another_one_and_a_calibration_of_its_tag_holds_for_both(
    settings: Settings, tmp_path: Path
) -> None:
    plain = shares(settings)["loud"][0]
    calibrate.run(settings, LOUD, FIRST, LAST)
    calibrated = shares(settings)["loud"]
    renamed = settings.data_dir.parent / "renamed.toml"
    renamed.write_text(TARGETS.replace('"loud"', '"louder"'))
    settings = replace(settings, targets_file=renamed)
    night = night_of(
        tmp_path / "lake", LAST + timedelta(1),
        [(f"louder/{n}", f"later {n}", at(LAST + timedelta(1)), 0.2) for n in range(30)], {version(settings): 0.0},
    )  # fmt: skip
    build.publish(settings.data_dir / "warehouse", [night], context(settings))
    assert shares(settings)["loud"] == calibrated
    assert shares(settings)["louder"] == [pytest.approx(0.2)]
    row = ("toxic", version(settings), 1.0, 1.0, 0.1, 200, 0.1, 0.2, str(FIRST), str(LAST))
    Reviews.in_folder(settings.data_dir).keep_calibration("tag", "sport", [row])
    publish.apply(settings)
    assert shares(settings)["louder"][0] > 0.3
    assert shares(settings)["loud"][0] > plain, "its own calibration stays with the old name"


def test_a_later_night_and_a_rebuilt_warehouse_are_calibrated(settings: Settings, tmp_path: Path) -> None:
    calibrate.run(settings, LOUD, FIRST, LAST)
    said = [(f"loud/later{n}", f"later {n}", at(LAST + timedelta(1)), 0.2) for n in range(30)]
    night = night_of(tmp_path / "lake", LAST + timedelta(1), said, {version(settings): 0.0})
    build.publish(settings.data_dir / "warehouse", [night], context(settings))
    later = shares(settings)["loud"][-1]
    assert later > 0.3
    build.publish(tmp_path / "anew", [night], context(settings), anew=True)
    assert Warehouse(tmp_path / "anew").query(SHARES)[0][2] == later


def test_another_model_is_not_calibrated_by_it_but_by_the_same_labels(settings: Settings) -> None:
    calibrate.run(settings, LOUD, FIRST, LAST)
    calibrated = shares(settings)
    build.publish(settings.data_dir / "warehouse", [], context(settings, OTHER_MODEL))
    assert np.mean(shares(settings)["loud"]) < 0.7 * np.mean(calibrated["loud"])
    [row] = Warehouse(settings.data_dir / "warehouse").query(queries.page_sql("calibrations"))
    assert row[-1] is False
    assert found_by_people(settings) == pytest.approx(np.mean(calibrated["loud"]), abs=0.02)


def test_too_few_labels_are_refused(settings: Settings) -> None:
    with pytest.raises(BadInput, match=r"instagram/loud has \d+ reviewed comments .* needs 200"):
        calibrate.run(settings, LOUD, LAST - timedelta(2), LAST)
    with pytest.raises(BadInput, match="tag garden has 0 reviewed comments"):
        calibrate.run(settings, Section("tag", "garden"), FIRST, LAST)
    with pytest.raises(BadInput, match="has no calibration"):
        calibrate.undo(settings, LOUD)


def test_commands_calibrate_list_and_undo(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOXWATCH_TARGETS", str(settings.targets_file))

    def toxwatch(*words: str) -> str:
        monkeypatch.setattr("sys.argv", ["toxwatch", "audit", *words, "--data-dir", str(settings.data_dir)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        assert end.value.code == (2 if "Name one of" in said.err else 0)
        return said.out + said.err

    days = ("--from", str(FIRST), "--to", str(LAST))
    assert "Calibrated instagram/loud, version 1: toxic." in toxwatch("calibrate", "--account", "instagram/loud", *days)
    assert "Calibrated language en, version 1: toxic." in toxwatch("calibrate", "--language", "en", *days)
    [row, _] = json.loads(toxwatch("calibrations", "--json"))
    assert (row["kind"], row["name"], row["is_in_use"]) == ("account", "instagram/loud", True)
    assert row["people"] > 1.3 * row["share"]
    assert "Took back version 1" in toxwatch("calibrate", "--account", "instagram/loud", "--undo")
    assert "Name one of --account, --tag and --language" in toxwatch("calibrate")


def test_a_model_that_knows_nothing_is_calibrated_to_what_people_found() -> None:
    """Its slope would be below the least, which must not take the shift along."""
    draw = np.random.default_rng(2)
    scores, people = 1 / (1 + np.exp(-draw.normal(-2.5, 1.5, (20, 200)))), (draw.random((20, 200)) < 0.4).astype(float)
    shift, slope = calibrate.fit(people, scores, np.ones((20, 200)))
    after = 1 / (1 + np.exp(-(shift[:, None] + slope[:, None] * calibrate.log_odds(scores))))
    assert slope.min() == calibrate.SLOPES[0]
    assert after.mean(1) == pytest.approx(people.mean(1), abs=0.005)


@pytest.mark.parametrize(
    ("slope", "shift"), [(0.6, 0.2), *(pytest.param(*one, marks=pytest.mark.slow) for one in ((1.0, 0.0), (1.0, -1.5)))]
)
def test_intervals_hold_the_truth_before_and_after_calibrating(slope: float, shift: float) -> None:
    """What bench/audit.py does, on invented comments: the model is right, overconfident, or sees far too much."""
    draw = np.random.default_rng(7)
    odds = draw.normal(-2.0, 1.6, 1500)
    p = 1 / (1 + np.exp(-odds))
    y = (draw.random(1500) < 1 / (1 + np.exp(-(shift + slope * odds)))).astype(float)
    with duckdb.connect() as con:
        tables.create(con)
        for name, (covered, margin) in audit.steps(con, y, p, draws=500).items():
            assert 0.91 <= covered <= 0.99, name
            assert margin < (0.25 if name == "10 reviews" else 0.12)
