"""A sentence that goes on with the question before it: narrower, wider, in another order, taken back.

A sentence that is a question of its own is read as one. Every word counts here too, and nothing is guessed:
what may be meant in two ways is asked back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from bot.language.follow_ups import Cut, Fragment, Wanted, cut, follow_up_words, number_of, wanted
from bot.language.lexicon import lexicon
from bot.language.meanings import GrammarWord, Role
from bot.language.merging import Manner
from bot.language.mistyped import put_right, reads
from bot.language.question import (
    EACH_ACCOUNT,
    Action,
    Kind,
    NotUnderstood,
    Question,
    Reading,
    Request,
    UnknownWord,
    WordUse,
)
from bot.language.refine_orders import at_another_time, of_the_same_days, same_order
from bot.language.refined import ACCOUNT_KINDS, CRITERIA_KINDS, Refined, put_to
from bot.language.restate import restate
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary
from scoring.criteria.canonical import canonical
from scoring.criteria.check import check
from scoring.criteria.errors import CriteriaError
from scoring.criteria.tree import Always, Unit

Outcome = Question | Request | NotUnderstood
_NOTHING_BEFORE = "“{}” goes on with a question, and none was asked here before."
_NAMELESS = "Under which name? Say: save as “Berlin VIPs”."


def refine(text: str, vocabulary: Vocabulary, earlier: Question) -> Outcome:
    """Read a sentence that follows a question. Never raises, whatever was typed.

    Returns:
        The question that is now asked, with the words of this sentence; something to be done with a question;
        or what stands in the way, with readings that are whole questions.
    """
    return reads(" ".join(text.split()), vocabulary, lambda one: _gone_on(one, vocabulary, earlier))


def _gone_on(text: str, vocabulary: Vocabulary, earlier: Question) -> Outcome:
    fragment = Fragment.of(text)
    asks = wanted(fragment)
    if asks is not None:
        return _requested(fragment, asks, vocabulary, earlier)
    return _refined(fragment, vocabulary, earlier)


def begin(text: str, vocabulary: Vocabulary) -> Outcome:
    """Read a sentence that follows no question: it may ask for something to be done with its own.

    Returns:
        As ``refine``; what only goes on with a question is not understood.
    """
    understood = understand(text, vocabulary)
    if isinstance(understood, Question):
        return understood
    text = " ".join(text.split())
    return reads(text, vocabulary, lambda one: _begun(one, vocabulary, understood))


def _begun(text: str, vocabulary: Vocabulary, understood: NotUnderstood) -> Outcome:
    fragment = Fragment.of(text)
    asks = wanted(fragment)
    if asks is None:
        return understood
    if asks.rest is None:
        return NotUnderstood((), _NOTHING_BEFORE.format(fragment.said()), understood.readings)
    inner = understand(asks.rest.said(), vocabulary)
    if not isinstance(inner, Question):
        return inner
    return Request(asks.action, inner, asks.argument, (*inner.words, _use(fragment, asks.action.value)))


def goes_on(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a sentence says so itself that it goes on with a question, as ``and retail`` or ``next`` do.

    Of a bare condition or a whole question nobody can tell.
    """
    fragment = Fragment.of(put_right(" ".join(text.split()), vocabulary).text)
    asks = wanted(fragment)
    if asks is not None:
        return asks.rest is None or goes_on(asks.rest.said(), vocabulary)
    found = cut(fragment)
    begun = found.rest.behind(follow_up_words().top)
    first_ones = begun is not None and number_of(begun) is not None
    if found.marked or found.about_them or first_ones or _command(found.rest, vocabulary) is not None:
        return True
    first = fragment.norms[:1]
    meanings = lexicon().words.get(" ".join(first), ())
    leading = {Role.PLACE, Role.NOT, Role.WITHOUT, Role.AND, Role.OR, Role.SORT_BY, Role.BY, Role.PER}
    begins = any(isinstance(one, GrammarWord) and one.role in leading for one in meanings)
    return (begins and not _has_noun(fragment)) or _only_orders(fragment, vocabulary)


def _only_orders(fragment: Fragment, vocabulary: Vocabulary) -> bool:
    """Oldest first; top 3 by spend: an order or a limit, and nobody to whom it belongs."""
    read = understand(fragment.said(), vocabulary)
    if not isinstance(read, Question) or not isinstance(read.criteria, Always):
        return False
    return read.kind is Kind.LIST and not _has_noun(fragment)


