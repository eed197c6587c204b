/** `moltbot nodes`: the devices that do things for the gateway. */
import { defineBranch } from "../command.ts";

export const nodes = defineBranch({
  name: "nodes",
  summary: "List and approve nodes, and have them do things: photos, places, pages, commands",
  default: "list",
  children: {
    list: async () => (await import("./nodes-list.ts")).nodesList,
    pending: async () => (await import("./nodes-list.ts")).nodesPending,
    describe: async () => (await import("./nodes-list.ts")).nodesDescribe,
    approve: async () => (await import("./nodes-approval.ts")).nodesApprove,
    reject: async () => (await import("./nodes-approval.ts")).nodesReject,
    remove: async () => (await import("./nodes-approval.ts")).nodesRemove,
    rename: async () => (await import("./nodes-approval.ts")).nodesRename,
    invite: async () => (await import("./nodes-invite.ts")).nodesInvite,
    invoke: async () => (await import("./nodes-do.ts")).nodesInvoke,
    run: async () => (await import("./nodes-run.ts")).nodesRun,
    notify: async () => (await import("./nodes-do.ts")).nodesNotify,
    camera: async () => (await import("./nodes-capture.ts")).nodesCamera,
    screen: async () => (await import("./nodes-capture.ts")).nodesScreen,
    location: async () => (await import("./nodes-do.ts")).nodesLocation,
    canvas: async () => (await import("./nodes-canvas.ts")).nodesCanvas,
    a2ui: async () => (await import("./nodes-canvas.ts")).nodesA2ui,
  },
});
