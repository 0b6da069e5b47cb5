// Who installs the definitions that the sandbox brings along. Known by identity: whoever else has this name is somebody else.

import type { User } from "../core.ts";

export const INSTALLER: User = { name: "serin-sandbox" };
