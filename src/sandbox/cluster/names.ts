// Syntax of names, labels and annotations, with the words of a real API server.
// Source: k8s.io/apimachinery pkg/util/validation and pkg/api/validation.

const DNS1123_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS1123_SUBDOMAIN = `${DNS1123_LABEL}(\\.${DNS1123_LABEL})*`;
const DNS1035_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = `(${QUALIFIED_NAME})?`;

/** Returns what is wrong, or nothing. */
export type NameCheck = (name: string) => string[];

const SUBDOMAIN = pattern(DNS1123_SUBDOMAIN, 253, {
  text: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  examples: "e.g. 'example.com'",
});
const LABEL = pattern(DNS1123_LABEL, 63, {
  text: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  examples: "e.g. 'my-name',  or '123-abc'",
});
const DNS1035 = pattern(DNS1035_LABEL, 63, {
  text: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  examples: "e.g. 'my-name',  or 'abc-123'",
});

export const isSubdomain: NameCheck = SUBDOMAIN;
export const isDnsLabel: NameCheck = LABEL;
export const isDns1035Label: NameCheck = DNS1035;

/** RBAC names are path segments, not DNS names. */
export const isPathSegment: NameCheck = (name) => {
  if (name === "." || name === "..") return [`may not be '${name}'`];
  return ["/", "%"].filter((illegal) => name.includes(illegal)).map((illegal) => `may not contain '${illegal}'`);
};

export const isLabelValue: NameCheck = pattern(LABEL_VALUE, 63, {
  text: "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: "e.g. 'MyValue',  or 'my_value',  or '12345'",
});

const namePart = pattern(QUALIFIED_NAME, 63, {
  text: "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: "e.g. 'MyName',  or 'my.name',  or '123-abc'",
});

/** A label's or annotation's key: an optional DNS subdomain, a slash, a name. */
export const isQualifiedName: NameCheck = (key) => {
  const parts = key.split("/");
  if (parts.length > 2)
    return [
      "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ];
  const [prefix, name] = parts.length === 2 ? [parts[0]!, parts[1]!] : [undefined, parts[0]!];
  const wrong: string[] = [];
  if (prefix === "") wrong.push("prefix part must be non-empty");
  else if (prefix !== undefined) wrong.push(...SUBDOMAIN(prefix).map((each) => `prefix part ${each}`));
  if (name === "") wrong.push("name part must be non-empty");
  return [...wrong, ...namePart(name)];
};

/** Names of container ports. */
export const isPortName: NameCheck = (name) => {
  const wrong: string[] = [];
  if (name.length > 15) wrong.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(name)) wrong.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(name)) wrong.push("must contain at least one letter (a-z)");
  if (name.includes("--")) wrong.push("must not contain consecutive hyphens");
  if (name.startsWith("-") || name.endsWith("-")) wrong.push("must not begin or end with a hyphen");
  return wrong;
};

/** The keys of ConfigMaps and Secrets. */
export const isConfigKey: NameCheck = (key) => {
  if (key.length > 253) return ["must be no more than 253 bytes"];
  if (!/^[-._a-zA-Z0-9]+$/.test(key))
    return [
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ];
  return key === "." || key === ".." || key.startsWith("..")
    ? ["a valid config key must not start with '..' or be '.'"]
    : [];
};

function pattern(source: string, maxBytes: number, words: { text: string; examples: string }): NameCheck {
  const regex = new RegExp(`^${source}$`);
  return (name) => {
    const wrong: string[] = [];
    if (Buffer.byteLength(name) > maxBytes) wrong.push(`must be no more than ${maxBytes} bytes`);
    if (!regex.test(name)) wrong.push(`${words.text} (${words.examples}, regex used for validation is '${source}')`);
    return wrong;
  };
}
