import { describe, expect, it } from "vitest";
import { Narrator } from "./narrator.ts";

describe("narrator", () => {
  it("piped: plain lines, no control characters", () => {
    const { out, narrator } = make({ isTTY: false, color: false });
    narrator.status("v1 80  v2 20");
    narrator.good("held");
    narrator.bad("broken");
    expect(out.join("")).toBe("    v1 80  v2 20\n  ok held\n  FAILED broken\n");
  });

  it("on a terminal: one live line, taken away before the next line, never wider than the terminal", () => {
    const { out, narrator } = make({ isTTY: true, color: true });
    narrator.status("x".repeat(200));
    narrator.status("v1 1");
    narrator.line("done");
    expect(out[0]).toBe(`    ${"x".repeat(35)}`);
    expect(out.slice(1)).toEqual(["\r\u001B[2K", "    v1 1", "\r\u001B[2K", "done\n"]);
  });

  it("colours only when asked", () => {
    expect(make({ isTTY: true, color: false }).narrator.paint("red", "x")).toBe("x");
    expect(make({ isTTY: true, color: true }).narrator.paint("red", "x")).toBe("\u001B[31mx\u001B[0m");
  });
});

function make({ isTTY, color }: { isTTY: boolean; color: boolean }) {
  const out: string[] = [];
  const sink = { write: (text: string) => void out.push(text), isTTY, columns: 40 };
  return { out, narrator: new Narrator({ out: sink, color, unicode: false }) };
}
