"""Comments that say much the same: in other words, in other languages, and of the accounts that one may see."""

import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import httpx
import numpy as np
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from dashboard.view import CLOSEST, Answers, View
from jobs import score
from jobs.config.settings import Settings
from jobs.lake.datasets import BY_NAME
from jobs.lake.nights import Lake
from jobs.spark import cluster
from models import meaning
from models.card import read_card
from models.labels import LABELS, ModelError
from models.text import clean_text
from tests.conftest import MODEL, THRESHOLDS, Comment, at, night_of
from tests.fixtures.dashboard import ROOT, serving
from tests.fixtures.nights import copied
from warehouse import Part, build
from warehouse.reader import Warehouse

MONDAY = date(2026, 11, 2)
HOME = "go back to where you came from"
COMMENTS: list[Comment] = [
    ("loud/home", HOME, at(MONDAY, 8), 0.9),
    ("loud/leave", "leave, return to your own country", at(MONDAY, 9), 0.8),
    ("calm/heim", "geh dahin zurück wo du herkommst", at(MONDAY, 10), 0.8),
    ("loud/song", "this song is absolute garbage", at(MONDAY, 11), 0.7),
    ("loud/kind", "go back to where we came from, what a journey", at(MONDAY, 12), 0.1),
]


def closeness(one: str, other: str) -> float:
    left, right = meaning.shipped().read([clean_text(one), clean_text(other)]).astype(float)
    return float(left @ right / np.linalg.norm(left) / np.linalg.norm(right))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (HOME, "return to your own country"),
        (HOME, "geh dahin zurück wo du herkommst"),
        ("I will kill you", "te voy a matar"),
        ("nobody likes you, loser", "personne ne t'aime, espèce de raté"),
    ],
)
def test_the_same_in_other_words_or_another_language_is_closer_than_something_else(one: str, other: str) -> None:
    assert closeness(one, other) >= CLOSEST
    for else_ in ("what a lovely garden", "das Spiel gestern war großartig", "follow me for cheap watches"):
        assert closeness(one, else_) < CLOSEST


def test_what_a_text_means_does_not_depend_on_what_is_read_with_it() -> None:
    texts = [HOME, "", "!", "🔥🔥", "加油", "a" * 5000, "\ud83d".encode("utf-8", "replace").decode()]
    together = meaning.shipped().read(texts)
    assert together.shape == (len(texts), meaning.WIDTH)
    for text, vector in zip(texts, together, strict=True):
        assert meaning.of(text) == vector.tolist()


def test_a_damaged_encoder_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(meaning.SHIPPED, tmp_path / "meaning"))
    with (folder / "model.onnx").open("r+b") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match="is not the file that"):
        meaning.load(folder)


def test_the_workers_of_a_cluster_are_sent_the_encoder(tmp_path: Path) -> None:
    sent: list[str] = []
    context = SimpleNamespace(addArchive=sent.append)
    model = cluster.send_model.__wrapped__(context, tmp_path, meaning.SHIPPED)  # type: ignore[arg-type]
    shutil.unpack_archive(sent[0], tmp_path / "unpacked")
    assert meaning.load(tmp_path / "unpacked" / model.folder).version == meaning.shipped().version


@pytest.mark.long
def test_score_reads_what_its_model_flags_and_nothing_else(after_three_nights: Settings) -> None:
    lake, from_ = Lake(after_three_nights.data_dir), read_card(after_three_nights.model_dir)["thresholds"]
    [model] = lake.models(BY_NAME["scored"])
    rows = [
        row
        for night in lake.nights("scored", model)
        for file in lake.folder("scored", night, model).glob("*.parquet")
        for row in pq.read_table(file).to_pylist()
    ]
    flagged = [any(row["toxic"] is not None and row[label] >= from_[label] for label in LABELS) for row in rows]
    assert [row["meaning"] is not None for row in rows] == flagged
    assert 0 < sum(flagged) < len(rows)
    by_text = {row["text_key"]: row["meaning"] for row in rows}
    assert all(row["meaning"] == by_text[row["text_key"]] for row in rows)
    assert {len(found) for found in by_text.values() if found} == {meaning.WIDTH}
    asked = "SELECT count(*) FROM scores WHERE meaning IS NOT NULL"
    assert Warehouse(after_three_nights.data_dir / "warehouse").query(asked) == [(sum(flagged),)]


@pytest.mark.long
def test_a_text_whose_meaning_is_missing_is_read_again(after_three_nights: Settings, tmp_path: Path) -> None:
    """As an older release or an expiry leaves it; what is not flagged is taken as it is."""
    settings = copied(after_three_nights, tmp_path)
    lake, version = Lake(settings.data_dir), str(read_card(settings.model_dir)["version"])
    night = lake.nights("scored", version)[-1]
    before = meanings(lake.folder("scored", night, version))
    for file in (settings.data_dir / "texts").rglob("*.parquet"):
        pq.write_table(pq.read_table(file).drop_columns(["meaning"]), file)
    score.run(settings, night)
    assert meanings(lake.folder("scored", night, version)) == before
    assert lake.manifest("texts", night, version).rows_out < len(before)  # type: ignore[union-attr]


