"""The operator's commands for a stage on AWS: each one's options, and nothing else; boto3 is loaded when one of them runs."""

import os
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from foreman_engine.domain.keys import ORG_PATTERN
from foreman_engine.domain.rates import DEFAULT_RATE, parse_rate
from infra.local.environment import RATE_LIMIT
from infra.local.home import Home

_ENVIRON: Final = os.environ  # noqa: TID251 - a command is the entry point of its process
_ARCHITECTURES: Final = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_ROOT: Final = Path(__file__).resolve().parents[2]


def host_architecture() -> str | None:
    """This machine's architecture in Lambda's words; None when Lambda has none such."""
    return _ARCHITECTURES.get(platform.machine().lower())


def _checked(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    try:
        parse_rate(text or DEFAULT_RATE)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return text or None


_RATE_LIMIT: Final = click.option(
    "--rate-limit",
    envvar=RATE_LIMIT,
    callback=_checked,
    help=f"Of keys without one of their own: such as 100/15m, or off; also {RATE_LIMIT}. [default: as configured, else {DEFAULT_RATE}]",
)


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
@_RATE_LIMIT
def configure_command(
    stage: str, region: str | None, profile: str | None, project: Path, rate_limit: str | None
) -> None:
    """Write the stage's part of .chalice/, for a plain `chalice deploy`."""
    from infra.deployed.account import check_stage, find_account
    from infra.deployed.faults import explained
    from infra.deployed.project import BY_CHALICE, configure, recall
    from infra.deployed.record import fetch_record
    from infra.deployed.stack import find_stage

    check_stage(stage)
    account = find_account(_ENVIRON, region, profile)
    with explained("read the state stack"):
        found = find_stage(account.client("cloudformation"), stage, _architecture(account.emulator))
        stored = fetch_record(account.client("s3"), found.outputs["BucketName"], stage)
    changed = configure(project, replace(found, rate_limit=rate_limit), BY_CHALICE)
    if stored is not None:
        changed += recall(project, stored, stage)
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
@_RATE_LIMIT
@click.pass_obj
def package_command(home: Home, stage: str, out: Path, rate_limit: str | None) -> None:
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
    made = package(replace(found, rate_limit=rate_limit), out, _ENVIRON)
    size_mb = made.size_bytes / 1e6
    print(f"Packed {stage} for {target.name} in {time.monotonic() - began:.1f} s:")
    print(f"  {made.template}\n  {made.archive}  {size_mb:.1f} MB")


_OPTIONAL: Final = {
    "deletion_protection": "DeletionProtection",
    "kms_key": "KmsKeyArn",
    "alarm_topic": "AlarmTopicArn",
}
"""Options that are parameters of template.yaml."""


def _parameter(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    for value in values:
        if "=" not in value:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE")
        if value.startswith("Stage="):
            raise click.BadParameter("Stage is what --stage says")
    return dict(value.split("=", 1) for value in values)


def _organization(_: click.Context, __: click.Parameter, name: str) -> str:
    if not ORG_PATTERN.fullmatch(name):
        raise click.BadParameter(f"{name!r} is not 1-32 of a-z, 0-9 and '-'")
    return name


@click.command("deploy")
@_on_aws
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option(
    "--deletion-protection",
    type=click.Choice(["on", "off", "by-stage"]),
    help="Refuse to delete the tables. [default: as it is; at first on for prod, off else]",
)
@_RATE_LIMIT
@click.option("--kms-key", help="ARN of a KMS key of your own for tables and payloads.")
@click.option("--alarm-topic", help="ARN of an SNS topic that hears of alarms.")
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    callback=_parameter,
    help="Any other NAME=VALUE of template.yaml.",
)
@click.option(
    "--org",
    default="default",
    show_default=True,
    callback=_organization,
    help="The organization of the first key: 1-32 of a-z, 0-9 and '-'.",
)
@click.option(
    "--wait",
    "wait_s",
    type=click.IntRange(0),
    default=120,
    show_default=True,
    help="Seconds to wait for /health; 0: do not.",
)
@click.option(
    "--break-lock", is_flag=True, help="Take over the lock of a deployment that died on another machine."
)
@click.option("--again", is_flag=True, help="Deploy the code even if it is the same.")
@click.option(
    "--package-only",
    type=click.Path(path_type=Path, file_okay=False),
    help="Only write the SAM template and the zip into this folder; change nothing on AWS.",
)
def deploy_command(
    stage: str, region: str | None, profile: str | None, package_only: Path | None, yes: bool, **chosen: Any
) -> None:
    """Deploy or update a stage: tables and queues, code, gateway, first key."""
    from infra.deployed.account import check_stage, check_tools, find_account
    from infra.deployed.console import Console
    from infra.deployed.deploy import Options, deploy
    from infra.deployed.package_only import write_package

    check_stage(stage)
    check_tools()
    account = find_account(_ENVIRON, region, profile)
    architecture = _architecture(account.emulator)
    if package_only is not None:
        write_package(account, stage, architecture, package_only, print, chosen["rate_limit"])
        return
    parameters = {
        **chosen.pop("parameters"),
        **{name: chosen[option] for option, name in _OPTIONAL.items() if chosen[option] is not None},
    }
    own = {name: value for name, value in chosen.items() if name not in _OPTIONAL}
    deploy(
        account,
        Options(stage=stage, parameters=parameters, architecture=architecture, **own),
        Console(yes=yes),
    )


@click.command("destroy")
@_on_aws
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option(
    "--break-lock", is_flag=True, help="Take over the lock of a deployment that died on another machine."
)
def destroy_command(stage: str, region: str | None, profile: str | None, yes: bool, break_lock: bool) -> None:
    """Delete a stage with all its data; refused while deletion protection is on."""
    from infra.deployed.account import check_stage, check_tools, find_account
    from infra.deployed.console import Console
    from infra.deployed.destroy import destroy

    check_stage(stage)
    check_tools()
    destroy(find_account(_ENVIRON, region, profile), stage, Console(yes=yes), break_lock=break_lock)


@click.command("status")
@_on_aws
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status_command(stage: str, region: str | None, profile: str | None, as_json: bool) -> None:
    """Show versions, health, queue depths, alarms and the last sweep of a stage."""
    from infra.deployed.account import check_stage, find_account
    from infra.deployed.console import Console
    from infra.deployed.status import find_status, print_status, status_json

    check_stage(stage)
    account = find_account(_ENVIRON, region, profile)
    found = find_status(account, stage)
    if as_json:
        print(status_json(found))
        return
    print(f"Stage {stage} in {account.name}")
    print_status(found, Console())


COMMANDS: Final = (deploy_command, destroy_command, status_command, configure_command, package_command)
"""In the order in which an operator meets them."""
