const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON in which an integer beyond ±(2^53 − 1) is a string of its digits: as a JavaScript number the bigint ids of two
 * rows would be one and the same. Everything else is as JSON.parse has it.
 * @throws SyntaxError as JSON.parse does.
 */
export function parseJsonExactly(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  if (!/\d{16}/.test(text)) return parsed;
  const isLong = (found: string) => /^-?\d+$/.test(found) && !Number.isSafeInteger(Number(found));
  return JSON.parse(text.replace(token, (found) => (isLong(found) ? `"${found}"` : found)));
}
