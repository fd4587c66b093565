"""The clock of an in-memory Foreman."""

import math

from foreman_client.testing._conductor import Conductor


def checked_span(seconds: float) -> float:
    """The seconds, if so much time can pass.

    Raises:
        ValueError: they are negative, infinite or no number.
    """
    if seconds < 0:
        raise ValueError("time does not go back")
    if not math.isfinite(seconds):
        raise ValueError(f"a finite number of seconds can pass, not {seconds}")
    return seconds


class VirtualClock:
    """Time that passes only when it is let pass, and then at once."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor

    def now_ms(self) -> int:
        """Epoch milliseconds, as in every record. Begins with 2026."""
        return self._conductor.clock.now_ms()

    def monotonic(self) -> float:
        """Seconds since the beginning."""
        return self._conductor.monotonic()

    def advance(self, seconds: float) -> None:
        """Let so much time pass, with everything that is due in it: workers work, leases end, retries come.

        Inside a handler it is `sleep`.

        Raises:
            ValueError: `seconds` is negative, infinite or no number.
            StuckError: a handler did not come back.
        """
        self._conductor.sleep(checked_span(seconds))

    def sleep(self, seconds: float) -> None:
        """What a handler calls instead of `time.sleep`: it takes so long, and others have their turn meanwhile.

        Its worker keeps it alive by heartbeats, as ever, and learns from them that it was cancelled or timed out.

        Raises:
            ValueError: `seconds` is negative, infinite or no number.
        """
        self.advance(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """As `sleep`, for an `async def` handler instead of `asyncio.sleep`.

        Raises:
            ValueError: `seconds` is negative, infinite or no number.
        """
        await self._conductor.sleep_async(checked_span(seconds))