def meanings(folder: Path) -> dict[str, list[int] | None]:
    rows = (row for file in folder.glob("*.parquet") for row in pq.read_table(file).to_pylist())
    return {row["comment_id"]: row["meaning"] for row in rows}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> build.Night:
    return night_of(tmp_path_factory.mktemp("lake"), MONDAY, COMMENTS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, night: build.Night) -> Path:
    folder = tmp_path_factory.mktemp("data") / "warehouse"
    build.publish(folder, [night], context())
    return folder


def context() -> build.Context:
    accounts = [("instagram", "loud", ("noise",)), ("instagram", "calm", ("peace",))]
    return build.Context(accounts, (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml")


def found(folder: Path, part: Part | None = None, **asked: object) -> list[str]:
    view = View(**{"days": 7, "last": MONDAY, "newest": MONDAY} | asked)  # type: ignore[arg-type]
    answers = Answers(Warehouse(folder), lambda: part or Part())
    return [row["comment_id"] for row in answers.page_of_comments(view, view.order, 100, 0)]


def test_comments_are_found_by_what_they_mean_the_closest_first(folder: Path) -> None:
    like_home = found(folder, similar=f"{MONDAY}/loud/home")
    assert like_home[0] == "loud/home"
    assert set(like_home) == {"loud/home", "loud/leave", "calm/heim"}
    assert found(folder, similar="Go back to where you come from!")[0] == "loud/home"
    assert found(folder, similar="kehr dahin zurück, woher du kommst")[0] == "calm/heim"
    assert found(folder, similar=HOME, account="instagram/calm") == ["calm/heim"]
    assert found(folder, similar=HOME, language="de") == []
    assert found(folder, similar=HOME, last=MONDAY - timedelta(weeks=1)) == []
    assert found(folder, similar="the weather in Lisbon") == []
    assert found(folder, similar=f"{MONDAY}/nobody") == []
    assert found(folder, similar="2026-99-99/is no day") == []


def test_a_part_of_the_warehouse_is_searched_for_whoever_sees_that_part(folder: Path) -> None:
    assert found(folder, Part(("peace",)), similar=HOME) == ["calm/heim"]
    assert found(folder, Part(texts=False), similar=HOME) == []
    hidden = "SELECT count(*) FROM scores WHERE meaning IS NOT NULL"
    assert Warehouse(folder).part(Part(texts=False)).query(hidden) == [(0,)]


def test_nights_of_older_releases_say_nothing_of_meaning(tmp_path: Path, night: build.Night) -> None:
    lake = Path(shutil.copytree(night.clean.folder.parent, tmp_path / "night"))
    [file] = (lake / "scored" / MODEL).glob("*.parquet")
    pq.write_table(pq.read_table(file).drop_columns(["meaning"]), file)
    parts = (build.Part(lake / name) for name in ("validated", "rejected", "clean"))
    old = build.Night(MONDAY, *parts, {MODEL: build.Part(file.parent)})
    build.publish(tmp_path / "warehouse", [old], context())
    assert found(tmp_path / "warehouse", similar=HOME) == []
    assert len(found(tmp_path / "warehouse")) == len(COMMENTS)


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as address:
        yield address


@pytest.mark.long
@pytest.mark.parametrize("width", [390, 1440])
def test_a_comment_leads_to_those_like_it_and_a_text_can_be_typed(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/comments?comment={MONDAY}/loud/home")
    page.get_by_role("link", name="Similar comments").click()
    expect(page).to_have_url(re.compile(r"days=28&similar=2026-11-02%2Floud%2Fhome"))
    sentence, texts = (
        page.locator(".sentence"),
        page.locator(".ag-cell.hidden-text:visible, .cards .hidden-text:visible"),
    )
    expect(sentence).to_contain_text("3 flagged comments are similar to this comment, closest first.")
    expect(texts.first).to_have_text(HOME)
    expect(texts).to_have_count(3)

    if width < 640:
        page.get_by_role("switch", name="Filters").check()
    page.get_by_label("Similar to").fill("the song is rubbish")
    expect(sentence).to_contain_text("1 flagged comment is similar to “the song is rubbish”.")
    expect(texts).to_have_text(["this song is absolute garbage"])
    page.get_by_label("Similar to").fill("the weather in Lisbon")
    expect(sentence).to_contain_text("No flagged comment is similar to “the weather in Lisbon”.")
    page.get_by_role("link", name="Clear this filter").click()
    expect(sentence).to_contain_text("5 comments match")


def test_the_api_finds_them_too(address: str) -> None:
    answer = httpx.get(f"{address}/comments?days=7&similar={quote(HOME)}", headers={"accept": "application/json"})
    first, *others = answer.json()
    assert first["comment_id"] == "loud/home"
    assert len(others) == 2
