"""The controls of the pipeline, and the tests that prove them.

``.venv/bin/python -m tests.controls`` writes ``docs/controls.md``;
tests/unit/repository/test_controls.py holds it current.
"""

from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).resolve().parents[1] / "docs" / "controls.md"
HEAD = """\
# Controls

Each control, the part of the stack that enforces it, and the tests that fail without it. The
criteria are the Trust Services Criteria of the AICPA (SOC 2) and the controls of
[NIST SP 800-53 Rev. 5](https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final). The parts are paths in
the construct tree of the stack. `.venv/bin/python -m tests.controls` writes this page.

| control | SOC 2 | NIST 800-53 | part | proven by |
| --- | --- | --- | --- | --- |
"""


class Control(NamedTuple):
    """A control.

    Attributes:
        says: the control, in a sentence. soc2, nist: the criteria and controls that require it,
            separated by blanks.
        part: the path of a construct in the stack.
        tests: the files, each with a function, that fail without it.
    """

    says: str
    soc2: str
    nist: str
    part: str
    tests: list[str]


UNIT = "tests/unit/"
STACK = f"{UNIT}stack/"
POLICIES = f"{UNIT}policies/"
BUCKET = f"{STACK}test_data_bucket.py"
ATTACKS = "tests/attacks/"
INTEGRATION = "tests/integration/"
DEPLOYER = f"{POLICIES}test_deployer_policy.py"
DECISIONS = f"{POLICIES}test_decisions.py::test_decision"
MUTATIONS = f"{POLICIES}test_mutations.py::test_every_mutant_changes_a_decision"

