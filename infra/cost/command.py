"""`python -m infra cost`: AWS's bill, worked out from list prices."""

import click

from infra.local.home import TEMPLATE


@click.command("cost")
@click.option(
    "--idle", is_flag=True, required=True, expose_value=False, help="A month in which nobody asks anything."
)
@click.option(
    "--gb", default=1.0, show_default=True, type=click.FloatRange(0), help="What lies in the tables."
)
@click.option("--own-key", is_flag=True, help="With a KMS key of your own.")
def cost_command(gb: float, own_key: bool) -> None:
    """Work out what a stage costs by list prices, as a Markdown table."""
    from infra.cost.idle import idle_month, table
    from infra.deployed.template_steps import load

    for row in table(idle_month(load(TEMPLATE.read_text()), gb, own_key=own_key)):
        print(row)
