"""What a change of tags makes of an entry's tags."""

from collections.abc import Collection, Sequence

from foreman_contract import limits
from foreman_engine.domain.errors import Fault, InvalidError


def changed_tags(tags: Sequence[str], add: Sequence[str], remove: Collection[str]) -> tuple[str, ...]:
    """The tags without `remove`, and then those of `add` that are missing, in order.

    Raises:
        InvalidError: there would be more than 50.
    """
    kept = [tag for tag in tags if tag not in remove]
    changed = tuple(dict.fromkeys([*kept, *add]))
    if len(changed) > limits.MAX_TAGS:
        text = f"would leave the entry with {len(changed)} tags; it can have at most {limits.MAX_TAGS}"
        raise InvalidError(f"add {text}.", [Fault("add", text)])
    return changed
