"""The command line of `python -m infra`."""

import os
import sys
import tempfile
import traceback
from contextlib import nullcontext, suppress
from pathlib import Path

import click

from infra import keys, signals
from infra.cost.command import cost_command
from infra.deployed.command import COMMANDS
from infra.errors import OperatorError
from infra.local.home import DEFAULT_HOME, Home
from infra.opened import open_stack, open_whole_stack
from infra.reconcile import reconcile_all

_ENVIRON = os.environ  # noqa: TID251 - the entry point of a process may read and set its environment
_END_WITH_PARENT = click.option(
    "--end-with-parent", is_flag=True, hidden=True, help="End when the caller is gone."
)
_PORT = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=3000,
    show_default=True,
    help="Port of the API; 0 takes a free one.",
)
_STAGE = click.option(
    "--stage", default="dev", show_default=True, help="The deployment that the keys are for."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    envvar="FOREMAN_DATA_DIR",
    default=DEFAULT_HOME,
    help="Where the local stack keeps its data; also FOREMAN_DATA_DIR. [default: .foreman]",
)
@click.pass_context
def cli(context: click.Context, data_dir: Path) -> None:
    """Foreman's operator tools: the local stack, stages on AWS, and API keys."""
    context.obj = Home(data_dir.resolve())


@cli.command()
@_PORT
@click.option("--ephemeral", is_flag=True, help="Keep data in memory; several such stacks can be up at once.")
@click.option(
    "--ready-file", type=click.Path(path_type=Path, dir_okay=False), help="Written when the stack is up."
)
@_END_WITH_PARENT
@click.pass_obj
def dev(home: Home, port: int, ephemeral: bool, ready_file: Path | None, end_with_parent: bool) -> None:
    """Start the local stack and stay up until Ctrl-C."""
    from infra.local.command import run_dev
    from infra.local.stack import Plan

    with suppress(signals.StopRequested):  # that is how it is meant to end
        run_dev(Plan(home, port, ephemeral, ready_file), _ENVIRON, end_with_parent=end_with_parent)


@cli.command()
@_PORT
@click.option("--once", is_flag=True, help="End after the example; the status tells whether it went well.")
@_END_WITH_PARENT
@click.pass_obj
def run(home: Home, port: int, once: bool, end_with_parent: bool) -> None:
    """Start the local stack and play the order example on it."""
    from infra.local.command import run_demo
    from infra.local.stack import Plan

    with nullcontext() if once else suppress(signals.StopRequested):
        run_demo(Plan(home, port), _ENVIRON, once=once, end_with_parent=end_with_parent)


@cli.group("keys")
def keys_group() -> None:
    """Issue, list, limit and revoke API keys of a stack."""


@keys_group.command("create")
@click.option("--org", required=True, help="The organization: 1-32 of a-z, 0-9 and '-'.")
@click.option("--rate-limit", help="Such as 100/15m, or off. [default: the deployment's]")
@_STAGE
@_JSON
@click.pass_obj
def create(home: Home, org: str, rate_limit: str | None, stage: str, as_json: bool) -> None:
    """Issue a key. It is shown once and stored only as a hash."""
    keys.create(open_stack(home, _ENVIRON, stage), org, rate_limit, as_json=as_json)


@keys_group.command("list")
@click.option("--org", help="Only this organization's.")
@_STAGE
@_JSON
@click.pass_obj
def list_(home: Home, org: str | None, stage: str, as_json: bool) -> None:
    """List keys, without the keys themselves."""
    keys.list_all(open_stack(home, _ENVIRON, stage), org, as_json=as_json)


@keys_group.command("limit")
@click.argument("key_id")
@click.option("--rate-limit", required=True, help="Such as 100/15m, off, or default for the deployment's.")
@_STAGE
@_JSON
@click.pass_obj
def limit(home: Home, key_id: str, rate_limit: str, stage: str, as_json: bool) -> None:
    """Change a key's rate limit; it holds within a minute."""
    keys.limit(open_stack(home, _ENVIRON, stage), key_id, rate_limit, as_json=as_json)


@keys_group.command("revoke")
@click.argument("key_id")
@_STAGE
@_JSON
@click.pass_obj
def revoke(home: Home, key_id: str, stage: str, as_json: bool) -> None:
    """Revoke a key; it stops working within a minute."""
    keys.revoke(open_stack(home, _ENVIRON, stage), key_id, as_json=as_json)


@cli.command()
@click.option("--org", help="Only this organization.")
@click.option(
    "--idle-minutes",
    type=click.IntRange(0),
    default=15,
    show_default=True,
    help="Send a task's message again once nothing has happened for so long; remove leaks older than that, and than 10.",
)
@_STAGE
@_JSON
@click.pass_obj
def reconcile(home: Home, org: str | None, idle_minutes: int, stage: str, as_json: bool) -> None:
    """Heal open runs: settle what has ended, send again the messages of idle tasks. Remove payloads that no record refers to."""
    reconcile_all(open_whole_stack(home, _ENVIRON, stage), org, idle_minutes, as_json=as_json)


for _command in (*COMMANDS, cost_command):
    cli.add_command(_command)


def main() -> int:
    """Run a command; a failure is one sentence on stderr and status 1."""
    try:
        signals.install()
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except OperatorError as error:
        print(error, file=sys.stderr)
        return 1
    except signals.StopRequested:
        return 130
    except click.Abort:
        print("\nNobody answered the question; ask at a terminal, or add --yes.", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(
            f"The package {error.name} is missing; run `make setup` and use .venv/bin/python.",
            file=sys.stderr,
        )
        return 1
    except Exception as error:
        log = Path(tempfile.gettempdir(), f"foreman-crash-{os.getpid()}.log")
        log.write_text(traceback.format_exc())
        print(
            f"This should not have happened ({type(error).__name__}); please report it with {log}.",
            file=sys.stderr,
        )
        return 1
    return 0
