"""The quality rules of a contract: what they compile to, and one sentence for each mistake."""

from pathlib import Path
from typing import Any

import pytest

from lib.contracts import compile_contracts
from lib.contracts.quality import FIELDS
from lib.contracts.standard import read_standard
from processor.contract.quality import QualityRule
from tests.unit.contracts.orders import CONTRACT, compare, edited, mistakes

OBJECT = "  - name: orders\n"
LINE = CONTRACT[: CONTRACT.index(OBJECT)].count("\n") + 3
"""The line of the first rule of the schema object."""


def of_object(*rules: str) -> str:
    """The valid contract with rules of its schema object."""
    return edited(OBJECT, OBJECT + "    quality:\n" + "".join(f"    - {one}\n" for one in rules))


def of_column(name: str, *rules: str) -> str:
    """The valid contract with rules of a column."""
    begin = f"      - name: {name}\n"
    lines = "".join(f"        - {one}\n" for one in rules)
    return edited(begin, f"{begin}        quality:\n{lines}")


def compiled(directory: Path, text: str) -> tuple[QualityRule, ...]:
    """The rules of a contract that has no mistake."""
    assert mistakes(directory, text) == []
    return compile_contracts(directory)["orders"].quality


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("metric: rowCount, mustBeGreaterThan: 0", {"operator": "mustBeGreaterThan"}),
        ("type: library, metric: rowCount, mustBe: 0, unit: rows, severity: error", {}),
        ("rule: rowCount, type: library, mustBe: 0", {}),
        ("rule: rowCount, mustBe: 0", {}),
        ("rule: rowCount, metric: rowCount, mustBe: 0", {}),
        ("metric: rowCount, mustBe: 0, name: enough rows", {"name": "enough rows"}),
        ("metric: rowCount, mustBe: 0, id: enough", {"name": "enough"}),
        ("metric: rowCount, mustBe: 0, id: x, name: enough", {"name": "enough"}),
        (
            "metric: rowCount, mustBe: 0, severity: warning, dimension: coverage, schedule: "
            "0 20 * * *, scheduler: cron, businessImpact: none, method: x, tags: [a]",
            {"severity": "warning"},
        ),
        (
            "metric: rowCount, mustBeBetween: [1, 3.0], severity: info",
            {"operator": "mustBeBetween", "bounds": (1, 3.0), "severity": "info"},
        ),
        (
            "metric: duplicateValues, mustBe: 0, arguments: {properties: [order_id, gift]}",
            {
                "name": "duplicateValues",
                "metric": "duplicateValues",
                "columns": ("order_id", "gift"),
            },
        ),
    ],
)
def test_a_rule_of_the_schema_object(directory: Path, rule: str, expected: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"name": "rowCount", "metric": "rowCount"}
    usual |= {"operator": "mustBe", "bounds": (0,)}
    assert compiled(directory, of_object(f"{{{rule}}}")) == (QualityRule(**usual | expected),)


@pytest.mark.parametrize(
    ("column", "rule", "expected"),
    [
        ("email", "metric: nullValues", {}),
        ("comment", "metric: nullValues", {}),  # is dropped
        (
            "email",
            "metric: nullValues, unit: percent, name: a",
            {"name": "a", "unit": "percent"},
        ),
        ("email", "metric: missingValues", {}),
        (
            "quantity",
            "metric: missingValues, arguments: {missingValues: [null, '', N/A, -1]}",
            {"missing": ("N/A", "-1")},
        ),
        (
            "country",
            "metric: invalidValues, arguments: {validValues: [AT, 'NO']}",
            {"valid": ("AT", "NO")},
        ),
        (
            "gift",
            "metric: invalidValues, arguments: {validValues: [true]}",
            {"valid": ("true",)},
        ),
        (
            "price",
            "metric: invalidValues, arguments: {validValues: [1, 2.50], pattern: '^.*$'}",
            {"valid": ("1", "2.50"), "pattern": "^.*$"},
        ),
        ("weight", "metric: duplicateValues", {}),
    ],
)
def test_a_rule_of_a_column(
    directory: Path, column: str, rule: str, expected: dict[str, Any]
) -> None:
    metric = rule.removeprefix("metric: ").partition(",")[0]
    usual: dict[str, Any] = {"name": f"{column}.{metric}", "metric": metric, "columns": (column,)}
    usual |= {"operator": "mustBe", "bounds": (0,)}
    (found,) = compiled(directory, of_column(column, f"{{{rule}, mustBe: 0}}"))
    assert found == QualityRule(**usual | expected)


