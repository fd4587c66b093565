"""The Chalice app: routes and event handlers, no logic."""

from chalice.app import Chalice

from chalicelib.api import config, openapi, refusals, run_data, runs, tasks, work
from chalicelib.config import Settings
from chalicelib.events import dead_letters, sweep, work_queue

Settings.from_env()  # a malformed setting ends the start, and not every request after it

app = Chalice(app_name="foreman")
app.register_blueprint(config.blueprint)
app.register_blueprint(openapi.blueprint)
app.register_blueprint(runs.blueprint)
app.register_blueprint(tasks.blueprint)
app.register_blueprint(work.blueprint)
app.register_blueprint(run_data.blueprint)
refusals.register(app)
app.register_blueprint(work_queue.blueprint)
app.register_blueprint(dead_letters.blueprint)
app.register_blueprint(sweep.blueprint)
