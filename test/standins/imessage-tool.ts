/**
 * What runs in the place of imsg: passes its input to the stand-in of the test and writes what that says. It knows
 * nothing itself, so that a test decides everything, also in programs it did not start. The wrapper that
 * `startIMessageStandin` writes gives the port.
 */
import { connect } from "node:net";

/** From the tool to the stand-in, one JSON text a line. */
export type FromTool =
  | { type: "start"; args: string[]; env: string[]; pid: number }
  | { type: "input"; text: string }
  | { type: "inputEnd" }
  | { type: "told"; signal: string };

/** From the stand-in to the tool. */
export type ToTool =
  | { type: "write"; base64: string }
  | { type: "say"; text: string }
  | { type: "exit"; status: number }
  /** Reads no more of its input. */
  | { type: "stall" };

/** Runs until the stand-in ends it, or is gone. */
export function runTool(port: number): void {
  const link = connect(port, "127.0.0.1");
  const tell = (message: FromTool) => link.write(`${JSON.stringify(message)}\n`);
  // Ended when told to, as the real one is: the stand-in may say otherwise.
  process.on("SIGTERM", () => tell({ type: "told", signal: "SIGTERM" }));
  link.on("connect", () => {
    tell({ type: "start", args: process.argv.slice(2), env: Object.keys(process.env), pid: process.pid });
    process.stdin.setEncoding("utf8");
    process.stdin.on("data", (text: string) => tell({ type: "input", text }));
    process.stdin.on("end", () => tell({ type: "inputEnd" }));
  });
  link.on("error", () => process.exit(70));
  link.on("close", () => process.exit(70));
  let rest = "";
  link.setEncoding("utf8");
  link.on("data", (piece: string) => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) obey(JSON.parse(line));
  });
}

function obey(message: ToTool): void {
  switch (message.type) {
    case "write":
      return void process.stdout.write(Buffer.from(message.base64, "base64"));
    case "say":
      return void process.stderr.write(message.text);
    case "stall":
      return void process.stdin.pause();
    case "exit":
      // What was written before has to arrive.
      return void process.stdout.write("", () => process.exit(message.status));
  }
}
