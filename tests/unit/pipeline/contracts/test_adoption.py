"""Adoption: contracts of others compile, and only what is said to be harmless is kept."""

import json
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from lib.contracts import compile_contracts
from lib.contracts.classification import SENSITIVE, read_classification
from pipeline.contracts.adoption import Adoption, adopt
from processor.contract.model import Contract
from processor.deidentification.drop import Drop
from processor.deidentification.keep import Keep
from processor.deidentification.pseudonymize import Pseudonymize
from tests.unit.contracts.kinds import ACCEPTED, BLOCK, ID, MORE, REFUSED, bare, ruled, written

KINDS = ACCEPTED | {kind: text for kind, (text, _) in REFUSED.items()}
KINDS |= {f"{kind}, bare": text for kind, text in MORE.items()}
ONLY = "{{metric: invalidValues, arguments: {{validValues: [open, closed]}}, {}}}"
"""A rule that a column has only these values, if it refuses files."""
UNDECIDED = {
    "nested columns": "all columns are dropped, so that nothing would be left; keep something",
    "a list": "all columns are dropped, so that nothing would be left; keep something",
    "a measure": "the dataset has no columns; describe them as its properties",
    "an older standard": "the apiVersion is v2.2.2; use one of v3.0.0",
    "a misspelt field": "did you mean 'required'",
}
"""What a person must decide, and the sentence that says so."""
DONE = [kind for kind in KINDS if kind not in UNDECIDED]


@cache
def adopted(text: str) -> Adoption:
    """The contract of orders, adopted."""
    return adopt(text.encode(), _name(text))


def _name(text: str) -> str:
    return str(yaml.safe_load(text)["schema"][0]["name"])


@cache
def compiled(text: str) -> dict[str, Contract]:
    """The adopted text, compiled."""
    found = adopted(text)
    assert found.undecided == []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{_name(text)}.odcs.yaml").write_text(found.text)
        return compile_contracts(Path(folder))


def column(text: str, name: str = "c") -> Any:
    """A column of the adopted contract, compiled."""
    return next(one for one in compiled(text)["orders"].columns if one.name == name)


@pytest.mark.parametrize("kind", DONE)
def test_it_compiles_without_more_work(kind: str) -> None:
    assert compiled(KINDS[kind])


def test_most_public_kinds_are_adopted() -> None:
    assert len(DONE) >= 60


@pytest.mark.parametrize("kind", UNDECIDED)
def test_what_a_person_must_decide_is_said(kind: str) -> None:
    (found,) = adopted(KINDS[kind]).undecided
    assert UNDECIDED[kind] in found[1]


def _kept(text: str, found: Adoption) -> Iterator[str]:
    """The lines of a text that are neither in its adoption nor decided about."""
    decided = {one.line for one in found.decisions}
    rest = iter(found.text.split("\n"))
    for number, line in enumerate(text.split("\n"), start=1):
        if number not in decided and not any(_said(one) == _said(line) for one in rest):
            yield line


def _said(line: str) -> str:
    return line.strip().lstrip("#- ")


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_is_kept_in_order(kind: str) -> None:
    text = KINDS[kind]
    assert [*_kept(text, adopted(text))] == []


@pytest.mark.no_cover
@pytest.mark.parametrize("kind", DONE)
def test_a_second_adoption_changes_nothing(kind: str) -> None:
    first = adopted(KINDS[kind])
    assert adopt(first.text.encode(), _name(KINDS[kind])) == (first.text, [], [])


@pytest.mark.parametrize("kind", DONE)
def test_nothing_is_kept_that_nobody_said_is_harmless(kind: str) -> None:
    text = KINDS[kind]
    described = {one["name"]: one for one in yaml.safe_load(text)["schema"]}
    for dataset, contract in compiled(text).items():
        given = {one["name"]: one for one in described[dataset]["properties"]}
        for one in contract.columns:
            if isinstance(one.deidentify, Keep):
                word = str(given[one.name].get("classification"))
                said = read_classification(word)
                assert (said and said not in SENSITIVE) or one.name == "total"


