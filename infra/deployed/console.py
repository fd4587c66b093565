"""What an operator sees: one line per part of a deployment, what it did below it."""

from collections.abc import Callable
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Console:
    """Where lines go, and whether questions are answered with yes."""

    write: Callable[[str], None] = click.echo
    yes: bool = False

    def part(self, name: str, text: str) -> None:
        """A part and how it stands."""
        self.write(f"{name:<9}{text}")

    def detail(self, text: str) -> None:
        """Something that belongs to the part above."""
        self.write(f"{'':<9}{text}")

    def agrees(self, question: str) -> bool:
        """Whether the operator says yes."""
        return self.yes or click.confirm(question, default=False)
