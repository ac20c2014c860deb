"""One way through a sentence: the rules in turn at each word, then the parts put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.language import (
    doubts,
    figures,
    rules_moves,
    rules_new,
    rules_offers,
    rules_past,
    rules_values,
)
from bot.language.asked import Mode
from bot.language.combine import readings
from bot.language.correcting import MOST_CORRECTED
from bot.language.draft import SORTABLE, Draft, Problem, groupable
from bot.language.meanings import Item, Role, Unknown
from bot.language.modes import modes
from bot.language.question import Kind, Question, Reading, Sort
from bot.language.restate import read_as, restate
from bot.language.rules import RULES
from bot.language.tokens import phrase
from bot.language.vocabulary import Vocabulary
from scoring.criteria.tree import Measured, Node

_BOUGHT = {"total_spend", "purchases"}


def draft_of(vocabulary: Vocabulary, text: str, items: Sequence[Item]) -> Draft:
    """Read the sentence as what it may be; as the likeliest where every way leaves doubts."""
    tried: list[Draft] = []
    nonsense = sum(isinstance(item.meaning, Unknown) for item in items) > MOST_CORRECTED
    for mode in (Mode.LIST,) if nonsense else modes(Draft(vocabulary, text, items)):
        draft = _read_as(mode, vocabulary, text, items)
        if not draft.problems and _says_something(draft):
            return draft
        tried.append(draft)
    return min(tried, key=_doubt)


def _says_something(draft: Draft) -> bool:
    return draft.mode is Mode.LIST or bool(question_of(draft))


def _doubt(draft: Draft) -> int:
    """How little of the sentence was understood; words that mean nothing weigh most."""
    return sum(3 if draft.unknown(one.first) else 1 for one in draft.problems)


def _read_as(mode: Mode, vocabulary: Vocabulary, text: str, items: Sequence[Item]) -> Draft:
    """Apply the rules from left to right; a word that no rule takes is a problem."""
    draft = Draft(vocabulary, text, items, mode=mode)
    at = 0
    while at < len(items):
        end = at  # a word that means nothing begins nothing
        if not draft.unknown(at):
            end = next((end for rule in RULES[mode] if (end := rule(draft, at)) > at), at)
        if end == at:
            end = draft.problem(at, at + 1, _out_of_place(draft, at), known=False)
        at = end
    return _finished(draft)


def _out_of_place(draft: Draft, at: int) -> str:
    """Of a word that is known, that it does not fit; of another one nothing, it is named with the others."""
    return "" if draft.unknown(at) else "place"


def _finished(draft: Draft) -> Draft:
    """What is left over when the sentence has ended."""
    for at in draft.nots:
        draft.problem(at, at + 1, f"“{draft.words(at, at + 1)}” is followed by nothing that it could deny.")
    if draft.mode is not Mode.LIST:
        for at, _ in draft.asked.products:
            draft.problem(at, at + 1, "later:Figures of one product" if draft.mode is Mode.FIGURE else "")
    doubts.settle(draft)
    if draft.mode is Mode.LIST:
        _settle_list(draft)
    elif draft.mode is Mode.FIGURE:
        figures.settle(draft)
    elif draft.mode is Mode.HISTORY:
        rules_past.settle(draft)
    return draft


def _settle_list(draft: Draft) -> None:
    _settle_by(draft)
    _settle_order(draft)
    rules_offers.settle(draft)
    rules_new.settle(draft)
    _settle_none(draft)
    _settle_contradictions(draft)
    _settle_plural(draft)
    _settle_amounts_of_groups(draft)
    if _is_card(draft):
        return
    if (
        draft.group
        and not draft.accounts
        and set(draft.card_at) <= {*draft.asked.overview, *draft.asked.doing}
    ):
        for at in draft.card_at:
            draft.use(at, at + 1, "asked")  # how are our customers spread across industries
    elif not _is_flock(draft):
        for at in draft.card_at:
            draft.problem(at, at + 1, "card")
    for at in draft.leftover_fields:
        draft.problem(at, at + 1, "field")


def _settle_contradictions(draft: Draft) -> None:
    """VIPs that are not VIP: nobody is."""
    said = {(term.field, value) for term in draft.terms if not term.negative for value in term.values}
    denied = {(term.field, value) for term in draft.terms if term.negative for value in term.values}
    both = sorted(str(value) for _, value in said & denied)
    if both and not any(term.joined is Role.OR for term in draft.terms):
        draft.problem(0, 1, f"No account is {both[0]} and is not.")


def _settle_amounts_of_groups(draft: Draft) -> None:
    """Industries with more than 100 orders this year: those of each account are known, not of all of them."""
    within = any(isinstance(one.node, Measured) for one in draft.terms)
    first = draft.field(draft.skip(0))
    theirs = draft.which_group or (first is not None and first.name == draft.group)
    if draft.group and theirs and within and not draft.nouns:
        text = f"revenue this year by {draft.group}"
        reason = "What accounts bought in a time is a condition on each of them, not on all together."
        draft.problem(0, 1, reason, readings=(Reading(text, text),))


def _settle_none(draft: Draft) -> None:
    """Which owners have no VIPs: those are not the ones that have others."""
    without = [one for one in draft.terms if one.negative and one.strong and one.field != draft.group]
    if draft.which_group and any(rules_values.is_label(one.node) for one in without):
        reason = "Those that have none cannot be asked for; ask how many there are of each."
        draft.problem(0, 1, reason)


def _settle_plural(draft: Draft) -> None:
    """Labels in healthcare: how many of each."""
    asked = draft.sorts or draft.default_sorts or draft.group or draft.counted or draft.card_at or draft.nouns
    if asked or len(draft.leftover_fields) != 1 or not draft.terms or draft.accounts:
        return
    at = draft.leftover_fields[0]
    named = draft.field(at)
    plural = phrase(draft.items[at].text).endswith("s")
    if named is not None and groupable(named) and plural and draft.behind(at) < 0:
        draft.leftover_fields.clear()
        draft.group = named.name
        draft.use(at, at + 1, f"how many per {named.name}")


def _settle_order(draft: Draft) -> None:
    """An order and a limit belong to a list, and one order is enough."""
    if draft.direction is not None and not draft.sorts and not draft.default_sorts:
        draft.default_sorts.append(Sort("total_spend", draft.direction))
    ordered = draft.sorts or draft.default_sorts or draft.limit is not None
    at = draft.order_at
    if ordered and at is not None and (draft.counted or draft.group) and not draft.accounts:
        reason = "A number or a breakdown has no order and no “top”: ask for one or the other."
        draft.problem(at, at + 1, reason)
    within = any(isinstance(one.node, Measured) for one in draft.terms)
    if (
        at is not None
        and within
        and any(one.field in _BOUGHT for one in (*draft.sorts, *draft.default_sorts))
    ):
        reason = "A list is in the order of what was bought of all time: leave the order out."
        draft.problem(at, at + 1, reason)  # as a figure it is in the order of that time
    particular = [one for one in draft.default_sorts if one.field != "total_spend"]
    turned = (
        any(not one.descending for one in draft.default_sorts) and not draft.by and draft.direction is None
    )
    if draft.asked.products and turned and at is not None:
        draft.problem(at, at + 1, "Prospects begin with the likeliest; they have no other order.")
    elif turned and any(one.descending for one in draft.sorts) and at is not None:
        draft.problem(at, at + 1, "The largest, or the smallest?")
    if draft.sorts and particular and particular[0] not in draft.sorts and at is not None:
        draft.problem(at, at + 1, f"Sorted by {draft.sorts[0].field} or by {particular[0].field}?")


def _settle_by(draft: Draft) -> None:
    """Count by industry; top 10 by revenue: "by" a text counts, by a number or date sorts."""
    for at, name in draft.by:
        named = draft.vocabulary.index.catalog.find(name)
        if named is not None and groupable(named) and draft.group is None and not draft.default_sorts:
            draft.group = name
        elif named is not None and not draft.counted:
            descending = named.type in SORTABLE
            direction = draft.default_sorts[0].descending if draft.default_sorts else descending
            draft.sorts.append(Sort(name, direction))
        else:
            draft.problem(at, at + 1, f"Accounts cannot be counted by {name}.")


def question_of(draft: Draft) -> Question | tuple[Question, ...] | None:
    """The question; several when it can be read in more than one way; None when nothing is asked."""
    if draft.helped and not draft.terms:
        return Question(Kind.HELP, words=draft.word_uses())
    if draft.mode is not Mode.LIST:
        return _one_or_several(_FURTHER[draft.mode](draft))
    return _listed(draft)


def _listed(draft: Draft) -> Question | tuple[Question, ...] | None:
    """A list, a number, a card, offers, how everything is."""
    if _is_card(draft):
        return _card(draft)
    if draft.asked.products:
        return _one_or_several([rules_offers.prospects(draft, node) for node in readings(draft.terms)])
    if _is_flock(draft):
        return _flock(draft)
    said = draft.terms or draft.sorts or draft.default_sorts or draft.nouns or draft.group
    if not said:
        return None
    nodes = readings(draft.terms)
    return _one_or_several([_question(draft, node) for node in nodes])


_FURTHER: dict[Mode, Callable[[Draft], Sequence[Question]]] = {
    Mode.FIGURE: figures.questions,
    Mode.MOVED: rules_moves.questions,
    Mode.HISTORY: rules_past.questions,
}


def _one_or_several(questions: Sequence[Question]) -> Question | tuple[Question, ...] | None:
    distinct = tuple(dict.fromkeys(questions))
    return distinct[0] if len(distinct) == 1 else distinct or None


def _is_flock(draft: Draft) -> bool:
    """Whether it is asked how everything is, or everything of what is said besides."""
    asked = draft.asked
    whole = bool(asked.flock) or (bool(asked.overview) and bool(draft.terms or draft.nouns))
    about = {*asked.flock, *asked.overview, *asked.doing}
    listed = draft.sorts or draft.default_sorts or draft.group or draft.counted or draft.limit is not None
    return whole and set(draft.card_at) <= about and not (listed or draft.accounts or asked.offered)


def _flock(draft: Draft) -> Question | tuple[Question, ...] | None:
    for at in draft.card_at:
        draft.use(at, at + 1, "how everything is")
    uses = draft.word_uses()
    return _one_or_several([Question(Kind.FLOCK, node, words=uses) for node in readings(draft.terms)])


def _question(draft: Draft, node: Node) -> Question:
    kind = Kind.COUNT_BY if draft.group else Kind.COUNT if draft.counted else Kind.LIST
    listing = kind is Kind.LIST
    return Question(
        kind,
        node,
        _sorts(draft) if listing else (),
        _limit(draft) if listing else None,
        draft.group,
        words=draft.word_uses(),
    )


def _sorts(draft: Draft) -> tuple[Sort, ...]:
    sorts = draft.sorts or draft.default_sorts
    if draft.direction is not None and sorts:
        sorts = [*sorts[:-1], replace(sorts[-1], descending=draft.direction)]
    return tuple(dict.fromkeys(sorts))


def _limit(draft: Draft) -> int | None:
    """The biggest customer, in the singular, is one."""
    if draft.limit is None and draft.one_noun is not None and (draft.default_sorts or draft.sorts):
        return 1
    return draft.limit


def _is_card(draft: Draft) -> bool:
    """Whether one account is named, and nothing is said that would need a list."""
    distinct = {account.id for _, account in draft.accounts}
    others = [term for term in draft.terms if term.field != "name"]
    about = all(rules_values.is_label(term.node) for term in others)
    counted = draft.counted and not draft.leftover_fields  # "how many employees does Konex have" is on it
    listed = (
        draft.sorts
        or draft.default_sorts
        or (draft.group and draft.where_at is None and not draft.which_group)
        or counted
    )
    denied = any(term.negative for term in draft.terms if term.field == "name")
    unasked = others and draft.nouns and not draft.card_at
    if draft.asked.offered and (others or draft.asked.products):
        return False
    return len(distinct) == 1 and about and not (listed or denied or unasked)


def _card(draft: Draft) -> Question:
    """The card; what was said of the account besides stands on it."""
    for at in (*draft.card_at, *draft.leftover_fields):
        draft.use(at, at + 1, "on the account's card")
    uses = tuple(
        replace(use, meaning=f"{use.meaning}: see the card") if use.meaning.startswith("label") else use
        for use in draft.word_uses()
    )
    asked = draft.asked
    kind = Kind.OFFERS if asked.offered else Kind.WHY if asked.why else Kind.ACCOUNT
    return Question(kind, account_id=draft.accounts[0][1].id, words=uses)


def choices(questions: Sequence[Question]) -> tuple[Reading, ...]:
    """The readings of an ambiguous sentence, as whole questions in the criteria language."""
    return tuple(Reading(restate(one), read_as(one)) for one in questions)


def unknown_problems(draft: Draft) -> tuple[Problem, ...]:
    """The problems in the order of the sentence."""
    return tuple(sorted(draft.problems, key=lambda one: one.first))
