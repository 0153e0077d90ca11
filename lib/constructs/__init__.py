"""What the other parts of the stack stand on: network, keys, bucket, queue, logs, tables."""
