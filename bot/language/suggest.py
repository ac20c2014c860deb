"""What to offer when a sentence was not understood. Every reading is a whole question that is understood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from bot.language import combine, rules_contacts
from bot.language.draft import Draft, Problem, groupable
from bot.language.meanings import ConditionWord, Role, ValueWord
from bot.language.question import Kind, NotUnderstood, Question, Reading, Understanding, UnknownWord
from bot.language.restate import restate
from bot.language.tokens import phrase
from bot.language.vocabulary import Vocabulary

MOST_READINGS = 4
_MOST_DOUBTS = 12
_OUT_OF_PLACE = {"place", "field"}  # of a word that is known, and of a field
_GENERAL = ("top 10 accounts by spend", "how many accounts per label?", "help")

Read = Callable[[str], Understanding]


def not_understood(draft: Draft, problems: Sequence[Problem], read: Read) -> NotUnderstood:
    """Name what stands in the way, with readings that were tried and work."""
    special = next((one for one in problems if one.reason.startswith("later:")), None)
    if special is not None:
        return _later(draft, special, problems, read)
    people = next((one for one in problems if one.reason == rules_contacts.PROBLEM), None)
    if people is not None:
        return _of_contacts(draft, people, read)
    words = tuple(_unknown(draft, one, problems, read) for one in problems if _is_named(one))
    if len(problems) > _MOST_DOUBTS:  # hardly a sentence: whatever is offered for one word leaves the others
        return NotUnderstood(words, _reason(draft, problems), _help(read))
    asked = next((one for one in problems if one.readings), None)
    readings = _working(asked.readings, read, draft) if asked else ()
    if not readings and not any(word.readings for word in words):
        readings = _help(read)
    return NotUnderstood(words, _reason(draft, problems), readings)


def _of_contacts(draft: Draft, problem: Problem, read: Read) -> NotUnderstood:
    """What can be done about contacts, and the account that they are of, or the accounts."""
    named = tuple(Reading(one.name, one.name) for _, one in draft.accounts[:1])
    nodes = combine.readings(draft.terms) if draft.terms and not named else ()
    listed = (restate(Question(Kind.LIST, node)) for node in nodes)
    others = tuple(Reading(one, one) for one in listed)
    word = UnknownWord(draft.words(problem.first, problem.last), draft.items[problem.first].start)
    return NotUnderstood((word,), rules_contacts.TOLD, _working(named or others, read, draft)[:1])


def _is_named(problem: Problem) -> bool:
    """Words that produced nothing; those of an ambiguity did, and are in the reason."""
    return not problem.known or not problem.readings


def _reason(draft: Draft, problems: Sequence[Problem]) -> str:
    unknown = [
        f"“{draft.words(one.first, one.last)}”" for one in problems if not one.known and not one.reason
    ]
    said = [_said(draft, one) for one in problems if one.reason and one.reason not in _OUT_OF_PLACE]
    if unknown:
        said.insert(0, f"I do not know {_list(unknown)}.")
    return " ".join(dict.fromkeys([*said, *_out_of_place(draft, problems)]))


def _out_of_place(draft: Draft, problems: Sequence[Problem]) -> Iterator[str]:
    """Every word that is known and does not fit, in one sentence."""
    stray = [one for one in problems if one.reason in _OUT_OF_PLACE]
    words = dict.fromkeys(f"“{draft.words(one.first, one.last)}”" for one in stray)
    if not words:
        return
    verb = "is" if len(words) == 1 else "are"
    fields = all(one.reason == "field" for one in stray)
    what = ": sort by it, compare it, or count by it?" if fields else "."
    yield f"I do not see what {_list(list(words))} {verb} to do here{what}"


def _said(draft: Draft, problem: Problem) -> str:
    word = draft.words(problem.first, problem.last)
    if problem.reason == "card":
        return f"“{word}” asks about one account, and I recognise no account's name."
    return problem.reason


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _unknown(draft: Draft, problem: Problem, problems: Sequence[Problem], read: Read) -> UnknownWord:
    word = draft.words(problem.first, problem.last)
    several = sum(1 for one in problems[: _MOST_DOUBTS + 1] if _is_named(one)) > 1
    readings = problem.readings or tuple(_for_word(draft, problem, read, alone=not several))
    return UnknownWord(word, draft.items[problem.first].start, readings)


def _for_word(draft: Draft, problem: Problem, read: Read, *, alone: bool) -> Iterator[Reading]:
    """Near words first; and, said plainly, the question without the word."""
    if not alone:
        return
    yield from _replaced(draft, problem, _replacements(draft, problem), read)
    left = _working(_dropped(draft, problem), read, draft)
    yield from (one for one in left[:1] if _says_something(read(one.text)))


def _replaced(draft: Draft, problem: Problem, new: Sequence[str], read: Read) -> tuple[Reading, ...]:
    texts = (draft.rewritten(problem.first, problem.last, one) for one in new)
    return _working((Reading(text, text) for text in texts), read, draft)[: MOST_READINGS - 1]


def _replacements(draft: Draft, problem: Problem) -> list[str]:
    first, last = problem.first, problem.last
    word = draft.words(first, last)
    if problem.reason == "field" and (named := draft.field(first)):
        spoken = named.name.replace("_", " ")
        per = [f"accounts per {spoken}"] if groupable(named) else []
        return [*per, f"sorted by {spoken}", f"with {spoken}", f"without {spoken}"]
    if draft.number(first) is not None:
        return [f"over {word}", f"under {word}", f"over {word} employees", f"over {word} purchases"]
    if problem.known:
        return []
    index = draft.vocabulary.index
    placed = bool(draft.role(draft.behind(first), Role.PLACE))
    near_words = index.near.similar(phrase(word), 8)
    similar = [one for one in near_words if _is_value(draft.vocabulary, one, only=placed)]
    # Two spellings of one thing are one suggestion: the first, which is nearer.
    near: dict[object, str] = {}
    for one in sorted(similar, key=lambda one: " " not in one):
        near.setdefault(index.words.get(one, ()), one)
    kept = sorted(near.values(), key=similar.index)
    names = [account.name for account in index.accounts.similar(phrase(word), 2)] if draft.card_at else []
    return (names + [_spelling(draft.vocabulary, one) for one in kept])[:3]


def _is_value(vocabulary: Vocabulary, key: str, *, only: bool) -> bool:
    """Whether a phrase names something the organisation has; not a country where it has nobody.

    With ``only`` a value or segment, no field: in Texas, but not "in nation".
    """
    for one in vocabulary.index.words.get(key, ()):
        if only and not isinstance(one, ValueWord | ConditionWord):
            continue
        if not isinstance(one, ValueWord):
            return True
        known = vocabulary.index.values.get(one.field)
        if known is None or set(one.values) & set(known):
            return True
    return False


def _spelling(vocabulary: Vocabulary, key: str) -> str:
    """As the organisation writes it, when the phrase is a value by its own name."""
    for one in vocabulary.index.words.get(key, ()):
        written = (
            one.values[0]
            if isinstance(one, ValueWord)
            else one.name
            if isinstance(one, ConditionWord)
            else ""
        )
        if phrase(written) == key:
            return written
    return key


def _says_something(found: Understanding) -> bool:
    """Whether more is asked than for all accounts, which is no answer to who asked for some of them."""
    return isinstance(found, Question) and replace(found, words=()) != Question(Kind.LIST)


def _dropped(draft: Draft, problem: Problem) -> Iterator[Reading]:
    """The sentence without the word and the small words that led to it."""
    first = problem.first
    joining = (
        Role.PLACE,
        Role.WITH,
        Role.LINK,
        Role.AND,
        Role.OR,
        Role.COMMA,
        Role.NOT,
        Role.WITHOUT,
        Role.BY,
        Role.FILLER,
    )
    while first > 0 and draft.role(first - 1, *joining) and not draft.values(first - 1):
        first -= 1
    torn = problem.last == len(draft.items) and draft.role(first - 1, Role.ME, Role.SUPERLATIVE, Role.PER)
    noun = draft.role(first - 1, Role.SUPERLATIVE) and not draft.role(problem.last, Role.NOUN, Role.NOUN_ONE)
    text = draft.rewritten(first, problem.last, "")
    if text and not torn and not noun:
        yield Reading(text, f"without “{draft.words(problem.first, problem.last)}”")


def _working(readings: Iterable[Reading], read: Read, draft: Draft) -> tuple[Reading, ...]:
    """Only readings that are understood are offered, each once."""
    same = phrase(draft.text)
    kept = {
        one.text: one for one in readings if phrase(one.text) != same and isinstance(read(one.text), Question)
    }
    return tuple(kept.values())[:MOST_READINGS]


def _later(draft: Draft, problem: Problem, problems: Sequence[Problem], read: Read) -> NotUnderstood:
    feature = draft.vocabulary.index.lexicon.later[problem.reason.removeprefix("later:")]
    names = [account.name for _, account in draft.accounts]
    near = [
        text.replace("{account}", names[0] if names else "")
        for text in feature.near
        if names or "{" not in text
    ]
    words = tuple(
        UnknownWord(draft.words(one.first, one.last), draft.items[one.first].start)
        for one in problems
        if one.reason.startswith("later:") or not one.known
    )
    readings = _working((Reading(text, text) for text in near), read, draft)[:3] or _help(read)
    verb = "is" if feature.name.split()[0].endswith(("y", "o")) else "are"
    said = feature.says or f"{feature.name} {verb} not available yet."
    return NotUnderstood(words, said, readings)


def _help(read: Read) -> tuple[Reading, ...]:
    """Where nothing that is near can be offered: questions that have nothing to do with it would not help."""
    return (Reading("help", "help"),) if isinstance(read("help"), Question) else ()


def general(reason: str, read: Read) -> NotUnderstood:
    """Nothing was asked: a reason and three questions to begin with."""
    readings = tuple(Reading(text, text) for text in _GENERAL if isinstance(read(text), Question))
    return NotUnderstood((), reason, readings)
