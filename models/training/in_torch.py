"""The transformer in PyTorch, which trains it fastest: it compiles nothing, and CPUs with AMX or AVX-512 do bfloat16.

The network is a dictionary of tensors under BERT's names, so Keras can be filled with them as with any backbone, and
exports what was trained here.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from queue import Queue
from threading import Thread

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.labels import LABELS, WHO, ModelError
from models.training.encoder import FARTHEST, Shape
from models.training.objective import NEVER, OF_WHO
from models.training.pool import Plan, Pool
from models.training.rate import Clock
from warehouse.files import writing

OUTPUTS = len(LABELS) + len(WHO)
AHEAD = 8  # batches prepared while the GPU works
HEAD_SPREAD = 0.02
SAVED_EVERY = 300.0  # seconds
CHECKED_AT = (1, 10, 100)  # steps of each epoch, beside the last: reading the loss waits for the GPU
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
IN_BFLOAT16 = DEVICE.type == "cuda" or torch.cpu.get_capabilities().get("avx512_bf16", False)


@dataclass(frozen=True)
class Course:
    """How to train."""

    tokens: int
    learning_rate: float
    weight_decay: float
    dropout: float  # on a GPU only: on a CPU it takes as long as all the rest
    seed: int
    seconds: float | None = None  # to stop after; the rate falls with the clock


@dataclass(frozen=True)
class Lesson:
    """What to learn: the targets and weight of each row, and the weight of a positive of each label."""

    truth: np.ndarray
    weight: np.ndarray
    of_labels: Sequence[float]


class Named(nn.Module):
    """Parameters whose names may contain dots."""

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.of = nn.ParameterDict({_key(name): nn.Parameter(torch.tensor(value)) for name, value in tensors.items()})

    def tensor(self, name: str) -> Tensor:
        return self.of[_key(name)]

    def tensors(self) -> dict[str, np.ndarray]:
        return {key.replace("/", "."): value.detach().float().cpu().numpy() for key, value in self.of.items()}

    def linear(self, given: Tensor, name: str) -> Tensor:
        return F.linear(given, self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias"))

    def drop(self, given: Tensor, share: float) -> Tensor:
        return F.dropout(given, share, self.training and given.is_cuda)


class Transformer(Named):
    def __init__(self, shape: Shape, tensors: dict[str, np.ndarray], dropout: float) -> None:
        super().__init__(tensors)
        self.shape, self.dropout = shape, dropout

    def forward(self, ids: Tensor) -> Tensor:
        with torch.autocast(DEVICE.type, enabled=False):  # bfloat16 logits would be rounded to hundredths
            return self.linear(self.drop(self.mean(ids), self.dropout), "head")

    def mean(self, ids: Tensor) -> Tensor:
        is_token = ids > 0
        length = ids.shape[1]
        places = self.tensor("embeddings.position_embeddings.weight")[:length]
        states = F.embedding(ids, self.tensor("embeddings.word_embeddings.weight")) + places
        states = self.drop(self.norm(states, "embeddings.LayerNorm"), self.dropout)
        mask = torch.zeros(ids.shape, device=DEVICE).masked_fill(~is_token, NEVER)[:, None, None, :]
        if self.shape.distances:
            mask = mask + self.nearness(length)
        if torch.is_autocast_enabled(DEVICE.type):
            mask = mask.bfloat16()
        for i in range(self.shape.layers):
            states = self.block(states, mask, f"encoder.layer.{i}")
        present = is_token[..., None].float()
        return (states.float() * present).sum(1) / present.sum(1).clamp(min=1)

    def block(self, states: Tensor, mask: Tensor, name: str) -> Tensor:
        def split(part: str) -> Tensor:
            of_heads = self.linear(states, f"{name}.attention.self.{part}").unflatten(-1, (self.shape.heads, -1))
            return of_heads.transpose(1, 2)

        query, key, value = split("query"), split("key"), split("value")
        # By hand: the gradient of F.scaled_dot_product_attention takes twelve times as long on a CPU.
        heed = torch.softmax(query @ key.transpose(-1, -2) / np.sqrt(query.shape[-1]) + mask, -1)
        mixed = heed.to(value.dtype) @ value
        mixed = self.linear(mixed.transpose(1, 2).flatten(2), f"{name}.attention.output.dense")
        states = self.norm(states + self.drop(mixed, self.dropout), f"{name}.attention.output.LayerNorm")
        inner = self.linear(F.gelu(self.linear(states, f"{name}.intermediate.dense")), f"{name}.output.dense")
        return self.norm(states + self.drop(inner, self.dropout), f"{name}.output.LayerNorm")

    def norm(self, states: Tensor, name: str) -> Tensor:
        weights = self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias")
        return F.layer_norm(states, states.shape[-1:], *weights, self.shape.epsilon)

    def nearness(self, length: int) -> Tensor:
        """What each head adds to its attention for the distance of two tokens (MPNet)."""
        half, near = self.shape.distances // 2, self.shape.distances // 4
        place = torch.arange(length, device=DEVICE)
        ahead = place[None] - place[:, None]
        of = ahead.abs()
        far = near + (torch.log(of.clamp(min=1) / near) / np.log(FARTHEST / near) * (half - near)).long()
        kind = torch.where(of < near, of, far.clamp(max=half - 1)) + torch.where(ahead > 0, half, 0)
        return F.embedding(kind, self.tensor("encoder.relative_attention_bias.weight")).permute(2, 0, 1)[None]


def loss_of(logits: Tensor, given: Tensor, weights: Tensor) -> Tensor:
    """Each row's loss, as in `models.training.objective`."""
    logits, truth, allowed = logits.float(), given[:, : len(LABELS)], given[:, len(LABELS) :]
    known = ~truth.isnan()
    truth = truth.nan_to_num(0.0)
    loss = F.binary_cross_entropy_with_logits(logits[:, : len(LABELS)], truth, reduction="none")
    of_who = logits[:, len(LABELS) :]
    unlikely = of_who.logsumexp(-1) - (of_who + (1 - allowed) * NEVER).logsumexp(-1)
    return (loss * (1 + truth * (weights - 1)) * known).sum(-1) / len(LABELS) + OF_WHO * unlikely