def test_a_contract_that_compiles_is_left_as_it_is() -> None:
    for text in ACCEPTED.values():
        assert adopted(text) == (text, [], [])


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ("logicalType: integer", "quantity"),
        ("logicalType: number, physicalType: 'decimal(9,2)'", "unit price"),
        ("logicalType: boolean", "active"),
        ("logicalType: string, enum: [{value: EUR}, {value: CHF}]", "currency"),
        ("logicalType: string, enum: [{value: AT}], description: Code of ISO", "country_code"),
        ("logicalType: string, logicalTypeOptions: {enum: [open, closed]}", "status"),
        (f"logicalType: string, quality: [{ONLY.format('mustBe: 0')}]", "order status"),
    ],
)
def test_plainly_harmless_columns_are_kept(facts: str, name: str) -> None:
    text = written(f"{{name: {name}, {facts}}}", version="v3.2.0")
    assert isinstance(column(text, name).deidentify, Keep)


@pytest.mark.parametrize(
    "facts",
    [
        "logicalType: string",
        "logicalType: integer, tags: [PII]",
        "logicalType: integer, description: Income of a household",
        "logicalType: integer, businessName: Age",
        "logicalType: integer, physicalName: birth",
        "logicalType: integer, classification: Tier 9",
        "logicalType: integer, classification: confidential",
        "logicalType: integer, encryptedName: x",
        "logicalType: array",
    ],
)
def test_other_columns_are_dropped(facts: str) -> None:
    text = written(f"{{name: quantity, {facts}}}\n      - {{name: total, logicalType: integer}}")
    assert isinstance(column(text, "quantity").deidentify, Drop)
    if "confidential" not in facts and "encryptedName" not in facts:
        assert "classification: restricted" in adopted(text).text


@pytest.mark.parametrize(
    "facts",
    [
        "enum: [{value: open}], description: Code of a diagnosis",
        "enum: [{value: open}], physicalName: customer",
        "enum: [{value: open}, {value: Ann}]",
        f"quality: [{ONLY.format('mustBe: 1')}]",
        f"quality: [{ONLY.format('mustBe: 0, severity: warning')}]",
        f"quality: [{ONLY.format('mustBe: 0')}], businessName: Age",
        f"quality: [{ONLY.format('mustBe: 0')}], classification: Tier 9",
    ],
)
def test_words_of_a_public_list_are_dropped_if_something_else_may_be(facts: str) -> None:
    text = written(f"{{name: status, logicalType: string, {facts}}}", version="v3.2.0")
    text += "      - {name: total, logicalType: integer}\n"
    assert isinstance(column(text, "status").deidentify, Drop)


@pytest.mark.parametrize(
    ("facts", "by"),
    [
        ("description: Income of a household", "description"),
        ("businessName: Age", "businessName"),
        ("physicalName: birth", "name in files"),
    ],
)
def test_what_tells_of_people_is_named(facts: str, by: str) -> None:
    assert f"# adopt: By its {by} it may hold " in adopted(bare(f"logicalType: x, {facts}")).text


def test_a_method_is_suggested_beside() -> None:
    found = adopted(MORE["blocks with comments"]).text
    assert "# adopt: By its name it may hold e-mail addresses.\n" in found
    assert "# Instead of drop: {method: pseudonymize, normalize: [trim, lowercase]}\n" in found


@pytest.mark.parametrize(
    ("kind", "kept"),
    [("only personal columns", "email"), ("only columns that are hidden", "order_id")],
)
def test_something_is_kept_as_tokens(kind: str, kept: str) -> None:
    columns = compiled(MORE[kind])["orders"].columns
    methods = {one.name: type(one.deidentify) for one in columns}
    assert methods.pop(kept) is Pseudonymize
    assert all(method is Drop for method in methods.values())


