"""The rules that every synth must pass, and the functions that CDK adds to the stack."""
