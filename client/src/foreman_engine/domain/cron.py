"""When a cron expression matches: five fields, in a time zone, as Debian's cron reads them.

Source of the rules around a change of clocks: cron(8) of Debian, which cronsim follows. A fixed time that the clocks jump over
fires right after the jump; one that comes twice fires once. What runs every so many minutes or hours runs by elapsed time.
"""

import re
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from foreman_engine.domain.errors import Fault, InvalidError

_FIELDS: Final = 5
_ZONE: Final = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")


def time_zone(name: str) -> tzinfo:
    """The time zone of an IANA name, such as Europe/Berlin.

    Raises:
        InvalidError: there is none of this name; the fault names `timeZone`.
    """
    try:
        if _ZONE.fullmatch(name):
            return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # also a folder of zones, or a file beside them that is none
    text = "must be the IANA name of a time zone, such as Europe/Berlin"
    raise InvalidError(f"timeZone {text}.", [Fault("timeZone", text)])


def next_match(expression: str, zone: str, after_ms: int) -> int:
    """The first instant that matches and is later than `after_ms`; both epoch milliseconds.

    Raises:
        InvalidError: the expression is malformed, or matches nothing within 50 years; the fault names `cron`.
    """
    begin = datetime.fromtimestamp(after_ms // 1000, tz=time_zone(zone))
    try:
        if len(expression.split()) != _FIELDS:
            raise CronSimError("Not five fields")  # cronsim takes a sixth, for seconds
        # In the hour that comes twice a fixed time is first answered as of its first coming, which may be over.
        return next(at for at in map(_epoch_ms, CronSim(expression, begin)) if at > after_ms)
    except CronSimError as error:
        raise _invalid(str(error)) from error
    except StopIteration as error:
        raise _invalid("No such day in the next 50 years") from error


def _epoch_ms(at: datetime) -> int:
    return round(at.timestamp()) * 1000


def _invalid(reason: str) -> InvalidError:
    text = f"must be minute, hour, day of month, month and day of week, as cron takes them: {reason}"
    return InvalidError(f"cron {text}.", [Fault("cron", text)])
