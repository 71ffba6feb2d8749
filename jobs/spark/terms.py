"""The words and phrases of each text, and those of the lexicon, found by Spark NLP's annotators.

They stand beside the text that models read, and no model reads them.
"""

from pathlib import Path

from pyspark.ml import Pipeline
from pyspark.ml.feature import StopWordsRemover
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.console import console
from jobs.spark.jars import nlp_jars
from jobs.spark.session import scratch
from models.text import AS_PICTURE, EMOJI

LEXICON = Path(__file__).with_name("lexicon.txt")
MOST_TERMS = 200  # of one comment: the longest are copies of something
LETTERS = rf"[^\p{{L}}\p{{N}}'{EMOJI}{AS_PICTURE}]+"
PLACEHOLDERS = ["url", "user"]  # which the text rule writes
SEPARATOR = ","  # between a word and what it means
STOP_WORDS = {
    "da": "danish", "nl": "dutch", "en": "english", "fi": "finnish", "fr": "french", "de": "german",
    "hu": "hungarian", "it": "italian", "no": "norwegian", "pt": "portuguese", "ru": "russian", "es": "spanish",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip


def with_terms(comments: DataFrame, languages: tuple[str, ...]) -> DataFrame:
    """Adds `terms`, words, emoji and pairs of them, and `listed`, phrases of the lexicon; NULL without Spark NLP."""
    if not nlp_jars():
        console.print(
            "[yellow]Words and phrases are left out: Spark NLP's jar is missing. "
            "`python -m jobs.spark.jars` fetches it; nights from then on have them.[/yellow]"
        )
        return comments.withColumns(dict.fromkeys(("terms", "listed"), F.lit(None).cast("array<string>")))
    spoken = comments.withColumn("spoken", F.translate("spoken", "’", "'"))
    found = _pipeline(languages).fit(spoken.limit(0)).transform(spoken)
    return found.withColumns({name: _distinct(f"finished_{name}") for name in ("terms", "listed")})


def _distinct(column: str) -> Column:
    return F.slice(F.array_distinct(column), 1, MOST_TERMS)


def _pipeline(languages: tuple[str, ...]) -> Pipeline:
    from sparknlp.annotator import (
        DocumentNormalizer,
        NGramGenerator,
        Normalizer,
        RegexTokenizer,
        StopWordsCleaner,
        TextMatcher,
    )
    from sparknlp.base import DocumentAssembler, Finisher

    normalizer = Normalizer().setInputCols(["token"]).setOutputCol("word").setMinLength(2)
    normalizer.setCleanupPatterns([LETTERS]).setSlangDictionary(_stop_words(languages), SEPARATOR)
    return Pipeline(
        stages=[
            DocumentAssembler().setInputCol("spoken").setOutputCol("document"),
            DocumentNormalizer().setInputCols(["document"]).setOutputCol("normal").setLowercase(True),
            RegexTokenizer().setInputCols(["normal"]).setOutputCol("token").setPattern(LETTERS),
            normalizer,
            StopWordsCleaner().setInputCols(["word"]).setOutputCol("content").setStopWords(PLACEHOLDERS),
            NGramGenerator().setInputCols(["content"]).setOutputCol("terms").setN(2).setEnableCumulative(True),
            TextMatcher().setInputCols(["normal", "token"]).setOutputCol("listed").setEntities(str(LEXICON)),
            Finisher().setInputCols(["terms", "listed"]),
        ]
    )


def _stop_words(languages: tuple[str, ...]) -> str:
    """A dictionary in which stop words mean nothing.

    StopWordsCleaner makes a set of its words for each comment anew: a thousand of them cost more than all else.
    """
    names = [STOP_WORDS[code] for code in languages if code in STOP_WORDS]
    words = sorted({word for name in names for word in StopWordsRemover.loadDefaultStopWords(name)})
    file = Path(scratch()) / "stop-words.txt"
    file.write_text("".join(f"{word}{SEPARATOR}-\n" for word in words), encoding="utf-8")
    return str(file)
