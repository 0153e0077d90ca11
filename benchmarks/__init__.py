"""Benchmarks: the processor, and what else people write for its job, on the same file.

``make bench`` runs it. Every engine makes the same clean rows with the same tokens, which is
checked, each in a process of its own on one core.

Each module says when it can be deleted.
"""
