"""The words of the wire. Each member says how its state is entered and left."""

from enum import StrEnum


class RunStatus(StrEnum):
    """Where a run stands."""

    PENDING = "pending"
    """Created; left when its first task starts, or by PATCH."""
    RUNNING = "running"
    """A task has started, or a caller said so; left by an end."""
    COMPLETED = "completed"
    """Ended well: by PATCH, or by `autoComplete` when every task has ended and none failed. Final."""
    FAILED = "failed"
    """Ended badly: by PATCH, or by `autoComplete` when a task failed. Final."""
    CANCELLED = "cancelled"
    """Ended by a caller; nothing of it starts any more. Final."""


class TaskStatus(StrEnum):
    """Where a task stands."""

    PENDING = "pending"
    """Recorded only: its caller runs it, or something it waits for has not happened yet."""
    QUEUED = "queued"
    """A message is on the task queue, or will be when it is due; left by a claim, or by PATCH."""
    RUNNING = "running"
    """An attempt is under way: under a lease when claimed, without one when a PATCH said so."""
    RETRYING = "retrying"
    """An attempt failed and another will follow; its message becomes visible at `availableAt`."""
    COMPLETED = "completed"
    """An attempt succeeded, or a caller said so. Final."""
    FAILED = "failed"
    """No retries were left, the failure was permanent, or a caller said so. Final."""
    CANCELLED = "cancelled"
    """A caller, or the end of its run, called it off. Final."""


class Priority(StrEnum):
    """Which of a task queue's three physical queues carries the message."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Overlap(StrEnum):
    """What a schedule does when its last run has not ended at the next fire."""

    SKIP = "skip"
    """No run is started; the fire after it looks again."""
    ALLOW = "allow"
    """Another run is started beside it."""


class CatchUp(StrEnum):
    """What a schedule does when fires were missed, because nothing ran that could have fired it."""

    ONCE = "once"
    """One run is started, however many were missed."""
    SKIP = "skip"
    """None is started before the next fire."""


class ClaimOutcome(StrEnum):
    """The answer to one element of a claim."""

    CLAIMED = "claimed"
    """The caller holds the task now: run it, heartbeat, report."""
    ENDED = "ended"
    """It has ended already; everything it caused is durable."""
    LEASED = "leased"
    """Another attempt is under way."""
    DELAYED = "delayed"
    """It is not due yet."""
    BLOCKED = "blocked"
    """Its dependencies do not allow it yet."""
    UNKNOWN = "unknown"
    """No such task for this organization (perhaps: not yet)."""
    DEFERRED = "deferred"
    """The answer would grow too large: ask again; nothing was claimed."""


class ReportStatus(StrEnum):
    """What a worker says of an attempt."""

    COMPLETED = "completed"
    FAILED = "failed"
    RELEASED = "released"
    """Handed back unstarted or interrupted; no retry is used."""


class ReportOutcome(StrEnum):
    """The answer to one element of a report."""

    RECORDED = "recorded"
    """Stored, now or by an earlier copy of this report."""
    STALE = "stale"
    """The attempt is no longer the current one; nothing changed."""
    UNKNOWN = "unknown"


class HeartbeatOutcome(StrEnum):
    """The answer to one element of a heartbeat."""

    EXTENDED = "extended"
    CANCELLED = "cancelled"
    """Stop the handler: task or run was cancelled."""
    TIMED_OUT = "timed_out"
    """Stop the handler: the attempt ran over `timeoutSeconds`; the failure is recorded."""
    LOST = "lost"
    """Stop the handler: the attempt is no longer the current one."""


class MessageAction(StrEnum):
    """What becomes of the SQS message that led to a call."""

    DELETE = "delete"
    """Everything the message stands for is durable: delete it."""
    HIDE = "hide"
    """Set its visibility timeout to `seconds`."""
    LEAVE = "leave"
    """Do nothing: it belongs to another."""


class EventType(StrEnum):
    """What a message on a result queue tells."""

    TASK_COMPLETED = "task.completed"
    TASK_FAILED = "task.failed"
    TASK_CANCELLED = "task.cancelled"
    RUN_COMPLETED = "run.completed"
    RUN_FAILED = "run.failed"
    RUN_CANCELLED = "run.cancelled"


class ErrorCode(StrEnum):
    """The stable `code` of an error body."""

    INVALID_REQUEST = "invalid_request"
    INVALID_JSON = "invalid_json"
    INVALID_CURSOR = "invalid_cursor"
    QUERY_TOO_BROAD = "query_too_broad"
    NOT_AVAILABLE = "not_available"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    """A firewall in front of the API refused the request; Foreman itself never says so."""
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    CONFLICT = "conflict"
    IN_PROGRESS = "in_progress"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    RATE_LIMITED = "rate_limited"
    INTERNAL = "internal_error"
    DEPLOYMENT_FAULT = "deployment_fault"
    """AWS refuses the deployment itself; trying again does not help."""
    UNAVAILABLE = "service_unavailable"
    TIMEOUT = "timeout"
    """API Gateway waited no longer; whether the request was done is not known."""
