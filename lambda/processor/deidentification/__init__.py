"""De-identification: what remains of each column in the output."""
