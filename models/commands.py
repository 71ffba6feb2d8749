"""`toxwatch train` and `toxwatch evaluate`; also `python -m models.commands`. Heavy imports wait inside."""

import json
import sys
from dataclasses import replace
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
    kind: Annotated[str, typer.Option(help="bilstm or transformer.")] = "bilstm",
    output: Annotated[Path | None, typer.Option(help="Folder to write the model to.", show_default="shipped")] = None,
    backbone: Annotated[
        Path | None,
        typer.Option(help="Folder of an encoder in Hugging Face layout: to fine-tune, or for a BiLSTM's word vectors."),
    ] = None,
    glove: Annotated[Path | None, typer.Option(help="GloVe text file, for a BiLSTM's word vectors instead.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, max=1000, help="At most; the best is kept.")] = None,
    imbalance: Annotated[str | None, typer.Option(help="none, weights, focal or sampling.")] = None,
    embedding: Annotated[int | None, typer.Option(min=8, max=300, help="Width of a BiLSTM's word vectors.")] = None,
    accumulate: Annotated[int | None, typer.Option(min=1, help="Batches whose gradients are added up.")] = None,
    mixed: Annotated[bool | None, typer.Option("--mixed", help="bfloat16 arithmetic: faster where there is.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Train on this many rows only.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
) -> None:
    """Train a BiLSTM or fine-tune a transformer on labelled comments and write a model that can be scored with."""
    from models import train

    if kind not in ("bilstm", "transformer"):
        raise ModelError(f"--kind is {kind!r}; choose bilstm or transformer.")
    chosen: dict[str, Any] = {
        "epochs": epochs,
        "imbalance": imbalance,
        "embedding": embedding,
        "accumulate": accumulate,
        "mixed": mixed,
        "sample": sample,
        "seed": seed,
    }
    chosen = {name: value for name, value in chosen.items() if value is not None}
    begun_with = {"backbone": "BACKBONE"} if backbone else {"glove": "GLOVE"} if glove else {}
    command = _command({"kind": kind} | begun_with | chosen)
    place = output or SHIPPED / kind
    if kind == "transformer":
        if backbone is None:
            raise ModelError("A transformer is fine-tuned from an encoder: name its folder with --backbone.")
        card = train.train_transformer(data, place, backbone, replace(train.TRANSFORMER, **chosen), command)
    else:
        settings = train.Settings(**chosen)
        card = train.train_bilstm(data, place, settings, train.Vectors(backbone, glove), command)
    typer.echo(f"{card['version']} in {place}: validation AUC {card['validation_auc']:.4f}")


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


def _command(options: dict[str, Any]) -> str:
    """The command that makes this model again."""
    said = [f"--{name}" if value is True else f"--{name} {value}" for name, value in options.items()]
    return " ".join(["toxwatch train --data DATA", *said])


if __name__ == "__main__":
    main()
