import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

/** A test tool that the form library exports beside its form wants a validator that is not installed: it is never called. */
const withoutTestTools: Plugin = {
  name: "without-test-tools",
  enforce: "pre",
  resolveId: id => (id === "@rjsf/validator-ajv8" ? "\0no-validator" : undefined),
  load: id => (id === "\0no-validator" ? "export default undefined;" : undefined)
};

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Wherever the files are put, they find each other.
  base: "./",
  plugins: [withoutTestTools],
  server: { host: "127.0.0.1", proxy: { "/graphql": "http://127.0.0.1:4000" } },
  build: {
    outDir: "../dist/dashboard",
    emptyOutDir: true,
    target: "es2022",
    // A data: URL would need a hole in the Content-Security-Policy, and an inline script another.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: "manifest.json",
    reportCompressedSize: false,
    rolldownOptions: {
      onLog: (level, log, report) => {
        // Libraries mark what runs in browsers alone, as here everything does.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") {
          report(level, log);
        }
      }
    }
  }
});
