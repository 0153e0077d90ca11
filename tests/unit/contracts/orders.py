"""A valid contract, and the mistakes that are reported when it is changed."""

import re
from collections import defaultdict
from pathlib import Path

import yaml

from lib.contracts import ContractError, compile_contracts
from processor.contract.column import Column, Method, Rules, Written
from processor.deidentification.methods import METHODS

CONTRACT = """\
apiVersion: v3.2.0
kind: DataContract
id: 11111111-1111-4111-8111-111111111111
version: 1.2.0
status: active
servers:
  - server: landing
    type: s3
    location: s3://bucket/incoming/orders/
    format: csv
schema:
  - name: orders
    properties:
      - name: order_id
        logicalType: string
        primaryKey: true
        classification: internal
        logicalTypeOptions: {pattern: '^O[0-9]+$', minLength: 2, maxLength: 20}
      - name: email
        logicalType: string
        required: true
        classification: restricted
        encryptedName: email_token
        customProperties:
          - property: deidentify
            value: {method: hmac}
      - name: phone
        logicalType: string
        logicalTypeOptions: {minLength: 8}
        classification: confidential
        customProperties: [{property: deidentify, value: {method: mask, keepLast: 4}}]
      - name: comment
        logicalType: string
        classification: restricted
        customProperties:
          - {property: deidentify, value: {method: drop}}
      - name: country
        logicalType: string
        classification: public
        enum: [{value: AT}, {value: "NO"}]
      - name: quantity
        logicalType: integer
        classification: internal
        logicalTypeOptions: {minimum: 1, maximum: 100}
      - name: price
        logicalType: number
        physicalType: decimal(12,2)
        classification: internal
        logicalTypeOptions: {exclusiveMinimum: 0, exclusiveMaximum: 10000.50}
      - name: weight
        logicalType: number
        physicalType: double
        classification: internal
        logicalTypeOptions: {minimum: -0.5, maximum: 1.0e+3}
      - name: ordered_on
        logicalType: date
        classification: internal
        logicalTypeOptions: {minimum: "2020-01-01", maximum: "2030-12-31"}
      - name: shipped_at
        logicalType: timestamp
        classification: internal
        logicalTypeOptions: {minimum: "2020-01-01T00:00:00Z", timezone: true}
      - name: gift
        logicalType: boolean
        classification: internal
customProperties:
  - {property: pseudonymEpoch, value: 3}
"""


def mistakes(directory: Path, text: str | bytes, name: str = "orders.odcs.yaml") -> list[str]:
    """The sentences about a contract with this text; none if it is valid."""
    content = text if isinstance(text, bytes) else text.encode()
    (directory / name).write_bytes(content)
    try:
        compile_contracts(directory)
    except ContractError as error:
        return str(error).split("\n")
    return []


def compare(directory: Path, current: str, other: str) -> list[str]:
    """The sentences about another version, given the current one."""
    (directory / "orders.odcs.yaml").write_text(current)
    (directory / "orders@1.1.0.odcs.yaml").write_text(
        other.replace("version: 1.2.0", "version: 1.1.0")
    )
    try:
        compile_contracts(directory)
    except ContractError as error:
        return str(error).splitlines()
    return []


def edited(old: str, new: str) -> str:
    """The valid contract with its only ``old`` replaced."""
    assert CONTRACT.count(old) == 1, f"{old!r} occurs {CONTRACT.count(old)} times"
    return CONTRACT.replace(old, new)


def bounded(column: str, options: str) -> str:
    """The valid contract with other options for ``column``."""
    pattern = rf"(- name: {column}\n(?:.*\n){{1,3}}? +logicalTypeOptions: ){{.*}}\n"
    text, count = re.subn(pattern, rf"\g<1>{{{options}}}\n", CONTRACT)
    assert count == 1
    return text


METHOD = "        customProperties: [{property: deidentify, value: {method: %s}}]\n"


def deidentified(column: str, method: str) -> str:
    """The valid contract with a method for ``column``, which had none."""
    return edited(f"- name: {column}\n", f"- name: {column}\n{METHOD % method}")


LENGTH = 12
"""The characters that a text must have at least for the methods of TEXT_METHODS."""


def write_method(method: type[Method]) -> str | None:
    """Return the first documented example of a method that a column of such texts may have."""
    for documented in method.says:
        written = yaml.safe_load(documented)
        del written["method"]
        texts = defaultdict(str, {option: str(value) for option, value in written.items()})
        found, complaints = method.read(written, texts.__getitem__)
        column = Column(
            name="text",
            type="string",
            required=False,
            rules=Rules(min_length=LENGTH),
            deidentify=found,
            output="text" if issubclass(method, Written) else None,
        )
        if not complaints and not list(found.complaints(column)):
            return documented.strip("{}").removeprefix("method: ")
    return None


TEXT_METHODS = {
    method.name: example for method in METHODS if (example := write_method(method)) is not None
}
"""Each method for texts, as a contract writes it after ``method:``."""
