"""What to read of a list of Finance, and what to write of it. Pure: values in, values and reasons out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.errors import Fatal, NeedsPerson
from connector.finance_lists import PER_PAGE, SORTS, FinanceList, Sort, Way
from connector.finance_ports import (
    FinanceChanges,
    FinanceOrganisation,
    FinancePage,
    FinanceRow,
    HeldRow,
    ListRequest,
    SourceCursor,
)
from connector.sync.finance_cursors import Position, Walk

MOST_PAGES = 10_000
MOST_LOOKS = 3  # a list that is edited all the time is not followed for ever
ABANDONED_AFTER = timedelta(days=1)  # a walk by page numbers loses its footing with time
ORGANISATION_AFTER = timedelta(days=1)
WHOLE_WALKS_A_DAY_PAGES = 100  # a list without a way to find changes costs about so many calls a day
LOOKED_UP_MOST = 20  # so many missing rows are looked up one by one; more are walked for again
SUSPICIOUS_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class FinancePolicy:
    """How often and how much.

    Attributes:
        overlap: changes are asked for from so long before the latest stamp that is held.
        sweep_after: lists that are not counted are walked whole, for edits and deletions.
        whole_after: the same for lists that are counted.
        count_after: how often a list is counted.
        details_a_day: single documents and contacts that may be read, by the organisation's day.
        lines: whether documents' lines are read.
        hints_a_day: rows of which webhooks told that may be read again, by the organisation's day; what is
            more is left to the lists' walks.
    """

    overlap: timedelta = timedelta(minutes=5)
    sweep_after: timedelta = timedelta(days=1)
    whole_after: timedelta = timedelta(days=7)
    count_after: timedelta = timedelta(hours=1)
    details_a_day: int = 300
    lines: bool = False
    hints_a_day: int = 1_000


@dataclass(frozen=True, slots=True)
class FinancePlan:
    """One walk.

    Attributes:
        walk: where it stands.
        why: for the report.
        finds_deletions: whether rows that it does not meet are gone: it is whole and began at page 1.
    """

    walk: Walk
    why: str
    finds_deletions: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether every row is read."""
        return self.walk.way is Way.WHOLE


def choose(found: Sequence[FinanceOrganisation], wanted: str | None, product: str) -> FinanceOrganisation:
    """The organisation to read: the configured one, else the default one, else the only one.

    Raises:
        NeedsPerson: there is none, or none to be preferred.
    """
    named = ", ".join(f"{one.name} ({one.id})" for one in found)
    if wanted is not None:
        for one in found:
            if one.id == wanted:
                return one
        raise NeedsPerson(
            f"The credentials reach no {product} organisation {wanted}.",
            f"Set organization_id to one of: {named or 'none is reached'}.",
        )
    preferred = [one for one in found if one.is_default] or list(found)
    if len(preferred) != 1:
        raise NeedsPerson(
            f"It is not clear which {product} organisation to read.",
            f"Set organization_id to one of: {named or 'none is reached'}.",
        )
    return preferred[0]


def organisation_is_due(held: FinanceOrganisation | None, wanted: str | None, now: datetime) -> bool:
    """Whether to ask for the organisations again."""
    if held is None or held.read_at is None or wanted not in {None, held.id}:
        return True
    return not timedelta() <= now - held.read_at < ORGANISATION_AFTER


def plan(
    of: FinanceList,
    cursor: SourceCursor,
    position: Position,
    policy: FinancePolicy,
    now: datetime,
    *,
    full: bool,
) -> FinancePlan | None:
    """What to read of a list now; None when nothing is due."""
    walk = position.walk
    if walk is not None and _can_go_on(walk, cursor, now, full=full):
        return FinancePlan(walk, f"{walk.way.value} walk, resumed at page {max(1, walk.page)}")
    why = _why_whole(of, cursor, position, policy, now, full=full)
    if why is not None:
        return whole(why)
    return changes(of, position, cursor.high_water, policy)


