"""No version of a contract protects less than the current one, whichever a producer names."""

from pathlib import Path

import pytest

from tests.unit.contracts.orders import CONTRACT, LENGTH, METHOD, TEXT_METHODS, compare

CUSTOM = "customProperties:\n  - {property: pseudonymEpoch, value: 3}\n"
ANONYMOUS = "{k: 5, quasiIdentifiers: [country, ordered_on]}"


def with_method(method: str) -> str:
    """The contract whose column ``phone`` has this method."""
    assert CONTRACT.count("method: mask, keepLast: 4") == 1
    text = CONTRACT.replace("method: mask, keepLast: 4", f"method: {method}")
    return text.replace("minLength: 8", f"minLength: {LENGTH}")


@pytest.mark.no_cover
@pytest.mark.parametrize("current", TEXT_METHODS)
@pytest.mark.parametrize("other", TEXT_METHODS)
def test_a_shared_column_is_hidden_the_same_way_or_dropped(
    directory: Path, current: str, other: str
) -> None:
    found = compare(directory, *(with_method(TEXT_METHODS[name]) for name in (current, other)))
    if other in (current, "drop") or current == "keep":
        assert found == []
        return
    (sentence,) = found
    tokens = other in ("hmac", "pseudonymize") and current in ("hmac", "pseudonymize", "encrypt")
    wrong = "has tokens that do not join with those" if tokens else "may reveal more than"
    assert sentence.startswith(
        f"contracts/orders@1.1.0.odcs.yaml, line 27: column 'phone' {wrong} under "
        f"orders.odcs.yaml, which has {{method: {current}"
    )
    assert sentence.endswith("; give it the same deidentify, or drop it.")


@pytest.mark.parametrize(
    ("current", "other", "allowed"),
    [
        ("mask, keepLast: 4", "mask, keepLast: 2", True),
        ("mask, keepLast: 2", "mask, keepLast: 4", False),
        ("mask, keepLast: 2", "mask, keepFirst: 1, keepLast: 2", False),
        ("truncate, length: 3", "truncate, length: 2", True),
        ("truncate, length: 2", "truncate, length: 3", False),
        ("generalize, prefix: 2", "generalize, prefix: 3", False),
        ("redact, patterns: [email]", "redact", True),
        ("redact", "redact, patterns: [email]", False),
        ("hmac", "hmac, domain: person", False),
        ("hmac, normalize: [trim]", "hmac", False),
        ("pseudonymize", "pseudonymize, domain: person", False),
        ("encrypt, reidentification: fraud", "encrypt, reidentification: audit", False),
    ],
)
def test_the_same_method_may_show_less(
    directory: Path, current: str, other: str, allowed: bool
) -> None:
    assert (compare(directory, with_method(current), with_method(other)) == []) == allowed


@pytest.mark.parametrize("method", ["keep", "hmac", "drop"])
def test_a_column_that_the_current_contract_lacks_is_dropped(directory: Path, method: str) -> None:
    extra = "      - name: extra\n        logicalType: string\n        classification: internal\n"
    other = CONTRACT.replace("    properties:\n", f"    properties:\n{extra}{METHOD % method}")
    found = compare(directory, CONTRACT, other)
    if method == "drop":
        assert found == []
        return
    (sentence,) = found
    assert sentence.endswith(
        "column 'extra' is not a column of orders.odcs.yaml, so none of it may be written; "
        "drop it here too."
    )


def labelled(text: str, **labels: str) -> str:
    """A contract with other names in files for some columns."""
    for name, label in labels.items():
        assert text.count(f"- name: {name}\n") == 1
        text = text.replace(
            f"- name: {name}\n", f"- name: {name}\n        physicalName: {label}\n"
        )
    return text


def test_a_version_may_call_a_column_otherwise(directory: Path) -> None:
    current = labelled(CONTRACT, email="E-Mail", country="Land")
    assert compare(directory, current, CONTRACT) == []
    assert compare(directory, CONTRACT, current) == []


