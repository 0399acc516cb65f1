/** Persisted words of the timeline, in order. Apart from the schemas, so that a browser need not load those. */
export const phases = ['warmup', 'baseline', 'upgrade', 'soak', 'rollback', 'recovery'] as const;
export type Phase = (typeof phases)[number];
