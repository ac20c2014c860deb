"""Rules for figures: win rate by owner, average spend, share of VIPs, monthly."""

from __future__ import annotations

from bot.language.asked import SaidMetric
from bot.language.draft import SORTABLE, Draft, groupable, whole
from bot.language.meanings import FieldWord, GrammarWord, Role
from bot.language.question import DEAL_OWNER, EACH_ACCOUNT, EACH_PRODUCT, Aggregate, Metric
from bot.language.tokens import phrase
from bot.language.when import moment
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.tree import Unit

RANKED = ("total_spend", "purchases", "annual_revenue")  # what makes accounts the best of a period
_AMOUNTS = (FieldType.NUMBER, FieldType.MONEY)
_COMPARING = (Role.OVER, Role.UNDER, Role.AT_LEAST, Role.AT_MOST, Role.BETWEEN, Role.UNLIKE)
_ORDERING = (Role.SUPERLATIVE, Role.MOST, Role.FEWEST)
_BREAKING = (Role.BY, Role.SORT_BY, Role.PER, Role.WHICH_OF)


def metric(draft: Draft, at: int) -> int:
    """Win rate, revenue, won deals; not in "with open deals", nor in "revenue over 1M"."""
    word = draft.role(at, Role.METRIC, Role.LOOSE_METRIC)
    if word is None or (word.role is Role.LOOSE_METRIC and compared(draft, at)):
        return at
    behind = draft.behind(at)
    if word.role is Role.METRIC and compared(draft, at):
        return draft.problem(
            at, at + 1, "A figure is no condition: ask for it by owner, by industry or by month."
        )
    if draft.nots or draft.role(behind, Role.WITH):
        return at
    same = draft.field(at, *_AMOUNTS)
    draft.asked.metrics.append(SaidMetric(at, Metric(word.argument), same.name if same else None))
    draft.joined, draft.placed = None, False
    return draft.use(at, at + 1, word.argument.replace("_", " "))


def my_own(draft: Draft, at: int) -> int:
    """How much did *I* sell: of the asker's accounts; the figure itself is left to be read."""
    words = draft.items[at].text.split()
    if draft.role(at, Role.METRIC) and any(draft.means(word, Role.SPEAKER) for word in words):
        me = draft.vocabulary.me.crm_user_id
        mine = draft.vocabulary.index.users.get(me) if me else None
        if mine is None:
            return draft.problem(at, at + 1, "Your e-mail belongs to no user of the CRM: whose accounts?")
        draft.add_values(at, at + 1, mine.field, mine.values)
    return at


def compared(draft: Draft, at: int) -> bool:
    """Whether the field at an index is compared with a number."""
    after = draft.skip(at + 1, Role.PLACE, Role.NOT, Role.EXACTLY)
    if draft.role(after, *_COMPARING):
        return moment(draft, draft.skip(after + 1)) is None
    number = draft.number(after)
    return number is not None and moment(draft, after) is None


def aggregate(draft: Draft, at: int) -> int:
    """Average, total, median, highest; also "total" as the first word of a field's name."""
    word = draft.role(at, Role.AGGREGATE)
    before = draft.role(draft.behind(at), Role.AGGREGATE)
    if before is not None and draft.field(at, *_AMOUNTS) and draft.asked.aggregates:
        return at  # mean total spend: there "total" is a part of the field's name
    if word is not None and _of_something(draft, at, word):
        draft.asked.aggregates.append((at, Aggregate(word.argument)))
        return draft.use(at, at + 1, word.argument)
    named = draft.field(at, *_AMOUNTS)
    if named is None or compared(draft, at) or not begins_with_sum(draft, at):
        return at
    draft.asked.aggregates.append((at, Aggregate.SUM))
    draft.asked.measured.append((at, named.name))
    return draft.use(at, at + 1, f"sum of {named.name}")


def _of_something(draft: Draft, at: int, word: GrammarWord) -> bool:
    """The lowest and the highest of a field; otherwise these words put things in order."""
    if word.argument not in {Aggregate.LOWEST, Aggregate.HIGHEST}:
        return True
    after = draft.skip(at + 1)
    after = draft.skip(after + 1) if draft.role(after, Role.COUNT) else after
    named = draft.field(after, *_AMOUNTS) is not None
    plain = named and (not draft.role(after, Role.LOOSE_METRIC) or draft.behind(at) < 0)
    return plain and not compared(draft, after)


