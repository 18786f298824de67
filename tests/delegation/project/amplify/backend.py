from amplify.auth.resource import auth
from amplify.data.resource import data
from amplify.rest.resource import api

from poolhouse import define_backend

backend = define_backend(auth=auth, data=data, people=api)
