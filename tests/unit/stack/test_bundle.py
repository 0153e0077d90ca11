"""The function's bundle: complete, for the function's platform, and built once."""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.util import cache_from_source, source_hash
from pathlib import Path

import pytest
from aws_cdk import App

from lib.contracts import CONTRACTS, compile_contracts
from lib.function import bundle as module
from lib.function.bundle import BundleError, FunctionBundle
from lib.tap_stack import TapStack
from processor.contract.model import Contract

HERE = (sys.platform, platform.machine(), sys.version_info[:2])
TARGET = "x86_64" if HERE == ("linux", "x86_64", (3, 11)) else "host"
Contracts = dict[str, Contract]


@pytest.fixture(scope="session", name="contracts")
def make_contracts() -> Contracts:
    """The project's contracts."""
    return compile_contracts(CONTRACTS)


@pytest.fixture(scope="session", name="bundle")
def build_bundle(tmp_path_factory: pytest.TempPathFactory, contracts: Contracts) -> Path:
    """A bundle that this interpreter can import from."""
    directory = tmp_path_factory.mktemp("bundle") / "bundle"
    FunctionBundle(TARGET, contracts).build(directory)
    return directory


def test_the_bundle_alone_imports_and_handles(bundle: Path) -> None:
    program = (
        f"import sys; sys.path[:0] = [{str(bundle)!r}]\n"
        "import index\n"
        "files = [module.__file__ for module in sys.modules.values()"
        " if getattr(module, '__file__', None)]\n"
        "assert callable(index.handler)\n"
        "print(*files, sep='\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program],
        env={
            "AWS_DEFAULT_REGION": "us-east-1",
            "BUCKET_NAME": "bucket",
            "PSEUDONYM_KEY_ID": "key",
            "POWERTOOLS_SERVICE_NAME": "test",
            "POWERTOOLS_METRICS_NAMESPACE": "test",
        },
        cwd=bundle.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    files = done.stdout.splitlines()
    assert any(str(bundle / "pyarrow") in file for file in files)
    assert any(str(bundle / "boto3") in file for file in files)
    assert any(str(bundle / "cryptography") in file for file in files)
    assert not [file for file in files if "site-packages" in file]


def test_the_contracts_are_in_it(bundle: Path, contracts: Contracts) -> None:
    found = {file.stem for file in (bundle / "contracts").iterdir()}
    assert found == set(contracts) >= {"customers", "payments"}


@pytest.mark.parametrize(("architecture", "machine"), [("x86_64", 62), ("arm64", 183)])
def test_every_library_runs_on_amazon_linux_2(
    tmp_path: Path, contracts: Contracts, architecture: str, machine: int
) -> None:
    bundle = tmp_path / "bundle"
    FunctionBundle(architecture, contracts).build(bundle)
    libraries = [*bundle.glob("**/*.so"), *bundle.glob("**/*.so.*")]
    names = {library.relative_to(bundle).parts[0].partition(".")[0] for library in libraries}
    assert names >= {"pyarrow", "cryptography", "_cffi_backend"}
    for library in libraries:
        content = library.read_bytes()
        needed = re.findall(rb"GLIBC_2\.(\d+)", content)
        assert max(map(int, needed), default=0) <= 26, library.name
        # e_machine of ELF: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
        assert int.from_bytes(content[18:20], "little") == machine, library.name
    size = sum(file.stat().st_size for file in bundle.glob("**/*") if file.is_file())
    assert size < module.MAX_UNZIPPED_MB * 1e6


def test_an_install_drops_what_nothing_imports(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("tiny/__init__.py", "tiny/tests/test_tiny.py", "tiny/tiny.pxd"):
            archive.writestr(name, "")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Name: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"{wheel} --hash=sha256:{digest}\n", encoding="utf-8")
    monkeypatch.setattr(module, "REQUIREMENTS", requirements)
    monkeypatch.setattr(module, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(module, "UNUSED", ("tiny/tests", "**/*.pxd"))
    FunctionBundle("x86_64", {}).build(tmp_path / "bundle")
    kept = (tmp_path / "bundle" / "tiny").rglob("*.p*")
    assert {file.name.partition(".")[0] for file in kept} == {"__init__"}


def test_what_nothing_imports_is_left_out(bundle: Path) -> None:
    assert not list(bundle.glob("pyarrow/tests"))
    assert not list(bundle.glob("pyarrow/include*"))
    assert not list(bundle.glob("**/libarrow*flight*"))


def test_all_code_comes_with_byte_code(bundle: Path) -> None:
    """That of dependencies is not checked; an edit in Lambda's console makes our own void."""
    own = {file.relative_to(module.SOURCE) for file in module.SOURCE.glob("**/*.py")}
    sources = {file.relative_to(bundle) for file in bundle.glob("**/*.py")}
    assert own < sources
    for source in sources:
        compiled = Path(cache_from_source(str(bundle / source))).read_bytes()
        # PEP 552: by a hash of the source, which is compared or not
        assert compiled[4:8] == (b"\3\0\0\0" if source in own else b"\1\0\0\0"), source
        if source in own:
            assert compiled[8:16] == source_hash((bundle / source).read_bytes()), source


def test_the_digest_distinguishes_contents(contracts: Contracts) -> None:
    digest = FunctionBundle("x86_64", contracts).digest()
    assert digest == FunctionBundle("x86_64", dict(contracts)).digest()
    fewer = {"customers": contracts["customers"]}
    others = [FunctionBundle("arm64", contracts), FunctionBundle("x86_64", fewer)]
    assert digest not in [other.digest() for other in others]


def test_the_digest_follows_the_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, contracts: Contracts
) -> None:
    copy = tmp_path / "lambda"
    shutil.copytree(module.SOURCE, copy)
    monkeypatch.setattr(module, "SOURCE", copy)
    before = FunctionBundle("x86_64", contracts).digest()
    assert before == FunctionBundle("x86_64", contracts).digest()
    (copy / "index.py").write_text("changed = True\n", encoding="utf-8")
    assert FunctionBundle("x86_64", contracts).digest() != before


def test_a_variable_asks_for_this_machines_platform(
    monkeypatch: pytest.MonkeyPatch, contracts: Contracts
) -> None:
    host = FunctionBundle("host", contracts).digest()
    monkeypatch.setenv("FUNCTION_BUNDLE_PLATFORM", "host")
    assert FunctionBundle("x86_64", contracts).digest() == host


def test_dependencies_are_installed_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bundle: Path, contracts: Contracts
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("installed again")

    monkeypatch.setattr(subprocess, "run", refuse)
    FunctionBundle(TARGET, contracts).build(tmp_path / "second")
    assert (tmp_path / "second" / "index.py").read_bytes() == (bundle / "index.py").read_bytes()


@pytest.mark.parametrize("target", ["x86_64", "host"])
def test_a_dependency_without_its_hash_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, target: str
) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("six==1.17.0\n", encoding="utf-8")
    monkeypatch.setattr(module, "REQUIREMENTS", requirements)
    monkeypatch.setattr(module, "CACHE", tmp_path / "cache")
    with pytest.raises(BundleError, match="The function's dependencies could not be installed"):
        FunctionBundle(target, {}).build(tmp_path / "bundle")
    assert not list((tmp_path / "cache").iterdir())


