from poolhouse import define_function

narrow = define_function(name="narrow")
