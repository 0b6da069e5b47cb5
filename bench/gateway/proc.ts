// Processor time and memory of processes, from /proc: on a busy machine the former says more than requests per second.

import { readFileSync, writeFileSync } from "node:fs";

/** Linux counts in ticks of 10 ms (USER_HZ). */
const TICK_MS = 10;
const KB_PER_MB = 1_024;

/** Since the process began: its own code, and the kernel's work for it. */
export function cpuOf(pid: number): { userMs: number; systemMs: number } {
  const [user, system] = statOf(String(pid), 11, 13);
  return { userMs: TICK_MS * user!, systemMs: TICK_MS * system! };
}

export function cpuMs(pid: number): number {
  const { userMs, systemMs } = cpuOf(pid);
  return userMs + systemMs;
}

/** Of the children of this process that have ended and were waited for. */
export function endedChildrenCpuMs(): number {
  const [user, system] = statOf("self", 13, 15);
  return TICK_MS * (user! + system!);
}

/** Of all processes on all cores, and how long the cores were kept from this machine by its host. */
export function machineCpuMs(): { busy: number; stolen: number } {
  const [user, nice, system, , , interrupt, softInterrupt, stolen] = readFileSync("/proc/stat", "utf8")
    .split("\n", 1)[0]!
    .split(/\s+/)
    .slice(1)
    .map(Number) as [number, number, number, number, number, number, number, number];
  return { busy: TICK_MS * (user + nice + system + interrupt + softInterrupt), stolen: TICK_MS * stolen };
}

export interface Memory {
  residentMb: number;
  /** The most since `forgetPeak`. */
  peakMb: number;
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)![1]) / KB_PER_MB;
  return { residentMb: mb("VmRSS"), peakMb: mb("VmHWM") };
}

/** From now on the peak is that of what follows: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

/** Fields after the command's name, which may hold spaces; 11 is utime. */
function statOf(pid: string, from: number, to: number): number[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .slice(from, to)
    .map(Number);
}