def test_text_is_documentation(directory: Path) -> None:
    text = "{type: text, description: Fresh every day, severity: error, dimension: timeliness}"
    assert compiled(directory, of_object(text)) == ()
    assert compiled(directory, of_column("email", text)) == ()
    assert compiled(directory, edited(OBJECT, f"{OBJECT}    quality: []\n")) == ()


OPERATORS = (
    "mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan, "
    "mustBeLessOrEqualTo, mustBeBetween, mustNotBeBetween"
)
METRICS = "rowCount, nullValues, missingValues, invalidValues, duplicateValues"
INSTEAD = (
    "which is not run here; write a metric instead, such as metric: rowCount with "
    "mustBeGreaterThan: 0, or type: text if it is documentation"
)
ROWS = "use a whole number of rows from 0"


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("type: sql, query: SELECT 1, mustBe: 1", f"is of type sql, {INSTEAD}"),
        ("type: sql", f"is of type sql, {INSTEAD}"),
        ("type: custom, engine: soda, implementation: x", f"is of type custom, {INSTEAD}"),
        ("metric: rowCount, query: x, mustBe: 1", "has 'query', which is not for type library"),
        ("type: text, metric: rowCount, mustBe: 1", "has 'metric', which is not for type text"),
        ("type: text, engine: soda", "has 'engine', which is not for type text; remove it"),
        ("type: library", "has no metric; write one, such as metric: rowCount with"),
        ("description: x", "has no metric; write one, such as metric: rowCount with"),
        (
            "rule: duplicateCount, mustBe: 0",
            "has the rule 'duplicateCount', which is not known; did you mean duplicateValues",
        ),
        (
            "rule: rowcount, mustBe: 0",
            "has the rule 'rowcount', which is not known; did you mean rowCount",
        ),
        ("rule: freshness, mustBe: 0", f"which is not known; use {METRICS}"),
        ("metric: rowCount, rule: rows, mustBe: 1", "has a metric and a rule, which is its old"),
        (
            "metric: nullValues, mustBe: 1",
            "has the metric nullValues, which is about a column; move it to its property",
        ),
        ("metric: rowCount", f"does not say what is expected; write one of {OPERATORS}"),
        ("metric: rowCount, mustBe: 1, mustNotBe: 2", "has mustBe and mustNotBe; write one of"),
        ("metric: rowCount, mustBe: '5'", f"has the mustBe '5'; {ROWS}"),
        ("metric: rowCount, mustBe: true", f"has the mustBe 'true'; {ROWS}"),
        ("metric: rowCount, mustBe: null", f"has the mustBe 'null'; {ROWS}"),
        ("metric: rowCount, mustBe: -1", f"has the mustBe '-1'; {ROWS}"),
        ("metric: rowCount, mustBe: 0.5", f"has the mustBe '0.5'; {ROWS}"),
        ("metric: rowCount, mustBe: .nan", f"has the mustBe '.nan'; {ROWS}"),
        ("metric: rowCount, mustBe: .inf", f"has the mustBe '.inf'; {ROWS}"),
        ("metric: rowCount, mustBeLessThan: '5'", f"has the mustBeLessThan '5'; {ROWS}"),
        ("metric: rowCount, mustBe: [1, 2]", f"has the mustBe ''; {ROWS}"),
        ("metric: rowCount, mustBeBetween: [1, x]", f"has the mustBeBetween 'x'; {ROWS}"),
        ("metric: rowCount, mustBeBetween: 5", "has a mustBeBetween that is not two numbers"),
        ("metric: rowCount, mustBeBetween: [1, 2, 3]", "that is not two numbers; write [1, 100]"),
        ("metric: rowCount, mustBeBetween: [5, 3]", "without the smaller number first"),
        ("metric: rowCount, mustNotBeBetween: [5, 5]", "without the smaller number first"),
        ("metric: rowCount, mustBe: 1, unit: percent", "which is not for rowCount; remove it"),
        ("metric: rowCount, mustBe: 1, unit: share", "has the unit 'share'; use rows or percent"),
        (
            "metric: rowCount, mustBe: 1, severity: high",
            "has the severity 'high'; use error, warning, info",
        ),
        (
            "metric: rowCount, mustBe: 1, mustBee: 1",
            "has 'mustBee', which the standard does not have there; did you mean 'mustBe'",
        ),
        ("metric: rowCount, mustBe: 1, zzzzzzz: 1", "does not have there; remove it"),
        ("metric: rowCount, mustBe: 1, name: ''", "is called '' in reasons; give it a name of"),
        ("metric: rowCount, mustBe: 1, name: 'a '", "is called 'a ' in reasons; give it a name"),
        ("metric: rowCount, mustBe: 1, name: größer", "is called 'größer' in reasons; give it"),
        (
            "metric: rowCount, mustBe: 1, arguments: {properties: [gift]}",
            "has the argument 'properties', which rowCount does not have; remove it",
        ),
        ("metric: duplicateValues, mustBe: 0", "without arguments; add properties"),
        ("metric: duplicateValues, mustBe: 0, arguments: {}", "without arguments; add properties"),
        (
            "metric: duplicateValues, mustBe: 0, arguments: {columns: [gift]}",
            "has the argument 'columns', which duplicateValues does not have; use properties",
        ),
        (
            "metric: duplicateValues, mustBe: 0, arguments: {properties: []}",
            "has properties that are not a list of values; write one",
        ),
        (
            "metric: duplicateValues, mustBe: 0, arguments: {properties: [gift, no]}",
            "has 'no' in properties that is not a column; name one",
        ),
        (
            "metric: duplicateValues, mustBe: 0, arguments: {properties: [gift, gift]}",
            "has 'gift' in properties twice; keep one of them",
        ),
    ],
)
def test_a_mistake_in_a_rule_of_the_schema_object(directory: Path, rule: str, wrong: str) -> None:
    (sentence,) = mistakes(directory, of_object(f"{{{rule}}}"))
    where = f"contracts/orders.odcs.yaml, line {LINE}: field 'schema[0].quality[0]' "
    assert sentence.startswith(where)
    assert wrong in sentence


