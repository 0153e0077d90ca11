"""Erasure: a person's rows leave the outputs of the files that are processed already."""
