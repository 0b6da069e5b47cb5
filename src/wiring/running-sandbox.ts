// Asked by every command, so it imports next to nothing.

import { readAddresses } from "../sandbox/home/addresses.ts";
import { homePaths } from "../sandbox/home/paths.ts";

/** The kubeconfig of the sandbox that runs from this home, if one does. */
export function runningSandbox(homeDir: string): string | undefined {
  return readAddresses(homePaths(homeDir))?.kubeconfigFile;
}
