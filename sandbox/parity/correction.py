"""How a correction takes its place: around one of MiniStack's functions, or beside its types.

A correction is named after the gap it closes. Its docstring says what AWS does and where AWS says
so; a test of the same subject in ``tests/sandbox`` shows the gap without it.

A correction can be deleted as soon as the pinned MiniStack no longer has the gap: that test then
fails, because it asserts the wrong answer of the plain emulator too.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ministack.services.cloudformation import provisioners

RESOURCE_TYPES: dict[str, dict[str, Any]] = vars(provisioners)["_RESOURCE_HANDLERS"]
"""The functions that create, update and delete a template's resources, by type."""

Function = Callable[..., Any]
Provisioned = tuple[str, dict[str, Any]]
"""What creating or updating a template's resource gives: its physical id and its attributes."""

Properties = dict[str, Any]
"""A resource's properties as the template has them, intrinsic functions resolved."""


def replaces(owner: ModuleType | type, name: str) -> Callable[[Function], Function]:
    """Put a function in the place of ``owner.name``; it gets the replaced one as first argument.

    ``owner`` is a module, or a class for the sake of its method.

    Raises:
        AttributeError: MiniStack has no such function (any more).
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
