"""The lines of a page as addresses are looked for in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Arrows, signs, emoji, and what fonts of icons put in their private area.
_PICTURE = "[\u2190-\u24ff\u25a0-\u2bff\ue000-\uf8ff\ufe0e\ufe0f\U0001f000-\U0001faff]"
_BEFORE_ALL = re.compile(rf"^(?:\s*{_PICTURE})+", re.MULTILINE)
_BETWEEN = re.compile(_PICTURE)
_FIELD = re.compile(
    r"(?P<name>street(?:\saddress)?|address(?:\s(?:line\s)?[12])?|city|town|suburb|state|province|zip(?:\s?code)?|"
    r"post\s?code|eircode|"
    r"postal\scode|adress|gatuadress|postnr|postnummer|postort|stra(?:ß|ss)e|plz(?:\s?/\s?ort)?|ort|stadt|ville|code\spostal|cap|ciudad|c\.?p\.?)\s?(?P<colon>:)?\s{1,3}(?=\S)",
    re.IGNORECASE,
)
# One that stands above its value, or before it in the midst of a line.
_ABOVE = re.compile(
    r"(?:city|town|suburb|state|province|zip(?:\s?code)?|post\s?code|eircode|postnr|postnummer|postort|ort):?",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    r"(?<=\w)[,;.]?\s(?:city|town|suburb|state|province|zip(?:\s?code)?|post\s?code|postal\scode|eircode)\s?:\s(?=\S)",
    re.IGNORECASE,
)


def unlabelled(lines: Sequence[str]) -> str:
    """The page's text without the names of fields before their values, as in a table: "City Camden".

    Nor with pictures, a pin before an address: they part what stands on either side of them.
    """
    labelled = [_FIELD.match(one) for one in lines]
    found = []
    for at, one in enumerate(lines):
        label = labelled[at]
        run = [each for each in labelled[max(0, at - 1) : at + 2] if each]
        in_table = len({each.group("name").lower() for each in run}) > 1
        cut = label is not None and (bool(label.group("colon")) or in_table)
        bare = "" if _ABOVE.fullmatch(one) else one[label.end() :] if cut and label is not None else one
        found.append(_WITHIN.sub(", ", bare))
    return _BETWEEN.sub("|", _BEFORE_ALL.sub(lambda drawn: " " * len(drawn.group()), "\n".join(found)))
