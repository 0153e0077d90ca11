"""The rules that every synth is held to, and what CDK adds to the stack of its own."""
