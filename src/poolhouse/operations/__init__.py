"""The operations: one function each, in families; `gate.call` is the only way in."""
