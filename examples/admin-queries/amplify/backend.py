from amplify.api.AdminQueries.resource import admin_queries
from amplify.auth.resource import auth

from poolhouse import define_backend

backend = define_backend(auth=auth, admin_queries=admin_queries)
