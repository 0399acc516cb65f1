import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { InputError, messageOf, type InputProblem } from '../foundation/errors.js';
import { existsAt, type ScenarioDocument } from './document.js';

/** `import { defineScenario } from 'dten'` works wherever the scenario lies, also where dten is installed globally. */
const ownApi = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './define-scenario.ts' : './define-scenario.js', import.meta.url),
);

/**
 * A scenario in TypeScript or JavaScript: its default export, awaited if it is a promise.
 * @throws InputError that names the file (and the line, where the error tells) for whatever the user's code throws.
 */
export async function readModule(file: string): Promise<ScenarioDocument> {
  const value = await importDefault(file);
  return {
    file,
    value,
    // JavaScript values carry no positions; the path in the message has to do.
    locate: () => undefined,
    locateText: () => undefined,
  };
}

async function importDefault(file: string): Promise<unknown> {
  let loaded: unknown;
  try {
    const jiti = createJiti(import.meta.url, { moduleCache: false, fsCache: false, alias: { dten: ownApi } });
    loaded = await jiti.import(file);
    if (existsAt(loaded, ['default'])) return await (loaded as { default: unknown }).default;
  } catch (error) {
    throw new InputError([problemOf(file, error)]);
  }
  throw new InputError([
    {
      file,
      message: 'has no default export',
      hint: "write: import { defineScenario } from 'dten'; export default defineScenario({ … })",
    },
  ]);
}

function problemOf(file: string, error: unknown): InputProblem {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const message = messageOf(error);
  // A frame of the file itself, or Babel's `(line:column)` behind a syntax error.
  const frame = stack.split(file).at(1);
  const position = /^:(\d+):(\d+)/.exec(frame ?? '') ?? /\((\d+):(\d+)\)/.exec(message);
  return {
    file,
    ...(position && { line: Number(position[1]), column: Number(position[2]) }),
    message: `could not be loaded: ${message.split('\n')[0] ?? message}`,
    hint: 'it is run as it is: check its imports and its code',
  };
}
