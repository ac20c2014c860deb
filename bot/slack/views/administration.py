"""App Home of an administrator, besides: runs, the configuration, people without a CRM user, misses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from bot.app.administration import Administration, InForce, RecentRun, UnmatchedPerson
from bot.app.ports import Miss
from bot.app.wording import ago, counted
from bot.slack import ids
from bot.slack.views.blocks import Json, actions, bullets, button, divider, line, rich_text, run, sentence
from bot.slack.views.text import plain, utc

MISSES: Final = 10
_NAMES: Final = 5


def administration_blocks(
    administration: Administration, misses: tuple[Miss, ...], now: datetime
) -> Iterator[Json]:
    """The blocks, below everything else."""
    yield divider()
    yield _listed("Last runs", [_run(one, now) for one in administration.runs], "Nothing was scored yet.")
    yield _configuration(administration.configuration)
    people = [_person(one) for one in administration.unmatched]
    heading = f"Without a CRM user ({administration.unmatched_count:,})"
    yield _listed(heading, people, "Everybody who came by has a CRM user.")
    if rest := administration.unmatched_count - len(people):
        yield sentence(run(f"… and {rest:,} more", "italic"))
    if missed := [line(*_miss(one)) for one in misses[:MISSES]]:
        yield _listed("Not understood lately", missed, "")
    edit = (button("Edit configuration", ids.CONFIG_EDIT, "edit"),) if administration.configuration else ()
    yield actions("administration", button("Re-score now", ids.RESCORE, "all"), *edit)


def _listed(heading: str, rows: list[Json], nothing: str) -> Json:
    head = line(run(heading, "bold"))
    return rich_text(head, bullets(rows)) if rows else rich_text(head, line(run(f"\n{nothing}")))


def _run(one: RecentRun, now: datetime) -> Json:
    if one.status == "done":
        said = f"{counted(one.accounts, 'account')}, {counted(one.changed, 'change')}"
    else:
        said = plain(one.status, 60)
    warned = f" · ⚠ {counted(one.warnings, 'remark')}" if one.warnings else ""
    when = ago(max((now - one.started_at).total_seconds(), 0))
    return line(
        run(plain(one.segmentation, 80), "bold"), run(f": {said} · {plain(one.cause, 40)} · {when}{warned}")
    )


def _configuration(held: InForce | None) -> Json:
    head = line(run("Configuration", "bold"))
    if held is None:
        return rich_text(head, line(run("\nNone is published: run `bellwether config apply`.")))
    names = ", ".join(plain(one, 60) for one in held.segmentations[:_NAMES])
    more = len(held.segmentations) - _NAMES
    note = f" – {plain(held.note, 150)}" if held.note else ""
    rows = [
        line(run(f"Version {held.version} · {utc(held.published_at)} · {plain(held.author, 80)}{note}")),
        line(run(f"{names}{f' and {more} more' if more > 0 else ''}")),
        line(
            run(
                f"{counted(held.labels, 'label')} · {counted(held.segments, 'segment')} · "
                f"{counted(held.routes, 'route')}"
            )
        ),
    ]
    return rich_text(head, bullets(rows))


def _person(one: UnmatchedPerson) -> Json:
    return line(run(plain(one.name, 80)), run(f" · {plain(one.email, 120) if one.email else 'no e-mail'}"))


def _miss(miss: Miss) -> list[Json]:
    """A sentence, the words in it that meant nothing, and how often it was typed."""
    words = f" ({', '.join(plain(word, 60) for word in miss.words[:5])})" if miss.words else ""
    return [run(plain(miss.text, 150), "italic"), run(f"{words} · {counted(miss.count, 'time')}")]
