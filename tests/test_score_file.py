"""Any file of comments, in and out: scores, language and who is attacked are added, nothing is lost."""

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.ask import score_file as module
from jobs.ask.score_file import score_file
from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.standin import memes
from models import scorer
from models.labels import LABELS
from models.text import clean_text
from tests.conftest import comment_item
from tests.fixtures.exports import workbook, zipped
from warehouse.untrusted import guarded

POSTED = "2026-11-10T12:00:00Z"
ROWS = [
    {"id": "007", "comment": "You are a complete idiot", "note": 'says "hi",\nthen leaves'},
    {"id": "8", "comment": "", "note": ""},
    {"id": "9", "comment": "What a lovely picture 😍", "note": "=1+1"},
    {"id": "10", "comment": "Τι ωραία φωτογραφία, μπράβο σας", "note": ""},
]


def write(path: Path) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, ROWS[0])
            writer.writeheader()
            writer.writerows(ROWS)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def read(path: Path) -> list[dict]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("source", [".csv", ".parquet", ".jsonl"])
@pytest.mark.parametrize("target", [".csv", ".parquet", ".jsonl"])
def test_every_format_becomes_every_other(settings: Settings, tmp_path: Path, source: str, target: str) -> None:
    out = tmp_path / f"out{target}"
    assert score_file(settings, write(tmp_path / f"in{source}"), out, "comment") == 4
    rows = read(out)
    expected_rows = [row | {"note": guarded(row["note"])} for row in ROWS] if target == ".csv" else ROWS
    assert [{name: row[name] for name in ROWS[0]} for row in rows] == expected_rows
    for row in (rows[1], rows[3]):
        assert {row[label] for label in LABELS} <= {None, ""}, "no words, or a language the model was not judged in"
    assert [row["detected_language"] for row in rows] == ["en", "und", "en", "el"]
    texts = [clean_text(ROWS[n]["comment"]) for n in (0, 2)]
    expected = scorer.load(settings.model_dir).scores(texts, ["en", "en"])
    for row, scores in zip([rows[0], rows[2]], expected, strict=True):
        assert [float(row[label]) for label in LABELS] == pytest.approx(scores.tolist(), abs=1e-6)


def test_no_spreadsheet_runs_what_was_in_the_file(settings: Settings, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text('comment,=cmd()\n"hello\n=1+1",＝2\n')
    score_file(settings, source, tmp_path / "out.csv", "comment")
    [row] = read(tmp_path / "out.csv")
    assert row["comment"] == "hello\n'=1+1"
    assert row["'=cmd()"] == "'＝2"


def test_many_batches_keep_their_order(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 7)
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps({"n": n, "comment": "word " * (n % 5)}) + "\n" for n in range(40)))
    assert score_file(settings, source, tmp_path / "out.jsonl", "comment") == 40
    assert [row["n"] for row in read(tmp_path / "out.jsonl")] == list(range(40))


