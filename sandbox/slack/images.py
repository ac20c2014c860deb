"""What kind of picture some bytes are, and how large: by what stands in them, not by a name."""

from __future__ import annotations

import struct

PNG = b"\x89PNG\r\n\x1a\n"
_BEGINNINGS = {
    PNG: "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_PNG_HEAD = struct.Struct(">8s4s4sII")


def image_kind(content: bytes) -> str | None:
    """The media type of a picture that browsers draw and that can hold no script; None for all else."""
    return next((kind for begin, kind in _BEGINNINGS.items() if content.startswith(begin)), None)


def image_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, of PNG only."""
    if not content.startswith(PNG) or len(content) < _PNG_HEAD.size:
        return None
    _, _, _, width, height = _PNG_HEAD.unpack_from(content)
    return (width, height) if width and height else None
