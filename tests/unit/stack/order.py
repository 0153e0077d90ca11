"""Which resources of a template wait for which."""

from tests.unit.synthesis import Resource, as_list, references


class Order:
    """Which resources of a template wait for which."""

    def __init__(self, template: Resource) -> None:
        self.resources: dict[str, Resource] = template["Resources"]
        self._awaited = {
            name: (references(resource.get("Properties", {})) & self.resources.keys())
            | set(as_list(resource.get("DependsOn", [])))
            for name, resource in self.resources.items()
        }

    def awaited(self, name: str) -> set[str]:
        """All resources that are created before one, and deleted after it."""
        found: set[str] = set()
        ahead = set(self._awaited[name])
        while ahead:
            found |= ahead
            ahead = set().union(*(self._awaited[one] for one in ahead)) - found
        return found

    def of_type(self, *types: str) -> set[str]:
        """The resources of some types."""
        return {name for name, found in self.resources.items() if found["Type"] in types}

    def one(self, resource_type: str, like: str = "") -> str:
        """The one resource of a type whose name contains ``like``."""
        (found,) = (name for name in self.of_type(resource_type) if like in name)
        return found