@pytest.mark.parametrize(
    ("column", "rule", "wrong"),
    [
        (
            "email",
            "metric: rowCount, mustBe: 0",
            "which is about all rows; move it to the quality of the schema object",
        ),
        (
            "email",
            "metric: nullValues, mustBe: 101, unit: percent",
            "has the mustBe '101'; use a number from 0 to 100",
        ),
        ("email", "metric: nullValues, mustBe: -0.1, unit: percent", "use a number from 0 to 100"),
        ("email", "metric: nullValues, mustBe: .nan, unit: percent", "use a number from 0 to 100"),
        (
            "email",
            "metric: nullValues, mustBeLessThan: 0.05",
            f"has the mustBeLessThan '0.05'; {ROWS}, or add unit: percent",
        ),
        (
            "email",
            "metric: nullValues, mustBe: 0, arguments: {missingValues: [x]}",
            "has the argument 'missingValues', which nullValues does not have; remove it",
        ),
        (
            "email",
            "metric: duplicateValues, mustBe: 0, arguments: {properties: [gift]}",
            "which duplicateValues does not have; remove it",
        ),
        (
            "email",
            "metric: invalidValues, mustBe: 0",
            "without arguments; add validValues or pattern",
        ),
        ("email", "metric: nullValues, mustBeLessThan: 0", "mustBeLessThan 0, which no number"),
        ("email", "metric: nullValues, mustBeBetween: [1, 2]", "which no number of rows can be"),
        (
            "email",
            "metric: nullValues, unit: percent, mustBeGreaterThan: 100",
            "mustBeGreaterThan 100, which no number of percent can be; correct it",
        ),
        (
            "email",
            "metric: invalidValues, mustBe: 0, arguments: {format: email}",
            "has the "
            "argument 'format', which invalidValues does not have; use validValues or pattern",
        ),
        (
            "email",
            "metric: invalidValues, mustBe: 0, arguments: {pattern: 'a@b'}",
            "begin it with ^ and end it with $",
        ),
        (
            "email",
            "metric: invalidValues, mustBe: 0, arguments: {pattern: '^(?!a)$'}",
            "which RE2 refuses",
        ),
        (
            "email",
            "metric: invalidValues, mustBe: 0, arguments: {pattern: 5}",
            "has a pattern that is not text; put it in quotes",
        ),
        (
            "country",
            "metric: invalidValues, mustBe: 0, arguments: {validValues: AT}",
            "has validValues that are not a list of values",
        ),
        (
            "country",
            "metric: invalidValues, mustBe: 0, arguments: {validValues: [NO]}",
            "has 'NO' in validValues that YAML does not read as text; put it in quotes",
        ),
        (
            "country",
            "metric: invalidValues, mustBe: 0, arguments: {validValues: [AT, null]}",
            "but an empty field is never invalid; remove it",
        ),
        (
            "country",
            "metric: invalidValues, mustBe: 0, arguments: {validValues: ['']}",
            "but an empty field is never invalid; remove it",
        ),
        (
            "country",
            "metric: invalidValues, mustBe: 0, arguments: {validValues: [AT, AT]}",
            "has 'AT' in validValues twice; keep one of them",
        ),
        (
            "price",
            "metric: invalidValues, mustBe: 0, arguments: {validValues: [1.005]}",
            "has '1.005' in validValues that is not of type decimal; correct it",
        ),
        (
            "gift",
            "metric: missingValues, mustBe: 0, arguments: {missingValues: [no]}",
            "has 'no' in missingValues that is not text, a number or null; put it in quotes",
        ),
    ],
)
def test_a_mistake_in_a_rule_of_a_column(
    directory: Path, column: str, rule: str, wrong: str
) -> None:
    text = of_column(column, f"{{{rule}}}")
    line = text[: text.index(f"- {{{rule}}}")].count("\n") + 1
    (sentence,) = mistakes(directory, text)
    where = f"contracts/orders.odcs.yaml, line {line}: field 'quality[0]' of column '{column}' "
    assert sentence.startswith(where)
    assert wrong in sentence


