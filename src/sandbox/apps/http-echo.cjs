// A stand-in for the image hashicorp/http-echo 1.0: same flags, answers, log lines, exit codes and signal behaviour,
// compared with the real program by testbed/conformance/http-echo.ts. CommonJS without dependencies, because a pod's
// start-up time is mostly Node's: this form is listening twice as fast as an ES module.
"use strict";

const { createServer } = require("node:http");
const { stopOnSignal } = require("./shut-down.cjs");
const { accessLine, logTime, print } = require("./access-log.cjs");
const { listenOn } = require("./listen-address.cjs");
const { parseFlags } = require("./go-flags.cjs");
const { keepLikeGo, redirectIfUnclean } = require("./go-http.cjs");

const NAME = "http-echo";
// As the image's entry point is called.
const PROGRAM = "/http-echo";
const VERSION = "1.0.0";
// The tag's commit, as the published binary prints it.
const HUMAN_VERSION = `${NAME} v${VERSION} (866d8f8)\nBuilt: 2023-11-27T19:15:18Z`;
// Neither is an error of Go's flag package, so the program has a number of its own for it.
const BAD_USE = 127;

const FLAGS = {
  listen: { type: "string", initial: ":5678", usage: "address and port to listen" },
  "status-code": { type: "int", initial: 200, usage: "http response code, e.g.: 200" },
  text: { type: "string", initial: "", usage: "text to put on the webpage" },
  version: { type: "bool", initial: false, usage: "display version information" },
};

main();

function main() {
  const { values, rest } = parseFlags(FLAGS, process.argv.slice(2), PROGRAM);
  if (values.version) {
    print(1, `${HUMAN_VERSION}\n`);
    process.exit(0);
  }
  const text = values.text === "" ? (process.env.ECHO_TEXT ?? "") : values.text;
  if (text === "") refuse("Missing -text option or ECHO_TEXT env var!");
  if (rest.length > 0) refuse("Too many arguments!");
  serve(values.listen, values["status-code"], Buffer.from(`${text}\n`));
}

function serve(listen, status, body) {
  const health = Buffer.from('{"status":"ok"}\n');
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
    const startedNs = process.hrtime.bigint();
    keepLikeGo(request, response);
    const path = redirectIfUnclean(request, response);
    if (path === undefined) return;
    if (path === "/health") answer(response, 200, health);
    else {
      answer(response, status, body);
      accessLine({ request, path, status, length: body.length, startedNs });
    }
  });
  log(`[INFO] server is listening on ${listen}`);
  listenOn(server, listen, (message) => {
    log(`[ERR] server exited with: ${message}`);
    process.exit(1);
  });
  stopOnSignal(server, log);
}

function answer(response, status, body) {
  const bodyless = status === 204 || status === 304 || status < 200;
  const headers = { "X-App-Name": NAME, "X-App-Version": VERSION };
  if (!bodyless) {
    headers["Content-Length"] = body.length;
    headers["Content-Type"] = "text/plain; charset=utf-8";
  }
  response.writeHead(status, headers);
  response.end(bodyless ? undefined : body);
}

function refuse(message) {
  print(2, `${message}\n`);
  process.exit(BAD_USE);
}

function log(message) {
  print(2, `${logTime(new Date())} ${message}\n`);
}
