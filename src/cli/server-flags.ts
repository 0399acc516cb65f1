import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { InputError, type InputProblem } from '../index.js';
import { messageOf } from '../foundation/errors.js';
import { leastPasswordLength } from '../serve/guard/password.js';
import { newSecret } from '../serve/guard/secrets.js';

const leastTokenLength = 24;
const loopback = '127.0.0.1';

export interface ServerFlags {
  host?: string;
  names?: string;
  passwordFile?: string;
}

export interface ServerAccess {
  host: string;
  port: number;
  names: string[];
  token?: string;
  password?: string;
}

const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;

export const serverOptions = {
  host: text(`address to listen on, instead of ${loopback}; one that others can reach demands a password`),
  names: text(
    'names that it may be called by beside this machine’s, separated by commas: of a proxy in front of it',
  ),
  'password-file': text('file with the password; or set DTEN_SERVE_PASSWORD'),
} as const;

/**
 * Where to listen and who may look: a random token in the address, or a password. `DTEN_SERVE_TOKEN` fixes the token,
 * for programs that read /metrics.
 * @throws InputError with everything that is wrong.
 */
export async function readServerFlags(flags: ServerFlags, port: string | undefined): Promise<ServerAccess> {
  const problems: InputProblem[] = [];
  const password = await readPassword(flags.passwordFile, problems);
  const token = process.env['DTEN_SERVE_TOKEN'] ?? '';
  if (token !== '' && (token.length < leastTokenLength || !/^[\w.~-]+$/.test(token))) {
    problems.push({
      file: 'DTEN_SERVE_TOKEN',
      message: `needs at least ${leastTokenLength} characters of A–Z, a–z, 0–9, - . _ ~`,
      hint: 'leave it unset, and a random one is made',
    });
  }
  const number = port === undefined || port === '' ? 0 : Number(port);
  if (!Number.isInteger(number) || number < 0 || number > 65_535) {
    problems.push({ file: '--port', message: `expected a port, 0 to 65535, got ${JSON.stringify(port)}` });
  }
  if (problems.length > 0) throw new InputError(problems);
  const chosen = token !== '' ? token : password === undefined ? newSecret() : undefined;
  const names = (flags.names ?? '').split(',').map((name) => name.trim());
  return {
    host: flags.host ?? loopback,
    port: number,
    names: [...(flags.host === undefined ? [] : [hostname()]), ...names].filter((name) => name !== ''),
    ...(chosen !== undefined && { token: chosen }),
    ...(password !== undefined && { password }),
  };
}

async function readPassword(file: string | undefined, problems: InputProblem[]): Promise<string | undefined> {
  const from = file === undefined ? 'DTEN_SERVE_PASSWORD' : '--password-file';
  let password = process.env['DTEN_SERVE_PASSWORD'];
  if (file !== undefined) {
    try {
      password = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
    } catch (error) {
      problems.push({ file: from, message: messageOf(error) });
      return undefined;
    }
  }
  if (password === undefined || (password === '' && file === undefined)) return undefined;
  if (password.length < leastPasswordLength) {
    problems.push({ file: from, message: `a password needs at least ${leastPasswordLength} characters` });
  }
  return password;
}