@pytest.mark.parametrize(
    ("current", "other"),
    [
        ({}, {"phone": "country", "country": "phone"}),
        ({"phone": "Tel."}, {"country": "Tel."}),
        ({"phone": "country", "country": "Land"}, {}),
    ],
)
def test_what_files_call_a_hidden_column_is_hidden_under_any_name(
    directory: Path, current: dict[str, str], other: dict[str, str]
) -> None:
    (sentence,) = [
        found
        for found in compare(directory, labelled(CONTRACT, **current), labelled(CONTRACT, **other))
        if "column 'country'" in found
    ]
    assert sentence.endswith(
        "column 'country' may reveal more than under orders.odcs.yaml, which has {method: mask, "
        "keepFirst: 0, keepLast: 4} for 'phone'; give it the same deidentify, or drop it."
    )


def test_without_a_header_columns_are_compared_by_position(directory: Path) -> None:
    phone, comment, country = (
        "      - name: " + CONTRACT.split("      - name: ")[place] for place in (3, 4, 5)
    )
    assert phone + comment + country in CONTRACT
    other = CONTRACT.replace(phone + comment + country, country + comment + phone)
    assert compare(directory, CONTRACT, other) == []
    bare = CUSTOM + "  - {property: csv, value: {header: false}}\n"
    texts = [one.replace(CUSTOM, bare) for one in (CONTRACT, other)]
    (sentence,) = [
        found for found in compare(directory, *texts) if "may reveal more than" in found
    ]
    assert "column 'country'" in sentence
    assert "for 'phone'" in sentence


def in_dialect(text: str, options: str) -> str:
    """A contract with a CSV dialect."""
    return text.replace(CUSTOM, f"{CUSTOM}  - {{property: csv, value: {{{options}}}}}\n")


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("delimiter", "';'"),
        ("quote", "''"),
        ("header", "false"),
        ("nulls", "['NULL']"),
        ("encoding", "utf-16"),
        ("preambleLines", "1"),
        ("escape", "'\\'"),
        ("decimal", "','"),
        ("thousands", "','"),
        ("dates", "D/M/YYYY"),
    ],
)
def test_all_versions_read_the_same_fields_in_the_same_bytes(
    directory: Path, option: str, value: str
) -> None:
    other = in_dialect(CONTRACT, f"{option}: {value}")
    assert compare(directory, other, other) == []
    for pair in ((CONTRACT, other), (other, CONTRACT)):
        (sentence,) = compare(directory, *pair)
        assert sentence.startswith("contracts/orders@1.1.0.odcs.yaml, line ")
        assert sentence.endswith(
            f": csv differs from orders.odcs.yaml in {option}, so that other text would be in "
            "a column; make it the same."
        )


def test_a_version_may_write_out_the_default_dialect(directory: Path) -> None:
    assert compare(directory, CONTRACT, in_dialect(CONTRACT, "header: true")) == []


def test_no_hidden_column_moves_into_the_place_of_a_kept_one(directory: Path) -> None:
    _, *columns = CONTRACT.split("      - name: ")
    email, country = (
        "      - name: " + next(one for one in columns if one.startswith(f"{name}\n"))
        for name in ("email", "country")
    )
    other = CONTRACT.replace(country, "").replace(email, country + email)
    assert compare(directory, CONTRACT, other) == []
    (sentence,) = compare(directory, CONTRACT, in_dialect(other, "header: false"))
    assert "csv differs from orders.odcs.yaml in header" in sentence


@pytest.mark.parametrize("value", ["nonsense", "[]", "{k: x, quasiIdentifiers: [[]]}"])
@pytest.mark.parametrize("policy", ["maxRejectedShare", "kAnonymity", "unknownColumns"])
def test_a_mistake_of_its_own_is_reported_as_such(
    directory: Path, policy: str, value: str
) -> None:
    wrong = CONTRACT.replace(CUSTOM, f"{CUSTOM}  - {{property: {policy}, value: {value}}}\n")
    assert not [line for line in compare(directory, CONTRACT, wrong) if "laxer" in line]
    assert [
        line for line in compare(directory, wrong, CONTRACT) if "no valid orders.odcs.yaml" in line
    ]


