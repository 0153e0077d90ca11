"""Erasing: one processed file, from its manifest to outputs without a person.

An attempt reads the manifest, then the outputs, writes those that have rows of the person, and
last the manifest, each on the condition that nobody has written it meanwhile; if somebody has, it
starts again. So it is to the processor what a second delivery is: see
docs/architecture.md#concurrency. Whoever comes to be second starts again, and finds the other's.

An output that was rewritten names, in its metadata, the ETag of what it replaced. If the manifest
describes what was replaced, a crash has left it so: the next attempt writes the manifest of what
is there, removes nothing more, and only then starts again. Outputs that no manifest describes for
another reason are the processor's, whose message comes again; they are not touched.

The manifest has how many rows the last run removed, so that a step of it that is repeated after a
crash counts what it had removed before.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from io import SEEK_END
from typing import IO, Any, NamedTuple

from processor.bucket.keys import QUARANTINE, ObjectKeys, keys_of
from processor.bucket.manifest import Artifact, summarize
from processor.bucket.store import ERASED_FROM, ConflictError, Store
from processor.contract.model import Contract
from processor.contracts import Contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.erasure.expiry import Expiry
from processor.erasure.people import RawRows, Request, tokens_in
from processor.erasure.rewriting import Rewritten, rewrite_clean, rewrite_rejected
from processor.processing import ATTEMPTS, GZIP, JSON, PARQUET, ContentionError
from processor.suppression import token_columns

_PIECE = 1 << 20  # bytes


@dataclass(frozen=True)
class FileErased:
    """What became of a file.

    Attributes:
        key: the file.
        clean, rejected: rows that were removed from its outputs by this run.
        erased: rows that are missing in all, by this request and earlier ones. In a dry run,
            these are the numbers that an erasure would find.
        refused: whether it was refused as a whole: then nobody has looked into it.
        versions: its raw file and the old versions of its outputs, if they hold the person or
            somebody else who was erased, or if nobody has looked: see :meth:`.Expiry.describe`.
    """

    key: str
    clean: int = 0
    rejected: int = 0
    erased: int = 0
    refused: bool = False
    versions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def document(self) -> dict[str, Any]:
        """What a receipt says about it."""
        return asdict(self)


class _Output(NamedTuple):
    """An output as it is: its ETag, what it replaced if that was an erasure, and its content."""

    etag: str
    erased_from: str | None
    version_id: str
    content: IO[bytes]


class Eraser:
    """Erases people from the outputs of files in one bucket."""

    def __init__(
        self,
        store: Store,
        contracts: Contracts,
        keys: PseudonymKeys,
        expiry: Expiry,
        *,
        run: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take its parts, and the name of the run; ``now`` returns the time in UTC."""
        self._store = store
        self._contracts = contracts
        self._keys = keys
        self._expiry = expiry
        self._run = run
        self._now = now

    def erase(self, manifest_key: str, request: Request) -> FileErased:
        """Erase people from the outputs of the file of a manifest.

        Raises:
            ContentionError: others kept interfering, or the outputs are not what the manifest
                describes: a message about the file is still under way, or is parked.
            TokensError: the tokens of the file were derived by another version.
            ContractError: the contract of the file cannot be read.
        """
        for _ in range(ATTEMPTS):
            try:
                erased, done = self._attempt(manifest_key, request)
            except ConflictError:
                continue
            if done:
                return erased
        raise ContentionError("the outputs are not what the manifest describes, or keep changing")

    def _attempt(self, manifest_key: str, request: Request) -> tuple[FileErased, bool]:
        """Erase people from a file; tell whether it is done, or a crash was made good first."""
        content, manifest_etag = self._store.read(manifest_key) or (b"null", "")
        manifest = json.loads(content)
        if manifest is None:  # deleted after it was listed
            return FileErased(manifest_key), True
        keys = keys_of(manifest["source"]["key"])
        contract = self._contract(keys, manifest)
        if manifest["refusal"] or not contract:
            left = self._versions(keys, [])
            return FileErased(keys.source, refused=True, versions=left), True
        with ExitStack() as files:
            outputs = {
                name: output
                for name, key in keys.outputs.items()
                if (output := self._open(key, files.enter_context(tempfile.TemporaryFile())))
            }
            behind = [
                name for name, one in outputs.items() if _is_behind(one, manifest["outputs"][name])
            ]
            stored = {
                name: self._rewrite(
                    keys.outputs[name], output, None if behind else request, contract, manifest
                )
                for name, output in outputs.items()
            }
        changed = self._account(manifest, stored)
        if changed != manifest:
            content = (json.dumps(changed, sort_keys=True) + "\n").encode()
            self._store.write(keys.manifest, content, JSON, manifest_etag, summarize(changed))
        clean, rejected = self._removed(changed).values()
        erased = changed["rows"].get("erased", 0)
        held = [one.version_id for name, one in outputs.items() if stored[name][0].removed]
        versions = self._versions(keys, held) if erased and not behind else []
        return FileErased(keys.source, clean, rejected, erased, versions=versions), not behind

    def _contract(self, keys: ObjectKeys, manifest: Mapping[str, Any]) -> Contract | None:
        """Return the contract that a file was processed under, or the one that it has now."""
        identity = manifest["contract"]
        if not identity or not keys.dataset:
            return None
        return self._contracts.find(keys.dataset, identity["version"]) or self._contracts.find(
            keys.dataset
        )

    def _open(self, key: str, content: IO[bytes]) -> _Output | None:
        """Copy an output to a file; return None if there is none, as quarantine expires."""
        source = self._store.open(key)
        if source is None:
            return None
        with closing(source.body):
            while piece := source.body.read(_PIECE):
                content.write(piece)
        return _Output(source.etag, source.erased_from, source.version_id, content)

    def _rewrite(
        self,
        key: str,
        output: _Output,
        request: Request | None,
        contract: Contract,
        manifest: Mapping[str, Any],
    ) -> tuple[Rewritten, Artifact]:
        """Write an output again if it has rows of these people."""
        output.content.seek(0)
        with tempfile.TemporaryFile() as target:
            if key.startswith(QUARANTINE):
                theirs = RawRows(request, contract) if request else None
                result = rewrite_rejected(output.content, target, theirs)
            else:
                wanted = tokens_in(request, contract, self._keys, manifest) if request else {}
                tokens = [str(column.output) for column in token_columns(contract)]
                result = rewrite_clean(output.content, target, wanted, tokens)
            if not result.removed:
                size = output.content.seek(0, SEEK_END)
                artifact = Artifact(key, output.etag, output.version_id, result.kept, size)
                return result, artifact
            size = target.seek(0, SEEK_END)
            target.seek(0)
            replaced = {ERASED_FROM: output.etag.strip('"')}
            content_type = GZIP if key.startswith(QUARANTINE) else PARQUET
            stored = self._store.write(key, target, content_type, output.etag, replaced)
            return result, Artifact(key, stored.etag, stored.version_id, result.kept, size)

    def _account(
        self, manifest: dict[str, Any], stored: Mapping[str, tuple[Rewritten, Artifact]]
    ) -> dict[str, Any]:
        """Return the manifest of what the outputs have now: what is missing was erased."""
        outputs = manifest["outputs"] | {name: asdict(one) for name, (_, one) in stored.items()}
        if outputs == manifest["outputs"]:
            return manifest
        rows = {"erased": 0} | manifest["rows"]
        for name, counted in (("processed", "clean"), ("quarantine", "rejected")):
            if name in stored:
                rows["erased"] += rows[counted] - stored[name][0].kept
                rows[counted] = stored[name][0].kept
        changed = manifest | {"rows": rows, "outputs": outputs}
        if "quarantine" in stored:
            changed["rejected_by_reason"] = dict(stored["quarantine"][0].by_reason)
        moment = self._now().astimezone(UTC).isoformat(timespec="seconds")
        removed = {
            name: count + manifest["rows"][name] - rows[name]
            for name, count in self._removed(manifest).items()
        }
        changed["erased_by"] = {"run": self._run, **removed}
        return changed | {"erased_at": moment.replace("+00:00", "Z")}

    def _removed(self, manifest: Mapping[str, Any]) -> dict[str, int]:
        """Return how many clean and rejected rows this run has removed, by a manifest."""
        last = manifest.get("erased_by", {})
        return {
            name: int(last[name]) if last.get("run") == self._run else 0
            for name in ("clean", "rejected")
        }

    def _versions(self, keys: ObjectKeys, held: list[str]) -> list[dict[str, Any]]:
        """Return the raw file with its old versions, and old versions of the outputs.

        Those of the outputs that ``held`` rows of theirs are old by now, but in a rehearsal.
        """
        return [
            self._expiry.describe(key, version)
            for key in (keys.source, *keys.outputs.values())
            for version in self._store.versions(key)
            if version.replaced_at or key == keys.source or version.version_id in held
        ]


def _is_behind(output: _Output, described: Mapping[str, Any] | None) -> bool:
    """Tell whether a manifest describes what an erasure replaced by this output.

    Raises:
        ConflictError: it describes neither that, nor the output.
    """
    etag = described["etag"] if described else None
    if output.etag == etag:
        return False
    if etag is None or output.erased_from != etag.strip('"'):
        raise ConflictError
    return True
