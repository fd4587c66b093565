"""The local stack: MiniStack as a child process, the HTTP API and the Lambda triggers in this one."""
