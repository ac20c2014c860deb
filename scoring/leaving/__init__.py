"""Who is about to leave: the chance of no purchase in the next H days, what is at stake, why.

``history`` reads transactions, ``buying`` fits the two counting models, ``hazard`` the learned one,
``recency`` the fallback; ``model`` joins and stores them, ``explain`` tells of one account. No clock: every
day is given.
"""
