"""A state stack's outputs as template.yaml would name them: for a package that is looked at and deployed nowhere."""

from typing import Final

_REGION: Final = "eu-west-1"
_ACCOUNT: Final = "123456789012"


def placeholder_outputs(stage: str) -> dict[str, str]:
    """The outputs of the stage's state stack in an account that is nobody's."""
    found = {}
    for output, table in (("Runs", "runs"), ("Tasks", "tasks"), ("RunData", "run-data"), ("Keys", "keys")):
        name = f"foreman-{stage}-{table}"
        found[f"{output}TableName"] = name
        found[f"{output}TableArn"] = f"arn:aws:dynamodb:{_REGION}:{_ACCOUNT}:table/{name}"
    for output, queue in (("Work", "work"), ("DeadLetter", "dead-letters")):
        name = f"foreman-{stage}-{queue}"
        found[f"{output}QueueName"] = name
        found[f"{output}QueueArn"] = f"arn:aws:sqs:{_REGION}:{_ACCOUNT}:{name}"
        found[f"{output}QueueUrl"] = f"https://sqs.{_REGION}.amazonaws.com/{_ACCOUNT}/{name}"
    bucket = f"foreman-{stage}-payloads-{_ACCOUNT}"
    return {**found, "BucketName": bucket, "BucketArn": f"arn:aws:s3:::{bucket}"}
