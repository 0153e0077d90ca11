"""Processing: the path of one object from ``incoming/`` to its manifest.

Messages about an object may come twice, late, at once, or again after a crash. Whatever the
interleaving, the bucket ends as if the newest version had been processed once. This is optimistic
concurrency on S3's conditional writes. An attempt

1. reads the state of the outputs: the ETag of each, and the manifest;
2. opens the newest version of the source, *after* that;
3. is done if the manifest describes this version and the outputs that lie there;
4. processes the version into temporary files;
5. writes the clean rows, the rejected rows, and last the manifest, each on condition that the
   object has the ETag of step 1, or still does not exist. If a condition fails, somebody else is
   at work on the same object, and the attempt starts again.

*The last manifest describes the newest version.* A manifest is written only if no other was
since step 1, so attempts that write one follow each other: the later read its state after the
earlier manifest was written, and its source after that, so its version is no older. The message
about the newest version comes after that version exists, so the attempt that settles it sees it.

*Its outputs are those that lie there.* An attempt that wrote an output and then lost a race
starts again, finds that the manifest does not describe what lies there (1, 3), and puts it right;
one that crashed does so when its message comes again. Nobody acknowledges a message before it
wrote the manifest itself or saw one that describes everything. An output that this version
does not have, but an older one had, is overwritten with an empty one: the processor may not
delete.

*A deleted source* is not processed, although a version of it may still be readable: its producer
wanted it gone, or it has expired, as its quarantined rows do. If a crash left outputs that no
manifest describes, it is an error, for a person.
"""

import json
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import SEEK_END
from typing import Any, Literal, NamedTuple

from processor import ProcessorError
from processor.account import RowAccount
from processor.bucket import keys as bucket_keys
from processor.bucket.keys import ObjectKeys
from processor.bucket.manifest import Artifact, compose, covers, describes
from processor.bucket.store import ConflictError, Source, Store
from processor.contract.model import Contract
from processor.contracts import Contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.deidentification.token import origins
from processor.limits.deadline import NEVER, Deadline
from processor.limits.size import SizeLimit
from processor.reasons import FileRefusedError, Reason
from processor.transformation import Outputs, Transformation, refuse

ATTEMPTS = 5

# How the keys of empty objects end that only mark a folder, or that it is complete: those of S3's
# console, of EMR, and of Spark and Hadoop.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-folders.html
# https://repost.aws/knowledge-center/emr-s3-empty-files
_MARKERS = ("/", "_$folder$", "/_SUCCESS")

PARQUET = "application/vnd.apache.parquet"
GZIP = "application/gzip"


class ContentionError(ProcessorError):
    """Others kept changing the outputs of the object; the message is to come again."""


class UnfinishedError(ProcessorError):
    """The source was deleted while outputs lie there that no manifest describes."""


@dataclass(frozen=True)
class Outcome:
    """What became of a message about an object.

    Attributes:
        kind: ``processed`` or ``quarantined`` now, ``duplicate`` of earlier work, ``deleted`` by
            somebody or expired, or a ``marker`` of a folder, which is no file.
        version_id: the version of the object that this is about; None if it was deleted.
        dataset: the dataset, if there is a contract for it.
        account: the rows, if the object was worked on now.
    """

    kind: Literal["processed", "quarantined", "duplicate", "deleted", "marker"]
    version_id: str | None = None
    dataset: str | None = None
    account: RowAccount | None = None


class _State(NamedTuple):
    """The outputs of an object as they lie in the bucket."""

    etags: dict[str, str | None]
    manifest: Any
    manifest_etag: str | None

    @property
    def settled(self) -> bool:
        """Whether a manifest describes all outputs."""
        return self.manifest is not None and describes(self.manifest, self.etags)

    @property
    def explained(self) -> bool:
        """Whether a manifest describes the outputs that are still there, or there are none."""
        if self.manifest is None:
            return self.empty
        return covers(self.manifest, self.etags)

    @property
    def empty(self) -> bool:
        """Whether there is nothing at all."""
        return self.manifest is None and not any(self.etags.values())


