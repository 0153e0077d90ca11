"""Compaction: a state machine that keeps the rows of many small files in few large ones."""

from collections.abc import Iterator, Sequence

from constructs import Construct

from lib.access.compaction_role import CompactionRole
from lib.constructs.data_bucket import OLD_RAW_VERSIONS, DataBucket
from lib.constructs.failures import Failure, bad_ends
from lib.constructs.keys import Keys
from lib.constructs.workgroup import add_workgroup
from lib.contracts.compaction import read_compaction
from lib.contracts.tables import Table
from lib.environment import Environment
from lib.jobs.compaction_workflow import workflow
from lib.jobs.nightly import add_nightly
from lib.jobs.state_machine import add_state_machine
from lib.names import COMPACTED
from lib.outputs import export

NIGHTLY = "cron(0 4 * * ? *)"  # at 04:00 UTC, an hour after the reconciliation


class Compaction(Construct):
    """The workgroup of its queries, the state machine, and the schedule that starts it each night.

    The tables are not in the template: the state machine creates them, so that they can be made
    again at any time, such as after an erasure, or with the columns of another contract. Old
    versions of their objects go after a day, as nobody brings those back.

    Attributes:
        state_machine: see :mod:`lib.jobs.compaction_workflow`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        data: DataBucket,
        tables: Sequence[Table],
        roles: CompactionRole,
    ) -> None:
        """Create the parts.

        Raises:
            ContractError: a table has a column that the compacted table needs for itself.
        """
        super().__init__(scope, construct_id)
        names, bucket = environment.names, data.bucket
        bucket.add_lifecycle_rule(
            id=f"ExpireOldVersions-{COMPACTED.strip('/')}",
            prefix=COMPACTED,
            noncurrent_version_expiration=OLD_RAW_VERSIONS,
        )
        workgroup = add_workgroup(
            self,
            "Workgroup",
            name=names.compaction.workgroup,
            description="Queries of the compaction",
            results="compaction/",
            limit=None,  # it reads whole datasets
            data=data,
            keys=keys,
        )
        self.state_machine = add_state_machine(
            self,
            name=names.compaction.machine,
            definition=workflow(
                [
                    read_compaction(table, bucket.bucket_name, COMPACTED)
                    for table in tables
                    if table.dataset in environment.settings.compacted_datasets
                ],
                database=names.database,
                workgroup=workgroup.ref,
            ),
            role=roles.role,
            unlogged="Athena keeps each query for 45 days.",
        )
        add_nightly(
            self,
            machine=self.state_machine,
            name="compaction",
            group=names.compaction.machine,
            description="Compacts the rows of new files",
            at=NIGHTLY,
            given={},
            role=roles.schedule_role,
        )
        export(self, environment, CompactionStateMachineArn=self.state_machine.state_machine_arn)

    def failures(self) -> Iterator[Failure]:
        """A run that did not succeed."""
        yield from bad_ends(
            self.state_machine,
            "Compaction",
            "A compaction {}: a compacted table may not have the rows of its files.",
            "compaction",
        )


def add_compaction(
    scope: Construct,
    environment: Environment,
    *,
    keys: Keys,
    data: DataBucket,
    tables: Sequence[Table],
) -> Compaction | None:
    """Create what compacts the rows of small files, only where a setting names datasets.

    Raises:
        ContractError: see :class:`Compaction`.
    """
    if not environment.settings.compacted_datasets:
        return None
    roles = CompactionRole(scope, "CompactionRole", environment, keys=keys, data=data)
    return Compaction(
        scope, "Compaction", environment, keys=keys, data=data, tables=tables, roles=roles
    )
