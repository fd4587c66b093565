"""The names that template.yaml gives to a stage's resources, for when its stack is not there to tell them."""

TABLES = {"Runs": "runs", "Tasks": "tasks", "RunData": "run-data", "Keys": "keys"}
QUEUES = {"Work": "work", "DeadLetter": "dead-letters"}


def bucket_name(stage: str, account_id: str) -> str:
    """The name of the stage's bucket, which no other account and no other region has."""
    return f"foreman-{stage}-payloads-{account_id}"


def expected_outputs(stage: str, account_id: str, region: str, partition: str) -> dict[str, str]:
    """The outputs that the stage's state stack has or will have."""
    found = {}
    here = f"{region}:{account_id}"
    for output, name in TABLES.items():
        found[f"{output}TableName"] = f"foreman-{stage}-{name}"
        found[f"{output}TableArn"] = f"arn:{partition}:dynamodb:{here}:table/foreman-{stage}-{name}"
    for output, name in QUEUES.items():
        queue = f"foreman-{stage}-{name}"
        found[f"{output}QueueName"] = queue
        found[f"{output}QueueArn"] = f"arn:{partition}:sqs:{here}:{queue}"
        found[f"{output}QueueUrl"] = f"https://sqs.{region}.amazonaws.com/{account_id}/{queue}"
    bucket = bucket_name(stage, account_id)
    return {**found, "BucketName": bucket, "BucketArn": f"arn:{partition}:s3:::{bucket}"}
