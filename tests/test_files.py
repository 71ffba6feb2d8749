"""One way to write a file: it holds the old content or the new, and what was begun is not left behind."""

from pathlib import Path

import pytest

from warehouse.files import is_draft, write_atomically, writing


def test_a_file_that_could_not_be_written_is_as_it_was_and_leaves_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "week.html"
    write_atomically(target, "last week")
    with pytest.raises(OSError, match="disk"), writing(target) as draft:
        assert is_draft(draft.name)
        assert list(tmp_path.glob("*.html")) == [target]
        draft.write_text("this w")
        raise OSError("disk")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("week.html", "last week")]


def test_a_secret_is_never_open_to_others(tmp_path: Path) -> None:
    target = tmp_path / "author.key"
    with writing(target, is_secret=True) as draft:
        assert draft.stat().st_mode & 0o777 == 0o600
        draft.write_bytes(b"key")
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_bytes() == b"key"
