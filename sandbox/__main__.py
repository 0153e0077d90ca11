"""The command line: ``python3 -m sandbox up|deploy|status|logs|env|destroy|down``."""

import argparse
import contextlib
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from lib import interpreter
from sandbox import SandboxError

try:
    from sandbox import deployment, emulator, logs, status
    from sandbox.environment import environment
except ModuleNotFoundError as missing:
    interpreter.rerun("sandbox", missing)

MAX_LAG = 30.0
"""The longest lag, in seconds: alarms look at the last minute."""

INTERRUPTED = 128 + 2
"""The exit status that tells shells that Ctrl-C ended a command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        command(options)
    except SandboxError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; ``command`` of its result is the function to call."""
    top = argparse.ArgumentParser(
        prog="python3 -m sandbox",
        description="An AWS emulator on this machine, and the project's stack on it. "
        "Nothing of it talks to a real AWS account.",
        epilog="A first run: up, deploy, status, logs --follow, down.",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="directory of this sandbox's process record, log, certificate and temporary files "
        "(default: $SANDBOX_STATE, or .sandbox in the project); each directory is a sandbox of "
        "its own",
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(
        name: str, function: Callable[[argparse.Namespace], None], text: str, more: str = ""
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=text, description=f"{text[:1].upper()}{text[1:]}. {more}", parents=[shared]
        )
        command.set_defaults(command=function)
        return command

    add(
        "up",
        up,
        "start the emulator in the background",
        "It listens on 127.0.0.1 only, with TLS and IAM on, on a port of its own. When it is up "
        "already, nothing changes.",
    ).add_argument(
        "--lag",
        type=seconds,
        metavar="SECONDS",
        help="let changes of policies, keys and queues, and metrics, show so much later, as AWS "
        f"does (at most {MAX_LAG:g}; default: at once)",
    )
    deploying = add(
        "deploy",
        deploy,
        "deploy the stack with the CDK CLI",
        "The account is bootstrapped first if it is not yet.",
    )
    deploying.add_argument(
        "--suffix",
        nargs="+",
        default=["dev"],
        help="environments to deploy, one stack each (default: dev)",
    )
    deploying.add_argument(
        "--outputs",
        type=Path,
        metavar="FILE",
        default=deployment.OUTPUTS,
        help="JSON file for the outputs of the last of them "
        "(default: cfn-outputs/flat-outputs.json)",
    )
    add(
        "destroy", destroy, "delete an environment's stack", "The emulator stays up."
    ).add_argument("--suffix", required=True, help="the environment whose stack is deleted")
    add("status", show_status, "show whether the sandbox is up, and its stacks")
    logging = add("logs", show_logs, "show what the functions logged")
    logging.add_argument("--function", metavar="NAME", default="", help="only this function's")
    logging.add_argument("--follow", action="store_true", help="keep showing new lines")
    logging.add_argument(
        "--server", action="store_true", help="the emulator's own log instead of the functions'"
    )
    add(
        "env",
        show_environment,
        "print the shell commands that point AWS tools at the sandbox",
        'Use: eval "$(python3 -m sandbox env)". Then aws, cdk and pytest tests/integration talk '
        "to the sandbox.",
    )
    add(
        "down",
        down,
        "end the emulator and delete everything it left",
        "Processes of functions, temporary files, log and certificate go with it.",
    )
    return top


def seconds(text: str) -> float:
    """Return a lag that somebody typed.

    Raises:
        argparse.ArgumentTypeError: it is not a lag.
    """
    with contextlib.suppress(ValueError):
        if 0 <= (lag := float(text)) <= MAX_LAG:
            return lag
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to {MAX_LAG:g}")


def up(options: argparse.Namespace) -> None:
    """Start the emulator.

    Raises:
        SandboxError: it is up with a lag other than the one asked for.
    """
    there = emulator.find(_state(options))
    if there and options.lag not in (None, there.lag):
        raise SandboxError(
            f"The sandbox is up with a lag of {there.lag:g} s. "
            "End it first: python -m sandbox down"
        )
    started = there or emulator.start(_state(options), lag=options.lag or 0.0)
    print(f"The sandbox {'was already' if there else 'is'} up at {started.endpoint}")


def deploy(options: argparse.Namespace) -> None:
    """Deploy one stack per suffix."""
    target = emulator.running(_state(options))
    for suffix in options.suffix:
        deployment.deploy(target, suffix, options.outputs)
    print(f"Outputs of {options.suffix[-1]}: {options.outputs}")


def destroy(options: argparse.Namespace) -> None:
    """Delete the stack of a suffix."""
    deployment.destroy(emulator.running(_state(options)), options.suffix)


def show_status(options: argparse.Namespace) -> None:
    """Print the status table."""
    found = emulator.find(_state(options))
    if found:
        _point_at(found)
    status.show(found)


def show_logs(options: argparse.Namespace) -> None:
    """Print log lines, to the end or forever."""
    target = emulator.running(_state(options))
    if options.server:
        print(target.log.read_text(errors="replace"), end="")
        return
    _point_at(target)
    for line in logs.lines(options.function, follow=options.follow):
        print(line, flush=True)


def show_environment(options: argparse.Namespace) -> None:
    """Print the difference between the sandbox's environment and this one, as shell commands."""
    target = environment(emulator.running(_state(options)))
    for name in sorted(os.environ.keys() - target.keys()):
        print(f"unset {name}")
    for name in sorted(target):
        if os.environ.get(name) != target[name]:
            print(f"export {name}={shlex.quote(target[name])}")


def down(options: argparse.Namespace) -> None:
    """End the emulator."""
    ended = emulator.stop(_state(options))
    print("The sandbox is down." if ended else "The sandbox was not up.")


def _state(options: argparse.Namespace) -> Path:
    return options.state.resolve() if options.state else emulator.default_state()


def _point_at(target: emulator.Emulator) -> None:
    """Make this process's own AWS clients talk to the emulator."""
    changed = environment(target)
    os.environ.clear()
    os.environ.update(changed)


if __name__ == "__main__":
    sys.exit(main())