@pytest.mark.parametrize("method", ["{method: drop}", "{method: mask, keepLast: 4}"])
def test_a_method_of_the_author_is_left(method: str) -> None:
    custom = f"customProperties: [{{property: deidentify, value: {method}}}]"
    text = bare(f"logicalType: string, logicalTypeOptions: {{minLength: 9}}, {custom}")
    assert f"value: {method}}}]" in adopted(text).text
    assert adopted(text).undecided == []


def test_a_strategy_of_another_tool_drops_and_suggests() -> None:
    text = """\
        customProperties:
          - property: maskingRule
            value:
              keep: 4
"""
    text = BLOCK.replace("        partitioned: false\n", f"{text}", 1)
    assert isinstance(column(text, "email").deidentify, Drop)
    comments = (
        "# adopt: this was maskingRule\n          # Instead of drop: {method: pseudonymize}\n"
    )
    assert comments + "          - property: deidentify\n" in adopted(text).text


@pytest.mark.parametrize(
    "facts",
    [
        "classification: public, customProperties: [{property: hashing, value: sha256}]",
        "classification: public, customProperties: [{property: pii, value: true}]",
        "classification: public, tags: [PII], unique: 'true'",
        "customProperties: [{property: isPII, value: 'true'}]",
        "customProperties: [{property: masking, value: [first]}]",
    ],
)
def test_what_the_author_wants_hidden_is_dropped_even_if_public(facts: str) -> None:
    text = written(f"{{name: total, logicalType: string, {facts}}}\n      - {ID}")
    assert isinstance(column(text, "total").deidentify, Drop)


def test_tokens_are_suggested_only_where_they_fit() -> None:
    flag = "logicalType: boolean, customProperties: [{property: masking, value: full}]"
    text = written(f"{{name: total, {flag}}}\n      - {ID}")
    assert isinstance(column(text, "total").deidentify, Drop)
    assert "Instead of drop" not in adopted(text).text


@pytest.mark.parametrize("custom", ["{property: masking, value: none}", "{property: till}"])
def test_what_the_author_does_not_want_hidden_is_kept(custom: str) -> None:
    custom = custom.replace("till", "masking, value: x, vendor: a")
    text = written(
        f"{{name: total, logicalType: integer, customProperties: [{custom}]}}", version="v3.2.0"
    )
    assert isinstance(column(text, "total").deidentify, Keep)


def test_a_wrong_method_of_the_author_is_for_a_person() -> None:
    text = bare("logicalType: string, customProperties: [{property: deidentify, value: drop}]")
    assert "has a deidentify with no method" in adopted(text).undecided[0][1]


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ("logicalType: number", "decimal"),
        ("physicalType: NUMBER", "decimal"),
        ("logicalType: number, physicalType: FLOAT", "double"),
        ("logicalType: number, physicalType: INT", "integer"),
        ("logicalType: number, logicalTypeOptions: {format: f64}", "double"),
        ("physicalType: TIMESTAMP", "timestamp"),
        ("logicalType: date, physicalType: timestamp(6)", "timestamp"),
        ("logicalType: date, physicalType: TIMESTAMP_TZ", "timestamp"),
        ("logicalType: date, physicalType: datetime", "timestamp"),
        ("logicalType: date, physicalType: time", "time"),
        ("logicalType: date, physicalType: varchar", "date"),
        ("logicalType: decimal", "decimal"),
        ("logicalType: 'numeric(9,2)', physicalType: 'numeric(9,2)'", "decimal"),
        ("logicalType: float", "double"),
        ("logicalType: double, physicalType: DOUBLE", "double"),
        ("logicalType: bigint", "integer"),
        ("logicalType: int, physicalType: number", "integer"),
        ("logicalType: datetime", "timestamp"),
        ("logicalType: timestamptz", "timestamp"),
        ("logicalType: text", "string"),
        ("logicalType: bool", "boolean"),
        ("physicalType: array<int>", "array"),
        ("physicalType: RECORD", "object"),
    ],
)
def test_a_type_that_is_not_ambiguous_is_added(facts: str, kind: str) -> None:
    assert column(bare(facts)).type == kind


