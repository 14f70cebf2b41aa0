import { defineConfig } from "vitest/config";

/** The gateway to which `npm run dev` forwards requests. */
const gateway = process.env["SIGHTLINE_URL"] ?? "http://localhost:8080";

export default defineConfig({
  build: {
    outDir: "../gateway/static",
    emptyOutDir: true,
    target: "es2022",
    rolldownOptions: {
      input: ["index.html", "src/worker.ts"],
      // The service worker keeps its name across releases, because browsers look there for a newer one.
      output: { entryFileNames: ({ name }) => (name === "worker" ? "worker.js" : "assets/[name]-[hash].js") },
    },
  },
  server: {
    proxy: {
      "/api": { target: gateway, ws: true },
      "/whep": { target: gateway },
    },
  },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
