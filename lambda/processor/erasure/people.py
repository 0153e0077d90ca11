"""People who are to be erased: how a request names them, and how their rows are recognised.

A request has identifiers as they are in files, and either the domain that columns share, or one
column of one dataset. Nothing of it is logged: errors do not repeat what it says.
"""

import csv
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from processor import ProcessorError
from processor.arrow import places
from processor.checks.normalization import normalize
from processor.checks.notation import notation_of, usual
from processor.contract.column import Column
from processor.contract.model import Contract, Csv
from processor.deidentification.encrypt import Encrypt
from processor.deidentification.methods import METHODS
from processor.deidentification.pseudonyms import ContractKeys, PseudonymKeys
from processor.deidentification.token import Token
from processor.suppression import token_columns

MOST = 1_000
"""Identifiers in one request."""
OF_ROWS = "row:"
"""How reasons begin for which a row is rejected as a whole."""


class RequestError(ProcessorError):
    """A request does not say who is to be erased; the message repeats nothing of it."""


@dataclass(frozen=True)
class Request:
    """Who is to be erased.

    Attributes:
        identifiers: as in files.
        domain: of the columns; None if it is one column.
        dataset, column: which column, by its name in the contract; None if it is a domain.
        dry_run: whether nothing is to be changed: the receipt says what there is of them.
    """

    identifiers: tuple[str, ...]
    domain: str | None = None
    dataset: str | None = None
    column: str | None = None
    dry_run: bool = False

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read a request.

        Raises:
            RequestError: it is not one.
        """
        try:
            given = json.loads(content)
            identifiers = given.pop("identifiers")
            found = cls(tuple(identifiers), **given)
            named = (found.domain is None, found.dataset is None, found.column is None)
            texts = [*(given[name] for name in given if name != "dry_run"), *identifiers]
            sound = (
                isinstance(identifiers, list)
                and 0 < len(identifiers) <= MOST
                and named in ((False, True, True), (True, False, False))
                and isinstance(found.dry_run, bool)
                and all(isinstance(one, str) and one.strip() for one in texts)
                and "".join(texts).encode()  # not if one has a lone surrogate
            )
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            sound = False
        if not sound:
            raise RequestError(
                f"the request must have 1 to {MOST:,} identifiers, and a domain, or a dataset "
                "and a column"
            )
        return found

    def columns(self, contract: Contract) -> list[Column]:
        """Return the columns of a contract that hold these identifiers."""
        return [column for column in token_columns(contract) if self._names(contract, column)]

    def _names(self, contract: Contract, column: Column) -> bool:
        if self.domain is not None:
            method = column.deidentify
            return isinstance(method, Token) and method.domain == self.domain
        return (self.dataset, self.column) == (contract.dataset, column.name)

    def persons(self, contract: Contract) -> list[str]:
        """Return the identifiers without those that a contract's files write for nobody."""
        return [one for one in self.identifiers if one.strip() not in contract.csv.nulls]

    def texts(self, contract: Contract, column: Column) -> pa.StringArray:
        """Return the identifiers as texts of a column, before these are normalized."""
        given = pa.array(self.persons(contract), pa.string())
        return usual(given, notation_of(contract).get(column.name))


class TokensError(ProcessorError):
    """The tokens of a file were derived in a way that this version does not know."""


def tokens_in(
    request: Request, contract: Contract, keys: PseudonymKeys, manifest: Mapping[str, Any]
) -> dict[str, pa.StringArray]:
    """Return the tokens of these people by column of a file's clean rows.

    The manifest says how the file's were made: it may be of an older epoch, method or domain, or
    normalized otherwise, which those of version 1.0.0 do not say.

    Raises:
        TokensError: by a derivation of another version.
    """
    found = {}
    by_output = {column.output: column for column in token_columns(contract)}
    wanted = {column.output for column in request.columns(contract)}
    for origin in manifest["tokens"]:
        for output in origin["columns"]:
            same_domain = request.domain is not None and origin["domain"] == request.domain
            if output not in wanted and not same_domain:
                continue
            known = by_output.get(output)
            column = known or replace(contract.columns[0], name=output)
            steps = origin.get("normalize", known.deidentify.steps if known else ())
            method = _method(origin)
            of_file = ContractKeys(keys, contract.dataset, origin["epoch"])
            texts = normalize(request.texts(contract, column), steps).text.drop_null()
            found[output] = method.prepare(column, of_file).make(texts)
    return found


