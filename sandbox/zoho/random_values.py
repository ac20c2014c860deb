"""Random values that fit their fields, with the characters that break careless readers among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from random import Random
from typing import Any

from sandbox.zoho.clock import wire_time
from sandbox.zoho.schema import Field, Module
from sandbox.zoho.store import Store, Table

WORDS = (
    "Alpha", "Beta", 'say "so"', "O'Neil", "comma, here", "semi;colon", "back\\slash", "Überfluß", "日本",
    "100 %", "tab\there", "two\nlines", "<b>bold</b>", "  blanks  ", "😀", "null", "=1+1",
)  # fmt: skip
EMPTY_OF = 6  # one value of so many is empty where it may be
FIRST_DAY, DAYS = date(2015, 1, 1).toordinal(), 4_500
UNWRITTEN = frozenset({"Tag", "Exchange_Rate", "Currency"})
Maker = Callable[[Field, Random], Any]


def random_values(store: Store, module: Module, names: Iterable[str], chance: Random) -> dict[str, Any]:
    """Stored values for those of the fields that people write."""
    values: dict[str, Any] = {}
    for name in names:
        field = module.by_name[name]
        if field.read_only or field.has_rows or name in UNWRITTEN:
            continue
        if not field.mandatory and field.data_type != "boolean" and chance.randrange(EMPTY_OF) == 0:
            if field.data_type not in {"ownerlookup", "userlookup"}:
                values |= {name: None, **({"$se_module": None} if field.anywhere else {})}
        elif field.target is not None:
            values |= _link(store, field, chance)
        elif field.data_type in MAKERS:
            values[name] = MAKERS[field.data_type](field, chance)
    return values


def _link(store: Store, field: Field, chance: Random) -> dict[str, Any]:
    """A lookup to a record that is there; nothing where there is none."""
    name = "Accounts" if field.anywhere else str(field.target)
    identity = _any_id(store.tables[name], chance)
    if identity is None:
        return {}
    return {field.api_name: identity, **({"$se_module": name} if field.anywhere else {})}


def _any_id(table: Table, chance: Random) -> int | None:
    count = len(table.records)
    return table.in_id_order()[chance.randrange(count)].id if count else None


def _text(field: Field, chance: Random) -> str:
    return " ".join((*chance.sample(WORDS, chance.randint(1, 3)), f"{chance.randrange(10**6)}"))[
        : field.length
    ]


def _whole(field: Field, chance: Random) -> int:
    return chance.randrange(10 ** min(field.length, 9))


def _money(_field: Field, chance: Random) -> float:
    return chance.choice(
        (0, chance.randrange(10**6), chance.randrange(10**9) / 100, -chance.randrange(10**6) / 100)
    )


def _mail(_field: Field, chance: Random) -> str:
    return f"someone{chance.randrange(10**6)}@customer{chance.randrange(100)}.example"


def _day(_field: Field, chance: Random) -> str:
    return date.fromordinal(FIRST_DAY + chance.randrange(DAYS)).isoformat()


def _moment(_field: Field, chance: Random) -> str:
    return wire_time(1_420_000_000 + chance.randrange(4 * 10**8))


def _option(field: Field, chance: Random) -> str | None:
    return chance.choice(field.options) if field.options else None


def _options(field: Field, chance: Random) -> list[str]:
    return chance.sample(field.options, chance.randint(0, len(field.options)))


MAKERS: Mapping[str, Maker] = {
    "text": _text,
    "textarea": _text,
    "picklist": _option,
    "multiselectpicklist": _options,
    "integer": _whole,
    "bigint": lambda _field, chance: str(chance.randrange(10**15)),
    "double": lambda _field, chance: round(chance.uniform(-1000, 1000), chance.randint(0, 4)),
    "currency": _money,
    "percent": lambda _field, chance: chance.randrange(101),
    "boolean": lambda _field, chance: chance.random() < 0.5,  # noqa: PLR2004 - as often as not
    "date": _day,
    "datetime": _moment,
    "email": _mail,
    "phone": lambda _field, chance: f"(555) 555-01{chance.randrange(100):02}",
    "website": lambda _field, chance: f"https://customer{chance.randrange(10**6)}.example",
}
