"""Fuzzing, led by the coverage of the processor: ``make fuzz seconds=600``."""
