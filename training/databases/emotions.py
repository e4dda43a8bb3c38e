"""Annotated emotions as the three classes in which databases are compared."""

from __future__ import annotations

from typing import Final

# Spellings that occur in the workbooks and folder names, and what they mean there.
_SPELLINGS: Final = {
    "happy": "happiness",
    "happniess": "happiness",
    "positive": "happiness",
    "surprised": "surprise",
    "disgusted": "disgust",
    "angry": "anger",
    "scared": "fear",
    "fearful": "fear",
    "sad": "sadness",
    "repressed": "repression",
    "other": "others",
    "contemptuous": "contempt",
}
_CLASSES: Final = {
    "happiness": "positive",
    "surprise": "surprise",
    "disgust": "negative",
    "repression": "negative",
    "anger": "negative",
    "contempt": "negative",
    "fear": "negative",
    "sadness": "negative",
    "negative": "negative",
}
# Known, but outside the three classes.
_LEFT_OUT: Final = frozenset({"others", "tense", "confused", "neutral"})


class UnknownEmotionError(ValueError):
    """A word that names no emotion of any database."""


def three_class(emotion: str) -> str | None:
    """``negative``, ``positive`` or ``surprise``; None for emotions that the three-class tasks leave out.

    Raises:
        UnknownEmotionError: If the word is not known.
    """
    word = emotion.strip().lower()
    word = _SPELLINGS.get(word, word)
    if word in _LEFT_OUT:
        return None
    if word not in _CLASSES:
        raise UnknownEmotionError(emotion)
    return _CLASSES[word]
