"""What a caller can ask of Foreman, each operation once: arguments in, steps out; no network, no sleeping."""
