"""An async application: starts orders side by side, and hears of their ends on the result queue.

Start it beside `examples/order_worker.py`, with FOREMAN_ENDPOINT and FOREMAN_API_KEY set, as `make run` prints them.
"""

import asyncio
import os
import sys

from foreman_client import AsyncForeman, ForemanConfig, Run, initialize_async_foreman_client


async def start_order(client: AsyncForeman, order_id: str) -> Run:
    """A run that ends by itself: first the order is checked, then it is processed."""
    order = {"orderId": order_id}
    result = await client.create_run(
        input_data=order,
        tasks=[
            {"ref": "check", "type": "validate-order", "input_data": order},
            {"type": "process-order", "input_data": order, "depends_on": ["check"]},
        ],
    )
    return result.unwrap()


async def main(endpoint: str, api_key: str) -> None:
    """Start three orders and print how they end, until ten seconds bring no news."""
    async with initialize_async_foreman_client(ForemanConfig(endpoint=endpoint, api_key=api_key)) as client:
        runs = await asyncio.gather(*(start_order(client, f"order-{number}") for number in range(3)))
        started = {run.id for run in runs}
        async for event in client.results(idle_s=10):
            if event.task_id is None and event.run_id in started:
                print(event.run_id, event.status)


if __name__ == "__main__":
    address = os.environ.get("FOREMAN_ENDPOINT")  # noqa: TID251 - the program's entry point
    key = os.environ.get("FOREMAN_API_KEY")  # noqa: TID251 - the program's entry point
    if not address or not key:
        sys.exit("Set FOREMAN_ENDPOINT and FOREMAN_API_KEY; `make run` prints both.")
    asyncio.run(main(address, key))
