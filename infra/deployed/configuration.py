"""Chalice's configuration for one stage: what stands in .chalice/, with the names of the stage's state stack filled in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Any, Final

from infra.local.environment import RATE_LIMIT, names

CODE_FOLDER: Final = "_code"
"""The bucket's folder for packages. An organization's payloads lie under its id, which has no underscore."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage with the outputs of its state stack. `architecture` None leaves what .chalice/config.json says.

    `rate_limit`, such as `100/15m` or `off`, is that of keys without one of their own; None: the server's default.
    """

    name: str
    outputs: Mapping[str, str]
    architecture: str | None = None
    rate_limit: str | None = None

    @property
    def stack(self) -> str:
        """The name of the code's stack."""
        return f"foreman-{self.name}"

    @property
    def region(self) -> str:
        """Where the state stack is."""
        return self.outputs["WorkQueueArn"].split(":")[3]

    def configure(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """The base configuration and this stage's part: where its functions find their state, and the path of its API."""
        limit = {} if self.rate_limit is None else {RATE_LIMIT: self.rate_limit}
        variables = {**names(self.name, self.outputs), **limit}
        own = {"api_gateway_stage": self.name, "environment_variables": variables}
        architecture = {} if self.architecture is None else {"lambda_architecture": self.architecture}
        return {**base, **architecture, "stages": {self.name: own}}

    def fill(self, policy: str) -> str:
        """The text of a policy with ARNs in the place of `${...}`: any output, or one of those below.

        A statement about something that the stage does not have, such as a key of its own, is left out.

        Raises:
            KeyError: it names something that does not exist.
        """
        _, partition, _, region, account, _ = self.outputs["WorkQueueArn"].split(":")
        logs = f"arn:{partition}:logs:{region}:{account}:log-group:/aws/lambda/{self.stack}"
        filled = Template(policy).substitute(
            {"KmsKeyArn": "", **self.outputs},
            OrganizationQueuesArn=f"arn:{partition}:sqs:{region}:{account}:foreman_{self.name}_*",
            ApiLogsArn=f"{logs}:*",
            LogsArn=f"{logs}-*",
            CodeArn=f"{self.outputs['BucketArn']}/{CODE_FOLDER}/*",
        )
        document = json.loads(filled)
        statements = [each for each in document["Statement"] if any(each["Resource"])]
        return json.dumps({**document, "Statement": statements}, indent=2)
