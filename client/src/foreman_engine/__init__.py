"""The engine: Foreman's rules and use cases, the same code in Lambda and in a user's tests. Imports no AWS and no HTTP."""
