"""files.*: the upload in three steps (address, bytes, completion); the old files.upload is gone."""

from __future__ import annotations

import mimetypes
from typing import Any
from urllib.parse import quote

from sandbox.slack.call import Call
from sandbox.slack.images import image_kind, image_size
from sandbox.slack.limits import FILE_ALT_TEXT
from sandbox.slack.methods.chat import blocks_of, publish, thread_of
from sandbox.slack.methods.method import Json, Method
from sandbox.slack.refusals import Refused
from sandbox.slack.state import File, Message
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import BOT_USER


def get_upload_url(slack: Workspace, call: Call) -> Json:
    """files.getUploadURLExternal."""
    name = call.needed("filename")
    if not call.text("length").isdigit() or int(call.text("length")) == 0:
        raise Refused("invalid_arguments")
    if len(alt := call.text("alt_txt")) > FILE_ALT_TEXT:
        raise Refused("invalid_arguments")
    file = File(slack.state.new_id("F"), name, int(call.text("length")), alt_txt=alt)
    file.created = int(slack.clock.time())
    slack.state.files[file.id] = file
    return {"upload_url": f"{slack.base_url}/upload/{file.id}", "file_id": file.id}


def complete_upload(slack: Workspace, call: Call) -> Json:
    """files.completeUploadExternal: shares what was uploaded as one message."""
    files = [_uploaded(slack, entry) for entry in _entries(call)]
    channels = [one for one in (call.text("channel_id") or call.text("channels")).split(",") if one]
    blocks = blocks_of(call.json("blocks", "invalid_blocks_format"))
    for channel in channels:
        _share(slack, call, channel, files, blocks)
    for file in files:
        file.shared = True
    return {"files": [file_json(slack, one) for one in files]}


def _entries(call: Call) -> list[Json]:
    entries = call.json("files")
    if not isinstance(entries, list) or not entries:
        raise Refused("invalid_arguments")
    return entries


def _uploaded(slack: Workspace, entry: Any) -> File:
    file = slack.state.files.get(entry.get("id", "")) if isinstance(entry, dict) else None
    if file is None or file.shared:
        raise Refused("file_not_found")
    if file.content is None or len(file.content) != file.length:
        raise Refused("file_upload_size_restricted" if file.content else "file_not_found")
    file.title = str(entry.get("title") or file.name)
    return file


def _share(slack: Workspace, call: Call, channel_id: str, files: list[File], blocks: list[Json]) -> None:
    if BOT_USER not in slack.state.members.get(channel_id, ()):
        raise Refused("not_in_channel" if channel_id in slack.state.members else "channel_not_found")
    message = Message("", channel_id, BOT_USER, call.text("initial_comment"), blocks)
    message.thread_ts = thread_of(slack.state, channel_id, call)
    message.files = [file_json(slack, one) for one in files]
    publish(slack, message)


def delete(slack: Workspace, call: Call) -> Json:
    """files.delete: what stood in messages becomes a tombstone."""
    file = slack.state.files.pop(call.needed("file", "file_not_found"), None)
    if file is None:
        raise Refused("file_not_found")
    slack.state.bury(file.id)
    return {}


def file_json(slack: Workspace, file: File) -> Json:
    """A file as the Web API describes it."""
    address = f"{slack.base_url}/files/{file.id}/{quote(file.name)}"
    described: Json = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        "filetype": file.name.rpartition(".")[2],
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "size": file.length,
        "user": BOT_USER,
        "url_private": address,
        "url_private_download": address,
        "permalink": address,
    }
    if file.alt_txt:
        described["alt_txt"] = file.alt_txt
    return described | _as_image(file, address)


def _as_image(file: File, address: str) -> Json:
    """What Slack says of pictures besides: their size, and smaller ones (here, the same one)."""
    size = image_size(file.content or b"")
    if image_kind(file.content or b"") is None or size is None:
        return {}
    width, height = size
    smaller = min(1.0, 360 / max(width, height))
    return {
        "original_w": width,
        "original_h": height,
        "thumb_360": address,
        "thumb_360_w": round(width * smaller),
        "thumb_360_h": round(height * smaller),
    }


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, "files:write"),
    "files.completeUploadExternal": Method(complete_upload, "files:write"),
    "files.delete": Method(delete, "files:write"),
}
