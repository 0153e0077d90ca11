"""Contracts of the kinds that are public, as standards' examples and tools' fixtures have them.

They are written anew. ACCEPTED and REFUSED have what the pipeline asks of all contracts: a
classification of each column. So what is refused is refused for its kind. Those of MORE are as
their authors write them: nothing in them is for this pipeline.
"""

ID = "{name: id, logicalType: string, classification: internal}"


def written(
    columns: str = ID,
    *,
    top: str = "",
    table: str = "",
    version: str = "v3.0.2",
    name: str = "orders",
) -> str:
    """A contract with one table."""
    return (
        f"apiVersion: {version}\nkind: DataContract\nid: urn:x\nversion: 1.0.0\nstatus: active\n"
        f"{top}\nschema:\n  - name: {name}\n    physicalType: table\n{table}\n"
        f"    properties:\n      - {columns}\n"
    )


def column(facts: str) -> str:
    """A column that is harmless."""
    return f"{{name: c, classification: public, {facts}}}"


ACCEPTED = {
    "several tables": written() + f"  - name: others\n    properties:\n      - {ID}\n",
    "a table of a warehouse": written(
        column("logicalType: string, physicalType: varchar(18), primaryKeyPosition: -1, tags: []"),
        top="servers:\n  - {server: w, type: postgres, host: h, port: 1, database: d, schema: s}",
    ),
    "a name with underscores": written(name="tbl_orders"),
    "a name in capitals": written(name="ORDERS"),
    "types of a database alone": written(column("physicalType: BIGINT, required: true")),
    "a decimal of Oracle": written(column("logicalType: number, physicalType: 'NUMBER(10,2)'")),
    "a number of whole numbers": written(column("logicalType: number, physicalType: INT")),
    "a floating number": written(column("logicalType: number, physicalType: FLOAT64")),
    "a type that no database is known by": written(
        column("logicalType: string, physicalType: x!")
    ),
    "dates in examples": written(column("logicalType: date, examples: [2022-10-03, 2020-01-28]")),
    "a date of its creation": written(top="contractCreatedTs: 2022-11-15T02:59:43+00:00"),
    "a team as a list": written(
        top="team:\n  - {username: ann, role: Owner, dateIn: 2022-08-02, dateOut: 2022-10-01}"
    ),
    "a team with members": written(
        top="team: {name: Sales, members: [{username: ann, role: Owner}]}", version="v3.1.0"
    ),
    "roles, prices and support": written(
        top="roles: [{role: reader, access: read}]\nprice: {priceAmount: 9.95, priceUnit: MB}\n"
        "support: [{channel: help, url: https://example.com}]"
    ),
    "service levels of other kinds": written(
        top="slaProperties:\n  - {property: timeOfAvailability, value: 09:00-08:00, driver: x}\n"
        "  - {property: generalAvailability, value: 2022-05-12T09:30:10-08:00}"
    ),
    "definitions elsewhere": written(
        table="    authoritativeDefinitions: [{url: https://example.com, type: definition}]"
    ),
    "relationships": written(
        column("logicalType: string, relationships: [{to: people.id, type: foreignKey}]"),
        version="v3.1.0",
    ),
    "properties of a vendor": written(
        table="    customProperties: [{property: business-key, value: [a, b]}]"
    ),
    "transformations": written(
        column("logicalType: string, transformLogic: select 1, transformSourceObjects: [t]")
    ),
    "an enumeration": written(
        column("logicalType: string, enum: [{value: open, label: Open}]"), version="v3.2.0"
    ),
    "a column that is deprecated": written(
        column("logicalType: string, deprecated: true"), version="v3.2.0"
    ),
    "context in a sentence": written(table="    context: One row per order.", version="v3.2.0"),
    "no status": written(version="v3.2.0").replace("status: active\n", ""),
    "a classification of its own words": written(ID.replace("internal", "Non-Sensitive")),
    "a key of a message": written(
        top="servers: [{server: k, type: kafka, host: h, format: avro}]"
    ),
    "quality as text": written(table="    quality: [{type: text, description: must be good}]"),
    "quality as a metric": written(
        table="    quality: [{metric: rowCount, mustBeGreaterThan: 1}]", version="v3.1.0"
    ),
}
REFUSED = {
    "nested columns": (
        written(column(f"logicalType: object, physicalType: json, properties: [{ID}]")),
        "column 'c' has properties, which are not checked in JSON text; remove them",
    ),
    "a list": (
        written(column("logicalType: array, items: {logicalType: string}")),
        "column 'c' is an array, which is kept as JSON text if its physicalType is json; add that",
    ),
    "a partition": (
        written(column("logicalType: date, partitioned: true, partitionKeyPosition: 1")),
        "column 'c' is partitioned, but each file becomes one output, whose key no value may be",
    ),
    "a decimal without digits": (
        written(column("logicalType: number, physicalType: DECIMAL")),
        "column 'c' is a number, whose physicalType must be double or decimal(p,s)",
    ),
    "a timestamp as a date": (
        written(column("logicalType: date, physicalType: TIMESTAMP")),
        "column 'c' has the logicalType 'date', but the physicalType 'TIMESTAMP'; use the "
        "logicalType timestamp, or another physicalType",
    ),
    "a date in a form of its own": (
        written(column("logicalType: date, logicalTypeOptions: {format: dd/MM/yyyy}")),
        "column 'c' has the option 'format', which is not supported for type date; remove it: "
        "files have the form of ISO 8601, or in CSV that of the option dates of the custom "
        "property csv",
    ),
    "a pattern without ends": (
        written(column("logicalType: string, logicalTypeOptions: {pattern: 'A[0-9]+'}")),
        "column 'c' has the pattern 'A[0-9]+'; begin it with ^ and end it with $",
    ),
    "quality in SQL": (
        written(table="    quality: [{type: sql, query: select 1, mustBe: 1}]"),
        "is of type sql, which is not run here; write a metric instead",
    ),
    "a measure": (
        written(column("logicalType: integer, semanticType: measure"), version="v3.2.0"),
        "column 'c' is a measure, which no record holds; remove the column",
    ),
    "a version that is a number": (
        written().replace("version: 1.0.0", "version: 1.0"),
        'version\' is 1.0 without quotes, which YAML reads as a number; put it in quotes: "1.0"',
    ),
    "a later field in an older version": (
        written(column("logicalType: string, enum: [{value: open}]"), version="v3.1.0"),
        "column 'c' has 'enum', which ODCS has from v3.2.0 on; write that as apiVersion",
    ),
    "an older standard": (
        written(version="v2.2.2"),
        "the apiVersion is v2.2.2; use one of v3.0.0, v3.0.1, v3.0.2, v3.1.0, v3.2.0",
    ),
    "a misspelt field": (
        written(column("logicalType: string, requried: true")),
        "is not a field that the standard has there; did you mean 'required'",
    ),
    "no classification": (
        written("{name: c, logicalType: string}"),
        "column 'c' has no classification; add one of public, internal, confidential, restricted",
    ),
}


