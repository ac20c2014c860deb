"""``python -m bot`` is the same as ``bellwether``."""

from bot.cli import main

main()
