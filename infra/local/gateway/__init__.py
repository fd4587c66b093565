"""API Gateway's part on a laptop: HTTP in, Lambda proxy events to the app, HTTP out."""
