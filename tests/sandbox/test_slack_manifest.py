"""The product's Slack app manifest: Slack's own schema accepts it, and it asks for what is used."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from bot.slack import ids
from bot.slack.listeners.workflow_step import outputs_of
from sandbox.slack.manifest import ManifestError, read_manifest
from sandbox.slack.web_api import METHODS
from tests.support.fake_services import account, list_answer
from tests.support.slack_sandbox import MANIFEST

SCHEMA = Path(__file__).parents[1] / "data/slack-manifest-schema/manifest.schema.2.0.0.json"


def test_the_manifest_validates_against_slacks_schema() -> None:
    schema = json.loads(SCHEMA.read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    document = YAML(typ="safe").load(MANIFEST)
    assert [error.message for error in validator.iter_errors(document)] == []
    document["features"]["slash_commands"][0]["command"] = 7
    assert list(validator.iter_errors(document)) != []
    assert (SCHEMA.parent / "LICENSE").read_text().startswith("MIT License")


def test_the_manifest_has_what_the_product_needs() -> None:
    app = read_manifest(MANIFEST)
    assert (app.name, app.socket_mode, app.interactive, app.home_tab) == ("Bellwether", True, True, True)
    removed = {"app_uninstalled", "tokens_revoked"}
    surfaces = {"function_executed", "link_shared"}
    assert set(app.events) == {"app_mention", "message.im", "app_home_opened"} | removed | surfaces
    assert {(one.callback_id, one.type) for one in app.shortcuts} == {
        (ids.ASK_SHORTCUT, "global"),
        (ids.LOG_SHORTCUT, "message"),
    }
    step = app.functions[ids.FIND_ACCOUNTS]
    assert step.required == ("question", "person")
    assert set(step.promised) == outputs_of(list_answer(account("Konex"))).keys()
    assert "crm.zoho.com" in app.unfurl_domains
    assert list(app.commands) == ["/bellwether"]
    unused = {"reactions:write", "team:read", "channels:join"}
    needed = {method.scope for method in METHODS.values() if method.scope} - unused
    assert needed <= set(app.scopes)


def test_the_lines_that_make_it_an_agent_fit_too() -> None:
    text = MANIFEST.read_text()
    lines = [one.removeprefix("# ") for one in text.splitlines() if one.startswith("#   agent")]
    lines += [one.removeprefix("# ") for one in text.splitlines() if one.startswith("#     agent")]
    document = YAML(typ="safe").load(text)
    document["features"] |= YAML(typ="safe").load("\n".join(lines))
    schema = json.loads(SCHEMA.read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert "agent_view" in document["features"]
    assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize("text", ["", "features: [", "- a\n", "features: {}\n"])
def test_what_is_no_manifest_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(text)
    with pytest.raises(ManifestError, match="manifest"):
        read_manifest(path)
