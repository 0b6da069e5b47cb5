import { expect, it } from "vitest";
import { comparable, goldenFacts, observe, STAND_IN } from "../../../testbed/conformance/http-echo.ts";

it("does what the real http-echo 1.0.0 was seen to do", async () => {
  const golden = comparable(goldenFacts());
  expect(Object.keys(golden).length).toBeGreaterThan(30);
  expect(comparable(await observe(STAND_IN))).toEqual(golden);
}, 60_000);
