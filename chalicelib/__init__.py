"""The AWS side of the server: what only runs in Lambda or against AWS."""
