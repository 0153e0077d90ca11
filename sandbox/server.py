"""The emulator's process: ``python -m sandbox.server`` is MiniStack with the parity corrections.

The process is configured by environment variables alone; :mod:`sandbox.emulator` sets them.
"""

import importlib

from ministack import app


def serve() -> None:
    """Run MiniStack in the foreground, on its own port and no other.

    With TLS on, MiniStack also takes port 443 when the process may, as root may. Two sandboxes
    would share that port, and the developer's machine may need it.
    """
    vars(app)["_port_is_bindable"] = lambda _host, _port: False
    app.main()


if __name__ == "__main__":
    importlib.import_module("sandbox.parity")
    serve()
