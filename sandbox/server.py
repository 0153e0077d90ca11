"""The emulator's process: ``python -m sandbox.server`` is MiniStack with the parity corrections.

The process is configured by environment variables alone; :mod:`sandbox.emulator` sets them.
"""

import importlib
import os
from collections.abc import Callable

from hypercorn.config import Config, Sockets
from ministack import app


def serve() -> None:
    """Run MiniStack in the foreground, on its own ports and no others.

    With TLS on, MiniStack also takes port 443 if the process may, as root may. Two sandboxes would
    share that port, and the developer's machine may need it.
    """
    vars(app)["_port_is_bindable"] = lambda _host, _port: False
    Config.create_sockets = _create_sockets  # type: ignore[assignment,method-assign]
    app.main()


def _create_sockets(
    config: Config, original: Callable[[Config], Sockets] = Config.create_sockets
) -> Sockets:
    """Listen on separate ports for functions, and for requests without TLS."""
    host = os.environ["BIND_HOST"]
    config.bind = [*config.bind, f"{host}:{os.environ['FUNCTIONS_PORT']}"]
    config.insecure_bind = [f"{host}:{os.environ['PLAIN_PORT']}"]
    return original(config)


if __name__ == "__main__":
    importlib.import_module("sandbox.parity")
    serve()
