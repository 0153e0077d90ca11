"""The handler of the function ``reidentification``, which a state machine invokes for each step.

A request is checked, somebody is asked to approve it, and it is answered. What is logged is who
asked, who approved, of which column, for what purpose and how many: no token and no value. Of an
error that is not about the request, only the type is logged, as libraries may quote what they work
with.
"""

import os
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from processor import clients
from processor.bucket.store import Store
from processor.contracts import Contracts
from processor.deidentification.reversible import ReversibleKeys
from processor.reidentification.answering import Facts, Reidentification
from processor.reidentification.requests import RequestError
from processor.silence import silence

logger = Logger()

_SAID = {
    "check": "re-identification requested",
    "ask": "approval asked for",
    "answer": "re-identified",
}


class FailedError(Exception):
    """Something other than the request is wrong; the message is the type of the error."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Do one step of a request, whose execution is in the event.

    Raises:
        RequestError: the request is refused; the execution ends with it.
        FailedError: see there.
    """
    execution = str(event["execution"])
    try:
        with silence():
            done = _do(event, execution)
    except RequestError as error:
        logger.warning("re-identification refused", execution=execution, reason=str(error))
        raise RequestError(str(error)) from None
    except Exception as error:
        logger.error("re-identification failed", execution=execution, error=type(error).__name__)
        raise FailedError(type(error).__name__) from None
    logger.info(_SAID[event["step"]], execution=execution, **done)
    return done


def _do(event: dict[str, Any], execution: str) -> dict[str, Any]:
    work = make_reidentification()
    if event["step"] == "check":
        day = datetime.now(UTC).date()
        given = str(event["request"]), str(event["column"])
        return asdict(work.check(*given, execution, day))
    facts = Facts(**event["facts"])
    if event["step"] == "ask":
        work.ask(facts, execution, str(event["link"]), str(event["token"]))
        return asdict(facts)
    return work.answer(facts, execution, str(event["signature"]))


@cache
def make_reidentification() -> Reidentification:
    """Make the one of this process, from the environment and the bundled contracts."""
    return Reidentification(
        Store(clients.s3(), os.environ["BUCKET_NAME"]),
        Contracts(Path(__file__).with_name("contracts")),
        ReversibleKeys(clients.kms(), os.environ["REVERSIBLE_KEY_ID"]),
        int(os.environ["REQUESTS_PER_DAY"]),
    )
