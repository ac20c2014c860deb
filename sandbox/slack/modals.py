"""What happens when a modal is submitted: Slack's own checks, and the app's answer."""

from __future__ import annotations

from typing import Any

from sandbox.slack.methods.views import put_on_top, replace_body, view_of
from sandbox.slack.refusals import Refused
from sandbox.slack.state import View
from sandbox.slack.values import UnknownChoiceError, elements_of, entered, is_empty
from sandbox.slack.workspace import Workspace

Json = dict[str, Any]
TROUBLE = "We had some trouble connecting. Try again?"


def complaints(view: View, values: Json) -> dict[str, str]:
    """Take what was entered into the view; what Slack itself objects to, by block."""
    found: dict[str, str] = {}
    for block, element in elements_of(view.body["blocks"]):
        if block["type"] != "input":
            continue
        block_id, action_id = block["block_id"], element["action_id"]
        if action_id in (given := values.get(block_id) or {}):
            try:
                view.values[block_id][action_id] = entered(element, given[action_id])
            except UnknownChoiceError as error:
                found[block_id] = str(error)
                continue
        if objection := _objection(block, element, view.values[block_id][action_id]):
            found[block_id] = objection
    return found


def _objection(block: Json, element: Json, value: Json) -> str | None:
    if is_empty(value):
        return None if block.get("optional") else "Please complete this required field."
    written = value.get("value")
    if not isinstance(written, str):
        return None
    if element["type"] == "number_input":
        return _number_objection(element, written)
    if len(written) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    if len(written) > element.get("max_length", 3000):
        return f"Please enter at most {element.get('max_length', 3000)} characters."
    return None


def _number_objection(element: Json, written: str) -> str | None:
    try:
        number = float(written)
    except ValueError:
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and not number.is_integer():
        return "Please enter a whole number."
    least, most = float(element.get("min_value", "-inf")), float(element.get("max_value", "inf"))
    return None if least <= number <= most else f"Please enter a number from {least:g} to {most:g}."


def apply_answer(slack: Workspace, view: View, answer: Json) -> Json:
    """Do what the app answered; what the person is told."""
    try:
        errors = _apply(slack, view, answer)
    except Refused as refused:
        slack.refusals.note("view_submission", refused.error, slack.clock.now().isoformat())
        return {"ok": False, "error": TROUBLE}
    slack.feed.tell("modal", only=view.user)
    return {"errors": errors} if errors else {"ok": True}


def _apply(slack: Workspace, view: View, answer: Json) -> dict[str, str]:
    """Errors, update, push or clear; no ``response_action`` closes the modal."""
    stack = slack.state.modals[view.user]
    action = answer.get("response_action")
    if action == "errors":
        return _known_errors(view, answer)
    if action == "update":
        replace_body(slack, view, view_of(answer.get("view"), "modal"))
    elif action == "push":
        put_on_top(slack, view.user, view_of(answer.get("view"), "modal"))
    elif action == "clear":
        stack.clear()
    elif action is not None:
        raise Refused(f"unknown response_action: {action}")
    elif view in stack:
        stack.remove(view)
    return {}


def _known_errors(view: View, answer: Json) -> dict[str, str]:
    """The app's errors; Slack shows them only at input blocks that are there.

    Raises:
        Refused: one is about a block that is not.
    """
    errors = answer.get("errors")
    inputs = {block["block_id"] for block, _ in elements_of(view.body["blocks"]) if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or errors.keys() - inputs:
        raise Refused("response_action errors name no input block of the view")
    return {block: str(text) for block, text in errors.items()}
