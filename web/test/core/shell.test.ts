import { describe, expect, it } from "vitest";

import { kindOf, partsOf } from "../../src/core/shell.js";

const ORIGIN = "https://gateway.example";
const kind = (path: string, mode = "cors", method = "GET"): string =>
  kindOf({ url: new URL(path, ORIGIN).href, method, mode }, ORIGIN);

describe("the service worker", () => {
  it("answers for the document and its built parts", () => {
    expect(kind("/", "navigate")).toBe("document");
    expect(kind("/?a=1", "navigate")).toBe("document");
    expect(kind("/assets/index-abc.js")).toBe("asset");
  });

  it.each([
    "/api/me",
    "/api/events",
    "/api/cameras/lobby/still",
    "/whep/lobby",
    "/whep/sessions/secret",
    "/hooks/panic",
    "/metrics",
    "/readyz",
    "/worker.js",
    "/assets/../api/me",
    "/assets/deeper/index.js",
    "/",
  ])("leaves %s to the network", (path) => {
    expect(kind(path)).toBe("other");
  });

  it("leaves other methods, other hosts and other addresses of the gateway to the network", () => {
    expect(kind("/assets/index-abc.js", "cors", "POST")).toBe("other");
    expect(kind("https://elsewhere.example/assets/index-abc.js")).toBe("other");
    expect(kind("/api/cameras/lobby/still", "navigate")).toBe("other");
  });

  it("keeps our document with its parts, and nobody else's", () => {
    const page = `<script type="module" crossorigin src="/assets/index-a.js"></script>
      <link rel="stylesheet" crossorigin href="/assets/index-b.css"><sl-app></sl-app>`;
    expect(partsOf(page)).toEqual(["/assets/index-a.js", "/assets/index-b.css"]);
    expect(partsOf("<h1>Welcome to guest Wi-Fi</h1>")).toBeNull();
  });
});
