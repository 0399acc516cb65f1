import { InputError } from '../index.js';
import { suggest } from '../foundation/nearest-name.js';

export interface Usage {
  /** Names of the commands. */
  commands: readonly string[];
  /** What `--help` prints of a command. */
  helpOf(command: string): Promise<string>;
}

/** yargs's words for a command line it does not take, with what was meant instead of what was counted. */
export async function explainUsage(
  message: string,
  argv: readonly string[],
  usage: Usage,
): Promise<InputError> {
  const command = argv.find((arg) => !arg.startsWith('-'));
  const wrong = (what: string, hint: string): InputError =>
    new InputError([{ file: command === undefined ? 'dten' : `dten ${command}`, message: what, hint }]);
  if (command === undefined) {
    return wrong('name a command', `commands: ${usage.commands.join(', ')}; see dten --help`);
  }
  if (!usage.commands.includes(command)) {
    return wrong('there is no such command', suggest(command, usage.commands, 'commands'));
  }
  const help = await usage.helpOf(command);
  const see = `see dten ${command} --help`;
  const unknown = /^Unknown arguments?: (.*)$/s.exec(message)?.[1]?.split(', ') ?? [];
  if (unknown.length > 0) {
    const known = [...new Set([...help.matchAll(/--([a-z][a-z-]*)/g)].map(([, flag]) => flag ?? ''))];
    // yargs names a flag in both of its spellings.
    const told = unknown.filter((name) => argv.some((arg) => bare(arg) === name));
    const problems = (told.length > 0 ? told : unknown).map((name) => {
      const isFlag = argv.some((arg) => arg.startsWith('-') && bare(arg) === name);
      return isFlag
        ? {
            file: `--${name}`,
            message: `dten ${command} has no such flag`,
            hint: suggest(name, known, 'flags'),
          }
        : { file: `dten ${command}`, message: `${JSON.stringify(name)} is one argument too many`, hint: see };
    });
    return new InputError(problems);
  }
  if (/^Not enough non-option arguments/.test(message)) {
    const [, wanted = ''] = new RegExp(`^dten ${command} (.*)$`, 'm').exec(help) ?? [];
    return wrong(`${wanted.trim() || 'an argument'} is missing`, see);
  }
  const lacking = /^Not enough arguments following: (.*)$/.exec(message)?.[1];
  if (lacking !== undefined) {
    return new InputError([{ file: `--${lacking}`, message: 'needs a value', hint: see }]);
  }
  return wrong(message, see);
}

function bare(arg: string): string {
  return arg.replace(/^--?(no-)?/, '').replace(/=.*$/s, '');
}