def fit(
    tensors: dict[str, np.ndarray],
    shape: Shape,
    pool: Pool,
    plans: Sequence[Plan],
    course: Course,
    teach: Lesson,
    place: Path,
) -> Iterator[tuple[float, Transformer]]:
    """Fine-tune an encoder; yields the mean loss and the network after each epoch, or when the time is up.

    A stopped run resumes from the state in `place`, and yields nothing for the epochs before it.
    """
    rng = np.random.default_rng(course.seed)
    head = rng.normal(0, HEAD_SPREAD, (OUTPUTS, shape.width)).astype(np.float32)
    network = Transformer(shape, tensors | {"head.weight": head, "head.bias": np.zeros(OUTPUTS, np.float32)},
                          course.dropout).to(DEVICE)  # fmt: skip
    weights, clock = torch.tensor(teach.of_labels, device=DEVICE), Clock(sum(map(len, plans)), course.seconds)
    flat = [one for one in network.parameters() if one.ndim < 2]
    deep = [one for one in network.parameters() if one.ndim >= 2]
    groups = [{"params": deep, "weight_decay": course.weight_decay}, {"params": flat, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, course.learning_rate, fused=True)
    state = State(place / "state.pt", network, optimizer, clock)
    state.read()
    for epoch, plan in enumerate(plans):
        if epoch < state.epoch:
            continue
        network.train()
        batches = _ahead(pool.batches(plan[state.step :], course.tokens, teach.truth, teach.weight))
        for ids, given, counts in batches:
            if clock.is_over():
                break
            for group in optimizer.param_groups:
                group["lr"] = clock.rate(course.learning_rate)
            with torch.autocast(DEVICE.type, torch.bfloat16, enabled=IN_BFLOAT16):
                logits = network(ids)
            loss = (loss_of(logits, given, weights) * counts).sum() / counts.sum()
            if state.step + 1 in CHECKED_AT or state.step + 1 == len(plan):
                check_finite(loss, state.step + 1)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0, error_if_nonfinite=True)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            clock.steps += 1
            state.add(loss)
        yield state.end_epoch(), network.eval()
        if clock.is_over():
            return


