// The built CLI, but that `rehearse` only plans: every flag is read and checked as in a real run.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const args = process.argv.slice(2);
const dry = args[0] === 'rehearse' ? ['--dry-run'] : [];
const { status } = spawnSync(process.execPath, [main, ...args, ...dry], { stdio: 'inherit' });
process.exit(status ?? 4);
