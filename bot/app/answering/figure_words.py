"""What figures are called and how their values are said. Plain text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from bot.app.tables import CellType
from bot.app.wording import NOTHING, counted, day, money
from bot.language.question import Aggregate, Days, Figure, Metric
from scoring.criteria.fields import Catalog, FieldType
from scoring.criteria.periods import MONTHS, shift
from scoring.criteria.tree import Unit

Value = Decimal | int | None

TITLES: Mapping[Metric, str] = {
    Metric.REVENUE: "Revenue",
    Metric.PURCHASES: "Purchases",
    Metric.AVERAGE_PURCHASE: "Average purchase",
    Metric.BUYERS: "Buyers",
    Metric.WON: "Won deals",
    Metric.LOST: "Lost deals",
    Metric.WIN_RATE: "Win rate",
    Metric.AVERAGE_DEAL: "Average deal",
    Metric.SALES_CYCLE: "Sales cycle",
    Metric.PIPELINE: "Pipeline",
    Metric.OPEN_DEALS: "Open deals",
    Metric.SHARE: "Share of accounts",
}
_AGGREGATES: Mapping[Aggregate, str] = {
    Aggregate.SUM: "Total",
    Aggregate.AVERAGE: "Average",
    Aggregate.MEDIAN: "Median",
    Aggregate.LOWEST: "Lowest",
    Aggregate.HIGHEST: "Highest",
}
_TYPES: Mapping[Metric, CellType] = {
    **dict.fromkeys(
        (Metric.REVENUE, Metric.AVERAGE_PURCHASE, Metric.AVERAGE_DEAL, Metric.PIPELINE), CellType.MONEY
    ),
    **dict.fromkeys((Metric.WIN_RATE, Metric.SHARE), CellType.PERCENT),
    Metric.SALES_CYCLE: CellType.DAYS,
}
# What one of the records is, of which a figure is made; those that are numbers of records need no such word.
RECORDS: Mapping[Metric, str] = {
    **dict.fromkeys((Metric.REVENUE, Metric.AVERAGE_PURCHASE, Metric.BUYERS), "purchase"),
    Metric.WIN_RATE: "closed deal",
    **dict.fromkeys((Metric.AVERAGE_DEAL, Metric.SALES_CYCLE), "won deal"),
    Metric.PIPELINE: "open deal",
    Metric.SHARE: "account",
}
NUMBERS = {Metric.PURCHASES, Metric.WON, Metric.LOST, Metric.OPEN_DEALS}


def title(figure: Figure, catalog: Catalog) -> str:
    """``Win rate``, ``Average annual revenue``."""
    if figure.metric is not None:
        return TITLES[figure.metric]
    field = catalog.find(figure.of or "")
    name = (field.label or field.name) if field else figure.of or ""
    told = _AGGREGATES[figure.how or Aggregate.SUM]
    # "Total total spend" says it twice.
    return name if name.startswith(told) else f"{told} {name[:1].lower()}{name[1:]}"


def cell_type(figure: Figure, catalog: Catalog) -> CellType:
    """What the values of a figure are."""
    if figure.metric is not None:
        return _TYPES.get(figure.metric, CellType.NUMBER)
    field = catalog.find(figure.of or "")
    if field is None:
        return CellType.NUMBER
    if field.type is FieldType.MONEY:
        return CellType.MONEY
    return CellType.DAYS if field.in_days else CellType.NUMBER


def record(figure: Figure) -> str | None:
    """What one of its records is; None where the figure itself is their number."""
    if figure.metric is None:
        return "account"
    return None if figure.metric in NUMBERS else RECORDS[figure.metric]


def written(value: Value, kind: CellType, currency: str) -> str:
    """A value in a sentence: ``$1.2M``, ``63.2 %``, ``45.5 days``, ``1,234``."""
    if value is None:
        return NOTHING
    if kind is CellType.MONEY:
        return money(int(value), currency)
    if kind is CellType.PERCENT:
        return f"{value * 100:,.1f} %"
    number = short_number(value)
    return f"{number} {'day' if value == 1 else 'days'}" if kind is CellType.DAYS else number


def short_number(value: Decimal | int) -> str:
    """With at most two digits behind the point."""
    if isinstance(value, int):
        return f"{value:,}"
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def made_of(figure: Figure, value: Value, records: int) -> str:
    """`` (1,234 of 1,950 closed deals)``; empty where the value says it all."""
    noun = record(figure)
    if noun is None:
        return ""
    if figure.metric in {Metric.WIN_RATE, Metric.SHARE} and value is not None:
        return f" ({round(value * records):,} of {counted(records, noun)})"
    return f" ({counted(records, noun)})"


def period_name(first: date, unit: Unit, fiscal_year_starts: int) -> str:
    """``5 Nov 2026``, ``week of 2 Nov 2026``, ``Nov 2026``, ``Q4 2026``, ``2026``.

    Quarters and years that are not the calendar's are named by their months, because organisations count
    them differently.
    """
    if unit is Unit.DAY:
        return day(first)
    if unit is Unit.WEEK:
        return f"week of {day(first)}"
    if unit is Unit.MONTH:
        return f"{first:%b %Y}"
    if fiscal_year_starts == 1:
        return (
            f"{first.year}"
            if unit is Unit.YEAR
            else f"Q{first.month // MONTHS[Unit.QUARTER] + 1} {first.year}"
        )
    last = shift(first, unit, 1) - timedelta(days=1)
    year = "" if last.year == first.year else f" {first.year}"
    return f"{first:%b}{year} to {last:%b %Y}"


def written_days(days: Days) -> str:
    """``1 Oct 2026 to 1 Dec 2026``."""
    ends = [day(one) for one in (days.first, days.last) if one is not None]
    return " to ".join(dict.fromkeys(ends))


def change(value: Value, versus: Value, kind: CellType) -> Decimal | None:
    """How much more it is, as a share of the earlier value; of shares the difference itself."""
    if value is None or versus is None:
        return None
    if kind is CellType.PERCENT:
        return Decimal(value) - Decimal(versus)
    return (Decimal(value) - Decimal(versus)) / abs(Decimal(versus)) if versus else None


def change_written(share: Decimal | None, kind: CellType) -> str:
    """``+12.0 %``, ``-3.1 points``; empty where there is none."""
    if share is None:
        return ""
    return f"{share * 100:+,.1f} {'points' if kind is CellType.PERCENT else '%'}"