class State:
    """Where a run is, written to a file every few minutes."""

    def __init__(self, file: Path, network: Transformer, optimizer: torch.optim.Optimizer, clock: Clock) -> None:
        self._file, self._network, self._optimizer, self._clock = file, network, optimizer, clock
        self.epoch, self.step = 0, 0  # epochs done, and steps of the current one
        self._losses, self._written = torch.zeros((), device=DEVICE), time.monotonic()

    def add(self, loss: Tensor) -> None:
        self._losses += loss.detach()
        self.step += 1
        if time.monotonic() - self._written > SAVED_EVERY:
            self.write()

    def end_epoch(self) -> float:
        """The mean loss of the epoch."""
        mean = float(self._losses) / max(1, self.step)
        self.epoch, self.step = self.epoch + 1, 0
        self._losses.zero_()
        self.write()
        return mean

    def write(self) -> None:
        with writing(self._file) as draft:
            torch.save(
                {
                    "network": self._network.state_dict(),
                    "optimizer": self._optimizer.state_dict(),
                    "epoch": self.epoch,
                    "step": self.step,
                    "losses": self._losses,
                    "steps": self._clock.steps,
                    "seconds": self._clock.seconds(),
                },
                draft,
            )
        self._written = time.monotonic()

    def read(self) -> None:
        if not self._file.exists():
            return
        try:
            found = torch.load(self._file, DEVICE)
            self._network.load_state_dict(found["network"])
            self._optimizer.load_state_dict(found["optimizer"])
        except (OSError, RuntimeError, KeyError, ValueError, UnpicklingError) as error:
            raise ModelError(
                f"The checkpoint {self._file} is damaged ({error}). Delete that folder and start again."
            ) from error
        self.epoch, self.step, self._losses = found["epoch"], found["step"], found["losses"]
        self._clock.resume(found["steps"], found["seconds"])
        print(f"Resuming after epoch {self.epoch}, step {self.step} (from {self._file}).", flush=True)


def check_finite(loss: Tensor, step: int) -> None:
    if not bool(torch.isfinite(loss)):
        raise ModelError(
            f"The loss is {float(loss)} at step {step} of an epoch. Train with a lower learning rate, "
            "and check that the backbone's weights are finite."
        )


def answers(network: Transformer, pool: Pool, tokens: int, rows: int) -> np.ndarray:
    """float32[row, output]: a network's logits for each text of a pool."""
    found = np.zeros((rows, OUTPUTS), np.float32)
    with torch.inference_mode(), torch.autocast(DEVICE.type, torch.bfloat16, enabled=IN_BFLOAT16):
        for places, ids in pool.readings(tokens):
            found[places] = network(torch.from_numpy(ids).to(DEVICE))[: len(places)].float().cpu().numpy()
    return found


def _ahead(batches: Iterator[tuple[np.ndarray, ...]]) -> Iterator[list[Tensor]]:
    """Batches on the device; the next ones are prepared while it works."""
    queue: Queue[list[Tensor] | None] = Queue(AHEAD)

    def fill() -> None:
        for batch in batches:
            tensors = [torch.from_numpy(np.ascontiguousarray(one)) for one in batch]
            queue.put([one.pin_memory() for one in tensors] if DEVICE.type == "cuda" else tensors)
        queue.put(None)

    Thread(target=fill, daemon=True).start()
    while batch := queue.get():
        yield [one.to(DEVICE, non_blocking=True) for one in batch]


def _key(name: str) -> str:
    return name.replace(".", "/")
