"""The first API key of a stage, made with its first deployment."""

from collections.abc import Mapping

from chalicelib.bootstrap import build
from chalicelib.config import Settings
from foreman_engine.service.keys import create_key, list_keys
from infra.deployed.configuration import Stage
from infra.local.environment import names
from infra.opened import told


def first_key(stage: Stage, environ: Mapping[str, str], org: str) -> str | None:
    """The text of a new key for the organization, shown this once; None when the stage has a key that works.

    Raises:
        OperatorError: the organization's name is malformed, or the stage's tables do not answer.
    """
    with told(f"stage {stage.name}"):
        ports = build(Settings.from_env({**environ, **names(stage.name, stage.outputs)}))
        if any(key.revoked_at is None for key in list_keys(ports)):
            return None
        return create_key(ports, org, stage.name)[1]
