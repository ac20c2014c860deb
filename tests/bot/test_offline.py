"""``bellwether score --transactions``: files in, a file out, no database."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bot import cli

DOCUMENT = """\
version: 1
segmentations:
  - name: Spend
    scores: 2
    labels:
      - {name: Big, when: total_spend >= 1000}
      - {name: Small, when: purchases >= 1}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.yaml").write_text(DOCUMENT)
    (tmp_path / "deals.csv").write_text(
        "account_id,occurred_on,amount,stage\n007,2026-01-02,1200.50,Closed Won\n8,2026-01-03,5,Closed Won\n"
    )
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["bellwether", "score", *arguments])
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_files_are_scored(folder: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    frame = pd.read_csv(folder / "deals.csv", dtype=str)
    frame.to_parquet(folder / "deals.parquet")
    code, out, _ = run(
        capsys, "--transactions", f"deals.{kind}", "--config", "b.yaml", "--as-of", "2026-02-01",
        "--out", f"out.{kind}", "--json",
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["labels"] == {"Big": 1, "Small": 1}
    read = (
        pd.read_parquet(folder / "out.parquet")
        if kind == "parquet"
        else pd.read_csv(folder / "out.csv", dtype=str)
    )
    assert list(read["account_id"]) == ["007", "8"]
    assert list(read["total_spend"]) == ["1200.50", "5.00"]
    assert not (folder / "bellwether.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--transactions", "none.csv", "--config", "b.yaml"), "none.csv cannot be read"),
        (("--transactions", "deals.csv", "--config", "none.yaml"), "none.yaml cannot be read"),
        (("--transactions", "deals.csv", "--config", "b.yaml", "--out", "x.txt"), "neither CSV nor Parquet"),
        (("Nobody", "--transactions", "deals.csv", "--config", "b.yaml"), "no segmentation 'Nobody'"),
        (("--accounts", "deals.csv"), "belong to --transactions"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    code, _, err = run(capsys, *arguments)
    assert code == 1
    assert words in " ".join(err.split())
    assert "Traceback" not in err
