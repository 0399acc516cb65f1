import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ansiToSvg } from './ansi-to-svg.js';

/**
 * `npm run picture -- <result> <file.svg> [lines]`: the terminal report of a result, as the README shows it. Made
 * from what `dten report` prints, never drawn by hand.
 */
const [result, file, most = '60'] = process.argv.slice(2);
if (result === undefined || file === undefined) {
  console.error('usage: npm run picture -- <result folder> <file.svg> [lines]');
  process.exit(2);
}
const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const printed = report(result);
const lines = printed.replace(/\n+$/, '').split('\n');
const shown = lines.slice(0, Number(most));
if (shown.length < lines.length) shown.push('', `… ${lines.length - shown.length} more lines`);
writeFileSync(file, ansiToSvg(shown, 'dten report'));
console.log(`${file}: ${shown.length} lines of ${lines.length}`);

/** The report of a NO-GO is printed with exit code 1. */
function report(folder: string): string {
  const env = { ...process.env, FORCE_COLOR: '1' };
  try {
    return execFileSync(process.execPath, [cli, 'report', folder], { encoding: 'utf8', env });
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    if (stdout) return stdout;
    throw error;
  }
}
