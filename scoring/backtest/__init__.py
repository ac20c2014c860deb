"""How right the product was on the organisation's own past days, beside rules that need no product.

``days`` chooses the past days, ``leaving rfm engagement recommendations`` score each as the product would
have with what was known by then and look at what followed, ``measures`` and ``samples`` measure it,
``verdict`` says it in a sentence. Records are taken as they stand now: a correction made later is known too
early, and values of account fields have no past at all. No clock, no reading.
"""
