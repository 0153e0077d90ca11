"""What an attacker runs, with the credentials at hand: as the function, or elsewhere.

It imports nothing of ours: the suite also uploads this file as the function's code, where it
returns its credentials and makes the calls that it is sent.
"""

import base64
import os
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")

IMPATIENT = Config(connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 1})

UNREACHABLE = "Unreachable"
"""The code of a call that could not reach the service."""


SESSION = boto3.Session()

clients: dict[tuple[boto3.Session, str], Any] = {}
"""Creating clients takes longer than their calls."""


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Return the function's credentials, or make the call that the event describes."""
    if event.get("operation") == "tell credentials":
        return {name: os.environ[name] for name in CREDENTIALS}
    return call(SESSION, event["operation"], event["parameters"])


def call(
    session: boto3.Session, operation: str, parameters: dict[str, Any], **options: Any
) -> dict[str, str]:
    """Make a call, such as ``s3.get_object``; empty if it succeeds, otherwise code and message.

    A session always makes its calls with the same options.
    """
    service: Any
    service, _, name = operation.partition(".")
    if (session, service) not in clients:
        given: Any = {"config": IMPATIENT, **options}
        clients[session, service] = session.client(service, **given)
    try:
        getattr(clients[session, service], name)(
            **{key: decode(value) for key, value in parameters.items()}
        )
    except ClientError as error:
        return {"code": error.response["Error"]["Code"], "message": str(error)}
    except (ConnectTimeoutError, EndpointConnectionError) as error:
        return {"code": UNREACHABLE, "message": str(error)}
    return {}


def decode(value: Any) -> Any:
    """Return a parameter unchanged, or the bytes of ``{"base64": …}``: events carry only text."""
    if isinstance(value, dict) and set(value) == {"base64"}:
        return base64.b64decode(value["base64"])
    return value
