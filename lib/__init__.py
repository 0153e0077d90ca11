"""The constructs of the zero-trust data pipeline, and their parts.

Contracts are compiled to the processor's own model, which is part of the function's code.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "lambda"))
