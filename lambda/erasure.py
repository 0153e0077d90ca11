"""The handler of the function ``eraser``, which a state machine invokes for each step.

Who is erased is in an object, and only its key is passed on. What is logged is that key, and how
many files and rows. Of an error that is not about the request, only the type is logged, as
libraries may quote what they work with. A text that is not the key of a request is not logged
either: by mistake, it may be somebody's identifier.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from processor import ProcessorError, clients
from processor.bucket.store import Store
from processor.contracts import Contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.erasure.expiry import Expiry
from processor.erasure.people import RequestError
from processor.erasure.requests import Requests, request_name
from processor.silence import silence

logger = Logger()


class FailedError(Exception):
    """Something other than the request is wrong; the message is the type of the error."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Do one step of a request: ``begin``, ``erase`` or ``conclude``.

    Raises:
        RequestError: the request is refused; the execution ends with it.
        FailedError: see there.
    """
    facts = {"step": event["step"], "run": str(event["run"])}
    try:
        request_name(str(event["request"]))
        facts["request"] = str(event["request"])
        with silence():
            done = _do(event)
    except RequestError as error:
        logger.warning("erasure refused", **facts, reason=str(error))
        raise RequestError(str(error)) from None
    except Exception as error:
        if isinstance(error, ProcessorError):
            facts["reason"] = str(error)
        logger.error("erasure failed", extra={**facts, "error": type(error).__name__})
        raise FailedError(type(error).__name__) from None
    logger.info("erasure", **facts, **done)
    return done


def _do(event: dict[str, Any]) -> dict[str, Any]:
    requests, key, run = make_requests(), str(event["request"]), str(event["run"])
    if event["step"] == "begin":
        return requests.begin(key)
    if event["step"] == "erase":
        manifests = [str(one) for one in event["manifests"]]
        return dict(requests.erase(key, run, str(event["version"]), manifests))
    lost, dry_run = int(event["lost"]), bool(event["dry_run"])
    return dict(requests.conclude(key, run, lost, dry_run=dry_run))


@cache
def make_requests() -> Requests:
    """Make the one of this process, from the environment and the bundled contracts."""
    store = Store(clients.s3(), os.environ["BUCKET_NAME"])
    contracts = Contracts(Path(__file__).with_name("contracts"))
    keys = PseudonymKeys(
        clients.kms(),
        os.environ["PSEUDONYM_KEY_ID"],
        os.environ.get("REVERSIBLE_KEY_ID"),
    )
    expiry = Expiry(
        raw=int(os.environ["RAW_DATA_EXPIRY_DAYS"]),
        old_raw=int(os.environ["OLD_RAW_VERSIONS_DAYS"]),
        old=int(os.environ["OLD_VERSIONS_DAYS"]),
        lock=int(os.environ["OBJECT_LOCK_DAYS"]),
    )
    return Requests(store, contracts, keys, expiry)
