"""Who is calling and what they may do: signatures, temporary credentials, roles and policies. No I/O, no clock."""