def _requested(fragment: Fragment, asks: Wanted, vocabulary: Vocabulary, earlier: Question) -> Outcome:
    question = earlier
    if asks.rest is not None:
        inner = _refined(asks.rest, vocabulary, earlier)
        if not isinstance(inner, Question):
            return inner
        question = inner
    if asks.action is Action.SAVE and not asks.argument:
        return NotUnderstood((), _NAMELESS)
    uses = (*question.words, _use(fragment, asks.action.value)) if asks.rest else ()
    return Request(asks.action, question, asks.argument, uses or (_use(fragment, asks.action.value),))


def _refined(fragment: Fragment, vocabulary: Vocabulary, earlier: Question) -> Question | NotUnderstood:
    if not fragment.words or earlier.kind is Kind.HELP:
        return understand(fragment.text, vocabulary)
    found = cut(fragment)
    command = _command(found.rest, vocabulary) or _command(fragment, vocabulary)
    if command is not None:
        return _checked(command(earlier, found), fragment, vocabulary)
    if not (found.marked or found.about_them) and _whole(fragment, vocabulary):
        whole = understand(fragment.text, vocabulary)
        if isinstance(whole, Question) or _ranked(fragment.text, vocabulary, earlier) is None:
            return whole
    return _conditioned(fragment, found, vocabulary, earlier)


def _conditioned(
    fragment: Fragment, found: Cut, vocabulary: Vocabulary, earlier: Question
) -> Question | NotUnderstood:
    """What is said besides the words that say how it goes on is a question, put to the one before."""
    text = _rest_text(found, earlier)
    then = at_another_time(text, vocabulary, earlier)
    if then is not None:
        return replace(then, words=(_use(fragment, "the same at another time"),))
    read = _read(text, vocabulary, earlier)
    if isinstance(read, NotUnderstood):
        return _offered(read, found, fragment, vocabulary, earlier)
    if _begins_anew(read, found, earlier):
        return read if not found.marked else replace(read, words=(*read.words, *_marks(fragment, found)))
    read = of_the_same_days(same_order(read, found, earlier, vocabulary), earlier)
    keep_order = found.rest.behind(follow_up_words().top) is not None
    made = put_to(earlier, read, found.manner, keep_order=keep_order)
    uses = _typed(read.words, fragment, found.rest)
    if text != found.rest.said():  # "top 3" was read in other words than were typed
        uses = (WordUse(found.rest.said(), f"the first {read.limit}"), *uses)
    made = replace(made, words=(*uses, *_marks(fragment, found)))
    return _checked(made, fragment, vocabulary)


def _begins_anew(read: Question, found: Cut, earlier: Question) -> bool:
    """Whether what was read has nothing to do with the question before: an account, a figure."""
    if read.kind in {Kind.HELP, Kind.FLOCK, Kind.PROSPECTS}:
        return True
    if earlier.kind in ACCOUNT_KINDS and not isinstance(read.criteria, Always):
        return not (found.marked or found.about_them)
    if read.kind in ACCOUNT_KINDS:
        return earlier.kind not in ACCOUNT_KINDS or not found.marked
    further = read.kind in {Kind.FIGURE, Kind.MOVED, Kind.HISTORY} and not _ranks(read)
    return further and read.kind is not earlier.kind and not (found.marked or found.about_them)


def _ranked(text: str, vocabulary: Vocabulary, earlier: Question) -> Question | None:
    """Top 5 by revenue this quarter: said of the accounts of a list, or of a ranking."""
    listed = earlier.kind is Kind.LIST or _ranks(earlier)
    read = understand(f"accounts {text}", vocabulary) if listed else None
    return read if isinstance(read, Question) and _ranks(read) else None


def _ranks(read: Question) -> bool:
    return read.figure is not None and read.figure.by == EACH_ACCOUNT


def _rest_text(found: Cut, earlier: Question) -> str:
    """Of a list without an order the top 3 have one; the first 3 have none."""
    said = found.rest.said()
    begun = found.rest.behind(follow_up_words().top)
    number = None if begun is None else number_of(begun)
    if number is None or begun is None:
        return said
    unsorted = earlier.kind is Kind.LIST and not earlier.sort
    return f"{said} accounts" if unsorted else f"first {number} accounts"


