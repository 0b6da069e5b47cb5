// What one run of a command works with: the world, the shared flags, the connection (made when first asked for) and the
// ways to print.

import { join, resolve } from "node:path";
import { type Glyphs, glyphsFor } from "./format/glyphs.ts";
import { type Paint, paintFor } from "./format/paint.ts";
import type { CommonOptions } from "./options.ts";
import type { Connection, World } from "./world.ts";

export interface Session {
  readonly world: World;
  readonly options: CommonOptions;
  /** For stdout. */
  readonly paint: Paint;
  readonly glyphs: Glyphs;
  /** Home of the sandbox. */
  readonly homeDir: string;
  connect(): Promise<Connected>;
  /** A line of data. */
  print(line: string): void;
  /** A line for people beside the data: stderr, not with --quiet. */
  hint(line: string): void;
  /** Only with -v. */
  detail(line: string): void;
}

export interface Connected extends Connection {
  /** The namespace to work in; undefined with -A. */
  scope: string | undefined;
  /** The namespace that -n names, where it is given. */
  asked: string | undefined;
}

export function openSession(world: World, options: CommonOptions): Session {
  const home = options.home ?? world.env.SERIN_HOME;
  const homeDir = home === undefined || home === "" ? join(world.cwd, ".serin") : resolve(world.cwd, home);
  let connection: Promise<Connected> | undefined;
  const session: Session = {
    world,
    options,
    paint: paintFor(world.stdout, world.env, options.color),
    glyphs: glyphsFor(world.env),
    homeDir,
    connect: () => (connection ??= open(session)),
    print: (line) => world.stdout.write(`${line}\n`),
    hint: (line) => {
      if (options.quiet !== true) world.stderr.write(`${line}\n`);
    },
    detail: (line) => {
      if (options.verbose === true) world.stderr.write(`${line}\n`);
    },
  };
  return session;
}

async function open(session: Session): Promise<Connected> {
  const { world, options } = session;
  const { context, cluster, user, as, asGroup, requestTimeout } = options;
  const connection = await world.connect({
    ...(await kubeconfigsOf(session)),
    requestTimeoutMs: requestTimeout,
    context,
    cluster,
    user,
    as,
    asGroups: asGroup,
  });
  const namespace = options.namespace ?? connection.namespace;
  const { server, source } = connection.origin;
  session.detail(`using ${source}: ${server}, namespace ${options.allNamespaces === true ? "*" : namespace}`);
  return {
    ...connection,
    namespace,
    asked: options.namespace,
    scope: options.allNamespaces === true ? undefined : namespace,
  };
}

/** Where the configuration is looked for, before the places that everybody knows. */
export async function kubeconfigsOf({
  world,
  options: { kubeconfig },
  homeDir,
}: Session): Promise<{ kubeconfig?: string; sandboxKubeconfig?: string }> {
  if (kubeconfig !== undefined) return { kubeconfig: resolve(world.cwd, kubeconfig) };
  const listed = (world.env.KUBECONFIG ?? "") !== "";
  return { sandboxKubeconfig: listed ? undefined : await world.runningSandbox(homeDir) };
}
