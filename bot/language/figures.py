"""What was said of a figure becomes one, or the two that it may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.language.asked import SaidMetric
from bot.language.combine import readings
from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.question import (
    DEAL_OWNER,
    EACH_ACCOUNT,
    EACH_PRODUCT,
    OF_DEALS,
    Aggregate,
    Figure,
    Kind,
    Metric,
    Question,
    Sort,
    Span,
)
from bot.language.rules_grown import periods, unclear, with_course
from bot.language.rules_values import is_label
from scoring.criteria.fields import FieldType
from scoring.criteria.tree import Always, Calendar, Node, Unit, conjunction

_NUMBERS = {Metric.PURCHASES, Metric.BUYERS, Metric.WON, Metric.LOST, Metric.OPEN_DEALS}
_SUMS = {*_NUMBERS, Metric.REVENUE, Metric.PIPELINE}
_AVERAGES = {Metric.AVERAGE_PURCHASE, Metric.AVERAGE_DEAL, Metric.SALES_CYCLE, Metric.WIN_RATE}
# A field of accounts that is kept up to date from purchases -> the figure that it is, of a period.
_OF_A_PERIOD = {"total_spend": Metric.REVENUE, "purchases": Metric.PURCHASES}
_OWN_REVENUE = "annual_revenue"
_SPEND = "total_spend"
_OWNERS = {"owner", "owner_email", DEAL_OWNER}
_OF_PRODUCTS = (
    "Of products I know purchases, and won, lost and open deals: ask for revenue or won deals by product."
)
_OF_PURCHASES = {Metric.REVENUE, Metric.PURCHASES, Metric.AVERAGE_PURCHASE, Metric.BUYERS}


class _Unfit(Exception):
    """The parts do not make a figure; the text says why."""


def settle(draft: Draft) -> None:
    """Name what does not fit together."""
    if unclear(draft):
        return
    try:
        figures(draft)
    except _Unfit as error:
        at = _place(draft)
        draft.problem(at, at + 1, str(error))


def _place(draft: Draft) -> int:
    """The word that a complaint points at."""
    asked = draft.asked
    places = [one.at for one in asked.metrics] + [
        at for at, _ in (*asked.aggregates, *asked.every, *asked.by)
    ]
    places += [at for at, _ in asked.grown]
    places += [*asked.how_much, *asked.trends, *asked.largest, *(at for at, _ in asked.measured)]
    places += [asked.share_at] if asked.share_at is not None else []
    return min(places, default=0)


def questions(draft: Draft) -> tuple[Question, ...]:
    """The question; several when it can be read in more than one way; none when nothing is asked."""
    try:
        found = figures(draft)
    except _Unfit:
        return ()
    return tuple(_question(draft, one, node) for one, node in found)


def _question(draft: Draft, figure: Figure, node: Node) -> Question:
    """The figure; of a field of each account, which is no figure, the list that is sorted by it."""
    words, limit = draft.word_uses(), draft.limit
    if figure.by == EACH_ACCOUNT and limit is None and draft.one_noun is not None and draft.asked.largest:
        limit = 1  # our best customer this year
    if figure.by == EACH_ACCOUNT and figure.of is not None:
        return Question(Kind.LIST, node, (Sort(figure.of),), limit, words=words)
    return Question(Kind.FIGURE, node, limit=limit, words=words, figure=figure)


def figures(draft: Draft) -> tuple[tuple[Figure, Node], ...]:
    """Figures with the criteria of each.

    Raises:
        _Unfit: the parts do not make a figure.
    """
    by, every, span, versus = _by(draft), _every(draft), _span(draft), _versus(draft)
    by = by or _whose(draft)
    if draft.asked.grown:
        span, beside = periods(draft, span)
        versus = versus or beside
        _settle_course(draft, span)
    whole = Figure(every=every, span=span, versus=versus)
    if draft.limit is not None and by is None:
        raise _Unfit("A single figure has no “top”: say by what it is to be broken down.")
    if draft.asked.share_at is not None:
        if every is not None or span is not None:
            raise _Unfit("A share of accounts is that of today; it has no period.")
        return tuple((replace(one, by=by), node) for one, node in _shares(draft))
    nodes = readings(draft.terms)
    if draft.asked.grown and (by != EACH_ACCOUNT or every is not None):
        raise _Unfit("Say which accounts: which customers buy less than last quarter?")
    made = [replace(whole, metric=one.metric, how=one.how, of=one.of) for one in _measures(draft, whole, by)]
    if draft.asked.grown:
        made = with_course(draft, made)
        if not made:
            raise _Unfit("Of accounts, revenue and purchases are compared with an earlier period.")
    broken = [one for each in made for one in _broken_down(draft, each, by)]
    return tuple((one, node) for one in broken for node in nodes)


def _settle_course(draft: Draft, span: Span | None) -> None:
    """Less or more, and when."""
    if len({course for _, course in draft.asked.grown}) > 1:
        raise _Unfit("Those that buy less, or those that buy more?")
    if span is None:
        raise _Unfit("Which period is to be compared with that one? For example this quarter.")


def _broken_down(draft: Draft, figure: Figure, by: str | None) -> Iterator[Figure]:
    """By what was said; "spend per customer" may be that of each, and what they spend on average."""
    yield replace(figure, by=_owner_of(figure, by))
    per = any(draft.role(at, Role.PER) for at, name in draft.asked.by if name == EACH_ACCOUNT)
    if per and figure.of is not None:
        yield replace(figure, how=Aggregate.AVERAGE)


def _owner_of(figure: Figure, by: str | None) -> str | None:
    """Of deals, by their own owner; of everything else, by the account's."""
    if by == DEAL_OWNER and figure.metric not in {*OF_DEALS, *_OF_PURCHASES}:
        raise _Unfit("Accounts have no deal owner: ask by owner, which is the owner of the account.")
    if by == EACH_PRODUCT and figure.metric not in {*OF_DEALS, *_OF_PURCHASES}:
        raise _Unfit(_OF_PRODUCTS)
    if by == EACH_ACCOUNT and figure.metric is Metric.BUYERS:
        raise _Unfit("Each account is one buyer: ask for its purchases or its revenue.")
    if by == EACH_ACCOUNT and figure.of is not None and figure.how is not Aggregate.SUM:
        raise _Unfit(f"Each account has one value of {figure.of}: ask for a list, sorted by it.")
    return DEAL_OWNER if by in _OWNERS and figure.metric in OF_DEALS else by


