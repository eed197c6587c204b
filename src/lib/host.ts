/** Facts about the machine and the process. */
import { cpus, freemem, release, totalmem } from "node:os";

const labels: Readonly<Record<string, string>> = { linux: "Linux", darwin: "macOS", win32: "Windows" };

/** The host as `system.info` tells it. */
export function hostFacts() {
  const { platform, arch, pid } = process;
  return {
    platform,
    release: release(),
    arch,
    osLabel: `${labels[platform] ?? platform} ${release()}`,
    pid,
    cpuCount: cpus().length,
    memoryTotalBytes: totalmem(),
    memoryFreeBytes: freemem(),
  };
}

/** The id of this process. */
export const processId = process.pid;

/** The family of a platform, as presence names it. */
export function deviceFamilyOf(platform: string): string {
  return labels[platform] ?? platform;
}
