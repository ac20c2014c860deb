"""Routes tried on the past, and what became of alerts: by day, address, channel and reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.app.alert_noise import ENOUGH, Deed, SentAlert, noise
from bot.app.alert_preview import RecordedRun, RouteTrial, Sent
from bot.app.facts import AccountChange, Concerned
from bot.app.people import OPERATOR
from bot.runtime.alert_parts import previews
from bot.store.alert_actions import SqlAlertActions
from bot.store.alert_history import alert_history
from connector.cache.engine import Database
from scoring.alert_config import Route
from scoring.label_rules import Direction
from scoring.standing import Standing
from tests.bot.test_routes import HEAD, NEW_YORK, Town
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import database, shared_postgres  # noqa: F401  (fixtures)

LABELS = ("Top", "Good", "Slipping", "Gone")
START = datetime(2026, 11, 2, 17, tzinfo=UTC)


def change(account: str, old: str, new: str) -> AccountChange:
    worse = LABELS.index(new) > LABELS.index(old)
    direction = Direction.WORSE if worse else Direction.BETTER
    return AccountChange(account, Standing(label=old, spend_minor=100), Standing(label=new), direction)


def tried(route: Route, *runs: tuple[float, list[AccountChange]]) -> RouteTrial:
    recorded = [
        RecordedRun(at, "RFM", LABELS, START + timedelta(hours=hours), baseline=False, changes=tuple(changes))
        for at, (hours, changes) in enumerate(runs)
    ]
    trial = RouteTrial(
        route,
        NEW_YORK,
        lambda _criteria, _name, changes: frozenset(one.account_id for one in changes),
        lambda ids, _fields: {one: Concerned("u1", None) for one in ids},
    )
    trial.over(recorded)
    return trial


def test_repeats_are_held_and_quiet_hours_gather() -> None:
    route = Route.model_validate(
        {
            "name": "R",
            "when": "any",
            "to": "owner",
            "cooldown": "2 days",
            "quiet": {"from": "18:00", "to": "08:00"},
        }
    )
    found = tried(
        route,
        (0, [change("a", "Top", "Slipping")]),
        (1, [change("a", "Slipping", "Good")]),
        (8, [change("b", "Top", "Good"), change("c", "Top", "Good"), change("d", "Top", "Good")]),
        (9, [change("d", "Good", "Top")]),
    ).preview
    assert found.held == {"cooldown": 1, "quiet hours": 2}
    assert found.selected == 4
    assert found.sent == {
        (date(2026, 11, 2), "person:u1"): Sent(1, 0),
        (date(2026, 11, 3), "person:u1"): Sent(0, 1),
    }
    assert found.sentences({"u1": "Darcel"})[1:] == (
        "  2 Nov 2026  Darcel, directly: 1 alert",
        "  3 Nov 2026  Darcel, directly: 0 alerts and 1 in one message for many",
        "  Held, quiet hours: 2",
        "  Held, cooldown: 1",
    )


MOVES = st.lists(
    st.tuples(
        st.floats(0, 200),
        st.lists(
            st.tuples(st.sampled_from("abc"), st.sampled_from(LABELS), st.sampled_from(LABELS)),
            max_size=3,
            unique_by=lambda one: one[0],
        ),
    ),
    max_size=6,
)
ROUTES: st.SearchStrategy[dict[str, object]] = st.builds(
    dict,
    name=st.just("R"),
    channel=st.just("#x"),
    when=st.sampled_from(["worse", "better", "any"]),
    cooldown=st.sampled_from([None, "1 day"]),
    again=st.sampled_from(["always", "if worse"]),
    digest=st.sampled_from([None, "daily at 08:30"]),
    flood=st.integers(1, 3),
    quiet=st.sampled_from([(), {"from": "18:00", "to": "08:00"}]),
)


@given(ROUTES, MOVES)
def test_every_selected_change_is_told_or_held_for_a_reason(
    values: dict[str, object], moves: list[tuple[float, list[tuple[str, str, str]]]]
) -> None:
    route = Route.model_validate(values)
    runs = [(hours, [change(*one) for one in some if one[1] != one[2]]) for hours, some in sorted(moves)]
    found = tried(route, *runs).preview
    alerts = sum(one.alerts for one in found.sent.values())
    summaries = sum(one.summaries for one in found.sent.values())
    assert min(found.held.values(), default=0) >= 0
    later = found.held["quiet hours"] + found.held["digest"]
    now = found.selected - sum(found.held.values())
    assert 0 <= alerts <= now + later
    assert bool(alerts + summaries) == bool(now + later), "what is not held back is told"
    if not (route.cooldown or route.again == "if worse" or route.quiet or route.digest):
        assert not found.held


def test_a_document_is_tried_on_the_recorded_history(database: Database) -> None:  # noqa: F811
    town = Town(database, '    - {name: R, channel: "#cs"}\n')
    town.slip()
    town.slip("fair", 100)
    world = town.world
    world.publish(
        HEAD
        + """\
    - {name: Large, to: owner, criteria: label left Top and total_spend > 1k}
    - {name: Small, channel: "#s", criteria: total_spend > 1M}
    - {name: Daily, channel: "#d", digest: daily at 08:30}
