"""Every port on AWS, put together: one boto3 session, one client per service."""

from typing import Final

from boto3.session import Session
from botocore.config import Config

from chalicelib.adapters.dynamo.api_keys import DynamoKeyStore
from chalicelib.adapters.dynamo.outside_payloads import DynamoOutsidePayloads
from chalicelib.adapters.dynamo.run_data import DynamoRunDataStore
from chalicelib.adapters.dynamo.runs import DynamoRunStore
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.dynamo.tasks import DynamoTaskStore
from chalicelib.adapters.s3 import S3Objects
from chalicelib.adapters.sqs import SqsMessages
from chalicelib.adapters.system import SystemClock, system_ids
from chalicelib.config import Settings
from foreman_engine.service.ports import Clock, Ports

# Well inside the 25 s in which a create must have written (and API Gateway's 29 s), retries included.
_CONFIG: Final = Config(
    connect_timeout=2,
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
    tables = Tables(
        client=session.client("dynamodb", endpoint_url=endpoint, config=_CONFIG),
        objects=S3Objects(session.client("s3", endpoint_url=endpoint, config=_CONFIG), settings.bucket),
        clock=clock,
        runs=settings.runs_table,
        tasks=settings.tasks_table,
        run_data=settings.run_data_table,
        keys=settings.keys_table,
    )
    sqs = session.client("sqs", endpoint_url=endpoint, config=_CONFIG)
    return Ports(
        runs=DynamoRunStore(tables),
        tasks=DynamoTaskStore(tables),
        run_data=DynamoRunDataStore(tables),
        keys=DynamoKeyStore(tables),
        payloads=DynamoOutsidePayloads(tables),
        messages=SqsMessages(sqs, settings.stage, settings.work_queue, settings.dead_letter_queue),
        clock=clock,
        ids=system_ids(),
    )
