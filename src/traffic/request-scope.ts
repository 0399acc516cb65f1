import { drawUnit } from '../foundation/rng.js';
import type { TemplateScope } from '../template/template.js';
import type { CapturePools } from './capture-pools.js';

/** The template scope of one request after another. */
export class RequestScope implements TemplateScope {
  private stream = 0;
  private index = 0;
  private id = '';

  constructor(
    private readonly seed: number,
    private readonly pools: CapturePools,
    private readonly outputs: Readonly<Record<string, string>>,
  ) {}

  of(stream: number, index: number, id: string): this {
    this.stream = stream;
    this.index = index;
    this.id = id;
    return this;
  }

  draw(field: number): number {
    return drawUnit(this.seed, this.stream, this.index, field);
  }

  seen(pool: string, draw: number): unknown {
    return this.pools.draw(pool, draw);
  }

  output(path: string): string | undefined {
    return this.outputs[path];
  }

  variable(path: string): string | undefined {
    if (path === 'request.id') return this.id;
    return path.startsWith('env.') ? process.env[path.slice('env.'.length)] : undefined;
  }
}
