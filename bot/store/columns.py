"""Where fields are: the SQL column or expression behind each ``Field.source`` of ``bot.store.catalog``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    Numeric,
    String,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

import bot.store.tables  # noqa: F401  (for its effect on the metadata)
from connector.cache.types import UtcDateTime
from scoring.criteria.fields import Field

TABLES = SQLModel.metadata.tables
ACCOUNT, TRANSACTION, PRODUCT = TABLES["crm_account"], TABLES["crm_transaction"], TABLES["crm_product"]
SCORE = TABLES["score"]
OWNER = TABLES["crm_user"].alias("owner")

# A deal is over in every stage that begins so: Closed Won, Closed Lost, Closed-Lost to Competition. These are
# Zoho's own names; the probability of a stage, which would say it for renamed stages, is not in the cache.
CLOSED_STAGE = "closed"
ISO_DAY_LENGTH = len("2026-06-30")
ISO_SECONDS_LENGTH = len("2026-06-30T23:59:59")
ISO_OFFSET_LENGTH = len("+00:00")
# Instants before and after these years are no values: in some time zones nobody can express them.
FIRST_INSTANT, BEFORE_INSTANT = "1000", "9999"
# Beyond these a number of the raw record is no double; PostgreSQL would refuse the whole query.
LARGEST_DOUBLE, SMALLEST_DOUBLE = "1.7976931348623157e308", "2.2250738585072014e-308"


def is_open() -> ColumnElement[bool]:
    """Whether a transaction is not over yet."""
    folded = func.bw_fold(TRANSACTION.c.stage, type_=String)
    return or_(TRANSACTION.c.stage.is_(None), not_(folded.startswith(CLOSED_STAGE)))


@dataclass(frozen=True)
class AccountColumns:
    """The fields of accounts, over one join that has a row for every account.

    Attributes:
        segmentation: whose score ``label r f m rfm`` and the sums are.
        dialect: ``sqlite`` or ``postgresql``.
    """

    segmentation: str
    dialect: str

    def __call__(self, field: Field) -> ColumnElement[Any]:
        """The column of a field."""
        place, _, name = field.source.partition(":")
        if place == "raw":
            return raw_value(ACCOUNT.c.raw, name, self.dialect)
        if place == "label":
            return _label(name)
        return _NAMED[field.source] if field.source in _NAMED else _column(field.source)

    def rows(self) -> FromClause:
        """Accounts with their owner and score."""
        this = and_(SCORE.c.account_id == ACCOUNT.c.id, SCORE.c.segmentation == self.segmentation)
        owned = ACCOUNT.outerjoin(OWNER, OWNER.c.id == ACCOUNT.c.owner_id)
        return owned.outerjoin(SCORE, this)


@dataclass(frozen=True)
class TransactionColumns:
    """The fields of transactions, over one join that has a row for every transaction."""

    dialect: str

    def __call__(self, field: Field) -> ColumnElement[Any]:
        """The column of a field."""
        place, _, name = field.source.partition(":")
        if place == "raw":
            return raw_value(TRANSACTION.c.raw, name, self.dialect)
        return _column(field.source)

    def rows(self) -> FromClause:
        """Transactions with their owner and product; the databases leave out the joins that are not used."""
        owned = TRANSACTION.outerjoin(OWNER, OWNER.c.id == TRANSACTION.c.owner_id)
        return owned.outerjoin(PRODUCT, PRODUCT.c.id == TRANSACTION.c.product_id)


_PLACES: Mapping[str, FromClause] = {
    "account": ACCOUNT,
    "transaction": TRANSACTION,
    "owner": OWNER,
    "product": PRODUCT,
    "score": SCORE,
}


def _column(source: str) -> ColumnElement[Any]:
    place, _, name = source.partition(".")
    return _PLACES[place].c[name]


def _deals(*conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    count = select(func.count()).select_from(TRANSACTION)
    return count.where(TRANSACTION.c.account_id == ACCOUNT.c.id, *conditions).scalar_subquery()


_NAMED: Mapping[str, ColumnElement[Any]] = {
    "deals.count": _deals(),
    "deals.open": _deals(is_open()),
    # An account without a score has bought nothing that counts.
    "score.purchases": func.coalesce(SCORE.c.purchases, literal(0), type_=Integer),
    "score.spend_minor": func.coalesce(SCORE.c.spend_minor, literal(0), type_=SCORE.c.spend_minor.type),
}


def _label(segmentation: str) -> ColumnElement[Any]:
    other = SCORE.alias()
    label = select(other.c.label).where(
        other.c.segmentation == segmentation, other.c.account_id == ACCOUNT.c.id
    )
    return label.scalar_subquery()


def raw_value(raw: ColumnElement[Any], form_and_name: str, dialect: str) -> ColumnElement[Any]:
    """A CRM field of the raw record; NULL when its JSON has another form than the field's type says.

    Args:
        raw: the column with the JSON text.
        form_and_name: ``text:Tier``; forms are text, named (an object's ``name``), number, day, instant (as
            UtcDateTime), truth, list.
        dialect: ``sqlite`` or ``postgresql``.
    """
    form, _, name = form_and_name.partition(":")
    forms = _SQLITE_FORMS if dialect == "sqlite" else _POSTGRESQL_FORMS
    return forms[form](raw, name)


def _path(*names: str) -> str:
    return "$" + "".join(f'."{name}"' for name in names)


def _sqlite_text(raw: ColumnElement[Any], *names: str) -> ColumnElement[Any]:
    path = _path(*names)
    return case((func.json_type(raw, path) == "text", func.json_extract(raw, path, type_=String)))


def _sqlite_number(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    number = func.json_extract(raw, _path(name))
    return case((func.json_type(raw, _path(name)).in_(("integer", "real")), cast(number, Double)))


def _sqlite_truth(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    kind = func.json_type(raw, _path(name))
    return type_coerce(case((kind == "true", true()), (kind == "false", false())), Boolean)


def _sqlite_list(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    return case(
        (func.json_type(raw, _path(name)) == "array", func.json_extract(raw, _path(name), type_=String))
    )


def _sqlite_day(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    text = _sqlite_text(raw, name)
    digit = "[0-9]"
    pattern = f"{digit * 4}-{digit * 2}-{digit * 2}*"
    return case((text.op("GLOB")(pattern), func.substr(text, 1, ISO_DAY_LENGTH, type_=String)))


def _sqlite_instant(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """As SQLite's UtcDateTime is stored; whole seconds, which is enough to tell days apart."""
    text = _sqlite_text(raw, name)
    digit = "[0-9]"
    seconds = f"{digit * 4}-{digit * 2}-{digit * 2}T{digit * 2}:[0-5]{digit}:[0-5]{digit}"
    offset = f"[+-][01]{digit}:[0-5]{digit}"
    day = func.substr(text, 1, ISO_DAY_LENGTH, type_=String)
    is_instant = and_(
        or_(*(text.op("GLOB")(seconds + fraction + offset) for fraction in ("", f".{digit * 6}"))),
        text.between(FIRST_INSTANT, BEFORE_INSTANT),
        func.substr(text, ISO_DAY_LENGTH + 2, 2, type_=String) < "24",
        func.date(day, "+0 days", type_=String) == day,  # with which 31 February becomes 3 March
    )
    moment = func.substr(text, 1, ISO_SECONDS_LENGTH, type_=String).concat(
        func.substr(text, -ISO_OFFSET_LENGTH, type_=String)
    )
    return type_coerce(
        case((is_instant, func.strftime("%Y-%m-%d %H:%M:%S.000000", moment))),
        UtcDateTime,
    )


