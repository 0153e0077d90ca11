"""Pseudonyms: the same value of a column always becomes the same token, and never back.

A token is the first 128 bits of HMAC-SHA256 (RFC 2104) over the value's UTF-8 text, in hex. Its
key is derived: KMS computes one HMAC over the name of the dataset and its epoch, with a key whose
material never leaves KMS, and the 32 bytes it returns key everything computed here. KMS documents
HMAC keys for deriving keys: https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html
A new epoch makes all tokens of the dataset new.

Each column has a key of its own, expanded from the dataset's by HKDF (RFC 5869), so that tokens
of two columns do not tell that their values are equal. Columns that are to join, of one dataset
or several, name a domain: their key is derived from ``domain/<name>``, which no dataset can be
called.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

TOKEN_LENGTH = 32  # hex digits

_BLOCK_LENGTH = 64  # of SHA-256, bytes
_SAMPLE = 256  # rows
_HEX_DIGEST = pa.binary(64)
# Text that is safe to stream has at most 30 marks in a row, which no language comes near:
# https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format
# To put n of them in their order takes the time of n * n.
_TOO_MANY_MARKS = "M" * 31


class Pseudonymiser:
    """Computes the tokens under one key."""

    def __init__(self, key: bytes) -> None:
        """Hash the key once; every value starts from copies of the two states.

        ``key`` is not longer than the hash's block of 64 bytes.
        """
        self._key = key
        padded = key.ljust(_BLOCK_LENGTH, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def of_column(self, name: str) -> "Pseudonymiser":
        """Return that of a column, whose key tells nothing of this one nor of its siblings'.

        It is the first block of HKDF-Expand, with HMAC-SHA256: RFC 5869, section 2.3.
        """
        return Pseudonymiser(hmac.digest(self._key, f"column/{name}\1".encode(), "sha256"))

    def tokens(self, text: pa.StringArray) -> pa.StringArray:
        """Return the token of each text; null stays null.

        Where texts repeat each is hashed once; to look for repeats costs a tenth of hashing, so
        the first rows tell whether there are any.
        """
        if text.null_count == 0 and _is_distinct(text[:_SAMPLE]):
            return self._tokens(_byte_strings(text))
        encoded = text.dictionary_encode()
        tokens = self._tokens(_byte_strings(encoded.dictionary))
        return tokens if len(tokens) == len(text) else tokens.take(encoded.indices)

    def _tokens(self, values: list[bytes]) -> pa.StringArray:
        # Twice as fast as hmac.digest(), which sets up the key again for every value.
        digests = []
        copy_inner, copy_outer = self._inner.copy, self._outer.copy
        for value in values:
            inner = copy_inner()
            inner.update(value)
            outer = copy_outer()
            outer.update(inner.digest())
            digests.append(outer.digest())
        digits = pa.py_buffer(b"".join(digests).hex().encode())
        whole = pa.Array.from_buffers(_HEX_DIGEST, len(digests), [None, digits])
        return pc.binary_slice(whole, 0, TOKEN_LENGTH).cast(pa.string())


class PseudonymKeys:
    """The derived keys, one request to KMS for each, kept as long as this object."""

    def __init__(self, client: "KMSClient", key_id: str) -> None:
        """Remember where to derive; ``key_id`` names an HMAC_256 key."""
        self._client = client
        self._key_id = key_id
        self._pseudonymisers: dict[tuple[str, int], Pseudonymiser] = {}

    def pseudonymiser(self, scope: str, epoch: int) -> Pseudonymiser:
        """Return what computes the tokens of a dataset, or ``domain/<name>``, in an epoch."""
        found = self._pseudonymisers.get((scope, epoch))
        if not found:
            message = f"zero-trust-data-pipeline/pseudonym/v2/{scope}/{epoch}"
            response = self._client.generate_mac(
                KeyId=self._key_id, Message=message.encode(), MacAlgorithm="HMAC_SHA_256"
            )
            found = self._pseudonymisers[scope, epoch] = Pseudonymiser(response["Mac"])
        return found


class Normalized(NamedTuple):
    """Texts that are normalized, but for those, if any, that have too many marks in a row."""

    text: pa.StringArray
    unfit: pa.BooleanArray | None


def normalize(text: pa.StringArray, steps: Collection[str]) -> Normalized:
    """Make texts that mean one person one text; what is blank then is null, it means nobody.

    ``steps`` are any of these, in any order; normalizing twice changes nothing.

    ``nfc``: canonically equal texts are one text, in Unicode's form NFC. A text with more than 30
    marks in a row stays as it is.
    ``trim``: characters that cannot be seen go everywhere, white space at both ends.
    ``lowercase``: texts that differ in case are one text, by Unicode's case folding. Together
    with ``nfc`` that is canonical caseless matching, definition D145 of
    https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/
    """
    unfit = None
    plain = pc.string_is_ascii(text)
    if plain.false_count:
        others = pc.fill_null(pc.invert(plain), False)
        found: list[str | None] = []
        heaped: list[bool] = []
        for one in text.filter(others).to_pylist():
            try:
                found.append(_normalized(one, steps))
                heaped.append(False)
            except _TooManyMarksError:
                found.append(one)
                heaped.append(True)
        text = pc.replace_with_mask(text, others, pa.array(found, pa.string()))
        if any(heaped):
            unfit = pc.replace_with_mask(others, others, pa.array(heaped))
    if "trim" in steps:
        text = pc.utf8_trim_whitespace(text)
    if "lowercase" in steps:
        text = pc.ascii_lower(text)
    blank = pc.or_(pc.utf8_is_space(text), pc.equal(text, ""))
    if blank.true_count:
        text = pc.if_else(blank, pa.scalar(None, pa.string()), text)
    return Normalized(text, unfit)


class _TooManyMarksError(ValueError):
    """It would take too long to put the marks of a text in order."""


def _normalized(text: str, steps: Collection[str]) -> str | None:
    """Normalize one text, for those that are not ASCII.

    Not by Arrow, which decomposes whatever it is asked for: apache/arrow#51225.
    """
    visible = _INVISIBLE.sub("", text)
    if not visible.strip():
        return None
    if "trim" in steps:  # before composing: some of these keep characters from it
        text = visible
    if "nfc" in steps and _has_too_many_marks(text):
        raise _TooManyMarksError
    if "lowercase" in steps:  # which takes some letters apart
        text = (unicodedata.normalize("NFD", text) if "nfc" in steps else text).casefold()
    return unicodedata.normalize("NFC", text) if "nfc" in steps else text


def _has_too_many_marks(text: str) -> bool:
    # The first letters of the categories: all that is reordered, or becomes it, is a mark.
    return len(text) >= len(_TOO_MANY_MARKS) and (
        _TOO_MANY_MARKS in "".join(map(unicodedata.category, text))[::2]
    )


# Default_Ignorable_Code_Point, and the anchors of interlinear annotation, not seen either:
# https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)


def _is_distinct(text: pa.StringArray) -> bool:
    return bool(pc.count_distinct(text).as_py() == len(text))


def _byte_strings(text: pa.StringArray) -> list[bytes]:
    """Return the UTF-8 of each text of an array without nulls; far faster than to_pylist()."""
    whole = pa.ListArray.from_arrays(pa.array([0, len(text)], pa.int32()), text.cast(pa.binary()))
    # The byte that joins them is none of UTF-8, so it splits them again.
    joined = pc.binary_join(whole, b"\xff")[0].as_py()
    return joined.split(b"\xff") if text else []
