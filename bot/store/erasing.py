"""Forgetting accounts and contacts in the database: ``bot.store.erasing_places`` says where."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)

from bot.app.config.published import read_configuration
from bot.app.erasing import (
    Due,
    Erased,
    Gone,
    Names,
    names_of,
    without_records,
)
from bot.app.exporting_rhythm import ScheduleState
from bot.app.ports import Clock, Posted

# Imported for their effect on the metadata: every table has to be there.
from bot.store import (  # noqa: F401
    consent_tables,
    enrichment_tables,
    export_tables,
    installation_tables,
    territory_tables,
)
from bot.store.erasing_messages import may_name, scrub_messages
from bot.store.erasing_places import PLACES, How, Named
from bot.store.erasure_due import KEPT, bearers, forget_returned, has_commanded, held_back, known_gone
from bot.store.erasure_tables import ErasureRow, watch
from bot.store.kept_out import keep_out
from bot.store.locks import beside_writers, take_turn, writing_in_turn
from bot.store.places import TABLES
from connector.cache.engine import Database
from connector.cache.folding import fold
from connector.cache.tables import table_of

_ERASURE = table_of(ErasureRow)
_ACCOUNT, _MARK = TABLES["crm_account"], TABLES["mark"]
_EVENT_KEY = ("source", "raw_id", "event_type")
# Columns that name a record of somebody else.
_LINKS = {
    "account": ("account_id", "crm_account_id", "parent_id"),
    "contact": ("contact_id", "crm_contact_id"),
}
SCHEDULE_WORD = "It asked for somebody who was erased. Export something else."
_SEGMENT_WORD = "The configuration in force names {what}: look for it with `bellwether config export`."


class SqlErasures:
    """The port ``Erasures``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def due(self, limit: int) -> Due:
        """Those who are gone. Whoever is in the copy again, and was not erased by command, is not."""
        with self._database.writes.begin() as connection:
            watch(connection)
            if has_commanded(connection):
                keep_out(connection)
            forget_returned(connection)
            waiting = select(_ERASURE).where(_ERASURE.c.erased_at.is_(None))
            held = held_back(connection)
            for kind in held:
                waiting = waiting.where(or_(_ERASURE.c.cause != "gone", _ERASURE.c.kind != kind))
            rows = connection.execute(waiting.order_by(_ERASURE.c.kind, _ERASURE.c.record_id).limit(limit))
            return Due(known_gone(connection, rows.mappings().all()), sum(held.values()))

    def ask(self, kind: str, record_id: str) -> Gone | None:
        """Note that somebody is erased by command; None when nothing here knows of the id."""
        with self._database.writes.begin() as connection:
            return _note(connection, kind, record_id)

    def confirm(self) -> int:
        """Those who wait for a person's word are gone indeed; how many."""
        with self._database.writes.begin() as connection:
            return _confirm(connection)

    def rehearse(self, one: tuple[str, str] | None, limit: int) -> Erased | None:
        """Erase one, or those who wait for a person's word, in a transaction that is undone."""
        with (
            beside_writers(self._database, "scoring"),
            self._database.writes.connect() as connection,
            connection.begin() as transaction,
        ):
            try:
                take_turn(connection, "scoring")
                if one is not None:
                    noted = _note(connection, *one)
                    return None if noted is None else _Erasure(connection, [noted], self._clock).do()
                watch(connection)
                _confirm(connection)
                forget_returned(connection)
                waiting = select(_ERASURE).where(_ERASURE.c.erased_at.is_(None)).limit(limit)
                gone = known_gone(connection, connection.execute(waiting).mappings().all())
                return _Erasure(connection, gone, self._clock).do()
            finally:
                transaction.rollback()

    def erase(self, gone: Sequence[Gone]) -> Erased:
        """Forget them in every table but that of exports' files, in one transaction."""
        # No run writes about them meanwhile.
        with writing_in_turn(self._database, "scoring") as connection:
            forget_returned(connection)  # to look through files and to wait for a run may take minutes
            mine = _ERASURE.c.record_id.in_([one.id for one in gone])
            rows = connection.execute(select(_ERASURE.c.kind, _ERASURE.c.record_id).where(mine))
            noted = {(row.kind, row.record_id) for row in rows}
            left = tuple(one for one in gone if (one.kind, one.id) in noted)
            return _Erasure(connection, left, self._clock).do()

    def settle(self, gone: Sequence[Gone]) -> None:
        """Forget the names; of those who are kept out the id stays."""
        with self._database.writes.begin() as connection:
            for one in gone:
                mine = (_ERASURE.c.kind == one.kind, _ERASURE.c.record_id == one.id)
                nameless = {"name": None, "email": None, "account_id": None, "erased_at": self._clock.now()}
                done = update(_ERASURE).where(*mine).values(**nameless)
                connection.execute(done if one.by_command else delete(_ERASURE).where(*mine))

    def message(self, message_id: int) -> tuple[Posted | None, str, Mapping[str, Any], bool]:
        """A message of the outbox as it is to be seen now, and whether it may yet be sent."""
        table = TABLES["outbox"]
        with self._database.reads.begin() as connection:
            row = connection.execute(select(table).where(table.c.id == message_id)).mappings().first()
        if row is None:
            return None, "", {}, False
        posted = Posted(row["slack_channel"], row["slack_ts"]) if row["slack_ts"] else None
        return posted, row["kind"], json.loads(row["payload"]), row["state"] in ("pending", "unknown")


