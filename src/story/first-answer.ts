// Asks until the gateway answers with 200 and a body that names a version.

import { get } from "node:http";
import { until, type Waiting } from "./wait.ts";

export interface FirstAnswer {
  version: string;
  text: string;
}

export function firstAnswer(url: string, waiting: Waiting): Promise<FirstAnswer> {
  return until(waiting, { what: `a first answer at ${url}`, everyMs: 10, timeoutMs: 60_000 }, async () => {
    const { status, text } = await ask(url);
    const version = status === 200 ? /\bv\d+\b/.exec(text)?.[0] : undefined;
    return version === undefined ? undefined : { version, text: text.trim().slice(0, 100) };
  });
}

function ask(url: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const none = (): void => resolve({ status: 0, text: "" });
    const request = get(url, { agent: false, timeout: 2_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", none);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", none);
  });
}
