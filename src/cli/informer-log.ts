// What informers say while they recover: with -v, on stderr.

import type { Log } from "../ports/log.ts";
import type { Session } from "./session.ts";

export function informerLog(session: Session): Log {
  const say = (message: string, fields?: Record<string, unknown>) =>
    session.detail(`${message}${fields === undefined ? "" : ` ${JSON.stringify(fields)}`}`);
  return { debug: say, info: say, warn: say, error: say };
}
