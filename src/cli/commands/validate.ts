import type { CommandModule } from 'yargs';
import {
  InputError,
  exitCodes,
  formatProblem,
  loadScenario,
  planRun,
  type InputProblem,
} from '../../index.js';

interface Args {
  scenario: string[];
  json: boolean;
}

export const validateCommand: CommandModule<object, Args> = {
  command: 'validate <scenario..>',
  describe: 'check scenario files: every problem at once, with file and line',
  builder: (y) =>
    y
      .positional('scenario', { type: 'string', array: true, demandOption: true, describe: 'file or folder' })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' }),
  async handler({ scenario, json }) {
    const problems: InputProblem[] = [];
    const valid: {
      file: string;
      name: string;
      warnings: { path: string; message: string; hint?: string; line?: number }[];
    }[] = [];
    for (const path of scenario) {
      try {
        const loaded = await loadScenario(path);
        const plan = await planRun(loaded);
        valid.push({ file: loaded.file, name: plan.name, warnings: plan.warnings });
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        problems.push(...error.problems);
      }
    }
    if (json) {
      process.stdout.write(`${JSON.stringify({ schema: 'dten.validate/1', problems, valid }, null, 2)}\n`);
    } else {
      for (const { file, name, warnings } of valid) {
        process.stdout.write(`${file}: ${name} is valid\n`);
        for (const warning of warnings) {
          process.stdout.write(`warning: ${formatProblem({ file, ...warning })}\n`);
        }
      }
      for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
      if (problems.length > 0)
        process.stderr.write(`\n${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}\n`);
    }
    process.exitCode = problems.length > 0 ? exitCodes.badInput : exitCodes.ok;
  },
};