@pytest.mark.parametrize(
    ("content", "output"),
    [
        ('{"comment": "a"}\n{"comment": \n', "line 2: Expecting value"),
        ('["a"]\n', "line 1: expected an object, found list"),
        ('{"text": "a"}\n', "no column 'comment'. Columns: text"),
        ('{"comment": "a", "toxic": 1}\n', "already has the columns toxic"),
        ("", "has no rows"),
    ],
)
def test_a_bad_file_is_named_and_nothing_is_written(
    settings: Settings, tmp_path: Path, content: str, output: str
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(content)
    with pytest.raises(BadInput, match=output):
        score_file(settings, source, tmp_path / "out.jsonl", "comment")
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


def test_a_field_that_comes_late_is_not_dropped_in_silence(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    source = tmp_path / "in.jsonl"
    source.write_text('{"comment": "a"}\n{"comment": "b", "likes": 3}\n')
    with pytest.raises(BadInput, match="row 2: new field likes"):
        score_file(settings, source, tmp_path / "out.jsonl", "comment")


def test_a_file_does_not_become_its_own_scores(settings: Settings, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv")
    with pytest.raises(BadInput, match="overwritten"):
        score_file(settings, source, source, "comment")


THREAD = {
    "kind": "youtube#commentThread",
    "snippet": {
        "videoId": "v1",
        "topLevelComment": {"id": "1", "snippet": {"textOriginal": "You are an idiot", "publishedAt": POSTED}},
    },
    "replies": {"comments": [{"id": "2", "snippet": {"textOriginal": "Thank you", "publishedAt": POSTED}}]},
}
GRAPH = {"id": "1", "message": "You are an idiot", "created_time": POSTED}
GRAPH |= {"comments": {"data": [{"id": "2", "message": "Thank you", "created_time": POSTED}]}}
APIFY = comment_item(text="You are an idiot") | {"replies": [comment_item(id="2", text="Thank you")]}
ZEESCHUIMER = [
    {
        "source_platform": "tiktok-comments",
        "data": {"cid": cid, "aweme_id": "9", "text": text, "create_time": 1794312000},
    }
    for cid, text in (("1", "You are an idiot"), ("2", "Thank you"))
]
TABLE = "who;body\nann;You are an idiot\nbob;Thank you\n"


def lines(*items: dict) -> bytes:
    return "".join(json.dumps(item) + "\n" for item in items).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("youtube.json", json.dumps({"items": [THREAD]}).encode()),
        ("graph.json", json.dumps({"data": [GRAPH]}).encode()),
        ("apify.json", json.dumps([APIFY]).encode()),
        ("zeeschuimer.ndjson", lines(*ZEESCHUIMER)),
        ("4cat.ndjson", lines(*({"__import_meta": ZEESCHUIMER[0]} | one["data"] for one in ZEESCHUIMER))),
        ("semicolon.csv", TABLE.encode()),
        ("utf16.csv", TABLE.encode("utf-16")),
        ("4cat.csv.gz", gzip.compress(TABLE.replace(";", ",").encode())),
        ("table.zip", zipped(("inside.csv", TABLE))),
        ("table.xlsx", workbook(*csv.DictReader(TABLE.splitlines(), delimiter=";"))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # archives hold the time they were made
)
def test_what_can_be_imported_can_be_scored_without_naming_a_column(
    settings: Settings, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    assert score_file(settings, tmp_path / name, tmp_path / "out.jsonl") == 2
    rude, kind = read(tmp_path / "out.jsonl")
    assert (rude.get("text", rude.get("body")), kind.get("text", kind.get("body"))) == ("You are an idiot", "Thank you")
    assert rude["insult"] > 0.5 > kind["insult"]
    [*uploaded] = module.score_upload(scorer.load(settings.model_dir), name, content, 2)
    assert [row["insult"] for row in uploaded] == pytest.approx([rude["insult"], kind["insult"]], abs=1e-6)
    with pytest.raises(ValueError, match="up to 1 rows"):
        module.score_upload(scorer.load(settings.model_dir), name, content, 1)


def test_a_table_without_a_usual_column_asks_for_its_name(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadInput, match=r"has the columns a, b\. Name the one with the comments: --text-column NAME"):
        score_file(settings, tmp_path / "in.csv", tmp_path / "out.csv")


def test_nested_values_are_json_in_a_table(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"comment": "hi", "tags": ["a", "é"]}) + "\n")
    score_file(settings, tmp_path / "in.jsonl", tmp_path / "out.csv", "comment")
    assert [row["tags"] for row in read(tmp_path / "out.csv")] == ['["a", "é"]']


@pytest.mark.parametrize("name", ["bomb.csv.gz", "bomb.zip", "bomb.xlsx"])
def test_an_upload_that_unpacks_into_too_much_is_refused(
    settings: Settings, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_UPLOADED", 1_000_000)
    text = "text\n" + "a\n" * 1_000_000
    bombs = {"bomb.csv.gz": gzip.compress(text.encode()), "bomb.zip": zipped(("a.csv", text)),
             "bomb.xlsx": zipped(("xl/worksheets/sheet1.xml", text))}  # fmt: skip
    with pytest.raises(ValueError, match=f"{name} holds more than 1 MB"):
        module.score_upload(scorer.load(settings.model_dir), name, bombs[name], 10)


def test_the_text_on_pictures_of_a_folder_is_scored(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "memes"
    (folder / "more").mkdir(parents=True)
    for name in ("abusive-0.jpg", "more/photograph-1.jpg"):
        (folder / name).write_bytes(memes.drawn(Path(name).name) or b"")
    (folder / "notes.txt").write_text("no picture")
    assert score_file(settings, folder, tmp_path / "out.jsonl") == 3
    abusive, photograph, notes = read(tmp_path / "out.jsonl")
    assert (abusive["file"], abusive["text"]) == ("abusive-0.jpg", "YOU ARE A WORTHLESS STUPID IDIOT")
    assert abusive["toxic"] > 0.5
    assert (photograph["text"], photograph["toxic"], photograph["set_aside"]) == ("", None, None)
    assert (notes["text"], notes["toxic"], notes["set_aside"]) == (None, None, "no_picture")
