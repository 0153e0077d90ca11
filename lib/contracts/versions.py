"""The versions of a contract, and what they must have in common."""

from lib.contracts.protection import check_protection
from lib.contracts.source import SUFFIX, Source
from processor.contract.model import Contract
from processor.contract.vocabulary import VERSION


class Versions:
    """The contracts seen so far; each dataset's default version comes first."""

    def __init__(self) -> None:
        """Begin with no contracts."""
        self._by_id: dict[str, Source] = {}
        self._defaults: dict[str, Contract] = {}
        self._labels: dict[tuple[str, str], str] = {}

    def check(self, source: Source, contract: Contract) -> None:
        """Note what is wrong with a contract, given the earlier ones."""
        version = contract.version
        first = self._by_id.setdefault(contract.id, source)
        if first.family != source.family:
            source.wrong(("id",), f"the id is that of {first.label} too; give each its own")
        label = self._labels.setdefault((source.dataset, version), source.label)
        if label != source.label:
            what = f"the version is that of {label} too; give each its own"
            source.wrong(("version",), what)
        if "@" not in source.name:
            if not source.sentences():
                self._defaults[source.dataset] = contract
            return
        if not VERSION.fullmatch(source.version):
            what = (
                f"the file names the version {source.version!r}; use 1 to 32 letters, "
                "digits, full stops, hyphens and plus signs, a letter or digit first"
            )
            source.wrong((), what)
        elif source.version != version:
            what = f"the version is {version!r}; make it {source.version!r} as the file is named"
            source.wrong(("version",), what)
        default = self._defaults.get(source.dataset)
        if default is None:
            what = (
                f"there is no valid {source.family}{SUFFIX}, the version of files that name none"
            )
            source.wrong((), f"{what}; add it")
            return
        if contract.id != default.id:
            what = (
                f"the id is not that of {source.family}{SUFFIX}; versions of a contract share it"
            )
            source.wrong(("id",), what)
        if contract.epoch != default.epoch:
            what = (
                f"pseudonymEpoch is not that of {source.family}{SUFFIX}; make it the same, or "
                "the tokens of one person would not join"
            )
            source.wrong(("customProperties",), what)
        if not source.sentences():
            check_protection(source, contract, default)
