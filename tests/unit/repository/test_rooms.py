"""A module's tests are found from its name: ``csv.py`` is tested in ``test_csv.py``.

A package's own ``__init__`` and ``__main__`` are tested under the package's name.
"""

import ast
from pathlib import Path, PurePath

import pytest

from tests.unit.synthesis import ROOT

# The room of each folder's tests, and whether it has the folder's own rooms.
ROOMS = {
    "lambda/processor": ("tests/unit/processor", True),
    "lambda": ("tests/unit/processor", False),  # the handlers
    "lib/contracts": ("tests/unit/contracts", True),
    "lib": ("tests/unit/stack", False),
    "pipeline": ("tests/unit/pipeline", True),
    "sandbox": ("tests/sandbox", True),
    "delivery": ("tests/unit/delivery", True),
    "benchmarks": ("tests/unit/benchmarks", True),
}
MEASURED = "It measures; `make bench` shows whether it works."
LARGE = "It runs below a limit of memory; `make scale` shows whether it works."
RUN = "Its stack is deployed there, where a short `make chaos` runs."
# Where another module's tests are those of a module, and why.
ELSEWHERE = {
    "lambda/processor/__init__.py": (
        "tests/unit/repository/test_documentation.py",
        "It holds the version.",
    ),
    "lambda/processor/contract/quality.py": (
        "tests/unit/processor/checks/test_quality.py",
        "It is the conditions, which are tested with what is measured.",
    ),
    "lambda/processor/limits/size.py": (
        "tests/unit/processor/readers/test_compression.py",
        "It is two fields, which the readers compare with.",
    ),
    "lib/__init__.py": (
        "tests/unit/stack/test_app.py",
        "It is about an import of the whole program.",
    ),
    "sandbox/backlog.py": (
        "tests/sandbox/test_environments.py",
        "Its stack is deployed there, where a short `make backlog` runs.",
    ),
    "sandbox/chaos/run.py": ("tests/sandbox/test_environments.py", RUN),
    "sandbox/chaos/queues.py": ("tests/sandbox/test_environments.py", RUN),
    "sandbox/chaos/recovery.py": ("tests/sandbox/test_environments.py", RUN),
    "sandbox/chaos/relay.py": ("tests/sandbox/test_environments.py", RUN),
    "sandbox/demo.py": ("tests/sandbox/test_readme.py", "A reader runs the demo there."),
    "sandbox/demo_privacy.py": (
        "tests/sandbox/test_reidentification.py",
        "It plays on the stack that is deployed there.",
    ),
    "sandbox/refusal.py": ("tests/sandbox/test_readme.py", "The demo shows it there."),
    "sandbox/reversible.py": (
        "tests/sandbox/test_reidentification.py",
        "Its contracts are deployed there.",
    ),
    "sandbox/server.py": ("tests/sandbox/test_emulator.py", "It is the process of the emulator."),
    "sandbox/status.py": ("tests/sandbox/test_sandbox.py", "It is what a command prints."),
    "sandbox/parity/correction.py": (
        "tests/sandbox/parity/test_parity.py",
        "It installs the corrections, and each of their tests would fail without it.",
    ),
    "sandbox/parity/kms.py": (
        "tests/sandbox/parity/test_s3_encryption.py",
        "It decides for the services that use keys, and is tested through them.",
    ),
    "sandbox/parity/vpc.py": (
        "tests/sandbox/parity/test_endpoints.py",
        "It finds the endpoint that a request goes through; what it refuses is tested there.",
    ),
    "benchmarks/__main__.py": ("tests/unit/benchmarks/test_report.py", MEASURED),
    "benchmarks/best_parts.py": ("tests/unit/benchmarks/test_report.py", MEASURED),
    "benchmarks/cold_start.py": ("tests/unit/benchmarks/test_report.py", MEASURED),
    "benchmarks/cores.py": ("tests/unit/benchmarks/test_control_group.py", MEASURED),
    "benchmarks/function.py": ("tests/unit/benchmarks/test_report.py", MEASURED),
    "benchmarks/latency.py": ("tests/unit/benchmarks/test_report.py", MEASURED),
    "benchmarks/measurement.py": ("tests/unit/benchmarks/test_comparison.py", MEASURED),
    "benchmarks/parts.py": ("tests/unit/benchmarks/test_comparison.py", MEASURED),
    "benchmarks/people.py": ("tests/unit/benchmarks/test_equality.py", MEASURED),
    "benchmarks/throughput.py": ("tests/unit/benchmarks/test_report.py", MEASURED),
    "benchmarks/one_object.py": ("tests/unit/benchmarks/test_scale.py", LARGE),
}
# Each engine is a program of its own, and most need an environment of their own.
ENGINES = "benchmarks/engines/", "tests/unit/benchmarks/test_equality.py"


def has_code(file: Path) -> bool:
    """Tell whether a module has more than its docstring."""
    return len(ast.parse(file.read_text("utf-8")).body) > 1


def modules() -> list[str]:
    """Return the modules with code, by their path in the repository."""
    files = {file for folder in ROOMS for file in (ROOT / folder).glob("**/*.py")}
    return sorted(file.relative_to(ROOT).as_posix() for file in files if has_code(file))


def own_tests(module: str) -> str:
    """Return where the tests of a module are by its name."""
    path = PurePath(module)
    folder = next(folder for folder in ROOMS if path.is_relative_to(folder))
    room, mirrored = ROOMS[folder]
    package = path.name in ("__init__.py", "__main__.py")
    name = path.parent.name if package else path.stem
    within = path.parent.relative_to(folder) if mirrored else PurePath()
    return (room / within / f"test_{name}.py").as_posix()


@pytest.mark.parametrize("module", modules())
def test_the_tests_of_a_module_have_its_name(module: str) -> None:
    named = own_tests(module)
    found = (ROOT / named).is_file()
    if module in ELSEWHERE or module.startswith(ENGINES[0]):
        where = ELSEWHERE[module][0] if module in ELSEWHERE else ENGINES[1]
        assert (ROOT / where).is_file()
        assert not found, f"{named} exists: remove {module} from the list of exceptions"
    else:
        assert found, f"write the tests of {module} into {named}"


def test_every_exception_is_a_module_with_its_reason() -> None:
    assert set(ELSEWHERE) <= set(modules())
    assert all(reason.endswith(".") for _, reason in ELSEWHERE.values())
    assert any(module.startswith(ENGINES[0]) for module in modules())


@pytest.mark.parametrize(
    ("module", "tests"),
    [
        ("lambda/processor/bucket/keys.py", "tests/unit/processor/bucket/test_keys.py"),
        ("lambda/processor/account.py", "tests/unit/processor/test_account.py"),
        ("lambda/index.py", "tests/unit/processor/test_index.py"),
        ("lib/contracts/__init__.py", "tests/unit/contracts/test_contracts.py"),
        ("lib/constructs/keys.py", "tests/unit/stack/test_keys.py"),
        ("sandbox/__main__.py", "tests/sandbox/test_sandbox.py"),
        ("sandbox/parity/__init__.py", "tests/sandbox/parity/test_parity.py"),
    ],
)
def test_where_tests_are(module: str, tests: str) -> None:
    assert own_tests(module) == tests
