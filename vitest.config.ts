import { defineConfig } from "vitest/config";

// `unit` is fast and in parallel; `e2e` opens sockets and starts processes, two files at a time;
// `cluster` needs the kubeconfig of a cluster with Istio (npm run test:cluster).
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "testbed/**/*.test.ts", "scripts/**/*.test.ts", "bench/**/*.test.ts"],
          pool: "threads",
          // Vitest's default is a core fewer, which on two cores is one file at a time, and after the e2e tests.
          maxWorkers: "100%",
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          pool: "forks",
          // A third at a time would save a minute, and disturb those that measure memory and time.
          maxWorkers: 2,
          // After the unit tests, whose number crunching would disturb what is timed here.
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          pool: "forks",
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          // The cluster port's suite on the sandbox, in process and through the adapter (npm run test:conformance).
          name: "conformance-sandbox",
          include: [
            "testbed/conformance/cluster/*.test.ts",
            "test/e2e/cli-adapter.test.ts",
            "test/e2e/adapter-faults.test.ts",
          ],
          pool: "forks",
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          // The same on the API server that KUBECONFIG names.
          name: "conformance-real",
          include: ["test/cluster/cluster-port.test.ts"],
          pool: "forks",
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
