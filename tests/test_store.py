"""The store: a server that speaks S3 holds what the data folder holds, and a lost machine comes back from it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from jobs import nightly
from jobs.config.settings import Settings
from jobs.errors import BadInput, FailedService
from jobs.lake import mirror
from jobs.lake.manifests import Manifest
from jobs.lake.mirror import LINK, MANIFEST, Mirror, inner_link, kept
from jobs.lake.nights import Lake
from jobs.upkeep import backup, doctor, forget
from models.training.registry import Registry
from tests.fixtures.nights import NIGHTS, copied, keep_key_in_folder
from tests.fixtures.store import address, held
from warehouse import build
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long


def here(data_dir: Path) -> dict[str, bytes]:
    """What should be in the store, but for databases, which are copied in another shape."""
    paths = {str(file): data_dir / file for file in kept(data_dir)}
    links = {name: link.encode() for name, path in paths.items() if (link := inner_link(path, data_dir))}
    files = {name: path.read_bytes() for name, path in paths.items() if name not in links}
    return files | {name + LINK: link for name, link in links.items()}


@pytest.mark.slow
def test_a_lost_machine_comes_back_and_what_is_erased_is_erased_in_the_store(
    tmp_path: Path, bucket: Any, after_one_night: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(copied(after_one_night, tmp_path), store=address(bucket))
    keep_key_in_folder(settings, monkeypatch)
    promoted = Registry(settings.data_dir / "models").promote(settings.model_dir)
    (settings.data_dir / "models" / "in-use").symlink_to(promoted)
    with Lake.of(settings).lock("lake"):
        pass  # whoever lets go of the lake has sent what is in it
    ask = Warehouse(settings.data_dir / "warehouse").query
    [(comment,)] = ask("select comment_id from comments where platform = 'instagram' and reply_count = 0 limit 1")
    name = comment.partition(":")[2].encode()
    assert any(name in content for content in held(bucket).values() if content[:4] == b"PAR1")
    stopped = f"toxwatch/clean/.fresh-night={NIGHTS[0]}/part.parquet"  # by a cluster that was stopped
    bucket.put_object(Key=stopped, Body=b"PAR1" + name)
    assert Mirror(address(bucket)).files() == len(held(bucket)) - 1
    forget.run(settings, set(), {comment})
    in_store, data = held(bucket), here(settings.data_dir)
    databases = {name for name in data if name.endswith(".db")}
    assert in_store.keys() == data.keys()
    assert {name: in_store[name] for name in data.keys() - databases} == {
        name: data[name] for name in data.keys() - databases
    }
    assert "models/in-use.link" in in_store
    assert not any(name in content for content in in_store.values() if content[:4] == b"PAR1")

    elsewhere = replace(settings, data_dir=tmp_path / "new" / "data")
    assert backup.restore(elsewhere, settings.store or "") == len(in_store)
    assert (elsewhere.data_dir / "author.key").stat().st_mode & 0o077 == 0
    hashes = [build.content_hash(one.data_dir / "warehouse") for one in (settings, elsewhere)]
    assert hashes[0] == hashes[1]
    assert Settings.load(elsewhere.data_dir).model_dir.is_relative_to(elsewhere.data_dir)
    nightly.run(elsewhere, NIGHTS[1:])
    assert f"published/night={NIGHTS[1]}/{MANIFEST}" in held(bucket)


def test_a_night_that_is_not_wholly_sent_is_sent_again_and_until_then_not_there(tmp_path: Path, bucket: Any) -> None:
    settings = replace(Settings.load(tmp_path / "data"), store=address(bucket))
    lake = Lake.of(settings)
    for night in NIGHTS:
        with lake.lock("lake"), lake.writing("clean", Manifest("clean", night)) as folder:
            (folder / "part.parquet").write_text(str(night))
    cut = f"toxwatch/clean/night={NIGHTS[0]}/{MANIFEST}"
    bucket.Object(cut).delete()  # as where the machine is lost after the rows and before the manifest
    Mirror(address(bucket)).fetch(tmp_path / "new")
    assert Lake(tmp_path / "new").open().nights("clean") == NIGHTS[1:]
    with lake.lock("lake"), lake.writing("clean", Manifest("clean", NIGHTS[0])) as folder:
        (folder / "other.parquet").write_text("again")
    assert held(bucket) == here(settings.data_dir)
    with lake.lock("lake"):
        (lake.folder("clean", NIGHTS[0]) / "later.parquet").write_text("beside what is signed")
    assert held(bucket) == here(settings.data_dir)


def test_a_file_that_others_take_away_meanwhile_stops_nothing(
    tmp_path: Path, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("stays.json", "goes.json"):
        (tmp_path / name).write_text("{}")

    def listed(folder: Path) -> Iterator[PurePosixPath]:
        for file in kept(folder):
            (tmp_path / "goes.json").unlink(missing_ok=True)
            yield file

    monkeypatch.setattr(mirror, "kept", listed)
    Mirror(address(bucket)).follow(tmp_path)
    assert held(bucket).keys() == {"stays.json"}


def test_what_a_cluster_wrote_to_the_store_comes_to_a_folder_that_is_not_here_yet(tmp_path: Path, bucket: Any) -> None:
    bucket.put_object(Key="toxwatch/clean/.fresh-night=2026-11-01/.part/part-0.parquet", Body=b"rows")
    place = tmp_path / "clean" / ".fresh-night=2026-11-01" / ".part"
    Mirror(address(bucket)).bring(tmp_path, place)
    assert (place / "part-0.parquet").read_bytes() == b"rows"
    assert held(bucket) == {}


def test_a_store_of_another_folder_is_left_alone(tmp_path: Path, bucket: Any) -> None:
    one, other = (replace(Settings.load(tmp_path / name), store=address(bucket)) for name in ("one", "other"))
    with Lake.of(one).lock("lake"):
        pass
    with pytest.raises(BadInput, match=r"holds 1 files that .*other knows nothing of"):
        Lake.of(other)
    with pytest.raises(BadInput, match="holds nothing"):
        backup.restore(replace(other, data_dir=tmp_path / "new"), address(bucket).replace("toxwatch", "elsewhere"))
    assert "1 files" in doctor.store(one)


@pytest.mark.parametrize(
    ("wrong", "error", "output"),
    [
        ("nowhere", BadInput, "no address of a store"),
        ("s3://no-such-bucket/x?endpoint_override={}&scheme=http&region=us-east-1", BadInput, "is no bucket no-such"),
        (
            "s3://bucket/x?endpoint_override=127.0.0.1:9&scheme=http&region=us-east-1",
            FailedService,
            "cannot be reached",
        ),
    ],
)
def test_a_store_that_cannot_be_used_is_told_before_any_work(
    tmp_path: Path, s3: Any, wrong: str, error: type[Exception], output: str
) -> None:
    endpoint = s3.meta.client.meta.endpoint_url.removeprefix("http://")
    settings = replace(Settings.load(tmp_path / "data"), store=wrong.format(endpoint))
    with pytest.raises(error, match=output):
        Lake.of(settings)