def _by(draft: Draft) -> str | None:
    names = list(dict.fromkeys(name for _, name in draft.asked.by))
    if len(names) > 1 or (names and (draft.asked.every or draft.asked.trends)):
        raise _Unfit("A figure is broken down by one thing at a time.")
    return names[0] if names else None


def _whose(draft: Draft) -> str | None:
    """Who has the best win rate: those who sell are compared; who are the best customers: each account is."""
    of_deals = any(one.metric in OF_DEALS for one in draft.asked.metrics)
    if draft.asked.every:
        return None
    ranked = draft.asked.largest or draft.limit is not None or draft.asked.ranked or draft.asked.grown
    if ranked and not draft.asked.aggregates and _compares_accounts(draft, of_deals=of_deals):
        return EACH_ACCOUNT
    if not (draft.asked.largest or (of_deals and draft.asks_who())):
        return None
    if of_deals and draft.asks_who():
        return "owner"
    raise _Unfit("The largest by what? For example by owner, by industry.")


def _compares_accounts(draft: Draft, *, of_deals: bool) -> bool:
    """Whether accounts are named, or whoever spent and bought."""
    spent = any(name in _OF_A_PERIOD for _, name in draft.asked.measured)
    ranked = draft.asked.ranked or draft.asked.grown
    listed = draft.nouns or (bool(ranked) and bool(draft.terms))  # VIPs by revenue this year
    return listed or (draft.asks_who() and (spent or bool(draft.asked.grown)) and not of_deals)


def _every(draft: Draft) -> Unit | None:
    units = list(dict.fromkeys(unit for _, unit in draft.asked.every))
    if len(units) > 1:
        raise _Unfit(f"By {units[0]} or by {units[1]}?")
    return units[0] if units else Unit.MONTH if draft.asked.trends else None


