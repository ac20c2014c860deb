"""Labels by recommendations and chances, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from scoring.recommendations.config import Kind, RecommendationLabel, Recommended
from scoring.wording import counted, written_day, written_money

if TYPE_CHECKING:  # not at run time: it brings scipy
    from scoring.recommendations.explain import Explanation, Missing

_KINDS = {
    Kind.REPEAT_BUY: "a repeat buy",
    Kind.CROSS_SELL: "a cross-sell",
    Kind.FIRST_BUY: "a first buy",
    Kind.BUNDLE: "a bundle",
    Kind.NEXT_BUY: "a next buy",
}


def written_rule(label: RecommendationLabel) -> str:
    """What an account must have: ``Hot is for a repeat buy with a chance of at least 50 %``."""
    return f"{label.name} is for {', or for '.join(_way(one) for one in label.any_of)}."


def written_chance(probability: float) -> str:
    """``62 %``; small ones with a digit behind the point, since most new products are unlikely."""
    percent = probability * 100
    if percent < 0.1:  # noqa: PLR2004 tenths are the finest that is written
        return "less than 0.1 %"
    if 99.5 <= percent < 100:  # noqa: PLR2004 what is not certain is not called so
        return "over 99 %"
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.1f} %"  # noqa: PLR2004 rounds to 10.0


def written_lift(lift: float) -> str:
    """``3.1 times``."""
    return f"{lift:,.0f} times" if lift >= 9.95 else f"{lift:.1f} times"  # noqa: PLR2004 rounds to 10.0


def speaking(
    explanation: Explanation, products: Mapping[str, str], accounts: Mapping[str, str], currency: str
) -> tuple[str, ...]:
    """Everything that speaks for one recommendation, a sentence each.

    Args:
        explanation: what is known of it.
        products: names by id.
        accounts: names by id; one without is told by its id.
        currency: ISO code.
    """
    return (
        *_habit(explanation, currency),
        *_company(explanation, products, accounts),
        *_weights(explanation),
        *(_asked(one) for one in explanation.missing),
    )


def _habit(explanation: Explanation, currency: str) -> Iterator[str]:
    own = explanation.purchases
    if not own:
        return
    last = f"the last one on {written_day(own[0].day)} for {written_money(own[0].amount_minor, currency)}"
    yield f"Bought on {counted(len(own), 'day')}, {last}."
    if explanation.usual_days is not None and explanation.due_on is not None:
        due = written_day(explanation.due_on)
        yield f"Usually every {counted(explanation.usual_days, 'day')}: the next one would be on {due}."


def _company(
    explanation: Explanation, products: Mapping[str, str], accounts: Mapping[str, str]
) -> Iterator[str]:
    if explanation.companions:
        named = [
            products.get(one.product_id, one.product_id)
            + (f" (ordered together {counted(one.together, 'time')})" if one.together else "")
            for one in explanation.companions
        ]
        yield f"It goes with what the account has: {', '.join(named)}."
    if explanation.neighbours:
        alike = [accounts.get(one.account_id) or one.account_id for one in explanation.neighbours]
        yield f"Accounts like it that bought it: {', '.join(alike)}."


def _weights(explanation: Explanation) -> Iterator[str]:
    for sign, words in ((1, "For it"), (-1, "Against it")):
        named = [one.feature for one in explanation.contributions if one.log_odds * sign > 0]
        if named:
            yield f"{words}, the strongest first: {', '.join(named)}."


def _asked(missing: Missing) -> str:
    limits = []
    if missing.probability is not None:
        limits.append(f"a chance of at least {written_chance(missing.probability)}")
    if missing.lift is not None:
        limits.append(f"a lift of at least {missing.lift:g}")
    return f"{missing.label} asks for {' and '.join(limits)}."


def _way(one: Recommended) -> str:
    kinds = " or ".join(_KINDS[kind] for kind in one.kinds) or "any recommendation"
    return " ".join([kinds, *_conditions(one)])


def _conditions(one: Recommended) -> Iterator[str]:
    named = [*one.products, *(f"{first} with {second}" for first, second in one.bundles)]
    if named:
        yield f"of {' or '.join(named)}"
    if one.probability:
        yield f"with a chance of at least {written_chance(one.probability)}"
    if one.lift:
        yield f"{'and ' if one.probability else ''}at least {one.lift:g} times as likely as usual"
