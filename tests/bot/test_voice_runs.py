"""The voice of customer in runs, on both databases: read once, labelled, asked for, explained, corrected."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from bot.app.config.criteria import Catalogs, check_against
from bot.app.config.published import read_document
from bot.app.customer_voice import CustomerVoice
from bot.app.errors import ConfigurationError, UserError
from bot.app.explaining import Explanations
from bot.app.facts import SegmentationRun
from bot.app.people import OPERATOR, Person, Role
from bot.app.recompute import Recompute
from bot.store.accounts import SqlAccountBook
from bot.store.audit import SqlAudit
from bot.store.catalog import account_catalog, transaction_catalog
from bot.store.corrections import SqlCorrections
from bot.store.readings import SqlReadings
from bot.store.scores import SqlScores, SqlScoringTransaction
from bot.store.tables import RunRow, ScoreRow
from bot.store.technique_tables import LearnedRow, MessageReadingRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, EngagementEventRow
from scoring.criteria.parse import parse
from scoring.voice.catalog import in_criteria
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import World, database, shared_postgres  # noqa: F401  (fixtures)

HOSTILE = "}; DROP $.[0] \\"
DOCUMENT = f"""\
version: 1
segmentations:
  - name: Voice
    technique: voice
    fewest_messages: 2
    competitors:
      - {{name: Acme CRM, aliases: [acmecrm]}}
      - {{name: '{HOSTILE} Corp'}}
segments:
  - {{name: Lost to Acme, criteria: 'competitor "Acme CRM" mentioned >= 2 times'}}
  - {{name: Angry, criteria: 'negative share > 40% and in segment "Lost to Acme"'}}
alerts:
  routes:
    - {{name: Worse, when: worse, channel: "#cs"}}
