"""Labelled comments from any number of sources, cleaned, without duplicates, split once and for all.

A source is a few lines of TOML: a file, its text column, and for each label an SQL expression that gives
1, 0, or NULL where the source does not know. A label that is not named is unknown, which is NaN here. `who` is an SQL
expression for who is attacked: one of WHO, several possible ones joined by "|", or "group" for any of GROUPS.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from models.card import file_hash
from models.labels import GROUPS, LABELS, UNDETERMINED, WHO, ModelError
from models.text import clean_text, text_key
from models.training.neighbours import near_duplicate_groups
from warehouse.files import writing

SOURCES = Path(__file__).parent / "sources"
TEST_SHARE = 0.05
VALIDATION_SHARE = 0.05
COLUMNS = ("source", "raw", "text", "key", "lang", "who", *LABELS)
ANYONE = 2 ** len(WHO) - 1
LEAST_POSITIVES = 20  # of a label in a language; with fewer, its zeros are taken as unknown


@dataclass(frozen=True)
class Source:
    name: str
    file: str
    text: str
    labels: dict[str, str]
    origin: str = ""
    licence: str = ""
    use: str = "training"  # or "evaluation"
    language: str = ""  # of all its texts; empty: read it from the column `lang`
    who: str = "null"
    test: str = "false"  # SQL: the rows that the source itself keeps for testing


def read_source_file(path: Path) -> Source:
    """One mapping, checked: a wrong one is refused with the line to mend."""
    try:
        source = Source(name=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise ModelError(
            f"{path}: {error}. It needs file, text and [labels]; may have origin, licence, use, language, who, test."
        ) from error
    if unknown := set(source.labels) - set(LABELS):
        raise ModelError(f"{path}: {', '.join(sorted(unknown))} is no label of ours; ours are {', '.join(LABELS)}.")
    return source


def labelled(place: Path) -> pd.DataFrame:
    """All comments of a folder, or of a file that `toxwatch prepare` made of one, each with its part.

    train, validation and test are split from the sources that are trained on; "unseen" are the sources kept for
    evaluation, "competition" is Jigsaw's own test set. `attrs["hashes"]` names the files.
    """
    if place.is_file():
        return _read_prepared(place)
    comments = read_comments(place)
    check_trainable(comments)
    parts = [_without_unfounded_zeros(comments.assign(part=split(comments)))]
    if (place / "test.csv").is_file() and (place / "test_labels.csv").is_file():
        parts.append(_unite(read_jigsaw_test(place)).assign(part="competition"))
    unseen = read_comments(place, use="evaluation", is_needed=False)
    parts.append(unseen[~unseen.key.isin(comments.key)].assign(part="unseen"))
    rows = pd.concat([part for part in parts if len(part)], ignore_index=True)[[*COLUMNS, "part"]]
    rows.attrs["hashes"] = data_hashes(place)
    return rows


def of_part(rows: pd.DataFrame, part: str) -> pd.DataFrame:
    return rows[rows.part == part].reset_index(drop=True)


def in_language(rows: pd.DataFrame, language: str) -> pd.DataFrame:
    """The rows in one language, for an encoder that reads no other."""
    found = rows[rows.lang == language].reset_index(drop=True)  # keeps attrs
    if found.empty:
        raise ModelError(f"No comment is in {language}; there are {', '.join(sorted(set(rows.lang)))}.")
    return found


def sampled(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most so many rows of each part, drawn at random, and ten times as many to train on."""
    mixed = rows.sample(frac=1.0, random_state=0)
    limit = mixed.part.map({"train": 10 * most}).fillna(most)
    return mixed[mixed.groupby("part").cumcount() < limit].sort_index().reset_index(drop=True)


def prepare(folder: Path, target: Path, most: int | None = None) -> pd.DataFrame:
    """Write the comments of a folder, cleaned and split, to one Parquet file, so that it is done once."""
    rows = labelled(folder)
    if most:
        rows = sampled(rows, most)
    target.parent.mkdir(parents=True, exist_ok=True)
    with writing(target) as draft:
        rows.to_parquet(draft, compression="zstd")
    return rows


