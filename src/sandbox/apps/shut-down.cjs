// SIGTERM and SIGINT as http-echo takes them: no new connections, requests in flight are answered, at most 5 s.
"use strict";

const { Server } = require("node:net");
const { flush } = require("./access-log.cjs");

const GRACE_MS = 5_000;
// It was interrupted, so it does not end cleanly.
const INTERRUPTED = 2;

function stopOnSignal(server, log) {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    log("[INFO] received interrupt, shutting down...");
    // First no new connections, then the idle ones: as Go does it. Node's own close has the other order.
    Server.prototype.close.call(server, () => end(INTERRUPTED));
    server.closeIdleConnections();
    setTimeout(() => {
      log("[ERR] failed to shutdown server: context deadline exceeded");
      end(1);
    }, GRACE_MS);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

function end(code) {
  flush();
  process.exit(code);
}

module.exports = { stopOnSignal };
