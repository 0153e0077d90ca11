"""The bucket: its keys, what it announces, what is asked of it, and the manifest."""
