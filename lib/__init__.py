"""The constructs of the zero-trust data pipeline, and their parts.

Contracts are compiled to the processor's own model, which is part of the function's code. It is
found from here, so that a synth needs no more than ``pip install -r requirements.txt``.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "lambda"))
