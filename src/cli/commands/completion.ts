// serin completion: the script that a shell loads to complete `serin`.

import { Argument } from "commander";
import type { Define } from "../command.ts";
import { completionScript, SHELLS, type Shell } from "../completion/script.ts";
import { EXIT } from "../exit-codes.ts";

export const define: Define = (command, act) => {
  command
    .addArgument(new Argument("<shell>", "whose script").choices(SHELLS))
    .addHelpText("after", HOW_TO)
    .addHelpText(
      "after",
      "\nIt completes commands, flags, and what the cluster holds: Canaries, namespaces, contexts, rollouts.\n" +
        "`kubectl serin` is completed by kubectl's own completion, where kubectl_complete-serin is on the PATH.",
    );
  act(async (session, [shell]) => {
    session.world.stdout.write(await completionScript(shell as Shell));
    return EXIT.ok;
  });
};

const HOW_TO = `
To load it:
  bash        source <(serin completion bash)               in ~/.bashrc
  zsh         source <(serin completion zsh)                in ~/.zshrc, after compinit
  fish        serin completion fish | source                in ~/.config/fish/config.fish
  powershell  serin completion powershell | Out-String | Invoke-Expression   in $PROFILE`;
