// Three pages, and one module that keeps its name. The generated module stays outside: the site serves the server's own file.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  root: here("."),
  logLevel: "error",
  build: {
    target: "esnext",
    chunkSizeWarningLimit: 10_000,
    emptyOutDir: true,
    rolldownOptions: {
      input: {
        index: here("index.html"),
        library: here("library.html"),
        redirect: here("redirect.html"),
        utils: here("utils.js"),
      },
      external: ["/poolhouse_local.js"],
      preserveEntrySignatures: "exports-only",
      output: { entryFileNames: ({ name }) => (name === "utils" ? "utils.js" : "assets/[name]-[hash].js") },
    },
  },
});
