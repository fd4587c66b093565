"""`python -m infra package`: the code of a stage as a SAM template and a zip."""

import os
import platform
import time
from pathlib import Path
from typing import Final

import click

from foreman_engine.domain.rates import DEFAULT_RATE, parse_rate
from infra.errors import OperatorError
from infra.local.environment import RATE_LIMIT
from infra.local.home import Home

_ENVIRON: Final = os.environ  # noqa: TID251 - a command is the entry point of its process
_ARCHITECTURES: Final = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def host_architecture() -> str | None:
    """This machine's architecture in Lambda's words; None when Lambda has none such."""
    return _ARCHITECTURES.get(platform.machine().lower())


def _checked(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    try:
        parse_rate(text or DEFAULT_RATE)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return text or None


@click.command("package")
@click.option("--stage", default="dev", show_default=True, help="The deployment that the code is for.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where the template and the zip go.",
)
@click.option(
    "--rate-limit",
    envvar=RATE_LIMIT,
    callback=_checked,
    help=f"Of keys without one of their own: such as 100/15m, or off; also {RATE_LIMIT}. [default: {DEFAULT_RATE}]",
)
@click.pass_obj
def package_command(home: Home, stage: str, out: Path, rate_limit: str | None) -> None:
    """Pack the code for a stage whose state stack exists."""
    from boto3.session import Session
    from botocore.exceptions import BotoCoreError, ClientError

    from infra.deployed.configuration import Stage
    from infra.deployed.package import package
    from infra.deployed.stack import state_outputs
    from infra.discover import find_target

    began = time.monotonic()
    target = find_target(home, _ENVIRON, stage)
    _ENVIRON.clear()
    _ENVIRON.update(target.environment)
    try:
        outputs = state_outputs(Session().client("cloudformation"), stage)
    except (BotoCoreError, ClientError) as error:
        raise OperatorError(f"{target.name} does not tell its stacks: {error}") from None
    # An emulator runs the functions itself, on this machine.
    architecture = host_architecture() if "AWS_ENDPOINT_URL" in target.environment else None
    made = package(Stage(stage, outputs, architecture, rate_limit), out, _ENVIRON)
    size_mb = made.size_bytes / 1e6
    print(f"Packed {stage} for {target.name} in {time.monotonic() - began:.1f} s:")
    print(f"  {made.template}\n  {made.archive}  {size_mb:.1f} MB")