@pytest.mark.parametrize(
    ("rule", "line", "field", "wrong"),
    [
        ("5", 0, "quality[0]'", "is '5'; write a mapping"),
        (
            "metric: counts\n      mustBe: 0",
            0,
            "quality[0].metric'",
            "is 'counts'; use nullValues",
        ),
        (
            "mustBe: 0\n      metric: rowCount\n      dimension: x",
            2,
            "quality[0].dimension'",
            "is 'x'; use accuracy",
        ),
        (
            "mustBe: 0\n      metric: rowCount\n      arguments: 5",
            2,
            "quality[0].arguments'",
            "is '5'; write a mapping",
        ),
        ("metric: rowCount\n      mustBe: x", 1, "quality[0]'", "has the mustBe 'x'"),
        ("metric: rowCount\n      mustBe: 1\n      mustNotBe: 2", 2, "quality[0]'", "has mustBe"),
        (
            "mustBe: 0\n      metric: duplicateValues\n      arguments:\n        properties:\n"
            "        - gift\n        - no",
            5,
            "quality[0]'",
            "has 'no'",
        ),
        ("mustBe: 1\n      metric: rowCount\n      severity: bad", 2, "quality[0]'", "severity"),
        ("mustBe: 1\n      metric: rowCount\n      unit: bad", 2, "quality[0]'", "unit"),
    ],
)
def test_a_mistake_is_at_its_line(
    directory: Path, rule: str, line: int, field: str, wrong: str
) -> None:
    (sentence,) = mistakes(directory, of_object(rule))
    where = f"contracts/orders.odcs.yaml, line {LINE + line}: field 'schema[0].{field} "
    assert sentence.startswith(where)
    assert wrong in sentence


def test_all_mistakes_of_a_rule_are_told(directory: Path) -> None:
    rule = "{metric: rowCount, severity: bad, unit: worse, name: '', arguments: {a: 1}, x: 1}"
    found = mistakes(directory, of_object(rule))
    assert len(found) == 5
    assert "rowCount, mustBe" not in str(found)


@pytest.mark.parametrize("names", [("a", "a"), (None, None), (None, "email.nullValues")])
def test_each_rule_has_a_name_of_its_own(
    directory: Path, names: tuple[str | None, str | None]
) -> None:
    rules = [
        f"{{metric: nullValues, mustBe: 0{f', name: {name}' if name else ''}}}" for name in names
    ]
    (sentence,) = mistakes(directory, of_column("email", *rules))
    assert "field 'quality[1]' of column 'email' is named " in sentence
    assert sentence.endswith("as another rule is; give each a name of its own.")


def test_a_column_without_ascii_needs_a_named_rule(directory: Path) -> None:
    text = of_column("gift", "{metric: nullValues, mustBe: 0}").replace("gift", "größe")
    (sentence,) = mistakes(directory, text)
    assert "is called 'größe.nullValues' in reasons; give it a name of up to 128" in sentence
    assert compiled(directory, text.replace("{metric", "{name: size, metric"))[0].name == "size"


