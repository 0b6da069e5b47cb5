// The Kubernetes API as a port: one small typed client. Two worlds stand behind it (a real API server, the sandbox),
// and one conformance suite (testbed/conformance) holds them together. Everything above it is the same code in both.

import type { KubeObject, ObjectKey } from "../core/kubernetes/object.ts";
import type { Resource } from "../core/kubernetes/resource.ts";

export interface Cluster {
  /** Throws ClusterError `NotFound`. */
  get<T extends KubeObject = KubeObject>(resource: Resource, key: ObjectKey): Promise<T>;

  /** One page when `limit` is set, else everything. Throws ClusterError `Expired` when a continue token is too old. */
  list<T extends KubeObject = KubeObject>(resource: Resource, options?: ListOptions): Promise<ObjectList<T>>;

  /**
   * Changes after `resourceVersion`, in order, until the signal aborts (then it returns) or the stream ends or fails.
   * Throws ClusterError `Expired` (HTTP 410) when that version is no longer kept: list again and go on from there.
   * Callers want `src/informer`, which owns restarts.
   */
  watch<T extends KubeObject = KubeObject>(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent<T>>;

  /** POST. Throws `AlreadyExists`, `Invalid`. `metadata.generateName` is honoured when the name is empty. */
  create<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;

  /** PUT. With a resourceVersion in the object it is optimistic: throws `Conflict` when the stored one differs. */
  update<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;

  /** PATCH. A failed `test` of a JSON patch throws `Invalid`; a resourceVersion inside a merge patch that differs, `Conflict`. */
  patch<T extends KubeObject = KubeObject>(
    resource: Resource,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<T>;

  /** Server-side apply. Throws `Conflict` (with the owners) unless `force`. `fieldManager` is required. */
  apply<T extends KubeObject>(resource: Resource, object: Partial<T>, options: ApplyOptions): Promise<T>;

  /** Resolves when the deletion is accepted; finalizers may keep the object for a while. Throws `NotFound`. */
  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<void>;
}

export interface ListOptions {
  /** Absent: all namespaces. */
  namespace?: string;
  /** Query form, see core/kubernetes/selector.ts. */
  labelSelector?: string;
  /** `metadata.name=x`, `metadata.namespace=y`, `involvedObject.name=z`, `status.phase=Running`. */
  fieldSelector?: string;
  limit?: number;
  continue?: string;
}

export interface ObjectList<T extends KubeObject> {
  items: T[];
  /** The version to start a watch from. */
  resourceVersion: string;
  /** Present when there is another page. */
  continue?: string;
  remainingItemCount?: number;
}

export interface WatchOptions extends Omit<ListOptions, "limit" | "continue"> {
  /** Absent: synthetic ADDED for all that exists, then changes. */
  resourceVersion?: string;
  allowBookmarks?: boolean;
  /** With allowBookmarks: the current state as ADDED, then a bookmark annotated `k8s.io/initial-events-end: "true"`. */
  sendInitialEvents?: boolean;
  /** Asks the server to end the stream after this time. In process, where no connection grows stale, it is not heeded. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export type WatchEvent<T extends KubeObject> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T }
  | {
      type: "BOOKMARK";
      object: {
        kind: string;
        apiVersion: string;
        metadata: { resourceVersion: string; annotations?: Record<string, string> };
      };
    };

export interface WriteOptions {
  /** Owns the fields that this write changes (operation Update). */
  fieldManager?: string;
  dryRun?: boolean;
  /** What an unknown or doubled field does. The API's default is Warn. */
  fieldValidation?: "Ignore" | "Warn" | "Strict";
  subresource?: "status" | "scale";
  /** Told each warning that the API gives with its answer (unknown fields, deprecated versions). */
  onWarning?: (text: string) => void;
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  force?: boolean;
}

export interface DeleteOptions {
  propagationPolicy?: "Orphan" | "Background" | "Foreground";
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

export type Patch =
  | { type: "json"; operations: JsonPatchOperation[] }
  | { type: "merge"; body: Record<string, unknown> }
  | { type: "strategic"; body: Record<string, unknown> };

/** RFC 6902. */
export type JsonPatchOperation =
  | { op: "add" | "replace" | "test"; path: string; value: unknown }
  | { op: "remove"; path: string }
  | { op: "move" | "copy"; from: string; path: string };

/** The reasons of a Kubernetes Status that callers tell apart, and `Unreachable` for no answer at all. */
export type ClusterErrorReason =
  | "BadRequest"
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Expired"
  | "Invalid"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "UnsupportedMediaType"
  | "RequestEntityTooLarge"
  | "TooManyRequests"
  | "InternalError"
  | "Unreachable";

export interface StatusCause {
  /** `FieldValueInvalid`, `FieldValueRequired`, `FieldManagerConflict`, … */
  reason: string;
  message: string;
  /** Dotted path: `spec.http[0].route[1].weight`. */
  field?: string;
}

interface ClusterErrorOptions {
  causes?: StatusCause[];
  cause?: unknown;
  retryAfterMs?: number;
}

/** What a failed call throws: the outside's answer, typed. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  readonly reason: ClusterErrorReason;
  readonly causes: readonly StatusCause[];
  /** True when the same call may succeed later without a change by the caller. */
  readonly retryable: boolean;
  /** When the server asks to be left alone for a while. */
  readonly retryAfterMs: number | undefined;

  constructor(reason: ClusterErrorReason, message: string, options: ClusterErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.reason = reason;
    this.causes = options.causes ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.retryable = ["Conflict", "TooManyRequests", "InternalError", "Unreachable", "Expired"].includes(reason);
  }
}

/** True for a ClusterError of one of the reasons. */
export function isClusterError(error: unknown, ...reasons: ClusterErrorReason[]): error is ClusterError {
  return error instanceof ClusterError && (reasons.length === 0 || reasons.includes(error.reason));
}
