"""The stack: what a command talks to, found through the outputs of the deployment."""

import json
import os
from collections.abc import Callable, Mapping
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar, cast

import boto3
import click
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    SSLError,
    SSOError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from pipeline.outcomes import NoStackError, PipelineError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

P = ParamSpec("P")
R = TypeVar("R")

OUTPUTS = Path(__file__).resolve().parents[1] / "cfn-outputs" / "flat-outputs.json"
"""Where a deployment writes its outputs, unless ``CFN_OUTPUTS`` names another file."""

CONNECTIONS = 16
"""The number of requests at a time."""

_CONFIG = Config(
    connect_timeout=10,
    read_timeout=60,
    max_pool_connections=CONNECTIONS,
    retries={"mode": "standard", "total_max_attempts": 5},
)

_SANDBOX = 'eval "$(python3 -m sandbox env)"'
_SIGN_IN = "Sign in again, such as with aws sso login."

_REMEDIES = {
    ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"): _SIGN_IN,
    (
        *("InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"),
        *("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"),
    ): f"See AWS_PROFILE and the variables of a key. For the sandbox: {_SANDBOX}",
    ("RequestTimeTooSkewed",): "Set the clock of this machine.",
    (
        *("NoSuchBucket", "StateMachineDoesNotExist", "QueueDoesNotExist"),
        "AWS.SimpleQueueService.NonExistentQueue",
    ): "The stack was deleted, or this is not its account: see CFN_OUTPUTS and AWS_PROFILE.",
}
"""What to do about errors, by their codes.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""


class Stack:
    """A deployed stack, and clients of its account and region; close it.

    Attributes:
        outputs: its outputs by name.
    """

    def __init__(self, outputs: Mapping[str, str]) -> None:
        """Take the outputs."""
        self.outputs = outputs

    @classmethod
    def find(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the outputs of the deployment.

        Raises:
            NoStackError: there are none, or they are not those of this pipeline.
        """
        named = environ.get("CFN_OUTPUTS")
        file = Path(named or OUTPUTS)
        if not file.is_file():
            which = "CFN_OUTPUTS names it" if named else "or let CFN_OUTPUTS name another file"
            raise NoStackError(
                f"{file} does not exist, so there is no stack to talk to. `make up` writes it for "
                f"the sandbox, `make deploy` for AWS ({which}). `cdk deploy` does not write it: "
                "Before any runbook, in docs/operations.md, has a command that does."
            )
        try:
            outputs = json.loads(file.read_text(encoding="utf-8"))
            stack = cls({name: str(value) for name, value in outputs.items()})
        except (AttributeError, ValueError):
            raise NoStackError(f"{file} is not a JSON object of outputs.") from None
        if not stack.output("LambdaFunctionArn").count(":") > 5:
            raise NoStackError(f"{file} has no ARN of a function in LambdaFunctionArn.")
        return stack

    def output(self, name: str) -> str:
        """Return an output.

        Raises:
            NoStackError: the stack does not have it.
        """
        if name not in self.outputs:
            raise NoStackError(
                f"The stack has no output {name}: it is another project's, or was deployed by an "
                "earlier version. Deploy this version."
            )
        return self.outputs[name]

    @property
    def bucket(self) -> str:
        """The name of the bucket."""
        return self.output("S3BucketName")

    @property
    def region(self) -> str:
        """The region of the stack, whatever the environment names."""
        return self.output("LambdaFunctionArn").split(":")[3]

    @property
    def account(self) -> str:
        """The account of the stack."""
        return self.output("LambdaFunctionArn").split(":")[4]

    @property
    def suffix(self) -> str:
        """The environment that the stack is of."""
        return self.output("LambdaFunctionName").removeprefix("data-processor-")

    @cached_property
    def s3(self) -> "S3Client":
        """S3; it answers only if the bucket is the stack's account's.

        Otherwise, somebody could create a bucket of this name once the stack was deleted.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
        """
        client: S3Client = self._client("s3")
        client.meta.events.register("before-parameter-build.s3", self._expect_owner)
        return client

    @cached_property
    def sqs(self) -> "SQSClient":
        """SQS."""
        return cast("SQSClient", self._client("sqs"))

    @cached_property
    def stepfunctions(self) -> Any:
        """Step Functions."""
        return self._client("stepfunctions")

    @cached_property
    def athena(self) -> Any:
        """Athena."""
        return self._client("athena")

    @cached_property
    def sts(self) -> Any:
        """STS, which tells who is asking."""
        return self._client("sts")

    @cached_property
    def session(self) -> boto3.Session:
        """The credentials of the environment, in the region of the stack."""
        return boto3.Session(region_name=self.region)

    def _client(self, service: Any) -> Any:
        try:
            return self.session.client(service, config=_CONFIG)
        except ValueError as error:  # the URL of an endpoint is none
            raise PipelineError(f"{error}. Correct AWS_ENDPOINT_URL, or unset it.") from None

    def _expect_owner(self, params: dict[str, Any], **_: Any) -> None:
        """Complete the parameters of a request to S3."""
        params["ExpectedBucketOwner"] = self.account

    def close(self) -> None:
        """Close the clients that were used."""
        for name in ("s3", "sqs", "stepfunctions", "athena", "sts"):
            if client := self.__dict__.get(name):
                client.close()


def with_stack(command: Callable[Concatenate[Stack, P], R]) -> Callable[P, R]:
    """Give a command the stack, which is looked for only when the command runs.

    The command raises:
        NoStackError: there is none.
        PipelineError: AWS could not be asked, or answered with an error.
    """

    @wraps(command)
    def run(*arguments: P.args, **options: P.kwargs) -> R:
        stack = Stack.find()
        click.get_current_context().call_on_close(stack.close)
        try:
            return command(stack, *arguments, **options)
        except (BotoCoreError, ClientError) as error:
            raise PipelineError(_explain(error)) from error

    return run


def _explain(error: BotoCoreError | ClientError) -> str:
    match error:
        case NoCredentialsError():
            return (
                "there are no credentials. Set AWS_PROFILE, or the variables of a key. "
                f"For the sandbox: {_SANDBOX}"
            )
        case EndpointConnectionError():
            return f"{error} Is the sandbox down? `make up` starts it. For AWS, see your network."
        case SSLError():
            proxy = "For AWS behind a proxy, set AWS_CA_BUNDLE."
            return f"{error}. {proxy} Each new sandbox has another certificate: {_SANDBOX}"
        case SSOError() | UnauthorizedSSOTokenError() | TokenRetrievalError():
            return f"{error}. {_SIGN_IN}"
        case ClientError():
            code = error.response.get("Error", {}).get("Code", "")
            remedy = next((does for codes, does in _REMEDIES.items() if code in codes), "")
            return f"{error} {remedy}".strip()
        case _:
            return str(error)
