import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { DtenError, exitCodes, judge, latestResult, readResult, renderHtml } from '../../index.js';
import { comparisonOf } from '../compare-twins.js';
import {
  checkOutputs,
  verdictExitCode,
  printReport,
  reportOptions,
  writeAsked,
  type ReportArgs,
} from '../print-report.js';

interface Args extends ReportArgs {
  result: string;
  /** A file; empty: report.html in the result's folder. */
  html?: string | undefined;
}

export const reportCommand: CommandModule<object, Args> = {
  command: 'report <result>',
  describe: 'judge a result again and show it, complete or cut short',
  builder: (y) =>
    reportOptions(
      y
        .positional('result', {
          type: 'string',
          demandOption: true,
          describe: 'result folder, or a folder of results (its newest)',
        })
        .option('html', {
          type: 'string',
          describe: 'write the report as one HTML file; without a name: report.html in the result folder',
        }),
    ),
  async handler(args) {
    await checkOutputs({ ...args, html: args.html || undefined });
    const dir = await folderOf(args.result);
    const view = await readResult(dir);
    const verdict = judge(view);
    process.exitCode = verdictExitCode(verdict);
    await printReport(view, verdict, args, dir, { comparison: await comparisonOf(dir) });
    if (args.html !== undefined) {
      const path = args.html === '' ? join(dir, 'report.html') : args.html;
      await writeAsked('html', path, await renderHtml(view, verdict));
      process.stderr.write(`Report: ${path}\n`);
    }
  },
};

async function folderOf(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new DtenError('no-result', `${path} is not a folder`, {
      hint: 'Name a result folder, such as results/orders/20261122T101500Z-a1b2c3.',
      exitCode: exitCodes.badInput,
    });
  }
  const isResult = await stat(join(path, 'manifest.json')).then(
    () => true,
    () => false,
  );
  if (isResult) return path;
  const newest = await latestResult(path);
  if (newest !== undefined) return newest;
  throw new DtenError('no-result', `${path} holds no result (no manifest.json there or below)`, {
    hint: 'Rehearse first: dten rehearse scenarios/orders',
    exitCode: exitCodes.badInput,
  });
}
