"""What an operator finds of payloads in the stored form: earlier names, foreign objects, and runs that were never created."""

import secrets
from typing import Final

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.coming_runs import KEPT_S
from foreman_engine.domain.ids import run_address
from foreman_engine.domain.payload import Payload, compact
from foreman_engine.service.leaks import remove_leaks
from foreman_engine.service.ports import Writing
from tests.contract.states import Maker
from tests.integration.adapters.conftest import Cloud

EARLIER: Final = "AAAA-_AAAAAA"
LARGE: Final = Payload(compact(secrets.token_hex(5_000)))


def removed(make: Maker) -> int:
    return sum(leaks.removed for leaks in remove_leaks(make.ports, make.org_id, 0))


def test_payloads_with_names_of_earlier_versions_are_old(cloud: Cloud) -> None:
    make = Maker(cloud.ports, "earlier")
    run = make.stored_run(input_data=LARGE)
    place = keys.run_place(make.org_id, run.id)
    item = {**keys.payload(place, keys.payload_item(EARLIER)), "b": {"B": b"j1"}}
    cloud.dynamodb.put_item(TableName=cloud.settings.tasks_table, Item=item)
    cloud.s3.put_object(Bucket=cloud.settings.bucket, Key=f"{place.folder}/{EARLIER}", Body=b"j1")
    assert removed(make) == 2
    assert removed(make) == 0
    [loaded] = make.ports.runs.load([make.read_run(run.id)])
    assert loaded.input_data.text == LARGE.text


def test_what_is_no_payload_is_left_alone(cloud: Cloud) -> None:
    make = Maker(cloud.ports, "foreign")
    folder = keys.run_place(make.org_id, make.stored_run().id).folder
    foreign = [f"{make.org_id}/notes", f"{folder}/notes.txt", f"{folder}/a/{EARLIER}", f"x{folder}/{EARLIER}"]
    for key in (*foreign, f"_code/{EARLIER}"):
        cloud.s3.put_object(Bucket=cloud.settings.bucket, Key=key, Body=b"")
    assert removed(make) == 0
    found = cloud.s3.list_objects_v2(Bucket=cloud.settings.bucket)["Contents"]
    assert {*foreign, f"_code/{EARLIER}"} <= {each["Key"] for each in found}


def test_a_run_with_payloads_outside_is_noted_before_it_is_created(cloud: Cloud) -> None:
    make = Maker(cloud.ports, "noted")
    large, small = make.stored_run(input_data=LARGE), make.stored_run()
    graph = make.run(total_tasks=1)
    make.ports.tasks.create(graph, make.tasks(graph, 1, input_data=LARGE), Writing(new_run=True))
    for run, noted in ((large, True), (small, False), (graph, True)):
        key = keys.coming_run(make.org_id, run.id)
        item = cloud.dynamodb.get_item(TableName=cloud.settings.keys_table, Key=key).get("Item")
        assert (item is not None) == noted
        if item is not None:
            left_s = int(item[keys.EXPIRES_AT]["N"]) - make.ports.clock.now_ms() // 1000
            assert KEPT_S - 60 < left_s <= KEPT_S


def test_payloads_of_a_run_that_was_never_created_are_found_by_its_note(cloud: Cloud) -> None:
    make = Maker(cloud.ports, "never")
    run = make.run()
    note = keys.coming_run(make.org_id, run.id)
    cloud.dynamodb.put_item(TableName=cloud.settings.keys_table, Item=note)
    place = keys.run_place(make.org_id, run.id)
    item = {**keys.payload(place, keys.payload_item(EARLIER)), "b": {"B": b"j1"}}
    for table in (cloud.settings.runs_table, cloud.settings.tasks_table):
        cloud.dynamodb.put_item(TableName=table, Item=item)
    [leaks] = remove_leaks(make.ports, make.org_id, 0)
    assert (leaks.address, leaks.run_id, leaks.removed) == (run_address(run.id), None, 2)
    assert cloud.items(cloud.settings.tasks_table, place.pk) == []
