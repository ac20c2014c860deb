"""Every message, modal and page that the product sends to Slack, with one value in each field of text."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from types import CodeType, FrameType, SimpleNamespace
from typing import Any

import bot.slack.views
from bot.app import acting
from bot.app.acting import CrmUserName
from bot.app.answers import CardOffer, Explanation, FurtherColumn, Group, LabelMove
from bot.app.checks import Check
from bot.app.exporting_values import ColumnType, Export, ExportColumn, ExportSort, Status, Wish
from bot.app.notices import Deed
from bot.app.ports import Miss
from bot.app.services import HomeView, MovedAccount
from bot.app.tables import AnswerTable, CellType, Picture, Point, Shape, TableColumn
from bot.language.question import Kind, NotUnderstood, Question, Reading, Sort, UnknownWord
from bot.slack.sending import as_text
from bot.slack.views import alert_deeds, alert_modals, export
from bot.slack.views.alert import alert_message, summary_message, text_message
from bot.slack.views.answer import answer_message
from bot.slack.views.blocks import Json, Message
from bot.slack.views.drawing import Drawing
from bot.slack.views.help import help_message
from bot.slack.views.home import home_view, refused_home
from bot.slack.views.keep_word import Learnt, keep_button
from bot.slack.views.limits import Surface
from bot.slack.views.not_understood import not_understood_message
from bot.slack.views.problem import problem_message, refusal_message
from bot.slack.views.save_form import save_form
from bot.slack.views.text import mrkdwn
from bot.slack.views.zoho_link import way_message
from scoring.criteria.tree import Compare, Operator
from tests.support.fake_services import (
    ADA,
    EVERY_TYPE,
    NOW,
    account,
    breakdown_answer,
    card,
    card_answer,
    list_answer,
    notice,
    row_of_every_type,
    table_answer,
)
from tests.support.hostile_enriching import every_enriching_message, every_enriching_modal
from tests.support.hostile_forms import (
    administration_of,
    every_form,
    every_form_option,
    every_schedule,
    offered,
    schedules_of,
    unfurled,
)

MENTIONED = "S0TEAM1"  # the user group that a route of the configuration names
DEEDS = (
    *(acting.ACKNOWLEDGE, acting.SNOOZE, acting.ASSIGN, acting.OWNER, acting.TASK, acting.NOTE),
    *(acting.NOT_AT_RISK, acting.WOKE, acting.WORSE),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """Something that is sent, and where it is shown."""

    payload: Json
    surface: Surface


def everything(value: str, *, many: int = 2) -> Iterator[Sent]:
    """Whatever can be sent, with this value in every field; ``many`` rows where there may be many."""
    for message in every_message(value, many=many):
        yield Sent(message.payload(), Surface.MESSAGE)
    yield Sent(as_text(problem_message(value, value, value)), Surface.MESSAGE)
    line = account(value, label=value, industry=value, city=value, country=value, owner=value)
    yield Sent(unfurled(line), Surface.MESSAGE)
    yield Sent(home_of(value, many), Surface.HOME)
    yield Sent(refused_home(value), Surface.HOME)
    chosen = offered(every_option(value))
    for modal in (*every_modal(value), *every_form(value, line, many), chosen):
        yield Sent(modal, Surface.MODAL)


def every_message(value: str, *, many: int = 150) -> Iterator[Message]:
    """Each message."""
    marks = {value: "🟢"}
    drawing = Drawing(NOW, marks, asker="UDARCEL")
    line = account(value, label=value, industry=value, city=value, state=value, country=value, owner=value)
    answer = list_answer(line, line, question=value, read_as=value, total=30, currency=value)
    columns = ("label", "r", "f", "m", "total", "industry", "city", "state", "country", "owner")
    more = ("last_purchase", "purchases", "spend_minor", "annual_revenue_minor", "employees", "unknown")
    yield answer_message(replace(answer, columns=columns + more), drawing)
    yield answer_message(replace(answer, accounts=(), total=0), drawing)
    further = FurtherColumn(value, TableColumn("tier", value, CellType.TEXT))
    asked = Question(Kind.LIST, Compare("name", Operator.EQ, value), sort=(Sort(value),))
    own = replace(
        answer,
        accounts=(replace(line, further=(value,)),) * 2,
        asked=asked,
        further=(further,),
        columns=("tier",),
    )
    for one in (drawing, replace(drawing, private=True, may_save=True, note=mrkdwn(value))):
        yield answer_message(replace(own, remarks=(value,) * 9), one)
    yield from every_table(value, replace(drawing, private=True, may_save=True), many)
    yield answer_message(replace(answer, kind="count"), drawing)  # type: ignore[arg-type]
    groups = replace(breakdown_answer(Group(value, 3), Group(None, 1)), question=value, read_as=value)
    yield answer_message(replace(groups, group_by=value), drawing)
    yield answer_message(replace(groups, group_by="label"), drawing)
    yield answer_message(replace(card_answer(hostile_card(value)), question=value, read_as=value), drawing)
    unknown = UnknownWord(value, 0, (Reading(value, value), Reading(value, value)))
    problem = NotUnderstood((unknown,) * 7, value, (Reading(value, value),))
    yield not_understood_message(value, problem, drawing)
    yield help_message([SimpleNamespace(title=value, examples=(value, value))], drawing)
    yield problem_message(value, value, value)
    yield refusal_message(value)
    kept = keep_button(Learnt(f"{value} x", value, value), value, "UADA")
    yield Message("Kept", kept) if kept else refusal_message(value)
    yield from every_notice(value, many)
    yield from every_export(value)


def every_table(value: str, drawing: Drawing, many: int) -> Iterator[Message]:
    """Each kind of answer that is a table, with this value in its heads, cells and sentences."""
    heads = tuple(replace(one, head=value) for one in EVERY_TYPE)
    row = row_of_every_type(value, period=value, day=None)
    said = table_answer(*(row,) * many, question=value, read_as=value, said=value, remarks=(value,) * 30)
    yield answer_message(replace(said, table=AnswerTable(heads, (row,) * many, 400)), drawing)
    asked = Question(Kind.MOVED, Compare("name", Operator.EQ, value))
    for kind in (Kind.FIGURE, Kind.MOVED, Kind.HISTORY, Kind.OFFERS, Kind.PROSPECTS, Kind.WHY, Kind.FLOCK):
        point = Picture(Shape.BAR, value, value, CellType.MONEY, (Point(value, 1),), value)
        few = table_answer(row, kind=kind, asked=asked, said=value, question=value, currency=value)
        yield answer_message(replace(few, picture=point), drawing)
        yield answer_message(replace(few, table=None, picture=None), drawing)
    yield answer_message(replace(said, table=AnswerTable(heads * 3, (row * 3,) * 3, 3)), drawing)


def hostile_card(value: str) -> Any:
    """An account card."""
    line = account(value, label=value, industry=value, city=value, state=value, country=value, owner=value)
    return card(
        value,
        segmentation=value,
        why=(value, value),
        further=(Explanation(value, "leaving", value, value, (value, value)),) * 6,
        next_step=value,
        offers=(CardOffer(value, "repeat_buy", Decimal("0.5"), 1, value),) * 3,
        last_change=LabelMove(NOW, value, value),
        last_deal_name=value,
        contacts=((value, value, value),),
        website=value,
        crm_url=value,
        line=line,
    )


def deeds_of(value: str) -> tuple[Deed, ...]:
    """Whatever people can have done, in each state."""
    return tuple(
        Deed(kind, value, NOW, value, value, date(2026, 12, 1), state, value)
        for kind in (*DEEDS, value)
        for state in ("done", "waiting", "refused")
    )


def every_notice(value: str, many: int) -> Iterator[Message]:
    """Alerts in each state, lines of their threads, summaries and free notices."""
    hostile = notice(
        account_name=value,
        crm_url=value,
        segmentation=value,
        old_label=value,
        new_label=value,
        direction=value,
        reasons=(value,) * 9,
        currency=value,
        owner_name=value,
        next_step=value,
        note=value,
        mention=value,
        assignee=value,
    )
    yield alert_message(hostile)
    acted = replace(hostile, state="acknowledged", acted_by=value, acted_at=NOW, mention_id=MENTIONED)
    yield alert_message(acted)
    yield alert_message(replace(acted, state="snoozed", snoozed_until=NOW + timedelta(days=1)))
    deeds = deeds_of(value)
    for first in range(0, len(deeds), 3):
        yield alert_message(replace(acted, deeds=deeds[first : first + 3], earlier=deeds[first]))
    for deed in deeds:
        yield alert_deeds.history_message({"deed": deed.as_payload()})
    yield alert_message(replace(acted, state=value))
    explained = (Explanation(value, value, value, value, (value,) * 9),) * 10
    yield alert_deeds.explanation_message(hostile, explained)
    yield alert_deeds.explanation_message(hostile, ())
    rows = [{"name": value, "old": value, "new": None, "money_minor": 5}] * (2 * many)
    told = {"title": value, "lines": rows, "total": 400, "currency": value, "note": value}
    yield summary_message(told | {"mention": value, "mention_id": MENTIONED})
    yield summary_message(told | {"mention": value, "mention_id": value})
    yield text_message(value)
    yield way_message(value)
    yield text_message("\n".join([value] * 3))


def hostile_export(value: str, status: Status) -> Export:
    """An export in a status."""
    return Export(
        public_id="e1",
        question=value,
        segments=(value,),
        criteria=value,
        sort=(Sort(value),),
        row_limit=None,
        wish=Wish(columns=(value,)),
        requested_by=value,
        requester=value,
        slack_id="UADA",
        status=status,
        created_at=NOW,
        rows=3,
        total=9,
        bytes=1_000,
        expires_at=NOW,
        reason=value,
    )


def every_export(value: str) -> Iterator[Message]:
    """What is said of exports."""
    held = [hostile_export(value, status) for status in Status]
    for one in held:
        yield export.export_message(one, value)
    yield export.export_message(replace(held[0], question=""))
    yield export.offer_message(held[0], value)
    listed = [replace(one, public_id=f"e{number}") for number, one in enumerate(held)]
    schedules = schedules_of(value, held[0])
    yield export.history_message(listed, [one.public_id for one in listed], ExportSort.WHEN, NOW, schedules)
    yield from every_schedule(value, held[0])
    yield from every_enriching_message(value)


def every_modal(value: str) -> Iterator[Json]:
    """Each modal."""
    people = tuple(CrmUserName(str(number), value) for number in range(3))
    deeds = deeds_of(value)
    for kind in alert_modals.TITLES:
        about = notice(account_name=value, old_label=value, new_label=value, deeds=deeds, owner_name=value)
        form = alert_modals.Form(kind, about, 1, people, people[0], {"channel": "C1", "ts": "1.0"})
        yield alert_modals.alert_form(form)
        yield alert_modals.alert_form(replace(form, people=None))
    yield alert_modals.message_modal("Not now", value)
    yield export.export_modal(hostile_export(value, Status.DRAFT), value, 12)
    yield save_form(value[:1000], "{}")
    yield from every_enriching_modal(value)


def every_option(value: str) -> list[Json]:
    """Options that are asked for while somebody types."""
    column = ExportColumn("n", value, value, ColumnType.TEXT)
    people = alert_modals.options([CrmUserName("1", value)])
    fields = export.field_options([column, replace(column, name="m")])
    return [*people, *fields, *every_form_option(value)]


def home_of(value: str, many: int = 30) -> Json:
    """App Home of an administrator."""
    moved = MovedAccount("1", value, LabelMove(NOW, value, None), value)
    alerts = tuple(
        notice(number, account_name=value, reasons=(value,), next_step=value, owner_name=value)
        for number in range(many)
    )
    checks = (Check(value, ok=False, detail=value, age_seconds=1e9, advice=value),) * many
    person = replace(ADA, name=value)
    misses = (Miss(1, value, (value,), value, 2, NOW, NOW),) * many
    counts, administration = ((value, 1),) * 2 * many, administration_of(value, many)
    home = HomeView(person, counts, (moved,) * many, alerts, checks, None, misses, administration)
    home = replace(home, zoho_connected=False)
    return home_view(home, {value: "🟢"}, NOW)


@contextmanager
def noted_calls() -> Iterator[set[CodeType]]:
    """The functions that are called inside."""
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            seen.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(before)


def builders() -> dict[str, CodeType]:
    """Every public function of the views that makes a message, modal, page or list of options."""
    found: dict[str, CodeType] = {}
    for module in pkgutil.iter_modules(bot.slack.views.__path__, "bot.slack.views."):
        for name, one in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            own = one.__module__ == module.name and not name.startswith("_")
            made = str(inspect.signature(one).return_annotation)
            # A link alone is no view: it stands in one.
            if own and name != "link" and made in ("Message", "Json", "list[Json]", "tuple[Json, ...]"):
                found[f"{module.name}.{name}"] = one.__code__
    return found
