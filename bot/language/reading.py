"""One way through a sentence: the rules in turn at each word, then the parts put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.language import rules_amounts, rules_dates, rules_order, rules_values
from bot.language.combine import readings
from bot.language.draft import SORTABLE, Draft, Problem, groupable
from bot.language.meanings import Item, Role
from bot.language.question import Kind, Question, Reading, Sort
from bot.language.restate import restate
from bot.language.vocabulary import Vocabulary
from scoring.criteria.canonical import canonical
from scoring.criteria.tree import Node

Rule = Callable[[Draft, int], int]


def _help(draft: Draft, at: int) -> int:
    if not draft.role(at, Role.HELP):
        return at
    draft.helped = True
    return draft.use(at, at + 1, "help")


def _later(draft: Draft, at: int) -> int:
    """Something that people ask for and that is not there yet."""
    word = draft.role(at, Role.LATER)
    if word is None or draft.values(at):
        return at
    return draft.problem(at, at + 1, f"later:{word.argument}")


def _about_one(draft: Draft, at: int) -> int:
    if not draft.role(at, Role.CARD):
        return at
    draft.card_at.append(at)
    return at + 1


def _field_alone(draft: Draft, at: int) -> int:
    """A field that nothing is said of; it may belong to the card of an account."""
    if draft.field(at) is None:
        return at
    draft.leftover_fields.append(at)
    return at + 1


RULES: tuple[Rule, ...] = (
    _help,
    rules_dates.never_bought,
    rules_values.account,
    rules_dates.date_condition,
    rules_amounts.amount,
    rules_order.superlative,
    rules_order.sort_by,
    rules_order.by,
    rules_order.limit,
    rules_order.group,
    rules_order.count,
    rules_values.owner,
    rules_values.of_field,
    rules_values.value,
    rules_values.existence,
    _later,
    _about_one,
    rules_order.join,
    rules_order.filler,
    _field_alone,
)


def draft_of(vocabulary: Vocabulary, text: str, items: Sequence[Item]) -> Draft:
    """Apply the rules from left to right; a word that no rule takes is a problem."""
    draft = Draft(vocabulary, text, items)
    at = 0
    while at < len(items):
        end = next((end for rule in RULES if (end := rule(draft, at)) > at), at)
        if end == at:
            end = draft.problem(at, at + 1, known=False)
        at = end
    return _finished(draft)


def _finished(draft: Draft) -> Draft:
    """What is left over when the sentence has ended."""
    for at in draft.nots:
        draft.problem(at, at + 1, f"“{draft.words(at, at + 1)}” is followed by nothing that it could deny.")
    _settle_by(draft)
    _settle_order(draft)
    if not _is_card(draft):
        for at in draft.card_at:
            draft.problem(at, at + 1, "card")
        for at in draft.leftover_fields:
            draft.problem(at, at + 1, "field")
    return draft


def _settle_order(draft: Draft) -> None:
    """An order and a limit belong to a list, and one order is enough."""
    if draft.direction is not None and not draft.sorts and not draft.default_sorts:
        draft.default_sorts.append(Sort("total_spend", draft.direction))
    ordered = draft.sorts or draft.default_sorts or draft.limit is not None
    at = draft.order_at
    if ordered and at is not None and (draft.counted or draft.group) and not draft.accounts:
        reason = "A number or a breakdown has no order and no “top”: ask for one or the other."
        draft.problem(at, at + 1, reason)
    particular = [one for one in draft.default_sorts if one.field != "total_spend"]
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
    if _is_card(draft):
        return _card(draft)
    said = draft.terms or draft.sorts or draft.default_sorts or draft.nouns or draft.group
    if not said:
        return None
    nodes = readings(draft.terms)
    questions = tuple(_question(draft, node) for node in nodes)
    return questions[0] if len(questions) == 1 else questions


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
    listed = draft.sorts or draft.default_sorts or (draft.group and draft.where_at is None) or counted
    denied = any(term.negative for term in draft.terms if term.field == "name")
    unasked = others and draft.nouns and not draft.card_at
    return len(distinct) == 1 and about and not (listed or denied or unasked)


def _card(draft: Draft) -> Question:
    """The card; what was said of the account besides stands on it."""
    for at in (*draft.card_at, *draft.leftover_fields):
        draft.use(at, at + 1, "on the account's card")
    uses = tuple(
        replace(use, meaning=f"{use.meaning}: see the card") if use.meaning.startswith("label") else use
        for use in draft.word_uses()
    )
    return Question(Kind.ACCOUNT, account_id=draft.accounts[0][1].id, words=uses)


def choices(questions: Sequence[Question]) -> tuple[Reading, ...]:
    """The readings of an ambiguous sentence, as whole questions in the criteria language."""
    return tuple(Reading(restate(one), canonical(one.criteria)) for one in questions)


def unknown_problems(draft: Draft) -> tuple[Problem, ...]:
    """The problems in the order of the sentence."""
    return tuple(sorted(draft.problems, key=lambda one: one.first))
