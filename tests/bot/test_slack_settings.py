"""Which way Slack takes, and the keys, as the environment says."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.app.errors import ConfigurationError
from bot.settings import Settings, load_settings

FIRST, SECOND, THIRD = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # no .env is read


def loaded(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"BELLWETHER_{name}", value)
    return load_settings()


@pytest.mark.parametrize(
    ("values", "over_http"),
    [
        ({}, False),
        ({"SLACK__APP_TOKEN": "xapp-1"}, False),
        ({"SLACK__SIGNING_SECRET": "s"}, True),
        ({"SLACK__SIGNING_SECRET": "s", "SLACK__APP_TOKEN": "xapp-1"}, False),
        ({"SLACK__SIGNING_SECRET": "s", "SLACK__APP_TOKEN": "xapp-1", "SLACK_MODE": "http"}, True),
        ({"SLACK__SIGNING_SECRET": "s", "SLACK_MODE": "socket"}, False),
    ],
)
def test_which_way_slack_takes(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], over_http: bool
) -> None:
    assert loaded(monkeypatch, **values).slack_over_http is over_http


def test_another_way_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="BELLWETHER_SLACK_MODE"):
        loaded(monkeypatch, SLACK_MODE="pigeon")


def test_the_first_key_seals_and_each_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch, SECRET_KEY=FIRST, FORMER_SECRET_KEYS=f"{SECOND}, {THIRD}")
    assert settings.sealing_keys == (FIRST, SECOND, THIRD)
    assert not any(key in repr(settings) for key in (FIRST, SECOND, THIRD))


def test_two_secrets_while_one_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded(monkeypatch, SLACK__SIGNING_SECRET="new,old").slack.signing_secrets == ("new", "old")


@pytest.mark.parametrize("name", ["SECRET_KEY", "FORMER_SECRET_KEYS"])
def test_a_key_that_is_none_is_refused_without_saying_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"BELLWETHER_{name}") as refused:
        loaded(monkeypatch, **{name: "not-a-key-4711"})
    assert "4711" not in str(refused.value)
