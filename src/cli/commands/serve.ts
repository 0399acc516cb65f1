import { stat } from 'node:fs/promises';
import type { CommandModule } from 'yargs';
import { DtenError, exitCodes } from '../../index.js';
import { startClock } from '../../foundation/clock.js';
import { abortOnSignals } from '../abort-on-signals.js';
import { reportFailure } from '../report-failure.js';
import { readServerFlags, serverOptions, type ServerFlags } from '../server-flags.js';

interface Args extends ServerFlags {
  results: string;
  port?: string;
}

export const serveCommand: CommandModule<object, Args> = {
  command: 'serve [results]',
  describe: 'browse results in a web browser',
  builder: (y) =>
    y
      .positional('results', { type: 'string', default: 'results', describe: 'folder of results' })
      .option('port', { type: 'string', requiresArg: true, describe: 'port to listen on; any that is free' })
      .options(serverOptions) as never,
  async handler(args) {
    const access = await readServerFlags(args, args.port);
    await checkFolder(args.results);
    // The web server is loaded by who asks for it: it would cost every other command a tenth of a second.
    const { startResultsServer } = await import('../../serve/browse/results-server.js');
    const say = (line: string) => void process.stderr.write(`${line}\n`);
    const signals = abortOnSignals(say, (error) => void reportFailure(error, process.stderr), 'stopping');
    try {
      const server = await startResultsServer({
        ...access,
        root: args.results,
        clock: startClock(),
        onError: (error) => void reportFailure(error, process.stderr),
      });
      process.stdout.write(`${server.url}\n`);
      say(`serving ${args.results}; Ctrl-C ends it`);
      await aborted(signals.signal);
      await server.close();
      if (signals.broke()) process.exitCode = exitCodes.broken;
    } finally {
      signals.stop();
    }
  },
};

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function checkFolder(path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) return;
  throw new DtenError('no-results', `${path} is not a folder`, {
    hint: 'Name the folder of results, or rehearse first: dten rehearse scenarios/orders',
    exitCode: exitCodes.badInput,
  });
}