"""
GOOD = "Thank you so much, the new release is wonderful and the team loves it."
BAD = "This is unacceptable, the export is broken again and nobody answers us."
CANCEL = "We want to cancel our subscription at the end of this month."


class Said:
    """A world in which customers write."""

    def __init__(self, database: Database, document: str = DOCUMENT) -> None:  # noqa: F811
        self.world = World(database)
        self.world.publish(document)
        self.database, self._events = database, 0

    def says(self, account: str, text: str | None, days: int = 1, **columns: Any) -> None:
        """An e-mail of an account, so many days ago."""
        self._events += 1
        at = datetime.combine(self.world.today() - timedelta(days=days), time(15), UTC)
        values: dict[str, Any] = {
            "source": "crm.emails",
            "raw_id": f"m{self._events}",
            "event_type": "email_received",
            "occurred_at": at,
            "account_id": account,
            "direction": "in",
            "text": text,
        }
        self.world.add(EngagementEventRow(**values | columns))
        self.world.touch(account)

    def run(self, cause: Any = "change") -> SegmentationRun:
        return self.world.run(cause).parts[0]

    def labels(self) -> dict[str, str | None]:
        return self.world.labels("Voice")

    def score(self, account: str) -> ScoreRow:
        rows: list[ScoreRow] = self.world.rows(ScoreRow)
        return next(one for one in rows if one.account_id == account)

    def details(self, account: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.score(account).details or "{}")
        return found

    def found(self, criteria: str, catalog_text: bool = True) -> set[str]:
        """The accounts that meet criteria, by the account book."""
        book = self.book()
        node = parse(in_criteria(criteria) if catalog_text else criteria, book.catalog())
        return {line.id for line in book.page(node, (), 50)}

    def book(self) -> SqlAccountBook:
        current = self.world.configurations.current
        return SqlAccountBook(
            self.database, lambda: current().configuration, self.world.clock, lambda _: None
        )

    def readings(self) -> SqlReadings:
        return SqlReadings(
            self.database,
            self.world.configurations,
            lambda connection, configuration: (
                SqlScoringTransaction(connection).organisation().today(configuration, self.world.clock.now())
            ),
        )

    def voice(self) -> CustomerVoice:
        audit = SqlAudit(self.database, self.world.clock)
        return CustomerVoice(SqlCorrections(self.database), self.readings().reader, audit, self.world.clock)


@pytest.fixture
def said(database: Database) -> Said:  # noqa: F811
    """Four accounts, one of them silent, scored once."""
    found = Said(database)
    for name in ("happy", "cross", "wavering", "silent"):
        found.world.account(name)
    for days in (3, 20, 40):
        found.says("happy", GOOD, days)
        found.says("cross", BAD, days)
    found.says("wavering", GOOD, 5)
    found.says("wavering", "We are looking at Acme CRM. Could acmecrm export our invoices?", 6)
    found.run("first")
    return found


def test_the_first_run_reads_everything_and_is_a_baseline(said: Said) -> None:
    labels = said.labels()
    assert labels["happy"] == "Promoter"
    assert labels["cross"] == "Detractor"
    assert labels["silent"] is None
    happy = said.details("happy")
    assert (happy["messages"], happy["positive_count"], happy["positive_share"]) == (3, 3, 100.0)
    assert happy["last_message"] == (said.world.today() - timedelta(days=3)).isoformat()
    assert said.score("happy").measure == 100 * 10_000
    assert (said.score("silent").measure, said.details("silent")) == (None, {"messages": 0})
    assert len(said.world.rows(MessageReadingRow)) == 8
    assert {one.baseline for one in said.world.changes()} == {True}
    assert said.world.alerts() == []


def test_an_unchanged_run_writes_nothing_and_reads_nothing_again(said: Said) -> None:
    before = {one.raw_id: one.reader for one in said.world.rows(MessageReadingRow)}
    learned = said.world.rows(LearnedRow)
    part = said.run("command")
    assert (part.written, part.label_changes) == (0, 0)
    assert {one.raw_id: one.reader for one in said.world.rows(MessageReadingRow)} == before
    assert said.world.rows(LearnedRow) == learned


def test_a_complaint_changes_one_label_with_reasons_and_an_alert(said: Said) -> None:
    said.says("happy", CANCEL, 0)
    part = said.run()
    assert (part.label_changes, part.written) == (1, 1)
    assert said.labels()["happy"] == "Detractor"
    [payload] = said.world.payloads()
    assert (payload["account_id"], payload["old_label"], payload["new_label"]) == (
        "happy",
        "Promoter",
        "Detractor",
    )
    assert "Cancellation count 0 \u2192 1." in payload["reasons"]
    said.world.touch("happy")
    assert said.run().written == 0


def test_only_what_customers_wrote_is_a_voice(said: Said) -> None:
    said.says("silent", BAD, source="crm.emails", event_type="email_sent", direction="out")
    said.says("silent", BAD, source="campaigns", event_type="campaign_opened")
    said.says("silent", None)
    said.says("silent", "I am out of the office until Monday and will reply when I return.")
    said.run()
    assert said.details("silent")["messages"] == 0
    said.says("silent", None, source="survey", event_type="nps", score=-80)
    said.says("silent", "Okay.", source="desk", event_type="ticket_rated", score=100)
    said.run()
    silent = said.details("silent")
    assert (silent["messages"], silent["negative_count"], silent["positive_count"]) == (2, 1, 1)


def test_one_answer_with_two_ratings_is_one_message(said: Said) -> None:
    for kind in ("nps", "csat"):
        said.says("silent", BAD, source="survey", raw_id="answer", event_type=kind, score=-100)
    said.run()
    assert said.details("silent")["messages"] == 1


def test_fields_are_asked_for_sorted_and_used_in_segments(said: Said) -> None:
    assert said.found("complaint_count >= 3") == {"cross"}
    assert said.found("complaint_count = 0") == {"happy", "wavering", "silent"}
    assert said.found("negative share > 40%") == {"cross"}
    assert said.found("net_sentiment = 100") == {"happy"}
    assert said.found('competitor."Acme CRM" = 2') == {"wavering"}
    assert said.found('competitor "Acme CRM" mentioned') == {"wavering"}
    assert said.found('competitor "Acme CRM" mentioned > 2 times') == set()
    assert said.found('"competitor.Acme CRM.Voice" >= 1') == {"wavering"}
    assert said.found(f"'competitor.{HOSTILE} Corp' = 0".replace('"', '\\"').replace("'", '"')) == {
        "happy",
        "cross",
        "wavering",
        "silent",
    }
    assert said.found("last_message in last 10 days") == {"happy", "cross", "wavering"}
    assert said.found('in segment "Lost to Acme"') == {"wavering"}
    assert said.found("in segment Angry") == set()
    assert said.found("label.Voice = Promoter") == {"happy", "wavering"}
    assert said.found('voice_trend = "new detractor"') == {"cross"}


def test_a_question_may_say_it_as_people_do(said: Said) -> None:
    from bot.app.ask import Ask

    ask = Ask(said.book(), lambda: said.world.configurations.current().configuration)
    answer = ask.ask('competitor "Acme CRM" mentioned >= 2 times', OPERATOR)
    assert answer.not_understood is None, answer.not_understood
    assert [one.id for one in answer.accounts] == ["wavering"]
    assert ask.ask('competitor "Acme CRM" mentioned', OPERATOR).total == 1
    assert ask.ask('in segment "Lost to Acme"', OPERATOR).total == 1
    answer = ask.ask("accounts where negative share > 40% sorted by net_sentiment", OPERATOR)
    assert [one.id for one in answer.accounts] == ["cross"]


def test_messages_leave_the_window_as_days_pass(said: Said) -> None:
    said.world.pass_time(days=190)
    part = said.run("daily")
    assert said.details("happy") == {"messages": 0}
    assert said.labels() == dict.fromkeys(("happy", "cross", "wavering", "silent"))
    assert part.label_changes == 3
    why = [json.loads(one.facts)["why"] for one in said.world.changes() if not one.baseline]
    assert ["No message of the last 183 days is left."] in why


def test_a_message_dated_tomorrow_does_not_count_yet_and_is_told(said: Said) -> None:
    said.says("silent", BAD, -1)
    assert said.run().warnings == (), "of marked accounts alone"
    part = said.run("command")
    assert said.details("silent") == {"messages": 0}
    assert any("dated after" in one for one in part.warnings)


def test_a_message_that_was_edited_is_read_again_and_no_other(said: Said) -> None:
    before = {one.raw_id: one.reader for one in said.world.rows(MessageReadingRow)}
    with said.database.writes.begin() as connection:
        connection.execute(
            update(EngagementEventRow).where(col(EngagementEventRow.raw_id) == "m1").values(text=CANCEL)
        )
    said.world.touch("happy")
    said.run()
    after = {one.raw_id: one.reader for one in said.world.rows(MessageReadingRow)}
    assert {name for name in after if after[name] != before[name]} == {"m1"}
    assert said.details("happy")["cancellation_count"] == 1


def test_what_is_learned_is_kept_for_a_week(said: Said) -> None:
    [first] = said.world.rows(LearnedRow)
    said.world.pass_time(days=6)
    said.run("daily")
    assert said.world.rows(LearnedRow)[0].as_of == first.as_of
    said.world.pass_time(days=1)
    said.run("daily")
    [later] = said.world.rows(LearnedRow)
    assert later.as_of > first.as_of
    assert json.loads(later.body)["reader"] == json.loads(first.body)["reader"]


def test_a_deleted_account_is_gone_and_nobody_left_is_no_error(said: Said) -> None:
    with said.database.writes.begin() as connection:
        connection.execute(delete(AccountRow).where(col(AccountRow.id) == "cross"))
    said.world.touch("cross")
    part = said.run()
    assert "cross" not in said.labels()
    assert part.warnings[-1] == "Accounts that were deleted or take no part any more: 1."
    with said.database.writes.begin() as connection:
        connection.execute(delete(AccountRow))
    assert said.run("command").accounts == 0


def test_nothing_was_written_by_anybody(database: Database) -> None:  # noqa: F811
    found = Said(database)
    found.world.account("a")
    part = found.run("first")
    assert (part.accounts, found.labels()) == (1, {"a": None})


def test_reading_ahead_leaves_nothing_to_a_run_and_goes_on_where_it_stopped(said: Said) -> None:
    said.says("silent", GOOD)
    said.says("silent", BAD)
    assert said.readings().read_new() == 2
    assert said.readings().read_new() == 0
    kept = said.world.rows(MessageReadingRow)
    said.run()
    assert said.world.rows(MessageReadingRow) == kept
    said.says("silent", CANCEL)
    ahead = Recompute(
        SqlScores(said.database),
        said.world.configurations,
        said.world.clock,
        lambda _: None,
        said.readings().read_new,
    )
    ahead.run("change")
    assert said.details("silent")["messages"] == 3


def test_an_account_is_explained_by_facts_conditions_and_sentences(said: Said) -> None:
    scores = SqlScores(said.database)
    [told] = Explanations(scores, said.world.configurations, said.world.clock).of("cross")
    assert (told.segmentation, told.technique, told.label) == ("Voice", "voice", "Detractor")
    text = "\n".join(told.why)
    assert "3 messages in 183 days up to 24 Nov 2026, the last on 21 Nov 2026: 0 positive, 0 neutral" in text
    assert "Detractor, because negative_share > 40 (it is 100 %)" in text
    assert "Not Unhappy: negative_share <= 40 (it is 100 %)." in text
    assert f"\u201c{BAD}\u201d (email, 21 Nov 2026" in text
    assert "more positive messages would make it Unhappy." in text
    [silent] = Explanations(scores, said.world.configurations, said.world.clock).of("silent")
    assert silent.why[0] == "No message in the last 183 days."


def test_a_correction_is_learned_from_and_everything_is_read_anew(said: Said) -> None:
    said.says("silent", "Ping me re the bollard thingy.")
    said.says("silent", "Ping me re the bollard thingy!", 2)
    said.run()
    assert said.details("silent").get("purchase_count", 0) == 0
    meaning = ("Ping me re the bollard thingy.", "purchase", "positive")
    ann = Person("U1", "Ann", None, "1", Role.MEMBER)
    assert said.voice().correct(*meaning, ann, "C1", keep=False).endswith("Nothing has been kept.")
    assert SqlAudit(said.database, said.world.clock).lines() == []
    told = said.voice().correct(*meaning, ann, "C1")
    assert told.endswith("1 account said it.")
    [line] = SqlAudit(said.database, said.world.clock).lines()
    assert (line.actor, line.action, line.outcome) == ("U1", "correct", "purchase and positive")
    assert said.run().label_changes == 1
    silent = said.details("silent")
    assert (silent["purchase_count"], silent["positive_count"]) == (2, 2)
    [read] = said.voice().read("Ping me re the bollard thingy.")
    assert (read.intent, read.sentiment, read.intent_chance, read.low_confidence) == (
        "purchase",
        "positive",
        100,
        False,
    )


@pytest.mark.parametrize(
    ("sentence", "intent", "role", "told"),
    [
        ("It broke.", "complaint", Role.VIEWER, "You may not correct what was read."),
        ("It broke.", "complant", Role.MEMBER, "'complant' is no intent. Did you mean 'complaint'?"),
        ("It broke.", None, Role.MEMBER, "Neither an intent nor a sentiment"),
        ("It broke. It hurts.", "complaint", Role.MEMBER, "There are 2 sentences in it"),
        (" ", "complaint", Role.MEMBER, "There is no sentence in it"),
        ("x" * 501, "complaint", Role.MEMBER, "The sentence is longer than 500 characters."),
    ],
)
def test_a_correction_that_cannot_be_is_refused(
    database: Database,  # noqa: F811
    sentence: str,
    intent: str | None,
    role: Role,
    told: str,
) -> None:
    said = Said(database)
    with pytest.raises(UserError, match=told):
        said.voice().correct(sentence, intent, None, Person("U1", "Ann", None, "1", role), "C1")
    assert SqlCorrections(database).all() == ()


def test_two_segmentations_with_other_competitors_share_what_was_read(database: Database) -> None:  # noqa: F811
    second = "  - {name: Second, technique: voice, competitors: [{name: Brightwave}]}\n"
    said = Said(database, DOCUMENT.replace("segments:\n", f"{second}segments:\n"))
    said.world.account("a")
    said.says("a", "We compare Brightwave with Acme CRM.")
    parts = said.world.run("first").parts
    assert [one.segmentation for one in parts] == ["Voice", "Second"]
    kept = said.world.rows(MessageReadingRow)
    said.world.run("command")
    assert said.world.rows(MessageReadingRow) == kept
    assert said.found('competitor."Acme CRM" = 1 and competitor.Brightwave = 1') == {"a"}
    assert said.found('"competitor.Brightwave.Second" = 1') == {"a"}


def problems_of(said: Said, document: str) -> list[str]:
    found = read_document(document, "doc.yaml")
    with said.database.reads.connect() as connection:
        catalogs = Catalogs(
            account_catalog(connection, found.configuration),
            transaction_catalog(connection, found.configuration),
        )
    return [one.message for one in check_against(found.configuration, catalogs)]


def test_criteria_are_checked_as_people_write_them(database: Database) -> None:  # noqa: F811
    said = Said(database)
    assert problems_of(said, DOCUMENT) == []
    wrong = DOCUMENT.replace('competitor "Acme CRM"', 'competitor "Akme CRM"')
    first, second = problems_of(said, wrong)
    assert 'There is no field competitor."Akme CRM". Did you mean competitor."Acme CRM"' in first
    assert "Lost to Acme" in second, "the segment that the other names"
    labelled = DOCUMENT.replace(
        "fewest_messages: 2", "labels: [{name: Lost, when: 'competitor \"Acme CRM\" mentioned > 1 times'}]"
    )
    assert problems_of(said, labelled) == []


def test_what_the_document_may_not_say_is_refused_with_its_line() -> None:
    many = "[" + ", ".join(f"{{name: L{n}, when: messages >= {n}}}" for n in range(9)) + "]"
    with pytest.raises(ConfigurationError, match="'Voice' has 9 labels; the limit is 8"):
        read_document(DOCUMENT.replace("fewest_messages: 2", f"labels: {many}"), "doc.yaml")
    twice = DOCUMENT.replace("aliases: [acmecrm]", "aliases: [Brightwave]").replace(
        "    competitors:\n", "    competitors:\n      - {name: Brightwave}\n"
    )
    with pytest.raises(ConfigurationError, match=r"doc.yaml:6.*brightwave is an alias of both"):
        read_document(twice, "doc.yaml")


def test_criteria_that_fit_no_more_stop_the_run_with_a_sentence(said: Said) -> None:
    said.world.publish(DOCUMENT.replace("fewest_messages: 2", "accounts: frobnicate = 3"))
    with pytest.raises(ConfigurationError, match="The criteria of 'Voice' do not fit"):
        said.run("command")
    assert len(said.world.rows(RunRow)) == 1
