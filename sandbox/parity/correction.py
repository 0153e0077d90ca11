"""How a correction is installed: around one of MiniStack's functions, or as a resource type.

A correction is named after the gap it closes. Its docstring says what AWS does, and where AWS
documents it; a test of the same subject in ``tests/sandbox`` shows the gap without it.

Its module says when it can be deleted: once the pinned MiniStack no longer has the gap. That test
then fails, because it asserts the wrong answer of the plain emulator too.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ministack.services.cloudformation import provisioners

RESOURCE_TYPES: dict[str, dict[str, Any]] = vars(provisioners)["_RESOURCE_HANDLERS"]
"""The functions that create, update and delete a template's resources, by type."""

Function = Callable[..., Any]
Provisioned = tuple[str, dict[str, Any]]
"""The result of creating or updating a template's resource: its physical id and attributes."""

Properties = dict[str, Any]
"""A resource's properties in the template, with intrinsic functions resolved."""


def replaces(owner: ModuleType | type, name: str) -> Callable[[Function], Function]:
    """Replace ``owner.name`` with a function, which gets the original as its first argument.

    ``owner`` is a module, or the class of a method.

    Raises:
        AttributeError: MiniStack has no such function, or no longer has it.
    """

    def install(correction: Function) -> Function:
        original = getattr(owner, name)

        def corrected(*args: Any, **kwargs: Any) -> Any:
            return correction(original, *args, **kwargs)

        setattr(owner, name, corrected)
        return correction

    return install


def completes(resource_type: str) -> Callable[[Function], Function]:
    """Run ``function(provisioned, properties)`` after each create and update of a type.

    Its result becomes the result of the create or update.
    """

    def install(function: Callable[[Provisioned, Properties], Provisioned]) -> Function:
        handler = RESOURCE_TYPES[resource_type]
        create, update = handler["create"], handler["update"]

        def create_completely(logical_id: str, properties: Properties, stack: str) -> Provisioned:
            return function(create(logical_id, properties, stack), properties)

        def update_completely(
            physical_id: str, old: Properties, new: Properties, *rest: Any
        ) -> Provisioned:
            return function(update(physical_id, old, new, *rest), new)

        handler.update(create=create_completely, update=update_completely)
        return function

    return install
