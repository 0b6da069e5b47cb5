// Random VirtualServices within what both istiod's validation and the gateway accept, and random requests that have a fair
// chance of meeting them. Seeded: a scenario is repeated from its number.

import type { Random } from "../../../src/gateway/random.ts";

export interface GeneratedRequest {
  method: string;
  host: string;
  path: string;
  headers: Record<string, string>;
}

type Fields = Record<string, unknown>;

const PATHS = "/ /a /a/ /a/b /A /ab /b /b/c/d /api/v1/x /api /%61 /a%2fb /a//b /a/../b /old/x /old".split(" ");
const HOSTS = "shop.example shop.example:18180 SHOP.example a.shop.example b.a.shop.example other.example x".split(" ");
const BOUND_HOSTS = [
  ["*"],
  ["shop.example"],
  ["*.shop.example"],
  ["*.example", "x"],
  ["a.shop.example", "shop.example"],
];
const QUERIES = ["", "", "", "?q=1", "?q", "?p=12&q=1", "?q=%20", "?Q=1&p=x%20y"];

export class Generator {
  readonly #random: Random;
  #routes = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Specs of one to three VirtualServices on the Gateway `gw`. */
  virtualServices(): Fields[] {
    this.#routes = 0;
    return this.#several(3, () => ({
      hosts: this.#pick(BOUND_HOSTS),
      gateways: ["gw"],
      http: this.#several(4, () => this.#route()),
    }));
  }

  request(): GeneratedRequest {
    return {
      method: this.#pick(["GET", "GET", "GET", "POST", "HEAD", "OPTIONS"]),
      host: this.#pick(HOSTS),
      path: this.#pick(PATHS) + this.#pick(QUERIES),
      headers: {
        ...(this.#maybe(0.4) && { "x-a": this.#pick(["1", "two", "3"]) }),
        ...(this.#maybe(0.3) && { "X-B": this.#pick(["1", "two"]) }),
        ...(this.#maybe(0.4) && { origin: this.#pick(["http://a.test", "http://b.test"]) }),
        ...(this.#maybe(0.4) && { "access-control-request-method": "GET" }),
        ...(this.#maybe(0.2) && { cookie: "a=b; user=jane" }),
      },
    };
  }

  #route(): Fields {
    const kind = this.#random();
    const common = { name: `r${this.#routes++}`, ...this.#optional(0.3, "headers", () => this.#headers()) };
    const matches = () => this.#several(2, () => this.#match());
    if (kind < 0.08) {
      const prefix = { uri: { prefix: this.#pick(["/a", "/old/"]) } };
      return { ...common, match: [prefix], redirect: { prefixRewrite: "/pre" } };
    }
    const match = this.#optional(0.85, "match", matches);
    if (kind < 0.16) return { ...common, ...match, redirect: this.#redirect() };
    if (kind < 0.22) return { ...common, ...match, directResponse: this.#directResponse() };
    return { ...common, ...match, ...this.#forward() };
  }

  #match(): Fields {
    return {
      ...this.#optional(0.75, "uri", () => this.#uri()),
      ...this.#optional(0.2, "ignoreUriCase", () => true),
      ...this.#optional(0.25, "method", () => this.#text(["GET", "POST"], ["G.*", "GET|HEAD"])),
      ...this.#optional(0.3, "headers", () => ({
        [this.#pick(["x-a", "X-B", "cookie"])]: this.#orPresent(() => this.#text(["1", "two"], ["\\d+", ".*user=.*"])),
      })),
      ...this.#optional(0.2, "withoutHeaders", () => ({
        [this.#pick(["x-a", "x-b"])]: this.#orPresent(() => this.#text(["1", "two"], ["\\d*"])),
      })),
      ...this.#optional(0.2, "queryParams", () => ({
        [this.#pick(["q", "p"])]: this.#orPresent(() => this.#text(["1", "x y", "%20"], ["\\d+"])),
      })),
      ...this.#optional(0.1, "authority", () => this.#text(["shop.example", "shop.example:18180"], [".*shop.*"])),
      ...this.#optional(0.1, "scheme", () => ({ exact: this.#pick(["http", "https"]) })),
      ...this.#optional(0.1, "gateways", () => [this.#pick(["gw", "mesh", "default/gw"])]),
      ...this.#optional(0.08, "sourceLabels", () => this.#pick([{ istio: "ingressgateway" }, { app: "x" }])),
      ...this.#optional(0.05, "port", () => this.#pick([18_180, 80])),
      ...this.#optional(0.2, "name", () => "m"),
    };
  }

  #uri(): Fields {
    return this.#pick([
      () => ({ exact: this.#pick(PATHS) }),
      () => ({ prefix: this.#pick("/ /a /a/ /api /b /old /old/ /A".split(" ")) }),
      () => ({ regex: this.#pick(["/a.*", "/[ab]", "/api/v\\d+/.*", ".*", "/old/(.*)"]) }),
    ])();
  }

  #text(values: string[], regexes: string[]): Fields {
    return this.#pick([
      () => ({ exact: this.#pick(values) }),
      () => ({ prefix: this.#pick(values).slice(0, 1 + Math.floor(this.#random() * 4)) }),
      () => ({ regex: this.#pick(regexes) }),
    ])();
  }

  #redirect(): Fields {
    return {
      uri: this.#pick(["/new", "/new?z=1"]),
      ...this.#optional(0.4, "authority", () => this.#pick(["new.example", "new.example:99"])),
      ...this.#optional(0.3, "scheme", () => this.#pick(["http", "https"])),
      ...(this.#maybe(0.5) ? { port: this.#pick([80, 8_080, 443]) } : { derivePort: "FROM_REQUEST_PORT" }),
      ...this.#optional(0.4, "redirectCode", () => this.#pick([301, 302, 303, 307, 308])),
    };
  }

  /** No 204 with a body: Envoy sends both. */
  #directResponse(): Fields {
    return this.#pick([
      { status: 204 },
      { status: 200, body: { string: "direct" } },
      { status: 403 },
      { status: 503, body: { string: "x" } },
    ]);
  }

  #forward(): Fields {
    const single = this.#maybe(0.7);
    const first = { destination: this.#destination(), ...this.#optional(0.35, "headers", () => this.#headers()) };
    const route = single
      ? [first]
      : [
          { ...first, weight: 100 },
          { destination: this.#destination(), weight: 0 },
        ];
    return {
      route,
      ...this.#optional(0.3, "rewrite", () => this.#rewrite()),
      ...this.#optional(0.15, "timeout", () => "5s"),
      ...this.#optional(0.12, "fault", () => this.#fault()),
      ...this.#optional(0.25, "corsPolicy", () => this.#cors()),
      ...this.#optional(0.15, "mirror", () => this.#destination()),
      ...this.#optional(0.15, "retries", () =>
        this.#pick([{ attempts: 0 }, { attempts: 2, retryOn: "5xx", perTryTimeout: "2s" }]),
      ),
    };
  }

  /** Nothing of chance. */
  #fault(): Fields {
    return this.#pick<Fields>([
      { abort: { httpStatus: this.#pick([418, 500, 200]), percentage: { value: 100 } } },
      { abort: { httpStatus: 500 } },
      { abort: { httpStatus: 500, percentage: { value: 0 } } },
      { delay: { fixedDelay: "0.02s", percentage: { value: 100 } } },
    ]);
  }

  #cors(): Fields {
    return {
      ...this.#optional(0.9, "allowOrigins", () => [this.#text(["http://a.test", "*"], ["http://.*"])]),
      ...this.#optional(0.5, "allowMethods", () => ["GET", "POST"]),
      ...this.#optional(0.4, "allowHeaders", () => ["x-a", "x-b"]),
      ...this.#optional(0.4, "exposeHeaders", () => ["x-resp"]),
      ...this.#optional(0.4, "maxAge", () => this.#pick(["60s", "1m"])),
      ...this.#optional(0.4, "allowCredentials", () => true),
      ...this.#optional(0.3, "unmatchedPreflights", () => this.#pick(["FORWARD", "IGNORE"])),
    };
  }

  #destination(): Fields {
    const host = "echo.default.svc.cluster.local";
    return {
      host,
      subset: this.#pick(["v1", "v2", "v1", "v2", "v9"]),
      ...this.#optional(0.15, "port", () => ({ number: this.#pick([80, 81]) })),
    };
  }

  #rewrite(): Fields {
    return this.#pick<Fields>([
      { uri: this.#pick(["/rw", "/rw/", "/"]) },
      { uri: "/rw", authority: "rw.example" },
      { authority: "rw.example" },
      { uriRegexRewrite: { match: "^/([^/]*)/(.*)$", rewrite: "/\\2/\\1" } },
      { uriRegexRewrite: { match: "a", rewrite: "X$1" } },
    ]);
  }

  #headers(): Fields {
    return {
      ...this.#optional(0.7, "request", () => this.#operations()),
      ...this.#optional(0.6, "response", () => this.#operations()),
    };
  }

  #operations(): Fields {
    return {
      ...this.#optional(0.5, "set", () => ({ [this.#pick(["x-set", "X-A", "x-two"])]: this.#pick(["s", "100%%"]) })),
      ...this.#optional(0.5, "add", () => ({ [this.#pick(["x-add", "x-a", "x-two"])]: "added" })),
      ...this.#optional(0.4, "remove", () => [this.#pick(["x-a", "X-B", "x-resp"])]),
    };
  }

  #orPresent(make: () => Fields): Fields {
    return this.#maybe(0.2) ? {} : make();
  }

  #optional(probability: number, name: string, make: () => unknown): Fields {
    return this.#maybe(probability) ? { [name]: make() } : {};
  }

  #maybe(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }

  #several<T>(most: number, make: () => T): T[] {
    return Array.from({ length: 1 + Math.floor(this.#random() * most) }, make);
  }
}
