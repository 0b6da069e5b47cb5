// What a client accepts, of what this API can answer: JSON or YAML of the objects themselves, of Tables, or of their
// metadata alone. Protobuf is not offered; clients that prefer it name JSON as their second choice.

export interface MediaRange {
  type: string;
  params: Record<string, string>;
}

export interface Wanted {
  format: "json" | "yaml";
  as?: "Table" | "PartialObjectMetadata";
}

/** The ranges of an Accept header, the best first. */
export function parseAccept(header: string | undefined): MediaRange[] {
  const ranges = (header ?? "*/*").split(",").map((part) => {
    const [type = "", ...params] = part.split(";").map((each) => each.trim());
    return { type: type.toLowerCase(), params: Object.fromEntries(params.map(keyAndValue)) };
  });
  const quality = ({ params }: MediaRange) => (params.q === undefined ? 1 : Number(params.q) || 0);
  return ranges.filter((range) => range.type !== "" && quality(range) > 0).sort((a, b) => quality(b) - quality(a));
}

/** The first range that can be served, or undefined: 406. */
export function negotiate(header: string | undefined): Wanted | undefined {
  for (const { type, params } of parseAccept(header)) {
    const format = FORMATS[type];
    if (format === undefined) continue;
    if (params.as === undefined) return { format };
    const isMeta = params.g === "meta.k8s.io" && params.v === "v1";
    if (isMeta && params.as === "Table") return { format, as: "Table" };
    if (isMeta && /^PartialObjectMetadata(List)?$/.test(params.as)) return { format, as: "PartialObjectMetadata" };
  }
  return undefined;
}

const FORMATS: Record<string, "json" | "yaml"> = {
  "*/*": "json",
  "application/*": "json",
  "application/json": "json",
  "application/yaml": "yaml",
};

function keyAndValue(param: string): [string, string] {
  const cut = param.indexOf("=");
  return cut < 0 ? [param, ""] : [param.slice(0, cut).trim(), param.slice(cut + 1).trim()];
}
