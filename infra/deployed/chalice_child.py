"""Chalice in a process of its own, run as a file in the folder of its project: `pack`, `deploy` or `delete` a stage.

It does what Chalice's command line does, with the same classes, and one thing more: queues' triggers are made so that a
function may answer which messages of a batch failed. It ends with its parent, which holds a pipe to its standard input.
"""

import os
import sys
import threading
from typing import Any

from chalice.cli.factory import CLIFactory
from chalice.config import Config
from chalice.deploy.deployer import ChaliceDeploymentError
from chalice.deploy.packager import (
    DependencyBuilder,
    LambdaDeploymentPackager,
    PipRunner,
    SubprocessPip,
)
from chalice.utils import UI, OSUtils


def _end_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os._exit(1)


def _answer_by_message(**event: Any) -> None:
    event["params"]["FunctionResponseTypes"] = ["ReportBatchItemFailures"]


def _pack(config: Config) -> None:
    """Make the zip that `deploy` will find, and print its path."""
    system = OSUtils()
    pip = PipRunner(SubprocessPip(osutils=system), osutils=system)
    builder = DependencyBuilder(system, pip, config.lambda_architecture)
    packager = LambdaDeploymentPackager(system, builder, UI(sys.stderr), config.lambda_architecture)
    print(packager.create_deployment_package(config.project_dir, config.lambda_python_version))


def main(action: str, stage: str) -> None:
    """Do it, in the working directory."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    factory = CLIFactory(os.getcwd(), environ=os.environ)  # noqa: TID251 - the entry point of a process
    config = factory.create_config_obj(chalice_stage_name=stage)
    if action == "pack":
        _pack(config)
        return
    session = factory.create_botocore_session()
    session.register("provide-client-params.lambda.CreateEventSourceMapping", _answer_by_message)
    if action == "deploy":
        factory.create_default_deployer(session, config, UI()).deploy(config, stage)
    else:
        factory.create_deletion_deployer(session, UI()).deploy(config, stage)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ChaliceDeploymentError as error:
        sys.exit(str(error).strip())
    except Exception as error:  # Chalice has no other way to say what it could not do
        sys.exit(f"{type(error).__name__}: {error}")
