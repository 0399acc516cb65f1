import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../../', import.meta.url));
const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** The built CLI as a child process, marked so that whatever it started can be found afterwards. */
export class DtenProcess {
  readonly mark = `dten-e2e-${randomUUID()}`;
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  private stdout = '';
  private stderr = '';
  private watchers: (() => void)[] = [];
  private readonly runIds = new Set<string>();

  constructor(args: string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
    this.child = spawn(process.execPath, [main, ...args], {
      cwd: options.cwd ?? repository,
      env: {
        ...process.env,
        GITHUB_ACTIONS: '',
        GITHUB_STEP_SUMMARY: '',
        DTEN_E2E_MARK: this.mark,
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (data: Buffer) => this.hear('stdout', data));
    this.child.stderr?.on('data', (data: Buffer) => this.hear('stderr', data));
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        this.watchers.forEach((watcher) => watcher());
      });
    });
  }

  private hear(stream: 'stdout' | 'stderr', data: Buffer): void {
    this[stream] += data.toString();
    for (const id of runsOf(this.child.pid)) this.runIds.add(id);
    this.watchers.forEach((watcher) => watcher());
  }

  /** Resolves when stderr matches; rejects with everything printed if the process ends first. */
  async says(pattern: RegExp): Promise<void> {
    await this.untilMatch('stderr', pattern);
  }

  /** The same of stdout; resolves with what matched. */
  prints(pattern: RegExp): Promise<string> {
    return this.untilMatch('stdout', pattern);
  }

  private async untilMatch(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this[stream]);
      if (match) return match[0];
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`ended without saying ${pattern}:\n${this.stderr}\n${this.stdout}`);
      }
      await new Promise<void>((resolve) => this.watchers.push(resolve));
      this.watchers = [];
    }
  }

  /** Everything on stderr up to now. */
  said(): string {
    return this.stderr;
  }

  /** Where its runs keep their data, there or not. */
  folders(): string[] {
    return [...this.runIds].map((id) => join(runsRoot, id));
  }

  /**
   * Processes still running that inherited this process's mark, or belong to its run (Postgres gets a bare
   * environment with the run's id), as `pid command line`.
   */
  left(): string[] {
    const runs = [...this.runIds];
    const wanted = [this.mark, ...runs.map((id) => `DTEN_RUN=${id}`)];
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== this.child.pid)
      .flatMap((pid) => {
        try {
          const environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
          // A backend writes its title over its environment; it stays in the run's data directory.
          const cwd = readlinkSync(`/proc/${pid}/cwd`);
          const ours = wanted.some((text) => environ.includes(text)) || runs.some((id) => cwd.includes(id));
          if (!ours) return [];
          return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
        } catch {
          return []; // ended meanwhile
        }
      });
  }
}

const runsRoot = join(tmpdir(), `dten-runs-${process.getuid?.() ?? 0}`);

/** Ids of the runs that a process has under way, by their leases. */
function runsOf(pid: number | undefined): string[] {
  try {
    return readdirSync(runsRoot).filter((run) => {
      const path = join(runsRoot, run, 'lease.json');
      return (JSON.parse(readFileSync(path, 'utf8')) as { owner: { pid: number } }).owner.pid === pid;
    });
  } catch {
    return []; // no runs yet, or one that is just going
  }
}

export function dten(
  args: string[],
  options?: { cwd?: string; env?: Record<string, string> },
): Promise<Ended> {
  return new DtenProcess(args, options).ended;
}
