"""Words, sentences and cases: how prose is counted and cut. Never inside a sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping


def word_set(text: str) -> frozenset[str]:
    """The words of a line, for the lists of words in these rules."""
    return frozenset(text.split())


# A full stop after one of these ends no sentence. Lower case, without the stop itself.
ABBREVIATIONS = word_set(
    "mr mrs ms dr prof st sr jr vs etc e.g i.e cf al ca approx fig no vol inc ltd co corp dept est min max"
    " jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun u.s u.k a.m p.m bzw z.b"
    " d.h usw"
)
# A run of stops is looked at once, from its first: without that, a line of 100,000 dots costs their square.
_END = re.compile(r"(?<![.!?…؟۔])[.!?…؟۔]++[\"'”’»)\]]*+(?=\s)|(?<![。！？])[。！？]++[”』」）]*+")
_WORD = re.compile(r"[^\W_][\w'’.,/%-]*")
_NUMBER = re.compile(r"\d(?:[\d.,]*\d)?")


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of one paragraph, stripped, in order. Joined by spaces they give the paragraph again.

    >>> sentences("Ask Dr. Li, e.g. on Monday. Is it 3.5 days? Yes.")
    ('Ask Dr. Li, e.g. on Monday.', 'Is it 3.5 days?', 'Yes.')
    """
    flat = " ".join(text.split())
    found, start = [], 0
    for match in _END.finditer(flat):
        if _ends_sentence(flat, match):
            found.append(flat[start : match.end()].strip())
            start = match.end()
    return tuple(s for s in (*found, flat[start:].strip()) if s)


def word_count(text: str) -> int:
    """How many words a person would count."""
    return sum(1 for _ in _WORD.finditer(text))


def first_sentences(text: str, *, words: int, most: int = 3) -> str:
    """As many whole sentences from the start as fit into `words` and `most`; empty when not even one does."""
    taken: list[str] = []
    left = words
    for sentence in sentences(text)[:most]:
        left -= word_count(sentence)
        if left < 0:
            break
        taken.append(sentence)
    return " ".join(taken)


def numbers(text: str) -> frozenset[str]:
    """Every number in digits, as written.

    >>> sorted(numbers("2 to 6 days, 1,500 hours, v3.5."))
    ['1,500', '2', '3.5', '6']
    """
    return frozenset(_NUMBER.findall(text))


def reading_grade(text: str) -> float:
    """Flesch-Kincaid grade of English text, roughly: syllables are counted as groups of vowels."""
    tokens = re.findall(r"[A-Za-z']+", text)
    if not tokens:
        return 0.0
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", t.lower().removesuffix("e")))) for t in tokens)
    return round(0.39 * len(tokens) / max(1, len(sentences(text))) + 11.8 * syllables / len(tokens) - 15.59, 1)


class Casing:
    """How an article writes its words in running text, so that a Title Case Heading can be said as a sentence.

    Looks at runs of one to four words, the longest first: "Chief AI Officer" keeps its capitals when the prose
    writes them, although "officer" alone has none.
    """

    def __init__(self, prose: Iterable[str]) -> None:
        self._forms = _forms(prose)

    def sentence(self, heading: str) -> str:
        """The heading in sentence case.

        >>> Casing(["We hired a Chief AI Officer and an officer."]).sentence("A Chief AI Officer Or An Officer")
        'A Chief AI Officer or an officer'
        """
        # CAPITALS say nothing about a word: they are taken off first, and put back on words that the prose writes so.
        words = (heading.lower() if heading.isupper() and " " in heading else heading).split()
        titled = heading.isupper() or _is_titled(words)
        out: list[str] = []
        while len(out) < len(words):
            out.extend(self._next(words[len(out) :], titled=titled, starts=_starts_sentence(out)))
        return " ".join(out)

    def _next(self, words: list[str], *, titled: bool, starts: bool) -> list[str]:
        for size in (4, 3, 2, 1):
            run = words[:size]
            forms = self._forms.get(" ".join(_bare(w).lower() for w in run))
            if len(run) == size and forms and titled:
                known = [_dressed(w, form) for w, form in zip(run, forms.split(), strict=True)]
                return [_capital(known[0]) if starts else known[0], *known[1:]]
        word = words[0] if _keeps_capitals(words[0]) or not titled else words[0].lower()
        return [_capital(word) if starts else word]


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    following = text[match.end() : match.end() + 2].strip()
    if following[:1].islower():
        return False
    if not match.group().startswith(".") or match.group().startswith(".."):
        return True
    before = text[max(0, match.start() - 12) : match.start()].rsplit(" ", 1)[-1].lstrip("([“\"'").lower()
    return before not in ABBREVIATIONS and not (len(before) == 1 and before.isalpha() and before != "i")


def _forms(prose: Iterable[str]) -> Mapping[str, str]:
    """For each run of words, in lower case, the way it is mostly written inside sentences."""
    seen: dict[str, Counter[str]] = {}
    for paragraph in prose:
        for sentence in sentences(paragraph):
            words = [_bare(w) for w in sentence.split()]
            for start in range(1, len(words)):
                for size in (1, 2, 3, 4):
                    run = words[start : start + size]
                    if len(run) == size and all(run):
                        seen.setdefault(" ".join(run).lower(), Counter())[" ".join(run)] += 1
    return {lower: forms.most_common(1)[0][0] for lower, forms in seen.items()}


def _is_titled(words: list[str]) -> bool:
    """Whether a heading is written In Title Case (or IN CAPITALS): only then are its capitals no information."""
    long = [w for w in words[1:] if len(_bare(w)) >= 4]
    return bool(long) and sum(w[:1].isupper() for w in long) * 2 > len(long)


def _starts_sentence(before: list[str]) -> bool:
    return not before or before[-1][-1:] in ":?!."


def _keeps_capitals(word: str) -> bool:
    """Acronyms (AI, SMBs, B2B), names with a capital inside (GitHub), and I."""
    bare = _bare(word)
    return (
        bare.split("'")[0].split("’")[0] == "I"
        or (bare[1:] != bare[1:].lower() and "-" not in bare)
        or ("-" in bare and bare.upper() == bare)
    )


def _bare(word: str) -> str:
    return word.strip("\"'“”‘’«»()[]{}.,;:!?…")


def _dressed(word: str, form: str) -> str:
    bare = _bare(word)
    return word.replace(bare, form, 1) if bare else word


def _capital(word: str) -> str:
    for at, letter in enumerate(word):
        if letter.isalpha():
            return word[:at] + letter.upper() + word[at + 1 :]
    return word
