import type { ExpectSpec, Scenario } from '../../model/scenario.js';
import { JsonPathError, compilePath } from '../../template/json-path.js';
import type { DocumentPath, Problem } from '../document.js';
import type { Endpoint } from '../names.js';
import { suggest } from '../../foundation/nearest-name.js';
import { rowPathProblem } from './row-path.js';
import type { CheckInput } from './check.js';

/** Endpoints and their variants: what they send, to whom, and what they read from the answer. */
export function checkEndpoints(input: CheckInput): Problem[] {
  const { traffic } = input.scenario;
  const problems: Problem[] = [];
  if (traffic.rate <= 0) {
    problems.push({
      path: ['traffic', 'rate'],
      message: 'the rate must be above 0',
      hint: 'for example 100/s',
    });
  }
  if (input.names.endpoints.length === 0) {
    problems.push({
      path: ['traffic', 'endpoints'],
      message: 'there is no endpoint',
      hint: 'without traffic nothing is rehearsed',
    });
  }
  for (const [name, endpoint] of Object.entries(traffic.endpoints)) {
    const path = ['traffic', 'endpoints', name];
    if (name === '*')
      problems.push({
        path,
        target: 'key',
        message: 'an endpoint cannot be called *',
        hint: '* means every endpoint',
      });
    problems.push(...checkEndpoint(path, endpoint, input));
  }
  return problems;
}

function checkEndpoint(path: DocumentPath, endpoint: Endpoint, input: CheckInput): Problem[] {
  const problems: Problem[] = [];
  const { request, sql } = endpoint;
  if ((request === undefined) === (sql === undefined)) {
    problems.push({
      path,
      target: 'key',
      message: `an endpoint needs exactly one of request, sql; this one has ${request ? 'both' : 'none'}`,
      hint: 'request: { path: /orders } or sql: { text: select … }',
    });
    return problems;
  }
  const kind = sql ? 'sql' : 'request';
  const misplaced = kind === 'sql' ? (['service'] as const) : (['role'] as const);
  for (const key of misplaced) {
    if (endpoint[key] !== undefined) {
      problems.push({
        path: [...path, key],
        target: 'key',
        message: `${key} is not for ${kind} endpoints`,
        hint: 'remove it',
      });
    }
  }
  if (request)
    problems.push(
      ...checkService(path, endpoint, input.scenario),
      ...checkRequest([...path, 'request'], request),
    );
  problems.push(...checkExpect([...path, 'expect'], endpoint.expect, kind));
  for (const [pool, at] of Object.entries(endpoint.capture))
    problems.push(...checkPath([...path, 'capture', pool], at, 'value', kind));

  for (const [index, variant] of endpoint.variants.entries()) {
    const at = [...path, 'variants', index];
    const other = kind === 'sql' ? 'request' : 'sql';
    if (variant[other] !== undefined) {
      problems.push({
        path: [...at, other],
        target: 'key',
        message: `a variant of a ${kind} endpoint has a ${kind}, not ${other}`,
        hint: 'make it an endpoint of its own',
      });
    }
    if (variant.request) problems.push(...checkRequest([...at, 'request'], variant.request));
    if (variant.expect) problems.push(...checkExpect([...at, 'expect'], variant.expect, kind));
  }
  return problems;
}

function checkService(path: DocumentPath, endpoint: Endpoint, scenario: Scenario): Problem[] {
  const services = Object.keys(scenario.environment.services);
  const { service } = endpoint;
  if (service !== undefined) {
    if (services.includes(service)) return [];
    return [
      {
        path: [...path, 'service'],
        message: `there is no service ${JSON.stringify(service)}`,
        hint: suggest(service, services, 'services'),
      },
    ];
  }
  if (services.length === 1) return [];
  return [
    {
      path,
      target: 'key',
      message:
        services.length === 0
          ? 'a request needs a service, and environment.services declares none'
          : `a request needs to say which service: there are ${services.length}`,
      hint:
        services.length === 0
          ? 'declare one, or send SQL: sql: { text: … }'
          : `service: ${services.join(', or ')}`,
    },
  ];
}

function checkRequest(path: DocumentPath, request: NonNullable<Endpoint['request']>): Problem[] {
  const problems: Problem[] = [];
  if (!request.path.startsWith('/') && !request.path.startsWith('${')) {
    problems.push({
      path: [...path, 'path'],
      message: `${JSON.stringify(request.path)} does not start with /`,
      hint: 'the host comes from the service',
    });
  }
  if (request.json !== undefined && request.body !== undefined) {
    problems.push({
      path: [...path, 'body'],
      target: 'key',
      message: 'a request has json or body, not both',
      hint: 'remove one',
    });
  }
  return problems;
}

function checkExpect(path: DocumentPath, expect: ExpectSpec, kind: 'sql' | 'request'): Problem[] {
  const keys = kind === 'sql' ? (['status', 'bodyIncludes'] as const) : (['rows'] as const);
  const problems: Problem[] = keys
    .filter((key) => expect[key] !== undefined)
    .map((key) => ({
      path: [...path, key],
      target: 'key',
      message: `${key} is not for ${kind} endpoints`,
      hint: 'remove it',
    }));
  for (const [at, value] of Object.entries(expect.json ?? {})) {
    problems.push(...checkPath([...path, 'json', at], at, 'key', kind));
    if (typeof value !== 'string' || !value.includes('${') || value === '${request.id}') continue;
    problems.push({
      path: [...path, 'json', at],
      message: 'an expected value is no template; only ${request.id} alone is one',
      hint: 'an answer that echoes ${request.id} proves that it belongs to its request',
    });
  }
  return problems;
}

function checkPath(
  path: DocumentPath,
  text: string,
  target: 'key' | 'value',
  kind: 'sql' | 'request',
): Problem[] {
  try {
    compilePath(text);
    const problem = kind === 'sql' ? rowPathProblem(text) : undefined;
    return problem ? [{ path, target, ...problem }] : [];
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    return [{ path, target, message: error.message, hint: error.hint }];
  }
}
