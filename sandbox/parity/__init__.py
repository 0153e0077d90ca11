"""Corrections that make MiniStack answer as AWS does where this project relies on it.

Importing the package installs them, by service. They reach into MiniStack's internals, so they
work only with the version they were tested with; ``tests/sandbox`` shows for each what that
version does without it. With ``SANDBOX_LAG``, changes also show late.
"""

import importlib
import os
from importlib import metadata

TESTED_VERSION = "1.5.33"

MODULES = (
    "speed",
    "policies",
    "iam",
    "endpoints",
    "s3_buckets",
    "s3_encryption",
    "sqs",
    "sns",
    "logs",
    "awslambda",
    "ec2",
    "cloudwatch",
    "stepfunctions",
    "route53resolver",
    "athena",
    "iceberg",
    "cloudtrail",
    "cloudformation",
)
"""The modules of corrections. Later modules' checks wrap the earlier ones', and ask them first."""


def load() -> None:
    """Install all corrections.

    Raises:
        ImportError: MiniStack is not the version that they were tested with.
    """
    installed = metadata.version("ministack")
    if installed != TESTED_VERSION:
        raise ImportError(
            f"The sandbox's corrections are for MiniStack {TESTED_VERSION}, but {installed} is "
            "installed. Install the pinned version: pip install -r requirements-dev.txt"
        )
    lagging = ["lag"] if "SANDBOX_LAG" in os.environ else []
    for module in [*MODULES, *lagging]:
        importlib.import_module(f"{__name__}.{module}")


load()
