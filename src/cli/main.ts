#!/usr/bin/env node
import { Console } from 'node:console';
import yargs, { type CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { compareCommand } from './commands/compare.js';
import { doctorCommand } from './commands/doctor.js';
import { initCommand } from './commands/init.js';
import { rehearseCommand } from './commands/rehearse.js';
import { reportCommand } from './commands/report.js';
import { schemaCommand } from './commands/schema.js';
import { serveCommand } from './commands/serve.js';
import { trendCommand } from './commands/trend.js';
import { validateCommand } from './commands/validate.js';
import { keepSeparator } from './comparison-sides.js';
import { dtenVersion } from './dten-version.js';
import { guardExitCode } from './guard-exit-code.js';
import { reportFailure } from './report-failure.js';
import { explainUsage } from './usage-failure.js';

// A reader that left (`dten rehearse … 2>&1 | head`) does not end a run, least of all with its environment standing.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}
const commands = {
  rehearse: rehearseCommand,
  validate: validateCommand,
  report: reportCommand,
  compare: compareCommand,
  trend: trendCommand,
  serve: serveCommand,
  init: initCommand,
  schema: schemaCommand,
  doctor: doctorCommand,
} as unknown as Record<string, CommandModule>; // each takes the arguments that its own builder declares

class UsageProblem extends Error {}

// A flag whose value may be left out must not take the argument after it for one.
const argv = keepSeparator(hideBin(process.argv)).map((arg, at, all) =>
  arg === '--live' && !/^\d+$/.test(all[at + 1] ?? '') ? '--live=' : arg,
);
const parser = yargs(argv)
  .scriptName('dten')
  .usage('$0 <command>\n\nRehearse an upgrade under production-like load before the day it counts.')
  .command(Object.values(commands))
  .demandCommand(1, 'Name a command.')
  .strict()
  .check((args) => {
    const twice = Object.entries(args).find(
      ([name, value]) => Array.isArray(value) && !['_', 'scenario', 'paths', 'gate'].includes(name),
    );
    if (twice !== undefined) throw new UsageProblem(`--${twice[0]} is given more than once`);
    return true;
  })
  .middleware(() => {
    // What a TypeScript scenario logs must not get into the one document that --json promises on stdout.
    globalThis.console = new Console(process.stderr, process.stderr);
  })
  .version(dtenVersion())
  .alias('help', 'h')
  .wrap(Math.min(110, process.stdout.columns || 110))
  .epilogue(
    'Exit codes: 0 GO · 1 NO-GO · 2 wrong input · 3 INVALID (it could not tell) · 4 dten broke · 130 interrupted',
  )
  .exitProcess(false)
  .fail((message, error) => {
    // Some of what it finds wrong with the arguments, yargs throws.
    if (error && error.name !== 'YError') throw error;
    throw new UsageProblem(message || error.message);
  });

async function helpOf(command: string): Promise<string> {
  const module = commands[command];
  return module ? yargs([command]).scriptName('dten').command(module).getHelp() : '';
}

const guard = guardExitCode();
try {
  await parser.parseAsync();
} catch (error) {
  const told =
    error instanceof UsageProblem
      ? await explainUsage(error.message, argv, { commands: Object.keys(commands), helpOf })
      : error;
  process.exitCode = reportFailure(told, process.stderr);
}
guard.done();
