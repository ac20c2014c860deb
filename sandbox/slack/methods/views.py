"""views.*: modals and App Home."""

from __future__ import annotations

import json
from typing import Any

from sandbox.slack.blocks import check_view
from sandbox.slack.call import Call
from sandbox.slack.events import view_json
from sandbox.slack.limits import MODAL_STACK, VIEW_BYTES
from sandbox.slack.methods.method import Json, Method, person_of
from sandbox.slack.refusals import Refused, invalid_blocks
from sandbox.slack.state import View
from sandbox.slack.values import initial_values
from sandbox.slack.workspace import Workspace


def view_of(view: Any, kind: str) -> Json:
    """A view's body.

    Raises:
        Refused: it is none, or breaks a rule of Block Kit.
    """
    if not isinstance(view, dict):
        raise Refused(
            "invalid_arguments", response_metadata={"messages": ["[ERROR] missing required field: view"]}
        )
    if problems := check_view(view, kind):
        raise invalid_blocks(problems, "invalid_arguments")
    if len(json.dumps(view)) > VIEW_BYTES:
        raise Refused("view_too_large")
    return view


def new_view(slack: Workspace, user: str, body: Json, below: View | None = None) -> View:
    """A view with ids on everything; ``below`` is the modal that it is put on."""
    view_id = slack.state.new_id("V")
    named = {**body, "blocks": slack.state.named(body["blocks"])}
    root = below.root if below else view_id
    view = View(view_id, user, named, new_hash(slack), root, below.id if below else None)
    view.values = initial_values(named["blocks"])
    return view


def new_hash(slack: Workspace) -> str:
    """A view's version."""
    return f"{slack.clock.timestamp()}.{slack.state.new_id('h')}"


def replace_body(slack: Workspace, view: View, body: Json) -> None:
    """Put something else into a view that is open; inputs that stay keep what was entered."""
    view.body = {**body, "blocks": slack.state.named(body["blocks"])}
    view.hash = new_hash(slack)
    fresh = initial_values(view.body["blocks"])
    for block_id, values in fresh.items():
        values.update({name: kept for name, kept in view.values.get(block_id, {}).items() if name in values})
    view.values = fresh
    kind = "modal" if body["type"] == "modal" else "home"
    slack.feed.tell(kind, only=view.user)


def put_on_top(slack: Workspace, user: str, body: Json) -> View:
    """Open a modal on top of the person's modals.

    Raises:
        Refused: there are three already.
    """
    stack = slack.state.modals[user]
    if len(stack) >= MODAL_STACK:
        raise Refused("push_limit_reached")
    view = new_view(slack, user, body, stack[-1] if stack else None)
    stack.append(view)
    slack.feed.tell("modal", only=user)
    return view


def open_view(slack: Workspace, call: Call) -> Json:
    """views.open."""
    body = view_of(call.json("view"), "modal")
    trigger = slack.triggers.take(call.needed("trigger_id"))
    _refuse_duplicate(slack, body)
    if trigger.view_id is None:
        slack.state.modals[trigger.user].clear()
    return {"view": view_json(put_on_top(slack, trigger.user, body))}


def push(slack: Workspace, call: Call) -> Json:
    """views.push: needs a trigger that came from inside a modal."""
    body = view_of(call.json("view"), "modal")
    trigger = slack.triggers.take(call.needed("trigger_id"))
    _refuse_duplicate(slack, body)
    if not slack.state.modals[trigger.user]:
        raise Refused("not_found")
    return {"view": view_json(put_on_top(slack, trigger.user, body))}


def _refuse_duplicate(slack: Workspace, body: Json) -> None:
    if (wanted := body.get("external_id")) and any(
        one.body.get("external_id") == wanted for one in slack.state.all_views()
    ):
        raise Refused("duplicate_external_id")


def update(slack: Workspace, call: Call) -> Json:
    """views.update: by id or external id; a hash that is not the present one is refused."""
    view = next((one for one in slack.state.all_views() if _is(one, call)), None)
    if view is None:
        raise Refused("not_found")
    body = view_of(call.json("view"), view.body["type"])
    _check_hash(view, call)
    replace_body(slack, view, body)
    return {"view": view_json(view)}


def _is(view: View, call: Call) -> bool:
    wanted_id, wanted_external = call.text("view_id"), call.text("external_id")
    return view.id == wanted_id or bool(wanted_external and view.body.get("external_id") == wanted_external)


def _check_hash(view: View, call: Call) -> None:
    if (wanted := call.text("hash")) and wanted != view.hash:
        raise Refused("hash_conflict")


def publish(slack: Workspace, call: Call) -> Json:
    """views.publish: a person's App Home."""
    if not slack.manifest.home_tab:
        raise Refused("not_enabled")
    person = person_of(call, "user_id")
    body = view_of(call.json("view"), "home")
    home = slack.state.homes.get(person.id)
    if home is None:
        home = slack.state.homes[person.id] = new_view(slack, person.id, body)
        slack.feed.tell("home", only=person.id)
    else:
        _check_hash(home, call)
        replace_body(slack, home, body)
    return {"view": view_json(home)}


METHODS = {
    "views.open": Method(open_view),
    "views.push": Method(push),
    "views.update": Method(update),
    "views.publish": Method(publish),
}
