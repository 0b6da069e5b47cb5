// Records of a log file: `TIME STREAM F|P TEXT`. P: the line goes on in the next record of its stream.

export function selectRecords(records: string[], options: { tailLines?: number; sinceMs?: number }): string[] {
  const { sinceMs, tailLines } = options;
  const recent = sinceMs === undefined ? records : records.filter((record) => timeOf(record) >= sinceMs);
  return tailLines === undefined ? recent : tailLines === 0 ? [] : recent.slice(-tailLines);
}

/** The text as the program wrote it, newline included where there was one. */
export function textOf(record: string, timestamps: boolean): string {
  const [time = "", , tag = ""] = record.split(" ", 3);
  const text = record.slice(record.indexOf(` ${tag} `, time.length) + tag.length + 2);
  return `${timestamps ? `${time} ` : ""}${text}${tag === "P" ? "" : "\n"}`;
}

function timeOf(record: string): number {
  return Date.parse(record.slice(0, record.indexOf(" ")));
}
