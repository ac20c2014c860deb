"""``/crm/v8/actions/watch``: notification channels; and ``/_sandbox/callbacks``: what was sent; faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.zoho import watch_items
from sandbox.zoho.answers import Answer, Call, Refused, page_info
from sandbox.zoho.clock import wire_time
from sandbox.zoho.state import Zoho
from sandbox.zoho.watch_channels import Channel
from sandbox.zoho.watch_sender import COUNTED, CallbackFaults
from sandbox.zoho.written import WrongItem

MOST_ITEMS = 50
PER_PAGE = 200
SUBSCRIBED = "Successfully subscribed for actions-watch of the given module"
UPDATED = "Successfully updated the subscribe details"
REMOVED = "Successfully removed the subscribe details"
UNSUBSCRIBED = "Successfully un-subscribed from actions-watch"
Item = dict[str, Any]


def subscribe(zoho: Zoho, call: Call) -> Answer:
    """``POST``: new channels, or the same ones anew with another expiry."""
    return _each(call, lambda item, place: _put(zoho, item, place), success=201)


def replace(zoho: Zoho, call: Call) -> Answer:
    """``PUT``: all details of channels that exist."""

    def put(item: Item, place: str) -> Item:
        _existing(zoho, watch_items.channel_id(item, place))
        return _put(zoho, item, place)

    return _each(call, put, success=200)


def change(zoho: Zoho, call: Call) -> Answer:
    """``PATCH``: some details, or with ``_delete_events`` fewer events."""
    return _each(call, lambda item, place: _patch(zoho, item, place), success=200)


def list_channels(zoho: Zoho, call: Call) -> Answer:
    """``GET``: one item for each module of each live channel; 204 when there is none."""
    wanted_id, wanted_module = call.query.get("channel_id"), call.query.get("module")
    items = [
        _channel_json(zoho, channel, module)
        for channel in zoho.watch.live()
        for module in sorted(channel.events)
        if wanted_id in (None, channel.id) and wanted_module in (None, module)
    ]
    page, per_page = call.number("page", 1), call.number("per_page", PER_PAGE, PER_PAGE)
    shown = items[(page - 1) * per_page : page * per_page]
    if not shown:
        return Answer(204)
    more = len(items) > page * per_page
    return Answer(200, {"watch": shown, "info": page_info(per_page, len(shown), page, more=more)})


def unsubscribe(zoho: Zoho, call: Call) -> Answer:
    """``DELETE ?channel_ids=a,b``."""
    if not call.query.get("channel_ids"):
        raise Refused(400, "REQUIRED_PARAM_MISSING", {"param_name": "channel_ids"})
    results: list[Item] = []
    gone = 0
    for identity in call.query["channel_ids"].split(","):
        try:
            channel = _existing(zoho, identity)
        except WrongItem as wrong:
            results.append(wrong.result)
            continue
        del zoho.watch.channels[channel.id]
        gone += 1
        for module in sorted(channel.events):
            event = zoho.watch.event_json(channel, module)
            details = {name: event[name] for name in ("resource_uri", "resource_id", "channel_id")}
            results.append(_success(details, UNSUBSCRIBED))
    return Answer(
        _status(200, len(results), sum(one["code"] != "SUCCESS" for one in results)), _body(results)
    )


def show_callbacks(zoho: Zoho, _call: Call) -> Answer:
    """``GET /_sandbox/callbacks``: what was sent and what came back, the oldest first."""
    sender = zoho.watch.sender
    waiting = sender.waiting()
    return Answer(200, {"callbacks": sender.log(), "waiting": waiting})


def order_callback_faults(zoho: Zoho, call: Call) -> Answer:
    """``POST /_sandbox/callbacks``: what goes wrong with the next ones. What is not named stays as it is."""
    faults = zoho.watch.sender.faults
    wish = call.json()
    for name, value in wish.items():
        number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        fits = {
            **dict.fromkeys(COUNTED, number and isinstance(value, int)),
            "reorder": isinstance(value, bool),
            "delay_seconds": number,
        }
        if not fits.get(name, False):
            raise Refused(400, "INVALID_DATA", {"api_name": name, "supported_values": list(fits)})
    for name, value in wish.items():
        setattr(faults, name, value)
    return Answer(200, {name: getattr(faults, name) for name in CallbackFaults.__slots__})


def clear_callbacks(zoho: Zoho, _call: Call) -> Answer:
    """``DELETE /_sandbox/callbacks``: forget what was sent, order nothing any more, end every channel."""
    zoho.watch.channels.clear()
    zoho.watch.sender.faults = CallbackFaults()
    zoho.watch.sender.sent.clear()
    return Answer(200, {"ok": True})


def _put(zoho: Zoho, item: Item, place: str) -> Item:
    store = zoho.store
    channel = Channel(
        id=watch_items.channel_id(item, place),
        events=watch_items.events(store, item, place),
        url=watch_items.notify_url(item, place),
        token=watch_items.token(item, place),
        expires=zoho.watch.expiry_for(watch_items.expiry(item, place)),
        with_values=watch_items.flag(item, "return_affected_field_values", place, default=False),
        on_related_action=watch_items.flag(item, "notify_on_related_action", place, default=True),
        condition=watch_items.condition(store, item, place),
    )
    zoho.watch.channels[channel.id] = channel
    return _told(zoho, channel, SUBSCRIBED)


def _patch(zoho: Zoho, item: Item, place: str) -> Item:
    store = zoho.store
    channel = _existing(zoho, watch_items.channel_id(item, place))
    if item.get("_delete_events") is True:
        told = _told(zoho, channel, REMOVED)
        _take_events(zoho, channel, watch_items.events(store, item, place))
        return told
    # Everything is read before anything is changed.
    events = watch_items.events(store, item, place) if "events" in item else channel.events
    url = watch_items.notify_url(item, place) if "notify_url" in item else channel.url
    token = watch_items.token(item, place) if "token" in item else channel.token
    with_values = watch_items.flag(item, "return_affected_field_values", place, default=channel.with_values)
    condition = (
        watch_items.condition(store, item, place) if "notification_condition" in item else channel.condition
    )
    if "channel_expiry" in item:
        channel.expires = zoho.watch.expiry_for(watch_items.expiry(item, place))
    channel.events, channel.url, channel.token = events, url, token
    channel.with_values, channel.condition = with_values, condition
    return _told(zoho, channel, UPDATED)


def _take_events(zoho: Zoho, channel: Channel, events: Mapping[str, set[str]]) -> None:
    for module, less in events.items():
        held = channel.events.get(module, set())
        if "all" in held and "all" not in less:
            held = {"create", "edit", "delete"}
        left = set() if "all" in less else held - less
        if left:
            channel.events[module] = left
        else:
            channel.events.pop(module, None)
    if not channel.events:
        zoho.watch.channels.pop(channel.id, None)


def _existing(zoho: Zoho, identity: str) -> Channel:
    for channel in zoho.watch.live():
        if channel.id == identity:
            return channel
    raise WrongItem("NOT_SUBSCRIBED", {"channel_id": identity}, "the channel is not subscribed")


def _told(zoho: Zoho, channel: Channel, message: str) -> Item:
    events = [zoho.watch.event_json(channel, module) for module in sorted(channel.events)]
    return _success({"events": events}, message)


def _channel_json(zoho: Zoho, channel: Channel, module: str) -> Item:
    return {
        "notify_on_related_action": channel.on_related_action,
        "channel_expiry": wire_time(channel.expires),
        "return_affected_field_values": channel.with_values,
        "resource_uri": zoho.watch.resource_uri(module),
        "resource_id": zoho.watch.resource_id(module),
        "notify_url": channel.url,
        "resource_name": module,
        "fields": None,
        "notification_condition": channel.condition,
        "channel_id": channel.id,
        "events": channel.event_names(module),
        "token": channel.token,
    }


def _each(call: Call, write: Callable[[Item, str], Item], *, success: int) -> Answer:
    items = call.json().get("watch")
    if items is None or items == []:
        raise Refused(400, "MANDATORY_NOT_FOUND", {"api_name": "watch", "json_path": "$.watch"})
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        details = {"expected_data_type": "jsonarray", "api_name": "watch", "json_path": "$.watch"}
        raise Refused(400, "INVALID_DATA", details)
    if len(items) > MOST_ITEMS:
        limit = {"maximum_length": MOST_ITEMS, "api_name": "watch", "json_path": "$.watch"}
        raise Refused(400, "INVALID_DATA", limit)
    results, failed = [], 0
    for number, item in enumerate(items):
        try:
            results.append(write(item, f"$.watch[{number}]"))
        except WrongItem as wrong:
            results.append(wrong.result)
            failed += 1
    return Answer(_status(success, len(items), failed), _body(results))


def _status(success: int, items: int, failed: int) -> int:
    return success if failed == 0 else 400 if failed == items else 207


def _body(results: list[Item]) -> Item:
    return {"watch": results}


def _success(details: Mapping[str, Any], message: str) -> Item:
    return {"code": "SUCCESS", "details": dict(details), "message": message, "status": "success"}
