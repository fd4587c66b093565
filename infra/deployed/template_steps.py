"""From one state template to the next in steps that DynamoDB allows: one index made or removed per table and update.

Source: CloudFormation User Guide, AWS::DynamoDB::Table, GlobalSecondaryIndexes.
"""

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import yaml

Template: TypeAlias = Mapping[str, Any]
_Index: TypeAlias = dict[str, Any]
_TABLE = "AWS::DynamoDB::Table"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _long_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)


def load(text: str) -> Template:
    """A template, its short forms written out."""
    loaded: Template = yaml.load(text, _Loader)  # noqa: S506 - a safe loader with CloudFormation's tags
    return loaded


def steps(current: Template, text: str) -> list[str]:
    """The templates to apply one after the other; the last is `text` itself, and mostly it is the only one."""
    wanted = load(text)
    stages = {
        name: _index_stages(_indexes(current, name), _indexes(wanted, name))
        for name in _tables(wanted)
        if name in _tables(current)
    }
    many = max((len(each) for each in stages.values()), default=0)
    return [*(_dump(_at(current, wanted, stages, step)) for step in range(many - 1)), text]


def _tables(template: Template) -> list[str]:
    return [name for name, each in template["Resources"].items() if each["Type"] == _TABLE]


def _indexes(template: Template, table: str) -> list[_Index]:
    return list(template["Resources"][table]["Properties"].get("GlobalSecondaryIndexes", []))


def _index_stages(now: Sequence[_Index], goal: Sequence[_Index]) -> list[list[_Index]]:
    """What the table's indexes are after each single change, ending with the goal; empty when nothing changes."""
    found: list[list[_Index]] = []
    have = list(now)
    for gone in [each for each in now if each not in goal]:
        have = [each for each in have if each is not gone]
        found.append(have)
    for new in [each for each in goal if each not in now]:
        have = [*have, new]
        found.append(have)
    return found


def _at(
    current: Template, wanted: Template, stages: Mapping[str, list[list[_Index]]], step: int
) -> dict[str, Any]:
    template = copy.deepcopy(dict(wanted))
    for name, after in stages.items():
        if not after:
            continue
        properties = template["Resources"][name]["Properties"]
        indexes = after[min(step, len(after) - 1)]
        keys = [*properties["KeySchema"], *(key for index in indexes for key in index["KeySchema"])]
        used = {key["AttributeName"] for key in keys}
        known = {
            each["AttributeName"]: each
            for source in (current, wanted)
            for each in source["Resources"][name]["Properties"]["AttributeDefinitions"]
        }
        # DynamoDB refuses a definition that no key uses.
        properties["AttributeDefinitions"] = [each for attribute, each in known.items() if attribute in used]
        properties["GlobalSecondaryIndexes"] = indexes
        if not indexes:
            del properties["GlobalSecondaryIndexes"]
    return template


def _dump(template: Mapping[str, Any]) -> str:
    return json.dumps(template, separators=(",", ":"), default=str)
