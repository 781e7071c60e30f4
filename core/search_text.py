"""Chinese full text without a dictionary: texts are cut into overlapping grams, queries too, and what was found is checked.

A gram is two characters; three where the first two are Latin letters or digits, which say less. At the end of a run of
letters it is shorter. Whoever searches for a piece of a text therefore asks for grams that the text has: nothing is missed,
whatever a word is. Grams may stand in a text without standing together: ``contains`` decides.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

MOST_WORDS = 8
_RUN = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Query:
    """What is looked for: ``words`` must all be contained; ``grams`` are in every text that contains them.

    Without a complete gram (a single character) there are ``beginnings`` of grams instead; with neither (signs only) no
    index helps. ``exact`` is True when having the grams is containing the words.
    """

    words: tuple[str, ...]
    grams: tuple[str, ...]
    beginnings: tuple[str, ...]
    exact: bool

    @property
    def indexable(self) -> bool:
        """True when an index of grams can answer it."""
        return bool(self.grams or self.beginnings)


def normalised(text: str) -> str:
    """``text`` as it is compared: NFKC (full width is plain width), without case, blanks as single ones."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def grams(text: str) -> set[str]:
    """The grams of a normalised text."""
    found: set[str] = set()
    add = found.add
    for run in _RUN.findall(text):
        for at in range(len(run)):
            gram = run[at:at + 2]
            add(run[at:at + 3] if gram.isascii() else gram)
    return found


def query(text: str) -> Query:
    """The query for a text as a person typed it: words at blanks, the first eight of them."""
    words = tuple(dict.fromkeys(normalised(text).split(" ")[:MOST_WORDS]))
    words = tuple(word for word in words if word)
    whole: dict[str, None] = {}
    parts: dict[str, None] = {}
    exact = True
    for word in words:
        complete = 0
        for run in _RUN.findall(word):
            for at in range(len(run)):
                gram = run[at:at + 2]
                if gram.isascii():
                    gram = run[at:at + 3]
                if len(gram) == 3 or (len(gram) == 2 and not gram.isascii()):
                    whole[gram] = None
                    complete += 1
                elif at == 0:
                    parts[gram] = None
        exact = exact and complete == 1 and word in whole
    return Query(words, tuple(whole), () if whole else tuple(parts), exact)


def contains(text: str, asked: Query) -> bool:
    """True when the normalised ``text`` contains every word."""
    return all(word in text for word in asked.words)


def snippet(text: str, words: Iterable[str], width: int = 60) -> list[tuple[str, bool]] | None:
    """A piece of ``text`` around the first word that stands in it, as (piece, marked) pairs; None when none does.

    Words are compared as ``normalised`` does, and shown as they were written.
    """
    plain, places = [], []
    for at, character in enumerate(text):
        for part in unicodedata.normalize("NFKC", character).casefold():
            plain.append(" " if part.isspace() else part)
            places.append(at)
    folded = "".join(plain)
    marks = sorted({(found, found + len(word)) for word in words for found in _finds(folded, word)})
    if not marks:
        return None
    begin = max(0, places[marks[0][0]] - width // 3)
    end = min(len(text), begin + width)
    pieces: list[tuple[str, bool]] = [("…", False)] if begin else []
    at = begin
    for low, high in ((places[low], places[high - 1] + 1) for low, high in marks):
        if low < at or low >= end:
            continue
        pieces += [(text[at:low], False), (text[low:min(high, end)], True)]
        at = min(high, end)
    pieces += [(text[at:end], False)] + ([("…", False)] if end < len(text) else [])
    return [(piece, marked) for piece, marked in pieces if piece]


def _finds(text: str, word: str) -> list[int]:
    found: list[int] = []
    at = text.find(word)
    while at >= 0 and len(found) < 20:
        found.append(at)
        at = text.find(word, at + len(word))
    return found
