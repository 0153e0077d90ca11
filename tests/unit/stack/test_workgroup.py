"""The workgroups of a stack: nobody overrides where results go, and under which key."""

from tests.unit.synthesis import Synthesized, synthesize


def test_every_workgroup_writes_its_results_encrypted_to_a_place_of_its_own() -> None:
    stack = Synthesized(synthesize(settings='{"compactedDatasets": ["customers"]}'))
    key, _ = stack.key("s3")
    places = []
    for found in stack.find("AWS::Athena::WorkGroup").values():
        settings = found["Properties"]["WorkGroupConfiguration"]
        assert settings["EnforceWorkGroupConfiguration"] is True
        results = settings["ResultConfiguration"]
        assert results["EncryptionConfiguration"] == {
            "EncryptionOption": "SSE_KMS",
            "KmsKey": f"<{key}.Arn>",
        }
        places.append(results["OutputLocation"])
    assert len(set(places)) == len(places) > 2
