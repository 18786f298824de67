from poolhouse import define_function

add_user_to_group = define_function(name="add-user-to-group")
