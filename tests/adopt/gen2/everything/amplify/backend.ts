import { defineBackend } from "@aws-amplify/backend"
import { Stack } from "aws-cdk-lib"
import { Topic } from "aws-cdk-lib/aws-sns"
import { auth } from "./auth/resource.js"
import { postConfirmation } from "./auth/post-confirmation/resource"
import { data } from "./data/resource"
import { python, report, sweep } from "@/functions/resource"
import { storage } from "./storage/resource"

const backend = defineBackend({ auth, data, storage, postConfirmation, report, sweep, python })

const { cfnUserPool } = backend.auth.resources.cfnResources
cfnUserPool.policies = { passwordPolicy: { minimumLength: 12 } }
const topic = new Topic(backend.createStack("alerts"), "topic")
backend.addOutput({ custom: { topic: topic.topicArn, region: `${Stack.of(topic).region}` } })