@pytest.mark.parametrize(
    "facts",
    [
        *("physicalType: TINYINT", "physicalType: JSON", "tags: []", "physicalType: timetz"),
        "logicalType: date, physicalType: LONG",
        *("logicalType: binary", "logicalType: tinyint", "logicalType: JSON"),
    ],
)
def test_a_type_that_is_ambiguous_is_for_a_person(facts: str) -> None:
    assert adopted(bare(facts)).undecided


@pytest.mark.parametrize(
    ("facts", "meaning"),
    [
        ("isNullable: false", {"required": True}),
        ("nullable: true", {"required": False}),
        ("not_null: true, isUnique: true", {"required": True, "unique": True}),
        ("isPrimaryKey: true", {"required": True}),
        ("'physical_name': Ü", {"physical_name": "Ü"}),
        ('"Required": true', {"required": True}),
    ],
)
def test_a_field_that_others_call_otherwise_means_the_same(
    facts: str, meaning: dict[str, Any]
) -> None:
    found = column(bare(f"logicalType: string, {facts}"))
    assert {name: getattr(found, name) for name in meaning} == meaning


def test_a_type_that_others_write_is_that_of_a_database() -> None:
    assert column(bare("type: bigint")).type == "integer"


def test_an_empty_field_says_nothing() -> None:
    found = adopted(MORE["documentation without a word"])
    assert {one.field: one.why for one in found.decisions if one.done == "made a comment"} == {
        "field 'description.usage'": "It is empty",
        "field 'description.limitations'": "It is empty",
        "field 'tags'": "It is empty",
        "field 'schema[0].physicalName'": "It is empty",
    }


def test_a_misspelt_field_is_renamed_where_it_decides_nothing() -> None:
    assert "businessName: a" in adopted(MORE["documentation that is misspelt"]).text
    twice = bare("logicalType: string, busnessName: a, businessName: b")
    assert "did you mean 'businessName'; if not, remove it" in adopted(twice).undecided[0][1]


def test_misspelt_tags_count() -> None:
    text = written("{name: total, logicalType: integer, tag: [PII]}\n      - " + ID)
    assert isinstance(column(text, "total").deidentify, Drop)


@pytest.mark.parametrize(
    "facts",
    [
        "isNullable: false, required: true",
        "nullable: 'NO'",
        "isUnique: x",
    ],
)
def test_a_field_that_may_contradict_another_is_for_a_person(facts: str) -> None:
    sentence = adopted(bare(f"logicalType: string, {facts}")).undecided[0][1]
    assert "is not a field that the standard has there; write " in sentence


@pytest.mark.parametrize(
    ("rule", "metric", "bounds"),
    [
        ("{rule: duplicateCount, mustBeLessThan: 3}", "duplicateValues", (3,)),
        ("{rule: uniqueCheck}", "duplicateValues", (0,)),
        ("{rule: nullCheck}", "nullValues", (0,)),
        ("{rule: nullValues}", "nullValues", (0,)),
        ("{rule: nullCheck, severity: blocker}", "nullValues", (0,)),
    ],
)
def test_old_metrics_are_translated(rule: str, metric: str, bounds: tuple[int, ...]) -> None:
    (found,) = compiled(ruled(rule))["orders"].quality
    assert (found.metric, found.bounds, found.severity) == (metric, bounds, "error")


def test_a_rule_in_other_words_becomes_no_metric_of_the_opposite() -> None:
    text = ruled("{rule: validValues, mustBe: 100, unit: percent}")
    assert compiled(text)["orders"].quality == ()


