"""A valid contract, and the mistakes that are reported when it is changed."""

import re
from pathlib import Path

from lib.contracts import ContractError, compile_contracts

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
