"""What a contract may do with a sensitive column, and one sentence for each thing it cannot."""

from pathlib import Path

import pytest

from lib.contracts import compile_contracts
from processor.contracts import dump
from tests.unit.contracts.orders import METHOD, bounded, deidentified, edited, mistakes

ENCRYPT = "encrypt, reidentification: fraud-investigation"
TOKENS = pytest.mark.parametrize("method", ["pseudonymize", "hmac", ENCRYPT])


@TOKENS
@pytest.mark.parametrize(
    ("column", "kind", "reason"),
    [
        ("price", "decimal", "1.5 and 1.50 are one value but would get two tokens"),
        ("weight", "double", "0.1 and 1e-1 are one value but would get two tokens"),
        (
            "shipped_at",
            "timestamp",
            "one instant has a text for every offset and would get as many tokens",
        ),
        ("gift", "boolean", "a token for one of two values hides nothing"),
        (
            "ordered_on",
            "date",
            "there are so few days that their frequencies tell them apart",
        ),
    ],
)
def test_a_token_needs_one_text_per_value(
    directory: Path, column: str, kind: str, reason: str, method: str
) -> None:
    (sentence,) = mistakes(directory, deidentified(column, method))
    others = "drop, generalize or" if kind in ("date", "decimal", "timestamp") else "drop or"
    assert sentence.endswith(
        f": column {column!r} is of type {kind}, which {method.partition(',')[0]} does not take: "
        f"{reason}; use "
        f"{others} keep."
    )


@TOKENS
@pytest.mark.parametrize(
    "text",
    [
        deidentified("order_id", "hmac"),
        *(
            bounded("quantity", options).replace(
                "- name: quantity\n", f"- name: quantity\n{METHOD % 'hmac'}"
            )
            for options in ("minimum: 1", "maximum: 5", "minimum: 0, maximum: 9999")
        ),
    ],
)
def test_a_token_takes_what_has_one_text_per_value(
    directory: Path, text: str, method: str
) -> None:
    assert mistakes(directory, text.replace("method: hmac", f"method: {method}")) == []


@TOKENS
@pytest.mark.parametrize(
    ("column", "options", "few"),
    [
        ("quantity", "minimum: 0, maximum: 1", "has about 2 values"),
        ("quantity", "minimum: 1, maximum: 9999", "has about 9,999 values"),
        ("quantity", "exclusiveMinimum: 0, exclusiveMaximum: 120", "has about 121 values"),
        ("quantity", "minimum: 0, maximum: 90000, multipleOf: 10", "has about 9,001 values"),
        ("order_id", "maxLength: 3", "has at most 3 characters"),
        ("order_id", "format: date", "has the format date"),
        ("order_id", "format: date-time", "has the format date-time"),
        ("order_id", "format: time", "has the format time"),
    ],
)
def test_a_token_of_few_values_hides_none(
    directory: Path, column: str, options: str, few: str, method: str
) -> None:
    text = bounded(column, options)
    text = text.replace(f"- name: {column}\n", f"- name: {column}\n{METHOD % method}")
    (sentence,) = mistakes(directory, text)
    assert f"column {column!r} {few}, so that the frequencies of its tokens" in sentence
    assert sentence.endswith("tell them apart; use drop, generalize or keep.")


@pytest.mark.parametrize(
    "options",
    [
        "minimum: 1.5, maximum: 9",
        "minimum: 1, maximum: 9, multipleOf: 0.5",
    ],
)
def test_values_are_not_counted_by_wrong_rules(directory: Path, options: str) -> None:
    text = bounded("quantity", options)
    text = text.replace("- name: quantity\n", f"- name: quantity\n{METHOD % 'hmac'}")
    (sentence,) = mistakes(directory, text)
    assert "write an integer of 64 bits" in sentence


@TOKENS
def test_a_token_of_an_enum_hides_nothing(directory: Path, method: str) -> None:
    (sentence,) = mistakes(directory, deidentified("country", method))
    assert "column 'country' has only 2 values" in sentence


@pytest.mark.parametrize(
    ("least", "method", "shown", "needed"),
    [
        (7, "mask, keepLast: 4", 4, 8),
        (0, "mask, keepFirst: 1", 1, 2),
        (9, "mask, keepFirst: 3, keepLast: 2", 5, 10),
        (5, "truncate, length: 3", 3, 6),
        (3, "generalize, prefix: 2", 2, 4),
    ],
)
def test_no_more_than_half_is_shown(
    directory: Path, least: int, method: str, shown: int, needed: int
) -> None:
    def sentences(minimum: int) -> list[str]:
        text = edited("{minLength: 8}", f"{{minLength: {minimum}}}")
        return mistakes(directory, text.replace("mask, keepLast: 4", method))

    (sentence,) = sentences(least)
    assert f" {shown} characters, which may be more than half" in sentence
    assert f"give it a minLength of at least {needed}." in sentence
    assert sentences(needed) == []


