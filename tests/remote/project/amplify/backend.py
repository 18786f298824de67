from amplify.api.AdminQueries.resource import admin_queries
from amplify.auth.resource import auth
from amplify.data.resource import data

from poolhouse import define_backend

backend = define_backend(auth=auth, data=data, admin_queries=admin_queries)
