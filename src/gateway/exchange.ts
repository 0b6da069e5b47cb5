// One client request from its head to its last byte: route, destination, attempts, answer, account. Each ends exactly once,
// in `#finish`, whoever ends it: the upstream, a local answer, a timeout or the client.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Attempt, type AttemptOwner } from "./attempt.ts";
import { bodyOf, refusalOf } from "./client-request.ts";
import { type CorsVerdict, judgeCors } from "./cors.ts";
import { directAnswer } from "./direct-answer.ts";
import type { Entrance } from "./entrance.ts";
import { delayedFlags, happens } from "./fault.ts";
import { forwardHeaders } from "./forward-headers.ts";
import type { Gate } from "./gate.ts";
import { clientHeaders, edit, type HeaderList, localHeaders, sealed } from "./headers.ts";
import type { LiveCluster } from "./live-cluster.ts";
import * as local from "./local-reply.ts";
import { logRouting } from "./log-routing.ts";
import { findByHost, findRoute } from "./match.ts";
import { sendMirrors } from "./mirror.ts";
import { hostWithoutPort } from "./names.ts";
import type { RequestBody } from "./request-body.ts";
import { NodeRequestView } from "./request-view.ts";
import { type AnswerHeaders, backoffMs, retriesFailure, retriesStatus } from "./retry.ts";
import type { RetryLimit } from "./retry-limit.ts";
import { forwardedPath } from "./rewrite.ts";
import { splice, switchingProtocols } from "./splice.ts";
import type { DestinationStats } from "./stats.ts";
import type { ForwardAction, RetryPolicy, Route, RouteFilters, WeightedDestination } from "./table.ts";
import { parseTarget } from "./target.ts";
import type { Upstream } from "./upstream.ts";
import { writeHead } from "./write-head.ts";

const NO_BODY = new Uint8Array();

export class Exchange implements AttemptOwner {
  readonly #gate: Gate;
  readonly #entrance: Entrance;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #startMs: number;
  #done = false;
  #view: NodeRequestView | undefined;
  #route: Route | undefined;
  #destination: WeightedDestination | undefined;
  #cluster: LiveCluster | undefined;
  #stats: DestinationStats;
  #headers: HeaderList = [];
  #path = "";
  #body: RequestBody | undefined;
  #attempt: Attempt | undefined;
  #attempts = 0;
  #tried: Upstream[] | undefined;
  #attemptStartMs = 0;
  #upstreamMs: number | undefined;
  #bytesSent = 0;
  #exhausted = false;
  /** A retry was wanted, but too many were running. */
  #overflowed = false;
  #retrying: RetryLimit | undefined;
  #policy: RetryPolicy | undefined;
  #upgrade: string | undefined;
  #expectsContinue = false;
  #bytesReceived = 0;
  #corsEdit: CorsVerdict["response"];
  /** By an injected fault. */
  #delayed = false;
  #cancelTimeout: (() => void) | undefined;
  #cancelPerTry: (() => void) | undefined;
  #cancelBackoff: (() => void) | undefined;

  constructor(gate: Gate, entrance: Entrance, request: IncomingMessage, response: ServerResponse) {
    this.#gate = gate;
    this.#entrance = entrance;
    this.#request = request;
    this.#response = response;
    this.#startMs = gate.monotonicMs();
    this.#stats = gate.stats.nowhere;
  }

  /** A request that wants to go on as a WebSocket. No time limit holds: in Envoy they begin when the request is complete. */
  startUpgrade(): void {
    this.#upgrade = "websocket";
    this.#response.shouldKeepAlive = false;
    this.start();
  }

  /** A request whose client waits for 100 before it sends the body: it gets it when the request has somewhere to go. */
  startExpected(): void {
    this.#expectsContinue = true;
    this.start();
  }

  get done(): boolean {
    return this.#done;
  }

