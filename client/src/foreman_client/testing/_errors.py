"""What the test kit raises, and what a test's own code raises to steer it."""


class WorkerDied(BaseException):
    """Raise it inside a handler, or in what a handler calls: its worker dies there and then.

    Nothing is reported and nothing is kept alive any more, so the lease runs out and the task is retried as `worker_lost`.
    It is no Exception, so that a handler's `except Exception` does not catch it.
    """


class StuckError(Exception):
    """A handler did not come back within `patience_s` seconds of real time, so the virtual clock could not move."""


class RestlessError(Exception):
    """What the test asked for would never end: tasks that start ever new ones at the same instant, or results without end."""


class ClosedError(BaseException):
    """Ends what slept in virtual time when the in-memory Foreman was closed."""
