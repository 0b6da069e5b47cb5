// What a client of port-forward shows when a connection could not be made: in the words of a kubelet.

export interface Pod {
  name: string;
  uid: string;
}

export function errorText(port: number, { name, uid }: Pod, why: string): string {
  return `error forwarding port ${port} to pod ${name}, uid ${uid}: ${why}`;
}
