"""The use cases in memory, for tests of what stands in front of them: small, honest, no database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from bot.app.answers import AccountCard, AccountLine, Answer, CardOffer, Group, LabelMove
from bot.app.checks import Check
from bot.app.errors import UserError
from bot.app.notices import AlertNotice
from bot.app.people import Person, Role
from bot.app.ports import Posted
from bot.app.saving import MAY_SAVE, NOT_ALLOWED, written
from bot.app.services import HomeView, MovedAccount, Services
from bot.app.tables import AnswerTable, Cell, CellType, Picture, TableColumn
from bot.language.question import Kind, NotUnderstood, Question, Reading, Sort, UnknownWord
from scoring.config import Access, Configuration
from scoring.criteria.parse import parse
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label
from tests.support.fake_conversations import FakeMisses
from tests.support.fake_desk import EXPLAINED, FakeDesk
from tests.support.sample_organisation import CATALOG

NOW = datetime(2026, 11, 24, 12, 3, tzinfo=UTC)
LABELS = ("VIP", "Champion", "Promising", "At Risk", "Lost")

DARCEL = Person("UDARCEL", "Darcel Schlecht", "darcel.schlecht@bellwether.example", "1", Role.MEMBER)
ANNA = Person("UANNA", "Anna Snelling", "anna.snelling@bellwether.example", "2", Role.MEMBER)
MELVIN = Person("UMELVIN", "Melvin Marxen", "melvin.marxen@bellwether.example", "3", Role.MANAGER)
ADA = Person("UADA", "Ada Lindqvist", "ada.lindqvist@bellwether.example", "4", Role.ADMIN)
VERA = Person("UVERA", "Vera Viewer", "vera@bellwether.example", "5", Role.VIEWER)
GAIL = Person(
    "UGAIL",
    "Gail Guest",
    "gail@partner.example",
    None,
    Role.NOBODY,
    "Guests of the workspace get no account data.",
)


class StillClock:
    """A clock that stands until somebody moves it."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def account(name: str, number: int = 1, **values: object) -> AccountLine:
    """An account with plausible values."""
    line = AccountLine(
        id=str(number),
        name=name,
        label="VIP",
        r=5,
        f=5,
        m=4,
        total=14,
        industry="medical",
        city="Austin",
        state="Texas",
        country="United States",
        owner="Darcel Schlecht",
        last_purchase=date(2026, 11, 5),
        purchases=42,
        spend_minor=12_345_600,
        annual_revenue_minor=170_000_000_00,
        employees=1_234,
    )
    return replace(line, **values)  # type: ignore[arg-type]


def card(name: str = "Konex", **values: object) -> AccountCard:
    """An account card with plausible values."""
    made = AccountCard(
        line=account(name, label="At Risk"),
        segmentation="Purchase behaviour",
        label_since=NOW - timedelta(days=3),
        last_change=LabelMove(NOW - timedelta(days=3), "VIP", "At Risk"),
        why=(
            "No purchase for 120 days; VIP needs one within 90.",
            "42 purchases, more than 90% of accounts.",
        ),
        open_deals=2,
        open_deals_minor=1_250_000,
        last_deal_name="Konex · GTX Pro · Z063OYW0",
        contacts=(("Ida Berg", "Buyer", "ida.berg@konex.example"), ("Tom", None, None)),
        website="https://konex.example",
        phone="555 0100",
        crm_url="https://crm.example/accounts/1",
        further=EXPLAINED,
        next_step="Call the contact this week.",
        offers=(CardOffer("GTX Pro", "repeat_buy", Decimal("0.34"), 120_000, "bought 4 times"),),
    )
    return replace(made, **values)  # type: ignore[arg-type]