_Form = Callable[..., ColumnElement[Any]]
_SQLITE_FORMS: Mapping[str, _Form] = {
    "text": _sqlite_text,
    "named": lambda raw, name: _sqlite_text(raw, name, "name"),
    "number": _sqlite_number,
    "truth": _sqlite_truth,
    "list": _sqlite_list,
    "day": _sqlite_day,
    "instant": _sqlite_instant,
}


def _json(raw: ColumnElement[Any], name: str) -> Any:
    return cast(raw, JSONB)[name]


def _postgresql_text(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    return case((func.jsonb_typeof(_json(raw, name)) == "string", _json(raw, name).astext))


def _postgresql_named(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    inner = _json(raw, name)["name"]
    return case((func.jsonb_typeof(inner) == "string", inner.astext))


def _postgresql_number(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    value = _json(raw, name)
    number = cast(value.astext, Numeric)
    size = func.abs(number)
    as_double = case(
        (size > cast(LARGEST_DOUBLE, Numeric), func.sign(number) * cast("Infinity", Double)),
        (size < cast(SMALLEST_DOUBLE, Numeric), cast(0, Double)),
        else_=cast(number, Double),
    )
    return case((func.jsonb_typeof(value) == "number", as_double))


def _postgresql_truth(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    value = _json(raw, name)
    return case((func.jsonb_typeof(value) == "boolean", cast(value.astext, Boolean)))


def _postgresql_list(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    value = _json(raw, name)
    return case((func.jsonb_typeof(value) == "array", type_coerce(value, JSONB)))


def _postgresql_day(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    text = _json(raw, name).astext
    day = func.substr(text, 1, ISO_DAY_LENGTH, type_=String)
    # The collation of bytes, so that days are in order whatever the server's language.
    return case((text.regexp_match("^[0-9]{4}-[0-9]{2}-[0-9]{2}"), day.collate("C")))


# Days that the calendar has, because PostgreSQL refuses the whole query for one that it has not.
_CALENDAR = (
    "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|1[0-9]|2[0-8]))"
    "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)-02-29)"
)
_INSTANT = (
    f"^(?=[1-8]|9[0-8]|99[0-8]|999[0-8]){_CALENDAR}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{{6}})?"
    "[+-](0[0-9]|1[0-4]):[0-5][0-9]$"
)


def _postgresql_instant(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    text = _postgresql_text(raw, name)
    return case((text.regexp_match(_INSTANT), cast(text, UtcDateTime)))


_POSTGRESQL_FORMS: Mapping[str, _Form] = {
    "text": _postgresql_text,
    "named": _postgresql_named,
    "number": _postgresql_number,
    "truth": _postgresql_truth,
    "list": _postgresql_list,
    "day": _postgresql_day,
    "instant": _postgresql_instant,
}
