"""Processing: the path of one object from ``incoming/`` to its manifest.

Messages about an object may arrive twice, late, at the same time, or again after a crash. In each
case the bucket ends as if the newest version had been processed once, under the current contract.
S3's conditional writes ensure that, without locks: docs/architecture.md#concurrency has the steps
of an attempt, and why they suffice. The outputs must be read before the source is opened, unless
they are presumed to be none, and the manifest written last.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import SEEK_END
from typing import Any, Literal, NamedTuple

from processor import ProcessorError
from processor.account import RowAccount
from processor.bucket import keys as bucket_keys
from processor.bucket.keys import ObjectKeys, is_marker
from processor.bucket.manifest import Artifact, compose, covers, describes, summarize
from processor.bucket.store import ConflictError, Source, Store
from processor.bucket.suppressed import SuppressionLists
from processor.contract.model import Contract
from processor.contracts import Contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.deadline import NEVER, Deadline
from processor.limits.size import SizeLimit
from processor.reasons import FileRefusedError, Reason
from processor.terms import Terms, TransitionError
from processor.transformation import Outputs, Transformation, refuse

ATTEMPTS = 5

# Bytes of an object that usually costs less to transform, perhaps in vain, than its state costs to
# read. One that is compressed may cost more.
SMALL = 1 << 20

PARQUET = "application/vnd.apache.parquet"
GZIP = "application/gzip"
JSON = "application/json"


class ContentionError(ProcessorError):
    """Others kept changing the outputs of the object; the message must come again."""


class UnfinishedError(ProcessorError):
    """The source was deleted, and left outputs that no manifest describes."""


@dataclass(frozen=True)
class Outcome:
    """The result of a message about an object.

    Attributes:
        kind: ``processed`` or ``quarantined`` now, ``duplicate`` of earlier work, ``deleted`` by
            somebody or expired, or a ``marker`` of a folder, which is not a file.
        version_id: the version of the object; None if it was deleted.
        dataset: the dataset, if there is a contract for it.
        account: the rows, if the object was processed now.
        final: whether the message is done. It is not if the object was processed under another
            contract minutes ago: which of the two is in force will be certain when it comes again.
    """

    kind: Literal["processed", "quarantined", "duplicate", "deleted", "marker"]
    version_id: str | None = None
    dataset: str | None = None
    account: RowAccount | None = None
    final: bool = True


class _State(NamedTuple):
    """The outputs of an object, as they are or as they are ``presumed`` to be."""

    etags: dict[str, str | None]
    manifest: Any
    manifest_etag: str | None
    presumed: bool = False

    @property
    def described(self) -> bool:
        """Whether a manifest describes all outputs."""
        return self.manifest is not None and describes(self.manifest, self.etags)

    def terms(self, version_id: str) -> Terms | None:
        """Return what this version of the object was processed under, if it was."""
        if self.manifest is None or self.manifest["source"]["version_id"] != version_id:
            return None
        return Terms.read(self.manifest)

    @property
    def explained(self) -> bool:
        """Whether a manifest describes the outputs that still exist, or there are none."""
        if self.manifest is None:
            return self.empty
        return covers(self.manifest, self.etags)

    @property
    def empty(self) -> bool:
        """Whether there is nothing at all."""
        return self.manifest is None and not any(self.etags.values())


def _succession(before: Terms | None, now: Terms) -> tuple[Terms, bool]:
    """Return what to process a version of an object under ``now``, and whether that is final.

    ``before`` is what the same version was processed under. Another version, even of a later
    time, proves nothing about this one: its producer may have named another contract.

    Raises:
        TransitionError: it was processed under other terms by a later invocation.
    """
    if before is None:
        return now, True
    if now.confirm(before):
        return now.newer(before), True
    if now.in_force_at <= before.in_force_at:
        raise TransitionError("a later invocation used another contract; the message is not done")
    return now, now.succeeds(before)


class Processor:
    """Processes objects of one bucket."""

    def __init__(
        self,
        store: Store,
        contracts: Contracts,
        keys: PseudonymKeys,
        limit: SizeLimit,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        settings: Mapping[str, int] | None = None,
        threads: bool = False,
    ) -> None:
        """Take its parts.

        ``now`` returns the time in UTC; ``settings`` are the function's, by name, as far as a file
        may be refused for them; ``threads`` are for a second core.
        """
        self._store = store
        self._contracts = contracts
        self._keys = keys
        self._limit = limit
        self._now = now
        self._settings = settings or {}
        self._threads = threads
        self._suppressed = SuppressionLists(store, keys, now)

    def process(
        self,
        key: str,
        deadline: Deadline = NEVER,
        *,
        invoked: datetime | None = None,
        redelivered: bool = False,
    ) -> Outcome:
        """Process the newest version of ``key``, unless that was done under its current contract.

        ``invoked`` is when the invocation began, in UTC; by default, now. If the message was
        ``redelivered``, the object may have outputs: nothing is presumed.
        An object that is not transformed before the ``deadline`` is refused, but only if it had
        its full time: after losing a race to another attempt, it is not.

        Raises:
            LayoutError: the key is not of an incoming object.
            OutOfTimeError: the deadline passed, but perhaps not because of the object.
            ContentionError: others kept interfering.
            UnfinishedError: the object was deleted while it was processed.
            TransitionError: a later invocation processed the object under another contract.
            ContractError: the contract of the object's dataset cannot be read.
            RowAccountError: the rows do not add up.
        """
        keys = bucket_keys.keys_of(key)
        invoked = invoked or self._now()
        first = [] if redelivered else [self._presume]
        for attempt in (*first, *[self._attempt] * ATTEMPTS):
            try:
                if outcome := attempt(keys, deadline, invoked):
                    return outcome
            except ConflictError:
                deadline = replace(deadline, refuses=False)
        raise ContentionError(f"gave up after {ATTEMPTS} attempts")

    def _presume(self, keys: ObjectKeys, deadline: Deadline, invoked: datetime) -> Outcome | None:
        """Settle a small object as if it were new; return None if there is no such object."""
        source = self._store.open(keys.source)
        if source is None:
            return None
        with closing(source.body):
            if not 0 < source.size <= SMALL:
                return None
            new = _State(dict.fromkeys(keys.outputs), None, None, presumed=True)
            return self._settle(keys, new, source, deadline, invoked)

    def _attempt(self, keys: ObjectKeys, deadline: Deadline, invoked: datetime) -> Outcome:
        state = self._state(keys)
        source = self._store.open(keys.source)
        if source is None:
            if state.explained:
                return Outcome("deleted")
            raise UnfinishedError("the object was deleted before its outputs were complete")
        with closing(source.body):
            return self._settle(keys, state, source, deadline, invoked)

    def _settle(
        self,
        keys: ObjectKeys,
        state: _State,
        source: Source,
        deadline: Deadline,
        invoked: datetime,
    ) -> Outcome:
        contract = (
            self._contracts.find(keys.dataset, source.contract_version) if keys.dataset else None
        )
        dataset = contract.dataset if contract else None
        missing = None if contract else self._missing(keys)
        before = state.terms(source.version_id)
        terms, final = _succession(before, Terms.of(contract, invoked, self._settings, missing))
        if before and terms.confirm(before) and state.described:
            if terms.renews(before):
                in_force = {"in_force_at": terms.document["in_force_at"]}
                self._write_manifest(keys, state, state.manifest | in_force)
            return Outcome("duplicate", source.version_id, dataset)
        if state.empty and is_marker(source.key, source.size):
            return Outcome("marker", source.version_id, dataset)
        with tempfile.TemporaryFile() as clean, tempfile.TemporaryFile() as rejected:
            files = Outputs(clean, rejected)
            account = self._transform(source, keys, contract, files, deadline)
            account.check()
            outputs = self._write(keys, state, account, files)
        manifest = compose(
            bucket=self._store.bucket,
            source=source,
            dataset=keys.dataset,
            terms=terms.document,
            account=account,
            outputs=outputs,
            processed_at=self._now(),
        )
        self._write_manifest(keys, state, manifest)
        kind: Literal["processed", "quarantined"]
        kind = "quarantined" if account.refusal else "processed"
        return Outcome(kind, source.version_id, dataset, account, final)

    def _write_manifest(
        self, keys: ObjectKeys, state: _State, manifest: Mapping[str, Any]
    ) -> None:
        content = (json.dumps(manifest, sort_keys=True) + "\n").encode()
        self._store.write(keys.manifest, content, JSON, state.manifest_etag, summarize(manifest))

    def _state(self, keys: ObjectKeys) -> _State:
        found = self._store.read(keys.manifest)
        content, manifest_etag = found or (b"null", None)
        etags = {name: self._store.etag(key) for name, key in keys.outputs.items()}
        return _State(etags, json.loads(content), manifest_etag)

    def _transform(
        self,
        source: Source,
        keys: ObjectKeys,
        contract: Contract | None,
        files: Outputs,
        deadline: Deadline,
    ) -> RowAccount:
        try:
            if contract is None:
                raise FileRefusedError(self._missing(keys))
            if keys.unsafe:
                raise FileRefusedError(Reason.OBJECT_UNSAFE_NAME)
            if source.archived:
                raise FileRefusedError(Reason.OBJECT_ARCHIVED)
            if source.size > self._limit.bytes:
                raise FileRefusedError(
                    Reason.OBJECT_TOO_LARGE, limit=self._limit.bytes, setting=self._limit.setting
                )
            transformation = Transformation(
                contract,
                self._keys,
                self._limit,
                deadline.begin(),
                self._threads,
                self._suppressed,
            )
            return transformation.run(source.body, source.key, files)
        except FileRefusedError as refusal:
            origin = {"key": source.key, "version_id": source.version_id}
            return refuse(refusal, contract, origin, files)

    def _missing(self, keys: ObjectKeys) -> Reason:
        """Return why an object that has no contract is refused."""
        if keys.unsafe:
            return Reason.OBJECT_UNSAFE_NAME
        if keys.dataset is None:
            return Reason.DATASET_NONE
        if self._contracts.find(keys.dataset):
            return Reason.CONTRACT_UNKNOWN_VERSION
        return Reason.DATASET_NO_CONTRACT

    def _write(
        self,
        keys: ObjectKeys,
        state: _State,
        account: RowAccount,
        files: Outputs,
    ) -> dict[str, Artifact | None]:
        """Write the outputs of this version, and overwrite those that an older one left."""
        outputs: dict[str, Artifact | None] = {}
        for name, file, rows, needed, content_type in (
            ("processed", files.clean, account.clean, not account.refusal, PARQUET),
            ("quarantine", files.rejected, account.rejected, account.has_rejects, GZIP),
        ):
            key = keys.outputs[name]
            etag = state.etags[name]
            outputs[name] = None
            if needed or etag:
                size = file.seek(0, SEEK_END)
                file.seek(0)
                stored = self._store.write(key, file, content_type, etag)
                outputs[name] = Artifact(key, stored.etag, stored.version_id, rows, size)
            elif state.presumed and self._store.etag(key):
                raise ConflictError
        return outputs
