"""The constructs of the zero-trust data pipeline, and what they are made of.

Contracts are compiled to the model of the processor, which lies where the function's code does.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "lambda"))
