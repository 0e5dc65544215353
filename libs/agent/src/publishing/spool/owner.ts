import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who a spool folder belongs to. */
export interface Owner {
  /** The machine, and on Linux the space in which its process ids count. */
  readonly host: string;
  readonly pid: number;
  /** When the process began, as the system counts; 0 where it does not tell. */
  readonly startedAt: number;
}

/** When a process began: field 22 of its `stat`. Undefined where there is no such process, 0 where Linux is not. */
const startOf = (pid: number): number | undefined => {
  if (process.platform !== 'linux') return isRunning(pid) ? 0 : undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[19]);
  } catch {
    return isRunning(pid) ? 0 : undefined;
  }
};

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
  }
};

/** Containers of one name may each have a process 1: what tells them apart is the space of their process ids. */
const processSpace = (): string => {
  try {
    return `.${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''}`;
  } catch {
    return '';
  }
};

/** This process. */
export const thisOwner = (): Owner => ({
  host:
    hostname()
      .replace(/[^A-Za-z0-9.-]/g, '-')
      .slice(0, 100) + processSpace(),
  pid: process.pid,
  startedAt: startOf(process.pid) ?? 0,
});

/** Milliseconds without a sign of life after which an owner on another machine counts as dead. */
export const silentMs = 60_000;

/** Whether an owner can be at work no more. `quietMs`: for how long its folder has shown no sign of life. */
export const isDead = (owner: Owner, self: Owner, quietMs: number): boolean => {
  if (owner.pid === 0) return true;
  if (owner.host !== self.host) return quietMs > silentMs;
  const startedAt = startOf(owner.pid);
  if (startedAt === undefined) return true;
  return startedAt !== 0 && owner.startedAt !== 0 && startedAt !== owner.startedAt;
};
