"""The checks: which rows, and which files, keep their contract."""
