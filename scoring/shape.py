"""What every part of the configuration document is, and the label that most techniques share."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticKnownError

Name = Annotated[str, Field(min_length=1, max_length=100)]


def _wall_clock(value: Any) -> Any:
    """A whole number would be taken for seconds, and a zone for another clock than the organisation's."""
    try:
        read = value if isinstance(value, time) else time.fromisoformat(value)
    except (TypeError, ValueError):
        read = None
    if read is None or read.tzinfo is not None:
        raise PydanticKnownError("time_parsing", {"error": "no time of day on the organisation's clock"})
    return read


TimeOfDay = Annotated[time, BeforeValidator(_wall_clock)]


class Part(BaseModel):
    """A part of the document: immutable, and no key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(Part):
    """A label and its criteria, over account fields and what the technique itself gives."""

    name: Name
    when: str
