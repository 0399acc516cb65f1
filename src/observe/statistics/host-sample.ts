import { cpus, freemem, loadavg } from 'node:os';
import type { ServerSample } from '../../model/observation.js';

/** Of this machine. Returns a reader: cpu is the busy share of all cores since its last call. */
export function hostSampler(): () => ServerSample['host'] {
  let last = cpuTimesMs();
  return () => {
    const now = cpuTimesMs();
    const totalMs = now.total - last.total;
    const busyMs = totalMs - (now.idle - last.idle);
    last = now;
    return {
      cpuBusyRatio: totalMs > 0 ? Math.min(1, Math.max(0, busyMs / totalMs)) : 0,
      memoryFreeBytes: freemem(),
      loadAverage1: loadavg()[0] ?? 0,
    };
  };
}

function cpuTimesMs(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idle, total };
}
