// Label selectors, in both spellings: the object form of specs and the string form of queries.

/** `matchLabels` and `matchExpressions` of a LabelSelector. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: Requirement[];
}

interface Requirement {
  key: string;
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  values?: string[];
}

/** True when the labels satisfy every requirement. An empty selector matches everything, as in Kubernetes. */
export function matchesSelector(selector: LabelSelector, labels: Record<string, string> = {}): boolean {
  return requirementsOf(selector).every((requirement) => matchesRequirement(requirement, labels));
}

/** Both halves of a LabelSelector as one list. */
function requirementsOf(selector: LabelSelector): Requirement[] {
  const fromLabels = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: "In", values: [value] }),
  );
  return [...fromLabels, ...(selector.matchExpressions ?? [])];
}

function matchesRequirement({ key, operator, values = [] }: Requirement, labels: Record<string, string>): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/**
 * Parses the query form: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
 * Returns undefined when the text is malformed. Grammar: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 */
export function parseSelector(text: string): LabelSelector | undefined {
  const requirements: Requirement[] = [];
  for (const part of text.split(/,(?![^(]*\))/).map((each) => each.trim())) {
    if (part === "") continue;
    const requirement = parseRequirement(part);
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
  }
  return { matchExpressions: requirements };
}

const KEY = "[A-Za-z0-9]([A-Za-z0-9_./-]*[A-Za-z0-9])?";

function parseRequirement(text: string): Requirement | undefined {
  const set = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^)]*)\\)$`).exec(text);
  if (set) {
    const values = set[4]!.split(",").map((value) => value.trim());
    return { key: set[1]!, operator: set[3] === "in" ? "In" : "NotIn", values };
  }
  const equality = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*([A-Za-z0-9_.-]*)$`).exec(text);
  if (equality) return { key: equality[1]!, operator: equality[3] === "!=" ? "NotIn" : "In", values: [equality[4]!] };
  const exists = new RegExp(`^(!?)\\s*(${KEY})$`).exec(text);
  if (exists) return { key: exists[2]!, operator: exists[1] === "!" ? "DoesNotExist" : "Exists" };
  return undefined;
}

/** The query form of a selector, as the API's `labelSelector` parameter takes it. */
export function formatSelector(selector: LabelSelector): string {
  return requirementsOf(selector)
    .map(({ key, operator, values = [] }) => {
      if (operator === "Exists") return key;
      if (operator === "DoesNotExist") return `!${key}`;
      if (operator === "In" && values.length === 1) return `${key}=${values[0]}`;
      return `${key} ${operator === "In" ? "in" : "notin"} (${values.join(",")})`;
    })
    .join(",");
}