@pytest.mark.parametrize("rule", ["{metric: nulValues, mustBe: 0}", "{mustBe: 0}"])
def test_a_rule_that_may_be_misspelt_is_for_a_person(rule: str) -> None:
    assert adopted(ruled(rule)).undecided


def test_a_pattern_means_what_it_meant() -> None:
    text = bare("logicalType: string, logicalTypeOptions: {pattern: 'A[0-9]'}")
    assert column(text).rules.pattern == r"^[\s\S]*(?:A[0-9])[\s\S]*$"


def dates(*formats: str) -> str:
    """A contract with a column of days for each format, and a plain one."""
    columns = (
        f"{{name: c{number}, logicalType: date, logicalTypeOptions: {{format: {one}}}}}"
        for number, one in enumerate(formats)
    )
    return written("\n      - ".join((ID, *columns)))


@pytest.mark.parametrize("format_", ["dd.MM.yyyy", "M/d/yyyy", "yyyy/MM/dd"])
@pytest.mark.parametrize(
    "customs", ["", "customProperties: []\n", "customProperties:\n- {b: 1}\n"]
)
def test_the_form_of_all_days_becomes_that_of_csv(format_: str, customs: str) -> None:
    customs = customs.replace("b: 1", "property: team, value: x")
    text = dates(format_, format_) + customs
    assert compiled(text)["orders"].csv.dates == format_.upper()
    assert "It is the option dates of csv now" in {one.why for one in adopted(text).decisions}


@pytest.mark.parametrize(
    ("formats", "csv"),
    [
        (["dd.MM.yyyy", "dd/MM/yyyy"], ""),
        (["dd MMM yyyy"] * 2, ""),
        (["dd.MM.yy"] * 2, ""),
        (["DD.MM.yyyy"] * 2, ""),  # a day of the year
        (["dd.MM.YYYY"] * 2, ""),  # a year of weeks
        (["dd.MM.yyyy"] * 2, "customProperties:\n- {property: csv, value: {delimiter: ';'}}\n"),
    ],
)
def test_other_forms_of_days_are_for_a_person(formats: list[str], csv: str) -> None:
    sentences = [sentence for _, sentence in adopted(dates(*formats) + csv).undecided]
    assert len(sentences) == len(formats)
    assert all("has the option 'format', which is not supported" in one for one in sentences)


@pytest.mark.parametrize("facts", ["date, {}: date", "timestamp, {}: date-time", "time, {}: time"])
def test_a_format_of_json_schema_is_that_of_iso(facts: str) -> None:
    kind, _, format_ = facts.format("format").partition(", ")
    text = bare(f"logicalType: {kind}, logicalTypeOptions: {{{format_}}}", version="v3.1.0")
    assert column(text).type == kind


@pytest.mark.parametrize(
    ("options", "digits"),
    [
        ("multipleOf: 0.01, maximum: 1000000", (18, 2)),
        ("multipleOf: 5", (18, 0)),
        ("minimum: 0.0", (38, 18)),
        ("multipleOf: 0.0000000000000000001", (38, 18)),
    ],
)
def test_a_number_has_the_digits_of_its_steps(options: str, digits: tuple[int, int]) -> None:
    text = bare(f"logicalType: number, logicalTypeOptions: {{{options}}}")
    type_ = yaml.safe_load(adopted(text).text)["schema"][0]["properties"][0]["physicalType"]
    assert type_ == f"decimal({digits[0]},{digits[1]})"
    assert bool(adopted(text).undecided) == ("0.00000" in options)


def test_whole_bounds_of_integers_lose_their_point() -> None:
    text = bare("logicalType: integer, logicalTypeOptions: {minimum: 12.0, maximum: 40.0}")
    assert (column(text).rules.minimum, column(text).rules.maximum) == ("12", "40")
    half = bare("logicalType: integer, logicalTypeOptions: {minimum: 12.5}")
    assert "has the minimum '12.5'; write an integer" in adopted(half).undecided[0][1]


