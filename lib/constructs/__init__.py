"""The resources of the stack, part by part."""
