"""Accounts, their deals and their changes of label by column, in the memory of a process that answers.

The database stays the truth: what is held is used only by a look that sees the very marks of changes with
which it was read, and only for what it can answer; everything else is asked of the database.
"""
