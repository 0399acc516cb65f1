/** How many series can be told apart at once: by colour, and by the letter that marks each. */
export const mostSeries = 6;
export const letters = ['A', 'B', 'C', 'D', 'E', 'F'] as const;

/** The value of a custom property of the theme, such as `--series-1`, as it is now (light, dark, on paper). */
export function themeColor(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}

export function seriesColor(at: number): string {
  return `--series-${(at % mostSeries) + 1}`;
}

/** Calls back when the colours change: another scheme, or paper. Returns what ends it. */
export function onThemeChange(callback: () => void): () => void {
  const queries = ['(prefers-color-scheme: dark)', 'print'].map((query) => matchMedia(query));
  for (const query of queries) query.addEventListener('change', callback);
  return () => {
    for (const query of queries) query.removeEventListener('change', callback);
  };
}
