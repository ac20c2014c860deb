"""Words that are also company names, and words that look like one with a typing error."""

from __future__ import annotations

from scoring.voice.words import word_list

# An alias of one of these words alone counts only where the sentence is plainly about a product.
GENERIC = word_list("generic names")

# Said of a product and hardly of a day, a colour or a verb: to the left of a generic name …
BEFORE = word_list("before a product")
# … and to the right of it.
AFTER = word_list("after a product")
# One typing error away from a well-known name, and still an ordinary word.
LOOK_ALIKE = word_list("look alike")
