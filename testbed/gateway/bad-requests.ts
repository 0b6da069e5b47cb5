// Requests that no decent client sends: what smugglers try (https://portswigger.net/web-security/request-smuggling), and plain nonsense.
// Data only: what may reach the upstream is said here, what a proxy answers is for its tests.

export interface BadRequest {
  name: string;
  bytes: string;
  /** Targets that the upstream may see, in this order: what the client can be said to have meant. It may see fewer, never others. */
  meant: readonly string[];
}

const SMUGGLED = "GET /smuggled HTTP/1.1\r\nhost: x.example\r\n\r\n";
const CRLF = "\r\n";

const bad = (name: string, bytes: string, ...meant: string[]): BadRequest => ({ name, bytes, meant });

/** A POST with these header lines and this body. */
const post = (name: string, lines: readonly string[], body: string): BadRequest =>
  bad(name, ["POST /meant HTTP/1.1", "host: a.example", ...lines, "", body].join(CRLF), "/meant");

const get = (name: string, ...lines: string[]): BadRequest =>
  bad(name, ["GET /meant HTTP/1.1", "host: a.example", ...lines, "", ""].join(CRLF), "/meant");

const line = (name: string, first: string, ...meant: string[]): BadRequest =>
  bad(name, `${first}\r\nhost: a.example\r\n\r\n`, ...meant);

const hidden = `0\r\n\r\n${SMUGGLED}`;

