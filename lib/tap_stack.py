"""The one stack: an environment of the zero-trust data pipeline, part by part."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aws_cdk import Aspects, Fn, Stack, Tags
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from lib.access.access_policies import AccessPolicies
from lib.access.compaction_role import CompactionRole
from lib.access.erasure_roles import ErasureRoles
from lib.access.perimeter import close_bucket, close_endpoints
from lib.access.processor_role import ProcessorRole
from lib.access.reidentification_policies import ReidentificationPolicies
from lib.access.reidentification_roles import ReidentificationRoles
from lib.access.replay_role import ReplayRole
from lib.compliance.cdk_functions import CdkFunctions
from lib.compliance.rule_packs import acknowledge_lint
from lib.constructs.alarms import Alarms
from lib.constructs.audit_trail import AuditTrail
from lib.constructs.changes import Changes
from lib.constructs.compaction import Compaction
from lib.constructs.dashboard import Dashboard
from lib.constructs.data_bucket import DataBucket
from lib.constructs.data_processor import DataProcessor
from lib.constructs.erasure import Erasure
from lib.constructs.failures import Watched
from lib.constructs.intake_queue import IntakeQueue
from lib.constructs.keys import Keys
from lib.constructs.log_groups import LogGroups
from lib.constructs.network import Network
from lib.constructs.notices import Notices
from lib.constructs.queries import Queries
from lib.constructs.reidentification import Reidentification
from lib.constructs.replay import Replay
from lib.contracts import CONTRACTS, compile_contracts, read_intervals
from lib.contracts.tables import Table, read_tables
from lib.environment import Environment
from lib.function.bundle import function_code
from lib.settings import MAX_ZONES


class TapStack(Stack):
    """The bucket announces each file to the queue; the function processes it and writes outputs.

    Args:
        environment_suffix: names the environment; see ``lib.settings`` for what is allowed.
        stack_props: the properties of ``aws_cdk.Stack``, such as ``env``.

    Raises:
        SettingsError: the suffix or a setting is not allowed.
        ContractError: a data contract is not valid.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment_suffix: str,
        **stack_props: Any,
    ) -> None:
        """Create the parts in the order in which they need each other."""
        environment = Environment.read(scope.node, environment_suffix)
        super().__init__(scope, construct_id, **{**self._describe(environment), **stack_props})
        environment.check_region(self.region)
        self._tag(environment)

        keys = Keys(self, "Keys", environment, contracts=compile_contracts(CONTRACTS))
        log_groups = LogGroups(self, "LogGroups", environment, keys=keys)
        Aspects.of(self).add(CdkFunctions(log_groups.provider))
        network = Network(self, "Network", environment, log_groups=log_groups)
        intake = IntakeQueue(self, "IntakeQueue", environment, keys=keys)
        data = DataBucket(self, "DataBucket", environment, keys=keys, intake=intake)
        role = ProcessorRole(
            self,
            "ProcessorRole",
            environment,
            keys=keys,
            log_groups=log_groups,
            network=network,
            intake=intake,
            data=data,
        )
        code = function_code(environment.settings.architecture, CONTRACTS)
        processor = DataProcessor(
            self,
            "DataProcessor",
            environment,
            keys=keys,
            log_groups=log_groups,
            network=network,
            intake=intake,
            data=data,
            role=role.role,
            code=code,
        )
        roles = ReplayRole(self, "ReplayRole", environment, keys=keys, intake=intake, data=data)
        replay = Replay(
            self,
            "Replay",
            environment,
            intake=intake,
            data=data,
            role=roles.role,
            schedule_role=roles.schedule_role,
        )
        reidentification = self._allow_reidentification(
            environment, keys=keys, network=network, data=data, code=code
        )
        erasure = self._allow_erasure(
            environment, keys=keys, network=network, data=data, code=code
        )
        tables = read_tables(CONTRACTS)
        environment.check_datasets(table.dataset for table in tables)
        Queries(self, "Queries", environment, keys=keys, data=data, tables=tables)
        # The id is older than the class: another one would replace deployed policies.
        AccessPolicies(self, "People", environment, keys=keys, data=data, tables=tables)
        close_bucket(data, environment, keys=keys, network=network)
        close_endpoints(network, environment, keys=keys, data=data)
        compaction = self._allow_compaction(environment, keys=keys, data=data, tables=tables)
        self._watch(
            environment,
            keys=keys,
            log_groups=log_groups,
            intake=intake,
            data=data,
            processor=processor,
            others=(replay, reidentification, erasure, compaction),
        )

    def _allow_reidentification(
        self,
        environment: Environment,
        *,
        keys: Keys,
        network: Network,
        data: DataBucket,
        code: lambda_.Code,
    ) -> Reidentification | None:
        """Create re-identification, only where a contract has tokens that can be reversed."""
        if keys.reversible is None:
            return None
        roles = ReidentificationRoles(
            self,
            "ReidentificationRoles",
            environment,
            keys=keys,
            reversible=keys.reversible,
            network=network,
            data=data,
        )
        ReidentificationPolicies(self, "Reidentifiers", environment, keys=keys, data=data)
        return Reidentification(
            self,
            "Reidentification",
            environment,
            keys=keys,
            reversible=keys.reversible,
            network=network,
            data=data,
            code=code,
            role=roles.function,
            workflow_role=roles.state_machine,
        )

    def _allow_erasure(
        self,
        environment: Environment,
        *,
        keys: Keys,
        network: Network,
        data: DataBucket,
        code: lambda_.Code,
    ) -> Erasure | None:
        """Create what erases people, only where a contract has tokens to find them by."""
        if not keys.erases:
            return None
        roles = ErasureRoles(
            self, "ErasureRoles", environment, keys=keys, network=network, data=data
        )
        return Erasure(
            self,
            "Erasure",
            environment,
            keys=keys,
            network=network,
            data=data,
            code=code,
            role=roles.function,
            workflow_role=roles.state_machine,
        )

    def _allow_compaction(
        self, environment: Environment, *, keys: Keys, data: DataBucket, tables: Sequence[Table]
    ) -> Compaction | None:
        """Create what compacts the rows of small files, only where a setting names datasets."""
        if not environment.settings.compacted_datasets:
            return None
        roles = CompactionRole(self, "CompactionRole", environment, keys=keys, data=data)
        return Compaction(
            self,
            "Compaction",
            environment,
            keys=keys,
            data=data,
            tables=tables,
            role=roles.role,
            schedule_role=roles.schedule_role,
        )

    def _watch(
        self,
        environment: Environment,
        *,
        keys: Keys,
        log_groups: LogGroups,
        intake: IntakeQueue,
        data: DataBucket,
        processor: DataProcessor,
        others: Iterable[Watched | None],
    ) -> None:
        """Create the parts that show people the state of the others."""
        watched: list[Watched] = [intake, processor, *filter(None, others)]
        if environment.settings.audit_trail:
            trail = AuditTrail(self, "AuditTrail", environment, data=data)
            watched.append(Changes(self, "Changes", environment, trail=trail, keys=keys))
        intervals = read_intervals(CONTRACTS)
        alarms = Alarms(
            self,
            "Alarms",
            environment,
            watched=watched,
            intervals=intervals,
            notices=Notices(self, "Notices", environment, keys=keys),
        )
        Dashboard(
            self,
            "Dashboard",
            environment,
            alarms=alarms,
            intake=intake,
            data=data,
            processor=processor,
            log_groups=log_groups,
            datasets=list(intervals),
        )

    @staticmethod
    def _describe(environment: Environment) -> Mapping[str, Any]:
        """Return the properties of the stack where the caller gives none."""
        return {
            "description": f"Zero-trust data processing pipeline - {environment.suffix}",
            "termination_protection": environment.settings.retain_data,
        }

    def _tag(self, environment: Environment) -> None:
        """Tag all resources, and say which rule of templates does not hold for any."""
        Tags.of(self).add("Environment", environment.suffix)
        Tags.of(self).add("DataClassification", environment.settings.data_classification)
        Tags.of(self).add("Owner", environment.settings.owner)
        acknowledge_lint(
            self,
            "Where one part must wait for all of another, such as a function for its role's "
            "policies, CDK also names dependencies that references already imply.",
            "W3005",
        )

    @property
    def availability_zones(self) -> list[str]:
        """The region's zones by number: CDK would look up their names, with credentials."""
        return [Fn.select(index, Fn.get_azs()) for index in range(MAX_ZONES)]
