"""Every operation as a blocking function whose first argument is the config; configs share connections."""

from foreman_client._bind import function, paged_function
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

create_run = function(runs.create_run)
get_run = function(runs.get_run)
update_run = function(runs.update_run)
cancel_run = function(runs.cancel_run)
retry_run = function(runs.retry_run)
list_runs = function(runs.list_runs)
iterate_runs = paged_function(iterating.iterate_runs)
wait_for_run = function(waiting.wait_for_run)

create_task = function(tasks.create_task)
create_tasks = function(task_batches.create_tasks)
enqueue_task = function(tasks.enqueue_task)
enqueue_tasks = function(task_batches.enqueue_tasks)
get_task = function(tasks.get_task)
get_dependencies = function(tasks.get_dependencies)
update_task = function(tasks.update_task)
cancel_task = function(tasks.cancel_task)
retry_task = function(tasks.retry_task)
list_tasks = function(tasks.list_tasks)
iterate_tasks = paged_function(iterating.iterate_tasks)
wait_for_task = function(waiting.wait_for_task)

create_schedule = function(schedules.create_schedule)
get_schedule = function(schedules.get_schedule)
update_schedule = function(schedules.update_schedule)
delete_schedule = function(schedules.delete_schedule)
fire_schedule = function(schedules.fire_schedule)
list_schedules = function(schedules.list_schedules)
iterate_schedules = paged_function(iterating.iterate_schedules)

create_run_data = function(run_data.create_run_data)
query_run_data = function(run_data.query_run_data)
iterate_run_data = paged_function(iterating.iterate_run_data)
search_run_data = function(run_data.search_run_data)
iterate_run_data_search = paged_function(iterating.iterate_run_data_search)
update_run_data_tags = function(run_data.update_run_data_tags)
delete_run_data = function(deleting.delete_run_data)

get_config = function(service.get_config)
get_queue_config = function(service.get_queue_config)
health = function(service.health)
