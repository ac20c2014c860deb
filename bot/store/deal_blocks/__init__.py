"""Deals by column, kept in the database beside their rows, so that a run over all of them reads no row.

A block has some thousands of accounts with stage, day and amount of each of their deals. Triggers mark the
accounts that change after their block was written, whoever writes; of these the rows themselves are read, so
that what blocks and marked accounts give together is always what the rows give. From time to time the marked
accounts are taken into their blocks (``keeping``).
"""
