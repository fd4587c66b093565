"""What Foreman tells of itself: one line per request or event, with its metrics in it."""
