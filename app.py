"""The Chalice app: routes and event handlers, no logic."""

from chalicelib.api import config, implied, openapi, refusals, run_data, runs, schedules, tasks, work
from chalicelib.api.app import ContractChalice
from chalicelib.config import Settings
from chalicelib.events import dead_letters, sweep, work_queue

Settings.from_env()  # a malformed setting ends the start, and not every request after it

app = ContractChalice(app_name="foreman")
app.register_blueprint(config.blueprint)
app.register_blueprint(openapi.blueprint)
app.register_blueprint(runs.blueprint)
app.register_blueprint(tasks.blueprint)
app.register_blueprint(work.blueprint)
app.register_blueprint(run_data.blueprint)
app.register_blueprint(schedules.blueprint)
implied.register(app)
refusals.register(app)
app.register_blueprint(work_queue.blueprint)
app.register_blueprint(dead_letters.blueprint)
app.register_blueprint(sweep.blueprint)
