"""Charts on the command line: a picture of an answer into a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.app.errors import UserError

if TYPE_CHECKING:
    from bot.app.answers import Answer
    from bot.app.ports import Pictures


def save_chart(answer: Answer, path: Path, pictures: Pictures) -> str:
    """Draw an answer into a PNG file; what was done, as a sentence.

    Raises:
        UserError: there is nothing to draw, it cannot be drawn, or the file cannot be written.
    """
    from bot.app.picturing import drawable

    picture = drawable(answer)
    if path.suffix.casefold() != ".png":
        raise UserError(f"{path} is no name for a chart.", "Charts are PNG: end the name with .png.")
    png = pictures.png(picture)
    try:
        path.write_bytes(png)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.", "Name another file.") from error
    return f"The chart is in {path}: {picture.alt}"
