"""Several versions of a contract, and one sentence for each forbidden difference."""

from pathlib import Path

import pytest

from lib.contracts import ContractError, compile_contracts, write_contracts
from processor.contracts import Contracts
from tests.unit.contracts.orders import CONTRACT as ORDERS
from tests.unit.contracts.orders import edited

OLD = edited("version: 1.2.0", "version: 1.1.0")


def test_two_versions_are_compiled_and_found_by_their_version(
    directory: Path, tmp_path: Path
) -> None:
    (directory / "orders.odcs.yaml").write_text(ORDERS)
    (directory / "orders@1.1.0.odcs.yaml").write_text(OLD)
    compiled = compile_contracts(directory)
    assert list(compiled) == ["orders", "orders@1.1.0"]
    assert {contract.dataset for contract in compiled.values()} == {"orders"}
    write_contracts(compiled, tmp_path / "compiled")
    (tmp_path / "compiled/orders@x").mkdir()
    contracts = Contracts(tmp_path / "compiled")
    found = {
        version: contract and (contract.dataset, contract.version)
        for version in (None, "1.1.0", "1.2.0", "1.3.0", "", "x/../orders", "1.1.0\n", "@1.1.0")
        for contract in [contracts.find("orders", version)]
    }
    assert {version: of for version, of in found.items() if of} == {
        None: ("orders", "1.2.0"),
        "1.2.0": ("orders", "1.2.0"),
        "1.1.0": ("orders", "1.1.0"),
    }
    assert contracts.find("orders@1.1.0") is None
    assert contracts.find("others", "1.1.0") is None


@pytest.mark.parametrize(
    ("default", "name", "text", "sentence"),
    [
        (ORDERS, "orders@1.0.0", OLD, "the version is '1.1.0'; make it '1.0.0' as the file"),
        (ORDERS, "orders@1.2.0", ORDERS, "the version is that of contracts/orders.odcs.yaml too"),
        (
            ORDERS,
            "orders@",
            ORDERS.replace("1.2.0", "next"),
            "the file names the version ''; use 1",
        ),
        (ORDERS, "orders@1 1", ORDERS.replace("1.2.0", "1 1"), "the file names the version '1 1'"),
        (
            ORDERS,
            "orders@1.1.0",
            OLD.replace("value: 3", "value: 2"),
            "pseudonymEpoch is not that of orders.odcs.yaml; make it the same",
        ),
        (
            ORDERS,
            "orders@1.1.0",
            OLD.replace("id: ", "id: 1"),
            "the id is not that of orders.odcs.yaml; versions of a contract share it",
        ),
        (None, "orders@1.1.0", OLD, "there is no valid orders.odcs.yaml, the version of files"),
        (ORDERS, "others", OLD, "the id is that of contracts/orders.odcs.yaml too"),
    ],
)
def test_a_mistake_is_one_sentence(
    directory: Path, default: str | None, name: str, text: str, sentence: str
) -> None:
    for file, content in (("orders", default), (name, text)):
        if content:
            path = directory / f"{file}.odcs.yaml"
            path.write_text(content.replace("name: orders", f"name: {file.partition('@')[0]}", 1))
    with pytest.raises(ContractError) as caught:
        compile_contracts(directory)
    sentences = [line for line in str(caught.value).splitlines() if sentence in line]
    assert len(sentences) == 1
    assert sentences[0].startswith(f"contracts/{name}.odcs.yaml, line ")
