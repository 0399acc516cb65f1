import type { Service, Target } from '../../model/contracts.js';
import type { Outcome } from '../../model/observation.js';

/** A system that runs already (`url:`): one target, which dten neither starts, stops nor replaces. */
export function runningSystem(name: string, url: string): Service {
  const target: Target = { origin: new URL(url).origin, replica: `${name}#1` };
  return {
    name,
    targets: () => [target],
    replace: (): Promise<Outcome> =>
      Promise.resolve({
        ok: false,
        code: 'not-replaceable',
        message: `service ${name} is a running system (url: ${url}); roll it with a command step`,
      }),
  };
}
