import { checkTemplate } from '../../template/template.js';
import type { Problem } from '../document.js';
import type { Endpoint } from '../names.js';
import { suggest } from '../../foundation/nearest-name.js';
import type { CheckInput } from './check.js';
import { requestTemplates, type TemplatePlace } from './template-places.js';
import { textsIn, type PlacedText } from './templates.js';

/** A request form: an endpoint's own, or a variant's with what it inherits. */
interface Form {
  needs: Set<string>;
  captures: string[];
}

/** `${seen.x}` names a pool that something fills: else every request that needs it is dropped. */
export function checkPools({ scenario }: CheckInput): Problem[] {
  const { endpoints, pools } = scenario.traffic;
  const declared = Object.keys(pools);
  const captured = Object.values(endpoints).flatMap(({ capture }) => Object.keys(capture));
  const known = [...new Set([...declared, ...captured])];
  const filled = fillable(
    Object.entries(endpoints).flatMap(([name, endpoint]) => formsOf(name, endpoint)),
    declared,
  );

  const problems: Problem[] = [];
  for (const [name, endpoint] of Object.entries(endpoints)) {
    for (const { path, text } of textsOf(name, endpoint)) {
      for (const pool of checkTemplate(text).pools) {
        if (!known.includes(pool)) {
          problems.push({
            path,
            message: `template: nothing fills the pool ${JSON.stringify(pool)}`,
            hint: `capture it from an answer (capture: { ${pool}: $.id }) or declare it in traffic.pools; ${suggest(pool, known, 'pools')}`,
          });
        } else if (!filled.has(pool)) {
          problems.push({
            path,
            message: `template: the pool ${JSON.stringify(pool)} stays empty: only requests that need it, or another empty pool, fill it`,
            hint: `give it first values: traffic: { pools: { ${pool}: { sql: select … } } }`,
          });
        }
      }
    }
  }
  return problems;
}

function textsOf(name: string, endpoint: Endpoint): PlacedText[] {
  return requestTemplates(['traffic', 'endpoints', name], endpoint).flatMap(({ path, value }) =>
    textsIn(value, path),
  );
}

function formsOf(name: string, endpoint: Endpoint): Form[] {
  const templates = requestTemplates(['traffic', 'endpoints', name], endpoint);
  const captures = Object.keys(endpoint.capture);
  return [undefined, ...endpoint.variants.keys()].map((variant) => ({
    needs: needsOf(templates.filter((template) => template.variant === variant)),
    captures,
  }));
}

function needsOf(templates: Pick<TemplatePlace, 'path' | 'value'>[]): Set<string> {
  const texts = templates.flatMap(({ path, value }) => textsIn(value, path));
  return new Set(texts.flatMap(({ text }) => checkTemplate(text).pools));
}

/** The pools that can ever hold something: declared ones, and what requests capture whose own needs can be met. */
function fillable(forms: Form[], declared: string[]): Set<string> {
  const filled = new Set(declared);
  for (let grew = true; grew;) {
    const before = filled.size;
    for (const { needs, captures } of forms) {
      if ([...needs].every((pool) => filled.has(pool))) for (const pool of captures) filled.add(pool);
    }
    grew = filled.size > before;
  }
  return filled;
}
