/** `moltbot completion`: completion for a shell, written from the command tree. */
import { defineBranch, defineLeaf } from "../command.ts";
import { completions, type Shell } from "../completion.ts";

const leaf = (shell: Shell, hint: string) =>
  defineLeaf({
    name: shell,
    summary: `Print completion for ${shell}: ${hint}`,
    args: {},
    async run(_args, cli) {
      cli.io.out(await completions(cli.root, shell));
    },
  });

const bash = leaf("bash", 'eval "$(moltbot completion bash)" in ~/.bashrc');
const zsh = leaf("zsh", 'eval "$(moltbot completion zsh)" in ~/.zshrc');
const fish = leaf("fish", "moltbot completion fish | source in config.fish");

export const completion = defineBranch({
  name: "completion",
  summary: "Complete commands and options with the tab key",
  children: { bash: async () => bash, zsh: async () => zsh, fish: async () => fish },
});
