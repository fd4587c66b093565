"""Operations that answer a page at a time, as lists to walk over to their end.

A page then is as large as the service makes it: the rate limit counts requests, and no answer is over 4 MB.
"""

from typing import Final

from foreman_client._walk import Listing, rows_of
from foreman_client.operations.run_data import query_run_data, search_run_data
from foreman_client.operations.runs import list_runs
from foreman_client.operations.schedules import list_schedules
from foreman_client.operations.tasks import list_tasks
from foreman_contract import limits

iterate_runs: Final = Listing(
    "iterate_runs", list_runs, rows_of, {"limit": limits.MAX_LIST_LIMIT, "total": False}
)
iterate_tasks: Final = Listing(
    "iterate_tasks", list_tasks, rows_of, {"limit": limits.MAX_LIST_LIMIT, "total": False}
)
iterate_schedules: Final = Listing(
    "iterate_schedules", list_schedules, rows_of, {"limit": limits.MAX_LIST_LIMIT, "total": False}
)
iterate_run_data: Final = Listing(
    "iterate_run_data", query_run_data, rows_of, {"limit": limits.MAX_DATA_LIMIT, "total": False}
)
iterate_run_data_search: Final = Listing(
    "iterate_run_data_search", search_run_data, rows_of, {"limit": limits.MAX_DATA_LIMIT}
)
