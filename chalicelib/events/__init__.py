"""Lambda triggers: what happens without a request."""
