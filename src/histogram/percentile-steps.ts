/** Steps in each halving of the distance to 100%, as HdrHistogram's percentile output has them by default. */
const stepsPerHalving = 5;

/**
 * The quantiles (0..1, rising) at which a percentile curve of so many samples is drawn: finer towards the tail, up to
 * the first that only the slowest sample lies beyond, then 1 for the slowest. Empty without samples.
 */
export function percentileSteps(samples: number): number[] {
  if (samples <= 0) return [];
  const steps: number[] = [];
  for (let i = 0; ; i++) {
    const beyond = 2 ** (-i / stepsPerHalving);
    if (beyond * samples < 1) break;
    steps.push(1 - beyond);
  }
  steps.push(1);
  return steps;
}
