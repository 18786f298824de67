import { defineFunction } from "@aws-amplify/backend"
import { Duration } from "aws-cdk-lib"
import { Code, Function, Runtime } from "aws-cdk-lib/aws-lambda"
import path from "node:path"
import { fileURLToPath } from "node:url"

const folder = path.dirname(fileURLToPath(import.meta.url))

export const report = defineFunction({ entry: "../lib/weekly-report.ts", layers: { sharp: "sharp:1" } })

export const sweep = defineFunction({ name: "sweep", entry: "./sweep.ts", schedule: "every day", runtime: 22 })

export const python = defineFunction(
  (scope) =>
    new Function(scope, "python", {
      handler: "index.handler",
      runtime: Runtime.PYTHON_3_12,
      timeout: Duration.seconds(20),
      code: Code.fromAsset(folder),
    }),
)
