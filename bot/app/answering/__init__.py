"""Answers of the kinds that are no list of accounts: figures, changes of label, the past, offers, why.

Each module makes an ``Answerer`` (``bot.app.ask``): a question in, an ``Answer`` with a table out.
"""