def begins_with_sum(draft: Draft, at: int) -> bool:
    """Total revenue, total spend: the name of a field with the word for a sum in it."""
    first, space, _ = draft.items[at].text.lower().partition(" ")
    known = draft.vocabulary.index.lexicon.words.get(first, ())
    return bool(space) and any(
        isinstance(one, GrammarWord) and one.role is Role.AGGREGATE and one.argument == Aggregate.SUM
        for one in known
    )


def per_account(draft: Draft, at: int) -> int:
    """Average spend per customer, per VIP: that is what an average of accounts is."""
    start = draft.skip(at + 1)
    noun = draft.role(start, Role.NOUN, Role.NOUN_ONE) and not draft.values(start)
    of_some = bool(draft.values(start)) and draft.field(start) is None and draft.field(start + 1) is None
    if not draft.role(at, Role.PER) or not (noun or of_some):
        return at
    averaged = any(how is Aggregate.AVERAGE for _, how in draft.asked.aggregates)
    if not averaged and not _average_number(draft):
        return at
    return draft.use(at, start + 1 if noun else start, "of each account")


def _average_number(draft: Draft) -> bool:
    """Average purchases per account: of their number, which "average purchase" alone is not."""
    said = draft.asked.metrics[-1] if draft.asked.metrics else None
    if said is None or said.metric is not Metric.AVERAGE_PURCHASE:
        return False
    last = phrase(draft.items[said.at].text).split()[-1]
    meant = [one.field for one in draft.vocabulary.index.meanings(last) if isinstance(one, FieldWord)]
    if not meant or not last.endswith("s"):
        return False
    draft.asked.metrics.pop()
    draft.asked.aggregates.append((said.at, Aggregate.AVERAGE))
    draft.asked.measured.append((said.at, meant[0]))
    return True


def buyers(draft: Draft, at: int) -> int:
    """How many customers bought in Q2: the buyers of that time."""
    if not draft.counted or draft.asked.metrics or draft.nots or not draft.role(at, Role.BOUGHT):
        return at
    if draft.role(at, Role.DEAL_NOUN):
        return at  # how many deals: those who bought are not asked for
    draft.asked.metrics.append(SaidMetric(at, Metric.BUYERS))
    draft.joined, draft.placed = None, False
    return draft.use(at, at + 1, "buyers")


def how_much(draft: Draft, at: int) -> int:
    """How much did VIPs spend; how much is in the pipeline."""
    if not draft.role(at, Role.HOW_MUCH):
        return at
    draft.asked.how_much.append(at)
    return draft.use(at, at + 1, "how much")


def share(draft: Draft, at: int) -> int:
    """What share of, percentage of."""
    if not draft.role(at, Role.SHARE) or draft.asked.share_at is not None:
        return at
    draft.asked.share_at = at
    return draft.use(at, at + 1, "share")


def among(draft: Draft, at: int) -> int:
    """The share of retail *among* VIPs."""
    asked = draft.asked
    if (
        asked.share_at is None
        or asked.among_after is not None
        or not draft.terms
        or not draft.role(at, Role.AMONG)
    ):
        return at
    asked.among_after = len(draft.terms)
    return draft.use(at, at + 1, "among")


def share_noun(draft: Draft, at: int) -> int:
    """Share of retail *accounts* at risk: noted, and left to be read as the small word that it is."""
    asked = draft.asked
    if asked.share_at is not None and asked.noun_after is None and draft.role(at, Role.NOUN, Role.NOUN_ONE):
        asked.noun_after = len(draft.terms)
    return at


def share_verb(draft: Draft, at: int) -> int:
    """What share of retail accounts *are* VIP; *bought* this month."""
    asked = draft.asked
    if asked.share_at is None or asked.verb_after is not None or not draft.terms:
        return at
    if draft.role(at, Role.SHARE_VERB, Role.BOUGHT, Role.INACTIVE, Role.NEVER_BOUGHT):
        asked.verb_after = len(draft.terms)
        return at + 1 if draft.role(at, Role.SHARE_VERB) else at
    return at


