"""Every operation as an async function whose first argument is the config: `await aio.create_run(config, ...)`.

Calls with the same config share connections within an event loop. They are closed when the loop ends (`asyncio.run` sees
to that), or by `await aio.close()`.
"""

from foreman_client._async_bind import async_function, async_paged_function
from foreman_client._loops import close_sessions
from foreman_client.operations import (
    deleting,
    iterating,
    run_data,
    runs,
    schedules,
    service,
    task_batches,
    tasks,
    waiting,
)

create_run = async_function(runs.create_run)
get_run = async_function(runs.get_run)
update_run = async_function(runs.update_run)
cancel_run = async_function(runs.cancel_run)
retry_run = async_function(runs.retry_run)
list_runs = async_function(runs.list_runs)
iterate_runs = async_paged_function(iterating.iterate_runs)
wait_for_run = async_function(waiting.wait_for_run)

create_task = async_function(tasks.create_task)
create_tasks = async_function(task_batches.create_tasks)
enqueue_task = async_function(tasks.enqueue_task)
enqueue_tasks = async_function(task_batches.enqueue_tasks)
get_task = async_function(tasks.get_task)
get_dependencies = async_function(tasks.get_dependencies)
update_task = async_function(tasks.update_task)
cancel_task = async_function(tasks.cancel_task)
retry_task = async_function(tasks.retry_task)
list_tasks = async_function(tasks.list_tasks)
iterate_tasks = async_paged_function(iterating.iterate_tasks)
wait_for_task = async_function(waiting.wait_for_task)

create_schedule = async_function(schedules.create_schedule)
get_schedule = async_function(schedules.get_schedule)
update_schedule = async_function(schedules.update_schedule)
delete_schedule = async_function(schedules.delete_schedule)
fire_schedule = async_function(schedules.fire_schedule)
list_schedules = async_function(schedules.list_schedules)
iterate_schedules = async_paged_function(iterating.iterate_schedules)

create_run_data = async_function(run_data.create_run_data)
query_run_data = async_function(run_data.query_run_data)
iterate_run_data = async_paged_function(iterating.iterate_run_data)
search_run_data = async_function(run_data.search_run_data)
iterate_run_data_search = async_paged_function(iterating.iterate_run_data_search)
update_run_data_tags = async_function(run_data.update_run_data_tags)
delete_run_data = async_function(deleting.delete_run_data)

get_config = async_function(service.get_config)
get_queue_config = async_function(service.get_queue_config)
health = async_function(service.health)


async def close() -> None:
    """Close the connections that these functions opened in the running event loop; the next call opens new ones."""
    await close_sessions()
