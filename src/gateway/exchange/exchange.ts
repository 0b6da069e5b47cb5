// One client request from its head to its last byte: route, destination, attempts, answer, account. Each ends exactly once,
// in `#finish`, whoever ends it: the upstream, a local answer, a timeout or the client.

import type { Duplex } from "node:stream";
import type { Gate } from "../gate.ts";
import { findByHost, findRoute } from "../routing/match.ts";
import { hostWithoutPort } from "../routing/names.ts";
import type { ForwardAction, Route, RouteFilters, WeightedDestination } from "../routing/table.ts";
import { parseTarget } from "../routing/target.ts";
import type { AnswerHeaders } from "../wire/headers.ts";
import { clientHeaders, edit, type HeaderList } from "../wire/headers.ts";
import { splice } from "../wire/splice.ts";
import type { Failure } from "../wire/upstream-error.ts";
import { Account } from "./account.ts";
import { Attempt, type AttemptOwner } from "./attempt.ts";
import { type CorsVerdict, judgeCors } from "./cors.ts";
import { directAnswer } from "./direct-answer.ts";
import type { Downstream, UpgradableDownstream } from "./downstream.ts";
import type { Entrance } from "./entrance.ts";
import { happens } from "./fault.ts";
import { forwardHeaders } from "./forward-headers.ts";
import { grpcDeadlineMs, grpcStatusOf } from "./grpc.ts";
import { type LocalAnswer, sendLocalAnswer } from "./local-answer.ts";
import * as local from "./local-reply.ts";
import { sendMirrors } from "./mirror.ts";
import { bodyOf, type RequestBody } from "./request-body.ts";
import { NodeRequestView } from "./request-view.ts";
import { Retries } from "./retries.ts";
import { backoffMs, retriesFailure, retriesStatus } from "./retry.ts";
import { forwardedPath } from "./rewrite.ts";

export class Exchange implements AttemptOwner {
  readonly #gate: Gate;
  readonly #entrance: Entrance;
  readonly #client: Downstream;
  readonly #account: Account;
  #done = false;
  #destination: WeightedDestination | undefined;
  #headers: HeaderList = [];
  #path = "";
  #body: RequestBody | undefined;
  #attempt: Attempt | undefined;
  #attempts = 0;
  #attemptStartMs = 0;
  #retries: Retries | undefined;
  /** The client, when it wants to go on as a WebSocket. */
  #upgrading: UpgradableDownstream | undefined;
  /** The client has had a 1xx. */
  #informed = false;
  #corsEdit: CorsVerdict["response"];
  #cancelTimeout: (() => void) | undefined;
  #cancelPerTry: (() => void) | undefined;
  #cancelBackoff: (() => void) | undefined;

  constructor(gate: Gate, entrance: Entrance, client: Downstream) {
    this.#gate = gate;
    this.#entrance = entrance;
    this.#client = client;
    this.#account = new Account(gate, client);
  }

  /** A request that wants to go on as a WebSocket. Time limits hold until it does. */
  startUpgrade(client: UpgradableDownstream): void {
    this.#upgrading = client;
    client.closeAfterAnswer();
    this.start();
  }

  get done(): boolean {
    return this.#done;
  }

