/** What the system tells of processes: the one file that knows Linux's /proc. It needs no package, since the setup and the guard run from the sources. */
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** @param {string} root where the system shows its processes; where there is no such folder, what Node itself knows is told */
export function procAt(root) {
  const isThere = existsSync(path.join(root, 'self', 'stat'));

  /** @type {(...names: (string | number)[]) => string | undefined} undefined where it is gone, or closed to this account */
  const read = (...names) => attempt(() => readFileSync(path.join(root, ...names.map(String)), 'utf8'));
  /** @type {(...names: (string | number)[]) => string | undefined} */
  const linkOf = (...names) => attempt(() => readlinkSync(path.join(root, ...names.map(String))));
  /** @type {(...names: (string | number)[]) => string[]} */
  const namesIn = (...names) => attempt(() => readdirSync(path.join(root, ...names.map(String)))) ?? [];

  /** @type {(pid: number, file: string, field: string) => number | null} */
  function megabytesOf(pid, file, field) {
    const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(pid, file) ?? '')?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) / 1024;
  }

  /**
   * Fields of a process's `stat` from the state on: state, parent, …
   * @type {(pid: number) => string[] | undefined} undefined when there is no such process
   */
  function statOf(pid) {
    const stat = read(pid, 'stat');
    // The name in parentheses may hold spaces and parentheses.
    return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  }

  /** @type {() => number[]} */
  const allPids = () => namesIn().map(Number).filter(Number.isInteger);

  return {
    allPids,
    statOf,
    megabytesOf,

    /**
     * When a process started, in clock ticks since boot. A pid is given again to others; a pid with its start time names one process for good.
     * Without /proc all that are there have the same, so that the pid alone names them.
     * @type {(pid: number) => string | undefined} undefined when there is no such process, or it has ended and only waits for its parent
     */
    startTimeOf(pid) {
      if (!isThere) return isThereByPid(pid) ? 'unknown' : undefined;
      const fields = statOf(pid) ?? [];
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
    },

    /**
     * What a process has in memory (RSS), in MB.
     * @type {(pid: number) => number | null} null when it is gone; without /proc for all but this very process
     */
    residentMb(pid) {
      const megabytes = !isThere && pid === process.pid ? process.memoryUsage.rss() / 2 ** 20 : megabytesOf(pid, 'status', 'VmRSS');
      return megabytes === null ? null : Math.round(megabytes);
    },

    /** @type {(pid: number) => number[]} processes that this one has started and that have not ended */
    childrenOf: (pid) => allPids().filter((each) => Number(statOf(each)?.[1]) === pid),

    /** @type {(pid: number) => string[]} the words that a program was started with; none when it is gone */
    commandLineOf: (pid) => read(pid, 'cmdline')?.split('\0') ?? [],

    /** @type {(pid: number) => string[]} `NAME=value`; none where it is gone, or somebody else's */
    environmentOf: (pid) => read(pid, 'environ')?.split('\0') ?? [],

    /**
     * Who listens on a TCP port, as far as this account may see it.
     * @type {(port: number) => { pid: number; name: string } | undefined}
     */
    findListener(port) {
      const inodes = ['tcp', 'tcp6']
        .flatMap((table) => listeningInodes(read('net', table) ?? '', port))
        .map((inode) => `socket:[${inode}]`);
      if (inodes.length === 0) return undefined;
      const pid = allPids().find((each) => namesIn(each, 'fd').some((file) => inodes.includes(linkOf(each, 'fd', file) ?? '')));
      return pid === undefined ? undefined : { pid, name: path.basename(linkOf(pid, 'exe') ?? 'unknown') };
    },

    /**
     * What has gone over the network since it is up, beside what the machine says to itself.
     * @type {() => { received: number; sent: number } | undefined} undefined where the system does not tell
     */
    networkBytes() {
      const rows = read('net', 'dev')
        ?.split('\n')
        .flatMap((row) => {
          const [name = '', figures] = row.split(':');
          return figures === undefined || name.trim() === 'lo' ? [] : [figures.trim().split(/\s+/).map(Number)];
        });
      return rows && { received: sum(rows.map(([bytes = 0]) => bytes)), sent: sum(rows.map((row) => row[8] ?? 0)) };
    },

    /** Whether there is a driver of NVIDIA's. */
    hasNvidiaDriver: () => existsSync(path.join(root, 'driver', 'nvidia', 'version')),
  };
}

/**
 * Rows of a table of sockets: number, local address as hex, remote address, state (0A: listening), …, inode.
 * @type {(table: string, port: number) => string[]}
 */
const listeningInodes = (table, port) =>
  table.split('\n').flatMap((row) => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
    return state === '0A' && Number.parseInt(local.split(':')[1] ?? '', 16) === port ? [inode] : [];
  });

/** @type {(values: number[]) => number} */
const sum = (values) => values.reduce((all, value) => all + value, 0);

/** @type {(pid: number) => boolean} */
function isThereByPid(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'; // somebody else's
  }
}

/**
 * @template Value
 * @param {() => Value} look
 * @returns {Value | undefined} undefined when it cannot be seen
 */
function attempt(look) {
  try {
    return look();
  } catch {
    return undefined;
  }
}

export const {
  allPids,
  statOf,
  megabytesOf,
  startTimeOf,
  residentMb,
  childrenOf,
  commandLineOf,
  environmentOf,
  findListener,
  networkBytes,
  hasNvidiaDriver,
} = procAt('/proc');