PLAIN = "{name: id, logicalType: string}"


def bare(facts: str, **options: str) -> str:
    """A contract with a column that has just these facts, and a plain one."""
    return written(f"{{name: c, {facts}}}\n      - {PLAIN}", **options)


def ruled(rules: str, facts: str = "logicalType: string", **options: str) -> str:
    """A contract with rules of quality for a column."""
    return bare(f"{facts}, quality: [{rules}]", **options)


HEAD = "apiVersion: v3.0.2\nkind: DataContract\nid: urn:x\nversion: 1.0.0\nstatus: active\n"
BLOCK = (
    HEAD
    + """\
schema:
  - name: orders # a table
    physicalType: table
    # rules that were written elsewhere
    quality:
      - type: sql
        query: |
          select count(*)
            from orders
        mustBe: 0

      - rule: countCheck # of all
        mustBeGreaterThan: 0
    properties:
      - name: email
        # where we write to
        logicalType: string
        description: >
          How to reach them,
          if at all.

        partitioned: false
      - partitioned: true
        partitionKeyPosition: 1
        name: lines
        logicalType: array
        items:
          logicalType: object
          # what a line is
          properties:
            - name: sku
              logicalType: string
      -
        name: total
        logicalType: number
        customProperties:
          - property: origin
            value: till
        quality:
          - type: custom
            engine: soda
            implementation: "x: y"
"""
)

