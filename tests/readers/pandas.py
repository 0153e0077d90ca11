"""pandas, with the types of Arrow: its own have no integer that may be null."""

from pathlib import Path

import pandas as pd

from tests.readers import Found, main


def read(folder: Path) -> Found:
    """Read the files."""
    frame = pd.read_parquet(folder, dtype_backend="pyarrow")
    values = frame.astype(object)
    return Found(
        {name: str(type_) for name, type_ in frame.dtypes.items()},
        values.where(frame.notna(), None).itertuples(index=False),
    )


if __name__ == "__main__":
    main(read)
