"""The engine's ports on AWS, the only place for boto3. Clients are given, never made here."""
