"""De-identification: what leaves of each column."""