def test_a_blank_instead_of_t_is_told() -> None:
    text = bare("logicalType: timestamp, logicalTypeOptions: {format: yyyy-MM-dd HH:mm}")
    assert "Files have a T between day and time" in {
        one.why[:35] for one in adopted(text).decisions
    }


def test_a_pattern_that_is_none_is_for_a_person() -> None:
    text = bare("logicalType: string, logicalTypeOptions: {pattern: 'A['}")
    assert "which RE2 refuses" in adopted(text.replace("'A['", "'^A[$'")).undecided[0][1]
    assert "begin it with ^" in adopted(text).undecided[0][1]


def test_an_enum_among_the_options_is_that_of_the_column() -> None:
    assert column(MORE["an enum among the options"]).rules.enum == ("open", "ö", "NO")
    found = adopted(MORE["an enum as the only option"])
    assert "apiVersion: v3.2.0" in found.text
    assert "It is the enum of the column now" in {one.why for one in found.decisions}


@pytest.mark.parametrize(
    "facts",
    [
        "logicalTypeOptions: {enum: [1, 2]}",
        "logicalTypeOptions: {enum: {a: b}}",
        "logicalTypeOptions: {enum: [a]}, enum: [{value: b}]",
    ],
)
def test_another_enum_among_the_options_is_a_comment(facts: str) -> None:
    text = bare(f"logicalType: string, {facts}", version="v3.2.0")
    assert "The type string has no such option here" in {
        one.why for one in adopted(text).decisions
    }


def test_custom_properties_that_are_no_list_are_left_to_a_person() -> None:
    found = adopted(bare("logicalType: string, customProperties: till"))
    sentence = "write a list, each item of which has a property and a value"
    assert sentence in " ".join(what for _, what in found.undecided)
    assert "customProperties: till" in found.text


CUSTOM = """\
        # of the till
        anonymizationStrategy: hashing # all of it
        origin: {a: [b]}
        steps:
          - c
        empty:
"""


@pytest.mark.parametrize("flow", [True, False])
def test_custom_properties_in_a_mapping_mean_what_they_mean_in_a_list(flow: bool) -> None:
    given = yaml.safe_load(CUSTOM)
    customs = json.dumps(given).replace("null", "")
    text = bare(f"logicalType: string, classification: public, customProperties: {customs}")
    if not flow:
        facts = "name: c\n        logicalType: string\n        classification: public\n"
        block = "        customProperties:\n" + CUSTOM.replace("        ", "          ")
        text = written(facts + block + "      - {name: total, logicalType: integer}")
    assert column(text).deidentify == Drop()
    found = yaml.safe_load(adopted(text).text)["schema"][0]["properties"][0]["customProperties"]
    rest = [{"property": name, "value": given[name]} for name in ("origin", "steps", "empty")]
    assert found == [{"property": "deidentify", "value": {"method": "drop"}}, *rest]
    assert ("# all of it" in adopted(text).text) is not flow


def test_a_comment_inside_a_custom_property_is_not_lost() -> None:
    block = "customProperties:\n  a:\n    # why\n    b: 1\n"
    found = adopted(written("{name: total, logicalType: integer}", top=block))
    assert block in found.text
    assert "write a list, each item" in found.undecided[0][1]


def test_custom_properties_are_a_list_everywhere_but_in_values_of_others() -> None:
    value = "[{property: x, value: {customProperties: {a: b}}}]"
    text = written(
        "{name: total, logicalType: integer, quality: [{type: text, customProperties: {a: b}}]}",
        top=f"description: {{customProperties: {{a: b}}}}\ncustomProperties: {value}",
        table="    customProperties: {}",
    )
    assert yaml.safe_load(adopted(text).text)["customProperties"] == yaml.safe_load(value)
    assert compiled(text)


