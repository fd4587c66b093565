"""Updates of the state stack in steps that DynamoDB allows."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.deployed.template_steps import Template, load, steps
from infra.local.home import TEMPLATE

NAMES = st.lists(st.sampled_from("abcdef"), unique=True)


def table(indexes: list[str]) -> dict[str, Any]:
    attributes = ["pk", *indexes]
    properties: dict[str, Any] = {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in attributes],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }
    if indexes:
        properties["GlobalSecondaryIndexes"] = [
            {"IndexName": name, "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}]} for name in indexes
        ]
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties}


def template(**tables: list[str]) -> dict[str, Any]:
    return {"Resources": {name: table(indexes) for name, indexes in tables.items()}}


def index_names(found: Template, name: str) -> set[str]:
    properties = found["Resources"][name]["Properties"]
    return {each["IndexName"] for each in properties.get("GlobalSecondaryIndexes", [])}


def test_short_forms_are_written_out() -> None:
    resources = load(TEMPLATE.read_text())["Resources"]
    assert resources["RunsTable"]["Properties"]["TableName"] == {"Fn::Sub": "foreman-${Stage}-runs"}
    assert resources["WorkQueue"]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": ["DeadLetterQueue", "Arn"]
    }


def test_what_needs_one_update_is_applied_as_it_is_written() -> None:
    text = TEMPLATE.read_text()
    assert steps(load(text), text) == [text]
    assert steps(template(Gone=["a"]), text) == [text]


@settings(max_examples=40)
@given(NAMES, NAMES, NAMES, NAMES)
def test_every_update_changes_at_most_one_index_of_a_table_and_the_last_is_the_goal(
    runs: list[str], tasks: list[str], next_runs: list[str], next_tasks: list[str]
) -> None:
    text = json.dumps(template(Runs=next_runs, Tasks=next_tasks))
    current: Template = template(Runs=runs, Tasks=tasks)
    made = steps(current, text)
    assert made[-1] == text
    for step in made:
        after = load(step)
        for name in ("Runs", "Tasks"):
            assert len(index_names(current, name) ^ index_names(after, name)) <= 1
            properties = after["Resources"][name]["Properties"]
            defined = {each["AttributeName"] for each in properties["AttributeDefinitions"]}
            assert defined == {"pk"} | index_names(after, name)
        current = after


def test_an_index_with_another_definition_goes_before_it_comes_back() -> None:
    wanted = template(Runs=["a"])
    wanted["Resources"]["Runs"]["Properties"]["GlobalSecondaryIndexes"][0]["Projection"] = {
        "ProjectionType": "ALL"
    }
    first, last = steps(template(Runs=["a"]), json.dumps(wanted))
    assert index_names(load(first), "Runs") == set()
    assert index_names(load(last), "Runs") == {"a"}
