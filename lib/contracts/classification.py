"""Classifications: the four of this pipeline, and the words that people use for each of them."""

import re

WORDS = {
    "public": ("open", "open data"),
    "internal": (
        *("internal only", "internal use", "internal use only", "company internal", "general"),
        *("non sensitive", "not sensitive", "non confidential", "non PII", "non personal"),
    ),
    "confidential": ("company confidential", "business confidential", "proprietary"),
    "restricted": (
        *("highly restricted", "highly confidential", "strictly confidential"),
        *("secret", "top secret", "sensitive", "highly sensitive", "private"),
        *(
            "personal",
            "personal data",
            "PII",
            "SPI",
            "SPII",
            "sensitive PII",
            "PHI",
            "PCI",
            "GDPR",
        ),
        *("special category", "special category data"),
    ),
}
"""By classification, the other words; a word that may mean two of them means the stricter."""

SENSITIVE = ("confidential", "restricted")


def _key(word: str) -> str:
    """A word without case, spaces, hyphens and underscores."""
    return re.sub(r"[\s_-]+", "", word.casefold())


_BY_WORD = {_key(word): name for name, words in WORDS.items() for word in (name, *words)}


def read_classification(word: str) -> str | None:
    """The classification that a word means; None if that is not known."""
    return _BY_WORD.get(_key(word))


def tell_words() -> str:
    """All classifications with all words for them, for people."""
    return "; ".join(f"{name} ({', '.join(words)})" for name, words in WORDS.items())
