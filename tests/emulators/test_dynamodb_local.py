"""DynamoDB Local is what it is used for: it has the tables of template.yaml and counts reads as AWS does."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from boto3.session import Session

from benchmarks.dynamodb_local import dynamodb_local_aws
from benchmarks.dynamodb_local_install import DynamoDbLocal
from benchmarks.state_tables import tables
from benchmarks.usage import RefusedCallError, Usage
from chalicelib.adapters.aws import aws_ports
from chalicelib.config import Settings
from infra.local.cloud import local_session

pytestmark = pytest.mark.emulator

World = tuple[Settings, Session, Usage]


@pytest.fixture(scope="module")
def world(dynamodb_local: DynamoDbLocal) -> Iterator[World]:
    with dynamodb_local_aws(dynamodb_local) as made:
        yield made


def client(settings: Settings, session: Session) -> Any:
    return session.client("dynamodb", endpoint_url=settings.aws_endpoint_url)


def test_the_tables_and_indexes_of_the_template_are_there(world: World) -> None:
    settings, _, _ = world
    unwatched = client(settings, local_session(settings.region))
    names = {settings.runs_table, settings.tasks_table, settings.run_data_table, settings.keys_table}
    assert set(unwatched.list_tables()["TableNames"]) == names == set(tables("test"))
    for name, wanted in tables("test").items():
        found = unwatched.describe_table(TableName=name)["Table"]
        assert found["KeySchema"] == wanted["KeySchema"]
        shapes = [
            {each: index[each] for each in ("IndexName", "KeySchema", "Projection")}
            for index in found.get("GlobalSecondaryIndexes", [])
        ]
        expected = wanted.get("GlobalSecondaryIndexes", [])
        assert sorted(shapes, key=str) == sorted(expected, key=str)
    ttl = unwatched.describe_time_to_live(TableName=settings.keys_table)["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "expiresAt")


def test_a_query_costs_a_unit_for_4_kb_and_half_when_it_may_be_stale(world: World) -> None:
    settings, session, usage = world
    dynamodb = client(settings, session)
    for n in range(6):
        item = {"pk": {"S": "p"}, "sk": {"S": str(n)}, "text": {"S": "x" * 1000}}
        dynamodb.put_item(TableName=settings.runs_table, Item=item)

    def cost(limit: int, *, strong: bool) -> float:
        usage.reset()
        found = dynamodb.query(
            TableName=settings.runs_table,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": "p"}},
            ConsistentRead=strong,
            Limit=limit,
        )
        assert (len(found["Items"]), usage.calls) == (limit, {"Query": 1})
        return usage.read_units

    assert (cost(3, strong=True), cost(3, strong=False)) == (1.0, 0.5)
    assert (cost(6, strong=True), cost(6, strong=False)) == (2.0, 1.0)


def test_a_scan_and_whatever_is_not_dynamodb_is_refused(world: World) -> None:
    settings, session, _ = world
    with pytest.raises(RefusedCallError, match="Scan"):
        client(settings, session).scan(TableName=settings.runs_table)
    with pytest.raises(RefusedCallError, match="only DynamoDB"):
        session.client("sqs").list_queues()
    with pytest.raises(RefusedCallError, match="only DynamoDB"):
        session.client("s3").list_buckets()
    ports = aws_ports(settings, session)
    assert ports.runs.get("org", [ports.ids.run_id(ports.clock.now_ms())]) == {}


def listens(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((address.hostname, address.port)) == 0


def test_it_ends_with_its_parent_even_when_that_is_killed(dynamodb_local: DynamoDbLocal) -> None:
    program = (
        "import time\n"
        "from benchmarks.dynamodb_local import dynamodb_local\n"
        "from benchmarks.dynamodb_local_install import dynamodb_local_installed\n"
        "with dynamodb_local(dynamodb_local_installed(print)) as url:\n"
        "    print(url, flush=True)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        url = parent.stdout.readline().strip()
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    ends_at = time.monotonic() + 10
    while listens(url):
        assert time.monotonic() < ends_at
        time.sleep(0.05)
