import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Target } from '../../src/model/contracts.js';

/** The target process of the traffic benches. */
export class BenchTarget {
  private constructor(
    private readonly child: ChildProcess,
    readonly origin: string,
  ) {}

  static async start(serviceMs = 0): Promise<BenchTarget> {
    const entry = new URL('./traffic-target.mjs', import.meta.url);
    const child = fork(entry, [String(serviceMs)], { execArgv: [] });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new BenchTarget(child, `http://127.0.0.1:${port}`);
  }

  get target(): Target {
    return { origin: this.origin, replica: 'bench#1' };
  }

  stall(stallMs: number): void {
    this.child.send({ stallMs });
  }

  /** When each `/<id>` was answered, ns on CLOCK_MONOTONIC; forgets them. */
  async report(): Promise<Map<string, bigint>> {
    const answer = once(this.child, 'message') as Promise<[{ log: [string, string][] }]>;
    this.child.send({ report: true });
    const [{ log }] = await answer;
    return new Map(log.map(([id, ns]) => [id, BigInt(ns)]));
  }

  stop(): void {
    this.child.disconnect();
  }
}
