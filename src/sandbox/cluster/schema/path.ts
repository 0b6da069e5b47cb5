// Field paths as Kubernetes writes them: `spec.http[0].route[1].weight`, `metadata.labels[app]`.

export function fieldPath(parent: string, field: string): string {
  return parent === "" ? field : `${parent}.${field}`;
}

export function itemPath(parent: string, index: number): string {
  return `${parent}[${index}]`;
}

/** Below a map, keys stand in brackets. */
export function keyPath(parent: string, key: string): string {
  return `${parent}[${key}]`;
}
