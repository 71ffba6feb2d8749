"""Measures a published night, account by account: shares, flags, drift, cost, coverage. It only reads the warehouse."""

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.lake import schema
from jobs.lake.stage import Stage, Work
from warehouse.reader import Warehouse


def transform(work: Work) -> None:
    reader = Warehouse(work.settings.data_dir / "warehouse")
    names, rows = reader.table("FROM figures_of($1::DATE) ORDER BY ALL", [work.night])
    figures = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema.FIGURES)
    pq.write_table(figures, work.folder / "figures.parquet")
    work.rows_in = len(rows)


STAGE = Stage("monitor", "published", "monitored", transform)
run = STAGE.run