const FRAMING: readonly BadRequest[] = [
  post("content-length before chunked", [`content-length: ${hidden.length}`, "transfer-encoding: chunked"], hidden),
  post("chunked before content-length", ["transfer-encoding: chunked", `content-length: ${hidden.length}`], hidden),
  post(
    "content-length shorter than chunks",
    ["content-length: 4", "transfer-encoding: chunked"],
    `5c\r\n${SMUGGLED.padEnd(92, "x")}\r\n0\r\n\r\n`,
  ),
  post("two different content-lengths", ["content-length: 0", `content-length: ${SMUGGLED.length}`], SMUGGLED),
  post("the same content-length twice", ["content-length: 3", "content-length: 3"], "abc"),
  post("a list of equal content-lengths", ["content-length: 3, 3"], "abc"),
  post("a list of different content-lengths", [`content-length: 0, ${SMUGGLED.length}`], SMUGGLED),
  post("content-length with a plus sign", ["content-length: +3"], "abc"),
  post("negative content-length", ["content-length: -3"], "abc"),
  post("hexadecimal content-length", ["content-length: 0x3"], "abc"),
  post("content-length with letters behind", ["content-length: 3a"], "abc"),
  post("content-length with a space inside", ["content-length: 1 2"], "abc"),
  post("content-length beyond 64 bits", ["content-length: 18446744073709551619"], "abc"),
  post("empty content-length", ["content-length:"], ""),
  post("content-length with an underscore", ["content_length: 3", "content-length: 0"], SMUGGLED.slice(0, 0)),
  ...[
    "chunked, identity",
    "identity, chunked",
    "identity",
    "xchunked",
    "chunked-foo",
    "chunked, chunked",
    "gzip, chunked",
    "chunked;q=1",
    '"chunked"',
    "chunked\x0b",
    "\x0bchunked",
    "chunked,",
    ",chunked",
    "",
  ].map((coding) =>
    post(
      `transfer-encoding ${JSON.stringify(coding)} beside a length`,
      [`transfer-encoding: ${coding}`, `content-length: ${hidden.length}`],
      hidden,
    ),
  ),
  ...["xchunked", "chunked, identity", "identity", "gzip"].map((coding) =>
    post(`transfer-encoding ${coding} alone`, [`transfer-encoding: ${coding}`], hidden),
  ),
  post("two transfer-encodings", ["transfer-encoding: chunked", "transfer-encoding: identity"], hidden),
  post("two transfer-encodings, chunked last", ["transfer-encoding: identity", "transfer-encoding: chunked"], hidden),
  post("space before the colon", [`content-length: ${hidden.length}`, "transfer-encoding : chunked"], hidden),
  post("tab before the colon", [`content-length: ${hidden.length}`, "transfer-encoding\t: chunked"], hidden),
  post("space before content-length's colon", [`content-length : ${SMUGGLED.length}`], SMUGGLED),
  post("vertical tab in a name", [`content-length: ${hidden.length}`, "transfer-encoding\x0b: chunked"], hidden),
  post("folded transfer-encoding", [`content-length: ${hidden.length}`, "transfer-encoding:", " chunked"], hidden),
  post(
    "transfer-encoding folded into another header",
    [`content-length: ${hidden.length}`, "x: y", " transfer-encoding: chunked"],
    hidden,
  ),
  post(
    "transfer-encoding behind a bare line feed",
    [`content-length: ${hidden.length}`, "x: y\ntransfer-encoding: chunked"],
    hidden,
  ),
  post(
    "transfer-encoding behind a bare carriage return",
    [`content-length: ${hidden.length}`, "x: y\rtransfer-encoding: chunked"],
    hidden,
  ),
  post("a length behind a NUL", ["x: y\0", `content-length: ${SMUGGLED.length}`], SMUGGLED),
  post(
    "connection names content-length",
    ["connection: keep-alive, content-length", `content-length: ${SMUGGLED.length}`],
    SMUGGLED,
  ),
  post(
    "connection names transfer-encoding",
    ["connection: transfer-encoding", "transfer-encoding: chunked"],
    `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
  ),
  post("connection names host", ["connection: close, host"], ""),
  get("a body that nobody announced", "", "GET /smuggled HTTP/1.1", "x: y"),
];

const chunked = (name: string, body: string): BadRequest => post(name, ["transfer-encoding: chunked"], body);
const END = `0\r\n\r\n`;

const CHUNKS: readonly BadRequest[] = [
  chunked("chunk size that is no number", `zz\r\nabc\r\n${END}`),
  chunked("chunk size with a prefix", `0x3\r\nabc\r\n${END}`),
  chunked("chunk size with a plus sign", `+3\r\nabc\r\n${END}`),
  chunked("negative chunk size", `-3\r\nabc\r\n${END}`),
  chunked("empty chunk size", `\r\nabc\r\n${END}`),
  chunked("space before the chunk size", ` 3\r\nabc\r\n${END}`),
  chunked("space behind the chunk size", `3 \r\nabc\r\n${END}`),
  chunked("chunk size with an underscore", `0_3\r\nabc\r\n${END}`),
  chunked("chunk size beyond 64 bits", `10000000000000003\r\nabc\r\n${END}`),
  chunked("chunk size with many zeros", `${"0".repeat(64)}3\r\nabc\r\n${END}`),
  chunked("chunk longer than its size", `3\r\nabcdef\r\n${END}`),
  chunked("chunk without its line end", `3\r\nabc${END}`),
  chunked("chunk size with a bare line feed", `3\nabc\r\n${END}`),
  chunked("chunk end with a bare line feed", `3\r\nabc\n${END}`),
  chunked("last chunk with bare line feeds", `3\r\nabc\r\n0\n\n${SMUGGLED}`),
  chunked("chunk extension", `3;name=value\r\nabc\r\n${END}`),
  chunked("quoted chunk extension", `3;name="a;b"\r\nabc\r\n${END}`),
  chunked("chunk extension with a bare line feed", `3;a\nb\r\nabc\r\n${END}`),
  chunked("chunk extension with a bare carriage return", `3;a\rb\r\nabc\r\n${END}`),
  chunked("huge chunk extension", `3;${"x".repeat(200_000)}\r\nabc\r\n${END}`),
  chunked("endless small chunk extensions", `${`1;${"x".repeat(4_000)}\r\na\r\n`.repeat(60)}${END}`),
  chunked("framing in the trailers", `3\r\nabc\r\n0\r\ncontent-length: 50\r\ntransfer-encoding: chunked\r\n\r\n`),
  chunked("host in the trailers", `3\r\nabc\r\n0\r\nhost: other.example\r\nx-forwarded-for: 1.2.3.4\r\n\r\n`),
  chunked("huge trailers", `3\r\nabc\r\n0\r\n${"x-t: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(3_000)}\r\n`),
];

const LINES: readonly BadRequest[] = [
  line("two spaces in the request line", "GET  /meant HTTP/1.1", "/meant"),
  line("a tab in the request line", "GET\t/meant\tHTTP/1.1", "/meant"),
  line("a space in the target", "GET /meant /more HTTP/1.1"),
  line("a NUL in the target", "GET /me\0ant HTTP/1.1"),
  line("a fragment", "GET /meant#/smuggled HTTP/1.1", "/meant"),
  line("bytes above 127 in the target", "GET /m\xe9 HTTP/1.1", "/m\xe9"),
  line("no slash before the path", "GET meant HTTP/1.1"),
  line("a backslash", "GET \\meant HTTP/1.1"),
  line("a method with a colon", "GE:T /meant HTTP/1.1"),
  line("an unknown method", "FROBNICATE /meant HTTP/1.1", "/meant"),
  line("a very long method", `${"M".repeat(100_000)} /meant HTTP/1.1`),
  line("a lower-case method", "get /meant HTTP/1.1", "/meant"),
  line("HTTP/0.9", "GET /meant"),
  line("HTTP/1.0", "GET /meant HTTP/1.0", "/meant"),
  line("HTTP/1.2", "GET /meant HTTP/1.2", "/meant"),
  line("HTTP/2.0", "GET /meant HTTP/2.0"),
  line("HTTP/1.10", "GET /meant HTTP/1.10"),
  line("lower-case protocol", "GET /meant http/1.1"),
  line("another protocol", "GET /meant ICE/1.0"),
  line("something behind the version", "GET /meant HTTP/1.1 x"),
  line("empty lines before the request", `${CRLF}${CRLF}GET /meant HTTP/1.1`, "/meant"),
  line("CONNECT", "CONNECT other.example:443 HTTP/1.1"),
  line("absolute form that names another host", "GET http://b.example/meant HTTP/1.1", "/meant"),
  line("absolute form with user and password", "GET http://u:p@b.example/meant HTTP/1.1", "/meant"),
  line("asterisk form", "OPTIONS * HTTP/1.1", "*"),
  line("a very long path", `GET /${"a".repeat(100_000)} HTTP/1.1`),
  bad("nothing but bytes", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and more that is no HTTP at all\r\n\r\n"),
  bad("an HTTP/2 preface that goes wrong", "PRI * HTTP/2.0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a.example\r\n\r\n"),
];

const HEADERS: readonly BadRequest[] = [
  bad("no host", "GET /meant HTTP/1.1\r\n\r\n"),
  bad("an empty host", "GET /meant HTTP/1.1\r\nhost:\r\n\r\n", "/meant"),
  bad("two hosts", "GET /meant HTTP/1.1\r\nhost: a.example\r\nhost: b.example\r\n\r\n", "/meant"),
  bad("a host with a path", "GET /meant HTTP/1.1\r\nhost: a.example/x\r\n\r\n", "/meant"),
  bad("a host with a space", "GET /meant HTTP/1.1\r\nhost: a.example b\r\n\r\n", "/meant"),
  bad("a host with a user", "GET /meant HTTP/1.1\r\nhost: u@a.example\r\n\r\n", "/meant"),
  bad("all line ends bare", "GET /meant HTTP/1.1\nhost: a.example\n\n", "/meant"),
  bad("header before the host begins with a space", "GET /meant HTTP/1.1\r\n x: y\r\nhost: a.example\r\n\r\n"),
  get("NUL in a value", "x: a\0b"),
  get("NUL in a name", "x\0y: a"),
  get("a bare carriage return in a value", "x: a\rb"),
  get("a header without a colon", "nonsense"),
  get("an empty header name", ": value"),
  get("a name with a space", "x y: value"),
  get("a name with brackets", "x(y): value"),
  get("bytes above 127 in a value", "x: \xe9\xfc"),
  get("a control character in a value", "x: a\x01b"),
  get("folded header", "x: a", "  b"),
  get("one header of 100 kB", `x: ${"v".repeat(100_000)}`),
  get("headers of 100 kB together", ...Array.from({ length: 50 }, (_, i) => `x-${i}: ${"v".repeat(2_000)}`)),
  get("a name of 70 kB", `${"n".repeat(70_000)}: v`),
  get("101 headers", ...Array.from({ length: 101 }, (_, i) => `x-${i}: v`)),
  get("5000 headers", ...Array.from({ length: 5_000 }, (_, i) => `x-${i}: v`)),
  get("upgrade to HTTP/2", "connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQAAP__"),
  get("upgrade to a WebSocket that is none", "connection: upgrade", "upgrade: websocket", "sec-websocket-version: 777"),
  get("expectation that nobody knows", "expect: the-unexpected"),
];

const PIPELINES: readonly BadRequest[] = [
  post("a second request inside the body", [`content-length: ${SMUGGLED.length}`], SMUGGLED),
  chunked("a second request inside a chunk", `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n${END}`),
  bad(
    "a body on a GET",
    `GET /meant HTTP/1.1\r\nhost: a.example\r\ncontent-length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    "/meant",
  ),
  bad(
    "nonsense behind a good request",
    "GET /meant HTTP/1.1\r\nhost: a.example\r\n\r\nnonsense GET /smuggled HTTP/1.1\r\nhost: a.example\r\n\r\n",
    "/meant",
  ),
  bad(
    "a bad request between good ones",
    `GET /meant HTTP/1.1\r\nhost: a.example\r\n\r\nPOST /bad HTTP/1.1\r\nhost: a.example\r\ncontent-length: x\r\n\r\n${SMUGGLED}`,
    "/meant",
  ),
];

export const BAD_REQUESTS: readonly BadRequest[] = [...FRAMING, ...CHUNKS, ...LINES, ...HEADERS, ...PIPELINES];
