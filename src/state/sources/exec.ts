import { resolve } from 'node:path';
import { kill } from 'node:process';
import { execa } from 'execa';
import { renderAll, type Documents, type Source } from './source.js';

const mostBytes = 64 * 1024 * 1024;
const killAfterMs = 2_000;
const longestQuote = 300;

interface ExecSpec {
  argv: readonly string[];
  cwd: string | undefined;
  environment: Record<string, string>;
}

/**
 * A program in any language: `{"probe", "snapshot"}` on stdin, on stdout `{"items": [{"key": …}], "complete": true}`
 * or any JSON that `select` can read. That it only reads is its own promise: dten cannot hold it to that.
 */
export function execSource(spec: ExecSpec): Source {
  return {
    defaults: { select: '$.items[*]', key: ['$.key'] },
    async read(setting): Promise<Documents> {
      const [program = '', ...args] = spec.argv.map((argument) => setting.render(argument));
      const child = execa(program, args, {
        cwd: resolve(setting.baseDir, setting.render(spec.cwd ?? '.')),
        env: renderAll(spec.environment, setting),
        input: `${JSON.stringify({ probe: setting.probe, snapshot: setting.snapshot })}\n`,
        reject: false,
        maxBuffer: mostBytes,
        detached: true,
      });
      // Its whole group: what it started would otherwise hold its pipes open past the deadline.
      const stop = () => {
        signalGroup(child.pid, 'SIGTERM');
        setTimeout(() => signalGroup(child.pid, 'SIGKILL'), killAfterMs).unref();
      };
      setting.signal.addEventListener('abort', stop, { once: true });
      try {
        const end = await child;
        if (setting.signal.aborted) return { documents: [], problem: 'it was stopped at its deadline' };
        if (end.exitCode !== 0) {
          const how =
            child.pid === undefined ? 'could not be started' : `ended with ${end.exitCode ?? end.signal}`;
          return {
            documents: [],
            problem: `${program} ${how}: ${tail(end.stderr || (end.originalMessage ?? ''))}`,
          };
        }
        return documentsIn(program, end.stdout);
      } finally {
        setting.signal.removeEventListener('abort', stop);
      }
    },
  };
}

function documentsIn(program: string, stdout: string): Documents {
  let document: unknown;
  try {
    document = JSON.parse(stdout);
  } catch {
    return { documents: [], problem: `${program} printed no JSON: ${tail(stdout)}` };
  }
  const told = typeof document === 'object' && document !== null ? document : {};
  if (!('complete' in told) || told.complete !== false) return { documents: [document] };
  const reason = 'reason' in told && typeof told.reason === 'string' ? `: ${told.reason}` : '';
  return { documents: [document], problem: `${program} says that it is not all${reason}` };
}

function tail(text: string): string {
  return text.trim().slice(-longestQuote).replaceAll(/\s+/g, ' ');
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    kill(-pid, signal);
  } catch {
    // it has ended
  }
}
