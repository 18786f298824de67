// The clients as an app's bundler makes them, into the folder of the first argument: a process that starts reads a few
// files instead of a thousand. Nothing is left out or rewritten, and the entries share their modules.

import { rolldown } from "rolldown";
import { BUNDLED } from "./bundled.mjs";

const bundle = await rolldown({
  input: Object.fromEntries(BUNDLED.map((name) => [name, name])),
  platform: "node",
  treeshake: false,
  cwd: import.meta.dirname,
});
await bundle.write({ dir: process.argv[2], entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" });
