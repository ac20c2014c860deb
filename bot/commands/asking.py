"""The commands that ask: one question, a conversation, a file of questions; and what was not understood."""

from __future__ import annotations

import secrets
import shlex
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from bot.app.errors import UserError
from bot.app.people import OPERATOR, Person
from bot.commands.charts import save_chart
from bot.commands.console import AsJson, DryRun, opened, print_json, print_said, print_table
from bot.commands.setting_up import print_next

if TYPE_CHECKING:
    from bot.app.answers import Answer
    from bot.language.question_file import ReadLine
    from bot.runtime.wiring import Bellwether

EXIT_NOT_UNDERSTOOD = 3
MOST_MISSES = 1_000
PROMPT = "> "
CHART_FILE = Path("bellwether-chart.png")  # where the follow-up "chart" draws

AsEmail = Annotated[str | None, typer.Option("--as", help="As the CRM user with this e-mail.")]


def asking_commands(app: typer.Typer) -> None:
    """Put them under ``bellwether``."""
    for one in (ask, explain, misses):
        app.command()(one)


def ask(
    context: typer.Context,
    question: Annotated[
        list[str] | None, typer.Argument(help="A sentence; without one, questions are asked one by one.")
    ] = None,
    as_email: AsEmail = None,
    replay: Annotated[
        Path | None, typer.Option(help="Say how each line of this file is read; # begins a comment.")
    ] = None,
    chart: Annotated[Path | None, typer.Option(help="Draw the answer into this PNG file as well.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer questions. Exit code 3 when one was not understood."""
    if question and replay:
        raise UserError("Ask a question or replay a file, not both.")
    bellwether = opened()
    commands: Collection[str] = getattr(context.find_root().command, "commands", ())
    person = _person(bellwether, as_email)
    if replay is not None:
        understood = _replay(bellwether, person, replay, as_json=as_json)
    elif question:
        understood = _answer(
            bellwether, person, " ".join(question), "", chart, commands=commands, as_json=as_json
        )
    else:
        understood = _converse(bellwether, person, commands=commands, as_json=as_json)
    if not understood:
        raise typer.Exit(EXIT_NOT_UNDERSTOOD)


def explain(
    context: typer.Context,
    account: Annotated[list[str], typer.Argument(help="An account's name.")],
    as_json: AsJson = False,
) -> None:
    """Say why an account has its label, and what would change it."""
    ask(context, ["explain", *account], None, None, None, as_json)


def misses(
    forget: Annotated[int | None, typer.Option(help="Forget the sentence of this number.")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """What was not understood, by how often it was typed: words, and whole sentences."""
    from bot.app.misses import words_by_count

    missing = opened().asking_parts.missing
    if forget is not None:
        if not missing.forget(forget, keep=not dry_run):
            raise UserError(f"There is no sentence {forget}.", "See `bellwether misses`.")
        if dry_run:
            said = f"Sentence {forget} would be forgotten. Nothing has been changed."
            print_said({"would_forget": forget}, (said,), as_json=as_json)
            return
        print_said({"forgotten": forget}, (f"Sentence {forget} is forgotten.",), as_json=as_json)
        return
    found = missing.recent(MOST_MISSES)
    words = [{"word": word, "count": count} for word, count in words_by_count(found)]
    if as_json:
        print_json({"words": words, "sentences": [asdict(one) for one in found]})
        return
    print_table(words)
    told = ("id", "count", "text", "words", "last_at")
    print_table([{name: _told(getattr(one, name)) for name in told} for one in found])


def _told(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, tuple) else value


def _person(bellwether: Bellwether, email: str | None) -> Person:
    person = bellwether.people.by_email(email) if email else OPERATOR
    if person.refusal:
        raise UserError(person.refusal)
    return person


def _answer(
    bellwether: Bellwether,
    person: Person,
    text: str,
    key: str,
    chart: Path | None = None,
    *,
    commands: Collection[str],
    as_json: bool,
) -> bool:
    """Ask and show, and do what a follow-up asks for; whether it was understood."""
    from bot.app.answers_json import answer_as_json
    from bot.commands.said_commands import COMMAND, command_for
    from bot.terminal_answers import show_answer

    answer = bellwether.asking.ask(text, person, conversation=key)
    # What is no question may still be something that a command does.
    missed = answer.not_understood is not None
    told = command_for(text, lambda one: bellwether.asking.read(one, person)) if missed else ()
    if told and not as_json:
        for line in told:
            Console().print(line, markup=False, highlight=False)
        return told[0].startswith(COMMAND)
    if as_json:
        print_json(answer_as_json(answer))
    else:
        console = Console()
        show_answer(console, answer, bellwether.clock.now())
        for sentence in _done(bellwether, person, answer):
            console.print(sentence, style="dim", markup=False, highlight=False)
        if answer.not_understood is not None and (named := _named_command(text, commands)):
            console.print(named, style="dim", markup=False, highlight=False)
        elif not answer.total:
            print_next(bellwether, to_first_scores=True)
    if chart is not None and answer.not_understood is None:
        said = save_chart(answer, chart, bellwether.pictures)
        Console(stderr=True).print(said, style="dim", markup=False, highlight=False)
    return answer.not_understood is None


def _named_command(text: str, commands: Collection[str]) -> str:
    """Where to look when a question begins with the name of a command: the words behind are not its own."""
    word, *_rest = text.split() or [""]
    if word.lower() not in commands:
        return ""
    return f"“{word}” is a command of its own here: bellwether {word.lower()} --help"


def _done(bellwether: Bellwether, person: Person, answer: Answer) -> Iterator[str]:
    """Do what a follow-up asked for, a sentence about it."""
    from bot.language.question import Action

    request = answer.request
    if request is None or answer.not_understood is not None:
        return
    if request.action is Action.CHART:
        yield save_chart(answer, CHART_FILE, bellwether.pictures)
    elif request.action is Action.SAVE:
        yield bellwether.scoring.saving.save(request.argument, request.question, person, "terminal")
    elif request.action is Action.EXPORT:
        from bot.language.restate import restate

        form = ("--format", request.argument) if request.argument else ()
        typed = ("bellwether", "export", restate(request.question), *form)
        yield f"To export this: {shlex.join(typed)} --out FILE"
    elif request.action is Action.SHARE:
        yield "There is nobody here to share it with: ask in Slack."


def _converse(bellwether: Bellwether, person: Person, *, commands: Collection[str], as_json: bool) -> bool:
    """Questions one by one, each going on with those before it; whether all were understood."""
    key = f"terminal:{secrets.token_hex(8)}"
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    lines = _typed(bellwether, person) if interactive else (line.strip() for line in sys.stdin)
    understood = [
        _answer(bellwether, person, line, key, commands=commands, as_json=as_json) for line in lines if line
    ]
    return interactive or all(understood)


def _typed(bellwether: Bellwether, person: Person) -> Iterator[str]:
    """What somebody types until the end of input (Ctrl-D), with history and completion."""
    from bot.commands.prompting import prompt

    vocabulary = bellwether.asking.vocabulary(person)
    yield from lines_until_end(prompt(vocabulary, PROMPT))


def lines_until_end(read: Callable[[], str]) -> Iterator[str]:
    """Lines, without spaces around them, until the end of input; Ctrl-C gives up one line."""
    while True:
        try:
            yield read().strip()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def _replay(bellwether: Bellwether, person: Person, file: Path, *, as_json: bool) -> bool:
    """How each question of a file is read; whether all were understood. Nothing is counted or kept."""
    from bot.language.question_file import questions_in, read_lines, summary

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{file} cannot be read: {error}.", "Name a text file with a question a line."
        ) from None
    vocabulary = bellwether.asking.vocabulary(person)
    found = read_lines(questions_in(text), vocabulary)
    if as_json:
        print_json({"questions": [asdict(one) for one in found], "summary": summary(found)})
    else:
        _show_lines(found)
    return all(one.understood for one in found)


def _show_lines(found: Sequence[ReadLine]) -> None:
    from bot.language.question_file import summary

    console = Console(soft_wrap=True)
    for one in found:
        mark = "✓" if one.understood else "?"
        console.print(f"{mark} {one.text}\n    {one.said}", markup=False, highlight=False)
    counts = summary(found)
    console.print(
        f"{counts['questions']} questions, {counts['understood']} understood, "
        f"{counts['not_understood']} not.",
        markup=False,
        highlight=False,
    )