"""
    )
    since = world.clock.now() - timedelta(days=30)
    configuration = world.configurations.current().configuration
    found, names = previews(database, configuration, world.clock, since, None)
    said = {one.route: one.as_json(names) for one in found}
    assert said["Large"]["selected"] == 1
    [sent] = said["Large"]["sent"]
    assert (sent["to"], sent["alerts"], sent["summaries"]) == ("Darcel Schlecht, directly", 1, 0)
    assert (said["Small"]["selected"], said["Small"]["sent"]) == (0, [])
    assert said["Daily"]["held"] == {"digest": 2}
    assert [one["summaries"] for one in said["Daily"]["sent"]] == [1]
    later, _ = previews(database, configuration, world.clock, world.clock.now() + timedelta(1), "Daily")
    assert [(one.route, one.selected) for one in later] == [("Daily", 0)]
    assert len(world.alerts()) == 2, "a trial keeps nothing"


def test_the_noise_of_a_channel_is_counted_from_what_people_did(database: Database) -> None:  # noqa: F811
    town = Town(database, '    - {name: R, channel: "#cs", when: any}\n')
    town.slip()
    town.slip("fair", 100)
    town.deliver()
    first, second = town.world.alerts()
    begin = town.world.clock.now()
    town.world.pass_time(hours=2)
    actions = SqlAlertActions(database, town.world.clock)
    actions.acknowledge(first.id or 0, OPERATOR)
    actions.dismiss(second.id or 0, OPERATOR, "spoken", "All is well")
    with alert_history(database) as history:
        [found] = noise(history.sent(begin - timedelta(days=1)))
        assert noise(history.sent(begin + timedelta(days=1))) == ()
    assert (found.channel, found.route) == ("#cs", "R")
    counts = (found.sent, found.acknowledged, found.acted, found.not_at_risk, found.digests)
    assert counts == (2, 2, 0, 1, 0)
    assert found.precision == 0.5
    assert found.acknowledged_seconds is not None
    assert 7_190 <= found.acknowledged_seconds <= 7_210
    assert found.as_row()["median time"] == "2 hours"
    assert found.suggestion == "Too few to say anything."


def alert(*deeds: str, hours: float = 1) -> SentAlert:
    done = tuple(Deed(one, START + timedelta(hours=hours)) for one in deeds)
    return SentAlert("R", "#x", "open", START, None, done)


def test_the_suggestion_names_the_heaviest_thing() -> None:
    many = range(ENOUGH)
    assert noise([alert("not at risk") for _ in many])[0].suggestion.startswith("Often not at risk")
    assert noise([alert() for _ in many])[0].suggestion.startswith("Mostly unanswered")
    late = noise([alert("acknowledge", hours=30) for _ in many])[0]
    assert late.suggestion.startswith("Answered late")
    assert noise([alert("task") for _ in many])[0].suggestion == "Worth its noise."
    digests = [SentAlert("R", "person:1", "digest", None, None)]
    assert (noise(digests)[0].channel, noise(digests)[0].digests) == ("direct messages", 1)
