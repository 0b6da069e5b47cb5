// `npm start`: installs what is missing, then plays the story in the sandbox. Arguments after `--` go to `serin demo`.

process.argv.splice(2, 0, "demo");
await import("../bin/serin.mjs");