def _note(connection: Connection, kind: str, record_id: str) -> Gone | None:
    watch(connection)
    kept = KEPT[kind]
    row = connection.execute(select(kept).where(kept.c.id == record_id)).mappings().first()
    if row is None and not _is_known(connection, kind, record_id):
        return None
    named = dict(row or {})
    values = {
        "cause": "command",
        "account_id": named.get("account_id"),
        "name": named.get("name"),
        "email": named.get("email"),
        "erased_at": None,
    }
    mine = (_ERASURE.c.kind == kind, _ERASURE.c.record_id == record_id)
    noted = connection.execute(select(_ERASURE).where(*mine)).mappings().first()
    if noted is None:
        connection.execute(insert(_ERASURE).values(kind=kind, record_id=record_id, **values))
    else:  # the name may be known from there alone
        known = {name: values[name] or noted[name] for name in ("account_id", "name", "email")}
        connection.execute(update(_ERASURE).where(*mine).values(**{**values, **known}))
    keep_out(connection)
    found = connection.execute(select(_ERASURE).where(*mine)).mappings().one()
    return known_gone(connection, [found])[0]


def _confirm(connection: Connection) -> int:
    mine = (_ERASURE.c.cause == "gone", _ERASURE.c.erased_at.is_(None))
    return connection.execute(update(_ERASURE).where(*mine).values(cause="confirmed")).rowcount


