"""Which vectors hold what a comment is about: how many of the ten nearest comments share its topic, against chance.

python bench/topics.py FOLDER   (labelled comments, as for `toxwatch prepare`)

Judged by labels that no vector here was fitted to: topics that people gave, and pairs of texts that say the same.
"""

import sys
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb
import numpy as np
import onnx
import onnxruntime
import pandas as pd
from scipy.sparse import csr_matrix, hstack
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, v_measure_score
from sklearn.preprocessing import normalize

from dashboard.themes import MOST_READ, grouped
from dashboard.view import CLOSEST
from jobs.config.settings import SHIPPED
from models import meaning, scorer
from models.text import clean_text

SEED, ROWS, NEIGHBOURS = 0, 500, 10
NIGHTS = 56  # that the comments of a theme are from: a period of four weeks, and the four before it
FITTED, DIMENSIONS = 1000, 128  # rows of each source, numbers of a vector
TABLE = "weight_5"  # of the transformer's graph: a vector for each piece of a word
POOLED, MIDDLE = "div_424", 6  # the mean of its last states; the layer in the middle


def _first_of(columns: tuple[str, ...], holds: str) -> str:
    """The first of these columns that holds, as a label."""
    return "case " + " ".join(f"when {one} {holds} then '{one}'" for one in columns) + " end"


RUSSIAN = ("drugs", "politics", "religion", "weapons", "suicide", "gambling", "pornography", "racism")
TOPICS = {  # language, what people say it is about, which rows: never those whose topic the transformer learned
    "fox_news_comments": ("en", "title", "true"),
    "youtube_spam": ("en", "video", "spam = 0"),
    "toxigen_human": ("en", "target_group", "true"),
    "conan": ("en", "target", "lang = 'en' and target <> 'other'"),
    "coldataset_zh": ("zh", "topic", "label = 0"),
    "inappropriate_ru_valtest": ("ru", _first_of(RUSSIAN, "> 0.5"), "true"),
}
PAIRS = {  # language, one text, another that says the same
    "paradetox_en": ("en", "select min(text), max(text) from rows group by pair having count(distinct text) = 2"),
    "russe_detox_ru": ("ru", "select min(text), max(text) from rows group by pair having count(distinct text) = 2"),
    "wiki_six_labels_fr_mt": ("fr to en", "select text, original_text from rows"),
}
COLUMNS = {"civil_comments_types": "comment_text", "davidson_tweets": "tweet"}  # where a text is not called text
SOURCES = (  # that may train what ships, and are not judged here
    *("cat_large_wiki", "civil_comments_types", "davidson_tweets", "dynahate", "edos_sexism", "founta_hateful"),
    *("implicit_hate", "stormfront", "gahd_de", "germeval2018", "germeval2021", "hasoc2019", "hasoc2020_21_hi"),
    *("korean_hate", "told_br", "hsab_ar", "macd_indic", "cyberagressionado_fr", "offenseval_tr", "poleval2019_pl"),
)
Vectors = Callable[[list[str]], np.ndarray | csr_matrix]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    corpus = [text for source in SOURCES for text in _texts(folder, source)]
    ways = _ways(corpus)
    print(f"fitted on {len(corpus):,} texts\n", flush=True)
    print(f"| labels | language | rows | chance | {' | '.join(ways)} |\n|" + " --- |" * (4 + len(ways)))
    for name, (language, label, where) in TOPICS.items():
        rows = _rows(folder, name, f"({label})", where)
        topics = rows.label.to_numpy()
        chance = (rows.label.value_counts(normalize=True) ** 2).sum()
        found = [_precision(make(rows.text.tolist()), topics) for make in ways.values()]
        print(
            f"| {name} | {language} | {len(rows):,} | {chance:.2f} | {' | '.join(f'{one:.2f}' for one in found)} |",
            flush=True,
        )
    for name, (language, query) in PAIRS.items():
        left, right = _pairs(folder, name, query)
        found = [_first(make(left), make(right)) for make in ways.values()]
        line = " | ".join(f"{one:.2f}" for one in found)
        print(
            f"| {name}: its pair is the nearest | {language} | {len(left):,} | {1 / len(left):.3f} | {line} |",
            flush=True,
        )
    _print_clusters(folder, ways["meaning"])
    _print_themes(folder)
    _print_closeness(folder)
    texts = corpus[::50]
    for name, make in ways.items():
        if name == f"transformer, layer {MIDDLE}":
            continue  # both layers are read at once
        start = time.process_time()
        make(texts)
        print(f"{name}: {len(texts) / (time.process_time() - start):,.0f} texts a CPU-second")


