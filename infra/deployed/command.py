"""The operator's commands for a stage on AWS: each one's options, and nothing else; boto3 is loaded when one of them runs."""

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from infra.local.home import Home

_ENVIRON: Final = os.environ  # noqa: TID251 - a command is the entry point of its process
_ARCHITECTURES: Final = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_ROOT: Final = Path(__file__).resolve().parents[2]


def host_architecture() -> str | None:
    """This machine's architecture in Lambda's words; None when Lambda has none such."""
    return _ARCHITECTURES.get(platform.machine().lower())


def _on_aws(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which stage, and where."""
    for option in (
        click.option("--profile", help="The AWS profile to use; also AWS_PROFILE."),
        click.option("--region", help="The AWS region; also AWS_REGION, or the profile's."),
        click.option(
            "--stage", default="dev", show_default=True, help="The deployment: 1-16 of a-z and 0-9."
        ),
    ):
        command = option(command)
    return command


@click.command("configure")
@_on_aws
@click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=_ROOT,
    help="The Chalice project to write into. [default: this working copy]",
)
def configure_command(stage: str, region: str | None, profile: str | None, project: Path) -> None:
    """Write the stage's part of .chalice/, for a plain `chalice deploy`."""
    from infra.deployed.account import check_stage, find_account
    from infra.deployed.faults import explained
    from infra.deployed.project import BY_CHALICE, configure
    from infra.deployed.stack import find_stage

    check_stage(stage)
    account = find_account(_ENVIRON, region, profile)
    with explained("read the state stack"):
        found = find_stage(account.client("cloudformation"), stage, _architecture(account.emulator))
    changed = configure(project, found, BY_CHALICE)
    for path in changed:
        print(f"wrote {path.relative_to(project)}")
    print("Nothing changed." if not changed else f"Stage {stage} is configured.")
    print(f"Next: chalice deploy --stage {stage}")


def _architecture(emulator: bool) -> str | None:
    """An emulator runs the functions itself, on this machine."""
    return host_architecture() if emulator else None


@click.command("package")
@click.option("--stage", default="dev", show_default=True, help="The deployment that the code is for.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where the template and the zip go.",
)
@click.pass_obj
def package_command(home: Home, stage: str, out: Path) -> None:
    """Pack the code for a stage whose state stack exists."""
    from boto3.session import Session

    from infra.deployed.faults import explained
    from infra.deployed.package import package
    from infra.deployed.stack import find_stage
    from infra.discover import find_target

    began = time.monotonic()
    target = find_target(home, _ENVIRON, stage)
    _ENVIRON.clear()
    _ENVIRON.update(target.environment)
    with explained("read the state stack"):
        client = Session().client("cloudformation")
        found = find_stage(client, stage, _architecture("AWS_ENDPOINT_URL" in target.environment))
    made = package(found, out, _ENVIRON)
    size_mb = made.size_bytes / 1e6
    print(f"Packed {stage} for {target.name} in {time.monotonic() - began:.1f} s:")
    print(f"  {made.template}\n  {made.archive}  {size_mb:.1f} MB")