def every(draft: Draft, at: int) -> int:
    """By month, quarterly; trend, over time."""
    leads = draft.role(at, Role.BY, Role.PER, Role.WHICH_OF)  # which month had the highest revenue
    unit = draft.role(at + 1, Role.UNIT) if leads else None
    if draft.role(at, Role.UNIT) and draft.asked.largest and draft.role(at - 1, Role.SUPERLATIVE):
        unit, at = draft.role(at, Role.UNIT), at - 1  # best month for revenue
    if unit is not None:
        draft.asked.every.append((at, Unit(unit.argument)))
        return draft.use(at, at + 2, f"every {unit.argument}")
    word = draft.role(at, Role.EVERY)
    if word is not None:
        draft.asked.every.append((at, Unit(word.argument)))
        return draft.use(at, at + 1, f"every {word.argument}")
    if draft.role(at, Role.TREND):
        draft.asked.trends.append(at)
        return draft.use(at, at + 1, "over time")
    return at


def largest(draft: Draft, at: int) -> int:
    """Top 5 industries by revenue; which owner has the most won deals; the best customers of this year."""
    word = draft.role(at, *_ORDERING)
    if word is None or (draft.role(at, Role.AGGREGATE) and _field_of(draft, draft.skip(at + 1))):
        return at
    number = draft.number(at + 1)
    count = whole(number) if number else None
    end = at + 2 if count is not None else at + 1
    grouped = _grouping(draft, draft.skip(end))
    if grouped is None and count is not None and not draft.said(Role.NOUN, Role.NOUN_ONE):
        return at
    if grouped is None and word.role is Role.SUPERLATIVE and word.argument not in RANKED:
        return at  # the newest customers: that is no figure
    descending = word.descending if word.role is Role.SUPERLATIVE else word.role is Role.MOST
    if not descending:
        return draft.problem(at, end, "A breakdown begins with the largest; ask for it without an order.")
    draft.asked.largest.append(at)
    draft.limit = count if count is not None else draft.limit
    if grouped is None:
        return draft.use(at, end, "largest first")
    draft.asked.by.append((at, grouped.name))
    return draft.use(at, draft.skip(end) + 1, f"by {grouped.name}, largest first")


def _field_of(draft: Draft, at: int) -> Field | None:
    return None if draft.role(at, Role.LOOSE_METRIC) else draft.field(at, *_AMOUNTS)


def _grouping(draft: Draft, at: int) -> Field | None:
    named = draft.field(at)
    return named if named is not None and groupable(named) and not draft.values(at) else None


def products(draft: Draft, at: int) -> int:
    """By product; the best-selling products; top 5 products."""
    if draft.role(at, Role.BY_PRODUCT):
        draft.asked.by.append((at, EACH_PRODUCT))
        return draft.use(at, at + 1, "by product")
    if draft.role(at, Role.BEST_PRODUCTS):
        draft.asked.by.append((at, EACH_PRODUCT))
        draft.asked.largest.append(at)
        return draft.use(at, at + 1, "by product, largest first")
    number = draft.number(at + 1) if draft.role(at, Role.SUPERLATIVE) else None
    limit = whole(number) if number else None
    if limit is None or not draft.role(at + 2, Role.PRODUCTS):
        return at
    draft.asked.by.append((at, EACH_PRODUCT))
    draft.asked.largest.append(at)
    draft.limit = limit
    return draft.use(at, at + 3, "by product, largest first")


