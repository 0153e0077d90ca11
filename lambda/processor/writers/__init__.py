"""The writers: clean rows as Parquet, rejected ones as JSON Lines."""
