/** How a tool of agents is declared: one schema that the model is shown and its arguments are checked against. */
import type { Static, TObject } from "@sinclair/typebox";
import type { RunRequest } from "../../agent/run.ts";
import type { Tool } from "../../agent/runtime.ts";
import { GatewayError } from "../../lib/errors.ts";
import { validator } from "../../lib/validate.ts";
import type { Services } from "../services.ts";

/** The run a tool works for. */
export interface ToolContext {
  app: Services;
  run: RunRequest;
}

/** A tool before it belongs to a run. */
export interface AgentTool {
  name: string;
  /** Whether it is of use now: what needs a device is not offered where there is none. */
  isUseful(app: Services): boolean;
  bind(context: ToolContext): Tool;
}

/** Declares a tool. What `run` throws is told to the model, which may mend its call. */
export function defineTool<P extends TObject>(declared: {
  name: string;
  description: string;
  params: P;
  /** Longest time one call may take, where the usual time does not do. */
  timeoutMs?: number;
  isUseful?(app: Services): boolean;
  run(args: Static<P>, context: ToolContext, signal: AbortSignal): Promise<{ text: string; details?: unknown }>;
}): AgentTool {
  const { name, description, params, timeoutMs, isUseful = () => true } = declared;
  const check = validator(params);
  return {
    name,
    isUseful,
    bind: (context) => ({
      name,
      description,
      parameters: JSON.parse(JSON.stringify(params)),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      run: async (args, signal) => {
        if (!check.check(args))
          throw new GatewayError("INVALID_REQUEST", `wrong arguments: ${check.problems(args, 4)}`);
        return declared.run(args, context, signal);
      },
    }),
  };
}
