"""`python -m infra deploy`: everything around `chalice deploy`, each part repeatable, so that a second run goes on where one ended."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.config import VERSION
from infra.clock import now_ms
from infra.deployed import chalice_runner
from infra.deployed.account import Account
from infra.deployed.configuration import Stage
from infra.deployed.console import Console
from infra.deployed.faults import explained
from infra.deployed.first_key import first_key
from infra.deployed.function_settings import ensure_log_groups, ensure_partial_batches, log_groups
from infra.deployed.gateway import apply_responses, differing
from infra.deployed.health import await_health
from infra.deployed.lock import deploying
from infra.deployed.place import refuse_elsewhere
from infra.deployed.project import ROOT
from infra.deployed.record import Code, Record, fetch_record, store_record
from infra.deployed.stack import find_stage
from infra.deployed.state import Wanted, find_stack, put_state
from infra.deployed.survey import deployed_rate_limit, recalled, revision
from infra.errors import OperatorError


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator chose. `wait_s` 0 does not ask for the stage's health; `architecture` and `rate_limit` as in Stage."""

    stage: str
    parameters: Mapping[str, str]
    org: str
    wait_s: float
    break_lock: bool
    again: bool
    architecture: str | None
    rate_limit: str | None = None


def deploy(account: Account, options: Options, console: Console) -> None:
    """Bring a stage up to date: state, code, gateway, health, first key.

    Raises:
        OperatorError: something did not work; what was done until then stays, and running it again goes on.
    """
    console.write(f"Stage {options.stage} in {account.name}, as {account.caller}")
    with explained("look for the stage"):
        refuse_elsewhere(account, options.stage)
        _refuse_code_stack(account, options.stage)
    stage = _put_state(account, options, console)
    s3 = account.client("s3")
    with explained("lock the deployment in the stage's bucket"), _locked(s3, stage, options):
        record = _put_code(account, stage, options, console)
    endpoint = (record.value("rest_api", "rest_api_url") or "").rstrip("/")
    if options.wait_s:
        console.part("health", f"{await_health(account, stage, endpoint, options.wait_s)}")
    console.part("endpoint", endpoint)
    _tell(console, stage, options.org, endpoint, first_key(stage, account.environment, options.org))


def _locked(s3: Any, stage: Stage, options: Options) -> Any:
    return deploying(s3, stage.outputs["BucketName"], break_lock=options.break_lock)


def _refuse_code_stack(account: Account, name: str) -> None:
    stack = Stage(name, {}).stack
    found = find_stack(account.client("cloudformation"), stack)
    if found is not None:
        raise OperatorError(
            f"The code of stage {name} is the stack {stack} ({found['StackStatus']}); update it the way it was made, from "
            "--package-only, or delete that stack first."
        )


def _put_state(account: Account, options: Options, console: Console) -> Stage:
    client = account.client("cloudformation")
    wanted = Wanted(options.stage, (ROOT / "template.yaml").read_text(), options.parameters)
    console.part("state", wanted.stack)

    def may_lose_data(names: list[str]) -> bool:
        return console.agrees(f"{', '.join(names)} would be replaced or left behind with all data. Go on?")

    with explained(f"change the stack {wanted.stack}"):
        changed = put_state(client, wanted, console.detail, may_lose_data)
        console.detail("done" if changed else "nothing changed")
        stage = find_stage(client, options.stage, options.architecture)
        limit = deployed_rate_limit(account, stage)
        return replace(stage, rate_limit=options.rate_limit, deployed_rate_limit=limit)


def _put_code(account: Account, stage: Stage, options: Options, console: Console) -> Record:
    s3, bucket = account.client("s3"), stage.outputs["BucketName"]
    with chalice_runner.project(stage, account.environment) as made, explained("deploy the code"):
        archive = chalice_runner.pack(made)
        console.part("code", f"{VERSION}, packed: {archive.stat().st_size / 1e6:.1f} MB")
        fingerprint = chalice_runner.fingerprint(made, archive)
        stored = fetch_record(s3, bucket, stage.name)
        before = recalled(account, stage, stored)
        _prepare(account, stage, before, console)
        if not options.again and _is_deployed(account, stage, stored, before, fingerprint):
            console.detail("nothing changed")
            return before
        # Without its code, so that whoever comes after a deployment that died does not take it for finished.
        store_record(s3, bucket, stage.name, Record(before.resources, None))
        unfinished = Record(chalice_runner.deploy(made, before, console.detail), None)
        store_record(s3, bucket, stage.name, unfinished)
        _put_gateway(account, stage, unfinished, console)
        after = replace(unfinished, code=_code(account, stage, fingerprint))
        store_record(s3, bucket, stage.name, after)
        return after


def _prepare(account: Account, stage: Stage, before: Record, console: Console) -> None:
    made = ensure_log_groups(account.client("logs"), log_groups(stage))
    if made:
        console.detail(f"{len(made)} log groups made or given their retention")
    changed = ensure_partial_batches(account.client("lambda"), before)
    if changed:
        console.detail(f"{changed} triggers now take partial answers")


def _is_deployed(
    account: Account, stage: Stage, stored: Record | None, before: Record, fingerprint: str
) -> bool:
    """Whether this code is there, whole and as we left it, and API Gateway answers as it should."""
    if stored is None or stored.code is None or stored.code.fingerprint != fingerprint:
        return False
    if _ids(stored) != _ids(before) or stored.code.revision != revision(account, stage):
        return False
    api_id = before.value("rest_api", "rest_api_id") or ""
    return not differing(account.client("apigateway"), api_id)


def _ids(record: Record) -> dict[str, dict[str, str]]:
    """What identifies each resource, however its URL is written."""
    return {
        each["name"]: {key: value for key, value in each.items() if key != "rest_api_url"}
        for each in record.resources
    }


def _code(account: Account, stage: Stage, fingerprint: str) -> Code:
    runtime = "python" + ".".join(platform.python_version_tuple()[:2])
    return Code(VERSION, fingerprint, revision(account, stage), runtime, account.caller, now_ms())


def _put_gateway(account: Account, stage: Stage, record: Record, console: Console) -> None:
    api_id = record.value("rest_api", "rest_api_id") or ""
    changed = apply_responses(account.client("apigateway"), api_id, stage.name)
    if changed:
        console.detail(f"{len(changed)} answers of API Gateway's own set")


def _tell(console: Console, stage: Stage, org: str, endpoint: str, key: str | None) -> None:
    again = f"python -m infra keys create --org ORG --stage {stage.name}"
    if key is None:
        console.part("key", f"there is one already; another: {again}")
        return
    console.part("key", f"{key}   (shown this once)")
    console.write(
        "\nNext, where your workers run:\n\n"
        "  pip install ./client\n"
        f"  export FOREMAN_ENDPOINT={endpoint}\n"
        f"  export FOREMAN_API_KEY={key}\n"
        f"  export AWS_REGION={stage.region}\n"
        "  python examples/order_worker.py\n\n"
        f"A worker's AWS user needs sqs:ReceiveMessage, sqs:ChangeMessageVisibility and sqs:DeleteMessage on\n"
        f"  {stage.queues_of(org)}"
    )