def _read_prepared(file: Path) -> pd.DataFrame:
    try:
        rows = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise ModelError(f"{file} cannot be read: {error}. Make it again with `toxwatch prepare`.") from error
    if missing := {*COLUMNS, "part"} - set(rows.columns):
        raise ModelError(f"{file} lacks {', '.join(sorted(missing))}: it was not made by `toxwatch prepare`.")
    return rows


def read_comments(folder: Path, sources: Path = SOURCES, use: str = "training", is_needed: bool = True) -> pd.DataFrame:
    """One row a text from all sources whose file lies in `folder`."""
    known = [read_source_file(path) for path in sorted(sources.glob("*.toml"))]
    tables = [_read(folder, source) for source in known if source.use == use and (folder / source.file).is_file()]
    if not tables and is_needed:
        raise ModelError(
            f"{folder} holds neither Jigsaw's train.csv nor a file that a mapping in {sources} names. "
            "Unpack the Kaggle archive there, or write a mapping for your file."
        )
    return _unite(pd.concat(tables, ignore_index=True)) if tables else pd.DataFrame(columns=[*COLUMNS, "is_test"])


def read_jigsaw_test(folder: Path) -> pd.DataFrame:
    """The competition's test set: test.csv with test_labels.csv, without the rows that were never scored (-1)."""
    query = """select t.comment_text, l.* from read_csv(?, all_varchar = true) t
                join read_csv(?, all_varchar = true) l using (id) where l.toxic <> '-1'"""
    rows = _query(query, [str(folder / "test.csv"), str(folder / "test_labels.csv")])
    return _labelled(rows, read_source_file(SOURCES / "jigsaw.toml"), folder)


def split(comments: pd.DataFrame) -> pd.Series:
    """ "train", "validation" or "test" a row. Shares are exact in each source and rarest label, near-duplicates stay
    together, and only the texts themselves decide: the same rows are split the same way for ever."""
    group = near_duplicate_groups(comments.text.tolist(), comments.key.tolist())
    first = pd.Series(comments.key.to_numpy()).groupby(group).transform("min")
    rank = first.groupby([comments.source.to_numpy(), _rarest_label(comments)]).rank(pct=True, method="max")
    part = pd.cut(rank, [0, TEST_SHARE, TEST_SHARE + VALIDATION_SHARE, 1], labels=["test", "validation", "train"])
    # A group that spans sources goes where its strictest member goes, so that nothing leaks into training.
    part[comments.is_test.to_numpy()] = "test"
    strictest = part.cat.codes.groupby(group).transform("min")
    return pd.Series(pd.Categorical.from_codes(strictest, part.cat.categories), index=comments.index).astype(str)


def data_hashes(folder: Path, sources: Path = SOURCES) -> dict[str, str]:
    known = [read_source_file(path) for path in sorted(sources.glob("*.toml"))]
    names = [source.file for source in known if source.use == "training" and (folder / source.file).is_file()]
    return {name: file_hash(folder / name) for name in names}


def targets(comments: pd.DataFrame) -> np.ndarray:
    """float32[row, label], NaN where unknown."""
    truth: np.ndarray = comments[list(LABELS)].to_numpy(np.float32)
    return truth


def bits_of(who: str) -> int:
    """`"origin|religion"` as bits of WHO; `"group"` stands for any of GROUPS."""
    names = {one for name in who.split("|") for one in (GROUPS if name == "group" else (name,))}
    return sum(1 << WHO.index(name) for name in names)


def all_targets(comments: pd.DataFrame) -> np.ndarray:
    """float16[row, label and one of WHO]: labels are NaN if unknown; of WHO, everyone who may be attacked is 1."""
    may_be = comments.who.to_numpy(np.int16)[:, None] >> np.arange(len(WHO)) & 1
    return np.concatenate([targets(comments), may_be], axis=1).astype(np.float16)


def check_trainable(comments: pd.DataFrame) -> None:
    """Every label needs both kinds of rows, else there is nothing to learn and no AUC to measure."""
    for label in LABELS:
        seen = comments[label].dropna().unique()
        if len(seen) < 2:
            what = f"only {seen[0]:.0f}" if len(seen) else "no known value"
            raise ModelError(f"Label {label} has {what} in {len(comments):,} rows: add a source that knows both sides.")


