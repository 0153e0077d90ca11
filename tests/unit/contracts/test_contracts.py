"""The data contracts: what is compiled, and one sentence for each possible mistake."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lib import contracts
from lib.contracts import ContractError, compile_contracts, write_contracts
from processor.contracts import dump
from tests.unit.contracts.orders import CONTRACT, edited, mistakes

ROOT = Path(__file__).resolve().parents[3]


def test_a_contract_compiles_to_what_the_processor_reads(directory: Path) -> None:
    (directory / "orders.odcs.yaml").write_text(CONTRACT)
    compiled = compile_contracts(directory)
    assert {name: dump(contract) for name, contract in compiled.items()} == {
        "orders": {
            "dataset": "orders",
            "contract": {"id": "11111111-1111-4111-8111-111111111111", "version": "1.2.0"},
            "epoch": 3,
            "columns": [
                {
                    "name": "order_id",
                    "type": "string",
                    "required": True,
                    "pattern": "^O[0-9]+$",
                    "minLength": 2,
                    "maxLength": 20,
                    "deidentify": {"method": "keep"},
                    "output": "order_id",
                },
                {
                    "name": "email",
                    "type": "string",
                    "required": True,
                    "deidentify": {"method": "hmac"},
                    "output": "email_token",
                },
                {
                    "name": "phone",
                    "type": "string",
                    "required": False,
                    "minLength": 8,
                    "deidentify": {"method": "mask", "keepFirst": 0, "keepLast": 4},
                    "output": "phone",
                },
                {
                    "name": "comment",
                    "type": "string",
                    "required": False,
                    "deidentify": {"method": "drop"},
                },
                {
                    "name": "country",
                    "type": "string",
                    "required": False,
                    "enum": ["AT", "NO"],
                    "deidentify": {"method": "keep"},
                    "output": "country",
                },
                {
                    "name": "quantity",
                    "type": "integer",
                    "required": False,
                    "minimum": "1",
                    "maximum": "100",
                    "deidentify": {"method": "keep"},
                    "output": "quantity",
                },
                {
                    "name": "price",
                    "type": "decimal",
                    "required": False,
                    "precision": 12,
                    "scale": 2,
                    "exclusiveMinimum": "0",
                    "exclusiveMaximum": "10000.50",
                    "deidentify": {"method": "keep"},
                    "output": "price",
                },
                {
                    "name": "weight",
                    "type": "double",
                    "required": False,
                    "minimum": "-0.5",
                    "maximum": "1.0e+3",
                    "deidentify": {"method": "keep"},
                    "output": "weight",
                },
                {
                    "name": "ordered_on",
                    "type": "date",
                    "required": False,
                    "minimum": "2020-01-01",
                    "maximum": "2030-12-31",
                    "deidentify": {"method": "keep"},
                    "output": "ordered_on",
                },
                {
                    "name": "shipped_at",
                    "type": "timestamp",
                    "required": False,
                    "minimum": "2020-01-01T00:00:00Z",
                    "deidentify": {"method": "keep"},
                    "output": "shipped_at",
                },
                {
                    "name": "gift",
                    "type": "boolean",
                    "required": False,
                    "deidentify": {"method": "keep"},
                    "output": "gift",
                },
            ],
        }
    }


# Each case: the text to replace in the valid contract, its replacement, and the expected line and
# sentence.
WRONG = r"""
status: active
--> id: x
5: field 'id' appears twice; keep one of them

required: true\n
--> required: true\n        required: false\n
22: field 'required' of column 'email' appears twice; keep one of them

status: active
--> true: active
5: field 'true' has a name that is not text to YAML; correct it or put it in quotes

status: active
--> ? [a, b]\n: active
5: field '?' has a name that is not text to YAML; correct it or put it in quotes

status: active
--> tags: &all [a]\nname: *all
6: the file has the alias *all; write out its content

