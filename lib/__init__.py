"""The constructs of the zero-trust data pipeline."""
