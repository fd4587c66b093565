"""What a handler raises to steer what happens to its task. Every other exception is retried by the task's policy."""

from foreman_contract import limits


class FailPermanently(Exception):  # noqa: N818 - what user code raises to steer is a verb
    """Fail the task now, whatever retries it has left; `reason` becomes its error message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RetryLater(Exception):  # noqa: N818 - what user code raises to steer is a verb
    """Use up one retry and try again after `delay_s` seconds (0-31,536,000).

    Raises:
        TypeError, ValueError: `delay_s` is no such number.
    """

    def __init__(self, delay_s: float, reason: str = "the handler asked for a retry") -> None:
        if isinstance(delay_s, bool) or not isinstance(delay_s, int | float):
            raise TypeError("delay_s must be a number of seconds")
        if not 0 <= delay_s <= limits.MAX_DELAY_S:
            raise ValueError(f"delay_s must be 0-{limits.MAX_DELAY_S}")
        super().__init__(reason)
        self.delay_s = delay_s
        self.reason = reason

    def __reduce__(self) -> tuple[type["RetryLater"], tuple[float, str]]:
        return type(self), (self.delay_s, self.reason)


class TaskCancelled(Exception):  # noqa: N818 - raised inside a handler to leave it, not to tell of an error
    """The attempt is no longer this worker's: cancelled, timed out, lost or released. Its result is not reported."""
