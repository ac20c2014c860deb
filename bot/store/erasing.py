"""Forgetting accounts and contacts in the database: ``bot.store.erasing_places`` says where."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, or_, select, text, update

from bot.app.config.published import read_configuration
from bot.app.erasing import (
    Due,
    Erased,
    Gone,
    Names,
    are_too_many,
    names_of,
    without_records,
)
from bot.app.exporting_rhythm import ScheduleState
from bot.app.ports import Clock, Posted

# Imported for their effect on the metadata: every table has to be there.
from bot.store import enrichment_tables, export_tables, installation_tables  # noqa: F401
from bot.store.erasing_messages import scrub_messages
from bot.store.erasing_places import PLACES, How, Named
from bot.store.erasure_tables import ErasureRow, watch
from bot.store.kept_out import keep_out
from bot.store.locks import take_turn
from bot.store.places import TABLES
from connector.cache.engine import Database
from connector.cache.folding import fold
from connector.cache.tables import table_of

_ERASURE = table_of(ErasureRow)
_ACCOUNT, _CONTACT, _MARK = TABLES["crm_account"], TABLES["crm_contact"], TABLES["mark"]
_KEPT = {"account": _ACCOUNT, "contact": _CONTACT}
_EVENT_KEY = ("source", "raw_id", "event_type")
# Columns that name a record of somebody else.
_LINKS = {
    "account": ("account_id", "crm_account_id", "parent_id"),
    "contact": ("contact_id", "crm_contact_id"),
}
_ROWS_AT_ONCE = 500
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
            _forget_returned(connection)
            waiting = select(_ERASURE).where(_ERASURE.c.erased_at.is_(None))
            unasked = waiting.where(_ERASURE.c.cause == "gone", _ERASURE.c.kind == "account")
            many = connection.execute(select(func.count()).select_from(unasked.subquery())).scalar_one()
            living = connection.execute(select(func.count()).select_from(_ACCOUNT)).scalar_one()
            held = many if are_too_many(many, living) else 0
            if held:  # their contacts wait with them
                waiting = waiting.where(_ERASURE.c.cause != "gone")
            rows = connection.execute(waiting.order_by(_ERASURE.c.kind, _ERASURE.c.record_id).limit(limit))
            return Due(tuple(_gone(connection, row) for row in rows.mappings().all()), held)

    def ask(self, kind: str, record_id: str) -> Gone | None:
        """Note that somebody is erased by command; None when nothing here knows of the id."""
        kept = _KEPT[kind]
        with self._database.writes.begin() as connection:
            watch(connection)
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
            return _gone(connection, found)

    def confirm(self) -> int:
        """Those who wait for a person's word are gone indeed; how many."""
        with self._database.writes.begin() as connection:
            mine = (_ERASURE.c.cause == "gone", _ERASURE.c.erased_at.is_(None))
            return connection.execute(update(_ERASURE).where(*mine).values(cause="confirmed")).rowcount

    def erase(self, gone: Sequence[Gone]) -> Erased:
        """Forget them in every table but that of exports' files, in one transaction."""
        with self._database.writes.begin() as connection:
            take_turn(connection, "scoring")  # no run writes about them meanwhile
            return _Erasure(connection, gone, self._clock).do()

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


@dataclass
class _Erasure:
    """One transaction."""

    connection: Connection
    gone: Sequence[Gone]
    clock: Clock

    def do(self) -> Erased:
        """Every table; readings, lines and messages while what they belong to is still there."""
        self.rows: Counter[str] = Counter()
        self.ids = {kind: [one.id for one in self.gone if one.kind == kind] for kind in _KEPT}
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
        former = {name: f"account {owner}" for name, owner in known.items() if not self._is_borne(name)}
        self.names = Names({**former, **{n: one.stand_in for one in self.gone for n in one.names}})
        for name, place in PLACES.items():
            table = TABLES[name]
            for kind, how in (("account", place.account), ("contact", place.contact)):
                if self.ids[kind] and how in (How.DELETE, How.UNLINK):
                    self._of(table, kind, how)
            if place.named is not None and name != "outbox":
                self._free_text(table, place.named)
        self._themselves()
        return Erased({name: many for name, many in self.rows.items() if many}, tuple(self._reports()))

    def _is_borne(self, name: str) -> bool:
        mine = select(_ACCOUNT.c.id).where(
            func.bw_fold(_ACCOUNT.c.name) == fold(name), _ACCOUNT.c.id.not_in(self.ids["account"])
        )
        return self.connection.execute(mine.limit(1)).first() is not None

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
        if not (named.delete and named.json):  # escapes hide names from SQL
            query = query.where(_may_name([table.c[name] for name in named.columns], self.names))
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
        for kind, table in _KEPT.items():
            done = self.connection.execute(delete(table).where(table.c.id.in_(self.ids[kind])))
            self.rows[table.name] += done.rowcount
            borne = _MARK.c.kind == "market_segment"
            mine = (borne if kind == "account" else ~borne, _MARK.c.record_id.in_(self.ids[kind]))
            self.rows["mark"] += self.connection.execute(delete(_MARK).where(*mine)).rowcount

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


def _may_name(columns: Sequence[ColumnElement[Any]], names: Names) -> ColumnElement[bool]:
    """Whether a text may have a name in it, written as it is or as JSON writes it."""
    forms = {fold(form) for one in names.names for form in (one, json.dumps(one, ensure_ascii=False)[1:-1])}
    return or_(
        *(func.bw_fold(one).contains(form, autoescape=True) for one in columns for form in sorted(forms))
    )


def _read(value: str | None, *, json_text: bool) -> Any:
    return json.loads(value) if json_text and value else value


def _forget_returned(connection: Connection) -> None:
    """Whoever is in the copy again was not gone."""
    for kind, table in _KEPT.items():
        back = select(table.c.id).where(table.c.id == _ERASURE.c.record_id).correlate(_ERASURE).exists()
        mine = (_ERASURE.c.kind == kind, _ERASURE.c.cause != "command", back)
        connection.execute(delete(_ERASURE).where(*mine))


def _is_known(connection: Connection, kind: str, record_id: str) -> bool:
    """Whether anything is kept of an id that is not in the copy."""
    noted = select(_ERASURE.c.record_id).where(_ERASURE.c.kind == kind, _ERASURE.c.record_id == record_id)
    queries = [noted]
    for name, place in PLACES.items():
        table = TABLES[name]
        if (place.account if kind == "account" else place.contact) and f"{kind}_id" in table.c:
            queries.append(select(table.c[f"{kind}_id"]).where(table.c[f"{kind}_id"] == record_id))
    return any(connection.execute(one.limit(1)).first() is not None for one in queries)


def _gone(connection: Connection, row: Mapping[Any, Any]) -> Gone:
    """With the names that nobody else bears who is still there: those speak of them just as well."""
    names = [one for one in (row["name"], row["email"]) if one]
    own = _KEPT[row["kind"]]
    free = []
    for name in names:
        columns = [own.c.name, *([own.c.email] if "email" in own.c else [])]
        same = or_(*(func.bw_fold(one) == fold(name) for one in columns))
        borne = select(own.c.id).where(same, own.c.id != row["record_id"]).limit(1)
        if connection.execute(borne).first() is None:
            free.append(name)
    by_command = row["cause"] == "command"
    return Gone(row["kind"], row["record_id"], row["account_id"], tuple(free), by_command)
