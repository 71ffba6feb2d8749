"""Word vectors from an encoder or from GloVe: read right, and refused where they are wrong."""

import json
from math import erf
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from models.encoder import build_encoder
from models.labels import ModelError
from models.tokens import Tokens
from models.vectors import encoder_vectors, encoder_words, glove_vectors

WIDTH, HEADS, INNER, LAYERS, PLACES = 8, 2, 16, 2, 32
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "garden", "idiot", "lovely", "##s", "the", "you", "are"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoders") / "tiny"
    write_encoder(folder)
    return folder


def write_encoder(folder: Path) -> None:
    """A two-layer encoder with random weights, in Hugging Face layout."""
    folder.mkdir()
    config = {"model_type": "bert", "num_hidden_layers": LAYERS, "hidden_size": WIDTH, "num_attention_heads": HEADS,
              "intermediate_size": INNER, "vocab_size": len(WORDS), "max_position_embeddings": PLACES,
              "layer_norm_eps": 1e-12}  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    save(folder / "model.safetensors", random_tensors())


def random_tensors() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    shapes = {"embeddings.word_embeddings.weight": (len(WORDS), WIDTH),
              "embeddings.position_embeddings.weight": (PLACES, WIDTH),
              "embeddings.token_type_embeddings.weight": (2, WIDTH)}  # fmt: skip
    norms = ["embeddings.LayerNorm"]
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
        square = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
        sizes = dict.fromkeys(square, (WIDTH, WIDTH))
        sizes |= {"intermediate.dense": (INNER, WIDTH), "output.dense": (WIDTH, INNER)}
        for name, (to, of) in sizes.items():
            shapes |= {f"{layer}.{name}.weight": (to, of), f"{layer}.{name}.bias": (to,)}
    for name in norms:
        shapes |= {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}
    return {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}


def save(path: Path, tensors: dict[str, np.ndarray]) -> None:
    header, content = {}, b""
    for name, tensor in tensors.items():
        end = len(content) + tensor.nbytes
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(content), end]}
        content += tensor.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)


def bert(ids: list[int]) -> np.ndarray:
    """BERT in NumPy, one text, written apart from the Keras one."""
    t = random_tensors()

    def dense(x: np.ndarray, name: str) -> np.ndarray:
        return x @ t[f"{name}.weight"].T + t[f"{name}.bias"]

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * t[f"{name}.weight"] + t[f"{name}.bias"]

    x = t["embeddings.word_embeddings.weight"][ids] + t["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + t["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        q, k, v = (
            dense(x, f"{layer}.attention.self.{part}").reshape(len(ids), HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = np.exp(q @ k.transpose(0, 2, 1) / np.sqrt(WIDTH / HEADS))
        mixed = ((scores / scores.sum(-1, keepdims=True)) @ v).transpose(1, 0, 2).reshape(len(ids), WIDTH)
        x = norm(x + dense(mixed, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
        inner = dense(x, f"{layer}.intermediate.dense")
        inner = inner * 0.5 * (1 + np.vectorize(erf)(inner / np.sqrt(2)))
        x = norm(x + dense(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    return x


def test_the_encoder_is_bert_whatever_the_padding(folder: Path) -> None:
    tokens = Tokens(folder, longest=32)
    texts = ["You are the idiots", "lovely garden of the unknown you are"]
    states = build_encoder(folder).predict_on_batch(tokens.batch(texts))
    for row, ids in zip(states, map(tokens.encode, texts), strict=True):
        np.testing.assert_allclose(row[: len(ids)], bert(ids), atol=1e-5)


def test_a_long_text_loses_its_middle(folder: Path) -> None:
    ids = Tokens(folder, longest=8).encode("the garden " * 20 + "you idiot")
    assert len(ids) == 8
    assert ids[0] == WORDS.index("[CLS]")
    assert ids[-2:] == [WORDS.index("idiot"), WORDS.index("[SEP]")]


def test_vectors_are_the_encoders_main_directions(folder: Path) -> None:
    assert encoder_words(folder) == ["garden", "idiot", "lovely", "the", "you", "are"]
    vectors = encoder_vectors(folder, ["garden", "idiot", "gardens", "lovely", "the"], 3)
    assert vectors.shape == (5, 3)
    assert vectors.std() == pytest.approx(0.2, abs=1e-3)
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=1e-5)


def test_a_folder_that_is_no_encoder_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lacks config\.json, model\.safetensors, tokenizer\.json"):
        build_encoder(tmp_path)
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_text("")
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(ModelError, match="is a gpt2"):
        build_encoder(tmp_path)


def test_glove_is_read_by_width_and_coverage(tmp_path: Path) -> None:
    file = tmp_path / "glove.txt"
    file.write_text("garden 0.1 0.2\nidiot -0.3 0.4\n. . 1 2\n")
    np.testing.assert_allclose(glove_vectors(file, ["idiot", "garden"], 2), [[-0.3, 0.4], [0.1, 0.2]])
    with pytest.raises(ModelError, match="line 1: expected a word and 3 numbers"):
        glove_vectors(file, ["idiot"], 3)
    with pytest.raises(ModelError, match="expected a word and 1 numbers"):
        glove_vectors(file, ["idiot"], 1)
    with pytest.raises(ModelError, match="knows 1 of the 3 words"):
        glove_vectors(file, ["idiot", "jardin", "schön"], 2)
