"""Benchmarks: the processor, and what else people write for its job, on the same file.

``make bench`` runs it. Every engine makes the same clean rows with the same tokens, which is
checked, each in a process of its own on one core.

An engine can be deleted once nobody would pick it for this job, or its project has ended; the best
parts once the processor takes no longer than they do together; the rest with their goals.
"""
