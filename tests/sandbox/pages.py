"""The commands in the pages of the documentation."""

import re
from typing import NamedTuple

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^ *\$ ((?:.*\\\n)*.*?)(?: +# .*)?$\n((?:^ *(?!\$ )\S.*\n)*)", re.MULTILINE)


class Shown(NamedTuple):
    """A command after a prompt, and what the page shows that it prints: a text per line."""

    command: str
    prints: tuple[str, ...]


def shown(text: str) -> list[Shown]:
    """Return the commands of a page or a section, in order."""
    blocks = [block for _, language, block in FENCE.findall(text) if language == "console"]
    return [one for block in blocks for one in commands(block)]


def commands(block: str) -> list[Shown]:
    """Return the commands of a block."""
    return [
        Shown(command, tuple(line.strip() for line in output.splitlines()))
        for command, output in SHOWN.findall(block)
    ]