def whole(why: str) -> FinancePlan:
    """Everything."""
    return FinancePlan(Walk(Way.WHOLE), f"whole walk: {why}", finds_deletions=True)


def changes(
    of: FinanceList, position: Position, since: datetime | None, policy: FinancePolicy
) -> FinancePlan | None:
    """What changed, in the first way that was not refused; None when only a whole walk is left."""
    way = way_for(of, position)
    if way is Way.WHOLE or since is None:
        return None
    start = (since - policy.overlap).replace(microsecond=0)
    return FinancePlan(Walk(way, since=start), f"{_NAMES[way]} {start:%Y-%m-%d %H:%M:%S} UTC")


_NAMES = {
    Way.FILTER: "changes by last_modified_time since",
    Way.SORTED: "latest changes first until",
    Way.CREATED: "latest rows first until",
    Way.WHOLE: "everything since",
}


def way_for(of: FinanceList, position: Position) -> Way:
    """The first way of the list that was not refused."""
    refused = position.refused or {}
    return next((way for way in of.ways if way.value not in refused), Way.WHOLE)


def _can_go_on(walk: Walk, cursor: SourceCursor, now: datetime, *, full: bool) -> bool:
    """A walk for deletions is begun again: what its first half met is not known any more."""
    if walk.started_at is None or not timedelta() <= now - walk.started_at < ABANDONED_AFTER:
        return False
    return walk.way is not Way.WHOLE or (cursor.whole_at is None and not full)


def _why_whole(
    of: FinanceList,
    cursor: SourceCursor,
    position: Position,
    policy: FinancePolicy,
    now: datetime,
    *,
    full: bool,
) -> str | None:
    """The first reason for reading everything that holds."""
    if cursor.whole_at is None:
        return "nothing is held yet"
    if full:
        return "it was asked for"
    if cursor.high_water is None and way_for(of, position) is not Way.WHOLE:
        return "no row says when it was changed"
    due = whole_due_after(of, position, policy)
    if not timedelta() <= now - cursor.whole_at < due:
        return (
            "changes and deletions cannot be found otherwise"
            if due < policy.sweep_after
            else "it is time for it"
        )
    return None