@dataclass
class _Erasure:
    """One transaction."""

    connection: Connection
    gone: Sequence[Gone]
    clock: Clock

    def do(self) -> Erased:
        """Every table; readings, lines and messages while what they belong to is still there."""
        self.rows: Counter[str] = Counter()
        self.ids = {kind: [one.id for one in self.gone if one.kind == kind] for kind in KEPT}
        self.names = names_of(self.gone)
        self._readings()
        self._corrections()
        self._lines()
        self._dependents()
        self._batches()
        self._schedules()
        told, known = scrub_messages(self.connection, self.ids["account"], self.names, self.clock.now())
        self.rows["outbox"] += told
        # Alerts may know an account by a name that it had before.
        borne = bearers(self.connection, "account", known)
        others = {name for name in known if borne.get(fold(name), set()) - set(self.ids["account"])}
        former = {name: f"account {owner}" for name, owner in known.items() if name not in others}
        self.names = Names({**former, **{n: one.stand_in for one in self.gone for n in one.names}})
        for name, place in PLACES.items():
            table = TABLES[name]
            for kind, how in (("account", place.account), ("contact", place.contact)):
                if self.ids[kind] and how in (How.DELETE, How.UNLINK):
                    self._of(table, kind, how)
            if place.named is not None and name != "outbox":
                self._free_text(table, place.named)
        self._themselves()
        self._blocks()
        rows = {name: many for name, many in self.rows.items() if many}
        return Erased(rows, tuple(self._reports()), tuple(self.gone))

    def _of(self, table: Table, kind: str, how: How) -> None:
        """Rows of somebody: all go, or those of a command go and the others lose the link."""
        commanded = {one.id for one in self.gone if one.kind == kind and one.by_command}
        ids = set(self.ids[kind])
        going = ids if how is How.DELETE else commanded if kind == "account" else set()
        if going:
            mine = table.c[f"{kind}_id"].in_(sorted(going))
            done = self.connection.execute(delete(table).where(mine))
            self.rows[table.name] += done.rowcount
        if how is How.UNLINK and ids - going:
            self._unlink(table, kind, sorted(ids - going))

    def _unlink(self, table: Table, kind: str, ids: Sequence[str]) -> None:
        links = [name for name in _LINKS[kind] if name in table.c]
        mine = or_(*(table.c[name].in_(ids) for name in links))
        keys = [one.name for one in table.primary_key]
        own = ["raw"] if "raw" in table.c else []
        query = select(*(table.c[name] for name in (*keys, *links, *own))).where(mine)
        for row in self.connection.execute(query).mappings().all():
            values: dict[str, Any] = {name: None for name in links if row[name] in ids}
            if own and row["raw"]:
                cleaned = without_records(json.loads(row["raw"]), frozenset(ids))
                values["raw"] = json.dumps(cleaned, ensure_ascii=False, separators=(",", ":"))
            if table.name == "fin_contact" and kind == "account":
                values["link"] = None  # to be looked for again
            self.connection.execute(
                update(table).where(*(table.c[name] == row[name] for name in keys)).values(**values)
            )
            self.rows[table.name] += 1

    def _free_text(self, table: Table, named: Named) -> None:
        """Texts that name them: the row goes, or the name in it is replaced."""
        own = {one.account_id for one in self.gone if one.kind == "contact" and one.account_id}
        if not self.names or (named.of_contacts and not own):
            return
        columns = [table.c[name] for name in dict.fromkeys((*named.keys, *named.columns))]
        query = select(*columns)
        if named.of_contacts:
            query = query.where(table.c.account_id.in_(sorted(own)))
        if named.only:
            query = query.where(text(named.only))
        hidden = named.delete and named.json  # escapes hide names from SQL
        texts = [table.c[name] for name in named.columns]
        for may in (true(),) if hidden else may_name(texts, self.names):
            self._rewrite(table, named, query.where(may))

    def _rewrite(self, table: Table, named: Named, query: Select[Any]) -> None:
        """Those rows of a query that name them indeed."""
        for row in self.connection.execute(query).mappings().all():
            values = {name: _read(row[name], json_text=named.json) for name in named.columns}
            if not self.names.named_in(list(values.values())):
                continue
            mine = [table.c[name] == row[name] for name in named.keys]
            if named.delete:
                self.connection.execute(delete(table).where(*mine))
            else:
                changed = {name: self.names.without(one) for name, one in values.items() if one is not None}
                if named.json:
                    changed = {name: json.dumps(one, ensure_ascii=False) for name, one in changed.items()}
                self.connection.execute(update(table).where(*mine).values(**changed))
            self.rows[table.name] += 1

    def _readings(self) -> None:
        """What was read in messages goes with the messages."""
        event, reading = TABLES["engagement_event"], TABLES["message_reading"]
        going = _events_of(event, self.gone)
        same = [reading.c[name] == event.c[name] for name in _EVENT_KEY]
        mine = select(event.c.raw_id).where(*same, going).correlate(reading).exists()
        self.rows["message_reading"] += self.connection.execute(delete(reading).where(mine)).rowcount

    def _corrections(self) -> None:
        """Sentences that people corrected stand in the messages of those who wrote them."""
        event, correction = TABLES["engagement_event"], TABLES["correction"]
        said = self.connection.execute(select(event.c.text).where(_events_of(event, self.gone)))
        texts = [one for (one,) in said if one]
        kept = self.connection.execute(select(correction.c.id, correction.c.sentence)).all() if texts else []
        going = [row.id for row in kept if any(row.sentence in one for one in texts)]
        if going:
            self.connection.execute(delete(correction).where(correction.c.id.in_(going)))
            self.rows["correction"] += len(going)

    def _lines(self) -> None:
        """The lines of documents that go with an account that was erased by command."""
        line, document = TABLES["fin_line"], TABLES["fin_document"]
        ids = [one.id for one in self.gone if one.kind == "account" and one.by_command]
        same = (document.c.source == line.c.source, document.c.kind == line.c.kind)
        mine = (
            select(document.c.id)
            .where(*same, document.c.id == line.c.document_id, document.c.account_id.in_(ids))
            .correlate(line)
            .exists()
        )
        self.rows["fin_line"] += self.connection.execute(delete(line).where(mine)).rowcount if ids else 0

    def _dependents(self) -> None:
        """What belongs to rows that go: what was held back of their changes, and copies of their scores."""
        held, change, score = TABLES["held_back"], TABLES["label_change"], TABLES["score"]
        snapshot, ids = TABLES["standing_snapshot"], self.ids["account"]
        if not ids:
            return
        changes = select(change.c.id).where(change.c.account_id.in_(ids))
        of_theirs = delete(held).where(held.c.change_id.in_(changes))
        self.rows["held_back"] += self.connection.execute(of_theirs).rowcount
        scored = select(score.c.segmentation).where(score.c.account_id.in_(ids)).distinct()
        stale = delete(snapshot).where(snapshot.c.segmentation.in_(scored))
        self.rows["standing_snapshot"] += self.connection.execute(stale).rowcount

    def _batches(self) -> None:
        """A batch tells of the accounts that are still there: what it counts adds up to its total."""
        row, batch, ids = TABLES["enrichment_account"], TABLES["enrichment_batch"], self.ids["account"]
        if not ids:
            return
        mine = row.c.account_id.in_(ids)
        counted = select(row.c.batch_id, func.count()).where(mine).group_by(row.c.batch_id)
        for batch_id, many in self.connection.execute(counted).all():
            left = batch.c.total - many
            self.connection.execute(update(batch).where(batch.c.id == batch_id).values(total=left))
        self.rows["enrichment_account"] += self.connection.execute(delete(row).where(mine)).rowcount

    def _schedules(self) -> None:
        """A schedule that asks for them by name has nothing to ask for any more: it ends, and says so."""
        schedule = TABLES["export_schedule"]
        columns = (schedule.c.id, schedule.c.question, schedule.c.criteria)
        for row in self.connection.execute(select(*columns)).all() if self.names else ():
            if self.names.named_in([row.question, row.criteria]):
                ended = {"state": ScheduleState.ENDED.value, "reason": SCHEDULE_WORD, "told": False}
                self.connection.execute(update(schedule).where(schedule.c.id == row.id).values(**ended))

    def _themselves(self) -> None:
        """Their own records, other accounts that stand below them, and their marks."""
        if self.ids["account"]:
            self._unlink(_ACCOUNT, "account", self.ids["account"])
            commanded = [one.id for one in self.gone if one.kind == "account" and one.by_command]
            theirs = (_ERASURE.c.cause == "gone", _ERASURE.c.account_id.in_(commanded))
            self.connection.execute(update(_ERASURE).where(*theirs).values(cause="confirmed"))
        for kind, table in KEPT.items():
            done = self.connection.execute(delete(table).where(table.c.id.in_(self.ids[kind])))
            self.rows[table.name] += done.rowcount
            borne = _MARK.c.kind == "market_segment"
            mine = (borne if kind == "account" else ~borne, _MARK.c.record_id.in_(self.ids[kind]))
            self.rows["mark"] += self.connection.execute(delete(_MARK).where(*mine)).rowcount

    def _blocks(self) -> None:
        """The numbers of their deals, under their ids, go out of the blocks at once."""
        from bot.store.deal_blocks.keeping import absorb  # brings numpy

        absorb(self.connection, self.ids["account"])

    def _reports(self) -> Iterable[str]:
        """What only a person may change."""
        version = TABLES["config_version"]
        newest = select(version.c.document).order_by(version.c.version.desc()).limit(1)
        document = self.connection.execute(newest).scalar()
        if document is None or not self.names.named_in(document):
            return
        segments = read_configuration(document, "configuration").segments
        found = [one.name for one in segments if self.names.named_in([one.name, one.criteria])]
        what = f"it in the segment {', '.join(found)}" if found else "it"
        yield _SEGMENT_WORD.format(what=what)


def _events_of(event: Table, gone: Sequence[Gone]) -> ColumnElement[bool]:
    """The events that go: a contact's, and those of an account that was erased by command."""
    contacts = [one.id for one in gone if one.kind == "contact"]
    accounts = [one.id for one in gone if one.kind == "account" and one.by_command]
    return or_(event.c.contact_id.in_(contacts), event.c.account_id.in_(accounts))


def _read(value: str | None, *, json_text: bool) -> Any:
    return json.loads(value) if json_text and value else value


def _is_known(connection: Connection, kind: str, record_id: str) -> bool:
    """Whether anything is kept of an id that is not in the copy."""
    noted = select(_ERASURE.c.record_id).where(_ERASURE.c.kind == kind, _ERASURE.c.record_id == record_id)
    queries = [noted]
    for name, place in PLACES.items():
        table = TABLES[name]
        if (place.account if kind == "account" else place.contact) and f"{kind}_id" in table.c:
            queries.append(select(table.c[f"{kind}_id"]).where(table.c[f"{kind}_id"] == record_id))
    return any(connection.execute(one.limit(1)).first() is not None for one in queries)
