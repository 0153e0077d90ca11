"""Contracts on this machine: what they do to a file, drafts of them, and what a change breaks."""
