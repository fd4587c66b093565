"""A stage on AWS: its state stack and its code; deployed, looked at, removed, or packed for somebody else to deploy."""
