"""The commands to make and release a model: prepare, train, evaluate, gate, promote, rescore."""

import json
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.commands.options import AsJson, DataDir, print_changes, print_json, print_rows
from jobs.config.settings import SHIPPED, Settings
from jobs.console import console
from models.labels import ModelError, Refused
from warehouse.files import write_atomically

BILSTM, TRANSFORMER = (SHIPPED.with_name(name) for name in ("bilstm", "transformer"))

Data = Annotated[
    Path | None,
    typer.Option(
        help="Output of `toxwatch prepare`, or a folder of labelled comments (see prepare).",
        show_default="models/labelled.parquet in the data folder",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(help="Folder to write the model to.", show_default="models/challenger in the data folder"),
]
Model = Annotated[
    Path | None, typer.Argument(help="Model folder.", show_default="models/challenger in the data folder")
]


def prepare(
    data: Annotated[
        Path,
        typer.Option(
            help="Folder of labelled comments: the Jigsaw CSVs, or files described in models/training/sources/."
        ),
    ],
    sample: Annotated[
        int | None,
        typer.Option(min=100, help="Keep at most this many comments of each part, and ten times as many to train on."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Clean and de-duplicate labelled comments, and create a fixed train/validation/test split.

    Example: toxwatch prepare --data labelled/
    """
    from models.labels import LABELS
    from models.training import data as labelled

    home = Settings.load(data_dir).data_dir
    rows = labelled.prepare(data, _prepared(home), sample)
    counts = rows.groupby(["source", "part"]).size().unstack(fill_value=0)
    typer.echo(counts.to_string())
    typer.echo("\n" + rows.groupby("part")[list(LABELS)].sum().astype(int).to_string())
    typer.echo(f"\nWrote {_prepared(home)} ({len(rows):,} comments). Next: toxwatch train")


def train(
    data: Data = None,
    kind: Annotated[str, typer.Option(help="bilstm or transformer.")] = "bilstm",
    output: Output = None,
    backbone: Annotated[
        str | None,
        typer.Option(
            help="BERT, DistilBERT or RoBERTa encoder (Hugging Face folder or name): fine-tuned as a transformer, or "
            "used for a BiLSTM's word vectors."
        ),
    ] = None,
    glove: Annotated[
        Path | None, typer.Option(help="GloVe text file for a BiLSTM's word vectors, instead of --backbone.")
    ] = None,
    teacher: Annotated[
        list[Path] | None, typer.Option(help="Folder of a better model to learn from (distillation). Can be repeated.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Train only on comments in this language, e.g. en for an English encoder.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Maximum number of epochs; the best one is kept.")
    ] = None,
    imbalance: Annotated[
        str | None, typer.Option(help="How to handle rare categories: none, weights, focal, sampling or smote.")
    ] = None,
    embedding: Annotated[int | None, typer.Option(min=8, max=300, help="Width of a BiLSTM's word vectors.")] = None,
    tokens: Annotated[
        int | None, typer.Option(min=64, help="Number of words or tokens per batch; fewer need less memory.")
    ] = None,
    accumulate: Annotated[int | None, typer.Option(min=1, help="Number of batches per gradient step.")] = None,
    mixed: Annotated[bool | None, typer.Option("--mixed", help="Use bfloat16 (faster on supported hardware).")] = None,
    composed: Annotated[
        int | None, typer.Option(min=0, help="Number of extra sentences to generate from templates.toml.")
    ] = None,
    echoes: Annotated[
        int | None, typer.Option(min=0, help="Number of sentences without labels that a BiLSTM's teacher scores.")
    ] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Train on only this many rows.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.01, help="Stop after this time; the learning rate falls with the clock.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Train a BiLSTM or fine-tune a transformer on labelled comments.

    Example: toxwatch train --kind transformer --backbone BACKBONE --epochs 2

    Every run is recorded; to see them: mlflow ui --backend-store-uri sqlite:///data/models/mlflow.db
    """
    from models.scorer import network
    from models.training import data as labelled
    from models.training import learner, train
    from models.training.encoder import find_encoder
    from models.training.registry import Registry

    home = Settings.load(data_dir).data_dir
    if kind not in ("bilstm", "transformer"):
        raise ModelError(f"--kind must be bilstm or transformer (got {kind}).")
    options: dict[str, Any] = {
        "epochs": epochs,
        "imbalance": imbalance,
        "embedding": embedding,
        "tokens": tokens,
        "accumulate": accumulate,
        "mixed": mixed,
        "composed": composed,
        "echoes": echoes,
        "sample": sample,
        "minutes": minutes,
        "language": language,
        "seed": seed,
    }
    options = {name: value for name, value in options.items() if value is not None}
    starting_point = {"backbone": "BACKBONE"} if backbone else {"glove": "GLOVE"} if glove else {}
    starting_point |= {"teacher": "TEACHER"} if teacher else {}
    command = _command({"kind": kind} | starting_point | options)
    settings = replace(learner.TRANSFORMER if kind == "transformer" else learner.BILSTM, **options)
    encoder, teachers = find_encoder(backbone) if backbone else None, [network(folder) for folder in teacher or ()]
    if kind == "bilstm":
        fit = partial(train.train_bilstm, vectors=learner.Vectors(encoder, glove), teachers=teachers)
    elif encoder:
        fit = partial(train.train_transformer, backbone=encoder, teachers=teachers)
    else:
        raise ModelError("A transformer needs --backbone (the encoder to fine-tune).")
    rows, place = labelled.labelled(_data(data, home)), output or _challenger(home)
    registry = Registry(home / "models")
    with registry.run({"kind": kind, "command": command} | asdict(settings)) as run:

        def watch(epoch: dict[str, float]) -> None:
            learner.print_epoch(epoch)
            registry.log_epoch(run, epoch)

        card = fit(rows, place, settings=settings, command=command, watch=watch)
        registry.save(run, place)
    typer.echo(f"Wrote {place} ({card['version']}): validation AUC {card['validation_auc']:.4f}")


def cascade(
    fast: Annotated[Path, typer.Option(help="Folder of the fast model, which reads every comment.")] = BILSTM,
    slow: Annotated[Path, typer.Option(help="Folder of the slow model, which re-checks doubtful ones.")] = TRANSFORMER,
    data: Data = None,
    output: Output = None,
    link: Annotated[
        bool, typer.Option("--link", help="Refer to the two model folders instead of copying them.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Combine a fast and a slow model: nearly as accurate as the slow one, nearly as fast as the fast one."""
    from models.training import cascade
    from models.training import data as labelled
    from models.training.registry import Registry

    home = Settings.load(data_dir).data_dir
    rows, place = labelled.labelled(_data(data, home)), output or _challenger(home)
    card = cascade.join(fast, slow, rows, place, "toxwatch cascade --data DATA", link)
    if not link:
        registry = Registry(home / "models")
        with registry.run({"kind": "cascade", "command": card["command"]}) as run:
            registry.save(run, place)
    typer.echo(
        f"Wrote {place} ({card['version']}): the slow model re-checks {card['read_share']:.1%} of unfiltered comments; "
        f"AUC loss relative to it alone: {card['auc_loss']}"
    )


def evaluate(
    model: Annotated[
        Path | None,
        typer.Argument(help="Model folder.", show_default="the challenger in the data folder, or the shipped model"),
    ] = None,
    data: Data = None,
    release: Annotated[
        bool, typer.Option("--release", help="Also run the cases kept for the last test before a release.")
    ] = False,
    sample: Annotated[
        int | None,
        typer.Option(
            min=1000,
            help="Test on at most this many comments of each part; the baseline learns from ten times as many.",
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Test a model on held-out comments, trick cases and disguised words, at the thresholds that flag them.

    Also writes all figures to models/reports in the data folder, as JSON and as a page with charts. The dashboard shows
    those of the model in use.
    """
    from models import scorer
    from models.training import by_language, evaluate, report
    from models.training import data as labelled
    from models.training.registry import Registry
    from warehouse.policies import read_policies

    settings = Settings.load(data_dir)
    home = settings.data_dir
    challenger = _challenger(home)
    folder = model or (challenger if challenger.exists() else SHIPPED)
    judged = scorer.load(folder)
    judged.thresholds = read_policies(settings.policies_file).thresholds(judged.thresholds)
    rows = labelled.labelled(_data(data, home))
    figures = evaluate.evaluate(judged, labelled.sampled(rows, sample) if sample else rows)
    typer.echo(evaluate.as_text(figures))
    if release:
        typer.echo(
            "\nCases kept for releases:\n\n" + evaluate.cases_abroad(by_language.cases(judged, by_language.KEPT))
        )
    place = home / "models" / "reports"
    place.mkdir(parents=True, exist_ok=True)
    as_json, page = place / f"{figures['model']}.json", place / f"{figures['model']}.html"
    write_atomically(as_json, json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    report.write(figures, page)
    Registry(home / "models").log_figures(folder, figures, [as_json, page])
    typer.echo(f"\nReport with charts: {page}")


def gate(model: Model = None, data: Data = None, data_dir: DataDir = None) -> None:
    """Compare a challenger with the current model (champion); reject it if it is worse, and say where."""
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
        verdict = f"worse by more than {MARGINS[one.kind]}" if one.is_worse else "ok"
        typer.echo(f"{one.what:48}{one.champion:>9.4f} → {one.challenger:.4f}  {verdict}")
    if worse := [one.what for one in compared if one.is_worse]:
        raise Refused(
            f"Rejected {challenger.version}: it is worse than {champion.version} in {'; '.join(worse)}. "
            "To promote it anyway, run `toxwatch promote --anyway`."
        )
    registry.note_pass(folder, champion.version)
    typer.echo(f"{challenger.version} passed against {champion.version}. Next: toxwatch promote")


def promote(
    model: Model = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Promote even if the gate rejected it.")] = False,
    back: Annotated[
        str | None, typer.Option(help="Go back to a model that was in production before: its version.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Put a model that passed the gate into production; `toxwatch rescore` then switches to it."""
    from jobs.upkeep import champions
    from models.card import read_card
    from models.training.registry import Registry

    settings = Settings.load(data_dir)
    home = settings.data_dir
    if back:
        typer.echo(f"Put {back} back (in {champions.put_back(settings, back)}). Next: toxwatch rescore")
        return
    registry, folder = Registry(home / "models"), model or _challenger(home)
    champion = read_card(registry.champion() or SHIPPED)["version"]
    if not anyway and registry.passed_against(folder) != champion:
        raise Refused(
            f"{folder} has not passed the gate against the current model {champion}. Run `toxwatch gate` first."
        )
    promoted = registry.promote(folder)
    typer.echo(f"Promoted {read_card(promoted)['version']} (in {promoted}). Next: toxwatch rescore")


def models(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the models trained or promoted here, newest first, and the one that came with Toxwatch."""
    from jobs.upkeep import champions

    settings = Settings.load(data_dir)
    known = champions.known(settings)
    if as_json:
        return print_json([one._asdict() for one in known])
    rows = [
        [one.version, one.made, one.validation_auc, one.passed_against, one.promoted,
         "champion" if one.is_champion else ""]
        for one in known
    ]  # fmt: skip
    console.print(f"In use: {settings.model_dir}")
    return print_rows(["model", "trained", "validation AUC", "passed against", "promoted", ""], rows)


def rescore(data_dir: DataDir = None) -> None:
    """Score all past comments with the champion, newest night first, then switch to it; say what changed."""
    from jobs.upkeep import rescore
    from warehouse import build

    settings = Settings.load(data_dir)
    folder = settings.data_dir / "warehouse"
    before = build.current(folder) if build.versions(folder) else None  # none before the first night
    nights, champion = rescore.run(settings)
    console.print(f"Scored {len(nights)} night{'' if len(nights) == 1 else 's'} with {champion}, which is now in use.")
    if before:
        print_changes(before, build.current(folder))


def _prepared(data_dir: Path) -> Path:
    return data_dir / "models" / "labelled.parquet"


def _challenger(data_dir: Path) -> Path:
    return data_dir / "models" / "challenger"


def _data(path: Path | None, data_dir: Path) -> Path:
    place = path or _prepared(data_dir)
    if not place.exists():
        raise ModelError(f"{place} not found. Run `toxwatch prepare` first, or pass labelled comments with --data.")
    return place


def _command(options: dict[str, Any]) -> str:
    """The command that reproduces this model."""
    flags = [f"--{name}" if value is True else f"--{name} {value}" for name, value in options.items()]
    return " ".join(["toxwatch train --data DATA", *flags])
