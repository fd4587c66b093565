"""HTTP: one blueprint per resource. Routes parse, authorize, call one use case and serialize; nothing else."""
