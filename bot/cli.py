"""The command line: parse, call a use case, print. Nothing is decided here."""

from __future__ import annotations

import secrets
import sys
from typing import Annotated

import structlog
import typer

from bot.app.errors import BellwetherError
from connector.errors import ConnectorError

EXIT_FAILED = 1
EXIT_NOT_UNDERSTOOD = 3

app = typer.Typer(
    name="bellwether",
    help="Ask your Zoho CRM in Slack, and be told when a good account starts to slip.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
configuration = typer.Typer(
    help="The configuration document: check, apply, export, history.", no_args_is_help=True
)
sandbox = typer.Typer(help="A Zoho and a Slack that run on this machine.", no_args_is_help=True)
app.add_typer(configuration, name="config")
app.add_typer(sandbox, name="sandbox")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")]


def main() -> None:
    """Run the command line. An error is one sentence on standard error and exit code 1."""
    try:
        app()
    except (BellwetherError, ConnectorError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        reference = secrets.token_hex(4)
        structlog.get_logger("cli").exception("unexpected_error", reference=reference)
        _fail(f"Something unexpected happened ({type(error).__name__}). Please report {reference}.")


def _fail(sentence: str) -> None:
    print(f"bellwether: {sentence}", file=sys.stderr)
    sys.exit(EXIT_FAILED)
