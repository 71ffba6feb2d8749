"""A second engine: Spark NLP runs the transformer inside Spark's own process, with ONNX Runtime for Java.

It gives the same scores as the first engine: same network, same tokens, same calibration. Spark NLP is given a text's
tokens as words, one for each number in the vocabulary, so it runs any tokeniser's model. It reads a text's first tokens
only, where ours loses its middle: texts that long stay with the first engine.
"""

import tempfile
from functools import lru_cache, partial
from pathlib import Path

from pyspark.ml import Pipeline
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.spark.jars import engine_jars
from jobs.spark.session import scratch, shipped
from jobs.spark.workers import numbered
from models.card import read_card
from models.labels import LABELS
from models.tokens import LONGEST, Tokens

SAVED = "saved"
TEXTS_AT_ONCE = 64


def check(model_dir: Path) -> None:
    """Raises BadInput where the model or the machine cannot do it."""
    if (kind := read_card(model_dir)["kind"]) != "transformer":
        raise BadInput(
            f"Spark NLP runs a transformer, and {model_dir} is a {kind}: "
            "set TOXWATCH_MODEL=models/shipped/transformer, or leave --engine out."
        )
    if not engine_jars():
        raise BadInput("Spark NLP's engine is missing: `python -m jobs.spark.jars` fetches it from Maven.")


def read(texts: DataFrame, settings: Settings) -> DataFrame:
    """The texts, and the network's probabilities, as `workers.read_in_jvm` takes them."""
    model_dir = settings.model_dir
    numbers = F.udf(partial(numbered, shipped(settings, model_dir)), "string")
    apart = texts.withColumn("tokens", numbers("clean_text"))
    found = _pipeline(texts.sparkSession, model_dir).fit(apart.limit(0)).transform(apart)
    answers, is_cut = F.col("class")[0]["metadata"], F.col("tokens").isNull().alias("is_cut")
    p = F.array(*(answers[label].cast("float") for label in _outputs(model_dir))).alias("p")
    return found.select("text_key", "clean_text", "language", is_cut, p)


def _pipeline(spark: SparkSession, model_dir: Path) -> Pipeline:
    from sparknlp.annotator import BertForSequenceClassification, RegexTokenizer
    from sparknlp.base import DocumentAssembler

    return Pipeline(
        stages=[
            DocumentAssembler().setInputCol("tokens").setOutputCol("document"),
            RegexTokenizer().setInputCols(["document"]).setOutputCol("token").setPattern(" "),
            BertForSequenceClassification.load(str(_saved(spark, model_dir) / SAVED)),
        ]
    )


@lru_cache(maxsize=1)
def _saved(spark: SparkSession, model_dir: Path) -> Path:
    """Spark's workers fetch the network from there, as long as this process lives."""
    from sparknlp.annotator import BertForSequenceClassification

    folder = Path(tempfile.mkdtemp(dir=scratch()))
    _write_assets(model_dir, folder)
    (
        BertForSequenceClassification.loadSavedModel(str(folder), spark)
        .setInputCols(["document", "token"])
        .setOutputCol("class")
        .setActivation("sigmoid")
        .setThreshold(0.0)  # it is heeded when the model is loaded, which is why it is saved first
        .setBatchSize(TEXTS_AT_ONCE)
        .setMaxSentenceLength(read_card(model_dir)["longest"])
        .setCaseSensitive(False)
        .write()
        .save(str(folder / SAVED))
    )
    return folder


def _write_assets(model_dir: Path, folder: Path) -> None:
    """The transformer in `model_dir` as Spark NLP's BertForSequenceClassification wants one."""
    import onnx
    from onnx import TensorProto, helper

    model = onnx.load(model_dir / "model.onnx")
    del model.graph.input[:]
    for name in ("input_ids", "attention_mask", "token_type_ids"):  # ours finds padding by itself
        model.graph.input.append(helper.make_tensor_value_info(name, TensorProto.INT64, ["text", "token"]))
    model.graph.node.insert(0, helper.make_node("Cast", ["input_ids"], ["ids"], to=TensorProto.INT32))
    onnx.save(model, folder / "model.onnx")
    assets = folder / "assets"
    assets.mkdir()
    (assets / "vocab.txt").write_text("\n".join(Tokens(model_dir, LONGEST).number_names()), encoding="utf-8")
    (assets / "labels.txt").write_text("\n".join(_outputs(model_dir)))


def _outputs(model_dir: Path) -> list[str]:
    return [*LABELS, *read_card(model_dir).get("who", ())]