def whole_due_after(of: FinanceList, position: Position, policy: FinancePolicy) -> timedelta:
    """How long a whole walk holds: the larger the list, the longer, where nothing else finds its changes."""
    if way_for(of, position) is not Way.WHOLE:
        return policy.whole_after if of.counted else policy.sweep_after
    pages = -(-position.whole_rows // PER_PAGE)
    if pages <= 1:
        return timedelta()
    return min(policy.sweep_after, timedelta(days=1) * pages / WHOLE_WALKS_A_DAY_PAGES)


def request(of: FinanceList, walk: Walk, page: int) -> ListRequest:
    """What to ask for. Rows that are edited meanwhile stay in place: the order is by creation."""
    since = walk.since if walk.way is Way.FILTER else None
    return ListRequest(of, page, since, asked_sort(of, walk.way))


def asked_sort(of: FinanceList, way: Way) -> Sort | None:
    """The sorting of a walk."""
    return SORTS.get(way, of.order)


def first_page(walk: Walk) -> int:
    """Where to begin: a resumed walk reads its last page again, because rows may have moved up."""
    return max(1, walk.page)


def circle(page: FinancePage, number: int, first_ids: Collection[str]) -> None:
    """Guard against a list that does not end.

    Raises:
        Fatal: a page that was not asked for, or one that begins like an earlier one.
    """
    if page.echo.page not in {None, number}:
        raise Fatal(f"Zoho Finance answered page {page.echo.page} when it was asked for page {number}.")
    if number > MOST_PAGES or (page.rows and page.more and page.rows[0].id in first_ids):
        raise Fatal(f"Zoho Finance's list goes round in a circle at page {number}.")


def not_honoured(walk: Walk, page: FinancePage) -> str | None:
    """Why a page is not what the walk needs; None when it is. A filter that is passed over is not refused."""
    if walk.way is Way.FILTER:
        old = any(
            walk.since is not None and row.modified_at is not None and row.modified_at < walk.since
            for row in page.rows
        )
        return "the filter last_modified_time is ignored" if old else None
    if walk.way is Way.WHOLE:
        return None
    column, order = SORTS[walk.way]
    echo = page.echo
    if echo.sort_column not in {None, column} or (echo.sort_order or order)[:1].upper() != order:
        return f"the sorting by {column} is ignored"
    stamps = [stamp for row in page.rows if (stamp := _stamp(row, walk.way)) is not None]
    if len(stamps) < len(page.rows) or stamps != sorted(stamps, reverse=True):
        return f"the rows do not come by {column}"
    return None


def narrowed(page: FinancePage) -> str | None:
    """A remark when the list applied another filter than "all": it may lack rows."""
    applied = page.echo.applied_filter
    if page.asked_filter is None or applied in {None, page.asked_filter}:
        return None
    return f"the list applied the filter {applied[:40]!r} instead of {page.asked_filter}"


def fresh(walk: Walk, page: FinancePage) -> tuple[FinancePage, bool]:
    """The page's rows that are wanted, and whether the walk ends here."""
    if walk.way not in SORTS or walk.since is None:
        return page, not page.more
    kept = tuple(row for row in page.rows if (_stamp(row, walk.way) or walk.since) >= walk.since)
    return replace(page, rows=kept), not page.more or len(kept) < len(page.rows)


def _stamp(row: FinanceRow, way: Way) -> datetime | None:
    return row.created_at if way is Way.CREATED else row.modified_at


def after(walk: Walk, page: FinancePage, number: int, now: datetime) -> Walk:
    """The walk with this page in the copy."""
    stamps = [row.modified_at for row in page.rows if row.modified_at is not None]
    return replace(
        walk,
        page=number,
        started_at=walk.started_at or page.read_at or now,
        latest=max([*stamps, *([walk.latest] if walk.latest else [])], default=None),
    )


def second_look(
    of: FinanceList, done: FinancePlan, position: Position, policy: FinancePolicy, *, pages: int, looks: int
) -> FinancePlan | None:
    """After a walk of several pages: what changed while it lasted."""
    if looks >= MOST_LOOKS or (pages <= 1 and not done.walk.is_resumed):
        return None
    found = changes(of, position, done.walk.started_at, policy)
    return replace(found, why=f"{found.why} (a second look)") if found is not None else None


def is_suspicious(seen: int, held: int) -> bool:
    """Whether a whole walk met so few rows that nothing is removed without being asked for."""
    return held >= PER_PAGE and seen < held * SUSPICIOUS_SHARE


def page_changes(
    rows: Iterable[FinanceRow], deletes: Collection[str], held: Mapping[str, HeldRow]
) -> FinanceChanges:
    """What to do with one page, compared with what is held. The last of two versions of a row counts."""
    latest = {row.id: row for row in rows}
    new = tuple(one for one in latest.values() if one.id not in held)
    changed = tuple(one for one in latest.values() if one.id in held and held[one.id].raw != one.raw)
    gone = tuple(dict.fromkeys(one for one in deletes if one in held and one not in latest))
    before = (held[one] for one in [*(row.id for row in changed), *gone])
    return FinanceChanges(
        upserts=new + changed,
        deletes=gone,
        touched=frozenset(one.account_id for one in before if one.counts and one.account_id),
        inserted=len(new),
        updated=len(changed),
        unchanged=len(latest) - len(new) - len(changed),
    )


def links_by_account(unasked: int, accounts: int) -> bool:
    """Whether asking once for each CRM account is cheaper than once for each contact. One call is a trial."""
    return accounts + 1 < unasked