@pytest.mark.parametrize("method", ["mask", "truncate, length: 1", "redact"])
@pytest.mark.parametrize(
    "column", ["quantity", "price", "weight", "ordered_on", "shipped_at", "gift"]
)
def test_some_methods_are_for_strings(directory: Path, column: str, method: str) -> None:
    name = method.partition(",")[0]
    assert f", but {name} is for type string; use drop or keep." in "".join(
        mistakes(directory, deidentified(column, method))
    )


@pytest.mark.parametrize(
    ("column", "method", "complaint"),
    [
        ("gift", "generalize", "is of type boolean, which generalize does not take"),
        ("weight", "generalize", "is of type double, which generalize does not take"),
        ("ordered_on", "generalize", "has the to ''; use one of month, year"),
        ("ordered_on", "generalize, to: day", "has the to 'day'; use one of month, year"),
        ("shipped_at", "generalize, to: week", "has the to 'week'; use one of hour, day, month,"),
        (
            "ordered_on",
            "generalize, to: year, width: 5",
            "is of type date, which generalize takes by its to; remove 'width'",
        ),
        ("quantity", "generalize", "has the width ''; write an integer of 64 bits"),
        ("quantity", "generalize, width: 0", "has the width '0'; write an integer of 64 bits"),
        ("quantity", "generalize, width: -5", "has the width '-5'; write an integer of 64 bits"),
        ("quantity", "generalize, width: 1.5", "has the width '1.5'; write an integer of 64 bits"),
        ("quantity", "generalize, width: 1", "has the width '1', which leaves every value as it"),
        ("price", "generalize, width: 0.01", "has the width '0.01', which leaves every value as"),
        ("price", "generalize, width: 0.001", "has the width '0.001'; write a decimal within the"),
        (
            "quantity",
            "generalize, width: 5, normalize: [trim]",
            "has a deidentify with 'normalize', which generalize does not have; remove it",
        ),
    ],
)
def test_a_method_has_options_that_make_sense(
    directory: Path, column: str, method: str, complaint: str
) -> None:
    (sentence,) = mistakes(directory, deidentified(column, method))
    assert f": column {column!r} {complaint}" in sentence


def test_all_mistakes_of_a_method_are_reported_at_once(directory: Path) -> None:
    sentences = mistakes(directory, deidentified("quantity", "mask, keepFirst: x, keepLast: 2"))
    assert [sentence.partition("'quantity' ")[2] for sentence in sentences] == [
        "has the keepFirst 'x'; use a whole number from 0.",
        "is of type integer, but mask is for type string; use drop or keep.",
        "would show 2 characters, which may be more than half; give it a minLength of at least 4.",
    ]
    sentences = mistakes(directory, deidentified("quantity", "hmac, normalize: [upper]"))
    assert len(sentences) == 2  # there are also too few values


def test_an_option_that_is_to_go_need_not_be_right(directory: Path) -> None:
    (sentence,) = mistakes(
        directory, deidentified("ordered_on", "generalize, to: year, prefix: 0")
    )
    assert sentence.endswith("generalize takes by its to; remove 'prefix'.")


@TOKENS
def test_an_integer_has_nothing_to_normalize(directory: Path, method: str) -> None:
    text = bounded("quantity", "minimum: 1")
    normalized = METHOD % f"{method}, normalize: [trim]"
    text = text.replace("- name: quantity\n", f"- name: quantity\n{normalized}")
    (sentence,) = mistakes(directory, text)
    assert "is of type integer, whose values have one text each; remove normalize" in sentence


def test_generalize_takes_decimals_that_fit_into_64_bits(directory: Path) -> None:
    text = deidentified("price", "generalize, width: 5")
    (sentence,) = mistakes(directory, text.replace("decimal(12,2)", "decimal(19,2)"))
    assert "has the precision 19; generalize takes decimals of up to 18 digits." in sentence
    assert mistakes(directory, text.replace("decimal(12,2)", "decimal(18,2)")) == []


@pytest.mark.parametrize(
    ("column", "method", "compiled"),
    [
        ("order_id", "truncate, length: 1", {"method": "truncate", "length": 1}),
        ("order_id", "generalize, prefix: 1", {"method": "generalize", "prefix": 1}),
        ("ordered_on", "generalize, to: month", {"method": "generalize", "to": "month"}),
        ("shipped_at", "generalize, to: hour", {"method": "generalize", "to": "hour"}),
        ("quantity", "generalize, width: 2", {"method": "generalize", "width": "2"}),
        ("price", "generalize, width: 0.02", {"method": "generalize", "width": "0.02"}),
        ("quantity", "generalize, width: 10", {"method": "generalize", "width": "10"}),
        ("price", "generalize, width: 2.50", {"method": "generalize", "width": "2.50"}),
        (
            "order_id",
            "redact",
            {"method": "redact", "patterns": ["email", "iban", "card", "ssn", "phone"]},
        ),
        (
            "order_id",
            "redact, patterns: [phone, email]",
            {"method": "redact", "patterns": ["email", "phone"]},
        ),
        (
            "order_id",
            "hmac, domain: order, normalize: [lowercase, nfc]",
            {"method": "hmac", "domain": "order", "normalize": ["nfc", "lowercase"]},
        ),
        (
            "order_id",
            "pseudonymize, domain: order, normalize: [lowercase, nfc]",
            {"method": "pseudonymize", "domain": "order", "normalize": ["nfc", "lowercase"]},
        ),
    ],
)
def test_methods_are_compiled_with_their_options(
    directory: Path, column: str, method: str, compiled: dict[str, object]
) -> None:
    assert mistakes(directory, deidentified(column, method)) == []
    columns = dump(compile_contracts(directory)["orders"])["columns"]
    (found,) = (one["deidentify"] for one in columns if one["name"] == column)
    assert found == compiled


