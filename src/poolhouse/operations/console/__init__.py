"""What the console needs and no operation of AWS gives."""
