"""The one stack: an environment of the zero-trust data pipeline, part by part."""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import Aspects, Fn, Stack, Tags
from constructs import Construct

from lib.access.access_policies import AccessPolicies
from lib.access.perimeter import close_bucket, close_endpoints
from lib.compliance.cdk_functions import CdkFunctions
from lib.compliance.rule_packs import acknowledge_lint
from lib.constructs.data_bucket import DataBucket
from lib.constructs.failures import Watched
from lib.constructs.intake_queue import IntakeQueue
from lib.constructs.keys import Keys
from lib.constructs.log_groups import LogGroups
from lib.constructs.network import Network
from lib.constructs.queries import Queries
from lib.contracts import CONTRACTS, compile_contracts, read_intervals
from lib.contracts.tables import read_tables
from lib.environment import Environment
from lib.function.bundle import function_code
from lib.jobs.compaction import add_compaction
from lib.jobs.data_processor import DataProcessor, add_processor
from lib.jobs.erasure import add_erasure
from lib.jobs.reidentification import add_reidentification
from lib.jobs.replay import add_replay
from lib.monitoring.alarms import Alarms
from lib.monitoring.audit_trail import AuditTrail
from lib.monitoring.changes import Changes
from lib.monitoring.dashboard import Dashboard
from lib.monitoring.notices import Notices
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
        code = function_code(environment.settings.architecture, CONTRACTS)
        processor = add_processor(
            self,
            environment,
            keys=keys,
            log_groups=log_groups,
            network=network,
            intake=intake,
            data=data,
            code=code,
        )
        replay = add_replay(self, environment, keys=keys, intake=intake, data=data)
        reidentification = add_reidentification(
            self, environment, keys=keys, network=network, data=data, code=code
        )
        erasure = add_erasure(self, environment, keys=keys, network=network, data=data, code=code)
        tables = read_tables(CONTRACTS)
        environment.check_datasets(table.dataset for table in tables)
        Queries(self, "Queries", environment, keys=keys, data=data, tables=tables)
        compaction = add_compaction(self, environment, keys=keys, data=data, tables=tables)
        # The id is older than the class: another one would replace deployed policies.
        AccessPolicies(self, "People", environment, keys=keys, data=data, tables=tables)
        close_bucket(data, environment, keys=keys, network=network)
        close_endpoints(network, environment, keys=keys, data=data)
        watched = (intake, processor, replay, reidentification, erasure, compaction)
        self._watch(
            environment, keys=keys, intake=intake, data=data, processor=processor, watched=watched
        )

    def _watch(
        self,
        environment: Environment,
        *,
        keys: Keys,
        intake: IntakeQueue,
        data: DataBucket,
        processor: DataProcessor,
        watched: Iterable[Watched | None],
    ) -> None:
        """Create the parts that show people the state of the others."""
        changes = None
        if environment.settings.audit_trail:
            trail = AuditTrail(self, "AuditTrail", environment, data=data)
            changes = Changes(self, "Changes", environment, trail=trail, keys=keys)
        intervals = read_intervals(CONTRACTS)
        alarms = Alarms(
            self,
            "Alarms",
            environment,
            watched=(*watched, changes),
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
