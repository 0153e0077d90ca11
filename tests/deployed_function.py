"""The function of a deployed stack: its code, and the mapping that gives it messages."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.patience import MAPPING, wait_for


def code_of_template(cloudformation: Any, function_arn: str, region: str) -> dict[str, str]:
    """The location of the function's code in the template; the code is too large to send."""
    stack = next(
        export["ExportingStackId"]
        for page in cloudformation.get_paginator("list_exports").paginate()
        for export in page["Exports"]
        if export["Value"] == function_arn
    )
    account, function = function_arn.split(":")[4], function_arn.rpartition(":")[2]
    template = cloudformation.get_template(StackName=stack, TemplateStage="Processed")
    body = template["TemplateBody"]
    resources = (body if isinstance(body, dict) else json.loads(body))["Resources"]
    code = next(
        resource["Properties"]["Code"]
        for resource in resources.values()
        if resource["Properties"].get("FunctionName") == function
    )
    text = json.dumps(code).replace("${AWS::AccountId}", account)
    code = json.loads(text.replace("${AWS::Region}", region))
    return {name: v if isinstance(v, str) else v["Fn::Sub"] for name, v in code.items()}


@contextlib.contextmanager
def other_code(
    awslambda: Any, function: str, own: Mapping[str, str], other: Mapping[str, Any]
) -> Iterator[None]:
    """Give the function another code for a while; both are as in UpdateFunctionCode."""
    try:
        awslambda.update_function_code(FunctionName=function, **other)
        awslambda.get_waiter("function_updated_v2").wait(FunctionName=function)
        yield
    finally:
        awslambda.update_function_code(FunctionName=function, **own)
        awslambda.get_waiter("function_updated_v2").wait(FunctionName=function)


@contextlib.contextmanager
def waiting_queue(awslambda: Any, function: str) -> Iterator[None]:
    """Let messages wait in the queue for a while."""
    (mapping,) = awslambda.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    try:
        _switch(awslambda, mapping["UUID"], on=False)
        yield
    finally:
        _switch(awslambda, mapping["UUID"], on=True)


def _switch(awslambda: Any, mapping: str, *, on: bool) -> None:
    """Enable or disable a mapping, which accepts no change during another."""
    wanted = "Enabled" if on else "Disabled"

    def switched() -> bool | None:
        state = awslambda.get_event_source_mapping(UUID=mapping)["State"]
        if state != wanted and not state.endswith("ing"):
            with contextlib.suppress(awslambda.exceptions.ResourceInUseException):
                awslambda.update_event_source_mapping(UUID=mapping, Enabled=on)
        return state == wanted or None

    wait_for(f"mapping {wanted}", switched, MAPPING)
