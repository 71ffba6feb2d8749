"""Spam: what it is read by, from which night on, and figures with and without it."""

import json
import random
import shutil
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard import charts
from dashboard.pages.policy import spam_sentence
from dashboard.view import Answers, View
from jobs.ask.score_file import score_file
from jobs.config.settings import Settings
from jobs.spark import cluster
from jobs.spark.workers import READABLE, clean_batches
from jobs.standin.world import PHRASES
from models import spam
from models.labels import ModelError
from models.text import clean_text, text_key
from models.training import spam as training
from tests.conftest import MODEL, THRESHOLDS, at, night_of
from tests.fixtures.dashboard import ROOT
from tests.fixtures.shared import flagged_but_not_listed
from warehouse import build
from warehouse.policies import SPAM_FROM
from warehouse.reader import Warehouse

MONDAY = date(2026, 11, 2)
ADVERT = "Make $500 a day from home, link in bio, WhatsApp +1 555 010 9988"
WEEK = View(days=7, last=MONDAY, newest=MONDAY)


def read(*texts: str) -> list[float]:
    return [float(p) for p in spam.shipped().read([clean_text(text) for text in texts])]


def test_the_stand_in_s_spam_is_told_from_what_its_fans_write() -> None:
    adverts, fans = read(*PHRASES["sentences"]["en"]["spam"]), read(*PHRASES["sentences"]["en"]["kind"])
    assert sum(p >= SPAM_FROM for p in adverts) >= 3  # of four: "promote it on @…" alone says little
    assert max(fans) < SPAM_FROM


@pytest.mark.parametrize(
    "disguised", [ADVERT.upper(), "Maakee $500 a daayy from hoomee, liink iin bioo, WhatsApp 0812 3456 7890"]
)
def test_a_disguise_does_not_hide_spam(disguised: str) -> None:
    assert min(read(ADVERT, disguised)) >= SPAM_FROM


def test_every_text_has_features_and_a_probability() -> None:
    for text in ("", "!", "加油", "🔥🔥", "a" * 50_000, "\ud83d", "<" * 5000):
        assert all(spam.features(text))
        assert 0 <= float(spam.shipped().read([text])[0]) <= 1


def test_a_damaged_reader_is_refused(tmp_path: Path) -> None:
    shutil.copytree(training.SHIPPED, tmp_path / "spam")
    np.save(tmp_path / "spam" / spam.WEIGHTS, np.zeros(2 * spam.BUCKETS, np.float16))
    with pytest.raises(ModelError, match="not the file that"):
        spam.load(tmp_path / "spam")
    (tmp_path / "spam" / "card.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="holds no spam reader"):
        spam.load(tmp_path / "spam")


def test_the_workers_of_a_cluster_are_sent_the_reader(tmp_path: Path) -> None:
    sent: list[str] = []
    cluster.send_code.__wrapped__(SimpleNamespace(addPyFile=sent.append), tmp_path)  # type: ignore[arg-type]
    assert spam.load(zipfile.Path(sent[0], "models/shipped/spam/")).version == spam.shipped().version


def test_composed_comments_are_of_both_kinds_in_every_language_and_the_same_for_a_seed() -> None:
    facts = tomllib.loads(training.FACTS.read_text(encoding="utf-8"))
    languages = {name: words for name, words in facts.items() if name not in ("sources", "slots")}
    assert all(len(words[kind]) >= 10 for words in languages.values() for kind in ("spam", "harmless"))
    one, same = (training.composed(dict(languages), facts["slots"], random.Random(3)) for _ in range(2))
    assert one.equals(same)
    assert "{" not in "".join(one.raw)


def test_a_reader_is_learned_and_judges_each_part_by_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "COMPOSED", 1500)
    facts = tomllib.loads(training.FACTS.read_text(encoding="utf-8"))
    rows = training.composed({"en": facts["en"]}, facts["slots"], random.Random(1)).drop_duplicates(
        "raw", ignore_index=True
    )
    rows["text"] = [clean_text(raw) for raw in rows.raw]
    rows["key"] = [text_key(text) for text in rows.text]
    rows["kind"] = np.where(rows.index % 3 == 0, "labelled", "composed")
    rows["fold"] = np.where(rows.kind == "labelled", np.where(rows.index % 2, "one video", "another"), "")
    sums = training.held_out(rows, training.as_matrix(rows.text.tolist()), rows.fold.to_numpy())
    assert (np.isnan(sums) == (rows.kind == "composed")).all()
    training.train(rows, tmp_path / "spam", tmp_path)
    advert, praise = spam.load(tmp_path / "spam").read(["subscribe to my channel, link in bio", "love this song"])
    assert advert > 0.5 > praise


def test_clean_reads_spam_in_any_language() -> None:
    texts = {"1": ADVERT, "2": "cek bio kak, jual pemutih wajah WA 081234567890", "3": "what a goal", "4": ""}
    batch = pa.RecordBatch.from_pydict({"comment_id": [*texts], "account": ["a"] * 4, "text": [*texts.values()]})
    [cleaned] = clean_batches(("en",), iter([batch]))
    assert cleaned.schema.equals(READABLE)
    found = [p >= SPAM_FROM for p in cleaned.column("spam").to_pylist()]
    assert found == [True, True, False, False]


