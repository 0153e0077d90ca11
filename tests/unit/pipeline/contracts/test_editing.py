"""Editing: what is changed of a text, and what is left."""

import yaml

from pipeline.contracts.editing import Page

TEXT = """\
top:
  - a: 1
    b: |
      one

      two

    # about c
    c: 3
  # before the second
  -
    a: 4
  - a: 5
    d: >-
      three
after: yes
"""


def changed(page: Page) -> str:
    """The text, which must be YAML."""
    text = page.changed()
    assert yaml.safe_load(text) is not None
    return text


def test_an_item_comes_first_in_a_list() -> None:
    page = Page(TEXT)
    page.insert(("top",), "a: 0")
    assert changed(page) == TEXT.replace("  - a: 1\n", "  - a: 0\n  - a: 1\n")
    page = Page("[x]")
    page.insert((), "y")
    assert changed(page) == "[y, x]"


def test_a_field_has_another_name() -> None:
    page = Page("{a: 1, 'b': {c: 2}} # d")
    page.rename(("a",), "x")
    page.rename(("b",), "y")
    page.rename(("b", "c"), "z")
    assert changed(page) == "{x: 1, 'y': {z: 2}} # d"


def test_fields_are_added_to_nothing() -> None:
    page = Page("a: [{}]\nb:\nc: x\n")
    page.add(("a", 0), ["b: 1", "c: 2"])
    assert changed(page) == "a: [ {b: 1, c: 2}]\nb:\nc: x\n"
    assert [page.is_empty((one,)) for one in ("a", "b", "c")] == [False, True, False]


def test_an_item_becomes_a_comment_with_its_dash() -> None:
    page = Page(TEXT)
    page.remove(("top",), [1, 2], "why")
    new = "  # why:\n  # -\n  #   a: 4\n  # - a: 5\n  #   d: >-\n  #     three\n"
    old = "  -\n    a: 4\n  - a: 5\n    d: >-\n      three\n"
    assert changed(page) == TEXT.replace(old, new)


def test_a_text_of_several_lines_becomes_a_comment() -> None:
    page = Page(TEXT)
    page.remove(("top", 0), ["b"], "why")
    new = "    # why:\n    # b: |\n    #   one\n    #\n    #   two\n"
    assert changed(page).replace("# \n", "#\n") == TEXT.replace(
        "    b: |\n      one\n\n      two\n", new
    )


def test_a_field_after_a_dash_leaves_the_dash() -> None:
    page = Page(TEXT)
    page.remove(("top", 2), ["a"], "why")
    new = "  # why:\n  # a: 5\n  - d: >-\n"
    assert changed(page) == TEXT.replace("  - a: 5\n    d: >-\n", new)


def test_what_has_nothing_left_goes_as_a_whole() -> None:
    page = Page(TEXT)
    page.remove(("top", 1), ["a"], "why")
    assert "  # why:\n  # -\n  #   a: 4\n" in changed(page)


def test_fields_in_braces_go_with_a_comma() -> None:
    for keys, left in ((["a"], "{b: 2, c: 3}"), (["b", "c"], "{a: 1}"), (["b"], "{a: 1, c: 3}")):
        page = Page("x: {a: 1, b: 2, c: 3}\n")
        page.remove(("x",), keys, "why")
        assert changed(page).split("\n")[-2] == f"x: {left}"


def test_a_value_that_is_empty_is_replaced() -> None:
    page = Page("a:\nb: 1")
    page.replace(("a",), "2")
    page.add((), ["c: 3"])
    assert yaml.safe_load(changed(page)) == {"a": 2, "b": 1, "c": 3}


def test_lines_lead_back() -> None:
    page = Page(TEXT)
    page.insert(("top",), "a: 0")
    page.remove(("top", 0), ["b"], "why")
    page.add(("top", 1), ["e: 1", "f: 2"])
    new = changed(page)
    for line in ("    c: 3", "  - a: 5", "after: yes"):
        number = new.split("\n").index(line) + 1
        assert page.line_before(new, number) == TEXT.split("\n").index(line) + 1
    added = new.split("\n").index("    f: 2") + 1
    assert page.line_before(new, added) == TEXT.split("\n").index("    a: 4") + 1
