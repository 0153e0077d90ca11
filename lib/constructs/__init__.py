"""What the other parts stand on: network, keys, bucket, queue, logs, tables, ways to fail."""
