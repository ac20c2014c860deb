"""Voice of customer in a run: what customers wrote, as facts and labels; and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

import pyarrow as pa

from bot.app.config.criteria import label_catalog
from bot.app.facts import Accounts
from bot.app.techniques.asked import Asked
from bot.app.techniques.technique import Evidence, Learned, Scored, Situation, Technique
from bot.app.voice_facts import details, facts_of, frame_of, measures, with_decimals
from bot.app.voice_reader import Voices, kept
from scoring.label_rules import account_fields, related_conditions
from scoring.labels import places
from scoring.standing import Standing
from scoring.standings import Standings, digests
from scoring.voice import catalog as names
from scoring.voice.catalog import count_of, mentions_of, share_of
from scoring.voice.config import VoiceSegmentation
from scoring.voice.explain import Condition, VoiceExplanation, Way, explain_voice
from scoring.voice.explain import Evidence as Said
from scoring.voice.keywords import Background
from scoring.voice.kinds import COUNTED_INTENTS, Sentiment
from scoring.voice.score import score_voice, voice_background, voice_rules
from scoring.wording import counted, written_day

COLUMNS = ("measure", "digest")
MOST_REASONS, MOST_SENTENCES = 3, 3
_TELLING = (
    *(share_of(kind) for kind in (Sentiment.NEGATIVE, Sentiment.POSITIVE)),
    *(count_of(intent) for intent in COUNTED_INTENTS),
    *(names.MENTIONS, names.TREND, names.MESSAGES),
)


def scored(evidence: Evidence, situation: Situation[VoiceSegmentation]) -> Scored:
    """Every account that takes part."""
    segmentation = situation.segmentation
    asked = _asked(evidence, segmentation)
    part = evidence.accounts(segmentation.accounts, asked.fields, asked.related)
    voices = evidence.voices(segmentation)
    background = _known_background(situation.learned, voices)
    learned = None
    if background is None:
        day = situation.today.day
        background = voice_background(voices.sentences, part.ids.to_pylist(), segmentation, day)
        learned = {**kept(voices.reader), "background": background.as_json()}
    standings, warnings = _standings(part, voices, background, asked, situation)
    return Scored(standings, warnings, learned=learned)


def scored_some(
    evidence: Evidence, situation: Situation[VoiceSegmentation], only: Sequence[str]
) -> Scored | None:
    """Some accounts alone, with the reader and the background that were learned."""
    segmentation = situation.segmentation
    asked = _asked(evidence, segmentation)
    if situation.learned is None or not asked.of_marked_alone(evidence, segmentation):
        return None
    voices = evidence.voices(segmentation, only)
    background = _known_background(situation.learned, voices)
    if background is None:
        return None
    part = evidence.accounts(segmentation.accounts, asked.fields, only=only)
    standings, _ = _standings(part, voices, background, asked, situation)
    return Scored(standings)


def _asked(evidence: Evidence, segmentation: VoiceSegmentation) -> Asked:
    catalog = label_catalog(segmentation, evidence.catalog())
    return Asked.by(voice_rules(segmentation, catalog), catalog)


def _standings(
    part: Accounts,
    voices: Voices,
    background: Background,
    asked: Asked,
    situation: Situation[VoiceSegmentation],
) -> tuple[Standings, tuple[str, ...]]:
    segmentation, day = situation.segmentation, situation.today.day
    result = score_voice(voices.sentences, part.ids.to_pylist(), segmentation, day, background)
    facts = with_decimals(result.facts).reset_index(drop=True)
    frame = facts.join(part.frame.reset_index(drop=True))
    labels = places(frame, asked.rules, asked.catalog, situation.today)
    texts = details(facts, segmentation)
    standings = Standings(
        part.ids,
        labels,
        tuple(label.name for label in segmentation.labels),
        {"measure": measures(facts), "digest": digests(texts)},
        pa.array(texts, pa.string()),
    )
    return standings, result.warnings


def _known_background(learned: Learned | None, voices: Voices) -> Background | None:
    """What keywords are set apart from; None when it is to be learned, as after a correction."""
    if learned is None or learned.body["reader"]["version"] != voices.reader.version:
        return None
    return Background.from_json(learned.body["background"])


def reasons(old: Standing, new: Standing, situation: Situation[VoiceSegmentation]) -> tuple[str, ...]:
    """What of the facts is another now, the most telling first."""
    segmentation = situation.segmentation
    before, after = facts_of(old.details, segmentation), facts_of(new.details, segmentation)
    if after[names.MESSAGES] == 0 and before[names.MESSAGES]:
        return (f"No message of the last {segmentation.window_days} days is left.",)
    own = [mentions_of(one.name) for one in segmentation.competitors]
    told = (_difference(name, before[name], after[name]) for name in (*_TELLING[:-3], *own, *_TELLING[-3:]))
    return tuple(islice((one for one in told if one), MOST_REASONS))


def _difference(name: str, before: Any, after: Any) -> str:
    if before == after:
        return ""
    if name == names.TREND:
        return f"Trend: {after or 'none'} (was {before or 'none'})."
    return f"{_headed(name)} {_written(name, before)} \u2192 {_written(name, after)}."


def explained(
    evidence: Evidence, situation: Situation[VoiceSegmentation], account_id: str, standing: Standing
) -> tuple[str, ...]:
    """The facts, the conditions of the label and of the one above it, sentences, and what would change it."""
    segmentation = situation.segmentation
    facts = facts_of(standing.details, segmentation)
    catalog = label_catalog(segmentation, evidence.catalog())
    rules = voice_rules(segmentation, catalog)
    fields, related = account_fields(rules, catalog), related_conditions(rules, catalog)
    part = evidence.accounts("", fields, related, only=[account_id])
    row = frame_of([facts], [account_id])
    for name, column in part.frame.items() if len(part.ids) else ():
        row[name] = column.to_list()
    said = evidence.kept_voices(segmentation, [account_id])
    found = explain_voice(said, account_id, segmentation, catalog, situation.today, row)
    return (
        *_told_facts(facts, segmentation, situation.today.day),
        *_told_conditions(found),
        *_told_sentences(found),
        *(_told_way(one) for one in found.ways if one.sentiment is not Sentiment.NEUTRAL),
    )


def _told_facts(facts: Mapping[str, Any], segmentation: VoiceSegmentation, day: date) -> Iterator[str]:
    many = facts[names.MESSAGES]
    if not many:
        yield f"No message in the last {segmentation.window_days} days."
        return
    last = date.fromisoformat(facts[names.LAST_MESSAGE])
    tallies = ", ".join(f"{facts[count_of(kind)]} {kind}" for kind in Sentiment)
    yield (
        f"{counted(many, 'message')} in {segmentation.window_days} days up to {written_day(day)}, "
        f"the last on {written_day(last)}: {tallies}."
    )
    if many < segmentation.fewest_messages:
        yield f"Shares need {counted(segmentation.fewest_messages, 'message')}; there are only counts."
    if facts[names.TREND]:
        yield f"Trend over {segmentation.trend_days} days: {facts[names.TREND]}."
    if facts[names.KEYWORDS]:
        yield f"Writes more than others of: {', '.join(facts[names.KEYWORDS])}."


def _told_conditions(found: VoiceExplanation) -> Iterator[str]:
    if found.label is not None:
        holding = [_told_condition(one) for one in found.conditions if one.holds]
        yield f"{found.label}, because {' and '.join(holding) or 'its criteria hold'}."
    above = list(found.passed_over.items())
    if above:
        name, failing = above[-1]
        why = "; ".join(_told_condition(one) for one in failing) or "its criteria do not hold"
        yield f"Not {name}: {why}."


def _told_condition(one: Condition) -> str:
    return f"{one.text} (it is {_written(one.field, one.value)})"


def _told_sentences(found: VoiceExplanation) -> Iterator[str]:
    different = {one.sentence: one for one in reversed(found.evidence)}
    for one in islice(reversed(different.values()), MOST_SENTENCES):
        yield f"\u201c{one.sentence}\u201d ({one.source}, {written_day(one.day)}{_doubt(one)})"


def _doubt(one: Said) -> str:
    return ", low confidence" if one.low_confidence else ""


def _told_way(one: Way) -> str:
    more = counted(one.messages, f"more {one.sentiment} message")
    return f"{more} would make it {one.label or 'an account without a label'}."


def _headed(name: str) -> str:
    competitor = name.partition(".")[2]
    return f"Mentions of {competitor}" if competitor else name.replace("_", " ").capitalize()


def _written(name: str, value: Any) -> str:
    if value is None or (isinstance(value, tuple) and not value):
        return "not known"
    if isinstance(value, date):
        return written_day(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if name.endswith("_share"):
        return f"{value:.0f} %"
    return f"{value:.0f}" if isinstance(value, float) else str(value)


VOICE = Technique[VoiceSegmentation](COLUMNS, scored, reasons, explained, learns=True, score_some=scored_some)
