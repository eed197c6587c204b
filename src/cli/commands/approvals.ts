/** `moltbot approvals`: commands that wait for your word, and the rules by which hosts run them. */
import { defineBranch } from "../command.ts";

export const approvals = defineBranch({
  name: "approvals",
  summary: "Say whether a command may run, and by which rules",
  default: "list",
  children: {
    list: async () => (await import("./approvals-answer.ts")).approvalsList,
    show: async () => (await import("./approvals-answer.ts")).approvalsShow,
    approve: async () => (await import("./approvals-answer.ts")).approvalsApprove,
    deny: async () => (await import("./approvals-answer.ts")).approvalsDeny,
    rules: async () => (await import("./approvals-rules.ts")).approvalsRules,
  },
});