  /** The rest of the request is no HTTP, or does not come. */
  breakOff(reply: local.LocalReply): void {
    this.#attempt?.abandon();
    if (!this.#response.headersSent) return this.#answer(reply);
    this.#finish(this.#response.statusCode, reply.flags, reply.details, "");
    this.#response.destroy();
  }

  start(): void {
    const request = this.#request;
    this.#response.on("close", () => this.#clientGone());
    const refusal = refusalOf(request);
    if (refusal !== undefined) return this.#answer(refusal);
    const target = parseTarget(request.url!);
    if (target === undefined) return this.#answer(local.badTarget(request.url!));
    const authority = target.authority ?? request.headers.host!;
    const origin = { scheme: this.#entrance.scheme, authority, target };
    const view = new NodeRequestView(request, origin, this.#gate.newRequestId());
    this.#view = view;
    const hosts = this.#entrance.hosts();
    const virtualHost = hosts && findByHost(hosts, hostWithoutPort(authority));
    const route = virtualHost && findRoute(virtualHost, view);
    if (route === undefined) return this.#answer(local.NO_ROUTE);
    this.#route = route;
    const { action } = route;
    if (action.kind === "forward") return this.#forward(action, route, view);
    const { code, body, head } = directAnswer(action, route, view);
    this.#answerDirectly(code, body, head);
  }

  #forward(action: ForwardAction, route: Route, view: NodeRequestView): void {
    const { live } = this.#gate;
    const destination = live.choose(action);
    this.#destination = destination;
    this.#cluster = live.cluster(destination.clusterKey);
    if (action.filters === undefined) this.#send(action, route, view);
    else this.#filter(action.filters, view, () => this.#send(action, route, view));
  }

  /** What stands before the router in Envoy, in its order. */
  #filter({ fault, cors }: RouteFilters, view: NodeRequestView, send: () => void): void {
    const proceed = cors === undefined ? send : () => this.#judgeOrigin(judgeCors(cors, view), send);
    if (fault === undefined) return proceed();
    const { random } = this.#gate.live;
    const inject = () => {
      if (this.#done) return;
      if (happens(fault.abort, random)) this.#answerForService(local.faultReply(fault.abort.status));
      else proceed();
    };
    if (!happens(fault.delay, random)) return inject();
    this.#delayed = true;
    this.#cancelBackoff = this.#gate.clock.after(fault.delay.delayMs, inject);
  }

  #judgeOrigin({ preflight, response }: CorsVerdict, send: () => void): void {
    this.#corsEdit = response;
    if (preflight === undefined) return send();
    this.#countForService();
    writeHead(this.#gate, this.#response, 200, localHeaders(preflight, this.#request.method!, 200, 0));
    this.#response.end();
    this.#finish(200, "-", "cors_response", "");
  }

  #send(action: ForwardAction, route: Route, view: NodeRequestView): void {
    const destination = this.#destination!;
    if (this.#cluster === undefined) return this.#answer(local.noCluster(action.missingClusterStatus));
    this.#path = forwardedPath(action.rewrite, route.path, view);
    const edits = { route: route.headers, destination: destination.headers };
    this.#headers = forwardHeaders({ request: this.#request, view, action, ...edits });
    this.#policy = action.retry;
    if (this.#expectsContinue) this.#response.writeContinue();
    this.#body = bodyOf(this.#request, action.retry !== undefined);
    this.#armTimeout(action.timeoutMs);
    this.#try();
    // Without a host for the request itself Envoy mirrors nothing.
    if (action.mirrors !== undefined && this.#attempt !== undefined) {
      const mirrored = { request: this.#request, view, hasBody: this.#body !== undefined, timeoutMs: action.timeoutMs };
      sendMirrors(this.#gate, action.mirrors, { ...mirrored, path: this.#path, headers: this.#headers });
    }
  }

  /** Envoy's clock for the whole request starts when the request has come in completely. */
  #armTimeout(timeoutMs: number | undefined): void {
    if (timeoutMs === undefined || this.#upgrade !== undefined) return;
    const arm = () => {
      if (this.#done) return;
      this.#cancelTimeout = this.#gate.clock.after(timeoutMs, () => this.#failAltogether(local.TIMEOUT));
    };
    if (this.#body === undefined) arm();
    else this.#body.whenReceived(arm);
  }

  /** The table may have been swapped since the last attempt: a retry sees the endpoints of now. */
  #try(): void {
    const cluster = this.#gate.live.cluster(this.#destination!.clusterKey) ?? this.#cluster!;
    const policy = this.#policy;
    const avoided = policy && cluster.avoids(policy.avoidPreviousHosts) ? this.#tried : undefined;
    const upstream = cluster.pick(avoided, this.#view!);
    if (upstream === undefined) return this.#answerForService(local.NO_HEALTHY_UPSTREAM);
    this.#attempts++;
    this.#stats = upstream.stats;
    this.#attemptStartMs = this.#gate.monotonicMs();
    const attempt = new Attempt(this, upstream, this.#response, cluster.admission);
    this.#attempt = attempt;
    if (policy?.perTryTimeoutMs !== undefined && this.#upgrade === undefined)
      this.#cancelPerTry = this.#gate.clock.after(policy.perTryTimeoutMs, () =>
        attempt.fail({ kind: "per-try-timeout" }),
      );
    attempt.send({
      path: this.#path,
      method: this.#request.method!,
      headers: [...this.#headers, "x-envoy-attempt-count", String(this.#attempts)],
      body: this.#body?.open() ?? null,
      // undici would close the connection after a HEAD.
      reset: false,
      upgrade: this.#upgrade,
    });
  }

  // What an attempt tells its owner.

  /** False: the answer is not passed on, another attempt follows. */
  onAnswer(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
    this.#cancelPerTry?.();
    this.#cluster!.observe(this.#attempt!.upstream, status);
    const policy = this.#policy;
    if (policy !== undefined && retriesStatus(policy, status, headers) && this.#retry()) return false;
    this.#upstreamMs = this.#gate.monotonicMs() - this.#attemptStartMs;
    const list = clientHeaders(headers, this.#upgrade === undefined ? this.#upstreamMs : undefined);
    if (this.#view!.cookie !== undefined) list.push("set-cookie", this.#view!.cookie);
    writeHead(this.#gate, this.#response, status, this.#edited(list));
    return true;
  }

  /** Response operations, once a route is found: on Envoy's own answers, too. */
  #edited(list: HeaderList): HeaderList {
    const own = edit(edit(list, this.#destination?.headers.response), this.#route?.headers.response);
    return edit(own, this.#corsEdit);
  }

  onData(bytes: number): void {
    this.#bytesSent += bytes;
  }

  onEnd(rest: Buffer | undefined): void {
    // As a latin1 string, byte for byte, it goes out in one write with the headers.
    if (rest === undefined) this.#response.end();
    else this.#response.end(rest.toString("latin1"), "latin1");
    this.#finish(this.#response.statusCode, this.#exhausted ? "URX" : "-", "via_upstream", "");
  }

  onUpgrade(headers: AnswerHeaders, upstream: Duplex, over: () => void): void {
    const { socket } = this.#request;
    const list = sealed(this.#edited(clientHeaders(headers, undefined)), this.#gate.httpDate());
    this.#response.detachSocket(socket);
    socket.write(switchingProtocols(list), "latin1");
    splice(socket, upstream, ({ by, bytesReceived, bytesSent }) => {
      over();
      this.#bytesReceived = bytesReceived;
      this.#bytesSent = bytesSent;
      if (by === "client") this.#finish(101, "DC", "downstream_remote_disconnect", "");
      else this.#finish(101, "-", "via_upstream", "");
    });
  }

  onFailure(failure: local.Failure): void {
    this.#cancelPerTry?.();
    if (failure.kind === "overflow") this.#countForService();
    else this.#cluster!.observe(this.#attempt!.upstream, failure.kind === "per-try-timeout" ? 504 : 503);
    if (this.#response.headersSent) {
      // Too late for another answer: the client sees the connection end, as with Envoy.
      this.#finish(this.#response.statusCode, ...local.brokenAnswer(failure), "");
      this.#response.destroy();
      return;
    }
    const policy = this.#policy;
    const wanted = policy !== undefined && retriesFailure(policy, failure);
    if (wanted && this.#retry()) return;
    this.#answer(local.failureReply(failure, wanted && this.#exhausted));
  }

  /** True when another attempt is on its way. */
  #retry(): boolean {
    const policy = this.#policy!;
    this.#retrying?.leave();
    this.#retrying = undefined;
    if (this.#attempts > policy.attempts) this.#exhausted = true;
    if (this.#exhausted || (this.#body !== undefined && !this.#body.replayable)) return false;
    if (!this.#mayRetry()) return false;
    (this.#tried ??= []).push(this.#attempt!.upstream);
    this.#attempt!.abandon();
    const delayMs = backoffMs(policy, this.#attempts, this.#gate.live.random);
    this.#cancelBackoff = this.#gate.clock.after(delayMs, () => {
      if (!this.#done) this.#try();
    });
    return true;
  }

  /** False: too many retries of the cluster are running. */
  #mayRetry(): boolean {
    const { retryLimit } = this.#cluster!;
    if (retryLimit === undefined) return true;
    this.#overflowed = !retryLimit.enter(() => this.#cluster!.running);
    if (!this.#overflowed) this.#retrying = retryLimit;
    return !this.#overflowed;
  }

  #failAltogether(reply: local.LocalReply): void {
    if (this.#attempt !== undefined) this.#cluster!.observe(this.#attempt.upstream, 504);
    this.breakOff(reply);
  }

  #clientGone(): void {
    if (this.#done) return;
    this.#attempt?.abandon();
    const code = this.#response.headersSent ? this.#response.statusCode : 0;
    this.#finish(code, "DC", "downstream_remote_disconnect", "");
  }

  #answerForService(reply: local.LocalReply): void {
    this.#countForService();
    this.#answer(reply);
  }

  /** An answer in the name of a Service none of whose pods was asked. */
  #countForService(): void {
    if (this.#cluster === undefined) return;
    const { host, service } = this.#cluster.cluster;
    this.#stats = this.#gate.stats.ofService({ host, ...service });
  }

  #answer(reply: local.LocalReply): void {
    if (this.#done) return;
    if (reply.close === true) this.#response.shouldKeepAlive = false;
    this.#sendLocal(reply.code, [...(reply.headers ?? [])], Buffer.from(reply.body));
    this.#finish(reply.code, reply.flags, reply.details, reply.failure);
  }

  #answerDirectly(code: number, body: Uint8Array | undefined, head: HeaderList): void {
    // These have no body; Envoy sends a configured one all the same, and breaks the connection by it.
    const content = code === 204 || code === 304 ? undefined : body;
    this.#sendLocal(code, head, content ?? NO_BODY);
    this.#finish(code, "-", "direct_response", "");
  }

  #sendLocal(code: number, head: HeaderList, body: Uint8Array): void {
    // Whoever sends nonsense once may do it again in the next bytes.
    if (code === 400) this.#response.shouldKeepAlive = false;
    writeHead(
      this.#gate,
      this.#response,
      code,
      localHeaders(this.#edited(head), this.#request.method!, code, body.length),
    );
    this.#bytesSent = this.#request.method === "HEAD" ? 0 : body.length;
    this.#response.end(body);
  }

  #finish(code: number, ownFlags: string, details: string, failure: string): void {
    if (this.#done) return;
    const flags = this.#delayed ? delayedFlags(ownFlags) : ownFlags;
    this.#done = true;
    this.#cancelTimeout?.();
    this.#cancelPerTry?.();
    this.#cancelBackoff?.();
    this.#retrying?.leave();
    const durationMs = this.#gate.monotonicMs() - this.#startMs;
    this.#stats.observe(code, flags, durationMs);
    if (this.#gate.accessLog === undefined) return;
    const outcome = { code, flags, details, failure, durationMs };
    this.#gate.accessLog.write({
      ...logRouting(this.#request, {
        view: this.#view,
        route: this.#route,
        cluster: this.#cluster,
        upstream: this.#attempt?.upstream,
      }),
      startMs: this.#gate.clock.now() - durationMs,
      ...outcome,
      bytesReceived: this.#body?.bytesReceived ?? this.#bytesReceived,
      bytesSent: this.#bytesSent,
      upstreamMs: this.#upstreamMs,
    });
  }
}
