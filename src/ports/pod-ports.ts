// Where a port of a running pod can be dialled. Sandbox: what the runtime gave to the pod; the API forwards connections there.

export interface PodPorts {
  /** Looked up by uid: whatever the Pod object says, only ports of the pod's own program are found. */
  find(pod: { uid: string }, port: number): Promise<PodPort>;
}

/** `refused`: why there is nothing to dial, and what to do about it where something can be done. */
export type PodPort = { host: string; port: number } | { refused: string };
