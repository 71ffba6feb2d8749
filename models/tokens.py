"""An encoder's view of a text: the tokens of its own tokeniser, once spelling is mended."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordPiece

from models.spelling import Spelling
from models.words import filled

LONGEST = 256  # tokens; a longer text loses its middle
TOKENIZER = "tokenizer.json"
WORD_BEGINS = ("Ġ", "▁")  # of BPE and of SentencePiece; WordPiece marks what goes on instead
PADDINGS, UNKNOWNS = ("[PAD]", "<pad>"), ("[UNK]", "<unk>")


class Tokens:
    def __init__(self, folder: Path, longest: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.longest = longest
        self.size = self._tokenizer.get_vocab_size()
        self.padding = self._number_of(PADDINGS)
        self.spelling = Spelling.read(folder, self.whole_words())

    def write(self, folder: Path) -> None:
        self._tokenizer.save(str(folder / TOKENIZER), pretty=False)
        self.spelling.write(folder)

    def encode(self, text: str) -> list[int]:
        return self._ours(self._tokenizer.encode(self.spelling.mended(text)).ids)

    def batch(self, texts: Sequence[str]) -> np.ndarray:
        """int32[text, token], padded with zeros to the longest."""
        return filled(self.encode_all(texts))

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        mended = [self.spelling.mended(text) for text in texts]
        return [self._ours(one.ids) for one in self._tokenizer.encode_batch_fast(mended)]

    split = encode_all  # an exported network is given these numbers as they are

    def inputs(self, rows: Sequence[Sequence[int]]) -> dict[str, np.ndarray]:
        """What an exported network is given."""
        return {"ids": filled(rows)}

    def numbered(self, text: str) -> str | None:
        """The tokens between the first and the last by number, as `t17 t4`; None where the text is too long."""
        ids = self._tokenizer.encode(self.spelling.mended(text)).ids
        return None if len(ids) > self.longest else " ".join(f"t{i}" for i in self._ours(ids)[1:-1])

    def number_names(self) -> list[str]:
        """What `numbered` calls each token, in BERT's names where BERT has one."""
        (first, last), unknown = self.encode(""), self._number_of(UNKNOWNS)
        names = {first: "[CLS]", last: "[SEP]", unknown: "[UNK]", 0: "[PAD]"}
        return [names.get(i, f"t{i}") for i in range(self.size)]

    def _number_of(self, names: Sequence[str]) -> int:
        """Of the first of these tokens that there is."""
        return next(filter(None, map(self._tokenizer.token_to_id, names)), 0)

    def numbers(self) -> None:
        """None: the network takes token ids as they are."""

    def whole_words(self) -> list[str]:
        """The words that are one token, in the tokeniser's order, which is roughly that of frequency."""
        words = self.pieces()
        if not self.are_word_pieces:
            words = [piece[1:] for piece in words if piece.startswith(WORD_BEGINS)]
        return [word for word in words if word.isalpha() and len(word) > 1]

    @property
    def are_word_pieces(self) -> bool:
        return isinstance(self._tokenizer.model, WordPiece)

    def pieces(self) -> list[str]:
        """What each token id stands for."""
        known = self._tokenizer.get_vocab()
        return sorted(known, key=lambda piece: known[piece])

    def _ours(self, ids: list[int]) -> list[int]:
        """With 0 as padding, and without the middle of a text that is too long."""
        if self.padding:
            ids = [self.padding if i == 0 else 0 if i == self.padding else i for i in ids]
        if len(ids) <= self.longest:
            return ids
        tail = self.longest // 4
        return ids[: self.longest - tail] + ids[-tail:]
