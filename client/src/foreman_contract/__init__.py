"""The wire contract: enums, models, limits and the message envelope. Standard library and pydantic only."""