@pytest.mark.parametrize("kind", ["array", "object"])
def test_json_text_has_no_equals_and_no_list_of_values(directory: Path, kind: str) -> None:
    def of_json(rule: str) -> str:
        text = of_column("gift", f"{{mustBe: 0, {rule}}}")
        begin = "        logicalType: boolean\n"
        assert text.count(begin) == 1
        return text.replace(begin, f"        logicalType: {kind}\n        physicalType: json\n")

    (sentence,) = mistakes(directory, of_json("metric: duplicateValues"))
    assert f"but equal values of type {kind} may have different texts; remove it" in sentence
    (sentence,) = mistakes(
        directory, of_json("metric: invalidValues, arguments: {validValues: ['[]']}")
    )
    assert f"but values of type {kind} have many texts; use a pattern" in sentence
    pattern = "metric: invalidValues, arguments: {pattern: '^.+$'}"
    assert compiled(directory, of_json(pattern))[0].pattern == "^.+$"
    rule = "{metric: duplicateValues, mustBe: 0, arguments: {properties: [gift]}}"
    text = of_json("metric: nullValues").replace(OBJECT, f"{OBJECT}    quality:\n    - {rule}\n")
    (sentence,) = mistakes(directory, text)
    assert "has 'gift' in properties whose equal values may have different texts" in sentence


def test_a_column_of_no_type_is_the_only_mistake(directory: Path) -> None:
    rule = "{metric: invalidValues, mustBe: 0, arguments: {validValues: [1]}}"
    text = of_column("price", rule).replace("decimal(12,2)", "money")
    (sentence,) = mistakes(directory, text)
    assert "is a number, whose physicalType must be" in sentence


def test_the_fields_are_those_of_theread_standard() -> None:
    schema: Any = read_standard()[0].schema
    parts = ("DataQuality", "DataQualityLibrary", "DataQualitySql", "DataQualityCustom")
    defined = {name for part in parts for name in schema["$defs"][part]["properties"]}
    operators = schema["$defs"]["DataQualityOperators"]["oneOf"]
    assert defined | {name for one in operators for name in one["required"]} == FIELDS


RULE = "{metric: nullValues, mustBe: 0, name: %s}"


def test_no_version_lacks_a_rule_that_refuses_files(directory: Path) -> None:
    current = of_column("email", RULE % "a")
    for kept in (current, of_column("email", RULE % "b", RULE.replace("0", "1") % "c")):
        assert compare(directory, current, kept) == []
    for lax in (
        CONTRACT,
        of_column("gift", RULE % "a"),
        of_column("email", RULE.replace("0", "1") % "a"),
        of_column("email", RULE.replace("mustBe: 0", "mustBe: 0, severity: warning") % "a"),
    ):
        (sentence,) = compare(directory, current, lax)
        assert sentence == (
            "contracts/orders@1.1.0.odcs.yaml, line 12: the contract lacks the quality rule 'a' "
            "of orders.odcs.yaml, so it could accept a file that is refused there; add it."
        )


def test_a_version_may_lack_other_rules(directory: Path) -> None:
    warning = RULE.replace("mustBe: 0", "mustBe: 0, severity: warning") % "a"
    assert compare(directory, of_column("email", warning), CONTRACT) == []
    gift = "      - name: gift\n        logicalType: boolean\n        classification: internal\n"
    assert CONTRACT.count(gift) == 1
    assert compare(directory, of_column("gift", RULE % "a"), CONTRACT.replace(gift, "")) == []


def test_the_order_of_columns_and_values_does_not_matter(directory: Path) -> None:
    rule = "{metric: duplicateValues, mustBe: 0, arguments: {properties: [%s]}}"
    texts = [of_object(rule % names) for names in ("gift, email", "email, gift")]
    assert compare(directory, *texts) == []


@pytest.mark.parametrize("name", ["validValues", "invalidValues"])
def test_a_rule_of_odcs_3_0_that_needs_arguments_says_how_to_write_it(
    directory: Path, name: str
) -> None:
    text = of_column("email", f"{{type: library, rule: {name}, mustBe: 0}}")
    (sentence,) = mistakes(directory, text.replace("apiVersion: v3.2.0", "apiVersion: v3.0.2"))[:1]
    assert (
        "write apiVersion: v3.1.0, metric: invalidValues and arguments: {validValues" in sentence
    )


def test_a_rule_about_several_columns_says_so_too(directory: Path) -> None:
    text = of_object("{type: library, rule: duplicateCount, mustBe: 0}")
    sentences = mistakes(directory, text.replace("apiVersion: v3.2.0", "apiVersion: v3.0.2"))
    assert any("arguments: {properties: [<columns>]}" in sentence for sentence in sentences)


def test_a_percentage_may_be_between_any_two_bounds(directory: Path) -> None:
    rule = "{metric: nullValues, unit: percent, mustBeBetween: [1, 2]}"
    assert mistakes(directory, of_column("email", rule)) == []
