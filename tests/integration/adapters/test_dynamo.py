"""What the stores leave in the tables and the bucket, and what they make of a lost answer."""

from dataclasses import replace

import pytest

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import size_bytes
from chalicelib.adapters.dynamo.runs import DynamoRunStore
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.dynamo.tasks import DynamoTaskStore
from chalicelib.adapters.s3 import S3Objects
from foreman_contract.enums import TaskStatus
from foreman_engine.domain.errors import IdTakenError, StaleError
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.tasks import Change, Counts, finish
from infra.local.home import TEMPLATE
from tests.contract.states import Maker
from tests.contract.test_payloads import PADS
from tests.integration.adapters.conftest import Cloud, Losing

pytestmark = pytest.mark.integration


def losing_tables(cloud: Cloud) -> Tables:
    settings = cloud.settings
    return Tables(
        client=Losing(cloud.dynamodb),  # type: ignore[arg-type]
        objects=S3Objects(cloud.s3, settings.bucket),
        clock=cloud.ports.clock,
        runs=settings.runs_table,
        tasks=settings.tasks_table,
        run_data=settings.run_data_table,
        keys=settings.keys_table,
    )


def test_a_write_whose_answer_was_lost_is_known_as_ones_own(cloud: Cloud) -> None:
    make = Maker(cloud.ports, "lost")
    tables = losing_tables(cloud)
    run = make.run()
    DynamoRunStore(tables).create(run, None)
    saved = DynamoRunStore(tables).save(run, replace(run, updated_at=5))
    assert make.read_run(run.id) == saved
    [task] = make.stored_tasks(saved, 1)
    [moved] = DynamoTaskStore(tables).save([Change(task, replace(task, attempt=1))])
    assert make.read_task(task.id) == moved


def test_a_write_of_somebody_else_is_not_taken_for_ones_own(cloud: Cloud) -> None:
    make = Maker(cloud.ports, "lost-2")
    tables = losing_tables(cloud)
    task = make.stored_task()
    change = Change(task, replace(task, attempt=1))
    cloud.ports.tasks.save([change])
    with pytest.raises(StaleError):
        DynamoTaskStore(tables).save([change])
    with pytest.raises(IdTakenError):
        DynamoRunStore(tables).create(make.read_run(task.run_id), None)


def test_attributes_of_another_version_survive_a_save(cloud: Cloud) -> None:
    make = Maker(cloud.ports, "versions")
    task = make.stored_task()
    key = keys.task("versions", task.id)
    cloud.dynamodb.update_item(
        TableName=cloud.settings.tasks_table,
        Key=key,
        UpdateExpression="SET zz = :new",
        ExpressionAttributeValues={":new": {"S": "new"}},
    )
    [saved] = cloud.ports.tasks.save([Change(task, replace(task, attempt=1, progress=Payload("1")))])
    cloud.ports.tasks.save([Change(saved, finish(saved, TaskStatus.COMPLETED, 5))])
    stored = cloud.dynamodb.get_item(TableName=cloud.settings.tasks_table, Key=key)["Item"]
    assert stored["zz"] == {"S": "new"}


def test_states_stay_small_and_payloads_lie_beside_them(cloud: Cloud) -> None:
    make = Maker(cloud.ports, "layout")
    text = {size: Payload(f'"{pad}"') for size, pad in PADS.items()}
    task = make.stored_task(input_data=text["item"], metadata=text["inline"])
    done = replace(finish(task, TaskStatus.COMPLETED, 5), output_data=text["object"])
    cloud.ports.tasks.save([Change(task, done)])
    pk = keys.task("layout", task.id)["pk"]["S"]
    payload, state = cloud.items(cloud.settings.tasks_table, pk)
    assert (payload["sk"]["S"][:2], state["sk"]["S"][:2]) == ("p#", "t#")
    assert state["i"] == payload["sk"]
    assert size_bytes(state) < 400
    assert state["o"]["S"].startswith("o#")
    objects = cloud.s3.list_objects_v2(Bucket=cloud.settings.bucket, Prefix="layout/")["Contents"]
    assert [each["Key"] for each in objects] == [f"{pk.replace('#', '/')}/{state['o']['S'][2:]}"]


def test_ends_lie_in_counters_beside_the_run(cloud: Cloud) -> None:
    make = Maker(cloud.ports, "counters")
    run = make.stored_run()
    for task in make.stored_tasks(run, 6):
        cloud.ports.tasks.save([Change(task, finish(task, TaskStatus.FAILED, 5))])
    stored = cloud.items(cloud.settings.runs_table, keys.run("counters", run.id)["pk"]["S"])
    assert {item["sk"]["S"][:3] for item in stored} == {"#c#", "#ru"}
    assert cloud.ports.runs.counts("counters", run.id) == Counts(failed=6)


def test_idempotency_records_expire_by_ttl(cloud: Cloud) -> None:
    make = Maker(cloud.ports, "ttl")
    run = make.run()
    record = make.record("s", run.id)
    cloud.ports.runs.create(run, record)
    [stored] = cloud.items(cloud.settings.keys_table, f"ttl#idem#{record.scope}")
    assert stored["expiresAt"] == {"N": str(record.expires_at_s)}
    assert f"TimeToLiveSpecification: {{ AttributeName: {keys.EXPIRES_AT}," in TEMPLATE.read_text()


def test_links_are_written_with_their_entry(cloud: Cloud) -> None:
    make = Maker(cloud.ports, "links")
    task = make.stored_task()
    entry = make.entry(task, "k", tags=("b", "a"))
    cloud.ports.run_data.add(entry, None)
    base = keys.run("links", task.run_id)["pk"]["S"]
    stored = {
        kind: [item["sk"]["S"] for item in cloud.items(cloud.settings.run_data_table, f"{base}#{kind}")]
        for kind in "dkt"
    }
    assert stored == {
        "d": [entry.id],
        "k": [f"k\x1f{entry.id}"],
        "t": [f"a\x1fk\x1f{entry.id}", f"b\x1fk\x1f{entry.id}"],
    }
