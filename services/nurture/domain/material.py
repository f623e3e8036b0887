"""What every letter is written from, and how long it may be."""

from __future__ import annotations

from dataclasses import dataclass

from services.nurture.domain.article import Article
from services.nurture.domain.sentences import Casing
from services.nurture.domain.steps import Offer, StepBlock

# Words of the article in one letter; with ours around them a letter stays under 180.
BUDGET = 150


@dataclass(frozen=True)
class Material:
    """What every letter is written from."""

    article: Article
    offer: Offer
    casing: Casing
    topic: frozenset[str]


Blocks = tuple[StepBlock, ...]
