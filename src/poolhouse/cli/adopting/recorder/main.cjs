// Runs the backend of an Amplify Gen 2 project with recording factories in place of its packages, and writes what they
// were told as JSON to a file descriptor. Arguments: the project's folder, the backend's file, the descriptor.
"use strict"

const fs = require("node:fs")
const path = require("node:path")
const { createRequire } = require("node:module")
const { Files, Refused } = require("./files.cjs")
const { Recorded, Secret, chain, plain, standIn } = require("./values.cjs")

const [root, entry, descriptor] = [process.argv[2], process.argv[3], Number(process.argv[4])]
const OURS = [__filename, path.join(__dirname, "files.cjs"), path.join(__dirname, "values.cjs")]
const RECORDED = ["defineAuth", "defineData", "defineFunction"]
const BACKEND = ["@aws-amplify/backend", "@aws-amplify/backend-auth", "@aws-amplify/backend-data"].concat([
  "@aws-amplify/backend-function",
])
const STOOD_IN = ["aws-cdk-lib", "constructs", "@aws-cdk/", "@aws-amplify/", "@aws-sdk/", "$amplify/"]

const made = []
const notes = []
let backend = null

function note(kind, file, what, reason) {
  const told = { kind, file: files.shown(file), what, reason }
  if (!notes.some((one) => JSON.stringify(one) === JSON.stringify(told))) notes.push(told)
}

/** The files on the stack, without ours, innermost first. */
function frames() {
  const before = Error.prepareStackTrace
  Error.prepareStackTrace = (_error, sites) => sites.map((site) => site.getFileName())
  const names = new Error().stack
  Error.prepareStackTrace = before
  return names.filter((name) => !OURS.includes(name))
}

/** The file of the project that called. */
const caller = () => frames().find((name) => files.modules.has(name)) ?? entry

function record(kind, props) {
  const recorded = new Recorded(kind, made.length, props, caller())
  made.push(recorded)
  return recorded
}

function defineBackend(members) {
  backend = { file: caller(), members }
  const changes = (what) => note("left", caller(), what, "It changes AWS resources through the CDK.")
  return standIn("backend", changes)
}

const factories = {
  __esModule: true,
  a: chain("a"),
  secret: (name) => new Secret(name),
  defineBackend,
  ...Object.fromEntries(RECORDED.map((name) => [name, (props) => record(name, props)])),
}
const package_ = new Proxy(factories, {
  get: (known, name) =>
    name in known || typeof name === "symbol" || name === "then" ? known[name] : (props) => record(name, props),
})
const cdk = (name) => standIn(name)

function substitute(name) {
  if (BACKEND.includes(name)) return package_
  if (name === "@aws-amplify/data-schema") return factories
  return STOOD_IN.some((one) => name === one || name.startsWith(one.endsWith("/") ? one : `${one}/`))
    ? cdk(name)
    : undefined
}

function missing(name, file) {
  note("note", file, `the package ${name}`, "It is not installed; what depends on its values is not carried over.")
  return standIn(name)
}

/** Each definition's exported name; that of its own file comes first. */
function nameAll() {
  for (const own of [true, false]) {
    for (const { file, exports } of files.modules.values()) {
      if (exports === null || typeof exports !== "object") continue
      for (const [exported, value] of Object.entries(exports)) {
        if (value instanceof Recorded && (!own || value.file === file)) value.exported ??= exported
      }
    }
  }
}

function hideEnvironment() {
  process.env = new Proxy(process.env, {
    get(target, variable) {
      const [reader] = frames()
      if (typeof variable === "string" && files.modules.has(reader)) {
        const why = "It was not set while the definitions were read; check what depends on it."
        note("note", reader, `process.env.${variable}`, why)
      }
      return target[variable]
    },
  })
}

function answer(value) {
  const bytes = Buffer.from(JSON.stringify(value))
  for (let sent = 0; sent < bytes.length; ) sent += fs.writeSync(descriptor, bytes, sent)
}

function typescript() {
  try {
    return createRequire(path.join(root, "amplify", "backend.ts"))("typescript")
  } catch (error) {
    if (error.code === "MODULE_NOT_FOUND") return undefined
    throw error
  }
}

const ts = typescript()
const files = new Files(root, ts ?? {}, { substitute, missing, note })

function read() {
  hideEnvironment()
  files.load(entry)
  nameAll()
  const told = (one) => ({ ...one, file: files.shown(one.file), props: plain(withEntry(one)) })
  return { made: made.map(told), backend: backend && { file: files.shown(backend.file), members: plain(backend.members) } }
}

/** An absolute `entry` as its definition's file would write it. */
function withEntry({ props, file }) {
  const absolute = typeof props?.entry === "string" && path.isAbsolute(props.entry)
  return absolute ? { ...props, entry: path.relative(path.dirname(file), props.entry) } : props
}

function failed(error) {
  const at = error instanceof Refused ? error.file : ownFrame(error)
  const name = error instanceof Refused ? null : (error?.name ?? "Error")
  return { message: String(error?.message ?? error), name, file: at ? files.shown(at) : null, line: error?.line ?? null }
}

function ownFrame(error) {
  const stack = String(error?.stack ?? "")
  return [...files.modules.keys()].reverse().find((file) => stack.includes(file)) ?? null
}

if (typeof ts?.transpileModule !== "function") {
  answer({ typescript: ts ? String(ts.version) : null })
} else {
  try {
    answer({ ...read(), notes })
  } catch (error) {
    answer({ error: failed(error), notes })
  }
  process.exit(0)
}
