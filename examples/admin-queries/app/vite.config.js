import { defineConfig } from "vite";

export default defineConfig({
  // poolhouse_local.js lies in the folder above, and imports aws-amplify as if it lay here.
  resolve: { dedupe: ["aws-amplify"] },
  server: { fs: { allow: [".."] } },
  build: { target: "esnext", chunkSizeWarningLimit: 10_000 },
});
