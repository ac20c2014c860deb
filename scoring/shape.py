"""What every part of the configuration document is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of the document: immutable, and no key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)
