from poolhouse import define_function

# The same code with different grants: what a call may do is their matter, and that of who called.
administer = define_function(name="administer", entry="./call_user_pool.py", timeout_seconds=20)
narrowed = define_function(name="narrowed", entry="./call_user_pool.py", timeout_seconds=20)
itself = define_function(name="itself", entry="./call_user_pool.py", timeout_seconds=20)
greet = define_function(name="greet", entry="./greet.py", timeout_seconds=20)
