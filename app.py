"""The Chalice app: routes and event handlers, no logic."""

from chalicelib.api import implied, openapi, refusals
from chalicelib.api.app import ContractChalice
from chalicelib.api.http import blueprint_of
from chalicelib.config import Settings
from chalicelib.events import dead_letters, sweep, work_queue
from foreman_engine.api.table import RESOURCES

Settings.from_env()  # a malformed setting ends the start, and not every request after it

app = ContractChalice(app_name="foreman")
for resource, routes in RESOURCES.items():
    app.register_blueprint(blueprint_of(routes, resource))
app.register_blueprint(openapi.blueprint)
implied.register(app)
refusals.register(app)
app.register_blueprint(work_queue.blueprint)
app.register_blueprint(dead_letters.blueprint)
app.register_blueprint(sweep.blueprint)
