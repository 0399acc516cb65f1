import { env as hostEnvironment } from 'node:process';
import { drawUnit, streamOf } from '../foundation/rng.js';
import type { PlannedStep } from '../model/plan.js';
import { compileJson, compileText, type CompiledTemplate, type TemplateScope } from '../template/template.js';
import type { StepSetting } from './executor.js';

/** What a template of a step needs and the run does not have. */
export class MissingValue extends Error {
  override readonly name = 'MissingValue';
  readonly code = 'missing-value';
}

/** Renders the templates of one attempt of a step: outputs of the environment, `env.<NAME>`, seeded random values. */
export class StepRenderer {
  private readonly scope: TemplateScope;

  constructor(step: PlannedStep, { env, ctx }: StepSetting, attempt: number) {
    const stream = streamOf(step.id);
    this.scope = {
      draw: (field) => drawUnit(ctx.plan.seed, stream, attempt, field),
      output: (path) => env.outputs[path],
      variable: (path) => {
        if (path === 'request.id') return `${step.id}#${attempt}`;
        return path.startsWith('env.') ? hostEnvironment[path.slice('env.'.length)] : undefined;
      },
    };
  }

  /** @throws MissingValue */
  text(source: string): string {
    return this.render(compileText(source), source);
  }

  /** @throws MissingValue */
  texts(sources: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(sources).map(([key, source]) => [key, this.text(source)]));
  }

  /** @throws MissingValue */
  json(source: unknown): unknown {
    return this.render(compileJson(source), JSON.stringify(source));
  }

  private render<T>(template: CompiledTemplate<T>, source: string): T {
    const rendered = template.render(this.scope);
    if (!rendered.ok) throw new MissingValue(`${rendered.missing}, needed by ${source}`);
    return rendered.value;
  }
}
