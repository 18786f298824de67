from poolhouse import define_function

echo = define_function(name="echo", timeout_seconds=2)