def notice(alert_id: int = 12, **values: object) -> AlertNotice:
    """An open alert with plausible values."""
    made = AlertNotice(
        alert_id=alert_id,
        account_id="1",
        account_name="Konex",
        crm_url="https://crm.example/accounts/1",
        segmentation="Purchase behaviour",
        old_label="VIP",
        new_label="At Risk",
        direction="worse",
        reasons=("Last purchase 5 Nov 2026, 120 days ago.", "Recency fell from 5 to 1."),
        money_minor=12_345_600,
        currency="USD",
        owner_name="Darcel Schlecht",
        last_purchase=date(2026, 11, 5),
        next_step="Call before the quarter ends.",
        changed_at=NOW - timedelta(minutes=2),
    )
    return replace(made, **values)  # type: ignore[arg-type]


@dataclass
class FakeAsking:
    """Knows the questions it was given; of every other it says so, naming the last word."""

    accounts: tuple[AccountLine, ...] = ()
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    places: list[tuple[str, bool]] = field(default_factory=list)  # conversation, pressed
    fail_with: Exception | None = None
    page_size: int = 10

    def ask(
        self,
        text: str,
        person: Person,
        offset: int = 0,
        *,
        conversation: str = "",
        pressed: bool = False,
    ) -> Answer:
        self.asked.append((person.slack_id, text))
        self.places.append((conversation, pressed))
        if self.fail_with is not None:
            raise self.fail_with
        if text in self.answers:
            return self._page(replace(self.answers[text], question=text), offset)
        word = text.rsplit(maxsplit=1)[-1]
        known = next(iter(self.answers), "help")
        unknown = UnknownWord(word, text.rfind(word), (Reading(known, f"medical: {known}"),))
        problem = NotUnderstood((unknown,), f"I do not know the word {word}.")
        return Answer(text, None, "", 0, 0, NOW, "USD", not_understood=problem)

    def knows(self, text: str, answer: Answer) -> None:
        self.answers[text] = answer

    def _page(self, answer: Answer, offset: int) -> Answer:
        if answer.kind is not Kind.LIST:
            return answer
        page = answer.accounts[offset : offset + self.page_size]
        return replace(answer, accounts=page, shown=len(page), offset=offset)


def list_answer(*accounts: AccountLine, **values: object) -> Answer:
    """A list of all these accounts."""
    made = Answer(
        question="show VIP accounts in healthcare",
        kind=Kind.LIST,
        read_as="label = VIP and industry = medical",
        total=len(accounts),
        shown=len(accounts),
        as_of=NOW - timedelta(minutes=2),
        currency="USD",
        accounts=accounts,
        columns=("label", "industry", "owner", "last_purchase", "spend_minor"),
    )
    return replace(made, **values)  # type: ignore[arg-type]


def asked_list(text: str = "label = VIP", *sort: Sort, limit: int | None = None) -> Question:
    """A question for a list."""
    return Question(Kind.LIST, parse(text, CATALOG), sort=sort, limit=limit)


EVERY_TYPE = tuple(TableColumn(kind.value, kind.value.capitalize(), kind) for kind in CellType)


def row_of_every_type(text: str = "Konex", **values: Cell) -> tuple[Cell, ...]:
    """A row for ``EVERY_TYPE``: the text wherever one can stand."""
    known: dict[str, Cell] = {
        "number": Decimal("1234.5"),
        "money": 12_345_600,
        "percent": Decimal("0.125"),
        "days": 12,
        "day": date(2026, 11, 5),
        "period": "Q3 2026",
    }
    return tuple((known | values).get(one.key, text) for one in EVERY_TYPE)


def table_answer(*rows: tuple[Cell, ...], **values: object) -> Answer:
    """A sentence with a table of every type of cell, and remarks."""
    made = Answer(
        question="revenue by quarter",
        kind=Kind.FIGURE,
        read_as="all accounts · revenue every quarter",
        total=len(rows),
        shown=len(rows),
        as_of=NOW - timedelta(minutes=2),
        currency="USD",
        said="Revenue was $1.2M in 4 quarters.",
        table=AnswerTable(EVERY_TYPE, rows, len(rows)) if rows else None,
        remarks=("Two purchases have no day.",),
    )
    return replace(made, **values)  # type: ignore[arg-type]


