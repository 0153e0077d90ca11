"""The reasons: why a file is refused as a whole, or a row rejected.

Their texts are part of the interface: manifests and quarantine have them, and other programs
compare them. A reason that is not here cannot be raised. ``docs/reasons.md`` is generated from
this.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

Unit = Literal["bytes", "columns", "column chunks", "rows", "times the size of the file"]

_BLANK = re.compile("<[a-z]+>")


@dataclass(frozen=True)
class Explanation:
    """What people need to know about a reason.

    Attributes:
        text: its text in manifests and quarantine.
        means: what is wrong.
        cause: what usually causes it.
        producer, steward, operator: what each of them can do, if anything: who uploads the files,
            who answers for the contract, and who deploys.
        unit: the unit of a refusal's ``limit``; None if it has none.
    """

    text: str
    means: str
    cause: str
    producer: str = ""
    steward: str = ""
    operator: str = ""
    unit: Unit | None = None

    @property
    def remedies(self) -> dict[str, str]:
        """What to do, by role."""
        remedies = {
            "producer": self.producer,
            "steward": self.steward,
            "operator": self.operator,
        }
        return {who: remedy for who, remedy in remedies.items() if remedy}


# Remedies that several reasons share.
_SPLIT = "Split the file and upload the parts."
_AGAIN = "Write the file again and upload it."
_CSV = "Save the table as CSV in UTF-8, and upload that."
_OTHER = "Write CSV, JSON Lines or Parquet, and upload that."
_UNPACK = "Unpack the file; compress it with gzip or zstd, or not at all."
_UTF8 = "Write the file in UTF-8, or as the contract says."
_ENCODING = "If all files are like this one, set `csv.encoding` in the contract."
_COLUMN = "Correct the header, or upload files with the columns of the contract."
_DIALECT = "If all files are like this one, change `csv` in the contract."
_OBJECT = "Write one JSON object on each line."
_VALUE = "Correct the value in the source."
_RULE_WRONG = "If the value is right, change the rule in the contract."
_TYPE_WRONG = "If the values are right, change the column's type in the contract."


class Reason(StrEnum):
    """A reason.

    Some texts have a blank, such as ``<column>:required``; those are stated by :meth:`about`.
    """

    explanation: Explanation

    def __new__(cls, explanation: Explanation) -> Self:
        """Make a member that equals its text."""
        reason = str.__new__(cls, explanation.text)
        reason._value_ = explanation.text
        reason.explanation = explanation
        return reason

    @classmethod
    def of(cls, text: str) -> "Reason":
        """Return the reason that a text in a manifest or in quarantine states.

        Raises:
            ValueError: it states none.
        """
        found = [one for one in cls if one == text] or [one for one in cls if _fits(text, one)]
        if not found:
            raise ValueError(f"{text!r} states no reason")
        return found[0]

    def about(self, subject: str) -> "ReasonAbout":
        """Return the reason with its blank filled, such as by the name of a column."""
        return ReasonAbout(self, subject)

    OBJECT_UNSAFE_NAME = Explanation(
        "object:unsafe-name",
        means="The object's name has a segment that is `.` or `..`.",
        cause="A path was joined to a prefix without being resolved.",
        producer="Upload the file under a name without such a segment.",
    )
    OBJECT_ARCHIVED = Explanation(
        "object:archived",
        means="The object is in an archive, so its bytes cannot be read.",
        cause="It was uploaded with a storage class such as GLACIER, or has been archived since.",
        producer="Upload it with the storage class STANDARD.",
        operator="Restore the object, then upload it again.",
    )
    OBJECT_TOO_LARGE = Explanation(
        "object:too-large",
        means="The object is larger than the limit.",
        cause="A full export instead of a daily one, or files that have grown.",
        producer=_SPLIT,
        operator=(
            "Raise the setting that the manifest names, deploy, and replay the refused files."
        ),
        unit="bytes",
    )
    OBJECT_TAKES_TOO_LONG = Explanation(
        "object:takes-too-long",
        means="The object could not be processed in the time of the function.",
        cause="Very many rows, or much work for each of them.",
        producer=_SPLIT,
        operator="Raise `timeoutSeconds` or `memoryMb`, deploy, and replay the refused files.",
    )
    DATASET_NONE = Explanation(
        "dataset:none",
        means="The object is in no folder of a dataset.",
        cause="It was uploaded to `incoming/` itself.",
        producer="Upload it to `incoming/<dataset>/`.",
    )
    DATASET_NO_CONTRACT = Explanation(
        "dataset:no-contract",
        means="The dataset that the object's folder names has no contract.",
        cause="The folder's name is misspelt, or its contract has not been deployed.",
        producer="Upload it to the folder of a dataset that has a contract.",
        steward="Add the contract of the dataset, have it deployed, and the files replayed.",
    )
    CONTRACT_UNKNOWN_VERSION = Explanation(
        "contract:unknown-version",
        means="The object's metadata name a version of the contract that is not deployed.",
        cause="The version is misspelt, or was retired, or is not deployed yet.",
        producer="Name a version that is deployed in `contract-version`, or none.",
        steward=("Keep the contract of that version, have it deployed, and the files replayed."),
    )
    FORMAT_ZIP = Explanation(
        "format:zip",
        means="The file is a ZIP archive, or an Excel or OpenDocument workbook.",
        cause="A workbook was uploaded as it is.",
        producer=_CSV,
    )
    FORMAT_XLS = Explanation(
        "format:xls",
        means="The file is an Excel workbook of before 2007, or another OLE document.",
        cause="A workbook was uploaded as it is.",
        producer=_CSV,
    )
    FORMAT_XZ = Explanation(
        "format:xz",
        means="The file is compressed with xz, which is not supported.",
        cause="The producer's tool compresses by default.",
        producer=_UNPACK,
    )
    FORMAT_BZIP2 = Explanation(
        "format:bzip2",
        means="The file is compressed with bzip2, which is not supported.",
        cause="The producer's tool compresses by default.",
        producer=_UNPACK,
    )
    FORMAT_7Z = Explanation(
        "format:7z",
        means="The file is compressed with 7-Zip, which is not supported.",
        cause="The producer's tool compresses by default.",
        producer=_UNPACK,
    )
    FORMAT_RAR = Explanation(
        "format:rar",
        means="The file is compressed with RAR, which is not supported.",
        cause="The producer's tool compresses by default.",
        producer=_UNPACK,
    )
    FORMAT_LZ4 = Explanation(
        "format:lz4",
        means="The file is compressed with LZ4, which is not supported.",
        cause="The producer's tool compresses by default.",
        producer=_UNPACK,
    )
    FORMAT_SNAPPY = Explanation(
        "format:snappy",
        means="The file is compressed with Snappy, which is not supported.",
        cause="The producer's tool compresses by default.",
        producer=_UNPACK,
    )
    FORMAT_LZIP = Explanation(
        "format:lzip",
        means="The file is compressed with lzip, which is not supported.",
        cause="The producer's tool compresses by default.",
        producer=_UNPACK,
    )
    FORMAT_COMPRESS = Explanation(
        "format:compress",
        means="The file is compressed with compress (.Z), which is not supported.",
        cause="The producer's tool compresses by default.",
        producer=_UNPACK,
    )
    FORMAT_TAR = Explanation(
        "format:tar",
        means="The file is a tar archive.",
        cause="Several files were packed into one.",
        producer="Upload each file by itself.",
    )
    FORMAT_PDF = Explanation(
        "format:pdf",
        means="The file is a PDF.",
        cause="A report was uploaded, not its data.",
        producer=_OTHER,
    )
    FORMAT_AVRO = Explanation(
        "format:avro",
        means="The file is Avro, which is not supported.",
        cause="The producer's system exports Avro.",
        producer=_OTHER,
    )
    FORMAT_ORC = Explanation(
        "format:orc",
        means="The file is ORC, which is not supported.",
        cause="The producer's system exports ORC.",
        producer=_OTHER,
    )
    FORMAT_ARROW = Explanation(
        "format:arrow",
        means="The file is Arrow IPC or Feather, which is not supported.",
        cause="The producer's system exports Arrow.",
        producer=_OTHER,
    )
    FORMAT_SQLITE = Explanation(
        "format:sqlite",
        means="The file is an SQLite database.",
        cause="The database was uploaded, not a table of it.",
        producer=_OTHER,
    )
    FORMAT_HTML = Explanation(
        "format:html",
        means="The file is an HTML page.",
        cause="A download ended in a login page or an error.",
        producer="Check the download, and upload the file that was meant.",
    )
    FORMAT_XML = Explanation(
        "format:xml",
        means="The file is XML, which is not supported.",
        cause="The producer's system exports XML.",
        producer=_OTHER,
    )
    FORMAT_JSON_ARRAY = Explanation(
        "format:json-array",
        means="The file is one JSON array, not JSON Lines.",
        cause="The export writes all rows as one document.",
        producer=_OBJECT,
    )
    ENCODING_UTF_32 = Explanation(
        "encoding:utf-32",
        means="The file is UTF-32, which is not supported.",
        cause="A tool wrote its internal form.",
        producer=_UTF8,
    )
    ENCODING_UTF_16 = Explanation(
        "encoding:utf-16",
        means=(
            "The file is UTF-16, and should not be: JSON is UTF-8, and so is CSV unless "
            "the contract says otherwise."
        ),
        cause="Unicode Text of Excel, or a redirection of PowerShell.",
        producer=_UTF8,
        steward=_ENCODING,
    )
    ENCODING_UTF_8 = Explanation(
        "encoding:utf-8",
        means=(
            "The file begins with the byte order mark of UTF-8, and its contract says "
            "another encoding."
        ),
        cause="The producer's tool was changed to UTF-8.",
        producer="Write the encoding that the contract says.",
        steward=_ENCODING,
    )
    ENCODING_NO_BYTE_ORDER_MARK = Explanation(
        "encoding:no-byte-order-mark",
        means="The file has no byte order mark, which `utf-16` requires.",
        cause="The tool writes UTF-16 without a mark.",
        producer="Write the mark.",
        steward="If no file has one, set `csv.encoding` to `utf-16-le` or `utf-16-be`.",
    )
    ENCODING_BYTE_ORDER_MARK = Explanation(
        "encoding:byte-order-mark",
        means=(
            "The file begins with a byte order mark of UTF-16, which the contract's "
            "encoding does not have."
        ),
        cause="The tool writes a mark, or another encoding.",
        producer="Write the encoding that the contract says, without a mark.",
        steward="If all files have a mark, set `csv.encoding` to `utf-16`.",
    )
    ENCODING_NOT = Explanation(
        "encoding:not-<encoding>",
        means="The bytes of this line are not of the encoding that the file should have.",
        cause="Another encoding, or two in one file. The encoding is the last word of the reason.",
        producer=_UTF8,
        steward=_ENCODING,
    )
    FILE_EMPTY = Explanation(
        "file:empty",
        means="The file has nothing: no byte, no header, or no column.",
        cause="An export failed, or had nothing to write.",
        producer="Upload the file once it is complete; with no rows, its header alone.",
    )
    FILE_NOT_WHAT_ITS_NAME_SAYS = Explanation(
        "file:not-what-its-name-says",
        means="The content is of another format or compression than the ending of the name.",
        cause="The file was renamed, or is compressed without `.gz` or `.zst` in its name.",
        producer="Give the file the ending of its content.",
    )
    FILE_COMPRESSED_TWICE = Explanation(
        "file:compressed-twice",
        means="What is compressed is compressed again, or is Parquet.",
        cause="Two tools compress, one after the other.",
        producer="Compress CSV and JSON Lines once, and Parquet not at all.",
    )
    FILE_DAMAGED_GZIP = Explanation(
        "file:damaged-gzip",
        means="The gzip data end early or are damaged.",
        cause="An upload or export that broke off.",
        producer=_AGAIN,
    )
    FILE_DAMAGED_ZSTD = Explanation(
        "file:damaged-zstd",
        means="The zstd data end early or are damaged.",
        cause="An upload or export that broke off.",
        producer=_AGAIN,
    )
    FILE_DAMAGED_PARQUET = Explanation(
        "file:damaged-parquet",
        means="The Parquet file ends early, is damaged, or is not what its metadata say.",
        cause="An upload or export that broke off.",
        producer=_AGAIN,
    )
    FILE_ENCRYPTED_PARQUET = Explanation(
        "file:encrypted-parquet",
        means="The Parquet file is encrypted by its own means.",
        cause="The writer uses Parquet's modular encryption.",
        producer="Write it without; the bucket encrypts it.",
    )
    FILE_ZSTD_DICTIONARY = Explanation(
        "file:zstd-dictionary",
        means="The zstd data need a dictionary, which is not in the file.",
        cause="The tool was set to compress with one.",
        producer="Compress without a dictionary.",
    )
    FILE_ZSTD_WINDOW_TOO_LARGE = Explanation(
        "file:zstd-window-too-large",
        means="Decompressing the zstd data takes more memory than the limit.",
        cause="`zstd --ultra` or `zstd --long`.",
        producer="Compress at level 19 or less, without `--long`.",
        unit="bytes",
    )
    FILE_TOO_LARGE_DECOMPRESSED = Explanation(
        "file:too-large-decompressed",
        means="The decompressed content is larger than the limit.",
        cause="A full export instead of a daily one, or files that have grown.",
        producer=_SPLIT,
        operator=(
            "Raise the setting that the manifest names, deploy, and replay the refused files."
        ),
        unit="bytes",
    )
    FILE_COMPRESSION_RATIO = Explanation(
        "file:compression-ratio",
        means=(
            "The content is so many times as large as the file that it looks like a "
            "decompression bomb."
        ),
        cause="Very repetitive content, or an attack.",
        producer="Split the file, or upload it without compression.",
        steward="Ask the producer whether the file is intended.",
        unit="times the size of the file",
    )
    FILE_SHORTER_THAN_PREAMBLE = Explanation(
        "file:shorter-than-preamble",
        means="The file ends before its table begins.",
        cause="It has fewer lines before the table than the contract says.",
        producer="Upload a complete file.",
        steward="Correct `csv.preambleLines` in the contract.",
    )
    FILE_OTHER_DELIMITER = Explanation(
        "file:other-delimiter",
        means="The first line, as Excel writes it, names another delimiter than the contract.",
        cause="Excel saved the file with the delimiter of another country.",
        producer="Save it with the delimiter of the contract.",
        steward=_DIALECT,
    )
    FILE_TOO_MANY_COLUMNS = Explanation(
        "file:too-many-columns",
        means="The header has more columns than are read.",
        cause="A wrong delimiter or quote, or a transposed table.",
        producer="Upload files with the columns of the contract.",
        steward=_DIALECT,
        unit="columns",
    )
    FILE_TOO_MANY_BLANK_LINES = Explanation(
        "file:too-many-blank-lines",
        means=(
            "There are more bytes of empty lines in a row than are kept to see whether the "
            "file ends."
        ),
        cause="The export pads the file.",
        producer="Write the file without empty lines.",
        unit="bytes",
    )
    FILE_TOO_MANY_SHORT_REJECTS = Explanation(
        "file:too-many-short-rejects",
        means="So many rejected rows are nearly empty that this is not a file of rows.",
        cause="A wrong delimiter, or lines without content.",
        producer="Check the export.",
        steward="See the rejected rows with `make contract`.",
        unit="rows",
    )
    FILE_PARQUET_FOOTER_TOO_LARGE = Explanation(
        "file:parquet-footer-too-large",
        means="The metadata of the Parquet file are too large to be read.",
        cause="Very many columns or row groups.",
        producer="Write fewer and larger row groups, or split the file by columns.",
        unit="bytes",
    )
    FILE_NEEDS_TOO_MUCH_MEMORY = Explanation(
        "file:needs-too-much-memory",
        means="Reading the Parquet file takes more memory than is given for it.",
        cause="Pages of several hundred megabytes, or false metadata.",
        producer="Write pages of about a megabyte, as writers do by default.",
        unit="bytes",
    )
    FILE_TOO_MANY_COLUMN_CHUNKS = Explanation(
        "file:too-many-column-chunks",
        means=(
            "The output would have more column chunks, columns times row groups, than its "
            "metadata can describe in memory."
        ),
        cause="A table that is both very wide and very long.",
        producer=_SPLIT,
        steward="Drop columns that nobody needs, in the contract.",
        unit="column chunks",
    )
    FILE_NEEDS_TOO_MUCH_DISK = Explanation(
        "file:needs-too-much-disk",
        means="The rows, or what is kept to tell unique values, do not fit the function's disk.",
        cause="Many rejected rows, or many values of `unique` columns.",
        producer=_SPLIT,
        operator="Raise `ephemeralStorageMb`, deploy, and replay the refused files.",
    )
    FILE_REJECTED_SHARE = Explanation(
        "file:rejected-share",
        means="A larger share of the rows is rejected than `maxRejectedShare` allows.",
        cause="The export has changed, or the contract is out of date.",
        producer="Correct what is wrong with the rows, and upload the file again.",
        steward=(
            "See the reasons of the rows with `make contract`; correct the contract if it "
            "is wrong."
        ),
    )
    FILE_QUALITY = Explanation(
        "file:quality-<rule>",
        means=(
            "A metric of the whole file is not as a quality rule of the contract says. The "
            "manifest's `quality` has the rule, what was measured, and what it must be."
        ),
        cause="An incomplete export, rows exported twice, or new values in the source.",
        producer="Correct what the rule is about, and upload the file again.",
        steward=(
            "If the file is right, change the rule in the contract, or make it a `warning` there."
        ),
    )
    FILE_K_ANONYMITY = Explanation(
        "file:k-anonymity",
        means=(
            "Rows share the values of the quasi-identifiers with fewer others than "
            "`kAnonymity` requires."
        ),
        cause="A small file, or rare values.",
        producer="Upload larger files, such as one for a month.",
        steward="Generalize the quasi-identifiers further, in the contract.",
    )
    HEADER_BLANK = Explanation(
        "header:blank",
        means="The line where the header should be is empty.",
        cause="Empty lines before the table.",
        producer="Begin the file with the header.",
        steward="If all files begin so, set `csv.preambleLines` in the contract.",
    )
    HEADER_STRAY_QUOTE = Explanation(
        "header:stray-quote",
        means="A name in the header has a quote inside, and is not in quotes.",
        cause="The export does not quote, or quotes in another way.",
        producer="Put such names in quotes and double the quotes inside.",
        steward=_DIALECT,
    )
    HEADER_UNKNOWN_ESCAPE = Explanation(
        "header:unknown-escape",
        means="A name in the header has a backslash before a character that it means nothing for.",
        cause="The export does not escape backslashes.",
        producer="Double the backslashes.",
        steward=_DIALECT,
    )
    HEADER_CONTROL_CHARACTER = Explanation(
        "header:control-character",
        means="The header has control characters, or escapes of a seven-bit encoding.",
        cause="The file is binary, or in an encoding such as ISO-2022-JP.",
        producer=_UTF8,
    )
    HEADER_UNKNOWN_COLUMN = Explanation(
        "header:unknown-column",
        means=(
            "The file has a column that the contract does not name. `name` is the one that "
            "was probably meant."
        ),
        cause="A new or renamed column.",
        producer=_COLUMN,
        steward="Add the column to the contract, or set `unknownColumns` to `drop`.",
    )
    HEADER_DUPLICATE_COLUMN = Explanation(
        "header:duplicate-column",
        means="The file has a column twice.",
        cause="A join in the export.",
        producer=_COLUMN,
    )
    HEADER_NO_COLUMN = Explanation(
        "header:no-column",
        means=(
            "The file has no column of the contract. `make contract` shows what the header reads."
        ),
        cause="No header, a wrong delimiter, or a file of another dataset.",
        producer=_COLUMN,
        steward=_DIALECT,
    )
    HEADER_MISSING_COLUMN = Explanation(
        "header:missing-column",
        means="The file does not have a required column.",
        cause="A removed or renamed column.",
        producer=_COLUMN,
        steward="If the column may be absent, do not require it in the contract.",
    )
    HEADER_COLUMN_TYPE = Explanation(
        "header:column-type-<type>",
        means="The column is of a type of Parquet that has no text, such as a list.",
        cause="Nested data, or bytes.",
        producer="Write the column as another type, such as a string of JSON.",
        steward="Drop the column in the contract.",
    )
    RECORD_MALFORMED = Explanation(
        "record:malformed",
        means=(
            "From this line on it is not clear where records end: text after a closing "
            "quote, or a quote that is never closed."
        ),
        cause="Quotes inside a field that are not doubled, or a file that broke off.",
        producer="Double the quotes inside fields, and upload a complete file.",
        steward=_DIALECT,
    )
    RECORD_TOO_LONG = Explanation(
        "record:too-long",
        means="The record that begins on this line, or the row, has more than 1 MiB.",
        cause="A quote that is never closed, or documents in a field.",
        producer="Close the quote, or leave such fields out.",
    )
    ROW_BLANK = Explanation(
        "row:blank",
        means="The line is empty.",
        cause="Empty lines between rows.",
        producer="Write no empty lines.",
    )
    ROW_FIELD_COUNT = Explanation(
        "row:field-count",
        means="The row has more or fewer fields than the header.",
        cause="A delimiter in a field without quotes, or a line that broke off.",
        producer="Put fields with delimiters or line ends in quotes.",
    )
    ROW_STRAY_QUOTE = Explanation(
        "row:stray-quote",
        means="A field has a quote inside, and is not in quotes.",
        cause="The export does not quote, or quotes in another way.",
        producer="Put such fields in quotes and double the quotes inside.",
        steward=_DIALECT,
    )
    ROW_UNKNOWN_ESCAPE = Explanation(
        "row:unknown-escape",
        means="A field has a backslash before a character that it means nothing for.",
        cause="The export does not escape backslashes.",
        producer="Double the backslashes.",
        steward=_DIALECT,
    )
    ROW_CONTROL_CHARACTER = Explanation(
        "row:control-character",
        means="The row has control characters, or escapes of a seven-bit encoding.",
        cause="Binary content in a field, or an encoding such as ISO-2022-JP.",
        producer="Write text in UTF-8, without control characters.",
    )
    ROW_LONE_SURROGATE = Explanation(
        "row:lone-surrogate",
        means="The line has half of a surrogate pair, which is not a character.",
        cause="A text was cut in the middle of a character.",
        producer="Cut texts between characters.",
    )
    ROW_NO_COLUMN = Explanation(
        "row:no-column",
        means="The object has no column of the contract.",
        cause="An object of another dataset, or without the keys.",
        producer="Write the keys of the contract.",
    )
    ROW_UNKNOWN_COLUMN = Explanation(
        "row:unknown-column",
        means="The object has a key that the contract does not name.",
        cause="A new or renamed key.",
        producer="Write the keys of the contract.",
        steward="Add the column to the contract, or set `unknownColumns` to `drop`.",
    )
    ROW_DUPLICATE_KEY = Explanation(
        "row:duplicate-key",
        means="The object has a key twice.",
        cause="Two values for one thing; which is right is not clear.",
        producer="Write each key once.",
    )
    ROW_NOT_JSON = Explanation(
        "row:not-json",
        means="The line is not JSON.",
        cause="An object over several lines, or a word such as NaN.",
        producer=_OBJECT,
    )
    ROW_NOT_AN_OBJECT = Explanation(
        "row:not-an-object",
        means="The line is JSON, but not an object.",
        cause="The export writes arrays or single values.",
        producer=_OBJECT,
    )
    ROW_TOO_DEEP = Explanation(
        "row:too-deep",
        means="The line is nested too deeply to be read.",
        cause="An attack, or a cyclic structure.",
        producer=_OBJECT,
    )
    COLUMN_REQUIRED = Explanation(
        "<column>:required",
        means="The column is required, and the field is empty.",
        cause="The value is missing in the source.",
        producer="Supply the value.",
        steward="If it may be missing, do not require the column in the contract.",
    )
    COLUMN_STRING = Explanation(
        "<column>:string",
        means="The value has no text: an infinite number or NaN, or bytes that are not UTF-8.",
        cause="A division by zero, or binary content, in a Parquet file.",
        producer=_VALUE,
        steward="Drop the column in the contract, if nobody needs it.",
    )
    COLUMN_INTEGER = Explanation(
        "<column>:integer",
        means="The value is not an integer in plain digits, of at most 64 bits.",
        cause="A number with a fraction, separators or leading zeros.",
        producer=_VALUE,
        steward=_TYPE_WRONG,
    )
    COLUMN_DECIMAL = Explanation(
        "<column>:decimal",
        means=(
            "The value is not a number of the column's precision and scale, without an exponent."
        ),
        cause="Too many digits, or separators.",
        producer=_VALUE,
        steward=_TYPE_WRONG,
    )
    COLUMN_DOUBLE = Explanation(
        "<column>:double",
        means="The value is not a finite number.",
        cause="Separators, or words such as NaN.",
        producer=_VALUE,
        steward=_TYPE_WRONG,
    )
    COLUMN_BOOLEAN = Explanation(
        "<column>:boolean",
        means="The value is not `true` or `false`.",
        cause="Words such as yes, or 0 and 1.",
        producer=_VALUE,
        steward=_TYPE_WRONG,
    )
    COLUMN_DATE = Explanation(
        "<column>:date",
        means="The value is not a date that exists, as YYYY-MM-DD or as `csv.dates` says.",
        cause="The order of another country, or a day such as 30 February.",
        producer=_VALUE,
        steward="If all days are written so, set `csv.dates` in the contract. If the values are "
        "right and no days, change the column's type.",
    )
    COLUMN_TIMESTAMP = Explanation(
        "<column>:timestamp",
        means="The value is not a date and time that exist, as in ISO 8601.",
        cause="A blank instead of `T`, or a day that does not exist.",
        producer=_VALUE,
        steward=_TYPE_WRONG,
    )
    COLUMN_TIME = Explanation(
        "<column>:time",
        means="The value is not a time of day, as HH:MM:SS.",
        cause="A time without seconds, or of twelve hours.",
        producer=_VALUE,
        steward=_TYPE_WRONG,
    )
    COLUMN_ARRAY = Explanation(
        "<column>:array",
        means="The value is not a JSON array.",
        cause="A single value, or text that is not JSON.",
        producer=_VALUE,
        steward=_TYPE_WRONG,
    )
    COLUMN_OBJECT = Explanation(
        "<column>:object",
        means="The value is not a JSON object.",
        cause="An array, a key twice, or text that is not JSON.",
        producer=_VALUE,
        steward=_TYPE_WRONG,
    )
    COLUMN_TIMEZONE = Explanation(
        "<column>:timezone",
        means="The time has a zone where the contract has none, or the other way round.",
        cause="The export changed how it writes times.",
        producer="Write times as the contract says.",
        steward="Correct `timezone` in the contract.",
    )
    COLUMN_NESTED = Explanation(
        "<column>:nested",
        means="The value is a JSON array or object, and the column is not of such a type.",
        cause="The export now nests a flat value.",
        producer="Write a single value.",
        steward="Make the column an array or object in the contract.",
    )
    COLUMN_PATTERN = Explanation(
        "<column>:pattern",
        means="The value does not match the pattern of the contract.",
        cause="Another spelling, or another kind of value.",
        producer=_VALUE,
        steward=_RULE_WRONG,
    )
    COLUMN_FORMAT = Explanation(
        "<column>:format",
        means="The value is not of the format of the contract, such as email.",
        cause="A typing error, or another kind of value.",
        producer=_VALUE,
        steward=_RULE_WRONG,
    )
    COLUMN_ENUM = Explanation(
        "<column>:enum",
        means="The value is not one of those that the contract lists.",
        cause="A new value, or another spelling.",
        producer=_VALUE,
        steward=_RULE_WRONG,
    )
    COLUMN_MIN_LENGTH = Explanation(
        "<column>:min-length",
        means="The text is shorter than the contract allows.",
        cause="A text that was cut, or a wrong column.",
        producer=_VALUE,
        steward=_RULE_WRONG,
    )
    COLUMN_MAX_LENGTH = Explanation(
        "<column>:max-length",
        means="The text is longer than the contract allows.",
        cause="Padding, or a wrong column.",
        producer=_VALUE,
        steward=_RULE_WRONG,
    )
    COLUMN_MINIMUM = Explanation(
        "<column>:minimum",
        means="The value is less than the contract allows.",
        cause="A wrong unit, or a stand-in such as -1.",
        producer=_VALUE,
        steward=_RULE_WRONG,
    )
    COLUMN_EXCLUSIVE_MINIMUM = Explanation(
        "<column>:exclusive-minimum",
        means="The value is not greater than the bound of the contract.",
        cause="A wrong unit, or a stand-in such as 0.",
        producer=_VALUE,
        steward=_RULE_WRONG,
    )
    COLUMN_MAXIMUM = Explanation(
        "<column>:maximum",
        means="The value is greater than the contract allows.",
        cause="A wrong unit, or a stand-in such as 9999.",
        producer=_VALUE,
        steward=_RULE_WRONG,
    )
    COLUMN_EXCLUSIVE_MAXIMUM = Explanation(
        "<column>:exclusive-maximum",
        means="The value is not less than the bound of the contract.",
        cause="A wrong unit, or a stand-in such as 9999.",
        producer=_VALUE,
        steward=_RULE_WRONG,
    )
    COLUMN_MULTIPLE_OF = Explanation(
        "<column>:multiple-of",
        means="The number is not a multiple of what the contract says.",
        cause="A wrong unit, or a number that was not rounded.",
        producer=_VALUE,
        steward=_RULE_WRONG,
    )
    COLUMN_UNIQUE = Explanation(
        "<column>:unique",
        means="An earlier row of the file has the same value.",
        cause="A join in the export, or a row that was exported twice.",
        producer="Write each row once.",
        steward="If values may repeat, do not make the column unique in the contract.",
    )
    COLUMN_TOO_MANY_MARKS = Explanation(
        "<column>:too-many-marks",
        means="The text has more than 30 combining marks in a row, so it cannot be normalized.",
        cause="An attack, or a damaged text.",
        producer=_VALUE,
    )
    COLUMN_NO_SUBJECT = Explanation(
        "<column>:no-subject",
        means="The value is to move as its subject does, and the subject's field is empty.",
        cause="The value is missing in the source.",
        producer="Supply the subject.",
        steward="If it may be missing, drop the column in the contract, or generalize it.",
    )


class ReasonAbout(str):
    """A reason with its blank filled, such as ``email:required``: see :meth:`Reason.about`."""

    __slots__ = ()

    def __new__(cls, reason: Reason, subject: str) -> Self:
        """Fill the blank."""
        return super().__new__(cls, _BLANK.sub(lambda _: subject, reason))


# What is raised, and written.
Stated = Reason | ReasonAbout


def _fits(text: str, reason: Reason) -> bool:
    """Tell whether a text is the reason with its blank filled."""
    before, *after = _BLANK.split(reason)
    return bool(after) and text.startswith(before) and text.endswith(after[0])


@dataclass(frozen=True)
class Anonymity:
    """How anonymous the clean rows of a file are.

    Attributes:
        k: the size of the smallest class; None without rows, 0 if it has no subject.
        required: what the contract asks for.
        classes: the number of classes.
        rows_below: rows in classes smaller than required.
        counted: what the size of a class counts: ``rows``, or different ``subjects``.
    """

    k: int | None
    required: int
    classes: int
    rows_below: int
    counted: str = "rows"


@dataclass(frozen=True)
class Measured:
    """What a quality rule found in a file.

    Attributes:
        rule: its name.
        metric: what was counted, see :mod:`processor.checks.quality`.
        columns: the columns of the contract that it is about; none if it is about all rows.
        measured: a number of rows or a percentage, as the condition says.
        rows: among how many rows they were counted.
        condition: what the number must be, in words and with its unit.
        passed: whether it is.
        severity: ``error``, ``warning`` or ``info``.
    """

    rule: str
    metric: str
    columns: tuple[str, ...]
    measured: float
    rows: int
    condition: str
    passed: bool
    severity: str


class FileRefusedError(Exception):
    """An object is refused as a whole; the raw object stays where it is.

    Attributes:
        reason: what was wrong, as ``subject:rule``; never text of the file.
        line: physical line of the file, from 1, where known.
        column: position in the header, from 1, if the header is wrong.
        rows_read: data rows framed before the refusal; the transformation sets it.
        name: a column of the *contract*, or the one that was probably meant; a header's own text
            is treated as data.
        text: the header's text, for people who have the file; never stored or logged.
        anonymity: of the rows that would have been clean, if it was measured.
        quality: what the quality rules found, if all rows were read; the transformation sets it.
        limit: the number that was exceeded, in the unit of the reason.
        setting: the setting that raises it, if there is one.
    """

    def __init__(
        self,
        reason: Stated,
        *,
        line: int | None = None,
        column: int | None = None,
        name: str | None = None,
        text: str | None = None,
        anonymity: Anonymity | None = None,
        limit: int | None = None,
        setting: str | None = None,
    ) -> None:
        """Keep the facts; the message is only the reason."""
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column
        self.name = name
        self.text = text
        self.rows_read = 0
        self.anonymity = anonymity
        self.quality: tuple[Measured, ...] = ()
        self.limit = limit
        self.setting = setting