CONTROLS = [
    Control(
        "Objects are encrypted under the environment's own key, whatever a write requests.",
        "CC6.1 C1.1",
        "SC-28 SC-28(1) SC-13",
        "DataBucket/Bucket",
        [
            f"{BUCKET}::test_objects_are_encrypted_with_the_data_key",
            f"{STACK}test_perimeter.py::test_a_write_under_another_encryption_is_denied",
            f"{ATTACKS}test_encryption.py::test_refused_to_a_producer",
        ],
    ),
    Control(
        "No object can be written into an archive, where it could not be processed.",
        "A1.2 PI1.2",
        "AC-3 SI-10",
        "DataBucket/Bucket",
        [
            f"{STACK}test_perimeter.py::test_a_write_into_an_archive_is_denied",
            f"{ATTACKS}test_people.py::test_refused_to_archive_on_arrival",
        ],
    ),
    Control(
        "Messages are encrypted under the environment's own key.",
        "CC6.1 C1.1",
        "SC-28 SC-28(1)",
        "IntakeQueue/Queue",
        [f"{STACK}test_intake_queue.py::test_both_queues_are_encrypted_with_the_data_key"],
    ),
    Control(
        "Encryption keys rotate every 90 days.",
        "CC6.1",
        "SC-12",
        "Keys/S3Key",
        [
            f"{STACK}test_keys.py::test_encryption_keys_rotate_every_90_days",
            f"{INTEGRATION}test_deployed_resources.py::test_encryption_keys_rotate_every_90_days",
        ],
    ),
    Control(
        "A key's administrators cannot use it.",
        "CC6.1 CC6.3",
        "AC-5 SC-12",
        "Keys",
        [
            f"{STACK}test_keys.py::test_the_account_administers_every_key_without_using_it",
            f"{ATTACKS}test_keys.py::test_refused_to_an_administrator",
            DECISIONS,
        ],
    ),
    Control(
        "Only the functions that make tokens, or find them to erase people, use their key.",
        "CC6.1 C1.1",
        "AC-6 SC-12",
        "Keys/PseudonymKey",
        [
            f"{STACK}test_keys.py::test_each_key_has_its_users",
            f"{ATTACKS}test_keys.py::test_refused_by_the_keys_own_policy",
            DECISIONS,
        ],
    ),
    Control(
        "Tokens that can be reversed have a key of their own, only if a contract has any.",
        "CC6.1 C1.1",
        "AC-6 SC-12 SC-13",
        "Keys/ReversibleKey",
        [
            f"{STACK}test_keys.py"
            "::test_there_is_a_key_for_reversible_tokens_only_if_a_contract_has_any",
            f"{UNIT}processor/deidentification/test_reversible.py"
            "::test_a_token_leads_back_from_its_origin_only",
            DECISIONS,
        ],
    ),
    Control(
        "Reversible tokens are reversed only after a second person, with another role, signed.",
        "CC6.1 CC6.3 C1.1",
        "AC-5 AC-3(2) AU-10",
        "Reidentification",
        [
            f"{UNIT}processor/reidentification/test_answering.py"
            "::test_a_request_without_a_signature_is_not_answered",
            f"{UNIT}processor/reidentification/test_requests.py"
            "::test_nobody_signs_their_own_request",
            f"{STACK}test_reidentification_policies.py::test_each_denies_what_the_other_allows",
            f"{ATTACKS}test_reidentification.py::test_refused_to_a_requester",
            f"{ATTACKS}test_reidentification.py::test_refused_to_an_approver",
            f"{ATTACKS}test_reidentification.py::test_refused_to_a_holder_of_both",
            DECISIONS,
            MUTATIONS,
        ],
    ),
    Control(
        "Only a function erases people: whoever asks for it reads no data, and nobody else "
        "changes who is left out.",
        "CC6.1 CC6.3 C1.2",
        "AC-5 AC-6 SI-12(3)",
        "Erasure",
        [
            f"{STACK}test_erasure_roles.py"
            "::test_the_eraser_reads_no_raw_file_and_deletes_requests_alone",
            f"{ATTACKS}test_erasure.py::test_refused_to_an_eraser",
            f"{ATTACKS}test_erasure.py::test_refused_to_an_eraser_with_another_duty",
            f"{ATTACKS}test_erasure.py::test_refused_to_a_producer",
            f"{ATTACKS}test_erasure.py::test_refused_to_an_administrator",
            f"{ATTACKS}test_erasure.py::test_refused_to_a_thief_of_the_functions_credentials",
            f"{ATTACKS}test_erasure.py::test_refused_to_the_function",
            f"{INTEGRATION}test_erasure.py::test_an_eraser_reads_nothing_but_receipts",
            DECISIONS,
            MUTATIONS,
        ],
    ),
    Control(
        "Who is erased is in no log, in no step of an execution and in no receipt.",
        "CC6.1 C1.1 C1.2",
        "SI-12(3) AU-3(3)",
        "Erasure/Function",
        [
            f"{UNIT}processor/test_erasure.py::test_what_is_no_key_of_a_request_is_not_logged",
            f"{STACK}test_erasure_workflow.py::test_the_function_gets_keys_of_objects_alone",
            f"{ATTACKS}test_erasure.py::test_an_identifier_in_the_input_is_logged_nowhere",
            f"{INTEGRATION}test_erasure.py"
            "::test_a_person_leaves_two_hundred_files_and_does_not_come_back",
        ],
    ),
    Control(
        "The bucket refuses requests below TLS 1.2, and the queues refuse requests without TLS.",
        "CC6.7",
        "SC-8 SC-8(1)",
        "DataBucket/Bucket/Policy",
        [
            f"{BUCKET}::test_transport_below_tls_1_2_is_denied_to_all",
            f"{STACK}test_intake_queue.py::test_plain_http_is_denied_on_both",
            f"{ATTACKS}test_transport.py::test_refused_without_tls",
            f"{ATTACKS}test_transport.py::test_refused_old_tls",
        ],
    ),
    Control(
        "The bucket is closed to the public, to other accounts and to anonymous callers.",
        "CC6.1 CC6.6",
        "AC-3 SC-7",
        "DataBucket/Bucket/Policy",
        [
            f"{BUCKET}::test_versions_are_kept_and_the_public_is_blocked",
            f"{STACK}test_perimeter.py::test_other_accounts_and_strangers_are_denied",
            f"{ATTACKS}test_exfiltration.py::test_refused_to_a_stranger",
        ],
    ),
    Control(
        "The network has no exit but the endpoints, and no entrance.",
        "CC6.6 CC6.7",
        "SC-7 SC-7(5) AC-4",
        "Network/Vpc",
        [
            f"{POLICIES}test_reachability.py"
            "::test_the_function_reaches_its_endpoints_and_nothing_else",
            f"{POLICIES}test_reachability.py::test_a_new_path_is_found",
            f"{POLICIES}test_reachability.py::test_an_opening_is_found",
            f"{INTEGRATION}test_deployed_resources.py::test_no_route_leads_out",
        ],
    ),
    Control(
        "Only the names of the endpoints are resolved.",
        "CC6.6 CC6.7",
        "SC-7(10) SC-20",
        "Network/NameFirewall",
        [f"{STACK}test_dns_firewall.py::test_no_other_name_is_answered"],
    ),
    Control(
        "The endpoints admit only the function, and only to its own bucket and key.",
        "CC6.6 CC6.7",
        "SC-7(10) AC-4",
        "Network/Vpc/S3Endpoint",
        [
            f"{STACK}test_perimeter.py::test_an_endpoint_allows_the_path_of_a_file",
            f"{ATTACKS}test_exfiltration.py::test_refused_to_the_function",
            DECISIONS,
        ],
    ),
    Control(
        "The function's role can do what the path of a file needs, and nothing else.",
        "CC6.1 CC6.3",
        "AC-3 AC-6",
        "ProcessorRole/Allowed",
        [
            f"{POLICIES}test_decision_properties.py::test_the_function_keeps_to_its_path",
            f"{POLICIES}test_decision_properties.py::test_no_other_action_on_the_stacks_resources",
            f"{ATTACKS}test_tampering.py::test_refused_to_the_function",
        ],
    ),
    Control(
        "A wider policy attached to the role changes nothing, because of a boundary and denials.",
        "CC6.3 CC6.8",
        "AC-6 AC-6(10)",
        "ProcessorRole/Denied",
        [
            f"{STACK}test_processor_role.py::test_its_boundary_is_its_allow_policy",
            f"{STACK}test_processor_role.py::test_all_else_is_denied",
            f"{ATTACKS}test_privilege.py::test_refused_to_the_function",
            MUTATIONS,
        ],
    ),
    Control(
        "The role's credentials open neither data nor keys outside the network and the function.",
        "CC6.1 CC6.6",
        "SC-7(10) AC-4",
        "ProcessorRole/Denied",
        [
            f"{STACK}test_processor_role.py::test_credentials_open_neither_data_nor_keys_outside",
            f"{ATTACKS}test_exfiltration.py::test_refused_to_stolen_credentials",
        ],
    ),
    Control(
        "Each role is only for its service in this account; the function's role, for its code.",
        "CC6.1",
        "AC-3 IA-9",
        "ProcessorRole/Role",
        [
            f"{STACK}test_processor_role.py::test_only_lambda_in_this_account_assumes_it",
            DECISIONS,
        ],
    ),
    Control(
        "Three policies give people access to one dataset each: producers write, others read.",
        "CC6.1 CC6.3",
        "AC-3 AC-5 AC-6",
        "People",
        [
            f"{STACK}test_access_policies.py::test_each_reaches_its_own_objects",
            f"{ATTACKS}test_people.py::test_refused_to_a_producer",
            f"{ATTACKS}test_people.py::test_refused_to_a_consumer",
            f"{ATTACKS}test_people.py::test_refused_to_a_steward",
            f"{ATTACKS}test_people.py::test_refused_to_a_reader_of_another_dataset",
        ],
    ),
    Control(
        "Queries open only the tables of one dataset and the results of one duty.",
        "CC6.1 CC6.3 C1.1",
        "AC-3 AC-4 AC-6",
        "Queries",
        [
            f"{STACK}test_queries.py::test_nobody_overrides_the_settings_of_a_workgroup",
            f"{STACK}test_query_access.py::test_the_tag_selects_the_tables_of_its_name",
            f"{ATTACKS}test_queries.py::test_refused_to_a_consumer",
            f"{ATTACKS}test_queries.py::test_refused_to_a_consumer_to_read_results_of_others",
            f"{ATTACKS}test_queries.py::test_refused_to_a_consumer_to_reuse_results_of_others",
            f"{ATTACKS}test_queries.py::test_refused_to_readers_to_change_a_workgroup",
            f"{ATTACKS}test_queries.py::test_refused_to_readers_whom_the_catalogue_lets_in",
        ],
    ),
    Control(
        "Where administrators are restricted, objects of compacted tables are changed by the "
        "compaction alone; it reads objects through Athena alone, and no raw data.",
        "CC6.1 CC6.3 C1.1",
        "AC-3 AC-4 AC-6",
        "CompactionRole",
        [
            f"{STACK}test_compaction_role.py"
            "::test_whatever_it_does_with_objects_athena_does_for_it",
            f"{ATTACKS}test_compaction.py::test_refused_to_an_outsider_to_query",
            f"{ATTACKS}test_compaction.py::test_refused_to_a_consumer_to_change_the_table",
            f"{ATTACKS}test_compaction.py::test_refused_to_an_administrator",
            f"{ATTACKS}test_compaction.py::test_refused_to_the_function",
            f"{ATTACKS}test_compaction.py::test_refused_to_the_compaction",
            f"{ATTACKS}test_compaction.py::test_refused_to_the_compaction_to_query_raw_data",
            DECISIONS,
            MUTATIONS,
        ],
    ),
    Control(
        "A producer cannot read outputs; with a reader's policy too, it can do neither.",
        "CC6.3 C1.1",
        "AC-5 AC-6",
        "People",
        [
            f"{STACK}test_access_policies.py"
            "::test_producers_read_nothing_and_readers_write_nothing",
            f"{POLICIES}test_decision_properties.py::test_no_other_action_on_the_stacks_resources",
            f"{ATTACKS}test_people.py::test_refused_to_a_holder_of_both_duties",
            MUTATIONS,
        ],
    ),
    Control(
        "Where administrators are restricted, they cannot read raw data or write outputs without "
        "first changing something, which CloudTrail shows.",
        "CC6.1 CC6.3 CC7.2",
        "AC-3 AC-6 AU-12",
        "DataBucket/Bucket",
        [
            f"{STACK}test_perimeter.py"
            "::test_where_administrators_are_restricted_only_two_roles_write_outputs",
            f"{ATTACKS}test_administrators.py::test_refused_to_an_administrator",
            f"{ATTACKS}test_administrators.py::test_allowed_after_a_change_of_the_policy",
            DECISIONS,
            MUTATIONS,
        ],
    ),
    Control(
        "Where data are retained, only one role can remove versions, with MFA.",
        "CC6.1 A1.2",
        "CP-9 IA-2(1) SI-12",
        "People/BreakGlass",
        [
            f"{STACK}test_access_policies.py"
            "::test_glass_is_broken_with_mfa_and_only_where_data_are_retained",
            f"{STACK}test_perimeter.py"
            "::test_where_data_are_retained_only_broken_glass_removes_versions",
        ],
    ),
    Control(
        "Each statement of each policy is needed: without it, a decision changes.",
        "CC6.3 CC8.1",
        "AC-6 CA-8",
        "ProcessorRole",
        [MUTATIONS, f"{POLICIES}test_policy_lint.py::test_nothing_is_found"],
    ),
    Control(
        "Logs are encrypted under their own key, and kept for at least 90 days.",
        "CC7.2 CC6.1",
        "AU-9 AU-11 SC-28",
        "LogGroups",
        [
            f"{STACK}test_log_groups.py::test_each_group_is_encrypted_and_kept_for_90_days",
            f"{ATTACKS}test_logs.py::test_refused_to_the_function",
        ],
    ),
    Control(
        "All network traffic is recorded.",
        "CC7.2",
        "AU-12 SI-4",
        "Network/Vpc/FlowLog",
        [
            f"{STACK}test_network.py::test_flow_logs_of_all_traffic_go_to_an_encrypted_group",
            f"{INTEGRATION}test_deployed_resources.py::test_flow_logs_are_on",
        ],
    ),
    Control(
        "A file that cannot be processed is kept, and raises an alarm.",
        "CC7.2 PI1.3",
        "SI-4 SI-11",
        "Alarms/MessageParked",
        [
            f"{STACK}test_alarms.py::test_every_alarm_looks_at_a_series_that_somebody_writes",
            f"{INTEGRATION}test_path_of_a_file.py"
            "::test_a_crash_half_way_is_parked_alarmed_and_finished_by_redrive",
        ],
    ),
    Control(
        "Operators are notified of each failure, on a topic that only its alarms may publish to.",
        "CC7.2 CC7.3",
        "SI-4 SI-5",
        "Notices/Topic",
        [
            f"{STACK}test_alarms.py::test_every_alarm_sends_notices_and_has_a_runbook",
            f"{STACK}test_notices.py::test_only_alarms_of_this_stack_publish",
        ],
    ),
    Control(
        "Every row is accounted for: rows read = clean rows + rejected rows + erased rows.",
        "PI1.3 PI1.4",
        "SI-10 SI-7",
        "DataProcessor/Function",
        [
            f"{UNIT}processor/test_processing.py::test_rows_that_do_not_add_up_leave_nothing",
            f"{INTEGRATION}test_path_of_a_file.py::test_the_sample_is_accounted_for",
        ],
    ),
    Control(
        "What no contract allows is quarantined, not processed.",
        "PI1.2 PI1.3",
        "SI-10",
        "DataProcessor/Function",
        [f"{UNIT}processor/test_processing.py::test_a_refused_object_is_quarantined_whole"],
    ),
    Control(
        "Duplicates, reordering and crashes end as if a file had been processed once.",
        "PI1.3 A1.2",
        "CP-10 SI-7",
        "DataProcessor/QueueMapping",
        [f"{UNIT}processor/test_interleavings.py::test_two_deliveries_of_one_object_and_a_crash"],
    ),
    Control(
        "Sensitive columns are written as pseudonyms or masks, or not at all.",
        "C1.1 CC6.7",
        "SI-19 SI-19(4)",
        "DataProcessor/Function",
        [
            f"{UNIT}processor/deidentification/test_methods.py"
            "::test_each_method_leaves_what_it_says",
            f"{UNIT}processor/deidentification/test_pseudonymize.py"
            "::test_the_output_is_what_the_reference_implementation_says",
            f"{INTEGRATION}test_path_of_a_file.py::test_consumers_read_no_raw_value",
        ],
    ),
    Control(
        "No raw value is logged.",
        "C1.1 CC7.2",
        "AU-9 SI-11",
        "LogGroups/Function",
        [
            f"{UNIT}processor/test_index.py::test_no_error_is_quoted_but_all_can_be_found",
            f"{INTEGRATION}test_path_of_a_file.py::test_no_raw_value_is_logged",
        ],
    ),
    Control(
        "Raw files, quarantined rows and old versions expire.",
        "C1.2",
        "SI-12 MP-6",
        "DataBucket/Bucket",
        [
            f"{BUCKET}::test_no_raw_byte_is_left_after_the_days_of_the_setting",
            f"{BUCKET}::test_a_replaced_version_of_raw_data_is_removed_after_a_day",
            f"{BUCKET}::test_unfinished_uploads_and_useless_markers_are_removed",
        ],
    ),
    Control(
        "The replay lists names and asks for metadata, and reads no content.",
        "CC6.1 C1.1",
        "AC-6",
        "ReplayRole",
        [
            f"{STACK}test_replay_role.py::test_it_may_ask_about_manifests_and_not_decrypt_them",
            f"{STACK}test_replay_workflow.py"
            "::test_it_lists_asks_sends_and_counts_and_does_nothing_else",
            f"{ATTACKS}test_replay.py::test_refused_to_the_replay",
            DECISIONS,
            MUTATIONS,
        ],
    ),
    Control(
        "Files whose messages were lost are found every night, and processed.",
        "A1.2 PI1.2",
        "SI-10 CP-10",
        "Replay",
        [
            f"{STACK}test_replay.py::test_it_is_started_every_night_for_unfinished_files",
            f"{INTEGRATION}test_replay.py::test_lost_messages_are_sent_again",
        ],
    ),
    Control(
        "Changes of the account, and uses of keys and objects, are recorded; nobody changes that.",
        "CC7.2 CC7.3",
        "AU-2 AU-3 AU-9 AU-10 AU-12",
        "AuditTrail/Trail",
        [
            f"{STACK}test_audit_trail.py::test_it_records_what_happens_in_all_regions",
            f"{STACK}test_audit_trail.py::test_its_files_are_encrypted_and_validated",
            f"{STACK}test_audit_trail.py::test_nobody_else_writes_or_removes_log_files",
            f"{ATTACKS}test_audit_trail.py::test_refused_to_an_administrator",
            f"{ATTACKS}test_audit_trail.py::test_refused_to_stolen_credentials",
            DECISIONS,
            MUTATIONS,
        ],
    ),
    Control(
        "No template is synthesized with an unacknowledged finding of five rule packs.",
        "CC8.1 CC7.1",
        "CM-6 RA-5",
        "",
        [f"{STACK}test_rule_packs.py::test_no_finding_is_left"],
    ),
    Control(
        "The deployer reads no data, attaches to roles only the stacks' own policies and "
        "AWS's basic one for functions, and reaches no role, bucket, queue, function, log group "
        "or key with an alias that is not the stacks'.",
        "CC6.3 CC8.1",
        "AC-5 AC-6 CM-5",
        "",
        [
            f"{DEPLOYER}::test_decision",
            f"{DEPLOYER}::test_it_allows_no_call_about_other_resources",
            f"{DEPLOYER}::test_no_part_of_it_can_be_removed_or_widened",
        ],
    ),
    Control(
        "The deployer's policy is enough to deploy.",
        "CC6.3 CC8.1",
        "AC-6 CM-5",
        "",
        [f"{DEPLOYER}::test_it_allows_every_call_of_a_deployment"],
    ),
]


def render() -> str:
    """The page."""
    return HEAD + "".join(f"| {' | '.join(_cells(control))} |\n" for control in CONTROLS)


def _cells(control: Control) -> list[str]:
    """The cells of a control's row."""
    tests = [
        f"[{test.removeprefix('tests/')}](../{test.partition('::')[0]})" for test in control.tests
    ]
    return [
        control.says,
        ", ".join(control.soc2.split()),
        ", ".join(control.nist.split()),
        f"`{control.part}`" if control.part else "the stack",
        "<br>".join(tests),
    ]


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
