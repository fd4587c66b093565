"""Where a stage is. Names of buckets and roles know no region, so an account can have a stage of one name in one region only."""

from botocore.exceptions import ClientError

from infra.deployed.account import Account
from infra.deployed.faults import code_of
from infra.deployed.names import bucket_name
from infra.errors import OperatorError

_NOT_OURS = {"404", "NoSuchBucket", "403"}


def refuse_elsewhere(account: Account, stage: str) -> None:
    """See that what there is of the stage is in the account's region: from another, its roles and its bucket look like remains.

    Raises:
        OperatorError: it is elsewhere.
        ClientError: S3 refused.
    """
    try:
        found = account.client("s3").head_bucket(Bucket=bucket_name(stage, account.account_id))
    except ClientError as error:
        if code_of(error) in _NOT_OURS:
            return
        raise
    region = found.get("BucketRegion", account.region)
    if region != account.region:
        raise OperatorError(
            f"Stage {stage} of account {account.account_id} is in {region}, and its name can be used once in an account; "
            f"add --region {region}."
        )
