// The sandbox's stand-in beside the real http-echo: HTTP_ECHO_BINARY names it (built from github.com/hashicorp/http-echo v1.0.0).

import { expect, test } from "vitest";
import { comparable, observe, STAND_IN } from "../../testbed/conformance/http-echo.ts";

test("both behave the same: answers, headers, logs, exit codes, signals", async () => {
  const binary = process.env["HTTP_ECHO_BINARY"];
  if (binary === undefined) throw new Error("HTTP_ECHO_BINARY must name the real http-echo");
  const real = comparable(await observe([binary]));
  expect(Object.keys(real).length).toBeGreaterThan(10);
  expect(comparable(await observe(STAND_IN))).toEqual(real);
});
