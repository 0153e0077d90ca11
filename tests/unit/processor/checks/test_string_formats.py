"""The formats of strings; :mod:`.test_columns` compares them with the reference implementation."""

import pytest

from tests.unit.processor.checked import check
from tests.unit.processor.examples import column


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("https://user@example.com:8080/a/b?x=1&y=/#top", True),
        ("http://[2001:db8::7]/c=GB?objectClass?one", True),
        ("mailto:ann@example.com", True),
        ("urn:isbn:0451450523", True),
        ("file:///etc/hosts", True),
        ("tel:+1-816-555-1212", True),
        ("a:", True),
        ("x:/", True),
        ("http://example.com/%7Euser", True),
        ("http://example.com/%7", False),
        ("http://exa mple.com/", False),
        ("http://example.com/a|b", False),
        ("http://example.com/[", False),
        ("http://[::1", False),
        ("//example.com/", False),
        ("example.com", False),
        ("1http://x", False),
        ("http://x/é", False),
        ("http://x#a#b", False),
        ("http://x:port/", False),
    ],
)
def test_a_uri_is_one_of_rfc_3986(text: str, holds: bool) -> None:
    assert check(column("c", format="uri"), [text]) == [(text, [] if holds else ["c:format"])]
