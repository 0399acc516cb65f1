/**
 * A module of dist/: what ships. Benches that count nanoseconds must not run what jiti makes of src/ (every use of
 * an import goes through a getter there).
 */
export async function built<T>(path: string): Promise<T> {
  return (await import(new URL(`../../dist/${path}`, import.meta.url).href)) as T;
}