def _read(folder: Path, source: Source) -> pd.DataFrame:
    path = folder / source.file
    reader = {".parquet": "read_parquet", ".csv": "read_csv", ".tsv": "read_csv"}.get(path.suffix, "read_json_auto")
    return _labelled(_query(f"select * from {reader}(?)", [str(path)]), source, folder)


def _query(query: str, values: Sequence[str]) -> pd.DataFrame:
    try:
        return duckdb.execute(query, list(values)).df()
    except duckdb.Error as error:
        raise ModelError(f"{', '.join(values)} cannot be read: {error}") from error


def _labelled(rows: pd.DataFrame, source: Source, folder: Path) -> pd.DataFrame:
    path = folder / source.file
    language = f"'{source.language}'" if source.language else "lang" if "lang" in rows.columns else f"'{UNDETERMINED}'"
    wanted = {
        "lang": f"({language})::varchar",
        "who": f"({source.who})::varchar",
        "is_test": f"({source.test})::boolean",
    }
    wanted |= {label: f"({source.labels.get(label, 'null')})::double" for label in LABELS}
    columns = ", ".join(f"{value} as {name}" for name, value in wanted.items())
    try:
        table = duckdb.from_df(rows).project(f'"{source.text}"::varchar as raw, {columns}').df()
    except duckdb.Error as error:
        raise ModelError(
            f"{path} does not fit the mapping {source.name}: {str(error).splitlines()[0]}. "
            f"Its columns are {', '.join(rows.columns)}."
        ) from error
    _check_values(table, path)
    table = table.dropna(subset="raw")
    table.insert(0, "source", source.name)
    table["who"] = [_who_bits(None if pd.isna(name) else name, path) for name in table.who]
    return table


def _who_bits(name: str | None, path: Path) -> int:
    """The bits of WHO that a source's value allows: all of them if it is NULL."""
    try:
        return ANYONE if name is None else bits_of(name)
    except ValueError as error:
        raise ModelError(
            f"{path}: who is {name!r}; write one of {', '.join(WHO)} or group, or several joined by |."
        ) from error


def _check_values(table: pd.DataFrame, path: Path) -> None:
    if table.empty:
        raise ModelError(f"{path} has no rows.")
    values = table[list(LABELS)]
    table[list(LABELS)] = values = values.mask(values == -1)
    wrong = values.notna() & ~values.isin([0, 1])
    for label in LABELS:
        if wrong[label].any():
            row = int(wrong[label].to_numpy().argmax())
            raise ModelError(f"{path}, row {row + 1}: {label} is {values[label].iloc[row]:g}; allowed are 0, 1 and -1.")


def _unite(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a text: what sources say adds up, and where they contradict each other the label is unknown."""
    rows["text"] = [clean_text(raw) for raw in rows.raw]
    rows["key"] = [text_key(text) for text in rows.text]
    grouped = rows.groupby("key", sort=True)
    united = grouped[["source", "raw", "text", "lang"]].first()
    united["is_test"] = grouped.is_test.any()
    means = grouped[list(LABELS)].mean()
    united[list(LABELS)] = means.where(means.isin([0, 1]))
    codes = grouped.ngroup().to_numpy()
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    united["who"] = np.bitwise_and.reduceat(rows.who.to_numpy(np.int16)[order], starts)
    united.loc[united.who == 0, "who"] = ANYONE
    united.loc[(united.who == ANYONE) & (united.toxic == 0), "who"] = 1 << WHO.index("nobody")
    says_nothing = united[list(LABELS)].isna().all(axis=1) & (united.who == ANYONE)
    return united[~says_nothing].reset_index()[[*COLUMNS, "is_test"]]


def _without_unfounded_zeros(comments: pd.DataFrame) -> pd.DataFrame:
    """If a label is hardly ever given in a language, its zeros there are made unknown: nobody looked for it."""
    found = comments[list(LABELS)].eq(1).groupby(comments.lang).transform("sum")
    comments[list(LABELS)] = comments[list(LABELS)].where(found >= LEAST_POSITIVES)
    return comments


def _rarest_label(comments: pd.DataFrame) -> np.ndarray:
    """The name of a row's rarest positive label, "none" for a row without any."""
    rarest = np.full(len(comments), "none", dtype=object)
    for label in sorted(LABELS, key=lambda label: -comments[label].sum()):
        rarest[(comments[label] == 1).to_numpy()] = label
    return rarest
