"""The difference between an argument that was not given and one that is JSON null."""

from enum import Enum
from typing import Final


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""Default of payload arguments: leave the field out. `None` is JSON null, a value like any other."""
