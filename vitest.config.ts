import { defineConfig } from "vitest/config";

// Two projects: `unit` is fast and in parallel; `e2e` opens sockets, starts processes and runs one file at a time.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "testbed/**/*.test.ts", "scripts/**/*.test.ts"],
          pool: "threads",
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          pool: "forks",
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
