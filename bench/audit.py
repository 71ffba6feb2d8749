"""Whether the intervals of the random audit hold where the truth is known: held-out sources, by language.

    python bench/audit.py DATA [DRAWS [REVIEWS]]        1,000 draws of 200 reviews unless told

DATA is a folder of labelled sources (docs/models.md); those kept for evaluation are read. A section is the comments of
one source and language, scored by the shipped model. Each draw takes a sample as the product draws it, asks the labels,
and looks whether the interval holds the true share. The formulas are the warehouse's macros.
"""

import sys
from pathlib import Path

import duckdb
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from models import scorer
from models.training import data
from warehouse import build

SHIPPED = Path(__file__).resolve().parent.parent / "models" / "shipped" / "cascade"
COMMENTS = 1500  # of a section
LEAST = 500
SIMULATION = """
WITH drawn AS (
    SELECT draw, y, p, least($reviews * size_in_audit(p) / (SELECT sum(size_in_audit(p)) FROM section), 1) AS chance
    FROM section, range($draws) r(draw)
),
draws AS (
    SELECT draw, count(*) AS reviewed, correction_of(1 / chance, y, p) AS correction,
        noise_of_audit(1 / chance, y, p) AS noise
    FROM drawn WHERE random() < chance GROUP BY draw
),
truth AS (SELECT count(*) AS comments, avg(y) AS truth, avg(p) AS model FROM section)
SELECT truth, model, abs(model - truth) <= margin_of_share(model, comments) AS is_model_right,
    avg(margin_of_audit(noise, comments, reviewed)) AS margin,
    avg((abs(model + correction / comments - truth) <= margin_of_audit(noise, comments, reviewed))::INTEGER) AS covered
FROM draws, truth GROUP BY ALL
"""


def sections(folder: Path) -> pd.DataFrame:
    """Comments of the sources kept for evaluation whose toxicity is known, with the model's score."""
    rows = data.read_comments(folder, use="evaluation")
    rows = rows[rows.toxic.notna()]
    rows = rows.groupby(["source", "lang"], group_keys=False)[["source", "lang", "text", "toxic"]].apply(
        lambda part: part.sample(min(COMMENTS, len(part)), random_state=1) if len(part) >= LEAST else part[:0]
    )
    scores = scorer.load(SHIPPED).scores(rows.text.tolist(), rows.lang.tolist())
    return rows.assign(p=scores[:, 0].astype(float), y=rows.toxic.astype(float))


def main(folder: Path, draws: int, reviews: int) -> None:
    print(f"{draws:,} draws of {reviews} reviews from up to {COMMENTS:,} comments of each source and language\n")
    print("| source | language | true share | model | model's interval holds it | audit, mean ± | audit covers it in |")
    print("|---|---|--:|--:|---|--:|--:|")
    with duckdb.connect() as con:
        build.create(con)
        con.execute("SELECT setseed(0.5)")
        for (source, language), part in sections(folder).groupby(["source", "lang"]):
            con.register("made", part[["p", "y"]])
            con.execute("CREATE OR REPLACE TEMP TABLE section AS FROM made")
            [(truth, model, is_right, margin, covered)] = con.execute(
                SIMULATION, {"draws": draws, "reviews": reviews}
            ).fetchall()
            answer = "yes" if is_right else "no"
            print(
                f"| {source} | {language} | {truth:.1%} | {model:.1%} | {answer} | {margin:.1%} | {covered:.1%} |",
                flush=True,
            )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), *(int(given) for given in (sys.argv[2:4] + ["1000", "200"][len(sys.argv) - 2 :])))
