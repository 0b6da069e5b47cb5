// The completion library prints by console.log, at once and nowhere else; the command line prints to its world.

export function printedBy(act: () => void): string {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => void lines.push(line);
  try {
    act();
  } finally {
    console.log = log;
  }
  return lines.map((line) => `${line}\n`).join("");
}
