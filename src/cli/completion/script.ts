// The scripts that shells load: they ask `serin complete -- WORDS...` at each press of the Tab key.

import { printedBy } from "./printed-by.ts";

export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
export type Shell = (typeof SHELLS)[number];

export async function completionScript(shell: Shell): Promise<string> {
  const { script } = await import("@bomb.sh/tab");
  const text = printedBy(() => script(shell, "serin", "serin"));
  return shell === "bash" ? forEveryBash(text) : text;
}

/** Loadable twice, with file names where those are wanted, and without the package bash-completion (macOS has none). */
function forEveryBash(text: string): string {
  const repeatable = text.replaceAll(/^readonly /gm, "");
  return WORDS_OF_THE_LINE + repeatable.replace("complete -F ", "complete -o default -F ");
}

const WORDS_OF_THE_LINE = `# The package bash-completion brings this function; a shell without it gets the little of it that is needed.
if ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref() {
        words=("\${COMP_WORDS[@]:0:COMP_CWORD+1}")
        cword=$COMP_CWORD
        cur=\${COMP_WORDS[COMP_CWORD]}
        prev=\${COMP_WORDS[COMP_CWORD-1]}
    }
fi

`;
