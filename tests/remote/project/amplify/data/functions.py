from poolhouse import define_function

# The same code with different grants: what a call may do is their matter.
administer = define_function(name="administer", entry="./call_user_pool.py", timeout_seconds=20)
narrowed = define_function(name="narrowed", entry="./call_user_pool.py", timeout_seconds=20)