@pytest.mark.parametrize(
    ("epoch", "method", "options", "joins"),
    [
        (3, "hmac", "normalize: [trim, nfc]", True),
        (4, "hmac", "normalize: [trim, nfc]", False),
        (3, "hmac", "normalize: [trim]", False),
        (3, "pseudonymize", "normalize: [trim, nfc]", False),
    ],
)
def test_the_tokens_of_one_domain_join(
    directory: Path, epoch: int, method: str, options: str, joins: bool
) -> None:
    first = edited("{method: hmac}", "{method: hmac, domain: person, normalize: [nfc, trim]}")
    assert mistakes(directory, first) == []
    second = edited("{method: hmac}", f"{{method: {method}, domain: person, {options}}}")
    second = second.replace("- name: orders", "- name: sales").replace("id: 1", "id: 2")
    second = second.replace("pseudonymEpoch, value: 3", f"pseudonymEpoch, value: {epoch}")
    assert mistakes(directory, second, "sales.odcs.yaml") == (
        []
        if joins
        else [
            "contracts/sales.odcs.yaml, line 19: column 'email' shares the domain 'person' with "
            "column 'email' of contracts/orders.odcs.yaml, but not method, pseudonymEpoch, type "
            "and normalize; their tokens would not join: make them alike."
        ]
    )


@pytest.mark.parametrize(("purpose", "joins"), [("fraud", True), ("audit", False)])
def test_the_reversible_tokens_of_one_domain_have_one_purpose(
    directory: Path, purpose: str, joins: bool
) -> None:
    method = "{method: encrypt, domain: person, reidentification: %s}"
    assert mistakes(directory, edited("{method: hmac}", method % "fraud")) == []
    second = edited("{method: hmac}", method % purpose)
    second = second.replace("- name: orders", "- name: sales").replace("id: 1", "id: 2")
    found = mistakes(directory, second, "sales.odcs.yaml")
    if joins:
        assert found == []
        return
    (sentence,) = found
    assert sentence.endswith(
        "shares the domain 'person' with column 'email' of contracts/orders.odcs.yaml, but not "
        "reidentification, method, pseudonymEpoch, type and normalize; their tokens would not "
        "join, or who may reverse one could reverse both: make them alike."
    )


@pytest.mark.parametrize("domain", ["Person", "PERSON"])
def test_domains_that_differ_in_case_are_a_mistake(directory: Path, domain: str) -> None:
    first = edited("{method: hmac}", "{method: hmac, domain: person}")
    assert mistakes(directory, first) == []
    second = edited("{method: hmac}", f"{{method: hmac, domain: {domain}}}")
    second = second.replace("- name: orders", "- name: sales").replace("id: 1", "id: 2")
    assert mistakes(directory, second, "sales.odcs.yaml") == [
        f"contracts/sales.odcs.yaml, line 19: column 'email' has the domain {domain!r}, but "
        "column 'email' of contracts/orders.odcs.yaml has 'person'; write both alike, or "
        "their tokens would not join."
    ]


def test_sensitive_columns_may_be_kept_on_purpose(directory: Path) -> None:
    assert mistakes(directory, edited("{method: drop}", "{method: keep}")) == []
    assert dump(compile_contracts(directory)["orders"])["columns"][3]["output"] == "comment"


def test_a_token_without_a_name_of_its_own_takes_the_columns(directory: Path) -> None:
    assert mistakes(directory, edited("        encryptedName: email_token\n", "")) == []
    assert dump(compile_contracts(directory)["orders"])["columns"][1]["output"] == "email"


def test_a_token_may_take_the_name_of_a_dropped_column(directory: Path) -> None:
    assert (
        mistakes(directory, edited("encryptedName: email_token", "encryptedName: comment")) == []
    )


def test_one_mistake_is_not_reported_as_two(directory: Path) -> None:
    text = deidentified("price", "generalize, width: 5").replace("decimal(12,2)", "money")
    (sentence,) = mistakes(directory, text)
    assert "is a number, whose physicalType must be" in sentence
