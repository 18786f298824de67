"""The ways in: one module per protocol, none per operation."""
