"""``python -m bot.pictures.elsewhere``: draws specifications, one after the other, until its input ends.

A process of its own, because the renderer holds Python's lock while it draws, brings some hundred megabytes,
and cannot be stopped from within. It reads one line of JSON for each picture. It writes the length of the PNG
on a line and then its bytes; or a negative length and what is wrong. It imports nothing of the product.
"""

from __future__ import annotations

import json
import signal
import sys

import vl_convert

SCALE = 2


def main() -> None:
    """Draw until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, whose end is seen at the input
    for line in sys.stdin.buffer:
        try:
            drawn, sign = _png(line), 1
        except ValueError as error:  # what vl_convert raises, and json
            drawn, sign = str(error).encode(errors="replace")[:500], -1
        sys.stdout.buffer.write(b"%d\n" % (sign * len(drawn)))
        sys.stdout.buffer.write(drawn)
        sys.stdout.buffer.flush()


def _png(line: bytes) -> bytes:
    # No address is allowed, and none is ever in a specification of ours: its data are values.
    return vl_convert.vegalite_to_png(json.loads(line), scale=SCALE, allowed_base_urls=[])


if __name__ == "__main__":
    main()
