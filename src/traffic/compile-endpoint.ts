import { DtenError } from '../foundation/errors.js';
import type { RunPlan } from '../model/plan.js';
import type { ExpectSpec, HttpRequestSpec, Scenario, SqlRequestSpec } from '../model/scenario.js';
import { compilePath } from '../template/json-path.js';
import { compileJson, compileText, type Rendered, type TemplateScope } from '../template/template.js';
import { drawFields } from './arrivals.js';
import { compileLedger, type CompiledLedger } from './compile-ledger.js';
import { compileHttpExpectation, compileSqlExpectation, type HttpExpectation } from './expectation.js';

export type EndpointSpec = Scenario['traffic']['endpoints'][string];

export interface HttpMessage {
  method: HttpRequestSpec['method'];
  path: string;
  /** Name, value, name, value. */
  headers: string[];
  body: string | null;
  /** What the body says, where it is JSON. */
  json?: unknown;
}

export interface SqlMessage {
  /** Of the prepared statement; undefined: not prepared. */
  name: string | undefined;
  text: string;
  values: unknown[];
}

/** One kind of request, ready to be rendered and judged. */
export type Shape =
  | { kind: 'http'; render: (scope: TemplateScope) => Rendered<HttpMessage>; expectation: HttpExpectation }
  | {
      kind: 'sql';
      render: (scope: TemplateScope) => Rendered<SqlMessage>;
      judge: ReturnType<typeof compileSqlExpectation>;
    };

export interface CompiledEndpoint {
  index: number;
  name: string;
  weight: number;
  /** Its connections: `http <service>` or `sql <endpoint>` (each SQL endpoint connects under its own name). */
  station: string;
  service: string | undefined;
  timeoutUs: number;
  shape: Shape;
  variants: { share: number; shape: Shape }[];
  captures: { pool: string; read: (answer: unknown) => unknown }[];
  retry: { on: ReadonlySet<string | number>; max: number; delayMs: number } | undefined;
  ledger: CompiledLedger | undefined;
}

/** Endpoints in the scenario's order. Throws what templates and paths throw when they are wrong. */
export function compileEndpoints(plan: RunPlan): CompiledEndpoint[] {
  const { endpoints } = plan.scenario.traffic;
  return Object.entries(endpoints).map(([name, spec], index) =>
    compileEndpoint(plan.scenario, name, spec, index),
  );
}

function compileEndpoint(
  scenario: Scenario,
  name: string,
  spec: EndpointSpec,
  index: number,
): CompiledEndpoint {
  const captures = Object.entries(spec.capture).map(([pool, path]) => ({ pool, read: compilePath(path) }));
  const ledger = spec.ledger && compileLedger(spec.ledger);
  const reads = captures.length > 0 || ledger?.needsAnswer === true;
  const own = compileShape(name, spec, spec.expect, reads, `dten_${index}`);
  const service = own.kind === 'http' ? serviceOf(scenario, name, spec) : undefined;
  return {
    index,
    name,
    weight: spec.weight,
    station: service === undefined ? `sql ${name}` : `http ${service}`,
    service,
    timeoutUs: (spec.timeout ?? scenario.traffic.timeout) * 1000,
    shape: own,
    variants: spec.variants.map((variant, at) => ({
      share: variant.share,
      shape: compileShape(
        name,
        variant.request || variant.sql ? variant : spec,
        variant.expect ?? spec.expect,
        reads,
        `dten_${index}_${at}`,
      ),
    })),
    captures,
    retry: spec.retry && {
      on: new Set<string | number>(spec.retry.on),
      max: spec.retry.max,
      delayMs: spec.retry.delay,
    },
    ledger,
  };
}

function serviceOf(scenario: Scenario, name: string, spec: EndpointSpec): string {
  const services = Object.keys(scenario.environment.services);
  const service = spec.service ?? (services.length === 1 ? services[0] : undefined);
  if (service !== undefined) return service;
  throw new DtenError('no-service', `endpoint ${name} names no service, and there are ${services.length}`, {
    hint: 'Add `service:` to the endpoint.',
  });
}

function compileShape(
  name: string,
  spec: { request?: HttpRequestSpec | undefined; sql?: SqlRequestSpec | undefined },
  expect: ExpectSpec,
  /** The answer is needed as JSON, whatever is expected of it. */
  reads: boolean,
  statement: string,
): Shape {
  if (spec.sql) {
    const judge = compileSqlExpectation(expect);
    return { kind: 'sql', render: compileSql(spec.sql, statement), judge };
  }
  if (spec.request) {
    const expectation = compileHttpExpectation(expect, reads);
    return { kind: 'http', render: compileHttp(spec.request), expectation };
  }
  throw new DtenError('no-request', `endpoint ${name} has neither request nor sql`);
}

function compileSql(spec: SqlRequestSpec, statement: string): (scope: TemplateScope) => Rendered<SqlMessage> {
  const values = compileJson(spec.values, drawFields.firstTemplate);
  const name = spec.prepared ? statement : undefined;
  return (scope) => {
    const rendered = values.render(scope);
    if (!rendered.ok) return rendered;
    return { ok: true, value: { name, text: spec.text, values: rendered.value as unknown[] } };
  };
}

function compileHttp(spec: HttpRequestSpec): (scope: TemplateScope) => Rendered<HttpMessage> {
  let field: number = drawFields.firstTemplate;
  const next = <T extends { fields: number }>(template: T): T => {
    field += template.fields;
    return template;
  };
  const path = next(compileText(spec.path, field));
  const headers = Object.entries(spec.headers).map(([name, value]) => ({
    name,
    value: next(compileText(value, field)),
  }));
  const json = spec.json === undefined ? undefined : next(compileJson(spec.json, field));
  const body = spec.body === undefined ? undefined : next(compileText(spec.body, field));
  const typed = headers.some(({ name }) => name.toLowerCase() === 'content-type');
  const { method } = spec;

  const render = (scope: TemplateScope): Rendered<HttpMessage> => {
    const at = path.render(scope);
    if (!at.ok) return at;
    const pairs: string[] = json && !typed ? ['content-type', 'application/json'] : [];
    for (const { name, value } of headers) {
      const rendered = value.render(scope);
      if (!rendered.ok) return rendered;
      pairs.push(name, rendered.value);
    }
    const content = (json ?? body)?.render(scope);
    if (content && !content.ok) return content;
    const text = content && (json ? JSON.stringify(content.value) : (content.value as string));
    const sent = json && content?.ok ? content.value : undefined;
    return { ok: true, value: { method, path: at.value, headers: pairs, body: text ?? null, json: sent } };
  };

  const parts = [path, ...headers.map(({ value }) => value), json, body];
  if (parts.some((part) => part && !part.constant)) return render;
  const always = render({ draw: () => 0 });
  return () => always;
}
