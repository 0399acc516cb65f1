import type { LedgerWrite } from '../model/ledger.js';
import type { EndpointLedgerSpec } from '../model/scenario.js';
import { compileRequestSource, type RequestSource } from '../template/request-source.js';

/** What an endpoint's requests write, ready to be read off each of them. */
export interface CompiledLedger {
  entity: string;
  op: LedgerWrite['op'];
  key: RequestSource;
  values: { column: string; source: RequestSource }[];
  needsAnswer: boolean;
}

/** @throws TemplateError or JsonPathError */
export function compileLedger(spec: EndpointLedgerSpec): CompiledLedger {
  const key = compileRequestSource(spec.key);
  const values = Object.entries(spec.values).map(([column, source]) => ({
    column,
    source: compileRequestSource(source),
  }));
  const needsAnswer = key.needsAnswer || values.some(({ source }) => source.needsAnswer);
  return { entity: spec.entity, op: spec.op, key, values, needsAnswer };
}