MORE = {
    "blocks with comments": BLOCK,
    "lines of another system": BLOCK.replace("\n", "\r\n"),
    "no line end at the end": BLOCK.rstrip(),
    "a document in JSON": (
        '{"apiVersion": "v3.0.2", "kind": "DataContract", "id": "x", "version": "1",\n'
        ' "status": "active", "schema": [{"name": "orders", "properties": [\n'
        '  {"name": "email", "logicalType": "string"},\n'
        '  {"name": "lines", "logicalType": "array", "items": {"logicalType": "string"}}]}]}\n'
    ),
    "a number alone": bare("logicalType: number"),
    "a number with too little": bare("logicalType: number, physicalType: NUMERIC"),
    "a number of 32 bits": bare("logicalType: number, logicalTypeOptions: {format: f32}"),
    "an integer of 64 bits": bare("logicalType: integer, logicalTypeOptions: {format: i64}"),
    "a moment of a database": bare("physicalType: TIMESTAMP"),
    "a struct of a database": bare("physicalType: 'STRUCT<a: INT>'"),
    "an array of a database": bare("physicalType: 'ARRAY<STRING>'"),
    "an array as text": bare("logicalType: array, physicalType: varchar"),
    "an object with options": bare(
        "logicalType: object, logicalTypeOptions: {minProperties: 1, required: [a]}"
    ),
    "a list with options": bare(
        "logicalType: array, logicalTypeOptions: {minItems: 1, uniqueItems: true}, unique: true"
    ),
    "a map": bare("logicalType: map, map: {key: {logicalType: string}}", version="v3.2.0"),
    "a day in ISO's form": bare("logicalType: date, logicalTypeOptions: {format: yyyy-MM-dd}"),
    "a moment in ISO's form": bare(
        "logicalType: timestamp, logicalTypeOptions: {format: \"yyyy-MM-dd'T'HH:mm:ssZ\"}",
        version="v3.1.0",
    ),
    "a text with a format of its own": bare(
        "logicalType: string, logicalTypeOptions: {format: password, maxLength: 80}"
    ),
    "a name for what is encrypted": bare(
        "logicalType: string, classification: public, encryptedName: c_encrypted"
    ),
    "a class of its own words": bare("logicalType: string, classification: Tier 4"),
    "a class without a word": bare("logicalType: string, classification:"),
    "a sensitive class alone": bare("logicalType: string, classification: PII"),
    "properties of a vendor in a column": bare(
        "logicalType: string, classification: secret, "
        "customProperties: [{property: origin, value: x}]"
    ),
    "a strategy of another tool": bare(
        "logicalType: string, classification: secret, "
        "customProperties: [{property: anonymizationStrategy, value: hashing}]"
    ),
    "an empty list of properties": bare(
        "logicalType: string, classification: secret, customProperties: []"
    ),
    "a version that is a number": written().replace("version: 1.0.0", "version: 1.0"),
    "a flag in quotes": bare("logicalType: string, required: 'true'"),
    "no id": written().replace("id: urn:x\n", ""),
    "no version": written().replace("version: 1.0.0\n", ""),
    "no status in an old version": written().replace("status: active\n", ""),
    "an empty status": written().replace("status: active\n", "status:\n"),
    "no kind": written().replace("kind: DataContract\n", ""),
    "no version of the standard": written().replace("apiVersion: v3.0.2\n", ""),
    "a field of nobody": bare("logicalType: string, zzqx_77: 1"),
    "names of fields in other formats": bare("type: BIGINT, isNullable: false, isUnique: true"),
    "a moment that ODCS 3.0 calls a date": bare("logicalType: date, physicalType: timestamptz"),
    "documentation without a word": written(
        top="description: {purpose: Sales, usage: null, limitations:}\ntags: ~",
        table="    physicalName: null",
    ),
    "documentation that is misspelt": bare("logicalType: string, busnessName: a"),
    "an enum among the options": bare(
        "logicalType: string, logicalTypeOptions: {enum: [open, ö, 'NO'], maxLength: 9}"
    ),
    "an enum as the only option": bare("logicalType: string, logicalTypeOptions: {enum: [a]}"),
    "a type of a later version": bare("logicalType: timestamp"),
    "an enum of numbers": bare("logicalType: integer, enum: [{value: 1}]", version="v3.2.0"),
    "old names of metrics": ruled("{rule: duplicateCount, mustBeLessThan: 1}, {rule: nullCheck}"),
    "a metric of valid values": ruled("{rule: validValues, validValues: [a, b]}"),
    "a metric of nobody": ruled("{metric: zzqx, mustBe: 1}"),
    "a metric at the wrong place": ruled("{metric: rowCount, mustBe: 1}", version="v3.1.0"),
    "a count without a number": written(table="    quality: [{rule: countCheck}]"),
    "duplicates of nothing": written(table="    quality: [{rule: duplicateCount, mustBe: 0}]"),
    "duplicates of lists": ruled("{rule: duplicateCount, mustBe: 0}", "logicalType: array"),
    "a severity of its own": ruled("{rule: nullCheck, severity: blocker}"),
    "a rule of nothing": ruled("{}"),
    "a rule of words": ruled("{description: Looks right.}"),
    "a rule of another tool": ruled(
        "{type: custom, engine: soda, implementation: x}, {rule: nullCheck, mustBe: 0}"
    ),
    "only personal columns": written("{name: email, logicalType: string}"),
    "only columns that are hidden": written(
        "{name: email, logicalType: string, classification: PII}\n"
        "      - {name: order_id, logicalType: string, classification: PII}"
    ),
    "several tables alone": bare("logicalType: string")
    + "  - name: others\n    properties:\n      - {name: mail, logicalType: string}\n",
}
