"""Where the outputs of an object are."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.bucket.keys import (
    KEY_LIMIT,
    NAME_LIMIT,
    OUTPUTS,
    LayoutError,
    ObjectKeys,
    keys_of,
)
from tests.unit.processor.examples import EXAMPLES


def all_keys(found: ObjectKeys) -> list[str]:
    """Return every key of an object."""
    return [found.source, found.manifest, *found.outputs.values()]


def test_the_outputs_mirror_the_name() -> None:
    assert keys_of("incoming/people/2026/march 1.csv") == ObjectKeys(
        source="incoming/people/2026/march 1.csv",
        dataset="people",
        unsafe=False,
        outputs={
            "processed": "processed/people/2026/march 1.csv.parquet",
            "quarantine": "quarantine/people/2026/march 1.csv.jsonl.gz",
        },
        manifest="manifests/people/2026/march 1.csv.json",
    )


@pytest.mark.parametrize("key", ["incoming/people.csv", "incoming/"])
def test_an_object_in_no_folder_is_of_no_dataset(key: str) -> None:
    assert keys_of(key).dataset is None


@pytest.mark.parametrize("key", ["processed/people/x.csv", "people/x.csv", "incoming", ""])
def test_what_is_not_under_incoming_has_no_keys(key: str) -> None:
    with pytest.raises(LayoutError, match="incoming/"):
        keys_of(key)


@EXAMPLES
@given(st.text(st.characters(codec="utf-8"), max_size=40), st.integers(1, 30))
def test_every_s3_key_has_output_keys(text: str, times: int) -> None:
    key = ("incoming/" + text * times).encode()[:KEY_LIMIT].decode(errors="ignore")
    assert all(len(found.encode()) <= KEY_LIMIT for found in all_keys(keys_of(key)))


def test_the_longest_name_that_fits_stays_as_it_is() -> None:
    name = "people/" + "x" * (KEY_LIMIT - len("quarantine/people/.jsonl.gz"))
    longest = keys_of(f"incoming/{name}")
    assert longest.outputs["quarantine"] == f"quarantine/{name}.jsonl.gz"
    assert len(longest.outputs["quarantine"]) == KEY_LIMIT


def test_longer_names_are_cut_and_stay_distinct() -> None:
    first, second = (keys_of(f"incoming/people/{'é' * 500}{end}") for end in ("1.csv", "2.csv"))
    assert first.dataset == "people"
    assert first.manifest.startswith("manifests/people/éé")
    assert not set(all_keys(first)) & set(all_keys(second))
    assert first == keys_of(first.source)


def test_nobody_can_take_the_keys_of_a_cut_name() -> None:
    long = keys_of(f"incoming/people/{'x' * 1000}")
    name = long.manifest.removeprefix("manifests/").removesuffix(".json")
    impostor = keys_of(f"incoming/{name}")
    assert not set(all_keys(long)) & set(all_keys(impostor))


UNSAFE = ["a/../b", "../x.csv", "people/../x.csv", "people/./x.csv", "./x", "people/..", ".", ".."]


@pytest.mark.parametrize("name", [*UNSAFE, f"{'x' * 990}/../y"])
def test_a_segment_of_dots_leads_nowhere(name: str) -> None:
    found = keys_of(f"incoming/{name}")
    assert found.unsafe
    for key in (found.manifest, *found.outputs.values()):
        assert not {".", ".."} & set(key.split("/"))
        assert len(key.encode()) <= KEY_LIMIT
    assert (found.dataset is None) == (name[0] == ".")
    assert found.manifest.count("/") == (1 if name[0] == "." or len(name) > 900 else 2)


def test_names_of_dots_stay_distinct() -> None:
    manifests = [keys_of(f"incoming/{name}").manifest for name in UNSAFE]
    assert len(set(manifests)) == len(UNSAFE)
    impostors = [key.removeprefix("manifests/").removesuffix(".json") for key in manifests]
    assert not set(manifests) & {keys_of(f"incoming/{name}").manifest for name in impostors}


@pytest.mark.parametrize(
    "name", ["people/%2e%2e/x", "people/x..", "people/a-b_c.d~e", "_a/b", ".a"]
)
def test_other_names_stay_as_they_are(name: str) -> None:
    found = keys_of(f"incoming/{name}")
    assert not found.unsafe
    assert found.manifest == f"manifests/{name}.json"


@pytest.mark.parametrize(
    ("name", "written"),
    {
        "people/_x.csv": "people/~_x.csv",
        "people/.x.csv": "people/~.x.csv",
        "people/~_x.csv": "people/~~_x.csv",
        "people/_a/.b/x.csv": "people/~_a/~.b/x.csv",
        "people/...": "people/~...",
        "people//x.csv": "people/~/x.csv",
        "people/~/x.csv": "people/~~/x.csv",
        "people/": "people/~",
        "people/00:30.csv": "people/00~-30.csv",
        "people/00~-30.csv": "people/00~~-30.csv",
        "people/00~:30.csv": "people/00~~~-30.csv",
        "people/:_": "people/~-_",
        "people/~a_b~.csv": "people/~a_b~.csv",
        "a:b/c": "a:b/c",  # no dataset can have this name
    }.items(),
)
def test_names_that_queries_do_not_find_are_written_in_another_way(
    name: str, written: str
) -> None:
    found = keys_of(f"incoming/{name}")
    assert found == ObjectKeys(
        source=f"incoming/{name}",
        dataset=name.partition("/")[0],
        unsafe=False,
        outputs={
            "processed": f"processed/{written}.parquet",
            "quarantine": f"quarantine/{written}.jsonl.gz",
        },
        manifest=f"manifests/{written}.json",
    )


PARTS = st.text(st.sampled_from("~_.-:/a"), max_size=9)
ENDS = st.sampled_from(["", f"~{'0' * 64}", "x" * NAME_LIMIT, ":" * (NAME_LIMIT // 2)])


@EXAMPLES
@given(PARTS, ENDS)
def test_queries_find_the_outputs_of_every_name(part: str, end: str) -> None:
    found = keys_of(f"incoming/people/{part}{end}")
    for key in (found.manifest, *found.outputs.values()):
        prefix, dataset, *below = key.split("/")
        assert (f"{prefix}/", dataset) in ((output, "people") for output in OUTPUTS)
        assert all(one and one[0] not in "_." and ":" not in one for one in below)
        assert len(key.encode()) <= KEY_LIMIT


@EXAMPLES
@given(PARTS, ENDS)
def test_no_other_name_has_the_same_outputs(part: str, end: str) -> None:
    """Its outputs' key tells the name, and is the key of no other name's outputs."""
    name = f"people/{part}{end}"
    found = keys_of(f"incoming/{name}")
    written = found.manifest.removeprefix("manifests/").removesuffix(".json")
    if re.search(r"~[0-9a-f]{64}\Z", written):
        assert written.endswith(hashlib.sha256(name.encode()).hexdigest())
    else:
        assert unescaped(written) == name
    assert written == name or keys_of(f"incoming/{written}").manifest != found.manifest


def unescaped(written: str) -> str:
    """The name that the key of an output has, unless it has a digest."""
    dataset, *parts = written.split("/")
    return "/".join((dataset, *map(_unescaped, parts)))


def _unescaped(part: str) -> str:
    if re.match(r"~+([_.]|\Z)", part):
        part = part[1:]
    return re.sub("(~*)-", lambda run: "~" * (len(run[1]) // 2) + "-:"[len(run[1]) % 2], part)
