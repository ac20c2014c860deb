"""Messages that tell of accounts that are gone: they lose what they say, and are edited where they stand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update

from bot.app.acting_writes import KIND as CRM_WRITE
from bot.app.erasing import EDIT_KIND, GONE_TEXT, Names, scrubbed_message
from bot.store.dialect import insert_or
from bot.store.places import TABLES
from bot.store.tables import AlertActionRow, AlertRow, JobRow, OutboxRow
from connector.cache.folding import fold
from connector.cache.tables import table_of

_OUTBOX, _ALERT = table_of(OutboxRow), table_of(AlertRow)
_ACTION, _JOB = table_of(AlertActionRow), table_of(JobRow)
_CHANGE = TABLES["label_change"]
_SOME = 200


def scrub_messages(
    connection: Connection, accounts: Sequence[str], names: Names, now: datetime
) -> tuple[int, Mapping[str, str]]:
    """Take what is said of accounts out of every message, and enter the jobs that edit those in Slack.

    Returns:
        How many messages, and the names by which they called the accounts, with the accounts' ids.
    """
    known: dict[str, str] = {}
    touched = 0
    for row in _of_accounts(connection, accounts):
        payload = json.loads(row["payload"])
        if payload.get("account_name") and payload.get("account_id"):
            known[str(payload["account_name"])] = str(payload["account_id"])
        _tell_nothing(connection, row, now)
        touched += 1
    wider = Names({**{one: f"account {owner}" for one, owner in known.items()}, **_as_they_are(names)})
    for row in _that_name(connection, wider):
        payload = json.loads(row["payload"])
        left = scrubbed_message(row["kind"], payload, wider)
        if left == payload:
            continue
        values = {"payload": json.dumps(left, ensure_ascii=False)}
        connection.execute(update(_OUTBOX).where(_OUTBOX.c.id == row["id"]).values(**values))
        _edit(connection, row, now)
        touched += 1
    _forget_writes(connection, accounts)
    return touched, known


def _as_they_are(names: Names) -> Mapping[str, str]:
    return {one: str(names.without(one)) for one in names.names}


def _of_accounts(connection: Connection, accounts: Sequence[str]) -> Iterator[Mapping[Any, Any]]:
    """Alerts, their copies, reminders and the lines in their threads: by the keys that they were put with."""
    if not accounts:
        return
    alerts = connection.execute(
        select(_ALERT.c.id, _ALERT.c.route, _ALERT.c.change_id).where(_ALERT.c.account_id.in_(accounts))
    ).all()
    numbers = [one.id for one in alerts]
    changes = connection.execute(select(_CHANGE.c.id).where(_CHANGE.c.account_id.in_(accounts))).scalars()
    ends = tuple(f":{one}" for one in changes)
    actions = connection.execute(select(_ACTION.c.id).where(_ACTION.c.account_id.in_(accounts))).scalars()
    lines = tuple(f"deed:{one}:" for one in actions)
    for start in range(0, len(numbers), _SOME):
        some = numbers[start : start + _SOME]
        keys = [f"remind:{one}" for one in some]
        mine = or_(_OUTBOX.c.alert_id.in_(some), _OUTBOX.c.dedupe_key.in_(keys))
        yield from connection.execute(select(_OUTBOX).where(mine)).mappings().all()
    for prefix, fits in (("deed:", lines), ("alert:", ends)):
        if not fits:
            continue
        like = select(_OUTBOX.c.id, _OUTBOX.c.dedupe_key).where(_OUTBOX.c.dedupe_key.startswith(prefix))
        found = [
            row.id
            for row in connection.execute(like)
            if (row.dedupe_key.startswith(fits) if prefix == "deed:" else row.dedupe_key.endswith(fits))
        ]
        for start in range(0, len(found), _SOME):
            these = _OUTBOX.c.id.in_(found[start : start + _SOME])
            yield from connection.execute(select(_OUTBOX).where(these)).mappings().all()


def _that_name(connection: Connection, names: Names) -> Sequence[Mapping[Any, Any]]:
    """Messages of several accounts, or free ones, with a name in them."""
    if not names:
        return ()
    forms = {fold(form) for one in names.names for form in (one, json.dumps(one, ensure_ascii=False)[1:-1])}
    named = or_(*(func.bw_fold(_OUTBOX.c.payload).contains(one, autoescape=True) for one in sorted(forms)))
    return connection.execute(select(_OUTBOX).where(named)).mappings().all()


def _tell_nothing(connection: Connection, row: Mapping[Any, Any], now: datetime) -> None:
    """The message loses its values. What may be under way keeps its state: it is found, or posted, once.

    Its key goes too: SQLite gives the numbers of alerts and changes that were deleted again, and the key of a
    new message must not be one that is there.
    """
    begun = row["lease_until"] is not None or row["first_attempt_at"] is not None
    waiting = row["state"] in ("held", "pending", "unknown")
    values = {
        "dedupe_key": f"erased:{row['id']}",
        "kind": "text",
        "payload": json.dumps({"text": GONE_TEXT}),
        "alert_id": None,
        "state": "superseded" if waiting and not begun else row["state"],
        "last_error": None,
    }
    connection.execute(update(_OUTBOX).where(_OUTBOX.c.id == row["id"]).values(**values))
    if row["state"] == "sent" or (waiting and begun):
        _edit(connection, row, now)


def _edit(connection: Connection, row: Mapping[Any, Any], now: datetime) -> None:
    if row["state"] not in ("sent", "pending", "unknown"):
        return
    slot = f"{row['id']}:{now:%Y-%m-%dT%H:%M:%SZ}"
    values = {"kind": EDIT_KIND, "slot": slot, "args": json.dumps({"message": row["id"]})}
    entered = insert_or(connection.dialect.name, _JOB).values(
        **values, state="pending", due_at=now, attempts=0, created_at=now
    )
    connection.execute(entered.on_conflict_do_nothing(index_elements=["kind", "slot"]))


def _forget_writes(connection: Connection, accounts: Sequence[str]) -> None:
    """Jobs that would write to an account's record, and whose slots a later action could need."""
    actions = connection.execute(select(_ACTION.c.id).where(_ACTION.c.account_id.in_(accounts))).scalars()
    slots = [f"action:{one}" for one in actions]
    for start in range(0, len(slots), _SOME):
        mine = (_JOB.c.kind == CRM_WRITE, _JOB.c.slot.in_(slots[start : start + _SOME]))
        connection.execute(delete(_JOB).where(*mine))
