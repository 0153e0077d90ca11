"""The outputs of a deployed stack: what the integration tests and the attacks find it through."""

import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OUTPUTS = Path(os.environ.get("CFN_OUTPUTS", ROOT / "cfn-outputs" / "flat-outputs.json"))


@pytest.fixture(scope="session", name="outputs")
def read_outputs() -> dict[str, str]:
    """The outputs of the deployed stack, by name."""
    if not OUTPUTS.is_file():
        pytest.skip(f"{OUTPUTS} is absent: deploy first (make up, or make deploy)")
    outputs: dict[str, str] = json.loads(OUTPUTS.read_text(encoding="utf-8"))
    return outputs
