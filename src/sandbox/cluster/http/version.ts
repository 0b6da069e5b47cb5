// What the sandbox answers at /version: the Kubernetes API that it follows. Clients compare it with their own.

import { KUBERNETES_VERSION } from "../schema/builtin.ts";

const [, major, minor] = /^v(\d+)\.(\d+)/.exec(KUBERNETES_VERSION)!;

export const VERSION = {
  major,
  minor,
  gitVersion: `${KUBERNETES_VERSION}+serin`,
  gitCommit: "",
  gitTreeState: "",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: `node ${process.versions.node}`,
  compiler: "",
  platform: `${process.platform}/${process.arch}`,
};
