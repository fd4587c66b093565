"""A worker for orders: checks an order, then processes what the check found.

Start it with FOREMAN_ENDPOINT and FOREMAN_API_KEY set, as `make run` prints them; Ctrl-C ends it.
"""

import os
import sys
from typing import Any

from foreman_client import FailPermanently, ForemanConfig, Task, TaskContext, initialize_foreman_client

PRICES = {"order-123": 42.5}


def validate_order(task: Task, ctx: TaskContext) -> dict[str, Any]:
    """Check the order and leave what was found to the tasks that follow, under a key and with tags."""
    order_id = task.input_data["orderId"]
    if not order_id.startswith("order-"):
        raise FailPermanently(f"{order_id} is no order")  # trying again would not help
    found = {"orderId": order_id, "total": PRICES.get(order_id, 10.0)}
    ctx.create_run_data("validated-order", found, tags=["validated", "v1.0"]).unwrap()
    return {"valid": True}


def process_order(task: Task, ctx: TaskContext) -> dict[str, Any]:
    """Charge what the check found; `ctx.idempotency_key` would keep a payment service from charging twice."""
    order = ctx.query_run_data(key="validated-order").unwrap().data[0].value
    return {"processed": True, "orderId": task.input_data["orderId"], "charged": order["total"]}


def main() -> None:
    """Work until SIGTERM or Ctrl-C; attempts under way are finished first."""
    endpoint = os.environ.get("FOREMAN_ENDPOINT")  # noqa: TID251 - the program's entry point
    api_key = os.environ.get("FOREMAN_API_KEY")  # noqa: TID251 - the program's entry point
    if not endpoint or not api_key:
        sys.exit("Set FOREMAN_ENDPOINT and FOREMAN_API_KEY; `make run` prints both.")
    client = initialize_foreman_client(ForemanConfig(endpoint=endpoint, api_key=api_key))
    handlers = {"validate-order": validate_order, "process-order": process_order}
    print(f"Working for {endpoint} on {', '.join(handlers)}; Ctrl-C ends it.")
    client.create_worker(handlers, concurrency=10).run()


if __name__ == "__main__":
    main()
