"""The command line: parse, call a use case, print. Nothing is decided here.

What is heavy (pydantic, SQLAlchemy, Slack …) is imported by the commands that need it, so that help, the demo
and the sandboxes start at once; ``tests/support/starting.py`` says which command does without what.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from dataclasses import asdict
from importlib.util import find_spec
from typing import Annotated

import typer
from rich.console import Console

from bot.app.errors import BellwetherError, ConfigurationError, UserError
from bot.commands.alerts import alerts
from bot.commands.asking import asking_commands
from bot.commands.configuration import configuration
from bot.commands.console import AsJson, DryRun, opened, print_json, print_lines, print_said, print_table
from bot.commands.enriching import enriching_commands
from bot.commands.erasing import erasing_commands
from bot.commands.exporting import exporting_commands
from bot.commands.history import history
from bot.commands.keys import keys
from bot.commands.marking import mark
from bot.commands.recommending import recommending_commands
from bot.commands.scoring import scoring_commands
from bot.commands.setting_up import print_next, setting_up_commands
from bot.commands.voice import voice
from bot.terminal import (
    SyncBars,
    moment,
    report_table,
    sources_rows,
)
from connector.errors import ConnectorError

EXIT_FAILED = 1
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

app = typer.Typer(
    name="bellwether",
    help="Ask your Zoho CRM in Slack, and be told when a good account starts to slip. Begin with `bellwether "
    "init`; without accounts `bellwether demo` shows everything on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
sandbox = typer.Typer(
    help="A Zoho and a Slack that run on this machine: start zoho first, it says what to type next.",
    no_args_is_help=True,
)
app.add_typer(configuration, name="config")
app.add_typer(alerts, name="alerts")
app.add_typer(voice, name="voice")
app.add_typer(mark, name="mark")
app.add_typer(history, name="history")
app.add_typer(keys, name="keys")
setting_up_commands(app)
asking_commands(app)
scoring_commands(app)
recommending_commands(app)
exporting_commands(app)
enriching_commands(app)
erasing_commands(app)
app.add_typer(sandbox, name="sandbox")


def main() -> None:
    """Run the command line. An error is one sentence on standard error and exit code 1."""
    try:
        app()
    except (BellwetherError, ConnectorError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        import structlog

        reference = secrets.token_hex(4)
        structlog.get_logger("cli").exception("unexpected_error", reference=reference)
        _fail(f"Something unexpected happened ({type(error).__name__}). Please report {reference}.")


def _fail(sentence: str) -> None:
    print(f"bellwether: {sentence}", file=sys.stderr)
    sys.exit(EXIT_FAILED)


@app.command()
def run() -> None:
    """Run everything in this process: Slack, worker and clock."""
    _serve("web", "worker", "clock")


@app.command()
def web() -> None:
    """Run the part that talks with Slack."""
    _serve("web")


@app.command()
def worker() -> None:
    """Run the part that syncs, scores and delivers."""
    _serve("worker")


@app.command()
def clock() -> None:
    """Run the part that says when work is due."""
    _serve("clock")


def _serve(*parts: str) -> None:
    from bot.runtime.logs import configure_logs
    from bot.runtime.serve import Part, serve
    from bot.runtime.wiring import Bellwether
    from bot.settings import load_settings

    settings = load_settings()
    configure_logs(settings.log_format)
    serve(Bellwether(settings), frozenset(map(Part, parts)))


@app.command()
def sync(
    full: Annotated[bool, typer.Option("--full", help="Read everything again.")] = False,
    module: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
    since: Annotated[str | None, typer.Option(help="Changes since: 2026-01-31T14:00+01:00.")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring the local copy up to date with the CRM."""
    from connector.memory import keep_pandas_out

    keep_pandas_out()
    instant = moment(since) if since else None
    bellwether = opened()
    with SyncBars(Console(stderr=True)) as bars:
        report = bellwether.sync().run(
            bars.show, full=full, modules=module or None, since=instant, dry_run=dry_run
        )
    if report.note is None and not dry_run and not module:
        bellwether.incidents.end("zoho")
    if as_json:
        print(report.as_json())
        return
    Console(soft_wrap=True).print(report_table(report))
    if report.note is None and not dry_run:
        print_next(bellwether)


@app.command()
def sources(as_json: AsJson = False) -> None:
    """Read what is connected besides the CRM: Finance, e-mails, Campaigns, Desk, SalesIQ."""
    from bot.runtime.sources import Sources

    zoho = opened().zoho
    done = Sources(zoho.finance, zoho.events).read(lambda: None)
    print_json(done) if as_json else print_table(sources_rows(done))


@app.command()
def publish(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Write scores and labels back to the CRM's accounts: only what differs."""
    bellwether = opened()
    bellwether.require_copy()
    report = bellwether.zoho.rehearse_publishing() if dry_run else bellwether.zoho.publish()
    if report is None:
        raise UserError(
            "Writing back is not switched on.", "Set write_back: {enabled: true} in the configuration."
        )
    found = asdict(report)
    print_json(found) if as_json else print_table([found])


@app.command()
def spent(as_json: AsJson = False) -> None:
    """API credits of the last 24 hours, by call."""
    from connector.cache.ledger import spendings

    bellwether = opened()
    print_lines(spendings(bellwether.database, bellwether.clock.now()), as_json=as_json)


@app.command()
def outbox(
    retry: Annotated[int | None, typer.Option(help="Give this dead message another chance.")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Messages to Slack: waiting, sent, undeliverable."""
    bellwether = opened()
    if retry is not None:
        bellwether.outbox.retry(retry, keep=not dry_run)
        if dry_run:
            said = f"Message {retry} would be sent once more. Nothing has been changed."
            print_said({"would_retry": retry}, (said,), as_json=as_json)
            return
    print_lines(bellwether.outbox.lines(), as_json=as_json)


@app.command()
def audit(as_json: AsJson = False) -> None:
    """Who did what on what, the newest first."""
    print_lines(opened().audit.lines(), as_json=as_json)


@app.command()
def people(as_json: AsJson = False) -> None:
    """Slack users whom no CRM user matches: they are answered nothing."""
    unmatched = [{"name": name, "email": email} for name, email in opened().people.unmatched()]
    print_json(unmatched) if as_json else print_table(unmatched)


@app.command(context_settings=PASS_ON)
def demo(context: typer.Context) -> None:
    """Run the whole product on this machine, without accounts; --check holds a scripted conversation."""
    _start_sandbox("sandbox.demo", context.args)


@sandbox.command("zoho", context_settings=PASS_ON)
def sandbox_zoho(context: typer.Context) -> None:
    """A Zoho CRM on this machine (--port P)."""
    _start_sandbox("sandbox.zoho", context.args)


@sandbox.command("slack", context_settings=PASS_ON)
def sandbox_slack(context: typer.Context) -> None:
    """A Slack on this machine (--port P)."""
    _start_sandbox("sandbox.slack", context.args)


def _start_sandbox(module: str, arguments: list[str]) -> None:
    """In a process of its own: the product never imports the sandbox."""
    if find_spec(module.partition(".")[0]) is None or find_spec("websockets") is None:
        raise ConfigurationError("The sandbox is not installed.", "Run `pip install 'bellwether[sandbox]'`.")
    command = [sys.executable, "-m", module, *arguments]
    if os.name == "posix":
        os.execv(sys.executable, command)  # noqa: S606 - our own module; signals reach it directly
    sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603
