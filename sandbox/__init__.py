"""A local AWS: an emulator on this machine that the real CDK CLI deploys to.

``python3 -m sandbox --help`` shows the commands. Programs and tests use :mod:`sandbox.emulator` to
start and stop one, :mod:`sandbox.environment` to point AWS tools at it, and
:mod:`sandbox.deployment` to deploy the stack to it.
"""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
"""The project's root: where ``cdk.json``, ``package.json`` and ``node_modules`` are."""


class SandboxError(Exception):
    """The sandbox cannot do what was asked; the message says why and what to do."""
