"""Administrative routes of the user pool, for the members of a group."""

from poolhouse import define_admin_queries

admin_queries = define_admin_queries(function="AdminQueries1f4e2a7c", group="Admins")
