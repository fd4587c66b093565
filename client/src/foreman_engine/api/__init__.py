"""The contract's operations, each with its method, path, body and answer, over one use case. No HTTP library: whoever brings requests serves them."""
