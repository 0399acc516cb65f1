/**
 * The URL of a worker thread's entry beside `moduleUrl`. Threads run built JavaScript: when the caller itself
 * runs from src/ (vitest, jiti), the entry is taken from dist/, so tests build first.
 */
export function workerUrl(moduleUrl: string, entry: `./${string}.js`): URL {
  const url = new URL(entry, moduleUrl);
  if (moduleUrl.endsWith('.ts')) url.pathname = url.pathname.replace(/\/src\/(?!.*\/src\/)/, '/dist/');
  return url;
}
