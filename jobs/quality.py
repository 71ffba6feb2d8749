"""What Great Expectations checks of a night: rules in two levels, results as rows, Data Docs.

It judges summaries of the night, so that its cost does not grow with the comments. Which rows are rejected, and why,
`validate` decides in Spark.
"""

import os
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when the package is imported

import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.data_context.types.resource_identifiers import ExpectationSuiteIdentifier
from great_expectations.expectations.metadata_types import FailureSeverity

LONGEST_COMMENT = 10_000  # characters; YouTube's own limit, the longest of the four platforms
MOST_LIKES = 1_000_000_000
LEAST_ACCEPTED = 0.5  # a night of which half is rejected was scraped or mapped wrongly
USUALLY_ACCEPTED = 0.95
USUAL_VOLUME = (0.1, 10.0)  # times the account's own median night
WRITTEN_ANEW = (
    *("great_expectations.yml", "uncommitted/config_variables.yml"),
    *("expectations", "validation_definitions", "checkpoints"),
)
PAGES_KEPT = timedelta(days=28)  # of the Data Docs; the warehouse keeps all results
LEVELS = {"fail": FailureSeverity.CRITICAL, "warn": FailureSeverity.WARNING}


@dataclass(frozen=True)
class Rule:
    asset: str  # the night in one row, or the volume of each account
    column: str
    level: str  # "fail" stops the night
    least: float | None
    most: float | None
    sentence: str

    @property
    def name(self) -> str:
        return f"{self.asset}.{self.column}"

    def shown(self, value: float) -> str:
        if self.column.endswith("_share"):
            return f"{value:.1%}"
        return f"{value:,.2f}".rstrip("0").rstrip(".")

    def expectation(self) -> gxe.Expectation:
        return gxe.ExpectColumnValuesToBeBetween(
            column=self.column,
            min_value=self.least,
            max_value=self.most,
            severity=LEVELS[self.level],
            notes=self.sentence,
        )


RULES = (
    Rule("night", "comments", "warn", 1, None, "The night has comments."),
    Rule("night", "accepted_share", "fail", LEAST_ACCEPTED, None, f"{LEAST_ACCEPTED:.0%} of rows are usable."),
    Rule("night", "accepted_share", "warn", USUALLY_ACCEPTED, None, f"{USUALLY_ACCEPTED:.0%} of rows are usable."),
    Rule("night", "repeated_ids", "fail", None, 0, "No comment id occurs twice in an account."),
    Rule("night", "without_id", "fail", None, 0, "Every comment has an id."),
    Rule("night", "without_account", "fail", None, 0, "Every comment has an account."),
    Rule("night", "without_post", "fail", None, 0, "Every comment has a post."),
    Rule("night", "without_text", "fail", None, 0, "Every comment has a text, if an empty one."),
    Rule("night", "without_time", "fail", None, 0, "Every comment has a time."),
    Rule("night", "longest_text", "fail", None, LONGEST_COMMENT, f"No text exceeds {LONGEST_COMMENT:,} characters."),
    Rule("night", "least_likes", "warn", 0, None, "No number of likes is negative."),
    Rule("night", "most_likes", "warn", None, MOST_LIKES, f"Comments have at most {MOST_LIKES:,} likes."),
    Rule("night", "with_author_share", "warn", 0.99, None, "99% of comments name their author."),
    Rule("volumes", "times_usual", "warn", *USUAL_VOLUME, "Each account has a tenth to ten times its usual comments."),
)  # fmt: skip


def check(folder: Path, night: date, frames: dict[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Judges each asset's frame, updates the Data Docs, and returns one QUALITY row for each rule."""
    context = _context(folder)
    _drop_old_pages(folder, night)
    rows: list[dict[str, Any]] = []
    changed: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GX warns of its own deprecated fields
        for asset, frame in frames.items():
            rules = [rule for rule in RULES if rule.asset == asset]
            result = _checkpoint(context, asset, [rule.expectation() for rule in rules]).run(
                batch_parameters={"dataframe": frame}, run_id=RunIdentifier(run_name=f"night {night}")
            )
            ((page, validation),) = result.run_results.items()
            by_sentence = {one.expectation_config.notes: one for one in validation.results if one.expectation_config}
            rows += [_quality_row(rule, by_sentence[rule.sentence], frame[rule.column]) for rule in rules]
            changed += [page, ExpectationSuiteIdentifier(name=asset)]
        context.build_data_docs(resource_identifiers=changed)  # once, since each time it reads all its templates
    return rows


def _drop_old_pages(folder: Path, night: date) -> None:
    """The index of the Data Docs lists every page, so that its cost would grow with the nights."""
    for pages in (folder / "gx" / "uncommitted").glob("**/night 20*"):
        if date.fromisoformat(pages.name.removeprefix("night ")) < night - PAGES_KEPT:
            shutil.rmtree(pages)


def _context(folder: Path) -> gx.data_context.FileDataContext:
    """A project that is written anew, since a damaged file of the last one would stop the night; the Data Docs stay."""
    for place in (folder / "gx" / name for name in WRITTEN_ANEW):
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    context = gx.get_context(mode="file", project_root_dir=folder)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _checkpoint(
    context: gx.data_context.FileDataContext, asset: str, suite: Sequence[gxe.Expectation]
) -> gx.Checkpoint:
    source = context.data_sources.add_or_update_pandas(name=asset)
    batch = source.add_dataframe_asset(asset).add_batch_definition_whole_dataframe("night")
    stored = context.suites.add_or_update(gx.ExpectationSuite(name=asset, expectations=list(suite)))
    definition = context.validation_definitions.add_or_update(
        gx.ValidationDefinition(name=asset, data=batch, suite=stored)
    )
    return context.checkpoints.add_or_update(
        gx.Checkpoint(
            name=asset,
            validation_definitions=[definition],
            result_format="SUMMARY",
        )
    )


def _quality_row(rule: Rule, result: Any, observed: pd.Series) -> dict[str, Any]:
    values = observed.dropna()
    extremes = dict.fromkeys(rule.shown(value) for value in (values.min(), values.max())) if len(values) else {}
    return {
        "expectation": rule.sentence,
        "column_name": rule.name,
        "level": rule.level,
        "is_met": bool(result.success),
        "observed": " to ".join(extremes) or None,
        "unexpected_count": result.result.get("unexpected_count"),
    }
