"""The optional extra: refused when its files are others; a forward pass that equals one written plainly."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.voice import embedding
from scoring.voice.embedding import EmbeddingUnavailableError, MiniLM, installed_embedding, load_embedding

WIDTH, INNER, LAYERS, HEADS = 8, 12, 2, 2


def test_without_the_extra_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "PACKAGE", "a_package_that_nobody_has")
    assert installed_embedding() is None


def test_missing_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingUnavailableError, match=r"model\.safetensors cannot be read"):
        load_embedding(tmp_path)


def test_files_with_another_hash_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights of somebody")
    (tmp_path / "tokenizer.json").write_bytes(b"{}")
    with pytest.raises(EmbeddingUnavailableError, match="its hash differs"):
        load_embedding(tmp_path)
    monkeypatch.setattr(embedding, "WEIGHTS_HASH", hashlib.sha256(b"weights of somebody").hexdigest())
    with pytest.raises(EmbeddingUnavailableError, match=r"tokenizer\.json is not the one"):
        load_embedding(tmp_path)


class _Splitter:
    """Words to numbers: their lengths."""

    def encode_batch(self, texts: list[str]) -> list[Any]:
        return [type("Encoding", (), {"ids": [1, *map(len, text.split()), 2]}) for text in texts]


def _tensors() -> dict[str, Any]:
    draw = np.random.default_rng(7)

    def some(*shape: int) -> Any:
        return draw.normal(scale=0.5, size=shape).astype(np.float32)

    tensors = {
        "embeddings.word_embeddings.weight": some(12, WIDTH),
        "embeddings.position_embeddings.weight": some(16, WIDTH),
        "embeddings.token_type_embeddings.weight": some(2, WIDTH),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
        shapes = {f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
        shapes |= {
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (INNER, WIDTH),
            "output.dense": (WIDTH, INNER),
        }
        for part, (out, into) in shapes.items():
            tensors |= {f"{name}.{part}.weight": some(out, into), f"{name}.{part}.bias": some(out)}
    for name in norms:
        tensors |= {f"{name}.weight": some(WIDTH), f"{name}.bias": some(WIDTH)}
    return tensors


def _plainly(ids: list[int], tensors: dict[str, Any]) -> list[float]:
    """The same transformer, a number at a time."""

    def norm(row: list[float], name: str) -> list[float]:
        mean = sum(row) / len(row)
        spread = math.sqrt(sum((one - mean) ** 2 for one in row) / len(row) + 1e-12)
        weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        return [float((one - mean) / spread * weight[at] + bias[at]) for at, one in enumerate(row)]

    def linear(row: list[float], name: str) -> list[float]:
        weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        return [
            float(sum(one * w for one, w in zip(row, line, strict=True)) + b)
            for line, b in zip(weight, bias, strict=True)
        ]

    def added(one: list[float], other: list[float]) -> list[float]:
        return [a + b for a, b in zip(one, other, strict=True)]

    words, places = (
        tensors["embeddings.word_embeddings.weight"],
        tensors["embeddings.position_embeddings.weight"],
    )
    kind = tensors["embeddings.token_type_embeddings.weight"][0]
    rows = [
        norm([float(x) for x in words[one] + places[at] + kind], "embeddings.LayerNorm")
        for at, one in enumerate(ids)
    ]
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        query, key, value = (
            [linear(row, f"{name}.attention.self.{part}") for row in rows]
            for part in ("query", "key", "value")
        )
        mixed = []
        for at in range(len(rows)):
            row = []
            for head in range(HEADS):
                part = range(head * WIDTH // HEADS, (head + 1) * WIDTH // HEADS)
                scores = [
                    math.exp(sum(query[at][i] * key[to][i] for i in part) / math.sqrt(WIDTH / HEADS))
                    for to in range(len(rows))
                ]
                row += [
                    sum(score * value[to][i] for to, score in enumerate(scores)) / sum(scores) for i in part
                ]
            mixed.append(row)
        rows = [
            norm(
                added(row, linear(new, f"{name}.attention.output.dense")),
                f"{name}.attention.output.LayerNorm",
            )
            for row, new in zip(rows, mixed, strict=True)
        ]
        for at, row in enumerate(rows):
            wide = [
                one * (1 + math.erf(one / math.sqrt(2))) / 2
                for one in linear(row, f"{name}.intermediate.dense")
            ]
            rows[at] = norm(added(row, linear(wide, f"{name}.output.dense")), f"{name}.output.LayerNorm")
    mean = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    length = math.sqrt(sum(one * one for one in mean))
    return [one / length for one in mean]


def test_the_forward_pass_equals_one_written_plainly() -> None:
    tensors = _tensors()
    model = MiniLM(tensors, _Splitter(), layers=LAYERS, heads=HEADS)
    texts = ["a bb ccc", "dddd", "a bb ccc", "ee ff"]
    vectors = model.vectors(texts)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(vector, _plainly([1, *map(len, text.split()), 2], tensors), atol=2e-5)
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)  # wherever it stands in a batch
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_no_sentences_have_no_vectors() -> None:
    assert MiniLM(_tensors(), _Splitter(), layers=LAYERS, heads=HEADS).vectors([]).shape == (0, WIDTH)
