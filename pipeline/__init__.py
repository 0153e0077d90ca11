"""The tool for people: ``python -m pipeline``.

It looks at a deployed stack, and repairs, with whatever credentials the environment has: the same
on AWS and in the sandbox. It loads neither CDK nor Node.

A command is one module in :mod:`pipeline.commands` and one word in :mod:`pipeline.program`.
"""
