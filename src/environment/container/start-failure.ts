import { DtenError, messageOf } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';

/** Why a container did not start, with the way out where the engine's words allow one. */
export function startFailure(image: string, error: unknown): DtenError {
  const message = messageOf(error);
  const missing =
    /no such image|not found|pull access denied|manifest unknown|dial tcp|no route|lookup /i.test(message);
  return new DtenError('container-not-started', `container of ${image}: ${message}`, {
    cause: error,
    exitCode: exitCodes.badInput,
    hint: missing
      ? `docker pull ${image} must work here, or the image must be on this machine already (docker image ls)`
      : `try: docker run --rm ${image}`,
  });
}
