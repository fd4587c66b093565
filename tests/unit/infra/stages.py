"""A stage for tests: the outputs of a state stack that nobody made."""

from infra.deployed.configuration import Stage

ACCOUNT = "123456789012"
REGION = "eu-west-1"


def outputs(name: str) -> dict[str, str]:
    """What template.yaml's stack says of the stage."""
    found = {}
    for table, slug in (("Runs", "runs"), ("Tasks", "tasks"), ("RunData", "run-data"), ("Keys", "keys")):
        found[f"{table}TableName"] = f"foreman-{name}-{slug}"
        found[f"{table}TableArn"] = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/foreman-{name}-{slug}"
    for queue, slug in (("Work", "work"), ("DeadLetter", "dead-letters")):
        found[f"{queue}QueueName"] = f"foreman-{name}-{slug}"
        found[f"{queue}QueueArn"] = f"arn:aws:sqs:{REGION}:{ACCOUNT}:foreman-{name}-{slug}"
        found[f"{queue}QueueUrl"] = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/foreman-{name}-{slug}"
    bucket = f"foreman-{name}-payloads-{ACCOUNT}"
    return {**found, "BucketName": bucket, "BucketArn": f"arn:aws:s3:::{bucket}"}


def stage(name: str = "prod") -> Stage:
    """A stage of that name."""
    return Stage(name, outputs(name))
