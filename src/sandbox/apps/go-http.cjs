// Where Go's net/http answers otherwise than Node's: connection headers, and the redirect of unclean paths by ServeMux.
"use strict";

const { STATUS_CODES } = require("node:http");

/** Go names the connection's fate only where it is not the protocol's default, and knows no Keep-Alive header. */
function keepLikeGo(request, response) {
  const modern = request.httpVersion === "1.1";
  if (modern === response.shouldKeepAlive) response.removeHeader("Connection");
  else response.setHeader("Connection", modern ? "close" : "keep-alive");
}

/** The decoded path, or undefined when the request is answered already. */
function redirectIfUnclean(request, response) {
  const [, host, target = "/", query] = /^(?:\w+:\/\/([^/?]*))?([^?]*)(\?.*)?$/s.exec(request.url) ?? [];
  // The host of an absolute target wins over the header: RFC 9112 section 3.2.2.
  if (host !== undefined) request.headers.host = host;
  let path;
  try {
    path = decodeURIComponent(target === "" ? "/" : target);
  } catch {
    response.writeHead(400, { "Content-Type": "text/plain; charset=utf-8", Connection: "close" });
    response.end("400 Bad Request");
    return undefined;
  }
  const clean = cleanPath(path);
  if (clean === path || request.method === "CONNECT") return path;
  redirect(request, response, escapePath(clean) + (query ?? ""));
  return undefined;
}

function redirect(request, response, location) {
  const shown = location
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&#34;");
  const body = request.method === "GET" ? `<a href="${shown}">${STATUS_CODES[301]}</a>.\n\n` : "";
  const hasType = request.method === "GET" || request.method === "HEAD";
  response.writeHead(301, {
    ...(hasType ? { "Content-Type": "text/html; charset=utf-8" } : {}),
    Location: location,
    ...(request.method === "HEAD" ? {} : { "Content-Length": Buffer.byteLength(body) }),
  });
  response.end(body);
}

function cleanPath(path) {
  const out = [];
  for (const part of path.split("/")) {
    if (part === "..") out.pop();
    else if (part !== "" && part !== ".") out.push(part);
  }
  const clean = `/${out.join("/")}`;
  return path.endsWith("/") && clean !== "/" ? `${clean}/` : clean;
}

function escapePath(path) {
  return encodeURIComponent(path).replace(/%(2F|24|26|2B|2C|3A|3B|3D|40)/g, (code) => decodeURIComponent(code));
}

module.exports = { cleanPath, keepLikeGo, redirectIfUnclean };
