// What a route asks of a request, as data: match.ts tests it, explain-text.ts puts it into words.

export type PathMatch =
  | { kind: "any"; field?: string }
  | { kind: "exact" | "prefix"; value: string; ignoreCase: boolean; field: string }
  /** A prefix that ends where a path element ends: "/a" matches "/a" and "/a/b", not "/ab". No slash at its end. */
  | { kind: "elements"; value: string; field: string }
  | { kind: "regex"; value: string; test: (text: string) => boolean; field: string };

/** How one text is tested. */
export type TextTest =
  | { kind: "present" }
  | { kind: "exact" | "prefix"; value: string }
  | { kind: "regex"; value: string; test: (text: string) => boolean };

/** One condition beside the path's. `field` says where it is written. */
export interface Condition {
  of: "header" | "withoutHeader" | "queryParam" | "method" | "authority" | "scheme";
  /** Header or parameter name; "" for the others. */
  name: string;
  test: TextTest;
  field: string;
}
