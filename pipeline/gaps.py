"""Gaps: manifests that could not be read, so an answer does not count them."""

from dataclasses import dataclass, field

from pipeline.display import remark
from pipeline.outcomes import PipelineError, RefusedError

MOST_NAMED = 20


@dataclass(frozen=True)
class Gap:
    """A manifest that could not be read.

    Attributes:
        manifest: its key.
        error: why; the message names the manifest.
    """

    manifest: str
    error: PipelineError


@dataclass
class Gaps:
    """The manifests that could not be read among those that an answer is about.

    Attributes:
        found: those that could not be read.
        read: how many could.
    """

    found: list[Gap] = field(default_factory=list)
    read: int = 0

    def check(self) -> None:
        """Let an answer be given, unless it would be about nothing.

        Raises:
            RefusedError: IAM refused to read every manifest that there is.
        """
        errors = [one.error for one in self.found]
        if errors and not self.read and all(isinstance(one, RefusedError) for one in errors):
            raise errors[0]

    def tell(self) -> None:
        """Say on standard error what the answer does not count."""
        for one in self.found[:MOST_NAMED]:
            remark(f"Not counted: {one.error.message}")
        if len(self.found) > MOST_NAMED:
            remark(
                f"Not counted: {len(self.found):,} manifests, of which the first {MOST_NAMED} are "
                "named."
            )

    @property
    def manifests(self) -> list[str]:
        """The keys of those that could not be read."""
        return [one.manifest for one in self.found]

    @property
    def document(self) -> list[dict[str, str]]:
        """For JSON."""
        return [{"manifest": one.manifest, "why": one.error.message} for one in self.found]