@pytest.mark.parametrize("version", ["3.1", "v3.1", "3.1.0", "'3.1.0'", '"V3.1"'])
def test_a_version_is_written_in_full(version: str) -> None:
    found = adopted(bare("logicalType: string", version=version))
    assert found.undecided == []
    assert yaml.safe_load(found.text)["apiVersion"] == "v3.1.0"


@pytest.mark.parametrize("kind", ["datacontract", "'Data Contract'", "DATACONTRACT"])
def test_the_kind_is_written_as_the_standard_writes_it(kind: str) -> None:
    text = bare("logicalType: string").replace("kind: DataContract", f"kind: {kind}")
    assert yaml.safe_load(adopted(text).text)["kind"] == "DataContract"


def test_a_description_of_the_contract_is_its_purpose() -> None:
    text = written("{name: total, logicalType: integer}", top='description: Of "shops": all')
    text = text.replace('Of "shops": all', "'Of \"shops\": all'")
    given = yaml.safe_load(adopted(text).text)["description"]
    assert given == {"purpose": 'Of "shops": all'}


@pytest.mark.parametrize(
    ("facts", "unit", "severity"),
    [
        ("mustBeLessThan: 5, unit: '%', severity: Warning", "percent", "warning"),
        ("mustBeLessThan: 5, unit: Percent, severity: WARN", "percent", "warning"),
        ("mustBeLessThan: 5, unit: Rows, severity: ERROR", "rows", "error"),
        ("mustBeLessThan: 5, severity: critical", "rows", "error"),
    ],
)
def test_units_and_severities_mean_what_they_say(facts: str, unit: str, severity: str) -> None:
    (found,) = compiled(ruled(f"{{metric: nullValues, {facts}}}"))["orders"].quality
    assert (found.unit, found.severity) == (unit, severity)


def test_rules_of_one_metric_have_names() -> None:
    rule = "{{metric: nullValues, mustBeLessThan: {}{}}}"
    rules = [rule.format(one, "") for one in (5, 6, 7)] + [rule.format(8, ", name: mine")]
    text = ruled(", ".join([*rules, "{rule: nullCheck}", "{type: text, description: x}"]))
    names = ["c.nullValues", "c.nullValues 2", "c.nullValues 3", "mine", "c.nullValues 4"]
    assert [one.name for one in compiled(text)["orders"].quality] == names
    counted = "    quality: [{metric: rowCount, mustBe: 1}, {metric: rowCount, mustBeLessThan: 3}]"
    text = written("{name: total, logicalType: integer}", table=counted)
    assert [one.name for one in compiled(text)["orders"].quality] == ["rowCount", "rowCount 2"]


def test_empty_valid_values_are_left_out() -> None:
    rule = "metric: invalidValues, mustBe: 0, arguments: {validValues: ['', a, null]}"
    (found,) = compiled(ruled(f"{{{rule}}}"))["orders"].quality
    assert found.valid == ("a",)
    nothing = ruled("{metric: invalidValues, mustBe: 0, arguments: {validValues: ['']}}")
    assert "an empty field is never invalid; remove it" in adopted(nothing).undecided[0][1]


def test_a_measure_leaves_the_others() -> None:
    text = bare("logicalType: integer, semanticType: measure", version="v3.2.0")
    assert [one.name for one in compiled(text)["orders"].columns] == ["id"]


@pytest.mark.parametrize("ending", ["", "# end\n"])
def test_lines_are_those_of_the_source(ending: str) -> None:
    text = MORE["blocks with comments"] + ending
    lines = text.split("\n")
    found = adopted(text.replace("name: total", "name: total\n        requried: true"))
    (line, sentence) = found.undecided[0]
    assert "'requried'" in sentence
    assert lines[line - 2].strip() == "name: total"
    decided = {one.field: one.line for one in found.decisions}
    assert lines[decided["column 'email'"] - 1] == "      - name: email"
    assert "rule: countCheck" in lines[decided["field 'schema[0].quality[1].rule'"] - 1]


