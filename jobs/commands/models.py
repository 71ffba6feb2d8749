"""The commands of a model's life: prepare, train, evaluate, gate, promote. Heavy imports wait inside."""

import json
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.commands.options import AsJson, DataDir, print_json, print_rows
from jobs.config.settings import SHIPPED, Settings
from jobs.console import console
from models.labels import ModelError, Refused

BILSTM, TRANSFORMER = (SHIPPED.with_name(name) for name in ("bilstm", "transformer"))

Data = Annotated[
    Path | None,
    typer.Option(
        help="What `toxwatch prepare` wrote, or a folder with the Jigsaw CSVs or files that a mapping names.",
        show_default="models/labelled.parquet in the data folder",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(help="Folder to write the model to.", show_default="models/challenger in the data folder"),
]
Model = Annotated[
    Path | None, typer.Argument(help="Folder of a model.", show_default="models/challenger in the data folder")
]


def prepare(
    data: Annotated[Path, typer.Option(help="Folder with the Jigsaw CSVs or with files that a mapping names.")],
    data_dir: DataDir = None,
) -> None:
    """Clean labelled comments, leave duplicates out and split them for ever, once for all that follows."""
    from models.labels import LABELS
    from models.training import data as labelled

    home = Settings.load(data_dir).data_dir
    rows = labelled.prepare(data, _prepared(home))
    counts = rows.groupby(["source", "part"]).size().unstack(fill_value=0)
    typer.echo(counts.to_string())
    typer.echo("\n" + rows.groupby("part")[list(LABELS)].sum().astype(int).to_string())
    typer.echo(f"\n{len(rows):,} comments are in {_prepared(home)}. Next: toxwatch train")


def train(
    data: Data = None,
    kind: Annotated[str, typer.Option(help="bilstm or transformer.")] = "bilstm",
    output: Output = None,
    backbone: Annotated[
        str | None,
        typer.Option(
            help="An encoder in Hugging Face layout (BERT, DistilBERT, RoBERTa), a folder or a name on the hub: to "
            "fine-tune, or for a BiLSTM's word vectors."
        ),
    ] = None,
    glove: Annotated[Path | None, typer.Option(help="GloVe text file, for a BiLSTM's word vectors instead.")] = None,
    teacher: Annotated[
        Path | None, typer.Option(help="Folder of a better model that a BiLSTM learns from besides.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, max=1000, help="At most; the best is kept.")] = None,
    imbalance: Annotated[str | None, typer.Option(help="none, weights, focal, sampling or smote.")] = None,
    embedding: Annotated[int | None, typer.Option(min=8, max=300, help="Width of a BiLSTM's word vectors.")] = None,
    accumulate: Annotated[int | None, typer.Option(min=1, help="Batches whose gradients are added up.")] = None,
    mixed: Annotated[bool | None, typer.Option("--mixed", help="bfloat16 arithmetic: faster where there is.")] = None,
    composed: Annotated[int | None, typer.Option(min=0, help="Sentences from templates.toml besides.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Train on this many rows only.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Train a BiLSTM or fine-tune a transformer on labelled comments and write a model that can be scored with.

    Every run is recorded: mlflow ui --backend-store-uri sqlite:///data/models/mlflow.db
    """
    from models.scorer import network
    from models.training import data as labelled
    from models.training import train
    from models.training.encoder import find_encoder
    from models.training.registry import Registry

    home = Settings.load(data_dir).data_dir
    if kind not in ("bilstm", "transformer"):
        raise ModelError(f"--kind is {kind!r}; choose bilstm or transformer.")
    chosen: dict[str, Any] = {
        "epochs": epochs,
        "imbalance": imbalance,
        "embedding": embedding,
        "accumulate": accumulate,
        "mixed": mixed,
        "composed": composed,
        "sample": sample,
        "seed": seed,
    }
    chosen = {name: value for name, value in chosen.items() if value is not None}
    begun_with = {"backbone": "BACKBONE"} if backbone else {"glove": "GLOVE"} if glove else {}
    begun_with |= {"teacher": "TEACHER"} if teacher else {}
    command = _command({"kind": kind} | begun_with | chosen)
    settings = replace(train.TRANSFORMER if kind == "transformer" else train.Settings(), **chosen)
    encoder = find_encoder(backbone) if backbone else None
    if kind == "bilstm":
        fit = partial(
            train.train_bilstm, vectors=train.Vectors(encoder, glove), teacher=network(teacher) if teacher else None
        )
    elif encoder and not teacher:
        fit = partial(train.train_transformer, backbone=encoder)
    else:
        raise ModelError("A transformer is fine-tuned from an encoder, and has no teacher: name the encoder only, with "
                         "--backbone.")  # fmt: skip
    rows, place = labelled.labelled(_data(data, home)), output or _challenger(home)
    registry = Registry(home / "models")
    with registry.run({"kind": kind, "command": command} | asdict(settings)) as run:

        def watch(epoch: dict[str, float]) -> None:
            train.print_epoch(epoch)
            registry.log_epoch(run, epoch)

        card = fit(rows, place, settings=settings, command=command, watch=watch)
        registry.keep(run, place)
    typer.echo(f"{card['version']} in {place}: validation AUC {card['validation_auc']:.4f}")


def cascade(
    fast: Annotated[Path, typer.Option(help="Folder of the model that reads everything.")] = BILSTM,
    slow: Annotated[Path, typer.Option(help="Folder of the model that reads what is doubtful.")] = TRANSFORMER,
    data: Data = None,
    output: Output = None,
    link: Annotated[bool, typer.Option("--link", help="Refer to the two models where they lie, do not copy.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Join a fast and a slow model into one that is nearly as good as the slow one and nearly as fast as the fast."""
    from models.training import cascade
    from models.training import data as labelled
    from models.training.registry import Registry

    home = Settings.load(data_dir).data_dir
    rows, place = labelled.labelled(_data(data, home)), output or _challenger(home)
    card = cascade.join(fast, slow, rows, place, "toxwatch cascade --data DATA", link)
    if not link:
        registry = Registry(home / "models")
        with registry.run({"kind": "cascade", "command": card["command"]}) as run:
            registry.keep(run, place)
    typer.echo(
        f"{card['version']} in {place}: the slow model reads {card['read_share']:.1%} of unfiltered comments; "
        f"AUC lost against it alone: {card['auc_loss']}"
    )


def evaluate(
    model: Annotated[
        Path | None,
        typer.Argument(help="Folder of a model.", show_default="the challenger in the data folder, else the shipped"),
    ] = None,
    data: Data = None,
    data_dir: DataDir = None,
) -> None:
    """Judge a model on held-out comments, on the cases that fool such models, and in disguise.

    All figures are written to models/reports in the data folder too, as JSON and as a page with charts; the dashboard
    shows those of the model in use.
    """
    from models import scorer
    from models.training import data as labelled
    from models.training import evaluate, report
    from models.training.registry import Registry

    home = Settings.load(data_dir).data_dir
    challenger = _challenger(home)
    folder = model or (challenger if challenger.exists() else SHIPPED)
    figures = evaluate.evaluate(scorer.load(folder), labelled.labelled(_data(data, home)))
    typer.echo(evaluate.as_text(figures))
    place = home / "models" / "reports"
    place.mkdir(parents=True, exist_ok=True)
    as_json, page = place / f"{figures['model']}.json", place / f"{figures['model']}.html"
    as_json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    report.write(figures, page)
    Registry(home / "models").log_figures(folder, figures, [as_json, page])
    typer.echo(f"\nWith charts: {page}")


def gate(model: Model = None, data: Data = None, data_dir: DataDir = None) -> None:
    """Hold a challenger against the champion on the frozen validation comments; refuse it where it is worse."""
    from models import scorer
    from models.training import data as labelled
    from models.training import evaluate
    from models.training.gate import MARGINS, compare
    from models.training.registry import Registry

    home = Settings.load(data_dir).data_dir
    rows = labelled.of_part(labelled.labelled(_data(data, home)), "validation")
    registry, folder = Registry(home / "models"), model or _challenger(home)
    challenger, champion = scorer.load(folder), scorer.load(registry.champion() or SHIPPED)
    compared = compare(evaluate.judge(challenger, rows), evaluate.judge(champion, rows))
    for one in compared:
        verdict = f"worse by more than {MARGINS[one.kind]}" if one.is_worse else "holds"
        typer.echo(f"{one.what:48}{one.champion:>9.4f} → {one.challenger:.4f}  {verdict}")
    if worse := [one.what for one in compared if one.is_worse]:
        raise Refused(
            f"{challenger.version} is refused: against {champion.version} it is worse in {'; '.join(worse)}. "
            "`toxwatch promote --anyway` lets it take over all the same."
        )
    registry.note_pass(folder, champion.version)
    typer.echo(f"{challenger.version} may take over from {champion.version}. Next: toxwatch promote")


def promote(
    model: Model = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Although the gate did not let it pass.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Make a model that the gate let pass the champion; `toxwatch rescore` then lets it take over."""
    from models.card import read_card
    from models.training.registry import Registry

    home = Settings.load(data_dir).data_dir
    registry, folder = Registry(home / "models"), model or _challenger(home)
    champion = read_card(registry.champion() or SHIPPED)["version"]
    if not anyway and registry.passed_against(folder) != champion:
        raise Refused(f"The gate has not let {folder} pass against the champion {champion}: run `toxwatch gate`.")
    kept = registry.promote(folder)
    typer.echo(f"{read_card(kept)['version']} is the champion, in {kept}. Next: toxwatch rescore")


def models(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the models trained or promoted here, newest first."""
    from models.training.registry import Registry

    settings = Settings.load(data_dir)
    folder = settings.data_dir / "models"
    known = Registry(folder).models() if Registry.exists(folder) else []
    if as_json:
        return print_json([one._asdict() for one in known])
    rows = [
        [one.version, one.made, one.validation_auc, one.passed_against, "champion" if one.is_champion else ""]
        for one in known
    ]
    console.print(f"Nights are scored with {settings.model_dir}.")
    return print_rows(["model", "trained", "validation AUC", "passed against", ""], rows)


def rescore(data_dir: DataDir = None) -> None:
    """Score all past comments with the champion, newest night first, then switch to it."""
    from jobs.upkeep import rescore

    nights, champion = rescore.run(Settings.load(data_dir))
    console.print(f"{champion} is now in use; {len(nights)} nights were scored with it just now.")


def _prepared(data_dir: Path) -> Path:
    return data_dir / "models" / "labelled.parquet"


def _challenger(data_dir: Path) -> Path:
    return data_dir / "models" / "challenger"


def _data(given: Path | None, data_dir: Path) -> Path:
    place = given or _prepared(data_dir)
    if not place.exists():
        raise ModelError(f"There is no {place}. Name labelled comments with --data, or `toxwatch prepare` them first.")
    return place


def _command(options: dict[str, Any]) -> str:
    """The command that makes this model again."""
    said = [f"--{name}" if value is True else f"--{name} {value}" for name, value in options.items()]
    return " ".join(["toxwatch train --data DATA", *said])
