"""What every part of the configuration document is, and the label that most techniques share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=100)]


class Part(BaseModel):
    """A part of the document: immutable, and no key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(Part):
    """A label and its criteria, over account fields and what the technique itself gives."""

    name: Name
    when: str
