"""Measures a published night: what each stage did, cost and coverage, how its scores are spread and have moved."""

import json
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.config.settings import Settings
from jobs.console import progress
from jobs.lake.datasets import STAGES
from jobs.lake.nights import Lake, Manifest
from models.card import read_card
from warehouse import build
from warehouse.reader import Warehouse


def run(settings: Settings, night: date) -> Manifest:
    lake = Lake.of(settings)
    lake.require("published", night, "publish")
    model = read_card(settings.model_dir)["version"]
    with lake.lock("lake"), progress("monitor", night=night):
        manifest = Manifest("monitor", night, versions={"model": model})
        with lake.writing("monitored", manifest) as folder:
            build.amend(settings.data_dir / "warehouse", lambda con: keep(con, lake, night, model))
            reader = Warehouse(settings.data_dir / "warehouse")
            names, rows = reader.table("FROM figures_of($1::DATE) ORDER BY ALL", [night])
            pq.write_table(
                pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows]), folder / "figures.parquet"
            )
            manifest.rows_in = manifest.rows_out = len(rows)
        return manifest


def keep(con: duckdb.DuckDBPyConnection, lake: Lake, night: date, model: str) -> None:
    """Writes down what each stage of the night did."""
    found = [lake.manifest(one.name, night, model if one.by_model else None) for one in STAGES[:-1]]
    con.execute("DELETE FROM stages WHERE night = $1", [night])
    con.executemany(
        "INSERT INTO stages VALUES ($1, $2, $3, $4, $5::JSON::MAP(VARCHAR, BIGINT), $6)",
        [[night, m.stage, m.rows_in, m.rows_out, json.dumps(m.set_aside), m.seconds] for m in found if m],
    )