@pytest.mark.parametrize(
    ("policy", "current", "stricter", "laxer"),
    [
        ("unknownColumns", None, [None, "refuse"], ["drop"]),
        ("unknownColumns", "refuse", [None], ["drop"]),
        ("unknownColumns", "drop", [None, "drop", "refuse"], []),
        ("maxRejectedShare", None, [None, "0.5"], []),
        ("maxRejectedShare", "0.05", ["0.05", "0.01", "0"], [None, "0.5", "1"]),
        ("kAnonymity", None, [None, ANONYMOUS], []),
        (
            "kAnonymity",
            ANONYMOUS,
            [
                ANONYMOUS,
                "{k: 6, quasiIdentifiers: [country, ordered_on]}",
                "{k: 5, quasiIdentifiers: [country, ordered_on, quantity]}",
            ],
            [
                None,
                "{k: 4, quasiIdentifiers: [country, ordered_on]}",
                "{k: 5, quasiIdentifiers: [country]}",
                "{k: 9, quasiIdentifiers: [country, quantity]}",
            ],
        ),
        (
            "kAnonymity",
            "{k: 5, quasiIdentifiers: [country], subject: order_id}",
            ["{k: 5, quasiIdentifiers: [country], subject: order_id}"],
            [
                "{k: 5, quasiIdentifiers: [country]}",
                "{k: 5, quasiIdentifiers: [country], subject: email}",
            ],
        ),
    ],
)
def test_no_policy_is_laxer(
    directory: Path,
    policy: str,
    current: str | None,
    stricter: list[str | None],
    laxer: list[str | None],
) -> None:
    def contract(value: str | None) -> str:
        more = f"  - {{property: {policy}, value: {value}}}\n" if value else ""
        return CONTRACT.replace(CUSTOM, CUSTOM + more)

    for value in stricter:
        assert compare(directory, contract(current), contract(value)) == [], value
    for value in laxer:
        (sentence,) = compare(directory, contract(current), contract(value))
        assert f": {policy} is laxer than in orders.odcs.yaml; make it the same" in sentence, value


@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.parametrize(
    ("moved", "instead"), [("price", "weight"), ("quantity", "ordered_on"), ("price", "gift")]
)
def test_kanonymity_is_about_the_same_columns_of_the_file(
    directory: Path, by_name: bool, moved: str, instead: str
) -> None:
    options = "{k: 5, quasiIdentifiers: [quantity, country], subject: price}"
    policy = f"  - {{property: kAnonymity, value: {options}}}\n"
    current = CONTRACT.replace(CUSTOM, CUSTOM + policy)
    if by_name:
        other = labelled(current, **{moved: instead, instead: "else"})
    else:
        current = in_dialect(current, "header: false")
        start, *columns = current.split("      - name: ")
        last, end = columns[-1].split("customProperties:\n  -")
        columns[-1] = last
        places = [one.split("\n")[0] for one in columns]
        one, two = places.index(moved), places.index(instead)
        columns[one], columns[two] = columns[two], columns[one]
        other = "      - name: ".join([start, *columns]) + "customProperties:\n  -" + end
    assert compare(directory, current, current) == []
    assert [
        found
        for found in compare(directory, current, other)
        if "kAnonymity is laxer than in orders.odcs.yaml" in found
    ]


RULED = """\
      - name: ruled
        logicalType: {kind}
        classification: internal
        {rules}
        customProperties: [{{property: deidentify, value: {{method: {method}}}}}]
"""


