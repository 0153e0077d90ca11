"""A stack with a contract that encrypts: its key, and re-identification, which needs that key."""

from collections.abc import Iterator

import pytest

from processor.deidentification.reversible import Origin, ReversibleKeys
from processor.deidentification.siv import ForeignTokenError, decrypt
from sandbox import PROJECT, deployment, emulator
from tests.integration.conftest import Pipeline
from tests.sandbox.cloud import Cloud, allow, outcome

CUSTOMERS = PROJECT / "samples" / "customers.csv"
COLUMN = "national_id"


@pytest.fixture(scope="module", name="cloud")
def start_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A separate sandbox: another stack of the same name may be in the shared one."""
    cloud = Cloud(emulator.start(tmp_path_factory.mktemp("reversible")))
    yield cloud
    cloud.close()
    emulator.stop(cloud.emulator.state)


@pytest.fixture(scope="module", name="outputs")
def deploy(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The outputs of a stack with such a contract."""
    folder = tmp_path_factory.mktemp("app")
    deployment.copy_app(folder / "copy")
    contract = folder / "copy" / "contracts" / "customers.odcs.yaml"
    text = contract.read_text(encoding="utf-8")
    method = "{method: pseudonymize}"
    assert text.count(method) == 1
    encrypt = "{method: encrypt, reidentification: fraud-investigation}"
    contract.write_text(text.replace(method, encrypt), encoding="utf-8")
    return deployment.deploy(
        cloud.emulator, "enc", folder / "outputs.json", project=folder / "copy"
    )


def test_what_the_function_encrypts_is_decrypted_with_the_key_of_its_own(
    cloud: Cloud, outputs: dict[str, str]
) -> None:
    pipeline = Pipeline(cloud.client("s3"), outputs["S3BucketName"])
    content = CUSTOMERS.read_bytes()
    assert pipeline.process("customers/a.csv", content)["outcome"] == "processed"
    tokens = {row["national_id_token"] for row in pipeline.clean("customers/a.csv") or []} - {None}
    keys = ReversibleKeys(cloud.client("kms"), outputs["ReversibleKeyId"])
    origin = Origin(dataset="customers", column=COLUMN, domain=None, epoch=1)
    texts = {decrypt(keys.derive(origin), origin.associated, token) for token in tokens}
    assert texts
    assert all(text in content.decode() for text in texts)
    other = Origin(dataset="customers", column="email", domain=None, epoch=1)
    with pytest.raises(ForeignTokenError):
        decrypt(keys.derive(other), other.associated, min(tokens))


@pytest.mark.parametrize(
    ("output", "algorithm"),
    [("PseudonymKeyId", "HMAC_SHA_256"), ("ReversibleKeyId", "HMAC_SHA_512")],
)
def test_nobody_else_derives_from_the_keys(
    cloud: Cloud, outputs: dict[str, str], output: str, algorithm: str
) -> None:
    administrator = cloud.assume(allow("*"))
    kms = administrator.client("kms")
    how = {"KeyId": outputs[output], "MacAlgorithm": algorithm}
    assert outcome(lambda: kms.generate_mac(Message=b"x", **how)) == "AccessDeniedException"
    assert outcome(lambda: kms.describe_key(KeyId=outputs[output])) == "ok"