status: active
--> status: !!str active
5: the file has the tag tag:yaml.org,2002:str; remove it

status: active
--> status: [}
5: the file is not YAML: expected the node content, but found '}'; correct it or put it in quotes

        classification: public\n
-->         classification: public\n        examples: [2023-02-30]\n
40: field 'examples[0]' of column 'country' is '2023-02-30', which is not a YAML value; correct it
or put it in quotes

status: active
--> status: =
5: field 'status' is '=', which is not a YAML value; correct it or put it in quotes

status: active
--> status: "\ud800"
5: field 'status' is '\ud800', which is not a YAML value; correct it or put it in quotes

kind: DataContract\n
-->
1: the contract lacks 'kind'; add it

kind: DataContract
--> kind: DataProduct
2: field 'kind' is 'DataProduct'; use DataContract

apiVersion: v3.2.0
--> apiVersion: v2.2.2
1: the apiVersion is v2.2.2; use one of v3.0.0, v3.0.1, v3.0.2, v3.1.0, v3.2.0

apiVersion: v3.2.0
--> apiVersion: 3.2.0
1: the apiVersion is 3.2.0; write v3.2.0

apiVersion: v3.2.0
--> apiVersion: v3.3.0
1: the apiVersion is v3.3.0; use one of v3.0.0, v3.0.1, v3.0.2, v3.1.0, v3.2.0

version: 1.2.0
--> version: 1.2
4: field 'version' is 1.2 without quotes, which YAML reads as a number; put it in quotes: "1.2"

required: true
--> requried: true
21: field 'requried' of column 'email' is not a field that the standard has there; did you mean
'required'; if not, remove it

    format: csv
-->     zzz: csv
10: field 'servers[0].zzz' is not a field that the standard has there; remove it

classification: public
--> classification:
39: field 'classification' of column 'country' is empty; use one of public, internal,
confidential, restricted

required: true
--> required: 'true'
21: field 'required' of column 'email' is 'true' in quotes, and so text; write true without them

required: true
--> required: 'yes'
21: field 'required' of column 'email' is 'yes'; write true or false

    format: csv
-->     format: 5
10: field 'servers[0].format' is 5 without quotes, which YAML reads as a number; put it in quotes:
"5"

    type: s3\n
-->     type: mysql\n    host: h\n    database: d\n    port: []\n
11: field 'servers[0].port' is a list; write a whole number or text in quotes

logicalTypeOptions: {minimum: 1, maximum: 100}
--> logicalTypeOptions: {minLength: 1}
44: field 'logicalTypeOptions.minLength' of column 'quantity' is not a field that the standard
has there; remove it

logicalTypeOptions: {minimum: 1, maximum: 100}
--> logicalTypeOptions: []
44: field 'logicalTypeOptions' of column 'quantity' is a list; write a mapping

enum: [{value: AT}, {value: "NO"}]
--> enum: [{value: AT}, {value: AT}]
40: field 'enum' of column 'country' has an item twice; keep one of them

status: active
--> team: {name: A, member: []}
5: field 'team.member' is not a field that the standard has there; did you mean 'members'; if
not, remove it

status: active
--> team: 5
5: field 'team' is '5', which the standard refuses (oneOf); correct it

status: active
--> team: [{name: A}]
5: field 'team[0]' lacks 'username'; add it

        primaryKey: true\n
-->         primaryKey: true\n        primaryKeyPosition: 1.0e+30\n
17: field 'primaryKeyPosition' of column 'order_id' is refused by the standard: Unable to parse
input string as an integer, exceeded maximum size

version: 1.2.0
--> version: ' '
4: the version is empty; it names the contract in manifests

id: 11111111-1111-4111-8111-111111111111
--> id: ''
3: the id is empty; it names the contract in manifests

