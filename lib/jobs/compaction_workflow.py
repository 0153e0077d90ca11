"""The workflow of a compaction, in the Amazon States Language.

One dataset after the other, Athena runs the statements of :mod:`lib.contracts.compaction`. If
those of one fail, or its table does not have the rows that the manifests count, the others are
still compacted, and the execution ends with ``Incomplete``.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-athena.html
"""

import json
from collections.abc import Sequence
from dataclasses import asdict

from lib.contracts.compaction import BEGAN, Compaction
from lib.jobs.input_check import check_input
from lib.jobs.states import INCOMPLETE, State, choose, evaluate, fail, integration, retry

TIMEOUT_SECONDS = 12 * 3600

# Another run may change the table at the same time, and OPTIMIZE or VACUUM may ask to be repeated.
# https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-troubleshooting.html
_RETRY = retry(seconds=5, attempts=3)


def workflow(compactions: Sequence[Compaction], *, database: str, workgroup: str) -> State:
    """Return the definition.

    Its input may have the names of datasets whose table is to be made again, as ``again``; another
    input ends the execution with ``InvalidInput``. Its output has the number of files and rows of
    each dataset.

    Args:
        compactions: the statements for each dataset.
        database: of the tables.
        workgroup: in which Athena runs them.
    """

    def run(name: str, then: str) -> State:
        return _run(_begun(name), database, workgroup) | {"Next": then}

    return {
        "Comment": "Keeps the rows of datasets of many small files in few large ones",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "StartAt": "Check",
        "States": {
            **check_input(_checked([one.dataset for one in compactions]), "Datasets"),
            "Datasets": {
                "Type": "Map",
                "Items": [asdict(one) for one in compactions],
                "ItemSelector": {
                    "statements": evaluate("$states.context.Map.Item.Value"),
                    "again": evaluate(
                        "$states.context.Map.Item.Value.dataset in $states.input.again"
                    ),
                },
                "MaxConcurrency": 1,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "INLINE"},
                    "StartAt": "Again",
                    "States": {
                        "Again": choose("$states.input.again", "Drop", otherwise="Create"),
                        "Drop": run("drop", "Create"),
                        "Create": run("create", "Merge"),
                        "Merge": run("merge", "Account"),
                        "Account": run("account", "Read")
                        | {
                            "Output": _merged(
                                "'query': $states.result.QueryExecution.QueryExecutionId"
                            )
                        },
                        "Read": _read() | {"Next": "Optimize"},
                        # Whatever differs: else one file would keep the bytes of those erased.
                        "Optimize": run("optimize", "Vacuum"),
                        "Vacuum": run("vacuum", "Done") | {"Output": _judged()},
                        "Done": {"Type": "Succeed"},
                    },
                },
                "Output": evaluate("{'datasets': $append([], $states.result)}"),
                "Next": "Judge",
            },
            "Judge": choose(
                "$count($states.input.datasets[$exists(lost)]) > 0", "Fail", otherwise="Done"
            ),
            "Fail": fail(
                INCOMPLETE,
                "$join($states.input.datasets[$exists(lost)].(dataset & ': ' & lost), '; ')",
            ),
            "Done": {"Type": "Succeed"},
        },
    }


def _checked(datasets: Sequence[str]) -> str:
    """An expression that finds the mistakes of an input: a wrong one would change no table."""
    return f"""(
    $in := $type($states.input) = 'object' ? $states.input : {{}};
    $given := $lookup($in, 'again');
    $names := $given[$type($) = 'string'];
    $listed := $type($given) = 'array' and $count($names) = $count($given);
    $others := $filter($keys($in), function($name) {{ $name != 'again' }});
    $unknown := $distinct($names[$not($ in {json.dumps(datasets)})]);
    {{
        'again': $given,
        'mistakes': [
            $type($states.input) = 'object' ? [] : 'the input is not an object',
            $count($others) = 0 ? []
                : 'unknown input: ' & $join($others, ', ') & '; there is only again',
            $not($exists($given)) or $listed ? []
                : 'again must be a list of names of datasets',
            $listed and $count($unknown) > 0 ? 'again has ' & $join($unknown, ', ')
                & ', but compactedDatasets names only {", ".join(datasets)}' : []
        ]
    }}
)"""


def _begun(name: str) -> str:
    """The statement of this name, with the moment at which the execution began."""
    began = "$substring($states.context.Execution.StartTime, 0, 19)"
    return f"$replace($states.input.statements.{name}, '{BEGAN}', {began})"


def _run(statement: str, database: str, workgroup: str) -> State:
    """Run a statement to its end, and keep the input."""
    return {
        "Type": "Task",
        "Resource": integration("athena:startQueryExecution.sync"),
        "Arguments": {
            "QueryString": evaluate(statement),
            "QueryExecutionContext": {"Database": database},
            "WorkGroup": workgroup,
        },
        "Output": evaluate("$states.input"),
        **_caught(),
    }


def _read() -> State:
    """Read the one row of the account. The first row has the names of its columns."""
    values = ", ".join(
        f"'{name}': $number($states.result.ResultSet.Rows[1].Data[{index}].VarCharValue)"
        for index, name in enumerate(("files", "rows", "differing"))
    )
    return {
        "Type": "Task",
        "Resource": integration("athena:getQueryResults"),
        "Arguments": {"QueryExecutionId": evaluate("$states.input.query")},
        "Output": _merged(values),
        **_caught(),
    }


def _caught() -> State:
    return {
        "Retry": [_RETRY],
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Output": _lost("$states.errorOutput.Error"),
                "Next": "Done",
            }
        ],
    }


def _lost(why: str) -> str:
    """The output for a dataset whose table is not what it should be."""
    return evaluate(f"{{'dataset': $states.input.statements.dataset, 'lost': {why}}}")


def _judged() -> str:
    """The output for a dataset whose statements have all succeeded."""
    return evaluate(
        "$merge([{'dataset': $states.input.statements.dataset}, $states.input.differing > 0 "
        "? {'lost': $states.input.differing & ' files differ'} "
        ": {'files': $states.input.files, 'rows': $states.input.rows}])"
    )


def _merged(more: str) -> str:
    return evaluate(f"$merge([$states.input, {{{more}}}])")
