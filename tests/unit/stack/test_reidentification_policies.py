"""The policies of those who ask and of those who approve: each denies what the other allows."""

from tests.unit.synthesis import Resource, Synthesized, as_list, statement

USER = "${aws:userid}"


def policy(stack: Synthesized, output: str) -> Resource:
    """The document of the managed policy behind an output."""
    name = stack.outputs[output]["Value"].strip("<>")
    document: Resource = stack.resources[name]["Properties"]["PolicyDocument"]
    return document


def below(found: Resource) -> list[str]:
    """The places of a statement below the bucket."""
    return [one.partition("/")[2] for one in as_list(found["Resource"])]


def test_keys_say_who_asks_and_who_signs(encrypting: Synthesized) -> None:
    requester = policy(encrypting, "RequesterPolicyArn")
    own = f"${{aws:PrincipalTag/dataset}}/${{aws:PrincipalTag/purpose}}/{USER}/*"
    assert below(statement(requester, "WriteRequests")) == [f"reidentification/requests/{own}"]
    assert below(statement(requester, "ReadOwnValues")) == [f"reidentification/values/{own}"]
    approver = policy(encrypting, "ApproverPolicyArn")
    signed = f"reidentification/signatures/${{aws:PrincipalTag/dataset}}/{USER}/*"
    assert below(statement(approver, "Sign")) == [signed]


def test_each_denies_what_the_other_allows(encrypting: Synthesized) -> None:
    requester = policy(encrypting, "RequesterPolicyArn")
    approver = policy(encrypting, "ApproverPolicyArn")
    assert statement(requester, "SeparateApproval")["Action"] == "states:SendTask*"
    assert statement(approver, "SeparateRequests")["Action"] == "states:StartExecution"
    closed = {
        "requester": {"approvals/*", "signatures/*", "slots/*"},
        "approver": {"requests/*", "values/*", "slots/*"},
    }
    for who, document in (("requester", requester), ("approver", approver)):
        denied = statement(document, "SeparateDuties")
        assert denied["Action"] == "s3:*"
        found = {one.removeprefix("reidentification/") for one in below(denied)}
        assert found == closed[who]
