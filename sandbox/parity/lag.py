"""Lag: changes by API calls take effect some seconds later, as on AWS.

``SANDBOX_LAG`` says how many; without it this module is not loaded. What lags:

- who may do what, and who may assume which role: requests are judged by the earlier roles, managed
  policies and bucket policies. IAM's own answers do not lag.
  https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
- whether a KMS key is enabled, and its policy, as other services use it.
  https://docs.aws.amazon.com/kms/latest/developerguide/programming-eventual-consistency.html
- the attributes of a queue.
  https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
- metrics, and with them alarms.

CloudFormation's changes take effect at once. On AWS it waits, or tries again, until they do;
MiniStack does neither.

Delete it once MiniStack can show changes late. All corrections here belong together.
"""

import contextvars
import copy
import functools
import os
import threading
import time
from collections.abc import Hashable
from typing import Any

from ministack.core import iam_evaluator as iam
from ministack.core.responses import AccountScopedDict, get_account_id
from ministack.services import cloudwatch, kms, lambda_svc, sqs
from ministack.services.cloudwatch import _evaluate_all_alarms as evaluate_all_alarms
from ministack.services.iam import _policies as policies
from ministack.services.iam import _roles as roles
from ministack.services.kms import _resolve_key as resolve_key
from ministack.services.s3 import _bucket_policies as bucket_policies
from ministack.services.sqs import _HANDLERS as QUEUE_HANDLERS
from ministack.services.sqs import _get_q as queue_of

from sandbox.parity import cloudwatch as metrics_of_sources
from sandbox.parity import kms as keys_of_services
from sandbox.parity.correction import Function, replaces
from sandbox.parity.policies import Request, also_checks

SECONDS = float(os.environ["SANDBOX_LAG"])

clock = time.monotonic
"""Tests set it."""


# --- Earlier states ------------------------------------------------------------------------------

earlier: dict[Hashable, list[tuple[float, Any]]] = {}
"""The state of things before each of their latest changes, and until when it is seen."""


def change(thing: Hashable, before: Any) -> None:
    """Remember a thing's state before it changes."""
    lasting = [entry for entry in earlier.get(thing, []) if clock() < entry[0]]
    earlier[thing] = [*lasting, (clock() + SECONDS, copy.deepcopy(before))]


def seen(thing: Hashable, now: Any) -> Any:
    """Return the state of a thing that is seen: the current one, or an earlier one."""
    return next((before for until, before in earlier.get(thing, []) if clock() < until), now)


# --- Policies ------------------------------------------------------------------------------------

UNCHANGING = ("Generate", "Get", "List", "Pass", "Simulate")
"""The prefixes of IAM's actions that change nothing."""

KEY_CHANGES = {
    "kms:CancelKeyDeletion",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
}
BUCKET_CHANGES = {"s3:DeleteBucketPolicy", "s3:PutBucketPolicy"}


@also_checks
def remember_what_changes(request: Request) -> None:
    """Remember what an allowed request is about to change; refuse nothing."""
    action, arn = request.context.action, request.context.resource_arn
    service, _, operation = action.partition(":")
    if service == "iam" and not operation.startswith(UNCHANGING):
        kind, _, name = arn.rpartition(":")[2].partition("/")
        if kind == "policy":
            _remember(policies, arn)
        elif kind == "role":
            _remember(roles, name)
    elif action in BUCKET_CHANGES:
        _remember(bucket_policies, arn.rpartition(":")[2])
    elif action in KEY_CHANGES:
        key = resolve_key(arn) or {}
        change(key.get("Arn"), key)


def _remember(store: Any, name: str) -> None:
    change((id(store), get_account_id(), name), store.get(name))


@replaces(AccountScopedDict, "get_scoped")
def as_it_was(
    original: Function, store: Any, account: str, region: Any, name: str, *default: Any
) -> Any:
    """Judge requests by the earlier state; the APIs themselves use other methods."""
    return seen((id(store), account, name), original(store, account, region, name, *default))


@replaces(iam, "evaluate_trust_policy")
def trust_as_it_was(original: Function, document: Any, caller: str, request: Any = None) -> bool:
    """Refuse to assume a role that is not seen yet, and judge by the trust policy that is seen."""
    arn = request.resource_arn if request else ""
    if ":role/" in arn:
        role = roles.get_scoped(arn.split(":")[4], None, arn.rpartition("/")[2])
        document = role["AssumeRolePolicyDocument"] if role else {}
    return bool(original(document, caller, request))


@replaces(keys_of_services, "resolve_key")
def key_as_it_was(original: Function, key: str) -> Any:
    """Show other services the earlier state and policy of a key."""
    record = original(key)
    return record and seen(record["Arn"], record)


@replaces(kms, "key_policy_for_arn")
def key_policy_as_it_was(original: Function, arn: str) -> Any:
    """Judge requests by the earlier policy of a key."""
    found, record = original(arn), resolve_key(arn)
    return found and (seen(record["Arn"], record).get("Policy") or "", found[1])


# --- Queues --------------------------------------------------------------------------------------


def set_queue_attributes(
    request: dict[str, Any], url: str, set_now: Function = QUEUE_HANDLERS["SetQueueAttributes"]
) -> Any:
    """Let the attributes of a queue change later, once SQS has accepted them."""
    queue = queue_of(request.get("QueueUrl", url))
    before = dict(queue["attributes"])
    answer = set_now(request, url)
    after, queue["attributes"] = queue["attributes"], before
    changed = {
        name: after.get(name)
        for name in {**before, **after}
        if after.get(name) != before.get(name)
    }
    queue.setdefault("changes", []).append((clock() + SECONDS, changed))
    return answer


QUEUE_HANDLERS["SetQueueAttributes"] = set_queue_attributes


@replaces(sqs, "_get_q")
def attributes_in_force(original: Function, *request: Any) -> Any:
    """Apply a queue's due attributes whenever it is used."""
    queue = original(*request)
    while queue.get("changes") and queue["changes"][0][0] <= clock():
        for name, value in queue["changes"].pop(0)[1].items():
            if value is None:
                queue["attributes"].pop(name, None)
            else:
                queue["attributes"][name] = value
    return queue


# --- Metrics -------------------------------------------------------------------------------------

arriving: list[tuple[float, contextvars.Context, Function]] = []
"""The values on their way: when they arrive, of which metric they are, and what stores them."""

arrival = threading.Lock()


@replaces(cloudwatch, "_store_datum")
@replaces(metrics_of_sources, "store_datum")
def store_later(original: Function, *datum: Any) -> None:
    """Let a metric's value arrive later, with its original time."""
    store = functools.partial(original, *datum)
    arriving.append((clock() + SECONDS, contextvars.copy_context(), store))


def take_in() -> None:
    """Store the values that have arrived, and evaluate the alarms on them."""
    with arrival:
        while arriving and arriving[0][0] <= clock():
            _, whose, store = arriving.pop(0)
            whose.run(store)
            whose.run(evaluate_all_alarms)


@replaces(cloudwatch, "_evict_old_metrics")
def arrived_when_asked(original: Function) -> None:
    """Store values before CloudWatch answers a request."""
    take_in()
    original()


@replaces(lambda_svc, "_poll_sqs")
def arrived_by_themselves(original: Function) -> Any:
    """Store values every second, so that alarms act without a request."""
    take_in()
    return original()
