// Where the program begins. The compile cache has to be on before the first import that matters, so there is no static one.

import { enableCompileCache } from "node:module";
import { join } from "node:path";

const OLDEST_NODE = 24;

if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) {
  process.stderr.write(
    `Serin needs Node ${OLDEST_NODE} or newer; this is ${process.version}.\n` +
      "Install it (https://nodejs.org, or `nvm install 24`), or start the clone with `npm start`, which brings its own.\n",
  );
  process.exit(1);
}
enableCompileCache(join(import.meta.dirname, "..", "node_modules", ".cache", "compile"));
const { runProcess } = await import("./wiring.ts");
await runProcess(process.argv.slice(2));
