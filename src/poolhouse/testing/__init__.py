"""What tests of a backend need: a clock that can be moved."""
