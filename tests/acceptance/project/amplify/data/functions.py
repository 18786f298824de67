from poolhouse import define_function

promote = define_function(name="promote", entry="./promote.py")
# The same code twice: once with two grants, once with none.
meddle = define_function(name="meddle", entry="./call_user_pool.py", timeout_seconds=20)
bare = define_function(name="bare", entry="./call_user_pool.py", timeout_seconds=20)
play = define_function(name="play", entry="./play.py")
asleep = define_function(name="asleep", entry="./play.py", timeout_seconds=1)
