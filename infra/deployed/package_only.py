"""A stage's code for those who deploy with CloudFormation, SAM or Terraform: the merged template and the zip."""

from collections.abc import Callable
from pathlib import Path

from infra.deployed.account import Account
from infra.deployed.configuration import Stage
from infra.deployed.faults import explained
from infra.deployed.names import expected_outputs
from infra.deployed.package import package
from infra.deployed.stack import whole_outputs
from infra.deployed.state import find_stack, state_stack


def write_package(
    account: Account,
    stage: str,
    architecture: str | None,
    out: Path,
    say: Callable[[str], None],
    rate_limit: str | None = None,
) -> None:
    """Write `sam.yaml` and `deployment.zip` into the folder. AWS is only read: the state stack's outputs.

    Without a state stack the names are those that template.yaml will give.

    Raises:
        OperatorError: AWS or Chalice refused.
    """
    with explained("read the state stack"):
        stack = find_stack(account.client("cloudformation"), state_stack(stage))
    if stack is None:
        partition = account.caller.split(":")[1]
        outputs = expected_outputs(stage, account.account_id, account.region, partition)
        say(
            f"{state_stack(stage)} is not there yet: the package carries the names that template.yaml will give"
        )
    else:
        outputs = whole_outputs(stack)
    made = package(Stage(stage, outputs, architecture, rate_limit), out, account.environment)
    say(f"Packed {stage} for {account.name}:")
    say(f"  {made.template}\n  {made.archive}  {made.size_bytes / 1e6:.1f} MB")
