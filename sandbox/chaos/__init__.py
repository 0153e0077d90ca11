"""Chaos: files through the pipeline while everything fails, and what is left at the end.

``make chaos`` runs ``python -m sandbox.chaos`` with a sandbox of its own: runs
(:mod:`sandbox.chaos.run`), each of a seed, in which the function's requests fail
(:mod:`sandbox.chaos.faults`) and S3's messages are lost, doubled and late
(:mod:`sandbox.chaos.relay`). Then an operator cleans up (:mod:`sandbox.chaos.recovery`), and what
became of each object is compared with what must be (:mod:`sandbox.chaos.outcomes`). It writes
docs/reliability.md (:mod:`sandbox.chaos.page`).
"""

from sandbox import SandboxError


class ChaosError(SandboxError):
    """Something was lost, doubled or left undone."""
