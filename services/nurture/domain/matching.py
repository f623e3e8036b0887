"""Which of an article's questions comes nearest to what somebody wrote. Words in common, counted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.nurture.domain.sentences import word_set
from services.nurture.domain.steps import Choice

_STOP = word_set(
    "a about all also am an and any are as at be been but by can could do does did for from get had has have hello hi"
    " how i if in into is it its just like me more most my need no not of on one or our out please so some than"
    " thank thanks that the their them there they this to too us very want was we were what when where which who"
    " will with would you your"
)
# Different words for the two things that people ask most: what it costs and how long it takes.
_SAME = {
    "cost": "price pricing priced fee rate budget expensive cheap afford charge charged money pay paying much retainer",
    "day": "hour time week month long often duration weekly monthly",
}
# One word in a question that few others have is enough; one that most of them have is not.
_ENOUGH = 1
_CANONICAL = {word: head for head, words in _SAME.items() for word in words.split()}


def nearest(words: str, choices: Sequence[Choice]) -> int | None:
    """The index of the choice nearest to these words, or None when they share nothing that tells choices apart.

    A word counts more the fewer choices have it, and more in a question than in its answer. Equal: the earlier.
    """
    asked = tokens(words[:5_000])
    questions = [tokens(choice.question) for choice in choices]
    answers = [tokens(choice.answer) for choice in choices]
    spread = {word: sum(word in q | a for q, a in zip(questions, answers, strict=True)) for word in asked}
    telling = [word for word in asked if 0 < spread[word] < max(len(choices), 2)]
    scores = [
        sum((3 * (word in q) + (word in a)) / spread[word] for word in sorted(telling))
        for q, a in zip(questions, answers, strict=True)
    ]
    best = max(scores, default=0)
    return scores.index(best) if best >= _ENOUGH else None


def is_about_price(question: str) -> bool:
    """Whether a question asks what it costs."""
    return "cost" in tokens(question)


def tokens(text: str) -> frozenset[str]:
    """The words that carry meaning, without their endings.

    >>> sorted(tokens("What are your prices, and how many days does it take?"))
    ['cost', 'day', 'many', 'take']
    """
    found = (word for word in re.findall(r"[^\W_]+", text.casefold()) if word not in _STOP)
    return frozenset(_CANONICAL.get(stem, stem) for stem in map(_stem, found))


def _stem(word: str) -> str:
    if word in _CANONICAL:
        return word
    for ending in ("ings", "ing", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            stem = word[: -len(ending)] + ("y" if ending == "ies" else "")
            return stem + "e" if ending == "es" and stem + "e" in _CANONICAL else stem
    return word
