"""The clients of AWS give up soon, and name the endpoints of their region."""

from collections.abc import Callable
from typing import Any

import pytest

from processor import clients


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    """The region that needs an option to have a name of its own for S3."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.mark.parametrize(("make", "service"), [(clients.s3, "s3"), (clients.kms, "kms")])
def test_a_client_names_its_region_and_does_not_wait(
    make: Callable[[], Any], service: str
) -> None:
    client = make()
    assert client.meta.endpoint_url == f"https://{service}.us-east-1.amazonaws.com"
    assert client.meta.config.connect_timeout == 5
    retries = client.meta.config.retries
    assert (retries["mode"], retries["total_max_attempts"]) == ("standard", 4)
    client.close()
