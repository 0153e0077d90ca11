"""Re-identification: what people ask for and sign, and the values of reversible tokens."""
