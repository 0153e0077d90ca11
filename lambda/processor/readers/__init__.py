"""The readers: whatever the format, the records of a file in batches."""