def ruled(rules: str, kind: str = "string", method: str = "keep") -> str:
    """The contract with one more column, which has these rules."""
    if kind == "number" and "physicalType" not in rules:
        rules = f"physicalType: decimal(12,2)\n        {rules}"
    column = RULED.format(kind=kind, rules=rules, method=method)
    return CONTRACT.replace("    properties:\n", f"    properties:\n{column}")


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("kind", "current", "other", "lax"),
    [
        ("string", "logicalTypeOptions: {pattern: '^[A-Z]{2}$'}", "", "pattern"),
        (
            "string",
            "logicalTypeOptions: {pattern: '^[A-Z]{2}$'}",
            "logicalTypeOptions: {pattern: '^.*$'}",
            "pattern",
        ),
        ("string", "logicalTypeOptions: {format: uuid}", "", "format"),
        ("string", "logicalTypeOptions: {maxLength: 2}", "", "maxLength"),
        ("string", "logicalTypeOptions: {minLength: 2}", "", "minLength"),
        ("string", "enum: [{value: AT}]", "enum: [{value: AT}, {value: Anna}]", "enum"),
        ("string", "required: true\n        unique: true", "", "required, unique"),
        ("integer", "logicalTypeOptions: {maximum: 9}", "", "maximum"),
        ("integer", "logicalTypeOptions: {multipleOf: 5}", "", "multipleOf"),
        ("date", "", "logicalType: string", "type"),
        ("timestamp", "", "logicalTypeOptions: {timezone: false}", "timezone"),
        ("timestamp", "logicalTypeOptions: {timezone: false}", "", "timezone"),
        (
            "number",
            "physicalType: decimal(4,2)",
            "physicalType: decimal(12,4)",
            "precision, scale",
        ),
    ],
)
def test_no_version_accepts_what_the_current_one_rejects(
    directory: Path, kind: str, current: str, other: str, lax: str
) -> None:
    def contract(rules: str, method: str = "keep") -> str:
        text = ruled(rules, kind, method)
        if rules.startswith("logicalType:"):
            return text.replace(f"        logicalType: {kind}\n", "", 1)
        return text

    assert compare(directory, contract(current), contract(current)) == []
    assert compare(directory, contract(current), contract(other, "drop")) == []
    (sentence,) = compare(directory, contract(current), contract(other))
    assert sentence.endswith(
        "column 'ruled' could accept what is rejected under orders.odcs.yaml by its "
        f"{lax}; make that the same, or drop the column."
    )


@pytest.mark.parametrize(
    ("method", "found"),
    [
        ("mask, keepLast: 2", True),
        ("truncate, length: 2", True),
        ("generalize, prefix: 2", True),
        ("redact", True),
        ("hmac", False),
        ("drop", False),
    ],
)
def test_a_part_of_a_value_is_written_by_the_same_rules(
    directory: Path, method: str, found: bool
) -> None:
    current = ruled("logicalTypeOptions: {minLength: 8, pattern: '^[0-9]*$'}", method=method)
    other = ruled("logicalTypeOptions: {minLength: 8}", method=method)
    assert bool(compare(directory, current, other)) == found


def test_a_version_may_have_more_rules(directory: Path) -> None:
    more = "required: true\n        logicalTypeOptions: {minLength: 8, pattern: '^[0-9]*$'}"
    assert compare(directory, ruled(""), ruled(more)) == []


@pytest.mark.parametrize(
    ("options", "other", "lax"),
    [
        ("k: 5, quasiIdentifiers: [country]", "", "required, unique, pattern"),
        ("k: 5, quasiIdentifiers: [country]", "unique: true", "required, pattern"),
        ("k: 5, quasiIdentifiers: [country], subject: ruled", "", "required, unique, pattern"),
        ("k: 5, quasiIdentifiers: [ruled]", "unique: true", "required, pattern"),
    ],
)
@pytest.mark.parametrize("method", ["hmac", "keep"])
def test_people_are_counted_by_the_same_rules(
    directory: Path, options: str, other: str, lax: str, method: str
) -> None:
    def contract(rules: str) -> str:
        policy = f"  - {{property: kAnonymity, value: {{{options}}}}}\n"
        return ruled(rules, method=method).replace(CUSTOM, CUSTOM + policy)

    rules = "required: true\n        unique: true\n        logicalTypeOptions: {pattern: '^P.*$'}"
    current = contract(rules)
    assert compare(directory, current, current) == []
    (sentence,) = compare(directory, current, contract(other))
    assert sentence.endswith(f"under orders.odcs.yaml by its {lax}; make that the same.")


@pytest.mark.parametrize("subject", ["", ", subject: order_id"])
def test_rows_are_counted_by_what_is_unique_if_by_no_subject(
    directory: Path, subject: str
) -> None:
    policy = f"  - {{property: kAnonymity, value: {{k: 5, quasiIdentifiers: [country]{subject}}}}}"
    current, other = (
        one.replace(CUSTOM, f"{CUSTOM}{policy}\n")
        for one in (ruled("unique: true", method="drop"), CONTRACT)
    )
    found = compare(directory, current, other)
    assert [line.partition("yaml, which")[2] for line in found] == (
        []
        if subject
        else [" tells people apart by 'ruled' too; take that from the same place in files."]
    )