def _span(draft: Draft) -> Span | None:
    if draft.asked.spans:
        return draft.asked.spans[0][2]
    before = draft.asked.versus[0][1] if draft.asked.versus else None
    if before is None:
        return None
    if isinstance(before, Calendar) and before.offset == -1:
        return Calendar(before.unit, 0)  # "compared to last quarter": this one is
    raise _Unfit("Which period is to be compared?")


def _versus(draft: Draft) -> Span | None:
    if len(draft.asked.versus) > 1:
        raise _Unfit("Two periods can be set beside one another, no more.")
    return draft.asked.versus[0][1] if draft.asked.versus else None


def _measures(draft: Draft, whole: Figure, by: str | None) -> Iterator[Figure]:
    """What is measured."""
    asked = draft.asked
    said = {one.metric: one for one in asked.metrics}
    aggregates = list(dict.fromkeys(how for _, how in asked.aggregates))
    # The value of the pipeline: of a figure that is money, "value" says no more.
    amounts = [name for at, name in asked.measured if not (said and draft.role(at, Role.WORTH))]
    fields = list(dict.fromkeys(amounts))
    asks_money = asked.how_much and (asked.earning or (_timed(draft, whole) and _money(draft)))
    if not said and not fields and (asks_money or (asked.earning and asked.largest)):
        yield Figure(metric=Metric.REVENUE)
        return
    best = by == EACH_PRODUCT or (by == EACH_ACCOUNT and _timed(draft, whole))
    if by == EACH_PRODUCT and (asked.ranked or draft.counted) and not (said or fields or aggregates):
        raise _Unfit(_OF_PRODUCTS)  # by deals this year, of which rules_dates has made the last purchase
    if not (said or fields or aggregates) and best:
        yield Figure(metric=_ranked_by(draft))
        return
    if not (said or fields or aggregates) and asked.how_much and draft.terms and _money(draft):
        yield Figure(how=Aggregate.SUM, of=_SPEND)  # how much money is at risk
        return
    if len(said) + len(fields) != 1 or len(aggregates) > 1:
        raise _Unfit(_which(len(said) + len(fields)))
    how = aggregates[0] if aggregates else None
    if draft.counted and fields and how is None and _is(draft, fields[0], FieldType.NUMBER):
        how = Aggregate.SUM  # how many employees do our VIPs have
    elif draft.counted and (fields or next(iter(said)) not in _NUMBERS):
        raise _Unfit("That is nothing that can be counted.")
    if fields:
        yield from _of_field(draft, fields[0], how, timed=_timed(draft, whole, fields[0]), by=by)
    else:
        yield from _of_metric(draft, next(iter(said.values())), how, whole, by)


def _ranked_by(draft: Draft) -> Metric:
    """The best customers are those with most revenue; the most active ones buy most often."""
    word = draft.role(draft.asked.largest[0], Role.SUPERLATIVE) if draft.asked.largest else None
    return _OF_A_PERIOD.get(word.argument, Metric.REVENUE) if word else Metric.REVENUE


def _money(draft: Draft) -> bool:
    """How much *money*."""
    last = [draft.items[at].text.split()[-1] for at in draft.asked.how_much]
    return any(draft.means(word, Role.WORTH) for word in last)


def _which(measured: int) -> str:
    if measured > 1:
        return "One figure can be asked for at a time."
    if measured == 0:
        return "Of what? For example average spend, revenue by quarter, win rate by owner."
    return "One of sum, average and median can be asked for at a time."


def _timed(draft: Draft, whole: Figure, name: str = _OWN_REVENUE) -> bool:
    """Whether a figure is one of a period; what customers spent at all is on their records."""
    all_time = name == _OWN_REVENUE and draft.said(Role.ALL_TIME)
    return all_time or whole.span is not None or whole.every is not None