def breakdown(draft: Draft, at: int) -> int:
    """By industry, per owner, which country; "by" before a figure says nothing."""
    if not draft.role(at, *_BREAKING):
        return at
    start = draft.skip(at + 1)
    if draft.role(start, Role.DEAL_OWNER):
        draft.asked.by.append((at, DEAL_OWNER))
        return draft.use(at, start + 1, "by deal owner")
    named = _grouping(draft, start)
    if named is not None:
        draft.asked.by.append((at, named.name))
        return draft.use(at, start + 1, f"by {named.name}")
    if draft.role(at, Role.BY, Role.PER) and _is_account(draft, start):
        draft.asked.by.append((at, EACH_ACCOUNT))
        return draft.use(at, start + 1, "by account")
    start = draft.skip(start + 1) if draft.role(start, Role.COUNT) else start  # by number of purchases
    figure = draft.role(start, Role.METRIC, Role.LOOSE_METRIC, Role.AGGREGATE) or draft.field(
        start, *SORTABLE
    )
    if draft.role(at, Role.BY, Role.SORT_BY) and figure:
        draft.asked.ranked.append(at)
        return draft.use(at, at + 1, "by")
    return draft.use(at, at + 1, "which") if draft.role(at, Role.WHICH_OF) else at


def _is_account(draft: Draft, at: int) -> bool:
    """Whether a word is that for accounts, and nothing else."""
    return bool(draft.role(at, Role.NOUN, Role.NOUN_ONE)) and not (draft.values(at) or draft.field(at))


def breakdown_after(draft: Draft, at: int) -> int:
    """Revenue breakdown, industry split: the field stands before, or nothing does."""
    if not draft.role(at, Role.PER) or not draft.asked.by:
        return at
    return draft.use(at, at + 1, "by")


def counted(draft: Draft, at: int) -> int:
    """How many won deals; the number of purchases."""
    if not draft.role(at, Role.COUNT):
        return at
    draft.counted = True
    draft.order_at = at
    return draft.use(at, at + 1, "how many")


def deals(draft: Draft, at: int) -> int:
    """How many deals did Anna close; who lost the most deals: the noun and the verb stand apart."""
    pair = deals_and_verb(draft)
    if pair is None or at not in pair:
        return at
    noun, verb = pair
    if at == noun:
        word = draft.role(verb, Role.DEAL_VERB)
        draft.asked.metrics.append(SaidMetric(at, Metric(word.argument if word else Metric.WON)))
    draft.joined, draft.placed = None, False
    return draft.use(at, at + 1, "deals" if at == noun else "asked")


def deals_and_verb(draft: Draft) -> tuple[int, int] | None:
    """Where deals are counted, or compared, and where it says what became of them."""
    if not draft.said(Role.COUNT, Role.MOST):
        return None
    places = range(len(draft.items))
    nouns = [at for at in places if draft.role(at, Role.DEAL_NOUN)]
    verbs = [at for at in places if draft.role(at, Role.DEAL_VERB)]
    return (nouns[0], verbs[0]) if len(nouns) == 1 and len(verbs) == 1 else None


def earning(draft: Draft, at: int) -> int:
    """How much did champions *bring in*: what was sold to them; *closing* next month, of open deals."""
    if draft.role(at, Role.EARNING):
        draft.asked.earning = True
        return draft.use(at, at + 1, "asked")
    if draft.role(at, Role.FIGURE_VERB) and draft.asked.metrics and not draft.role(at, Role.WITH):
        return draft.use(at, at + 1, "asked")
    if draft.role(at, Role.CLOSING) and any(_is_open(draft, one) for one in range(len(draft.items))):
        return draft.use(at, at + 1, "by the expected closing day")
    return at


def _is_open(draft: Draft, at: int) -> bool:
    word = draft.role(at, Role.METRIC, Role.LOOSE_METRIC)
    return word is not None and word.argument in {Metric.PIPELINE, Metric.OPEN_DEALS}


def small(draft: Draft, at: int) -> int:
    """Words that say nothing beside a figure: how is our pipeline, compare."""
    if draft.role(at, Role.AMONG) and draft.role(at, Role.LINK):
        draft.placed = True
        return draft.use(at, at + 1, "of")
    draft.asked.compared = draft.asked.compared or draft.role(at, Role.COMPARE) is not None
    if draft.role(at, Role.OVERVIEW, Role.DOING, Role.COMPARE, Role.WERE, Role.CARD):
        return draft.use(at, at + 1, "asked")
    return at


def measured(draft: Draft, at: int) -> int:
    """A field with amounts that nothing is said of: what the average is made of."""
    named = draft.field(at, *_AMOUNTS)
    if named is None or draft.nots:
        return at
    draft.asked.measured.append((at, named.name))
    return draft.use(at, at + 1, named.name)
