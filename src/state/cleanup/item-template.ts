import {
  compileJson,
  compileText,
  type CompiledTemplate,
  type TemplateScope,
} from '../../template/template.js';

/** What is cleaned: as it is now (of one that is gone: as it was), and as it was before the upgrade. */
export interface CleanedItem {
  key: string;
  now: unknown;
  before: unknown;
}

/** Where a cleanup's other values come from. */
export interface CleanupValues {
  output(path: string): string | undefined;
  variable(name: string): string | undefined;
}

/** Renders the templates of a cleanup for one item. */
export class ItemTemplate {
  constructor(
    private readonly item: CleanedItem,
    private readonly values: CleanupValues,
    /** What an item's part becomes in a text: escaped for where it goes. */
    private readonly written: (value: unknown) => unknown = (value) => value,
  ) {}

  /** @throws where a value is missing */
  text(source: string): string {
    return this.render(compileText(source), source);
  }

  /** @throws where a value is missing */
  json(source: unknown): unknown {
    return this.render(compileJson(source), JSON.stringify(source));
  }

  private render<T>(template: CompiledTemplate<T>, source: string): T {
    const scope: TemplateScope = {
      draw: () => 0,
      item: (path) => {
        const found = this.part(path);
        return found === undefined ? undefined : this.written(found);
      },
      output: (path) => this.values.output(path),
      variable: (path) =>
        path.startsWith('env.') ? this.values.variable(path.slice('env.'.length)) : undefined,
    };
    const rendered = template.render(scope);
    if (!rendered.ok) throw new Error(`${rendered.missing}, needed by ${source}`);
    return rendered.value;
  }

  private part([whose, ...path]: readonly string[]): unknown {
    const of = whose === 'before' ? this.item.before : this.item.now;
    if (path.length === 1 && path[0] === 'key' && !hasOwn(of, 'key')) return this.item.key;
    const found = path.reduce<unknown>((at, name) => (hasOwn(at, name) ? at[name] : undefined), of);
    // Its hash would name something else.
    return typeof found === 'string' && found.startsWith('redacted:') ? undefined : found;
  }
}

function hasOwn(value: unknown, name: string): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
}
