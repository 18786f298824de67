"""Generated request structs, one module for each service, and the patterns that they share."""
