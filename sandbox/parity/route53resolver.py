"""Route 53 Resolver: the resource types of a DNS firewall, which MiniStack lacks.

They are created and deleted, but filter nothing: the machine itself resolves names.

Delete each of these once MiniStack itself does this:

- ``handlers``: has the resource types of a DNS firewall.
"""

from ministack.core.responses import get_account_id, get_region, new_uuid

from sandbox.parity.correction import RESOURCE_TYPES, Function, Properties, Provisioned

PREFIXES = {
    "AWS::Route53Resolver::FirewallDomainList": ("rslvr-fdl", "firewall-domain-list"),
    "AWS::Route53Resolver::FirewallRuleGroup": ("rslvr-frg", "firewall-rule-group"),
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": (
        "rslvr-frgassoc",
        "firewall-rule-group-association",
    ),
}
"""The prefix of each type's identifiers, and its name in ARNs:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Route53Resolver.html"""


def handlers(prefix: str, kind: str) -> dict[str, Function]:
    """Return the handlers that create, update and delete a type's resource."""

    def attributes(identifier: str) -> Provisioned:
        arn = f"arn:aws:route53resolver:{get_region()}:{get_account_id()}:{kind}/{identifier}"
        return identifier, {"Id": identifier, "Arn": arn}

    def create(_logical_id: str, _properties: Properties, _stack: str) -> Provisioned:
        return attributes(f"{prefix}-{new_uuid().replace('-', '')[:17]}")

    def update(identifier: str, *_: object) -> Provisioned:
        return attributes(identifier)

    def delete(*_: object) -> None:
        pass  # nothing is kept

    return {"create": create, "update": update, "delete": delete}


for resource_type, names in PREFIXES.items():
    RESOURCE_TYPES[resource_type] = handlers(*names)