def breakdown_answer(*groups: Group) -> Answer:
    """Accounts per industry."""
    return Answer(
        question="how many champions per industry?",
        kind=Kind.COUNT_BY,
        read_as="label = Champion, by industry",
        total=sum(group.count for group in groups),
        shown=0,
        as_of=NOW - timedelta(minutes=2),
        currency="USD",
        groups=groups,
        group_by="industry",
    )


@dataclass(frozen=True)
class Topic:
    """One topic of help."""

    title: str
    examples: tuple[str, ...]


def help_answer() -> Answer:
    """Help with two topics."""
    topics = (
        Topic("Lists", ("show VIP accounts in healthcare", "at-risk accounts over 50k")),
        Topic("Numbers", ("how many champions per industry?",)),
    )
    return Answer("help", Kind.HELP, "", 0, 0, None, "USD", help=topics)


def card_answer(shown: AccountCard | None) -> Answer:
    """One account."""
    return Answer(
        question="how is Konex doing?",
        kind=Kind.ACCOUNT,
        read_as='name = "Konex"',
        total=1 if shown else 0,
        shown=1 if shown else 0,
        as_of=NOW - timedelta(minutes=2),
        currency="USD",
        card=shown,
    )


@dataclass
class FakeRescoring:
    """Takes requests for the segmentations it knows."""

    requests: list[tuple[str | None, str, Posted | None]] = field(default_factory=list)

    def request(self, segmentation: str | None, person: Person, progress_at: Posted | None) -> int:
        if segmentation not in {None, "Purchase behaviour"}:
            raise UserError(f"There is no segmentation {segmentation}.", "The nearest is Purchase behaviour.")
        self.requests.append((segmentation, person.slack_id, progress_at))
        return 127 + len(self.requests)


@dataclass
class FakeVoice:
    """Remembers who corrected what."""

    corrections: list[tuple[str, str | None, str | None, str]] = field(default_factory=list)

    def correct(
        self, sentence: str, intent: str | None, sentiment: str | None, person: Person, place: str
    ) -> str:
        if not person.may(Role.MEMBER):
            raise UserError("You may not correct what was read.", "Ask an administrator.")
        self.corrections.append((sentence, intent, sentiment, person.slack_id))
        return f"Kept in {place}."


@dataclass
class FakeSaving:
    """Keeps what was saved; a name can be taken, and criteria that say "wrong" are."""

    saved: list[tuple[str, str, str, str]] = field(default_factory=list)

    def problems(self, name: str, criteria: str) -> dict[str, str]:
        found = {}
        if name in {one[0] for one in self.saved}:
            found["name"] = f"There is a segment “{name}” already."
        if "wrong" in criteria:
            found["criteria"] = f"At character {criteria.index('wrong') + 1}: There is no field wrong."
        return found

    def save(self, name: str, question: Question, person: Person, place: str) -> str:
        return self.save_text(name, written(question), "", person, place)

    def save_text(self, name: str, criteria: str, note: str, person: Person, place: str) -> str:
        if not person.may(MAY_SAVE):
            raise UserError(NOT_ALLOWED)
        self.saved.append((name, criteria, note, person.slack_id))
        return f"Saved as the segment “{name}”: {criteria}."


@dataclass
class FakeWords:
    """Remembers which words were kept; readings are values as they are written."""

    kept: list[tuple[str, str, str]] = field(default_factory=list)

    def offer(self, word: str, reading: str, person: Person) -> str | None:
        return reading if person.may(Role.ADMIN) else None

    def keep(self, word: str, reading: str, person: Person) -> str:
        if not person.may(Role.ADMIN):
            raise UserError("Only administrators keep words.")
        self.kept.append((word, reading, person.slack_id))
        return f"Kept: “{word}” is a word for {reading}."


