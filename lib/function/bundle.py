"""The function's bundle: its code, the compiled contracts and pinned dependencies, no Docker.

``python -m lib.function.bundle`` builds it for the default architecture and prints its size.
"""

import argparse
import compileall
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from py_compile import PycInvalidationMode

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from lib.contracts import CONTRACTS, compile_contracts, write_contracts
from processor.contract.model import Contract
from processor.contracts import dump

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "lambda"
REQUIREMENTS = SOURCE / "requirements.txt"
CACHE = ROOT / ".cache" / "function"

# python3.11 runs on Amazon Linux 2, whose glibc is 2.26: a manylinux_2_28 wheel would install, and
# fail at the first import. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
PYTHON = "3.11"
WHEELS = {
    "x86_64": ("manylinux2014_x86_64", "manylinux_2_26_x86_64"),
    "arm64": ("manylinux2014_aarch64", "manylinux_2_26_aarch64"),
}

# What the processor never imports: tests, headers, sources, Arrow's RPC, what compiles C.
UNUSED = (
    "bin",
    "cffi",
    "pycparser",
    "pyarrow/include*",
    "pyarrow/src",
    "pyarrow/tests",
    "pyarrow/*.p[xy][dix]",
    "pyarrow/_flight.*",
    "pyarrow/_pyarrow_cpp_tests.*",
    "pyarrow/libarrow*_flight.*",
    "pyarrow/libarrow_python*.so",
    "pyarrow/libarrow_python*.so.*.*",
)

# Lambda's own limit is 250 MB unzipped; ours leaves some room.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_UNZIPPED_MB = 160
MAX_ZIPPED_MB = 60


class BundleError(RuntimeError):
    """The bundle could not be built; the message says what to do."""


def function_code(architecture: str, contracts: Path = CONTRACTS) -> lambda_.Code:
    """The asset of the function for ``x86_64`` or ``arm64``.

    Its hash is of its inputs, so that a second synth neither installs nor copies again. If the
    context key ``aws:cdk:bundling-stacks`` excludes the stack, nothing is installed.

    Raises:
        ContractError: a contract is not valid; this is checked even if nothing is bundled.
    """
    bundle = FunctionBundle(architecture, compile_contracts(contracts))
    return lambda_.Code.from_asset(
        str(SOURCE),
        asset_hash=bundle.digest(),
        asset_hash_type=AssetHashType.CUSTOM,
        bundling=BundlingOptions(image=DockerImage.from_registry("unused"), local=bundle),
    )


@jsii.implements(ILocalBundling)
class FunctionBundle:
    """The contents of the function's zip, built on this machine for the function's platform.

    Args:
        architecture: ``x86_64`` or ``arm64``; ``host`` for this interpreter, which is where an
            emulator runs the function. The environment variable ``FUNCTION_BUNDLE_PLATFORM``
            set to ``host`` overrides it.
        contracts: each compiled contract by dataset.
    """

    def __init__(self, architecture: str, contracts: Mapping[str, Contract]) -> None:
        """Take the bundle's inputs; nothing is built yet."""
        self._target = os.environ.get("FUNCTION_BUNDLE_PLATFORM", architecture)
        self._contracts = contracts

    def digest(self) -> str:
        """The hash of all that goes into the bundle."""
        contracts = {name: dump(contract) for name, contract in self._contracts.items()}
        parts = [self._dependencies_digest(), json.dumps(contracts)]
        parts += [f"{file.relative_to(SOURCE)} {_hash(file.read_bytes())}" for file in _sources()]
        return _hash("\n".join(parts).encode())

    def try_bundle(self, output_dir: str, *_options: object, **_named: object) -> bool:
        """Fill ``output_dir``; the name and the result are those of CDK's ``ILocalBundling``."""
        self.build(Path(output_dir))
        return True

    def build(self, directory: Path) -> None:
        """Write the bundle into ``directory``.

        Raises:
            BundleError: pip could not install the dependencies.
        """
        shutil.copytree(self._install_dependencies(), directory, dirs_exist_ok=True)
        for file in _sources():
            target = directory / file.relative_to(SOURCE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            # As for the dependencies, but an edit in Lambda's console makes it void.
            checked = PycInvalidationMode.CHECKED_HASH
            compileall.compile_file(target, quiet=2, stripdir=directory, invalidation_mode=checked)
        write_contracts(self._contracts, directory / "contracts")

    def _dependencies_digest(self) -> str:
        host = platform.platform() + sys.version if self._target == "host" else ""
        byte_code = sys.implementation.cache_tag
        recipe = (self._target, host, byte_code, PYTHON, WHEELS, UNUSED)
        return _hash((repr(recipe) + REQUIREMENTS.read_text("utf-8")).encode())

    def _install_dependencies(self) -> Path:
        """The folder of the pinned dependencies, installed once per content."""
        installed = CACHE / self._dependencies_digest()
        if installed.is_dir():
            return installed
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as name:
            target = Path(name) / "dependencies"
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
            command += ["--disable-pip-version-check", "--no-deps", "--require-hashes"]
            command += ["--only-binary=:all:", "--target", str(target), "-r", str(REQUIREMENTS)]
            command += _platform_options(self._target)
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                raise BundleError(
                    "The function's dependencies could not be installed: "
                    f"{done.stderr.strip().splitlines()[-1]} "
                    "The first synth needs the package index; later ones do not."
                )
            for unused in {path for pattern in UNUSED for path in target.glob(pattern)}:
                if unused.is_dir():
                    shutil.rmtree(unused)
                else:
                    unused.unlink()
            # A function cannot write next to its code, so without byte code each cold start would
            # compile it again. The zip has no usable times; byte code of another Python is
            # ignored.
            unchecked = PycInvalidationMode.UNCHECKED_HASH
            compileall.compile_dir(target, quiet=2, stripdir=target, invalidation_mode=unchecked)
            target.replace(installed)
        return installed


def _platform_options(target: str) -> list[str]:
    """The options that make pip install for ``target`` instead of this interpreter."""
    if target == "host":
        return []
    platforms = [option for tag in WHEELS[target] for option in ("--platform", tag)]
    return ["--implementation", "cp", "--python-version", PYTHON, *platforms]


def _sources() -> list[Path]:
    """The function's own modules, in a fixed order."""
    return sorted(SOURCE.glob("**/*.py"))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main() -> None:
    """Build the bundle and print its size; exit with 1 if it is too large."""
    parser = argparse.ArgumentParser(prog="python -m lib.function.bundle", description=__doc__)
    parser.add_argument("--architecture", choices=[*WHEELS, "host"], default="x86_64")
    architecture = parser.parse_args().architecture
    with tempfile.TemporaryDirectory() as name:
        bundle = Path(name) / "bundle"
        FunctionBundle(architecture, compile_contracts(CONTRACTS)).build(bundle)
        files = sorted(file for file in bundle.glob("**/*") if file.is_file())
        with zipfile.ZipFile(f"{name}/bundle.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.relative_to(bundle))
        unzipped = sum(file.stat().st_size for file in files) / 1e6
        zipped = Path(f"{name}/bundle.zip").stat().st_size / 1e6
    print(f"unzipped {unzipped:6.1f} MB of {MAX_UNZIPPED_MB} MB")
    print(f"zipped   {zipped:6.1f} MB of  {MAX_ZIPPED_MB} MB")
    if unzipped > MAX_UNZIPPED_MB or zipped > MAX_ZIPPED_MB:
        sys.exit("Error: the bundle is too large; see UNUSED in lib/function/bundle.py.")


if __name__ == "__main__":
    main()
