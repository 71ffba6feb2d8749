"""The notebook in docs runs as it stands, on a warehouse of one's own."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from plotly.graph_objects import Figure

NOTEBOOK = Path(__file__).resolve().parent.parent / "docs" / "notebook.ipynb"


def test_every_cell_of_the_notebook_runs(warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "warehouse").symlink_to(warehouse)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        assert not cell.get("outputs"), "no data of anybody is kept in it"
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert isinstance(names["daily"], pd.DataFrame)
    assert set(names["daily"].account) == {trace.name for trace in names["trend"].data}
    assert isinstance(names["trend"], Figure)
    assert names["categories"].share.between(0, 1).all()