  /** The rest of the request is no HTTP, or does not come. */
  breakOff(reply: local.LocalReply): void {
    this.#attempt?.abandon();
    if (!this.#client.headSent) return this.#answer(reply);
    this.#finish(this.#client.sentCode, reply.flags, reply.details, "");
    this.#client.abort();
  }

  start(): void {
    const client = this.#client;
    client.onClose(() => this.#clientGone());
    const refusal = client.refusal();
    if (refusal !== undefined) return this.#answer(refusal);
    const target = parseTarget(client.target);
    if (target === undefined) return this.#answer(local.badTarget(client.target));
    const authority = target.authority ?? client.authority!;
    const origin = { scheme: this.#entrance.scheme, authority, target };
    const view = new NodeRequestView(client, origin, this.#gate.newRequestId());
    this.#account.view = view;
    const hosts = this.#entrance.hosts();
    const virtualHost = hosts && findByHost(hosts, hostWithoutPort(authority));
    const route = virtualHost && findRoute(virtualHost, view);
    if (route === undefined) return this.#answer(local.NO_ROUTE);
    this.#account.route = route;
    const { action } = route;
    if (action.kind === "forward") return this.#forward(action, route, view);
    const { code, body, head } = directAnswer(action, route, view);
    this.#answerDirectly(code, body, head);
  }

  #forward(action: ForwardAction, route: Route, view: NodeRequestView): void {
    const { live } = this.#gate;
    const destination = live.choose(action);
    this.#destination = destination;
    this.#account.cluster = live.cluster(destination.clusterKey);
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
      if (happens(fault.abort, random)) this.#answerForService(local.faultReply(fault.abort));
      else proceed();
    };
    if (!happens(fault.delay, random)) return inject();
    this.#account.delayed = true;
    this.#cancelBackoff = this.#gate.clock.after(fault.delay.delayMs, inject);
  }

  #judgeOrigin({ preflight, response }: CorsVerdict, send: () => void): void {
    this.#corsEdit = response;
    if (preflight === undefined) return send();
    this.#account.chargeService();
    this.#client.writeHead(200, [...preflight, ...this.#client.emptyFraming(200)], false);
    this.#client.end(undefined, undefined);
    this.#finish(200, "-", "cors_response", "");
  }

  #send(action: ForwardAction, route: Route, view: NodeRequestView): void {
    const destination = this.#destination!;
    const client = this.#client;
    if (this.#account.cluster === undefined) return this.#answer(local.noCluster(action.missingClusterStatus));
    this.#path = forwardedPath(action.rewrite, route.path, view);
    const { isGrpc } = this.#account;
    const timeoutMs = isGrpc ? grpcDeadlineMs(client.text("grpc-timeout"), action.timeoutMs) : action.timeoutMs;
    const edits = { route: route.headers, destination: destination.headers };
    this.#headers = forwardHeaders({ client, view, action, limits: { isGrpc, timeoutMs }, ...edits });
    this.#retries = action.retry && new Retries(action.retry);
    // Only when the request has somewhere to go.
    this.#informed = client.expectsContinue;
    if (this.#informed) client.writeContinue();
    this.#body = bodyOf(client, action.retry !== undefined);
    this.#armTimeout(timeoutMs);
    this.#try();
    // Without a host for the request itself Envoy mirrors nothing.
    if (action.mirrors !== undefined && this.#attempt !== undefined)
      sendMirrors(this.#gate, action.mirrors, { client, view, timeoutMs, path: this.#path, headers: this.#headers });
  }

  /** Envoy's clock for the whole request starts when the request has come in completely. */
  #armTimeout(timeoutMs: number | undefined): void {
    if (timeoutMs === undefined) return;
    const arm = () => {
      if (this.#done) return;
      this.#cancelTimeout = this.#gate.clock.after(timeoutMs, () => {
        if (this.#attempt !== undefined) this.#account.cluster!.observe(this.#attempt.upstream, 504);
        this.breakOff(local.TIMEOUT);
      });
    };
    if (this.#body === undefined) arm();
    else this.#body.whenReceived(arm);
  }

  /** The table may have been swapped since the last attempt: a retry sees the endpoints of now. */
  #try(): void {
    const account = this.#account;
    const client = this.#client;
    const cluster = this.#gate.live.cluster(this.#destination!.clusterKey) ?? account.cluster!;
    const upstream = cluster.pick(this.#retries?.avoided(cluster), account.view!);
    if (upstream === undefined) return this.#answerForService(local.NO_HEALTHY_UPSTREAM);
    this.#attempts++;
    account.upstream = upstream;
    account.stats = upstream.stats;
    this.#attemptStartMs = this.#gate.monotonicMs();
    const attempt = new Attempt(this, upstream, client, cluster.admission);
    this.#attempt = attempt;
    this.#armPerTryTimeout(attempt);
    attempt.send({
      path: this.#path,
      method: client.method,
      scheme: this.#entrance.scheme,
      headers: [...this.#headers, "x-envoy-attempt-count", String(this.#attempts)],
      body: this.#body?.open() ?? null,
      trailers: () => client.trailers(),
      // undici would close the connection after a HEAD.
      reset: false,
      upgrade: client.upgrade,
    });
  }

  #armPerTryTimeout(attempt: Attempt): void {
    const limitMs = this.#retries?.policy.perTryTimeoutMs;
    if (limitMs === undefined) return;
    this.#cancelPerTry = this.#gate.clock.after(limitMs, () => attempt.fail({ kind: "per-try-timeout" }));
  }

  // What an attempt tells its owner.

  /** False: the answer is not passed on, another attempt follows. */
  onAnswer(status: number, headers: AnswerHeaders, endsWithHead: boolean): boolean {
    this.#cancelPerTry?.();
    const account = this.#account;
    const attempt = this.#attempt!;
    account.cluster!.observe(attempt.upstream, account.heard(status, headers));
    const policy = this.#retries?.policy;
    if (policy !== undefined && retriesStatus(policy, status, headers) && this.#retry()) return false;
    account.upstreamMs = this.#gate.monotonicMs() - this.#attemptStartMs;
    const list = clientHeaders(headers, this.#upgrading === undefined ? account.upstreamMs : undefined);
    const { cookie } = account.view!;
    if (cookie !== undefined) list.push("set-cookie", cookie);
    if (this.#upgrading !== undefined && status < 400) return this.#keepProtocol(status, list);
    if (endsWithHead && headers["content-length"] === undefined) list.push(...this.#client.emptyFraming(status));
    this.#client.writeHead(status, this.#edited(list), attempt.speaksHttp2);
    return true;
  }

  /** The upstream does not switch and reports no error: Envoy lets nothing but the head of such an answer through. */
  #keepProtocol(status: number, list: HeaderList): false {
    this.#attempt!.abandon();
    const head = edit(list, { remove: ["content-length", "content-type"], write: [] });
    this.#client.writeHead(status, [...this.#edited(head), ...this.#client.emptyFraming(status)], false);
    this.onEnd(undefined, undefined);
    return false;
  }

  /** The first is passed on as it is, as with Envoy's proxy_100_continue, which istiod sets. */
  onInformation(status: number, headers: AnswerHeaders): void {
    if (this.#informed) return;
    this.#informed = true;
    this.#client.writeInformation(status, clientHeaders(headers, undefined));
  }

  /** Response operations, once a route is found: on Envoy's own answers, too. */
  #edited(list: HeaderList): HeaderList {
    const { route } = this.#account;
    const own = edit(edit(list, this.#destination?.headers.response), route?.headers.response);
    return edit(own, this.#corsEdit);
  }

  onData(bytes: number): void {
    this.#account.bytesSent += bytes;
  }

  onEnd(rest: Buffer | undefined, trailers: HeaderList | undefined): void {
    const client = this.#client;
    if (trailers !== undefined) this.#account.heardLast(trailers);
    client.end(rest, trailers);
    this.#finish(client.sentCode, this.#retries?.flags ?? "-", "via_upstream", "");
  }

  onUpgrade(headers: AnswerHeaders, upstream: Duplex, over: () => void): void {
    this.#cancelTimeout?.();
    this.#cancelPerTry?.();
    const socket = this.#upgrading!.switchProtocols(this.#edited(clientHeaders(headers, undefined)));
    splice(socket, upstream, ({ by, bytesReceived, bytesSent }) => {
      over();
      this.#account.bytesReceived = bytesReceived;
      this.#account.bytesSent = bytesSent;
      if (by === "client") this.#finish(101, "DC", "downstream_remote_disconnect", "");
      else this.#finish(101, "-", "via_upstream", "");
    });
  }

  onFailure(failure: Failure): void {
    this.#cancelPerTry?.();
    const account = this.#account;
    if (failure.kind === "overflow") account.chargeService();
    else account.cluster!.observe(this.#attempt!.upstream, failure.kind === "per-try-timeout" ? 504 : 503);
    if (this.#client.headSent) {
      // Too late for another answer: the client sees the connection end, as with Envoy.
      this.#finish(this.#client.sentCode, ...local.brokenAnswer(failure), "");
      this.#client.abort();
      return;
    }
    const retries = this.#retries;
    const wanted = retries !== undefined && retriesFailure(retries.policy, failure);
    if (wanted && this.#retry()) return;
    this.#answer(local.failureReply(failure, wanted ? retries.flags : "-"));
  }

  /** True when another attempt is on its way. */
  #retry(): boolean {
    const retries = this.#retries!;
    const attempt = this.#attempt!;
    if (!retries.mayFollow(this.#attempts, attempt.upstream, this.#account.cluster!, this.#body)) return false;
    attempt.abandon();
    this.#account.grpcStatus = undefined;
    const delayMs = backoffMs(retries.policy, this.#attempts, this.#gate.live.random);
    this.#cancelBackoff = this.#gate.clock.after(delayMs, () => {
      if (!this.#done) this.#try();
    });
    return true;
  }

  #clientGone(): void {
    if (this.#done) return;
    this.#attempt?.abandon();
    this.#finish(this.#client.headSent ? this.#client.sentCode : 0, "DC", "downstream_remote_disconnect", "");
  }

  /** An answer in the name of a Service none of whose pods was asked. */
  #answerForService(reply: local.LocalReply): void {
    this.#account.chargeService();
    this.#answer(reply);
  }

  #answer(reply: local.LocalReply): void {
    if (this.#done) return;
    if (reply.close === true) this.#client.closeAfterAnswer();
    const { code, grpcStatus = grpcStatusOf(code), headers = [], body, flags, details, failure } = reply;
    this.#finish(
      this.#sendLocal({ code, grpcStatus, head: headers, body: Buffer.from(body) }),
      flags,
      details,
      failure,
    );
  }

  #answerDirectly(code: number, body: Uint8Array | undefined, head: HeaderList): void {
    // These have no body; Envoy sends a configured one all the same, and breaks the connection by it.
    const content = (code === 204 || code === 304 ? undefined : body) ?? NO_BODY;
    const sent = this.#sendLocal({ code, grpcStatus: grpcStatusOf(code), head, body: content });
    this.#finish(sent, "-", "direct_response", "");
  }

  /** The status that the client sees. */
  #sendLocal(own: LocalAnswer): number {
    return sendLocalAnswer(this.#client, this.#account, own, (list) => this.#edited(list));
  }

  #finish(code: number, flags: string, details: string, failure: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#cancelTimeout?.();
    this.#cancelPerTry?.();
    this.#cancelBackoff?.();
    this.#retries?.end();
    if (this.#body !== undefined) {
      this.#account.bytesReceived = this.#body.bytesReceived;
      this.#body.discard();
    }
    this.#account.close({ code, flags, details, failure });
  }
}

const NO_BODY = new Uint8Array();
