"""Every port on AWS, put together: one boto3 session, one client per service."""

from functools import partial
from typing import Final, cast

from boto3.session import Session
from botocore.client import BaseClient
from botocore.config import Config

from chalicelib.adapters.dynamo.api_keys import DynamoKeyStore
from chalicelib.adapters.dynamo.outside_payloads import DynamoOutsidePayloads
from chalicelib.adapters.dynamo.rate_windows import DynamoRateWindows
from chalicelib.adapters.dynamo.run_data import DynamoRunDataStore
from chalicelib.adapters.dynamo.runs import DynamoRunStore
from chalicelib.adapters.dynamo.schedules import DynamoScheduleStore
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.dynamo.tasks import DynamoTaskStore
from chalicelib.adapters.queue_watch import AwsQueueWatch, MetricData
from chalicelib.adapters.s3 import S3Objects
from chalicelib.adapters.sqs import SqsMessages
from chalicelib.adapters.system import SystemClock, system_ids
from chalicelib.adapters.watching import watch
from chalicelib.config import Settings
from foreman_engine.service.ports import Clock, Ports

# One attempt takes 6 s at most; `invocation` says when none may begin any more.
_CONFIG: Final = Config(
    connect_timeout=1,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
)


def aws_ports(settings: Settings, session: Session | None = None, clock: Clock | None = None) -> Ports:
    """The ports on the AWS account (or stand-in) that the settings and the environment's credentials name.

    A `session` of the caller's own carries its credentials, and hooks that count or fail calls. A `clock` replaces
    the system's.
    """
    session = session or Session(region_name=settings.region)
    endpoint = settings.aws_endpoint_url
    clock = clock or SystemClock()
    dynamodb = session.client("dynamodb", endpoint_url=endpoint, config=_CONFIG)
    s3 = session.client("s3", endpoint_url=endpoint, config=_CONFIG)
    sqs = session.client("sqs", endpoint_url=endpoint, config=_CONFIG)
    for client in (dynamodb, s3, sqs):
        watch(client)
    tables = Tables(
        client=dynamodb,
        objects=S3Objects(s3, settings.bucket),
        clock=clock,
        runs=settings.runs_table,
        tasks=settings.tasks_table,
        run_data=settings.run_data_table,
        keys=settings.keys_table,
    )
    return Ports(
        runs=DynamoRunStore(tables),
        tasks=DynamoTaskStore(tables),
        run_data=DynamoRunDataStore(tables),
        schedules=DynamoScheduleStore(tables),
        keys=DynamoKeyStore(tables),
        rate_windows=DynamoRateWindows(tables),
        payloads=DynamoOutsidePayloads(tables),
        messages=SqsMessages(sqs, settings.stage, settings.work_queue, settings.dead_letter_queue),
        clock=clock,
        ids=system_ids(),
        queue_watch=AwsQueueWatch(sqs, partial(_cloudwatch, session, endpoint), settings, clock),
    )


def _cloudwatch(session: Session, endpoint: str | None) -> MetricData:
    """Made when the sweep asks for it, because no request needs it."""
    client: BaseClient = session.client("cloudwatch", endpoint_url=endpoint, config=_CONFIG)
    watch(client)
    return cast(MetricData, client)
