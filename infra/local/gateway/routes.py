"""Which resource a path belongs to, decided as API Gateway decides: a literal segment before `{param}`, both before `{proxy+}`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class Match:
    """A resource (`/runs/{id}`) and the values of its parameters, percent-encoded as they came: API Gateway decodes none."""

    resource: str
    params: Mapping[str, str]


@dataclass(slots=True)
class Node:
    """One level of the resource tree."""

    literals: dict[str, "Node"] = field(default_factory=dict)
    param: "Node | None" = None
    resource: str | None = None
    greedy: str | None = None


def build_tree(resources: Iterable[str]) -> Node:
    """The tree of all resources, to be matched against."""
    root = Node()
    for resource in resources:
        node = root
        for segment in _segments(resource):
            if segment.endswith("+}"):
                node.greedy = resource
                break
            if segment.startswith("{"):
                node.param = node.param or Node()
                node = node.param
            else:
                node = node.literals.setdefault(segment, Node())
        else:
            node.resource = resource
    return root


def match(tree: Node, raw_path: str) -> Match | None:
    """The resource of a path that is still percent-encoded (an encoded slash separates nothing); None when there is none."""
    segments = _segments(raw_path)
    resource = _descend(tree, segments)
    return None if resource is None else Match(resource, _params(resource, segments))


def _segments(path: str) -> list[str]:
    trimmed = path.removeprefix("/").removesuffix("/")
    return trimmed.split("/") if trimmed else []


def _descend(node: Node, segments: Sequence[str]) -> str | None:
    if not segments:
        return node.resource
    head, rest = segments[0], segments[1:]
    for child in (node.literals.get(unquote(head)), node.param if head else None):
        found = None if child is None else _descend(child, rest)
        if found is not None:
            return found
    return node.greedy


def _params(resource: str, segments: Sequence[str]) -> dict[str, str]:
    params = {}
    for place, segment in enumerate(_segments(resource)):
        if segment.endswith("+}"):
            params[segment[1:-2]] = "/".join(segments[place:])
        elif segment.startswith("{"):
            params[segment[1:-1]] = segments[place]
    return params
