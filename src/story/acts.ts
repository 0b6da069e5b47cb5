// The story as data: which files, in which order, and what must be seen after each. The files are the project's own
// examples, applied as they are; the acts hold nothing that a person with kubectl could not do.

export interface HandPhase {
  title: string;
  file: string;
  /** Percent of the requests that each version must get, exactly. */
  expected: Record<string, number>;
}

export interface SerinAct {
  title: string;
  intro: string;
  /** Applied first, and waited for: new Deployments. */
  prepare?: { file: string; deployment: string };
  canaryFile: string;
  /** Names of the versions as their answers spell them. */
  from: string;
  to: string;
  ends: "Completed" | "Aborted";
}

export const NAMESPACE = "default";
export const CANARY_NAME = "echo";
/** The only version whose failures are its own fault, because it is told to fail. */
export const BAD_VERSION = "v3";

/** The first file also brings the application: its phase is the start of everything. */
export const ACT_ONE: { title: string; intro: string; phases: HandPhase[] } = {
  title: "Act 1: by hand",
  intro: "Two versions of an echo service behind an Istio gateway; the traffic is moved with kubectl and four files.",
  phases: [
    { title: "80 % v1, 20 % v2", file: "echo-canary.yaml", expected: { v1: 80, v2: 20 } },
    { title: "half and half", file: "vs-50-50.yaml", expected: { v1: 50, v2: 50 } },
    { title: "all to v2", file: "vs-100-0-v2.yaml", expected: { v1: 0, v2: 100 } },
    {
      title: "and all back to v1, without a failed request",
      file: "vs-rollback-v1.yaml",
      expected: { v1: 100, v2: 0 },
    },
  ],
};

export const ACT_TWO: SerinAct = {
  title: "Act 2: by Serin",
  intro: "A Canary moves v1 to v2 step by step, and watches every request on the way.",
  canaryFile: "serin/canary.yaml",
  from: "v1",
  to: "v2",
  ends: "Completed",
};

export const ACT_THREE: SerinAct = {
  title: "Act 3: the bad release",
  intro: "v3 fails in part. Nobody is watching; Serin notices and takes the traffic back by itself.",
  prepare: { file: "serin/echo-v3.yaml", deployment: "echo-v3" },
  canaryFile: "serin/canary-v3.yaml",
  from: "v2",
  to: BAD_VERSION,
  ends: "Aborted",
};

export const ALL_FILES: readonly string[] = [
  ...ACT_ONE.phases.map((phase) => phase.file),
  ACT_TWO.canaryFile,
  ACT_THREE.prepare!.file,
  ACT_THREE.canaryFile,
];

export interface Pace {
  /** How long the traffic of each phase by hand is watched. */
  phaseMs: number;
  /** How long it is watched after a rollout has ended. */
  afterMs: number;
  /** Live counts without a terminal: a line this often. */
  lineMs: number;
  /** The story shortens longer pauses of a Canary's steps to this, and says so. */
  longestPauseMs: number;
  ratePerSecond: number;
}

export const NORMAL_PACE: Pace = {
  phaseMs: 7_000,
  afterMs: 5_000,
  lineMs: 2_000,
  longestPauseMs: 10_000,
  ratePerSecond: 200,
};
export const FAST_PACE: Pace = {
  phaseMs: 1_500,
  afterMs: 1_000,
  lineMs: 1_000,
  longestPauseMs: 2_000,
  ratePerSecond: 200,
};
