"""Chalice's configuration for one stage: what stands in .chalice/, with the names of the stage's state stack filled in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Any, Final

from infra.local.environment import RATE_LIMIT, names

API_HANDLER: Final = "api_handler"
FUNCTIONS: Final = (API_HANDLER, "work_queue", "dead_letters", "sweep")
CODE_FOLDER: Final = "_code"
"""The bucket's folder for packages. An organization's payloads lie under its id, which has no underscore."""
DEPLOY_FOLDER: Final = "_deploy"
"""The bucket's folder for what a deployment remembers."""
LOG_DAYS: Final = 30
"""How long the functions' logs are kept; infra/overlay.yaml says the same to CloudFormation."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage with the outputs of its state stack. `architecture` None leaves what .chalice/config.json says.

    `rate_limit`, such as `100/15m` or `off`, is that of keys without one of their own; None leaves what the configuration says,
    and what is deployed where that says nothing.
    """

    name: str
    outputs: Mapping[str, str]
    architecture: str | None = None
    rate_limit: str | None = None
    deployed_rate_limit: str | None = None

    @property
    def stack(self) -> str:
        """The name of the code's stack, and what the names of its functions and roles begin with."""
        return f"foreman-{self.name}"

    @property
    def region(self) -> str:
        """Where the state stack is."""
        return self.outputs["WorkQueueArn"].split(":")[3]

    @property
    def account(self) -> str:
        """The account, twelve digits."""
        return self.outputs["WorkQueueArn"].split(":")[4]

    def queues_of(self, organization: str) -> str:
        """What the ARNs of the organization's queues match, and no other's."""
        partition = self.outputs["WorkQueueArn"].split(":")[1]
        return f"arn:{partition}:sqs:{self.region}:{self.account}:foreman_{self.name}_{organization}_*"

    def function(self, name: str) -> str:
        """The function's name on AWS; Chalice calls the API's by the app alone."""
        return self.stack if name == API_HANDLER else f"{self.stack}-{name}"

    def policy_file(self, function: str) -> str:
        """The file in .chalice/ with the filled policy of a function."""
        return f"policy-{self.name}-{function}.json"

    def configure(self, base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration with this stage's part brought up to date; everything else in it stays.

        What the stage's part says already wins, so that memory, a VPC or a role of one's own are kept. `own` is added
        to it (None takes a key away), and the names of the state stack replace what is there.
        """
        stages = base.get("stages", {})
        before = stages.get(self.name, {})
        architecture = {} if self.architecture is None else {"lambda_architecture": self.architecture}
        made = {
            "api_gateway_stage": self.name,
            "tags": {"foreman-stage": self.name},
            "lambda_functions": {
                function: {"iam_policy_file": self.policy_file(function)}
                for function in base["lambda_functions"]
            },
            **architecture,
            **own,
        }
        part = {key: value for key, value in _over(made, before).items() if own.get(key, value) is not None}
        part["environment_variables"] = {
            **({} if self.deployed_rate_limit is None else {RATE_LIMIT: self.deployed_rate_limit}),
            **before.get("environment_variables", {}),
            **own.get("environment_variables", {}),
            **({} if self.rate_limit is None else {RATE_LIMIT: self.rate_limit}),
            **names(self.name, self.outputs),
        }
        return {**base, "stages": {**stages, self.name: part}}

    def fill(self, policy: str) -> str:
        """The text of a policy with ARNs in the place of `${...}`: any output, or one of those below.

        A statement about something that the stage does not have, such as a key of its own, is left out.

        Raises:
            KeyError: it names something that does not exist.
        """
        partition = self.outputs["WorkQueueArn"].split(":")[1]
        here = f"{self.region}:{self.account}"
        logs = f"arn:{partition}:logs:{here}:log-group:/aws/lambda/{self.stack}"
        filled = Template(policy).substitute(
            {"KmsKeyArn": "", **self.outputs},
            OrganizationQueuesArn=f"arn:{partition}:sqs:{here}:foreman_{self.name}_*",
            LogsArn=f"{logs}-*",
            ApiLogsArn=f"{logs}:*",  # Chalice's name for it
            CodeArn=f"{self.outputs['BucketArn']}/{CODE_FOLDER}/*",
            DeploymentsArn=f"{self.outputs['BucketArn']}/{DEPLOY_FOLDER}/*",
        )
        document = json.loads(filled)
        statements = [each for each in document["Statement"] if any(each["Resource"])]
        return json.dumps({**document, "Statement": statements}, indent=2)


def _over(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    """Both maps as one, all the way down; where both say something, `high` wins."""
    both = {**low, **high}
    for key in low.keys() & high.keys():
        if isinstance(low[key], Mapping) and isinstance(high[key], Mapping):
            both[key] = _over(low[key], high[key])
    return both
