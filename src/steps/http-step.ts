import { request } from 'undici';
import { codeOf, messageOf } from '../foundation/errors.js';
import type { StepOutcome } from '../model/contracts.js';
import type { ExpectSpec } from '../model/scenario.js';
import { compilePath } from '../template/json-path.js';
import { simpleExecutor, type StepExecutor, type StepOf, type StepSetting } from './executor.js';
import { failed } from './failure.js';
import { MissingValue, StepRenderer } from './render.js';

type HttpStep = StepOf<'http'>;

const longestQuote = 300;

/** With retries, the request is sent again until the answer is as expected. */
export function httpExecutor(step: HttpStep, setting: StepSetting): StepExecutor {
  return simpleExecutor((attempt, signal) => send(step, setting, attempt, signal));
}

async function send(
  step: HttpStep,
  setting: StepSetting,
  attempt: number,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const { method, url, headers, json, expect } = step.http;
  const renderer = new StepRenderer(step, setting, attempt);
  try {
    const response = await request(renderer.text(url), {
      method,
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...renderer.texts(headers),
      },
      body: json === undefined ? null : JSON.stringify(renderer.json(json)),
      signal,
      // The step's timeout alone limits the answer: undici's own, 5 min each, would end a longer step.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const body = await response.body.text();
    const problem = unexpected(expect, response.statusCode, body);
    return problem === undefined ? { ok: true } : failed('http-unexpected', problem, true);
  } catch (error) {
    if (error instanceof MissingValue) return failed(error.code, error.message);
    return failed(codeOf(error) ?? 'http-failed', messageOf(error), true);
  }
}

/** Why the answer is not the expected one. */
function unexpected(expect: ExpectSpec, status: number, body: string): string | undefined {
  const wanted = expect.status === undefined ? undefined : [expect.status].flat();
  const good = wanted ? wanted.includes(status) : status >= 200 && status < 300;
  const quote = body.length > longestQuote ? `${body.slice(0, longestQuote)}…` : body;
  if (!good) return `expected status ${wanted?.join(' or ') ?? '2xx'}, got ${status}: ${quote}`;
  if (expect.bodyIncludes !== undefined && !body.includes(expect.bodyIncludes)) {
    return `expected a body with ${JSON.stringify(expect.bodyIncludes)}, got ${quote}`;
  }
  if (expect.json === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return `expected JSON, got ${quote}`;
  }
  for (const [path, value] of Object.entries(expect.json)) {
    const found = compilePath(path)(parsed);
    if (found !== value)
      return `expected ${path} to be ${JSON.stringify(value)}, got ${JSON.stringify(found)}`;
  }
  return undefined;
}
