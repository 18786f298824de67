import { defineFunction } from "@aws-amplify/backend"

export const listMembers = defineFunction()
