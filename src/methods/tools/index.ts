/** The tools of agents: every tool there is, and which of them a run gets. */
import type { RunRequest } from "../../agent/run.ts";
import type { Tool } from "../../agent/runtime.ts";
import { mayUse } from "../../agent/tool-policy.ts";
import { createTools } from "../../agent/tools.ts";
import type { Services } from "../services.ts";
import { canvasTools } from "./canvas.ts";
import type { AgentTool } from "./define.ts";
import { execTools } from "./exec.ts";
import { senseTools } from "./senses.ts";

const deviceTools: readonly AgentTool[] = [...senseTools, ...canvasTools, ...execTools];

/** What a run may use now: allowed for its agent and for who stands behind it, and of use with the devices there are. */
export function toolsFor(app: Services, run: RunRequest): Tool[] {
  const { tools: policy = {}, agents } = app.config.snapshot;
  const agent = agents?.list?.find(({ id }) => id === run.agentId)?.tools;
  const isAllowed = ({ name }: { name: string }) => mayUse(name, run.origin ?? "operator", policy, agent);
  return [
    ...createTools(app.clock).filter(isAllowed),
    ...deviceTools.filter((tool) => isAllowed(tool) && tool.isUseful(app)).map((tool) => tool.bind({ app, run })),
  ];
}