class FakePeople:
    """The people of the sandbox; everybody else is a stranger.

    Attributes:
        changed: who they are when they are asked for anew: their rights were changed a minute ago.
    """

    def __init__(self, *people: Person) -> None:
        self.fail_with: Exception | None = None
        self.changed: dict[str, Person] = {}
        self._people = {one.slack_id: one for one in people or (DARCEL, ANNA, MELVIN, ADA, VERA, GAIL)}

    def person(self, slack_id: str) -> Person:
        if self.fail_with is not None:
            raise self.fail_with
        stranger = Person(
            slack_id, "a stranger", None, None, Role.NOBODY, "Nobody in the CRM has your e-mail."
        )
        return self._people.get(slack_id, stranger)

    def person_now(self, slack_id: str) -> Person:
        if slack_id in self.changed:
            return self.changed[slack_id]
        return self.person(slack_id)


class FakeHome:
    """The same App Home for everybody, with the alerts that are still open."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk

    def view(self, person: Person) -> HomeView:
        return HomeView(
            person=person,
            label_counts=(("VIP", 12), ("At Risk", 3)),
            my_moves=(
                MovedAccount(
                    "1", "Konex", LabelMove(NOW, "VIP", "At Risk"), "https://crm.example/accounts/1"
                ),
            ),
            open_alerts=tuple(one for one in self._desk.alerts.values() if one.state == "open"),
            checks=(
                Check("Zoho", ok=True, detail="synchronised", age_seconds=120),
                Check("Slack", ok=False, detail="not connected", advice="Check the app-level token."),
            ),
            as_of=NOW - timedelta(minutes=2),
        )


class FakeSeen:
    """Deliveries in a set."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def first_time(self, event_id: str) -> bool:
        known = event_id in self._seen
        self._seen.add(event_id)
        return not known


class FakeAudit:
    """Lines in a list: actor, action, target, outcome, place."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str, str, str]] = []

    def record(self, actor: str, action: str, target: str, outcome: str, place: str) -> None:
        self.lines.append((actor, action, target, outcome, place))


@dataclass
class FakePictures:
    """Draws nothing, and remembers what was to be drawn."""

    drawn: list[Picture] = field(default_factory=list)
    fail_with: Exception | None = None

    def png(self, picture: Picture) -> bytes:
        if self.fail_with is not None:
            raise self.fail_with
        self.drawn.append(picture)
        return b"\x89PNG\r\n\x1a\n" + picture.title.encode()


@dataclass
class FakeWorld:
    """All the fakes, and the bundle of them that the listeners get."""

    clock: StillClock
    asking: FakeAsking
    desk: FakeDesk
    rescoring: FakeRescoring
    people: FakePeople
    seen: FakeSeen
    audit: FakeAudit
    configuration: Configuration
    voice: FakeVoice = field(default_factory=FakeVoice)
    pictures: FakePictures = field(default_factory=FakePictures)
    saving: FakeSaving = field(default_factory=FakeSaving)
    words: FakeWords = field(default_factory=FakeWords)
    misses: FakeMisses = field(default_factory=FakeMisses)

    @property
    def services(self) -> Services:
        return Services(
            clock=self.clock,
            asking=self.asking,
            alerts=self.desk,
            rescoring=self.rescoring,
            voice=self.voice,
            saving=self.saving,
            people=self.people,
            home=FakeHome(self.desk),
            seen=self.seen,
            audit=self.audit,
            pictures=self.pictures,
            words=self.words,
            misses=self.misses,
        )


def fake_world(*alerts: AlertNotice, public_channels: tuple[str, ...] = ("#sales",)) -> FakeWorld:
    """A world with these alerts open."""
    clock, audit = StillClock(), FakeAudit()
    segmentation = RfmSegmentation(
        name="Purchase behaviour", labels=tuple(Label(name=name, when="r >= 1") for name in LABELS)
    )
    configuration = Configuration(
        segmentations=(segmentation,), access=Access(public_channels=public_channels)
    )
    return FakeWorld(
        clock,
        FakeAsking(),
        FakeDesk(clock, audit, *alerts),
        FakeRescoring(),
        FakePeople(),
        FakeSeen(),
        audit,
        configuration,
    )
