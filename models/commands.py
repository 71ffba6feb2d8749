"""`toxwatch train` and `toxwatch evaluate`; also `python -m models.commands`. Heavy imports wait inside."""

import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from models.labels import ModelError

SHIPPED = Path(__file__).parent / "shipped"

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def models() -> None:
    """Models of toxicity: train one, judge one."""


@app.command()
def train(
    data: Annotated[Path, typer.Option(help="Folder with the Jigsaw CSVs or with files that a mapping names.")],
    output: Annotated[Path, typer.Option(help="Folder to write the model to.")] = SHIPPED / "bilstm",
    epochs: Annotated[int, typer.Option(min=1, max=1000, help="At most; the best epoch is kept.")] = 20,
    backbone: Annotated[
        Path | None, typer.Option(help="Folder of an encoder in Hugging Face layout, for word vectors to begin with.")
    ] = None,
    glove: Annotated[Path | None, typer.Option(help="GloVe text file of --embedding numbers a word, instead.")] = None,
    embedding: Annotated[int, typer.Option(min=8, max=300, help="Width of the word vectors.")] = 96,
    imbalance: Annotated[str, typer.Option(help="none, weights, focal or sampling.")] = "weights",
    sample: Annotated[int | None, typer.Option(min=1, help="Train on this many rows only.")] = None,
    seed: int = 7,
) -> None:
    """Train a BiLSTM on labelled comments and write a model that can be scored with."""
    from models.train import Settings, Vectors, train

    settings = Settings(epochs=epochs, imbalance=imbalance, sample=sample, embedding=embedding, seed=seed)
    begun_with = " --backbone BACKBONE" if backbone else " --glove GLOVE" if glove else ""
    card = train(data, output, settings, Vectors(backbone, glove), _command(settings) + begun_with)
    typer.echo(f"{card['version']} in {output}: validation AUC {card['validation_auc']:.4f}")


@app.command()
def evaluate(
    model: Annotated[Path, typer.Argument(help="Folder of a model.")] = SHIPPED / "bilstm",
    data: Annotated[Path, typer.Option(help="The folder it was trained on; its test rows are judged.")] = Path(
        "labelled"
    ),
    output: Annotated[Path | None, typer.Option(help="Write all figures to this JSON file.")] = None,
) -> None:
    """Judge a model on held-out comments, on the cases that fool such models, and in disguise."""
    from models import evaluate, scorer

    figures = evaluate.evaluate(scorer.load(model), data)
    typer.echo(evaluate.as_text(figures))
    if output:
        output.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    try:
        app()
    except ModelError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)


def _command(settings: Any) -> str:
    """The command that makes this model again."""
    default = type(settings)()
    changed = [f"--{field.name.replace('_', '-')} {value}" for field in fields(settings)
               if (value := getattr(settings, field.name)) != getattr(default, field.name)]  # fmt: skip
    return " ".join(["toxwatch train --data DATA", *changed])


if __name__ == "__main__":
    main()