def _read(text: str, vocabulary: Vocabulary, earlier: Question) -> Question | NotUnderstood:
    """Read a fragment as it stands, or as the end of a question like the one before."""
    plain = understand(text, vocabulary)
    for sentence in _like(earlier, text):
        read = understand(sentence, vocabulary)
        if isinstance(read, Question) and read.kind is earlier.kind and _shorter(read, plain):
            return read
    listed = isinstance(plain, Question) and plain.kind is Kind.LIST
    return plain if listed else _ranked(text, vocabulary, earlier) or plain


def _shorter(read: Question, plain: Question | NotUnderstood) -> bool:
    """A condition alone is read the same without a question around it; then nothing more was said by it."""
    moves = read.moved is not None and bool(read.moved.old or read.moved.new)
    return moves or not (
        isinstance(plain, Question) and plain.kind in {Kind.LIST, *ACCOUNT_KINDS} and read.figure is None
    )


def _like(earlier: Question, text: str) -> Iterator[str]:
    """Questions of the same kind that end with these words."""
    words = follow_up_words().figures
    if earlier.figure is not None:
        figure = earlier.figure
        if figure.metric is not None:
            yield f"{words[figure.metric.value]} {text}"
        elif figure.how is not None and figure.of is not None:
            yield f"{words['of'][figure.how.value].format(of=figure.of.replace('_', ' '))} {text}"
    elif earlier.moved is not None:
        yield f"who moved {text}"
    elif earlier.held is not None:
        yield f"who was {earlier.held.labels[0] if earlier.held.labels else ''} {text}"


Command = Callable[[Question, Cut], Refined | Question]


def _command(fragment: Fragment, vocabulary: Vocabulary) -> Command | None:
    """What is asked for without a condition: how many, the list itself, why, by month."""
    words = follow_up_words()
    if fragment.is_one_of(words.count):
        return lambda earlier, _found: put_to(earlier, Question(Kind.COUNT), Manner.BARE)
    if fragment.is_one_of(words.list):
        return lambda earlier, _found: _listed(earlier)
    if fragment.is_one_of(words.why):
        return lambda earlier, _found: _why(earlier)
    broken_down = fragment.behind(words.by_period)
    if broken_down is not None and len(broken_down.words) == 1 and _has_noun(broken_down):
        return lambda earlier, _found: _by_account(earlier)
    unit = _unit(fragment, vocabulary)
    if unit is not None:
        return lambda earlier, found: _by_period(earlier, unit, also=found.manner is Manner.AND)
    return None


def _unit(fragment: Fragment, vocabulary: Vocabulary) -> Unit | None:
    """By month; each quarter; monthly is a word of the figures' own."""
    rest = fragment.behind(follow_up_words().by_period)
    if rest is None or len(rest.words) != 1:
        return None
    for one in vocabulary.index.lexicon.words.get(rest.norms[0], ()):
        if isinstance(one, GrammarWord) and one.role is Role.UNIT:
            return Unit(one.argument)
    return None


def _by_period(earlier: Question, unit: Unit, *, also: bool) -> Refined:
    if earlier.figure is None:
        reason = "A list of accounts has no course over time; a figure has one: “revenue by month”."
        return Refined((), reason)
    by = earlier.figure.by if also else None
    return Refined((replace(earlier, figure=replace(earlier.figure, every=unit, by=by, course=None)),))


def _by_account(earlier: Question) -> Refined:
    if earlier.figure is None:
        return Refined((), "Accounts are broken down by what they have in common: “by industry”.")
    return Refined((replace(earlier, figure=replace(earlier.figure, every=None, by=EACH_ACCOUNT)),))


def _listed(earlier: Question) -> Refined:
    figure = earlier.figure
    if earlier.kind in {Kind.MOVED, Kind.HISTORY, Kind.PROSPECTS}:
        return Refined((earlier,))
    if earlier.kind not in CRITERIA_KINDS or (figure is not None and figure.span is not None):
        return Refined((), "There is no list of accounts behind the answer before.")
    return Refined((replace(earlier, kind=Kind.LIST, group_by=None, figure=None),))