def _ways(corpus: list[str]) -> dict[str, Vectors]:
    words = TfidfVectorizer(sublinear_tf=True, min_df=5, max_df=0.2, max_features=12_000).fit(corpus)
    pieces = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, min_df=10, max_df=0.2, max_features=20_000
    ).fit(corpus)

    def terms(texts: list[str]) -> csr_matrix:
        return hstack([words.transform(texts), pieces.transform(texts)]).tocsr()

    svd = TruncatedSVD(DIMENSIONS, n_iter=3, random_state=SEED).fit(terms(corpus))
    network = scorer.network(SHIPPED.with_name("transformer"))
    graph = onnx.load(str(SHIPPED.with_name("transformer") / "model.onnx"))
    states = [node.output[0] for node in graph.graph.node if node.op_type == "LayerNormalization"]
    middle = states[2 * MIDDLE]  # one after the embedding, two in each layer
    for name in (POOLED, middle):
        graph.graph.output.append(onnx.ValueInfoProto(name=name))
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    held = {one.name: onnx.numpy_helper.to_array(one) for one in graph.graph.initializer if one.name.startswith(TABLE)}
    table = held[f"{TABLE}_int8"] * held[f"{TABLE}_scale"].reshape(-1, 1)
    counts = np.bincount(np.concatenate(list(map(np.unique, network.encoder.split(corpus)))), minlength=len(table))
    weights = 1 / (1 + counts / len(corpus) / 1e-3)  # smooth inverse frequency (Arora, Liang and Ma, 2017)

    def averages(texts: list[str]) -> np.ndarray:
        rows = network.encoder.split(texts)
        return np.stack([weights[ids] @ table[ids] / weights[ids].sum() for ids in map(np.array, rows)])

    center = averages(corpus[:: len(corpus) // 5000])
    _, _, (common, *_) = np.linalg.svd(center - center.mean(axis=0), full_matrices=False)

    def table_of_pieces(texts: list[str]) -> np.ndarray:
        found: np.ndarray = averages(texts) - center.mean(axis=0)
        found -= (found @ common)[:, None] * common
        return found

    @lru_cache(maxsize=4)
    def read(texts: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Each text by the mean of the last states, and of those in the middle."""
        found = np.zeros((2, len(texts), table.shape[1]), np.float32)
        rows = network.encoder.split(texts)
        order = np.array(sorted(range(len(rows)), key=lambda i: len(rows[i])))
        for some in np.array_split(order, max(1, len(order) // 32)):
            inputs = network.encoder.inputs([rows[i] for i in some])
            last, states = session.run([POOLED, middle], inputs)
            is_token = (inputs["ids"] != 0)[..., None]
            found[:, some] = last, (states * is_token).sum(axis=1) / is_token.sum(axis=1)
        return found[0], found[1]

    return {
        "words and pieces": terms,
        "LSA of these": lambda texts: svd.transform(terms(texts)),
        "table of pieces": table_of_pieces,
        "transformer, last layer": lambda texts: read(tuple(texts))[0],
        f"transformer, layer {MIDDLE}": lambda texts: read(tuple(texts))[1],
        "meaning": lambda texts: meaning.shipped().read(texts).astype(np.float32),
    }


def _print_clusters(folder: Path, make: Vectors) -> None:
    """How far clusters, as many as there are topics, agree with the topics that people gave."""
    print("\n| labels | topics | V-measure of clusters |\n| --- | --- | --- |")
    for name, (_language, label, where) in TOPICS.items():
        rows = _rows(folder, name, f"({label})", where)
        topics = rows.label.nunique()
        clusters = KMeans(topics, n_init=5, random_state=SEED).fit_predict(normalize(make(rows.text.tolist())))
        print(f"| {name} | {topics} | {v_measure_score(rows.label, clusters):.2f} |", flush=True)


def _print_themes(folder: Path) -> None:
    """How far themes of five or more comments agree with the topics that people gave, and stay the same."""
    print(
        "\n| labels | rows | in a theme | of its most frequent topic | by chance | as the night before |\n|"
        + " --- |" * 6
    )
    rng = np.random.default_rng(SEED)
    for name, (_language, label, where) in TOPICS.items():
        rows = _rows(folder, name, f"({label})", where, MOST_READ)
        meanings, topics = meaning.shipped().read(rows.text.tolist()).astype(np.float32), rows.label.to_numpy()
        groups = numbers(meanings)
        shown = groups >= 0
        agree, chance = (_most_frequent(labels[shown], groups[shown]) for labels in (topics, rng.permutation(topics)))
        night = len(rows) // NIGHTS
        then, now = numbers(meanings[:-night])[night:], numbers(meanings[night:])[:-night]
        print(
            f"| {name} | {len(rows):,} | {shown.mean():.0%} | {agree:.0%} | {chance:.0%} "
            f"| {adjusted_rand_score(then, now):.2f} |",
            flush=True,
        )


def numbers(meanings: np.ndarray) -> np.ndarray:
    """The number of each comment's theme; -1 for none."""
    found = np.full(len(meanings), -1)
    for number, (_center, members) in enumerate(grouped(meanings, CLOSEST)):
        found[members] = number
    return found


def _most_frequent(topics: np.ndarray, groups: np.ndarray) -> float:
    """The share of comments that have the most frequent topic of their group."""
    return float(pd.crosstab(groups, topics).max(axis=1).sum() / len(topics))


def _print_closeness(folder: Path) -> None:
    """How many pairs, and how many of two texts that don't belong together, are close enough to be shown as similar."""
    print(f"\n| pairs | of a pair, {CLOSEST} or closer | of two others |\n| --- | --- | --- |")
    for name, (_language, query) in PAIRS.items():
        left, right = (meaning.shipped().read(texts).astype(float) for texts in _pairs(folder, name, query))
        near = normalize(left) @ normalize(right).T >= CLOSEST
        others = near[~np.eye(len(near), dtype=bool)]
        print(f"| {name} | {np.diag(near).mean():.0%} | {others.mean():.2%} |")


def _precision(vectors: np.ndarray | csr_matrix, topics: np.ndarray) -> float:
    likeness = _likeness(vectors, vectors)
    np.fill_diagonal(likeness, -np.inf)
    nearest = np.argpartition(-likeness, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    return float((topics[nearest] == topics[:, None]).mean())


def _first(left: np.ndarray | csr_matrix, right: np.ndarray | csr_matrix) -> float:
    likeness = _likeness(left, right)
    return float((likeness.argmax(axis=1) == np.arange(len(likeness))).mean())


def _likeness(left: np.ndarray | csr_matrix, right: np.ndarray | csr_matrix) -> np.ndarray:
    if isinstance(left, np.ndarray):
        mean = right.mean(axis=0)  # what all texts have in common says nothing of one
        left, right = left - mean, right - mean
    product = normalize(left) @ normalize(right).T
    likeness: np.ndarray = product.toarray() if isinstance(product, csr_matrix) else product
    return likeness


def _rows(folder: Path, name: str, label: str, where: str, most: int = ROWS) -> pd.DataFrame:
    query = f"select text as raw, {label} as label from read_parquet(?) where ({where}) and {label} is not null"
    rows = duckdb.execute(query, [str(folder / f"{name}.parquet")]).df()
    rows["text"] = [clean_text(raw) for raw in rows.raw]
    rows = rows[rows.text != ""].drop_duplicates("text")
    rows = rows[rows.groupby("label").label.transform("size") > NEIGHBOURS]
    return rows.sample(min(most, len(rows)), random_state=SEED)


def _pairs(folder: Path, name: str, query: str) -> tuple[list[str], list[str]]:
    rows = f"with rows as (from read_parquet(?)) from ({query}) as pairs(one, other) order by hash(one) limit ?"
    pairs = duckdb.execute(rows, [str(folder / f"{name}.parquet"), ROWS]).fetchall()
    return [clean_text(one) for one, _ in pairs], [clean_text(other) for _, other in pairs]


def _texts(folder: Path, name: str) -> list[str]:
    column = COLUMNS.get(name, "text")
    query = f"select {column} from read_parquet(?) order by hash({column}) limit ?"
    return [clean_text(text) for (text,) in duckdb.execute(query, [str(folder / f"{name}.parquet"), FITTED]).fetchall()]


if __name__ == "__main__":
    main()
