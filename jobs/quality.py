"""What Great Expectations checks of a night: suites as code, two levels, results as rows, Data Docs.

It judges the night as a whole, at summary level. Which rows are rejected, and why, is decided by the
predicate pass in `validate`, because row-level results cost 46 s a million rows on mass failures.
"""

import os
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when the package is imported

import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.checkpoint import UpdateDataDocsAction
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.metadata_types import FailureSeverity

LONGEST_COMMENT = 10_000  # characters; YouTube's own limit, the longest of the four platforms
MOST_LIKES = 1_000_000_000
LEAST_ACCEPTED = 0.5  # a night of which half is rejected was scraped or mapped wrongly
USUALLY_ACCEPTED = 0.95
USUAL_VOLUME = (0.1, 10.0)  # times the account's own median night

FAIL, WARN = FailureSeverity.CRITICAL, FailureSeverity.WARNING


def expectations() -> dict[str, list[gxe.Expectation]]:
    """By data asset: the night in one row, the comments that were accepted, the volume of each account."""
    return {
        "night": [
            gxe.ExpectColumnValuesToBeBetween(column="comments", min_value=1, severity=WARN),
            gxe.ExpectColumnValuesToBeBetween(column="accepted_share", min_value=LEAST_ACCEPTED, severity=FAIL),
            gxe.ExpectColumnValuesToBeBetween(column="accepted_share", min_value=USUALLY_ACCEPTED, severity=WARN),
        ],
        "accepted": [
            gxe.ExpectColumnValuesToBeUnique(column="comment_id", severity=FAIL),
            *(
                gxe.ExpectColumnValuesToNotBeNull(column=column, severity=FAIL)
                for column in ("comment_id", "account", "post_id", "text", "posted_at")
            ),
            gxe.ExpectColumnValuesToBeInSet(
                column="platform", value_set=["instagram", "tiktok", "youtube", "facebook"], severity=FAIL
            ),
            gxe.ExpectColumnValueLengthsToBeBetween(column="text", max_value=LONGEST_COMMENT, severity=FAIL),
            gxe.ExpectColumnValuesToBeBetween(column="likes", min_value=0, max_value=MOST_LIKES, severity=WARN),
            gxe.ExpectColumnValuesToNotBeNull(column="author_hash", mostly=0.99, severity=WARN),
        ],
        "volumes": [
            gxe.ExpectColumnValuesToBeBetween(
                column="times_usual", min_value=USUAL_VOLUME[0], max_value=USUAL_VOLUME[1], severity=WARN
            )
        ],
    }


def check(folder: Path, night: date, frames: dict[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Runs every suite over its frame, builds the Data Docs, and returns one QUALITY row an expectation."""
    context = _context(folder)
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GX warns of its own deprecated fields
        for asset, suite in expectations().items():
            result = _checkpoint(context, asset, suite).run(
                batch_parameters={"dataframe": frames[asset]},
                run_id=RunIdentifier(run_name=f"night {night}"),
            )
            for validation in result.run_results.values():
                rows += [_quality_row(asset, expectation) for expectation in validation.results]
    return rows


def _context(folder: Path) -> gx.data_context.FileDataContext:
    folder.mkdir(parents=True, exist_ok=True)
    context = gx.get_context(mode="file", project_root_dir=folder)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _checkpoint(context: gx.data_context.FileDataContext, asset: str, suite: list[gxe.Expectation]) -> gx.Checkpoint:
    source = context.data_sources.add_or_update_pandas(name=asset)
    batch = source.add_dataframe_asset(asset).add_batch_definition_whole_dataframe("night")
    kept = context.suites.add_or_update(gx.ExpectationSuite(name=asset, expectations=suite))
    definition = context.validation_definitions.add_or_update(
        gx.ValidationDefinition(name=asset, data=batch, suite=kept)
    )
    return context.checkpoints.add_or_update(
        gx.Checkpoint(
            name=asset,
            validation_definitions=[definition],
            actions=[UpdateDataDocsAction(name="docs")],
            result_format="SUMMARY",
        )
    )


def _quality_row(asset: str, result: Any) -> dict[str, Any]:
    config = result.expectation_config
    observed = result.result.get("observed_value") or result.result.get("partial_unexpected_list")
    column = config.kwargs.get("column")
    return {
        "expectation": config.type,
        "column_name": f"{asset}.{column}" if column else asset,
        "level": "fail" if config.severity == FAIL else "warn",
        "is_met": bool(result.success),
        "observed": str(observed) if observed else None,
        "unexpected_count": result.result.get("unexpected_count"),
    }
