"""Imports point one way: no circle of modules or packages, and none from shipped code upwards."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.unit.synthesis import ROOT

HANDLERS = {file.stem for file in (ROOT / "lambda").glob("*.py")}
SOURCES = {
    "lib": ROOT,
    "processor": ROOT / "lambda",
    **dict.fromkeys(HANDLERS, ROOT / "lambda"),
    "app": ROOT,
    "pipeline": ROOT,
}
# What a module may import of our packages, by its top-level package.
BELOW = {
    "app": {"lib"},
    "lib": {"lib", "processor"},
    **{handler: {"processor"} for handler in HANDLERS},
    "pipeline": {"lib", "pipeline", "processor"},
}
Graph = dict[str, set[str]]


def modules() -> Iterator[tuple[str, Path]]:
    """Yield every module that ships or builds, with its file."""
    for name, folder in SOURCES.items():
        for file in sorted([*(folder / name).glob("**/*.py"), *folder.glob(f"{name}.py")]):
            parts = file.relative_to(folder).with_suffix("").parts
            yield ".".join(part for part in parts if part != "__init__"), file


def read_graph(names: dict[str, Path]) -> Graph:
    """Which of these modules each of them imports."""
    graph: Graph = {name: set() for name in names}
    for name, file in names.items():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                wanted = {f"{node.module}.{alias.name}" for alias in node.names}
                graph[name] |= {one if one in names else node.module for one in wanted}
            elif isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names}
        graph[name] &= set(names)
    return graph


def rooms(graph: Graph) -> Graph:
    """The same between rooms: packages below the first level, and modules outside them."""

    def room(name: str) -> str:
        return ".".join(name.split(".")[:2])

    found: Graph = {}
    for name, imported in graph.items():
        found.setdefault(room(name), set()).update(
            room(one) for one in imported if one.count(".") and room(one) != room(name)
        )
    return found


def circle(graph: Graph) -> list[str]:
    """The modules of a circle; none if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.fixture(scope="module", name="graph")
def make_graph() -> Graph:
    """The project's own."""
    return read_graph(dict(modules()))


def test_modules_form_no_circle(graph: Graph) -> None:
    assert not circle(graph)


def test_rooms_form_no_circle(graph: Graph) -> None:
    assert not circle(rooms(graph))


def test_what_ships_imports_nothing_from_above(graph: Graph) -> None:
    assert all(graph[name] for name in (*HANDLERS, "app", "lib.tap_stack"))
    for name, imported in graph.items():
        first = name.partition(".")[0]
        allowed = BELOW.get(first, {first})
        assert {one.partition(".")[0] for one in imported} <= allowed, name


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ({"lib.a.x": {"lib.b.y"}, "lib.b.y": {"lib.a.x"}}, True),
        ({"lib.a.x": {"lib.b.y"}, "lib.b.y": {"lib.a.z"}, "lib.a.z": set()}, True),
        ({"lib.a.x": {"lib.b.y"}, "lib.b.y": set(), "lib.a.z": {"lib.a.x"}}, False),
    ],
    ids=["modules", "rooms", "none"],
)
def test_a_circle_is_found(graph: Graph, found: bool) -> None:
    assert bool(circle(rooms(graph))) == found