class Processor:
    """Processes objects of one bucket."""

    def __init__(
        self,
        store: Store,
        contracts: Contracts,
        keys: PseudonymKeys,
        limit: SizeLimit,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take what it works with; ``now`` is asked for the time in UTC."""
        self._store = store
        self._contracts = contracts
        self._keys = keys
        self._limit = limit
        self._now = now

    def process(self, key: str, deadline: Deadline = NEVER) -> Outcome:
        """Process the newest version of the object ``key``, unless that has been done.

        An object that is not transformed before the ``deadline`` is refused, if it had its full
        time; what others took of it, as by winning a race, is not held against it.

        Raises:
            LayoutError: the key is not of an incoming object.
            OutOfTimeError: the deadline came, but perhaps not because of the object.
            ContentionError: others kept interfering.
            UnfinishedError: the object was deleted half-way.
            ContractError: the contract of the object's dataset is broken.
            RowAccountError: the rows do not add up.
        """
        places = bucket_keys.places(key)
        for _ in range(ATTEMPTS):
            try:
                return self._attempt(places, deadline)
            except ConflictError:
                deadline = replace(deadline, refuses=False)
        raise ContentionError(f"gave up after {ATTEMPTS} attempts")

    def _attempt(self, places: ObjectKeys, deadline: Deadline) -> Outcome:
        state = self._state(places)
        source = self._store.open(places.source)
        if source is None:
            if state.explained:
                return Outcome("deleted")
            raise UnfinishedError("the object was deleted before its outputs were complete")
        contract = (
            self._contracts.find(places.dataset, source.contract_version)
            if places.dataset
            else None
        )
        dataset = contract.dataset if contract else None
        with closing(source.body):
            if state.settled and state.manifest["source"]["version_id"] == source.version_id:
                return Outcome("duplicate", source.version_id, dataset)
            if state.empty and source.size == 0 and source.key.endswith(_MARKERS):
                return Outcome("marker", source.version_id, dataset)
            with tempfile.TemporaryFile() as clean, tempfile.TemporaryFile() as rejected:
                files = Outputs(clean, rejected)
                account = self._transform(source, places, contract, files, deadline)
                account.check()
                outputs = self._write(places, state, account, files)
        self._store.write(
            places.manifest,
            compose(
                bucket=self._store.bucket,
                source=source,
                dataset=places.dataset,
                contract=contract,
                tokens=origins(contract) if contract else [],
                account=account,
                outputs=outputs,
                processed_at=self._now(),
            ),
            "application/json",
            state.manifest_etag,
        )
        kind: Literal["processed", "quarantined"]
        kind = "quarantined" if account.refusal else "processed"
        return Outcome(kind, source.version_id, dataset, account)

    def _state(self, places: ObjectKeys) -> _State:
        found = self._store.read(places.manifest)
        content, manifest_etag = found or (b"null", None)
        etags = {name: self._store.etag(key) for name, key in places.outputs.items()}
        return _State(etags, json.loads(content), manifest_etag)

    def _transform(
        self,
        source: Source,
        places: ObjectKeys,
        contract: Contract | None,
        files: Outputs,
        deadline: Deadline,
    ) -> RowAccount:
        try:
            if places.unsafe:
                raise FileRefusedError(Reason.OBJECT_UNSAFE_NAME)
            if contract is None:
                raise FileRefusedError(self._missing(places))
            if source.archived:
                raise FileRefusedError(Reason.OBJECT_ARCHIVED)
            if source.size > self._limit.bytes:
                raise FileRefusedError(
                    Reason.OBJECT_TOO_LARGE, limit=self._limit.bytes, setting=self._limit.setting
                )
            transformation = Transformation(contract, self._keys, self._limit, deadline.begin())
            return transformation.run(source.body, source.key, files)
        except FileRefusedError as refusal:
            origin = {"key": source.key, "version_id": source.version_id}
            return refuse(refusal, contract, origin, files)

    def _missing(self, places: ObjectKeys) -> Reason:
        """Return why an object has no contract."""
        if places.dataset is None:
            return Reason.DATASET_NONE
        if self._contracts.find(places.dataset):
            return Reason.CONTRACT_UNKNOWN_VERSION
        return Reason.DATASET_NO_CONTRACT

    def _write(
        self,
        places: ObjectKeys,
        state: _State,
        account: RowAccount,
        files: Outputs,
    ) -> dict[str, Artifact | None]:
        """Write the outputs that this version has, and those that an older one left."""
        outputs: dict[str, Artifact | None] = {}
        for name, file, rows, needed, content_type in (
            ("processed", files.clean, account.clean, not account.refusal, PARQUET),
            ("quarantine", files.rejected, account.rejected, account.has_rejects, GZIP),
        ):
            key = places.outputs[name]
            etag = state.etags[name]
            outputs[name] = None
            if needed or etag:
                size = file.seek(0, SEEK_END)
                file.seek(0)
                stored = self._store.write(key, file, content_type, etag)
                outputs[name] = Artifact(key, stored.etag, stored.version_id, rows, size)
        return outputs
