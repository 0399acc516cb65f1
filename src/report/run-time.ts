/** `00:32.4`, `1:02:03.0`: an instant of the run, from µs since run zero. */
export function formatRunTime(us: number): string {
  const tenths = Math.max(0, Math.round(us / 100_000));
  const seconds = Math.floor(tenths / 10) % 60;
  const minutes = Math.floor(tenths / 600) % 60;
  const hours = Math.floor(tenths / 36_000);
  const clock = `${two(minutes)}:${two(seconds)}.${tenths % 10}`;
  return hours > 0 ? `${hours}:${clock}` : clock;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}

/** `00:32–00:42` of two instants. */
export function formatWindow(fromUs: number, toUs: number): string {
  return `${formatRunTime(fromUs)}–${formatRunTime(toUs)}`;
}
