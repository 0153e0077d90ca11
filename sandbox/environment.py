"""The environment that makes any AWS tool talk to the sandbox, and to nothing else."""

import os
from collections.abc import Mapping

from sandbox import toolchain
from sandbox.emulator import ACCOUNT, HOST, REGION, ROOT_KEY, Emulator


def environment(emulator: Emulator, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return a copy of ``base`` that makes AWS SDKs, the CLI and CDK use this emulator.

    Every ``AWS_`` variable of ``base`` is dropped, and configuration files are not read: a
    profile, a session token or a single service's endpoint would lead to a real account. A machine
    that cannot run the function's bundle for AWS builds its own.
    """
    kept = {name: value for name, value in base.items() if not name.startswith("AWS_")}
    roots = str(emulator.certificate.roots)
    direct = {name: _without_proxy(base.get(name, "")) for name in ("NO_PROXY", "no_proxy")}
    bundle = {} if toolchain.function_platform() else {"FUNCTION_BUNDLE_PLATFORM": "host"}
    return (
        kept
        | direct
        | bundle
        | {
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "AWS_ACCESS_KEY_ID": ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CA_BUNDLE": str(emulator.certificate.authority),
            "NODE_EXTRA_CA_CERTS": roots,
            "SSL_CERT_FILE": roots,
            "CDK_DEFAULT_ACCOUNT": ACCOUNT,
            "CDK_DEFAULT_REGION": REGION,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "true",
            "CDK_HOME": str(emulator.state / "cdk"),
            "SANDBOX_STATE": str(emulator.state),
            "SANDBOX_PLAIN_ENDPOINT": emulator.plain_endpoint,
            "SANDBOX_LAG": str(emulator.lag),
            "PATH": toolchain.search_path(),
        }
    )


def _without_proxy(hosts: str) -> str:
    return ",".join(dict.fromkeys([*filter(None, hosts.split(",")), HOST, "localhost"]))