def _of_field(
    draft: Draft, name: str, how: Aggregate | None, *, timed: bool, by: str | None
) -> Iterator[Figure]:
    how = how or (Aggregate.SUM if draft.asked.how_much else None)
    # What owners sell is meant by "total revenue by owner", not what their accounts earn.
    timed = timed or (name == _OWN_REVENUE and how is Aggregate.SUM and by in _OWNERS) or by == EACH_PRODUCT
    if how is None and by is not None and _is(draft, name, FieldType.MONEY):
        how = Aggregate.SUM
    if how is None and not timed:
        raise _Unfit(f"The sum, the average or the median of {name}?")
    if not timed:
        yield Figure(how=how, of=name)
        return
    metric = _OF_A_PERIOD.get(name)
    if name == _OWN_REVENUE:
        metric = Metric.REVENUE if how is Aggregate.SUM else None
    if by == EACH_PRODUCT and metric is None:
        raise _Unfit(_OF_PRODUCTS)
    if metric is None or how not in {None, Aggregate.SUM}:
        raise _Unfit(f"{name} is known as it is now, not of a period.")
    yield Figure(metric=metric)


def _is(draft: Draft, name: str, kind: FieldType) -> bool:
    one = draft.vocabulary.index.catalog.find(name)
    return one is not None and one.type is kind


def _of_metric(
    draft: Draft, said: SaidMetric, how: Aggregate | None, whole: Figure, by: str | None
) -> Iterator[Figure]:
    field, metric = said.field, said.metric
    timed = _timed(draft, whole)
    if how is not None and how is not Aggregate.SUM:
        if field is not None and not timed:
            yield Figure(how=how, of=field)
            return
        if not (how is Aggregate.AVERAGE and metric in _AVERAGES):
            raise _Unfit(f"The {how.value} of {metric.value.replace('_', ' ')} is not known.")
    if how is Aggregate.SUM and metric not in _SUMS:
        raise _Unfit(f"{metric.value.replace('_', ' ')} has no sum.".capitalize())
    if draft.asked.earning or by == EACH_PRODUCT:
        timed = True  # what they bring in is not what they earn themselves
    if field == _OWN_REVENUE and not timed and by not in _OWNERS and not draft.asked.how_much:
        yield from _revenue(how)
        return
    yield Figure(metric=metric)


def _revenue(how: Aggregate | None) -> Iterator[Figure]:
    """What accounts earn themselves, or what is sold to them: "revenue by industry" may be either."""
    if how is None:
        yield Figure(metric=Metric.REVENUE)
    yield Figure(how=Aggregate.SUM, of=_OWN_REVENUE)


def _split(draft: Draft) -> int | None:
    """How many conditions say among whom; None when the sentence does not tell."""
    asked, terms = draft.asked, draft.terms
    if asked.verb_after is not None:
        return asked.verb_after if 0 < asked.verb_after < len(terms) else None
    after = terms[asked.noun_after :] if asked.noun_after else []
    labels = bool(after) and all(is_label(term.node) for term in after)
    before = terms[: asked.noun_after]
    return asked.noun_after if labels and not any(is_label(term.node) for term in before) else None


def _among(draft: Draft, after: int) -> Iterator[tuple[Figure, Node]]:
    """The share of retail among VIPs."""
    among, part = readings(draft.terms[after:]), readings(draft.terms[:after])
    if len(among) != 1 or len(part) != 1 or isinstance(among[0], Always):
        raise _Unfit("Among which accounts?")
    yield Figure(metric=Metric.SHARE, among=among[0]), conjunction(among[0], part[0])


def _shares(draft: Draft) -> Iterator[tuple[Figure, Node]]:
    """The share of accounts that are something, among all or among some."""
    asked, terms = draft.asked, draft.terms
    if asked.metrics or asked.measured or asked.aggregates:
        raise _Unfit("A share is one of accounts: what share of retail accounts are VIP?")
    if not terms:
        raise _Unfit("What share? For example: what share of retail accounts are VIP?")
    if asked.among_after is not None:
        yield from _among(draft, asked.among_after)
        return
    split = _split(draft)
    for node in readings(terms):
        if split is not None:
            among = readings(terms[:split])
            if len(among) != 1:
                raise _Unfit("Among which accounts?")
            yield (
                Figure(metric=Metric.SHARE, among=among[0]),
                conjunction(among[0], *readings(terms[split:])[:1]),
            )
            return
        yield Figure(metric=Metric.SHARE, among=Always()), node
    fields = list(dict.fromkeys(term.field for term in terms))
    if split is None and len(fields) > 1 and all(term.field for term in terms):
        for name in fields[:3]:
            rest = readings([term for term in terms if term.field != name])
            yield Figure(metric=Metric.SHARE, among=rest[0]), readings(terms)[0]
