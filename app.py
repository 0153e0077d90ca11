"""The CDK app: one zero-trust data pipeline per environment suffix.

``cdk.json`` runs this file. ``cdk deploy -c environmentSuffix=dev`` chooses the environment.
"""

import os
import sys

from aws_cdk import App, Environment

from lib.compliance.rule_packs import attach_packs
from lib.contracts import ContractError
from lib.settings import SettingsError
from lib.tap_stack import TapStack


def build(app: App) -> TapStack:
    """Add the stack of the environment that the context names (default ``dev``) to ``app``.

    Raises:
        SettingsError: the suffix or a setting of the environment is not allowed.
        ContractError: a data contract is not valid.
    """
    suffix = str(app.node.try_get_context("environmentSuffix") or "dev")
    return TapStack(
        app,
        f"TapStack-{suffix}",
        environment_suffix=suffix,
        env=Environment(
            account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
            region=os.environ.get("CDK_DEFAULT_REGION", "us-east-1"),
        ),
    )


def main() -> None:
    """Synthesize; a wrong configuration ends in one sentence, not in a traceback."""
    app = App()
    attach_packs(app)
    try:
        build(app)
    except (SettingsError, ContractError) as error:
        sys.exit(f"Error: {error}")
    app.synth()


if __name__ == "__main__":
    main()
