"""AWS's list prices in us-east-1, in US dollars, without free tiers and discounts.

Source: the services' pricing pages, November 2026.
"""

from typing import Final

ALARM_MONTH: Final = 0.10
DASHBOARD_MONTH: Final = 3.00
METRIC_MONTH: Final = 0.30
LAMBDA_REQUEST: Final = 0.20 / 1e6
LAMBDA_GB_S: Final = 0.0000133334
"""On arm64."""
EVENT: Final = 1.00 / 1e6
SQS_REQUEST: Final = 0.40 / 1e6
DYNAMODB_READ: Final = 0.125 / 1e6
DYNAMODB_GB_MONTH: Final = 0.25
PITR_GB_MONTH: Final = 0.20
LOGS_GB: Final = 0.50
"""What comes in; keeping it costs $0.03 a GB and month."""
KMS_KEY_MONTH: Final = 1.00
"""The key alone: what it is asked depends on the traffic."""