def _why(earlier: Question) -> Refined:
    if earlier.kind not in ACCOUNT_KINDS:
        return Refined((), "“Why” is asked of one account: “why is Acme at risk?”.")
    return Refined((Question(Kind.WHY, account_id=earlier.account_id),))


def _whole(fragment: Fragment, vocabulary: Vocabulary) -> bool:
    """Whether it is a question by itself: it names what is listed, or begins as one and says of whom."""
    if _has_noun(fragment):
        return True
    if fragment.behind(follow_up_words().whole) is None:
        return False
    read = understand(fragment.said(), vocabulary)
    return not (
        isinstance(read, Question) and isinstance(read.criteria, Always) and read.kind is not Kind.FIGURE
    )


def _has_noun(fragment: Fragment) -> bool:
    known = lexicon().words
    roles = {Role.NOUN, Role.NOUN_ONE}
    return any(
        isinstance(one, GrammarWord) and one.role in roles
        for norm in fragment.norms
        for one in known.get(norm, ())
    )


def _checked(
    made: Refined | Question, fragment: Fragment, vocabulary: Vocabulary
) -> Question | NotUnderstood:
    """One question; or the choice between several; or why there is none."""
    found = made if isinstance(made, Refined) else Refined((made,))
    words = found.words or (_use(fragment, "goes on with the question before"),)
    questions = [replace(one, words=words) for one in found.questions]
    try:
        for one in questions:
            check(one.criteria, vocabulary.index.catalog)
    except CriteriaError as error:
        return NotUnderstood((), str(error))
    if len(questions) == 1 and not found.reason:
        return questions[0]
    readings = tuple(_readings(questions, vocabulary))
    reason = found.reason or f"“{fragment.said()}” can be meant in more than one way."
    return NotUnderstood((), reason, readings)


def _offered(
    read: NotUnderstood, found: Cut, fragment: Fragment, vocabulary: Vocabulary, earlier: Question
) -> NotUnderstood:
    """What was not understood, with its readings as whole questions that go on with the one before."""

    def kept(readings: Iterable[Reading]) -> tuple[Reading, ...]:
        return tuple(new for one in readings for new in _continued(one, found, vocabulary, earlier))

    at = found.rest.words[0].start if found.rest.words and found.rest.text == fragment.text else 0
    words = tuple(UnknownWord(one.word, one.position + at, kept(one.readings)) for one in read.words)
    readings = kept(read.readings)
    return NotUnderstood(words, read.reason, readings)


def _continued(reading: Reading, found: Cut, vocabulary: Vocabulary, earlier: Question) -> Iterator[Reading]:
    """What a reading of the fragment makes of the question before."""
    read = understand(reading.text, vocabulary)
    if not isinstance(read, Question) or read.kind not in {Kind.LIST, Kind.COUNT, Kind.COUNT_BY}:
        return
    made = put_to(earlier, read, found.manner)
    if len(made.questions) == 1:
        for one in _readings(made.questions, vocabulary):
            yield Reading(one.text, reading.shown)


def _readings(questions: Iterable[Question], vocabulary: Vocabulary) -> Iterator[Reading]:
    """Questions as sentences that are read again as just these."""
    for one in questions:
        text = restate(one)
        again = understand(text, vocabulary)
        if isinstance(again, Question) and replace(again, words=()) == replace(one, words=()):
            yield Reading(text, canonical(one.criteria) or text)


def _use(fragment: Fragment, meaning: str) -> WordUse:
    return WordUse(fragment.text.strip(), meaning)


def _marks(fragment: Fragment, found: Cut) -> Iterator[WordUse]:
    """The words that only said how the sentence goes on."""
    inner = list(found.rest.norms)
    left = []
    for token in Fragment(fragment.text, fragment.words).words:
        if token.norm in inner:
            inner.remove(token.norm)
        else:
            left.append(token.text)
    if left:
        yield WordUse(" ".join(left), found.manner.value)


def _typed(uses: Iterable[WordUse], *typed: Fragment) -> tuple[WordUse, ...]:
    """The uses of words that were typed, or are left without "them"; not of a question put around them."""
    folded = [one.text.casefold() for one in typed]
    return tuple(one for one in uses if any(one.words.casefold() in text for text in folded))