customProperties:\n  - {property: pseudonymEpoch
-->   - {name: more}\ncustomProperties:\n  - {property: pseudonymEpoch
66: the dataset has no columns; describe them as its properties

- name: orders
--> - name: order
12: the schema object is named 'order'; name it 'orders' as the file is

pseudonymEpoch, value: 3
--> pseudonymEpoch, value: 0
67: pseudonymEpoch is '0'; use a whole number from 1

pseudonymEpoch, value: 3
--> pseudonymEpoch, value: "4"
67: pseudonymEpoch is '4'; use a whole number from 1, without quotes

pseudonymEpoch, value: 3
--> pseudonymEpoch, value: true
67: pseudonymEpoch is 'true'; use a whole number from 1

pseudonymEpoch, value: 3
--> pseudonymEpoch, value: 1.0
67: pseudonymEpoch is '1.0'; use a whole number from 1

pseudonymEpoch, value: 3
--> pseudonymEpoc, value: 3
67: the contract has the custom property 'pseudonymEpoc'; name it 'pseudonymEpoch', or give it
its vendor

pseudonymEpoch, value: 3
--> deidentify, value: {method: hmac}
67: the contract has the custom property 'deidentify', which belongs to a column; move it

    properties:\n
-->     customProperties: [{property: deidentify, value: {method: keep}}]\n    properties:\n
13: field 'schema[0]' has the custom property 'deidentify', which belongs to a column; move it

  - {property: pseudonymEpoch, value: 3}
-->   - {property: pseudonymEpoch, value: 3}\n  - {property: pseudonymEpoch, value: 4}
68: the contract has the custom property 'pseudonymEpoch' twice; keep one of them

- name: gift
--> - title: gift
63: column number 11 lacks 'name'; add it

- name: gift
--> - name: ''
63: column number 11 has the name ''; use 1 to 128 printable characters without a colon,
without a brace first and without a space at either end

- name: gift
--> - name: quantity
63: column 'quantity' appears twice; give each column a name of its own

encryptedName: email_token
--> encryptedName: Phone
27: column 'phone' is written as 'phone', but so is column 'email', leaving case aside; give it
another encryptedName or name

encryptedName: email_token
--> encryptedName: ' token'
23: column 'email' has the encryptedName ' token'; use 1 to 128 printable characters without a
colon, without a brace first and without a space at either end

required: true
--> physicalName: phone
27: column 'phone' is called 'phone' in files, but so is column 'email'; give it another
physicalName or name

logicalType: boolean\n
--> logicalType: boolean\n        unique: true\n
65: column 'gift' is of type boolean, which cannot be unique; remove it

logicalType: boolean
--> logicalType: array
63: column 'gift' is an array, which is kept as JSON text if its physicalType is json; add that, or
remove the column

logicalType: boolean\n
--> logicalType: object\n        physicalType: JSON\n        properties: []\n
66: column 'gift' has properties, which are not checked in JSON text; remove them

logicalType: boolean\n
--> logicalType: array\n        physicalType: json\n        items: {logicalType: string}\n
66: column 'gift' has items, which are not checked in JSON text; remove them

logicalType: boolean\n
--> logicalType: array\n        physicalType: json\n        logicalTypeOptions: {minItems: 1}\n
66: column 'gift' has the option 'minItems', which is not supported for type array; remove it

logicalType: boolean\n
--> logicalType: time\n        logicalTypeOptions: {timezone: true}\n
65: column 'gift' has the timezone true, but a time has no offset; remove it

minLength: 2
--> format: ipv5
18: column 'order_id' has the format 'ipv5', which is not supported; use date, time, date-time,
uuid, email, hostname, ipv4, ipv6, uri

minimum: 1, maximum: 100
--> multipleOf: 0.5
44: column 'quantity' has the multipleOf '0.5'; write an integer of 64 bits, such as 0 or -7, but
more than 0

exclusiveMinimum: 0, exclusiveMaximum: 10000.50
--> multipleOf: 0.001
49: column 'price' has the multipleOf '0.001'; write a decimal within the column's precision and
scale, such as 0 or -7.5, but more than 0

minimum: -0.5, maximum: 1.0e+3
--> multipleOf: 0.5
54: column 'weight' has the option 'multipleOf', which is not supported for type double; use
minimum, exclusiveMinimum, maximum, exclusiveMaximum

required: true
--> semanticType: measure
21: column 'email' is a measure, which no record holds; remove the column

        logicalType: boolean\n
-->
63: column 'gift' has no logicalType; use one of string, integer, number, boolean, date,
timestamp, time, array, object

logicalType: boolean
--> logicalType: bolean
64: column 'gift' has the logicalType 'bolean', which is not supported; use one of string,
integer, number, boolean, date, timestamp, time, array, object

logicalType: boolean
--> logicalType: vector
64: column 'gift' has the logicalType 'vector', which is not supported; use one of string,
integer, number, boolean, date, timestamp, time, array, object

logicalTypeOptions: {minimum: 1, maximum: 100}
--> logicalTypeOptions: {format: i32}
44: column 'quantity' has the option 'format', which is not supported for type integer; use
minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf

timezone: true
--> format: yyyy
62: column 'shipped_at' has the option 'format', which is not supported for type timestamp;
remove it: files have the form of ISO 8601

timezone: true
--> defaultTimezone: Etc/UTC
62: column 'shipped_at' has a defaultTimezone, which is for the timezone false only; add that, or
remove it

logicalType: boolean\n
--> logicalType: timestamp\n        logicalTypeOptions: {defaultTimezone: Europe/Berlin}\n
65: column 'gift' has the defaultTimezone 'Europe/Berlin', but many clocks show an hour twice each
year; use Etc/UTC, and write other instants with their offset

timezone: true
--> timezone: false
62: column 'shipped_at' has the minimum '2020-01-01T00:00:00Z'; write ISO 8601 without a zone,
such as "2026-01-31T08:30:00"

logicalType: boolean\n
--> logicalType: boolean\n        logicalTypeOptions: {minLength: 1}\n
65: column 'gift' has the option 'minLength', which is not supported for type boolean; remove it

minLength: 2
--> minLength: 2.0
18: column 'order_id' has the minLength 2.0; use a whole number such as 1

minLength: 2
--> minLength: 21
18: column 'order_id' admits no value between minLength 21 and maxLength 20; correct one of them

'^O[0-9]+$'
--> 'O[0-9]+$'
18: column 'order_id' has the pattern 'O[0-9]+$'; begin it with ^ and end it with $

'^O[0-9]+$'
--> '^O[0-9]+'
18: column 'order_id' has the pattern '^O[0-9]+'; begin it with ^ and end it with $

'^O[0-9]+$'
--> '^(?=O)[0-9]+$'
18: column 'order_id' has the pattern '^(?=O)[0-9]+$', which RE2 refuses (Invalid regular
expression: invalid perl operator: (?=); correct it

'^O[0-9]+$'
--> '^O)|(.*$'
18: column 'order_id' has the pattern '^O)|(.*$', which RE2 refuses (Invalid regular expression:
unexpected ): ^O)|(.*$); correct it

'^O[0-9]+$'
--> '^\QO$'
18: column 'order_id' has the pattern '^\\QO$', which RE2 refuses (Invalid regular expression:
missing ): ^(?:^\QO$)$); correct it

classification: public
--> description: x
37: column 'country' has no classification; add one of public, internal, confidential, restricted

classification: public
--> classification: restricted
39: column 'country' is classified 'restricted' but has no de-identification; add
customProperties deidentify: pseudonymize, hmac, encrypt, mask, truncate, generalize, shift,
redact, drop or an explicit keep

classification: public
--> classification: confidential
39: column 'country' is classified 'confidential' but has no de-identification; add
customProperties deidentify: pseudonymize, hmac, encrypt, mask, truncate, generalize, shift,
redact, drop or an explicit keep

          - property: deidentify\n
-->           - property: de-identify\n
25: column 'email' has the custom property 'de-identify'; name it 'deidentify', or give it its
vendor

{property: deidentify, value: {method: drop}}
--> {property: deidentify, value: {method: drop}, vendor: atlan}
34: column 'comment' is classified 'restricted' but has no de-identification; add
customProperties deidentify: pseudonymize, hmac, encrypt, mask, truncate, generalize, shift,
redact, drop or an explicit keep

{property: deidentify, value: {method: drop}}
--> {property: pseudonymEpoch, value: 2}\n          - {property: deidentify, value: {method: drop}}
36: column 'comment' has the custom property 'pseudonymEpoch', which belongs to the contract;
move it

{method: drop}
--> {method: hash}
36: column 'comment' has a deidentify with the method 'hash'; write value: {method: …} with
pseudonymize, hmac, encrypt, mask, truncate, generalize, shift, redact, drop or keep

{method: drop}
--> drop
36: column 'comment' has a deidentify with no method; write value: {method: …} with
pseudonymize, hmac, encrypt, mask, truncate, generalize, shift, redact, drop or keep

{method: drop}
--> {keepLast: 3}
36: column 'comment' has a deidentify with no method; write value: {method: …} with
pseudonymize, hmac, encrypt, mask, truncate, generalize, shift, redact, drop or keep

{method: drop}
--> {method: [drop]}
36: column 'comment' has a deidentify with the method ['drop']; write value: {method: …} with
pseudonymize, hmac, encrypt, mask, truncate, generalize, shift, redact, drop or keep

{method: drop}
--> {method: truncate}
36: column 'comment' has the length ''; use a whole number from 1

{method: drop}
--> {method: truncate, length: 3}
36: column 'comment' would leave 3 characters, which may be more than half; give it a minLength
of at least 6

{method: drop}
--> {method: generalize}
36: column 'comment' has the prefix ''; use a whole number from 1

{method: drop}
--> {method: generalize, prefix: 3}
36: column 'comment' would leave 3 characters, which may be more than half; give it a minLength
of at least 6

{method: drop}
--> {method: redact, patterns: []}
36: column 'comment' has an invalid patterns option; write a list of email, iban, card, ssn, phone

{method: drop}
--> {method: redact, patterns: [email, email]}
36: column 'comment' has an invalid patterns option; write a list of email, iban, card, ssn, phone

{method: drop}
--> {method: redact, patterns: [email, name]}
36: column 'comment' has an invalid patterns option; write a list of email, iban, card, ssn, phone

{method: drop}
--> {method: redact, patterns: email}
36: column 'comment' has an invalid patterns option; write a list of email, iban, card, ssn, phone

{method: hmac}
--> {method: hmac, domain: _person}
26: column 'email' has the domain '_person'; use 1 to 63 letters, digits, underscores and hyphens,
a letter first

{method: hmac}
--> {method: encrypt}
26: column 'email' has no reidentification, for which its tokens may be reversed; name that
purpose, such as fraud-investigation, or use pseudonymize

{method: hmac}
--> {method: encrypt, reidentification: fraud investigation}
26: column 'email' has the reidentification 'fraud investigation'; use 1 to 63 letters, digits,
underscores and hyphens, a letter first

{method: hmac}
--> {method: hmac, domain: 1}
26: column 'email' has the domain '1'; use 1 to 63 letters, digits, underscores and hyphens,
a letter first

{method: hmac}
--> {method: hmac, normalize: [casefold]}
26: column 'email' has an invalid normalize option; write a list of nfc, trim, lowercase

{method: drop}
--> {method: drop, keepLast: 3}
36: column 'comment' has a deidentify with 'keepLast', which drop does not have; remove it

keepLast: 4
--> keepMiddle: 4
31: column 'phone' has a deidentify with 'keepMiddle', which mask does not have; remove it

keepLast: 4
--> keepLast: -4
31: column 'phone' has the keepLast '-4'; use a whole number from 0

keepLast: 4
--> keepLast: true
31: column 'phone' has the keepLast 'true'; use a whole number from 0

keepLast: 4
--> keepFirst: 1.0
31: column 'phone' has the keepFirst '1.0'; use a whole number from 0

{method: mask, keepLast: 4}
--> {method: drop}}, {property: deidentify, value: {method: drop}
31: column 'phone' has the custom property 'deidentify' twice; keep one of them

{method: hmac}
--> {method: keep}
23: column 'email' has an encryptedName, which is for the method pseudonymize or hmac or
encrypt only; remove it

{value: "NO"}
--> {value: NO}
40: column 'country' has an enum value that is NO without quotes, which YAML reads as false; put
it in quotes: "NO"

{value: "NO"}
--> {value: 1.0}
40: column 'country' has an enum value that is 1.0 without quotes, which YAML reads as a number;
put it in quotes: "1.0"

{value: "NO"}
--> {value: 007}
40: column 'country' has an enum value that is 007 without quotes, which YAML reads as the number
7; put it in quotes: "007"

{value: "NO"}
--> {value: True}
40: column 'country' has an enum value that is True without quotes, which YAML reads as true; put
it in quotes: "True"

{value: "NO"}
--> {value: NULL}
40: column 'country' has an enum value that is NULL without quotes, which YAML reads as null; put
it in quotes: "NULL"

{value: "NO"}
--> {value: ''}
40: column 'country' has the enum value ''; write text of at least a character in quotes

{value: "NO"}
--> {value: AT, label: Austria}
40: column 'country' has the enum value 'AT' twice; keep one of them

logicalType: integer\n
--> logicalType: integer\n        enum: [{value: '1'}]\n
43: column 'quantity' has an enum, which is for type string only; remove it
"""


def case(block: str) -> tuple[str, str, str]:
    """The text to replace, its replacement, and the sentence of a case."""
    old, new, *sentence = block.replace("\n--> ", "\n").replace("\n-->", "\n").split("\n")
    return old.replace(r"\n", "\n"), new.replace(r"\n", "\n"), " ".join(sentence)


@pytest.mark.parametrize(("old", "new", "sentence"), [*map(case, WRONG.strip().split("\n\n"))])
def test_one_mistake_gives_one_sentence_with_its_line(
    directory: Path, old: str, new: str, sentence: str
) -> None:
    assert mistakes(directory, edited(old, new)) == [
        f"contracts/orders.odcs.yaml, line {sentence}."
    ]


@pytest.mark.parametrize("name", ["t_orders", "ORDERS", "Sales-Orders_2024", "NONE", "o" * 63])
def test_a_dataset_has_a_name_as_tables_have(directory: Path, name: str) -> None:
    assert (
        mistakes(directory, edited("- name: orders", f"- name: {name}"), f"{name}.odcs.yaml") == []
    )
    assert compile_contracts(directory)[name].dataset == name


@pytest.mark.parametrize("name", ["1orders", "_orders", "or ders", "or.ders", "örders", "o" * 64])
def test_a_dataset_name_fits_a_key(directory: Path, name: str) -> None:
    text = edited("- name: orders", f"- name: {name}")
    assert mistakes(directory, text, f"{name}.odcs.yaml") == [
        f"contracts/{name}.odcs.yaml, line 12: the dataset is named {name!r}; use 1 to 63 "
        "letters, digits, underscores and hyphens, a letter first."
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *[("orders", "Orders"), ("t-orders", "t_orders"), ("T-Orders", "t_orders")],
        ("Orders", "orders@1.2.0"),
    ],
)
def test_two_datasets_are_not_one_table(directory: Path, first: str, second: str) -> None:
    """Also a version whose file is spelled otherwise than that of its dataset."""
    first, second = sorted((first, second), key=lambda name: f"{name}.odcs.yaml")
    names = [name.partition("@")[0] for name in (first, second)]
    assert (
        mistakes(directory, edited("- name: orders", f"- name: {names[0]}"), f"{first}.odcs.yaml")
        == []
    )
    other = edited("- name: orders", f"- name: {names[1]}").replace("id: 1", "id: 2")
    assert (
        f"contracts/{second}.odcs.yaml, line 12: the dataset's name differs from that of "
        f"contracts/{first}.odcs.yaml only in case, hyphens and underscores, so that both would "
        "be one table; rename one of them."
    ) in mistakes(directory, other, f"{second}.odcs.yaml")


def test_every_mistake_of_every_file_is_reported_in_order(directory: Path) -> None:
    mistakes(directory, edited("version: 1.2.0", "version: ''"), "aardvarks.odcs.yaml")
    text = edited("pseudonymEpoch, value: 3", "pseudonymEpoch, value: x")
    text = text.replace("{method: drop}", "{method: hash}").replace("'^O[0-9]+$'", "'O$'")
    assert [sentence.split(":")[0] for sentence in mistakes(directory, text)] == [
        "contracts/aardvarks.odcs.yaml, line 4",
        "contracts/aardvarks.odcs.yaml, line 12",
        "contracts/orders.odcs.yaml, line 3",
        "contracts/orders.odcs.yaml, line 18",
        "contracts/orders.odcs.yaml, line 36",
        "contracts/orders.odcs.yaml, line 67",
    ]


def test_two_contracts_have_two_ids(directory: Path) -> None:
    mistakes(directory, CONTRACT)
    text = edited("- name: orders", "- name: sales")
    assert mistakes(directory, text, "sales.odcs.yaml") == [
        "contracts/sales.odcs.yaml, line 3: the id is that of contracts/orders.odcs.yaml too; "
        "give each its own."
    ]


@pytest.mark.parametrize("name", ["orders.yaml", "orders.yml", "orders.odcs.yml"])
def test_a_file_that_would_not_be_read_is_reported(directory: Path, name: str) -> None:
    assert mistakes(directory, CONTRACT, name) == [
        f"contracts/{name}: no contract is read from this file; name it <dataset>.odcs.yaml."
    ]


def test_no_contract_at_all_is_a_mistake(directory: Path) -> None:
    (directory / "README.md").touch()
    with pytest.raises(ContractError) as raised:
        compile_contracts(directory)
    assert str(raised.value) == (
        "contracts: there is no data contract, so nothing could ever be processed; add one, such "
        "as contracts/customers.odcs.yaml."
    )


@pytest.mark.parametrize(
    ("content", "line", "sentence"),
    [
        (b"", 1, "the file is empty; write a contract or delete it"),
        (b"# nothing\n", 1, "the file is empty; write a contract or delete it"),
        (b"kind", 1, "the contract is 'kind'; write a mapping"),
        (
            b"id: x\ndataContractSpecification: 1.1.0\nmodels: {}\nservers: {}\n",
            2,
            "field 'dataContractSpecification' is of another standard, the Data Contract "
            "Specification; convert the file to ODCS",
        ),
        (b"kind: DataContract\nid: \xe9\n", 2, "the file is not UTF-8; save it as such"),
        (
            b"a: 1\nb: \x01\n",
            2,
            "the file is not YAML: special characters are not allowed; remove it",
        ),
        (
            b"a: 1\n---\nb: 2\n",
            2,
            "the file is not YAML: but found another document; write each contract into a file of "
            "its own",
        ),
        (
            b"%FOO\n%YAML 2.0\n--- {}",
            2,
            "the file is not YAML: found incompatible YAML document (version 1.* is required); "
            "correct it or put it in quotes",
        ),
    ],
)
def test_a_file_without_a_contract_is_reported(
    directory: Path, content: bytes, line: int, sentence: str
) -> None:
    assert mistakes(directory, content) == [
        f"contracts/orders.odcs.yaml, line {line}: {sentence}."
    ]


HEAD = CONTRACT[: CONTRACT.index("schema:")]


def test_a_dataset_may_have_so_many_columns_and_no_more(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert contracts.MAX_COLUMNS == 1000
    monkeypatch.setattr(contracts, "MAX_COLUMNS", CONTRACT.count("classification:"))
    assert mistakes(directory, CONTRACT) == []
    monkeypatch.setattr(contracts, "MAX_COLUMNS", contracts.MAX_COLUMNS - 1)
    assert mistakes(directory, CONTRACT) == [
        "contracts/orders.odcs.yaml, line 13: the dataset has 11 columns; use 1 to 10."
    ]


@pytest.mark.parametrize(
    ("schema", "line", "sentence"),
    [
        ("", 1, "the schema has no object; add one, which describes a dataset"),
        (
            "schema: []",
            11,
            "the schema has no object; add one, which describes a dataset",
        ),
        (
            "schema: [{name: orders}]",
            11,
            "the dataset has no columns; describe them as its properties",
        ),
        (
            "schema: [{name: orders, properties: []}]",
            11,
            "the dataset has no columns; describe them as its properties",
        ),
    ],
)
def test_a_contract_has_one_dataset_with_columns(
    directory: Path, schema: str, line: int, sentence: str
) -> None:
    assert mistakes(directory, HEAD + schema) == [
        f"contracts/orders.odcs.yaml, line {line}: {sentence}."
    ]


def test_something_is_left_of_a_dataset(directory: Path) -> None:
    schema = "schema: [{name: orders, properties: [%s]}]"
    dropped = "customProperties: [{property: deidentify, value: {method: drop}}]"
    column = f"{{name: a, logicalType: string, classification: internal, {dropped}}}"
    assert mistakes(directory, HEAD + schema % column) == [
        "contracts/orders.odcs.yaml, line 11: all columns are dropped, so that nothing would be "
        "left; keep something of one: with another method, such as {method: pseudonymize}, or "
        "{method: generalize, to: month} for a date, or as internal without a method if it tells "
        "of nobody."
    ]
    kept = "{name: b, logicalType: string, classification: internal}"
    assert mistakes(directory, HEAD + schema % f"{column}, {kept}") == []


def test_what_is_written_is_the_contract_and_always_the_same_bytes(
    directory: Path, tmp_path: Path
) -> None:
    mistakes(directory, edited("value: AT", "value: Ö"))
    compiled = compile_contracts(directory)
    script = (
        "import sys; from pathlib import Path; from lib.contracts import *; "
        "write_contracts(compile_contracts(Path(sys.argv[1])), Path(sys.argv[2]))"
    )
    outputs = [tmp_path / "here", tmp_path / "first", tmp_path / "second"]
    write_contracts(compiled, outputs[0])
    for seed, output in enumerate(outputs[1:], start=1):
        command = [sys.executable, "-c", script, str(directory), str(output)]
        subprocess.run(command, check=True, cwd=ROOT, env={"PYTHONHASHSEED": str(seed)})
    written = {(output / "orders.json").read_bytes() for output in outputs}
    assert len(written) == 1
    assert json.loads(written.pop()) == dump(compiled["orders"])


def test_the_contracts_of_this_repository_are_valid() -> None:
    compiled = compile_contracts(ROOT / "contracts")
    assert set(compiled) >= {"customers", "payments"}
    assert {
        column.name: column.deidentify.name
        for column in compiled["customers"].columns
        if column.deidentify.name != "keep"
    } == {
        "customer_id": "pseudonymize",
        "full_name": "drop",
        "email": "pseudonymize",
        "phone": "mask",
        "birth_date": "generalize",
        "national_id": "pseudonymize",
        "address": "drop",
        "postcode": "generalize",
        "signup_at": "generalize",
        "credit_limit": "generalize",
    }
