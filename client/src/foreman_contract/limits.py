"""Every bound of the public contract, once: the server enforces these and `GET /api/v1/config` publishes them."""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * 1024

MAX_PAYLOAD_BYTES: Final = 1 * MIB
"""One `inputData`, `outputData`, `errorData` or `value`: compact UTF-8 JSON, escaped once more as a JSON string."""
MAX_BODY_BYTES: Final = 4 * MIB
"""A request body, counted like a payload, so that it fits Lambda's 6 MB event with room to spare."""
MAX_METADATA_BYTES: Final = 16 * KIB
MAX_PROGRESS_BYTES: Final = 4 * KIB
MAX_NESTING: Final = 100

MAX_TYPE_CHARS: Final = 255
MAX_QUEUE_JOB_ID_CHARS: Final = 255
MAX_WORKER_ID_CHARS: Final = 128
MAX_QUEUE_NAME_CHARS: Final = 40
MAX_KEY_CHARS: Final = 255
MAX_KEY_BYTES: Final = 480
MAX_TAGS: Final = 50
MAX_IDEMPOTENCY_KEY_CHARS: Final = 255

MAX_TASKS_PER_CALL: Final = 90
MAX_CLAIM: Final = 10
MAX_REPORT: Final = 25
MAX_HEARTBEAT: Final = 100
MAX_SHARDS: Final = 64

DEFAULT_MAX_RETRIES: Final = 3
MAX_RETRIES: Final = 10
MIN_LEASE_S: Final = 5
MAX_LEASE_S: Final = 3600
DEFAULT_LEASE_S: Final = 60
MAX_GROWN_LEASE_S: Final = 600
MAX_TIMEOUT_S: Final = 604_800
MAX_DELAY_S: Final = 31_536_000

DEFAULT_LIST_LIMIT: Final = 20
MAX_LIST_LIMIT: Final = 100
DEFAULT_DATA_LIMIT: Final = 100
MAX_DATA_LIMIT: Final = 1000
MAX_OFFSET: Final = 10_000
MAX_LISTED_PAYLOAD_BYTES: Final = 64 * KIB
"""In a list a larger payload is left out and marked."""
MAX_ANSWER_BYTES: Final = 4 * MIB
"""A page ends early, and a claim defers, rather than grow past this."""

MAX_REF_CHARS: Final = 64
MAX_DEPENDENCIES: Final = 50
MAX_TASKS_AND_OUTSIDE_DEPENDENCIES: Final = 95
MIN_SCHEDULE_S: Final = 60
MAX_SCHEDULE_S: Final = 31_536_000
MAX_SCHEDULE_NAME_CHARS: Final = 255
MAX_CRON_CHARS: Final = 255
MAX_TIME_ZONE_CHARS: Final = 64
MAX_TAG_CHANGES: Final = 90
MAX_DELETED_ENTRIES: Final = 1000
MAX_QUERY_VALUES: Final = 200
"""Distinct values of one list parameter of a run-data query."""
MAX_PATTERN_CHARS: Final = 512
MAX_SORTED_MATCHES: Final = 10_000
MAX_COUNTED_ROWS: Final = 10_000
MAX_FILTERED_ROWS: Final = 2_000
IDEMPOTENCY_S: Final = 86_400

MAX_MESSAGE_HIDE_S: Final = 900
"""Longest `hide` an answer asks for: a hint is looked at again at least every 15 minutes."""
ORPHAN_AGE_MS: Final = 60_000
"""A message whose record never came is dropped once its id is this old."""

WIRE: Final = {
    "maxPayloadBytes": MAX_PAYLOAD_BYTES,
    "maxBodyBytes": MAX_BODY_BYTES,
    "maxMetadataBytes": MAX_METADATA_BYTES,
    "maxProgressBytes": MAX_PROGRESS_BYTES,
    "maxNesting": MAX_NESTING,
    "maxTypeChars": MAX_TYPE_CHARS,
    "maxQueueJobIdChars": MAX_QUEUE_JOB_ID_CHARS,
    "maxWorkerIdChars": MAX_WORKER_ID_CHARS,
    "maxQueueNameChars": MAX_QUEUE_NAME_CHARS,
    "maxKeyChars": MAX_KEY_CHARS,
    "maxKeyBytes": MAX_KEY_BYTES,
    "maxTags": MAX_TAGS,
    "maxIdempotencyKeyChars": MAX_IDEMPOTENCY_KEY_CHARS,
    "maxTasksPerCall": MAX_TASKS_PER_CALL,
    "maxClaim": MAX_CLAIM,
    "maxReport": MAX_REPORT,
    "maxHeartbeat": MAX_HEARTBEAT,
    "defaultMaxRetries": DEFAULT_MAX_RETRIES,
    "maxRetries": MAX_RETRIES,
    "minLeaseSeconds": MIN_LEASE_S,
    "maxLeaseSeconds": MAX_LEASE_S,
    "defaultLeaseSeconds": DEFAULT_LEASE_S,
    "maxGrownLeaseSeconds": MAX_GROWN_LEASE_S,
    "maxTimeoutSeconds": MAX_TIMEOUT_S,
    "defaultListLimit": DEFAULT_LIST_LIMIT,
    "maxListLimit": MAX_LIST_LIMIT,
    "defaultDataLimit": DEFAULT_DATA_LIMIT,
    "maxDataLimit": MAX_DATA_LIMIT,
    "maxOffset": MAX_OFFSET,
    "maxListedPayloadBytes": MAX_LISTED_PAYLOAD_BYTES,
    "maxAnswerBytes": MAX_ANSWER_BYTES,
    "maxShards": MAX_SHARDS,
    "maxDelaySeconds": MAX_DELAY_S,
    "maxRefChars": MAX_REF_CHARS,
    "maxDependencies": MAX_DEPENDENCIES,
    "maxTasksAndOutsideDependencies": MAX_TASKS_AND_OUTSIDE_DEPENDENCIES,
    "minScheduleSeconds": MIN_SCHEDULE_S,
    "maxScheduleSeconds": MAX_SCHEDULE_S,
    "maxScheduleNameChars": MAX_SCHEDULE_NAME_CHARS,
    "maxCronChars": MAX_CRON_CHARS,
    "maxTimeZoneChars": MAX_TIME_ZONE_CHARS,
    "maxTagChanges": MAX_TAG_CHANGES,
    "maxDeletedEntries": MAX_DELETED_ENTRIES,
    "maxQueryValues": MAX_QUERY_VALUES,
    "maxPatternChars": MAX_PATTERN_CHARS,
    "maxSortedMatches": MAX_SORTED_MATCHES,
    "maxCountedRows": MAX_COUNTED_ROWS,
    "maxFilteredRows": MAX_FILTERED_ROWS,
    "idempotencySeconds": IDEMPOTENCY_S,
    "maxMessageHideSeconds": MAX_MESSAGE_HIDE_S,
}
"""The `limits` object of `GET /api/v1/config`: bytes, characters, counts or seconds."""