def test_synth_bundles_the_function(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    stack = TapStack(app, "TapStack-test", environment_suffix="test")
    app.synth()
    assert stack.bundling_required
    (asset,) = (path.parent for path in tmp_path.glob("asset.*/index.py") if path.stat().st_size)
    assert (asset / "pyarrow").is_dir()
    assert (asset / "contracts" / "customers.json").is_file()


def test_the_command_prints_the_size(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bundle"])
    module.main()
    unzipped, zipped = re.findall(r"(?:unzipped|zipped) +([\d.]+) MB", capsys.readouterr().out)
    assert 50 < float(unzipped) < 160
    assert 20 < float(zipped) < 60


class SmallBundle(FunctionBundle):
    """One file of 20 kB, which takes no time to compress."""

    def build(self, directory: Path) -> None:
        """Write the file."""
        directory.mkdir()
        (directory / "index.py").write_bytes(os.urandom(20_000))


@pytest.mark.parametrize("limit", ["MAX_UNZIPPED_MB", "MAX_ZIPPED_MB"])
def test_the_command_fails_when_it_is_too_large(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(module, "FunctionBundle", SmallBundle)
    monkeypatch.setattr(sys, "argv", ["bundle", "--architecture", TARGET])
    module.main()
    monkeypatch.setattr(module, limit, 0.019)
    with pytest.raises(SystemExit, match="too large"):
        module.main()