def test_score_file_says_how_likely_each_row_is_spam(tmp_path: Path) -> None:
    source, target = tmp_path / "comments.jsonl", tmp_path / "scored.jsonl"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in (ADVERT, "what a goal", "")))
    score_file(Settings.load(tmp_path), source, target)
    rows = [json.loads(line) for line in target.read_text().splitlines()]
    assert rows[0]["spam"] >= SPAM_FROM > rows[1]["spam"]
    assert rows[2]["spam"] is None


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[build.Night]:
    """Ten friendly comments, ten toxic ones and, without a word of abuse, twenty adverts."""
    comments = [(f"orbital/k{n}", f"what a goal number {n}", at(MONDAY), 0.05) for n in range(10)]
    comments += [(f"orbital/t{n}", f"you are all fools number {n}", at(MONDAY), 0.85) for n in range(10)]
    comments += [(f"orbital/s{n}", f"{ADVERT} offer {n}", at(MONDAY), 0.05) for n in range(20)]
    return [night_of(tmp_path_factory.mktemp("spam"), MONDAY, comments)]


def context(place: Path, rule: str = "") -> build.Context:
    policies = place / "policies.toml"
    policies.write_text(
        (ROOT / "policies.toml").read_text().replace("from = 0.5\ncounted = true", rule or "from = 0.5")
    )
    return build.Context([("instagram", "orbital", ())], (MODEL, "1"), THRESHOLDS, policies)


@pytest.fixture
def folder(tmp_path: Path, nights: list[build.Night]) -> Iterator[Path]:
    build.publish(tmp_path / "warehouse", nights, context(tmp_path))
    return tmp_path / "warehouse"


def toxic_share(folder: Path, view: View = WEEK) -> tuple[int, float]:
    [row] = [row for row in Answers(Warehouse(folder)).trend(view) if row["label"] == "toxic"]
    return row["comments"], round(row["share"], 3)


def test_a_share_is_of_all_comments_or_on_request_of_those_that_are_no_spam(folder: Path) -> None:
    assert toxic_share(folder) == (40, 0.25)
    assert toxic_share(folder, replace(WEEK, spam="without")) == (20, 0.45)
    [day] = Answers(Warehouse(folder)).rows("spam", WEEK)
    assert (day["comments"], day["spam"], day["unread"], day["others"]) == (40, 20, 0, 20)
    assert day["share"] == pytest.approx(0.5, abs=0.05)
    assert day["share_of_others"] == pytest.approx(0.45, abs=1e-6)


def test_a_policy_leaves_spam_out_of_all_figures_and_takes_it_back(folder: Path, tmp_path: Path) -> None:
    before = build.content_hash(folder)
    build.publish(folder, [], context(tmp_path, "counted = false"))
    assert toxic_share(folder) == toxic_share(folder, replace(WEEK, spam="without")) == (20, 0.45)
    panel = str(charts.spam(Answers(Warehouse(folder)).rows("spam", WEEK), WEEK))
    assert "Without them: toxic 45.0%. By policies.toml no other figure counts them." in panel
    marts = Warehouse(folder).query(
        "SELECT sum(comments) FROM score_bins GROUP BY label UNION SELECT sum(comments) FROM hours GROUP BY label"
    )
    assert marts == [(20,)]
    assert flagged_but_not_listed(folder) == []
    build.publish(folder, [], context(tmp_path))
    assert build.content_hash(folder) == before


def test_the_preview_counts_what_the_policy_then_calls_spam(folder: Path, tmp_path: Path) -> None:
    previews = {row["spam_from"]: row for row in Answers(Warehouse(folder)).rows("spam_by_threshold", WEEK)}
    assert (previews[0.01]["spam"], previews[0.5]["spam"]) == (30, 20)
    for threshold in (0.02, 0.5, 0.99):
        build.publish(folder, [], context(tmp_path, f"from = {threshold}"))
        marked = Warehouse(folder).query("SELECT count(*), avg(spam::DOUBLE) FROM comments_scored WHERE is_spam")
        row = previews[threshold]
        assert marked == [(row["spam"], row["right_share"] and pytest.approx(row["right_share"]))]
    assert spam_sentence(previews[0.5], 40) == (
        "From 0.50, marks 20 comments of the last 28 days as spam; now 40. An estimated 99.9% of them rightly."
    )


def test_a_policy_says_from_where_a_comment_is_spam(folder: Path, tmp_path: Path) -> None:
    build.publish(folder, [], context(tmp_path, "from = 0.9999"))
    assert Warehouse(folder).query("SELECT count(*) FROM comments_scored WHERE is_spam") == [(0,)]
    build.publish(folder, [], context(tmp_path, "from = 0.5"))
    assert Warehouse(folder).query("SELECT count(*) FROM comments_scored WHERE is_spam") == [(20,)]


@pytest.mark.parametrize(("wanted", "found"), [(None, 40), ("only", 20), ("without", 20)])
@pytest.mark.parametrize("order", ["posted_at DESC", "toxic DESC"])
def test_comments_are_filtered_by_spam(folder: Path, wanted: str | None, found: int, order: str) -> None:
    answers, view = Answers(Warehouse(folder)), replace(WEEK, spam=wanted)
    page = answers.page_of_comments(view, order, 100, 0)
    assert len(page) == found == answers.rows("comments_count", view)[0]["comments"]
    assert {row["spam"] >= SPAM_FROM for row in page} == {None: {True, False}, "only": {True}, "without": {False}}[
        wanted
    ]


def test_nights_of_older_releases_say_nothing_of_spam(tmp_path: Path, nights: list[build.Night]) -> None:
    folder = tmp_path / "clean"
    folder.mkdir()
    table = pq.read_table(nights[0].clean.folder / "part.parquet").drop_columns(["spam"])
    pq.write_table(table, folder / "part.parquet")
    build.publish(
        tmp_path / "warehouse", [replace(nights[0], clean=build.Part(folder))], context(tmp_path, "counted = false")
    )
    assert toxic_share(tmp_path / "warehouse") == (40, 0.25)
    [day] = Answers(Warehouse(tmp_path / "warehouse")).rows("spam", WEEK)
    assert (day["comments"], day["share"], day["unread"]) == (0, None, 40)
