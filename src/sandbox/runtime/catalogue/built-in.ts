// The images that come with Serin: the public echo image, as a compatible program, and Serin's own, which can be told to
// fail in part.

import { join } from "node:path";
import type { CatalogueEntry } from "./entry.ts";

const APPS = join(import.meta.dirname, "..", "..", "apps");

// The program is small and lives on little: keep its heap small and skip what only long-running servers need.
const NODE = [process.execPath, "--max-old-space-size=48", "--max-semi-space-size=1"];

// The programs bind the pod's address for whatever port their own arguments name.
const ADDRESS = { SANDBOX_POD_IP: "$(POD_IP)", SANDBOX_DIAL: "$(DIAL)" };

export function builtInCatalogue(): CatalogueEntry[] {
  return [
    {
      image: "hashicorp/http-echo",
      tags: ["1.0", "1.0.0", "latest"],
      command: [...NODE, join(APPS, "http-echo.cjs")],
      env: ADDRESS,
      imageEnv: { ECHO_TEXT: "hello-world" },
      builtIn: true,
    },
    { image: "serin.dev/echo", command: [...NODE, join(APPS, "echo.cjs")], env: ADDRESS, builtIn: true },
  ];
}
