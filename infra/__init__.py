"""The operator's side of Foreman: the local stack, the demo, and API keys. Run as `python -m infra`."""