@pytest.mark.parametrize(
    "facts",
    [
        r'logicalType: string, classification: "x\nlogicalType: integer"',
        r'logicalType: string, classification: "x\u2028encryptedName: y"',
        r'logicalType: string, classification: "\x07\x85"',
        r'logicalType: "varchar(\n10)"',
        r'logicalType: string, customProperties: [{property: hashing, value: "x\nunique: true"}]',
    ],
)
def test_no_value_of_several_lines_leaves_its_comment(facts: str) -> None:
    found = column(bare(facts))
    assert (found.type, found.deidentify) == ("string", Drop())


@pytest.mark.parametrize("text", [ruled("{type: sql}"), MORE["blocks with comments"]])
def test_line_ends_and_the_mark_of_unicode_change_nothing(text: str) -> None:
    wanted = adopted(text)
    assert adopt(b"\xef\xbb\xbf" + text.encode(), "orders") == wanted
    assert adopt(text.replace("\n", "\r").encode(), "orders") == wanted
    lines = wanted.text.replace("\n", "\r\n")
    assert adopt(text.replace("\n", "\r\n").encode(), "orders").text == lines


@pytest.mark.parametrize("value", ["[x]", "{a: b}", "[[]]", "[{name: a}]"])
@pytest.mark.parametrize(
    "facts",
    [
        "name: {}",
        "name: c, logicalType: {}",
        "name: c, logicalType: string, physicalType: {}",
        "name: c, logicalType: string, classification: {}",
        "name: c, logicalType: string, quality: [{{type: {}, mustBe: 0}}]",
        "name: c, logicalType: string, quality: [{{metric: {}, mustBe: 0}}]",
        "name: c, logicalType: string, customProperties: [{{property: {}, value: 1}}]",
        "name: c, logicalType: string, logicalTypeOptions: {{pattern: {}}}",
    ],
)
def test_a_list_or_mapping_where_a_word_belongs_is_said(facts: str, value: str) -> None:
    found = adopt(written(f"{{{facts.format(value)}}}").encode(), "orders")
    assert found.decisions == []
    assert found.undecided != []


@pytest.mark.parametrize(
    "facts",
    [
        "logicalTypeOptions: [[]]",
        "logicalTypeOptions: x",
        "quality: [{metric: invalidValues, mustBe: 0, arguments: x}]",
        "quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: 5}}]",
        "quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: {a: b}}}]",
    ],
)
def test_something_else_than_a_mapping_or_list_is_said(facts: str) -> None:
    assert adopted(bare(f"logicalType: string, {facts}")).undecided != []


@pytest.mark.parametrize("other", ["value: {type: [a]}", "value: [{name: {a: b}}]"])
def test_values_of_others_have_any_form(other: str) -> None:
    custom = f"customProperties: [{{property: origin, {other}}}]"
    assert adopted(bare(f"logicalType: string, {custom}")).undecided == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "is not YAML"),
        (b"\xff", "is not UTF-8"),
        (b"[]", "is a list"),
        (b"dataContractSpecification: 1.1.0\nservers: {a: {type: s3}}", "convert the file"),
        (b"apiVersion: |\n  a\n  b\n", "the apiVersion is 'a\\nb\\n'; use one of"),
        (b"", "is empty"),
        (b"apiVersion:\n", "is empty"),
        (b"mustBe: 1\n", "is empty"),
        (b"apiVersion: 3", "the apiVersion is 3; use one of"),
        (b"schema: x", "is 'x'; write a list"),
        (b"schema: [x]", "is 'x'; write a mapping"),
        (b"schema: [{name: x, properties: [{logicalType: string}]}]", "lacks 'name'"),
        (b"id: &a x\nname: *a\n", "has the alias *a"),
    ],
)
def test_what_is_no_contract_is_said(content: bytes, sentence: str) -> None:
    found = adopt(content, "x")
    assert sentence in " ".join(what for _, what in found.undecided)
