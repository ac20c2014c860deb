"""Routes in the document: what is checked at publishing, and that the examples can be used."""

from __future__ import annotations

import re

import pytest

from bot.app.config.criteria import Catalogs, check_against
from bot.app.config.diff import differences
from bot.app.config.document import Problem
from bot.app.config.published import read_configuration
from bot.app.config.starting import STARTING_DOCUMENT
from bot.app.config.uses import Part, uses
from bot.app.errors import ConfigurationError
from scoring.alert_config import Destination, To
from scoring.config import Configuration
from scoring.criteria.fields import Catalog, Field, FieldType

ROUTE = """\
version: 1
segmentations:
  - name: Purchases
    labels: [{name: VIP, when: r = 5}, {name: At Risk, when: r = 1}]
alerts:
  routes:
    - {name: R, %s}
"""
ACCOUNTS = Catalog(
    (
        Field("industry", FieldType.TEXT, "account.industry"),
        Field("owner", FieldType.TEXT, "owner.name"),
        Field("total_spend", FieldType.MONEY, "score.spend_minor"),
        Field("label", FieldType.TEXT, "score.label", values=("VIP", "At Risk")),
    ),
    rows="accounts",
)
CATALOGS = Catalogs(ACCOUNTS, Catalog(()), lookups=("Owner", "Success_Manager"))


def read(route: str) -> Configuration:
    return read_configuration(ROUTE % route, "x.yaml")


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ("to: managr", "'managr' is no destination"),
        ("when: any", "needs a channel, such as #sales, or another destination with `to:`"),
        ("to: group @leads", "a group is mentioned in a channel"),
        ('channel: "#x", cooldown: soon', "'soon' is no length of time: write 4 hours"),
        ('channel: "#x", digest: hourly', "'hourly' is no rhythm: write daily at 08:30"),
        ('channel: "#x", digest: daily at 08:00, remind_after: 1 hour', "cannot be acknowledged"),
        ('channel: "#x", quiet: {from: "18:00", to: "08:00", zone: Mars/Base}', "no time zone 'Mars/Base'"),
        ('channel: "#x", quiet: {from: "18:00", to: "08:00", days: []}', "no day is named"),
        ('channel: "#x", escalate_after: 1 day, escalate_to: boss', "'boss' is no destination"),
        ('channel: "#x", again: sometimes', "'again' has to be always or if worse"),
        ('channel: "#x", cooldwn: 1 day', "Did you mean 'cooldown'?"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_line(route: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^x\.yaml:7: .*" + re.escape(said)):
        read(route)


def test_what_can_stand_alone_need_be_no_list() -> None:
    route = read("to: owner, otherwise: '#x', quiet: {from: '18:00', to: '08:00'}").alerts.routes[0]
    assert (route.destinations, route.home) == ((Destination(To.OWNER),), "#x")
    assert len(route.quiet) == 1
    assert route.escalation == (Destination(To.MANAGER),)


@pytest.mark.parametrize(
    ("route", "path", "said", "position"),
    [
        ('channel: "#x", criteria: label worsened to "At Rsk"', ("criteria",), "At Risk", 18),
        ('channel: "#x", criteria: at_stak > 5k', ("criteria",), "at_stake", 0),
        (
            'channel: "#x", quiet: {from: "18:00", to: "08:00", except: industri = Retail}',
            ("quiet", 0, "except"),
            "industry",
            0,
        ),
        ("to: field Sucess_Manager", ("to",), "Did you mean 'Success_Manager'", None),
    ],
)
def test_criteria_and_fields_are_checked_against_the_organisation(
    route: str, path: tuple[str | int, ...], said: str, position: int | None
) -> None:
    [problem] = check_against(_only_routes(read(route)), CATALOGS)
    assert isinstance(problem, Problem)
    assert (problem.path, problem.position) == (("alerts", "routes", 0, *path), position)
    assert said in problem.message


def _only_routes(configuration: Configuration) -> Configuration:
    """Without what labels ask for, which is not what is tested."""
    segmentation = configuration.segmentations[0]
    labels = tuple(one.model_copy(update={"when": "total_spend > 1"}) for one in segmentation.labels)
    kept = segmentation.model_copy(update={"labels": labels, "transactions": ""})
    return configuration.model_copy(update={"segmentations": (kept,)})


def test_criteria_that_only_look_different_do_not_differ_and_use_what_they_name() -> None:
    one = read("channel: '#x', criteria: 'label worsened to \"At Risk\" and total_spend > 50k'")
    other = read(
        "channel: '#x', criteria: 'change = worse and new_label=\"at risk\" and total_spend > 50000'"
    )
    assert differences(one, other, lambda _: CATALOGS) == ()
    used = {use.used for use in uses(one, CATALOGS) if use.user == Part("route", "R") and use.named}
    assert Part("label", "Purchases", "At Risk") in used
    assert Part("scores", "Purchases") in used


def test_the_routes_of_the_starting_document_can_be_used() -> None:
    begin = STARTING_DOCUMENT.index("#     - name: Large accounts to their owners")
    end = STARTING_DOCUMENT.index("# Answers with account data")
    lines = [line.removeprefix("# ") for line in STARTING_DOCUMENT[begin:end].splitlines()]
    document = (
        STARTING_DOCUMENT[:begin]
        + "\n".join("    " + line.removeprefix("    ") for line in lines)
        + "\n"
        + STARTING_DOCUMENT[end:]
    )
    configuration = read_configuration(document, "starting.yaml")
    assert [one.name for one in configuration.alerts.routes] == [
        "Slipping accounts",
        "Large accounts to their owners",
        "Who left the best",
        "Good news",
    ]
    large = configuration.alerts.routes[1]
    assert large.destinations == (Destination(To.OWNER), Destination(To.MANAGER))
    assert (large.when, large.again, len(large.quiet)) == ("any", "if worse", 2)
    catalogs = Catalogs(ACCOUNTS, Catalog(()))
    found = [one for one in check_against(configuration, catalogs) if one.path[0] == "alerts"]
    assert [one.message for one in found if "Champion" not in one.message] == []
