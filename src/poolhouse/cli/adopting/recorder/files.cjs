// The project's own modules: found and translated with its own TypeScript, run one by one. Packages are the caller's.
"use strict"

const fs = require("node:fs")
const path = require("node:path")
const vm = require("node:vm")
const { createRequire, isBuiltin } = require("node:module")
const { pathToFileURL } = require("node:url")

class Refused extends Error {
  constructor(message, file, line) {
    super(message)
    Object.assign(this, { file, line })
  }
}

class Files {
  /** `substitute(specifier, file)` gives what stands for a package, or undefined; `missing` likewise for absent ones. */
  constructor(root, ts, { substitute, missing, note }) {
    Object.assign(this, { root, ts, substitute, missing, note })
    this.modules = new Map()
    this.options = new Map()
  }

  /** Relative to the project, with forward slashes. */
  shown(file) {
    return path.relative(this.root, file).split(path.sep).join("/")
  }

  /** The exports of a module, which runs once. */
  load(file) {
    const known = this.modules.get(file)
    if (known) return known.exports
    const module = { exports: {}, file }
    this.modules.set(file, module)
    if (file.endsWith(".json")) {
      module.exports = JSON.parse(fs.readFileSync(file, "utf8"))
      return module.exports
    }
    const names = ["exports", "require", "module", "__filename", "__dirname", "importMeta"]
    const meta = { url: pathToFileURL(file).href, filename: file, dirname: path.dirname(file) }
    const run = this.compiled(file, names)
    run(module.exports, (name) => this.required(name, file), module, file, path.dirname(file), meta)
    return module.exports
  }

  compiled(file, names) {
    const text = this.translated(file)
    try {
      return vm.compileFunction(text, names, { filename: file })
    } catch (error) {
      throw new Refused(`${error.message} (adopt runs modules as CommonJS, without await outside of functions)`, file)
    }
  }

  translated(file) {
    const { ts } = this
    const { outputText, diagnostics } = ts.transpileModule(fs.readFileSync(file, "utf8"), {
      fileName: file,
      reportDiagnostics: true,
      compilerOptions: {
        ...{ module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true, allowJs: true },
        ...{ experimentalDecorators: true },
      },
      transformers: { before: [(context) => (source) => this.withoutMeta(source, context)] },
    })
    const wrong = diagnostics.find((one) => one.category === ts.DiagnosticCategory.Error)
    if (wrong) {
      const line = wrong.file.getLineAndCharacterOfPosition(wrong.start).line + 1
      throw new Refused(ts.flattenDiagnosticMessageText(wrong.messageText, " "), file, line)
    }
    return outputText
  }

  /** `import.meta` is of ECMAScript modules alone, and these run as CommonJS. */
  withoutMeta(source, context) {
    const { ts } = this
    const visit = (node) =>
      ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword
        ? context.factory.createIdentifier("importMeta")
        : ts.visitEachChild(node, visit, context)
    return ts.visitNode(source, visit)
  }

  required(name, file) {
    const substitute = this.substitute(name, file)
    if (substitute !== undefined) return substitute
    if (isBuiltin(name)) return require(name)
    const found = this.resolved(name, file)
    if (found === file) return this.fromItself(file)
    if (found && !found.includes(`${path.sep}node_modules${path.sep}`)) return this.load(found)
    if (name.startsWith(".")) throw new Refused(`${name} is imported, and there is no such file`, file)
    const require_ = createRequire(file)
    try {
      require_.resolve(name)
    } catch {
      return this.missing(name, file)
    }
    return require_(name)
  }

  resolved(name, file) {
    const { ts } = this
    const options = this.optionsOf(path.dirname(file))
    const found = ts.resolveModuleName(name, file, options, ts.sys).resolvedModule?.resolvedFileName
    if (found === undefined || found.endsWith(".d.ts")) return undefined
    return ts.sys.realpath ? ts.sys.realpath(found) : found
  }

  /** Of the nearest tsconfig.json: aliases in `paths` come from there. */
  optionsOf(folder) {
    const { ts } = this
    if (!this.options.has(folder)) {
      const config = ts.findConfigFile(folder, ts.sys.fileExists)
      const read = config ? ts.readConfigFile(config, ts.sys.readFile).config : undefined
      const given = read ? ts.parseJsonConfigFileContent(read, ts.sys, path.dirname(config)).options : {}
      const bundled = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }
      this.options.set(folder, { ...given, ...bundled, resolveJsonModule: true, allowJs: true })
    }
    return this.options.get(folder)
  }

  /** A module that imports from itself cannot mean itself: the name is taken from the one other file that exports it. */
  fromItself(file) {
    return new Proxy(this.modules.get(file).exports, {
      get: (exports, name) => {
        if (name in exports || typeof name === "symbol") return exports[name]
        const others = this.sources().filter((other) => other !== file && this.exportsOf(other).has(name))
        const shown = others.map((other) => this.shown(other)).join(", ")
        if (others.length !== 1) {
          const found = others.length === 0 ? "no other file exports it" : `${shown} export it`
          throw new Refused(`${String(name)} is imported from the file itself, and ${found}`, file)
        }
        const why = `The file imports it from itself. Only ${shown} exports it, so it was taken from there.`
        this.note("note", file, `the import of ${name}`, why)
        return this.load(others[0])[name]
      },
    })
  }

  sources() {
    const folder = path.join(this.root, "amplify")
    return this.ts.sys
      .readDirectory(folder, [".ts", ".mts", ".tsx", ".js", ".mjs"], ["**/node_modules"])
      .filter((file) => !file.endsWith(".d.ts"))
      .map((file) => path.resolve(file))
  }

  /** The names that a module exports by declaration, without running it. */
  exportsOf(file) {
    const { ts } = this
    const source = ts.createSourceFile(file, fs.readFileSync(file, "utf8"), ts.ScriptTarget.ES2022)
    const names = new Set()
    for (const statement of source.statements) {
      const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : []
      if (!modifiers.some((one) => one.kind === ts.SyntaxKind.ExportKeyword)) continue
      if (!ts.isVariableStatement(statement)) continue
      for (const { name } of statement.declarationList.declarations) if (ts.isIdentifier(name)) names.add(name.text)
    }
    return names
  }
}

module.exports = { Files, Refused }
