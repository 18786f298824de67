// What the definitions hand over, kept as data: calls of the factories, chains of the schema builder, and stand-ins for
// packages that describe AWS's resources. Knows nothing of files.
"use strict"

const KIND = Symbol("kind")
const MARK = "\u0000stand-in:"

/** A call of a factory: `kind` is function, auth, data, or the name of one that is not carried over. */
class Recorded {
  constructor(kind, id, props, file) {
    Object.assign(this, { kind, id, props, file, exported: null })
  }
}

class Secret {
  constructor(name) {
    this.name = name
  }
}

/** `a.mutation().arguments({...})` as its steps: names, with the arguments where they are called. */
function chain(root, steps = []) {
  return new Proxy(function () {}, {
    get(_target, name) {
      if (name === KIND) return { kind: "chain", root, steps }
      if (typeof name === "symbol" || name === "then") return undefined
      return chain(root, [...steps, { name, args: null }])
    },
    apply(_target, _self, args) {
      const [last, before] = [steps.at(-1), steps.slice(0, -1)]
      if (last === undefined || last.args !== null) throw new TypeError(`${root} is not a function`)
      return chain(root, [...before, { name: last.name, args }])
    },
  })
}

/** Something of which only the name is known. `used` is told of every call and every member that is set. */
function standIn(name, used = () => {}) {
  return new Proxy(function () {}, {
    get(_target, member) {
      if (member === KIND) return { kind: "stand-in", name }
      if (member === "__esModule") return true
      if (member === "then") return undefined
      if (member === "prototype") return {}
      if (member === Symbol.toPrimitive) return () => `${MARK}${name}`
      if (member === "toString" || member === "toJSON") return () => `${MARK}${name}`
      if (member === Symbol.iterator) return () => [][Symbol.iterator]()
      if (member === Symbol.hasInstance) return () => false
      if (typeof member === "symbol") return undefined
      return standIn(`${name}.${member}`, used)
    },
    set(_target, member) {
      used(`${name}.${String(member)} = ...`)
      return true
    },
    apply() {
      used(`${name}(...)`)
      return standIn(`${name}()`, used)
    },
    construct() {
      used(`new ${name}(...)`)
      return standIn(name, used)
    },
  })
}

const CODE = "{####}"
const USERNAME = "{username}"
// Options that are functions which make a text, by their last two keys: what they are called with.
const TEXTS = {
  "email.verificationEmailBody": (options) =>
    options.verificationEmailStyle === "LINK" ? [(words = "Verify Email") => `{##${words}##}`] : [() => CODE],
  "phone.verificationMessage": () => [() => CODE],
  "sms.smsMessage": () => [() => CODE],
  "userInvitation.emailBody": () => [() => USERNAME, () => CODE],
  "userInvitation.smsMessage": () => [() => USERNAME, () => CODE],
}

/** A value as JSON. What JSON has not got becomes {"$": kind, ...}. */
function plain(value, path = [], holder = {}, above = []) {
  if (value === null || typeof value === "boolean") return value
  if (typeof value === "string") {
    return value.includes(MARK) ? { $: "stand-in", name: value.split(MARK)[1] } : value
  }
  if (typeof value === "number") return Number.isFinite(value) ? value : { $: "other", name: String(value) }
  if (value === undefined) return { $: "undefined" }
  if (typeof value === "bigint" || typeof value === "symbol") return { $: "other", name: typeof value }
  const known = value[KIND]
  if (known?.kind === "stand-in") return { $: "stand-in", name: known.name }
  if (above.includes(value)) return { $: "other", name: "a circle" }
  const inner = [...above, value]
  if (known?.kind === "chain") return plainChain(known, inner)
  if (typeof value === "function") return plainFunction(value, path, holder, inner)
  if (value instanceof Recorded) return { $: "recorded", id: value.id, kind: value.kind }
  if (value instanceof Secret) return { $: "secret", name: plain(value.name) }
  if (Array.isArray(value)) return value.map((one, index) => plain(one, [...path, index], value, inner))
  if (!isPlainObject(value)) return { $: "other", name: value.constructor?.name ?? "an object" }
  const kept = ([, one]) => one !== undefined || path.at(-1) === "environment"
  const entries = Object.entries(value).filter(kept)
  if (Object.hasOwn(value, "$")) return { $: "other", name: "an object with a member $" }
  return Object.fromEntries(entries.map(([key, one]) => [key, plain(one, [...path, key], value, inner)]))
}

/** Objects of another realm have another Object.prototype, which is the end of their chain as well. */
function isPlainObject(value) {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function plainChain({ root, steps }, above) {
  const told = steps.map(({ name, args }) => ({
    name,
    args: args === null ? null : args.map((one) => (isRules(one) ? rules(one, above) : plain(one, [], {}, above))),
  }))
  return { $: "chain", root, steps: told }
}

const isRules = (value) => typeof value === "function" && value[KIND] === undefined

/** What a callback makes of `allow`. */
function rules(callback, above) {
  try {
    return { $: "rules", value: plain(callback(chain("allow")), [], {}, above) }
  } catch (error) {
    return { $: "other", name: `a function that fails (${String(error?.message ?? error)})` }
  }
}

function plainFunction(value, path, holder, above) {
  if (path.length === 1 && path[0] === "access") return rules(value, above)
  const placeholders = TEXTS[path.slice(-2).join(".")]
  if (placeholders === undefined) return { $: "other", name: "a function" }
  try {
    return plain(value(...placeholders(holder)))
  } catch (error) {
    return { $: "other", name: `a function that fails (${String(error?.message ?? error)})` }
  }
}

module.exports = { Recorded, Secret, chain, plain, standIn }
