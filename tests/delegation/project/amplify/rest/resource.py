from amplify.data.functions import administer

from poolhouse import define_rest_api

api = define_rest_api(name="people", routes={"POST /administer": administer})
