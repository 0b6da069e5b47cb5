// Header operations of a route or a destination. Order as in Envoy: remove, then set, then add.

import type { HeaderOperations, Headers } from "../objects.ts";
import type { HeaderEdit, HeaderEdits } from "../routing/table.ts";
import type { Complain } from "./compile-match.ts";

export const NO_EDITS: HeaderEdits = { request: undefined, response: undefined, authority: undefined };

export function compileHeaders(headers: Headers | undefined, field: string, complain: Complain): HeaderEdits {
  if (headers === undefined) return NO_EDITS;
  return {
    request: compileOperations(headers.request, `${field}.request`, complain),
    response: compileOperations(headers.response, `${field}.response`, complain),
    authority: authorityOf(headers.request?.set) ?? authorityOf(headers.request?.add),
  };
}

/** What two levels do together; the later one may overwrite what the earlier one wrote. */
export function joinEdits(first: HeaderEdits, second: HeaderEdits): HeaderEdits {
  if (second === NO_EDITS) return first;
  if (first === NO_EDITS) return second;
  return {
    request: joinEdit(first.request, second.request),
    response: joinEdit(first.response, second.response),
    authority: first.authority ?? second.authority,
  };
}

function joinEdit(first: HeaderEdit | undefined, second: HeaderEdit | undefined): HeaderEdit | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  // Envoy sets everything before it adds anything, whichever level it comes from.
  const write = [...first.write, ...second.write];
  const [set, added] = [write.filter(({ append }) => !append), write.filter(({ append }) => append)];
  return { remove: [...first.remove, ...second.remove], write: [...set, ...added] };
}

function compileOperations(
  operations: HeaderOperations | undefined,
  field: string,
  complain: Complain,
): HeaderEdit | undefined {
  if (operations === undefined) return undefined;
  const remove = (operations.remove ?? []).map((name) => name.toLowerCase()).filter((name) => !isInternal(name));
  const write = [
    ...compileWrites(operations.set, false, `${field}.set`, complain),
    ...compileWrites(operations.add, true, `${field}.add`, complain),
  ];
  return remove.length === 0 && write.length === 0 ? undefined : { remove, write };
}

function compileWrites(
  entries: Record<string, string> | undefined,
  append: boolean,
  field: string,
  complain: Complain,
): HeaderEdit["write"] {
  const names = Object.keys(entries ?? {})
    // Envoy adds no empty value and lets it replace none.
    .filter((name) => !isInternal(name) && entries![name] !== "")
    .sort();
  return names.map((name) => {
    const path = `${field}[${JSON.stringify(name)}]`;
    const text = String(entries![name]);
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) complain(path, `${path}: this is no header name`);
    // oxlint-disable-next-line no-control-regex -- control characters are what a header value may not hold
    if (/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(text))
      complain(path, `${path}: the value holds characters that a header may not`);
    return { name: name.toLowerCase(), value: literal(text, path, complain), append };
  });
}

/** Envoy fills in `%COMMAND%`; "%%" is a percent sign. */
function literal(text: string, field: string, complain: Complain): string {
  if (text.replaceAll("%%", "").includes("%"))
    complain(
      field,
      `${field}: Envoy's %COMMANDS% in header values are not supported by the sandbox gateway; write %% for a percent sign`,
    );
  return text.replaceAll("%%", "%");
}

function authorityOf(entries: Record<string, string> | undefined): string | undefined {
  const name = Object.keys(entries ?? {}).find((each) => /^(host|:authority)$/i.test(each));
  return name === undefined ? undefined : entries![name];
}

/** Pseudo headers and Host are not edited as headers. */
function isInternal(name: string): boolean {
  return name.startsWith(":") || name.toLowerCase() === "host";
}