def _method(origin: Mapping[str, Any]) -> Token:
    """Return a method that makes tokens as a manifest says."""
    for method in METHODS:
        if not issubclass(method, Token):
            continue
        if (method.algorithm, method.version) == (origin["algorithm"], origin["version"]):
            required: dict[str, Any] = (
                {"reidentification": ""} if issubclass(method, Encrypt) else {}
            )
            return method(domain=origin["domain"], **required)
    raise TokensError("the tokens of the file were derived by another version")


class RawRows:
    """Recognises rejected rows of these people, by their raw text.

    A row that can be split into fields is theirs if one of the fields is an identifier, once it
    is normalized: the order of the columns is not known. If it cannot be split, or was rejected as
    a whole, so that its fields might not be what they look like, the text is searched as well.
    """

    def __init__(self, request: Request, contract: Contract) -> None:
        """Prepare."""
        self._csv = contract.csv
        notation = notation_of(contract)
        self._columns = [
            (
                notation.get(column.name),
                column.deidentify.steps,
                normalize(
                    request.texts(contract, column), column.deidentify.steps
                ).text.drop_null(),
            )
            for column in request.columns(contract)
        ]
        self._texts = [_folded(one.strip()) for one in request.persons(contract)]

    def find(self, rejects: Sequence[Mapping[str, Any]]) -> set[int]:
        """Return which of these rows, by their place, are one of these people's."""
        found: set[int] = set()
        fields: list[str] = []
        origins: list[int] = []  # the place of each field's row
        for place, reject in enumerate(rejects):
            of_row = split(reject["raw"], self._csv)
            if of_row is None or any(one.startswith(OF_ROWS) for one in reject["reasons"]):
                text = _folded(reject["raw"])
                if any(one in text and _is_word(one, text) for one in self._texts):
                    found.add(place)
            fields += of_row or ()
            origins += [place] * len(of_row or ())
        # A lone surrogate, for which a row is rejected, is not text.
        texts = pa.array([one.encode(errors="replace").decode() for one in fields], pa.string())
        for notation, steps, wanted in self._columns:
            theirs = pc.is_in(normalize(usual(texts, notation), steps).text, value_set=wanted)
            found.update(origins[one] for one in places(theirs))
        return found


def split(raw: str, dialect: Csv) -> list[str] | None:
    """Return the fields of a raw row, or None if it is neither JSON nor a record of CSV."""
    if raw.startswith("{"):
        try:
            given = json.loads(raw, parse_int=str, parse_float=str, object_pairs_hook=_all_values)
            return list(_values(given))
        except (RecursionError, ValueError):
            return None
    try:
        (fields,) = csv.reader(
            [raw],
            delimiter=dialect.delimiter,
            quotechar=dialect.quote or None,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            escapechar=dialect.escape or None,
            strict=True,
        )
    except (ValueError, csv.Error):
        return None
    return fields


def _all_values(pairs: list[tuple[str, object]]) -> list[object]:
    """Return the values of a JSON object, those of a key that it has twice too."""
    return [value for _, value in pairs]


def _values(given: object) -> Iterator[str]:
    """Yield the texts of a JSON document, at any depth."""
    if isinstance(given, list):
        for one in given:
            yield from _values(one)
    elif isinstance(given, str):
        yield given


def _is_word(one: str, text: str) -> bool:
    """Tell whether a text has another as a word: ``12`` is none of ``2012``.

    What follows a backslash may be an escape, such as a line end in JSON.
    """
    return bool(re.search(rf"(?:(?<!\w)|(?<=\\\w)){re.escape(one)}(?!\w)", text))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
