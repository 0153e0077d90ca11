"""The table of decisions: all that AWS must decide about the template's policies."""

from tests.unit.policies import decisions
from tests.unit.policies.compaction import decide_for_compaction
from tests.unit.policies.decision import tabulate
from tests.unit.policies.erasure import decide_for_erasure
from tests.unit.policies.queries import decide_for_queries
from tests.unit.policies.reidentification import decide_for_reidentification

DECISIONS = tabulate(
    (
        *decisions.DECISIONS.values(),
        *decide_for_queries(),
        *decide_for_reidentification(),
        *decide_for_erasure(),
        *decide_for_compaction(),
    )
)
